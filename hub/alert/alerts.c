/* Open alerts in memory, their history in the store, their changes to the
 * browsers. Runs on its owner's thread; only the completion of a write runs on
 * the store's. It knows nothing of devices but their ids: who calls it decides
 * what is wrong. */
#include "alert/alerts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "model/live.h"
#include "thread/thread.h"

struct open_alert {
	struct list link;
	struct alert alert;
};

struct alerts {
	struct store *store; /* borrowed */
	struct live_port live;
	struct list open; /* open_alert.link */
	int64_t last_id;
	int load_err; /* of the callback while loading */

	/* Shared with the store's writer. */
	_Atomic size_t holders; /* the owner and each write under way */
	_Atomic bool failed;    /* some write failed since the last retry */
	_Atomic bool complained; /* and that was logged; until one is well */
	struct waiter idle;     /* signalled by the last writer when the owner has let go */
};

static void on_open_alert(void *ctx, const struct alert *alert)
{
	struct alerts *a = ctx;
	struct open_alert *o = calloc(1, sizeof *o);
	if (!o) {
		a->load_err = ERR_NOMEM;
		return;
	}
	o->alert = *alert;
	list_append(&a->open, &o->link);
}

static void free_all(struct alerts *a)
{
	list_each(o, &a->open, struct open_alert, link) {
		list_remove(&o->link);
		free(o);
	}
	waiter_finish(&a->idle);
	free(a);
}

int alerts_create(struct store *store, const struct live_port *live, struct alerts **alerts_r)
{
	*alerts_r = NULL;
	struct alerts *a = calloc(1, sizeof *a);
	if (!a)
		return ERR_NOMEM;
	a->store = store;
	a->live = *live;
	list_init(&a->open);
	waiter_init(&a->idle);
	atomic_init(&a->holders, 1);
	int err = store_alert_last_id(store, &a->last_id);
	if (err == 0)
		err = store_alert_open_each(store, on_open_alert, a);
	if (err == 0)
		err = a->load_err;
	if (err != 0) {
		free_all(a);
		return err;
	}
	*alerts_r = a;
	return 0;
}

void alerts_destroy(struct alerts **alerts)
{
	struct alerts *a = *alerts;
	*alerts = NULL;
	if (!a)
		return;
	if (atomic_fetch_sub(&a->holders, 1) > 1)
		waiter_wait(&a->idle);
	free_all(a);
}

/* A write under way. The news goes out when the store has it: a browser that reads the list
 * together with a cursor into the events must find each alert in one of the two. */
struct telling {
	struct alerts *alerts;
	struct alert alert;
	bool tell;
};

static void post(struct alerts *a, const struct alert *alert)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	json_out_raw(&o, "{");
	json_out_member_int(&o, "id", alert->id);
	json_out_member_text(&o, "device", alert->device);
	json_out_member_string(&o, "kind", alert->kind);
	json_out_member_string(&o, "text", alert->text);
	json_out_member_time(&o, "opened", alert->opened_at);
	json_out_member_time(&o, "closed", alert->closed_at);
	json_out_raw(&o, "}");
	live_post_about(&a->live, "alert", alert->device, &o);
}

static void note_failure(struct alerts *a, int err)
{
	atomic_store(&a->failed, true);
	if (!atomic_exchange(&a->complained, true))
		log_warning("alerts", "an alert could not be stored and will be tried again: %s", err_text(err));
}

/* On the writer's thread. People hear of an alert also when the disk has no room for it. */
static void on_stored(void *ctx, int err)
{
	struct telling *t = ctx;
	struct alerts *a = t->alerts;
	if (err != 0)
		note_failure(a, err);
	else
		atomic_store(&a->complained, false);
	if (t->tell)
		post(a, &t->alert);
	free(t);
	if (atomic_fetch_sub(&a->holders, 1) == 1)
		waiter_signal(&a->idle);
}

static void put(struct alerts *a, const struct alert *alert, bool tell)
{
	struct telling *t = malloc(sizeof *t);
	int err = ERR_NOMEM;
	if (t) {
		*t = (struct telling){a, *alert, tell};
		const struct store_done done = {.fn = on_stored, .ctx = t};
		atomic_fetch_add(&a->holders, 1);
		err = store_alert_put(a->store, alert, &done);
		if (err == 0)
			return;
		atomic_fetch_sub(&a->holders, 1);
		free(t);
	}
	note_failure(a, err);
	if (tell)
		post(a, alert);
}

static struct open_alert *find(const struct alerts *a, const char *device, const char *kind)
{
	list_each(o, &a->open, struct open_alert, link)
		if (strcmp(o->alert.device, device) == 0 && strcmp(o->alert.kind, kind) == 0)
			return o;
	return NULL;
}

/* Copies as many whole UTF-8 characters as fit. */
static void copy_cut(char *dst, size_t size, const char *s)
{
	size_t len = strlen(s);
	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, s, len);
	dst[len] = 0;
}

static int open_another(struct alerts *a, const struct alert_report *report, struct wall_ms at)
{
	struct open_alert *o = calloc(1, sizeof *o);
	if (!o)
		return ERR_NOMEM;
	o->alert.id = ++a->last_id;
	copy_cut(o->alert.device, sizeof o->alert.device, report->device);
	copy_cut(o->alert.kind, sizeof o->alert.kind, report->kind);
	copy_cut(o->alert.text, sizeof o->alert.text, report->text);
	o->alert.opened_at = at;
	list_append(&a->open, &o->link);
	log_warning("alerts", "opened: %s", o->alert.text);
	put(a, &o->alert, true);
	return 0;
}

int alerts_open(struct alerts *a, const struct alert_report *report, struct wall_ms at)
{
	return find(a, report->device, report->kind) ? 0 : open_another(a, report, at);
}

int alerts_open_each(struct alerts *a, const struct alert_report *report, unsigned most, struct wall_ms at)
{
	char text[sizeof((struct alert *)0)->text];
	unsigned count = 0;
	copy_cut(text, sizeof text, report->text);
	list_each(o, &a->open, struct open_alert, link) {
		if (strcmp(o->alert.kind, report->kind) != 0)
			continue;
		if (strcmp(o->alert.text, text) == 0)
			return 0;
		count++;
	}
	return count < most ? open_another(a, report, at) : 0;
}

static void close_one(struct alerts *a, struct open_alert *o, struct wall_ms at)
{
	o->alert.closed_at = at;
	log_info("alerts", "closed: %s", o->alert.text);
	put(a, &o->alert, true);
	list_remove(&o->link);
	free(o);
}

void alerts_close(struct alerts *a, const char *device, const char *kind, struct wall_ms at)
{
	struct open_alert *o = find(a, device, kind);
	if (o)
		close_one(a, o, at);
}

void alerts_close_older(struct alerts *a, const char *kind, struct wall_ms before, struct wall_ms at)
{
	list_each(o, &a->open, struct open_alert, link)
		if (strcmp(o->alert.kind, kind) == 0 && o->alert.opened_at.ms < before.ms)
			close_one(a, o, at);
}

bool alerts_is_open(const struct alerts *a, const char *device, const char *kind)
{
	return find(a, device, kind) != NULL;
}

void alerts_forget(struct alerts *a, const char *device)
{
	list_each(o, &a->open, struct open_alert, link)
		if (strcmp(o->alert.device, device) == 0) {
			list_remove(&o->link);
			free(o);
		}
}

void alerts_retry(struct alerts *a)
{
	if (!atomic_exchange(&a->failed, false))
		return;
	list_each(o, &a->open, struct open_alert, link)
		put(a, &o->alert, false);
}
