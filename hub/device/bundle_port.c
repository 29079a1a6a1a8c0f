/* What the web asks of the house about groups and scenes. The slots run on the web's threads, the functions whose names begin with run_
 * on the house's (call.h). Changes are answered once they are on the disk; commands at once. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/bundles.h"
#include "device/call.h"
#include "device/many.h"
#include "model/live.h"

/* What a call is about. */
struct bundle_call {
	enum bundle_kind kind;
	int64_t id;                   /* 0: a new one */
	struct bundle_record record;  /* as it is wished; owned */
	struct bundle_fault fault;
};

/* ---- telling ----------------------------------------------------------------- */

static void tell(struct house *h, enum bundle_kind kind)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	json_out_raw(&o, "{}");
	live_post(&h->config.live, kind == BUNDLE_GROUP ? "groups" : "scenes", &o);
}

void house_bundles_moved(struct house *h, const char *device)
{
	bool told[BUNDLE_KINDS] = {false};
	list_each(b, &h->bundles->items, struct bundle, link) {
		if (told[b->record.kind] || !bundle_names(b, device))
			continue;
		told[b->record.kind] = true;
		tell(h, b->record.kind);
	}
}

void house_bundles_forget(struct house *h, const char *device)
{
	house_bundles_moved(h, device);
	list_each(b, &h->bundles->items, struct bundle, link)
		bundle_forget(b, device);
}

int house_load_bundles(struct house *h)
{
	return bundles_create(h->config.store, &h->bundles);
}

/* ---- reading ------------------------------------------------------------------ */

static void run_list(struct house *h, struct call *call)
{
	const struct bundle_call *about = call->wish;
	struct json_out o = {.buf = call->json};
	json_out_raw(&o, "[");
	list_each(b, &h->bundles->items, struct bundle, link) {
		if (b->record.kind != about->kind || !bundle_seen(h, b, call->rooms))
			continue;
		json_out_next(&o);
		bundle_json(&o, h, b);
	}
	json_out_raw(&o, "]");
	call_answer(call, o.err);
}

static int port_list(void *ctx, enum bundle_kind kind, const struct rooms *rooms, struct buf *json)
{
	struct bundle_call about = {.kind = kind};
	struct call call = {.house = ctx, .run = run_list, .rooms = rooms, .wish = &about, .json = json};
	return call_ask(&call);
}

/* The one that the call is about, as far as it may be seen. */
static struct bundle *find(const struct house *h, const struct call *call)
{
	const struct bundle_call *about = call->wish;
	struct bundle *b = bundles_get(h->bundles, about->kind, about->id);
	return b && bundle_seen(h, b, call->rooms) ? b : NULL;
}

static void run_get(struct house *h, struct call *call)
{
	const struct bundle *b = find(h, call);
	struct json_out o = {.buf = call->json};
	if (b)
		bundle_json(&o, h, b);
	call_answer(call, b ? o.err : ERR_NOT_FOUND);
}

static int port_get(void *ctx, enum bundle_kind kind, const struct rooms *rooms, int64_t id, struct buf *json)
{
	struct bundle_call about = {.kind = kind, .id = id};
	struct call call = {.house = ctx, .run = run_get, .rooms = rooms, .wish = &about, .json = json};
	return call_ask(&call);
}

/* ---- changing ------------------------------------------------------------------ */

/* Also one of others that is away, and may come back. */
static bool is_there(const struct house *h, const char *id)
{
	if (house_device(h, span_str(id)))
		return true;
	const struct device *d = house_any_outsider(h, id);
	return d && (!d->erasing || d->staying);
}

/* Devices that were erased while the store wrote are in neither. */
static void drop_erased(const struct house *h, struct bundle_record *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->count; i++) {
		if (is_there(h, r->members[i].device))
			r->members[kept++] = r->members[i];
		else
			free(r->members[i].value);
	}
	r->count = kept;
}

/* The store has it, or not. */
static void run_stored(struct house *h, struct call *call)
{
	struct bundle_call *about = call->wish;
	int64_t id = about->record.id;
	h->calls--;
	int err = call->err;
	if (!err) {
		drop_erased(h, &about->record);
		err = bundles_put(h->bundles, &about->record);
	}
	struct json_out o = {.buf = call->json};
	if (!err) {
		bundle_json(&o, h, bundles_get(h->bundles, about->kind, id));
		tell(h, about->kind);
	}
	call_answer(call, err ? err : o.err);
}

static void store(struct house *h, struct call *call)
{
	struct bundle_call *about = call->wish;
	const struct store_done done = call_stored(call);
	call->run = run_stored;
	h->calls++;
	int err = store_bundle_put(h->config.store, &about->record, &done);
	if (err) {
		call->err = err;
		run_stored(h, call);
	}
}

static void run_add(struct house *h, struct call *call)
{
	struct bundle_call *about = call->wish;
	int err = bundle_wish_settle(h, &about->record, NULL, &about->fault);
	if (!err)
		err = bundles_admit(h->bundles, &about->record);
	if (err) {
		call_answer(call, err);
		return;
	}
	about->record.id = ++h->bundles->last_id;
	store(h, call);
}

/* Fills up what is not wished with what is. */
static int complete(const struct house *h, const struct bundle *now, struct bundle_call *about)
{
	struct bundle_record *r = &about->record;
	r->id = now->record.id;
	if (!r->name[0])
		memcpy(r->name, now->record.name, sizeof r->name);
	return r->count ? bundle_wish_settle(h, r, &now->record, &about->fault) : bundle_copy_members(&now->record, r);
}

static void run_edit(struct house *h, struct call *call)
{
	struct bundle_call *about = call->wish;
	const struct bundle *now = find(h, call);
	int err = now ? complete(h, now, about) : ERR_NOT_FOUND;
	if (!err)
		err = bundles_admit(h->bundles, &about->record);
	if (err)
		call_answer(call, err);
	else
		store(h, call);
}

/* Reads the wish, asks the house, and puts into words what is wrong. */
static int change(struct call *call, struct bundle_call *about, struct span wish)
{
	about->record.kind = about->kind;
	int err = bundle_wish_read(wish, about->id == 0, &about->record, &about->fault);
	if (!err)
		err = call_ask(call);
	if (err == ERR_INVALID)
		err = call_explain(call->json, about->fault.field, about->fault.detail);
	bundle_record_finish(&about->record);
	return err;
}

static int port_add(void *ctx, enum bundle_kind kind, struct span wish, struct buf *json)
{
	struct bundle_call about = {.kind = kind};
	struct call call = {.house = ctx, .run = run_add, .wish = &about, .json = json};
	return change(&call, &about, wish);
}

static int port_edit(void *ctx, enum bundle_kind kind, int64_t id, struct span wish, struct buf *json)
{
	struct bundle_call about = {.kind = kind, .id = id};
	struct call call = {.house = ctx, .run = run_edit, .wish = &about, .json = json};
	return change(&call, &about, wish);
}

static void run_removed(struct house *h, struct call *call)
{
	const struct bundle_call *about = call->wish;
	struct bundle *b = bundles_get(h->bundles, about->kind, about->id);
	h->calls--;
	if (!call->err && b) {
		bundle_destroy(b);
		tell(h, about->kind);
	}
	call_answer(call, call->err);
}

static void run_remove(struct house *h, struct call *call)
{
	const struct bundle_call *about = call->wish;
	if (!find(h, call)) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	const struct store_done done = call_stored(call);
	call->run = run_removed;
	h->calls++;
	int err = store_bundle_remove(h->config.store, about->id, &done);
	if (err) {
		call->err = err;
		run_removed(h, call);
	}
}

static int port_remove(void *ctx, enum bundle_kind kind, int64_t id)
{
	struct bundle_call about = {.kind = kind, .id = id};
	struct call call = {.house = ctx, .run = run_remove, .wish = &about};
	return call_ask(&call);
}

/* ---- commanding ------------------------------------------------------------------ */

static const char no_longer[] = "The device no longer has this.";

static int command_group(struct many *m, const struct bundle_record *r)
{
	struct targets targets = {0};
	for (size_t i = 0; i < r->count; i++) {
		struct device_entity *e = bundle_entity(m->house, &r->members[i]);
		if (e)
			targets_add(&targets, e);
		else
			many_refuse(m, &r->members[i], "vanished", no_longer);
	}
	int err = many_send_all(m, &targets);
	targets_finish(&targets);
	return err;
}

static void apply_scene(struct many *m, const struct bundle_record *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct device_entity *e = bundle_entity(m->house, &r->members[i]);
		if (e)
			many_send(m, e, r->members[i].value);
		else
			many_refuse(m, &r->members[i], "vanished", no_longer);
	}
}

static void run_command(struct house *h, struct call *call)
{
	const struct bundle_call *about = call->wish;
	const struct bundle *b = find(h, call);
	if (!b) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	struct many m = many_begin(h, call->many, about->kind == BUNDLE_GROUP ? CAUSE_GROUP : CAUSE_SCENE, b->record.name);
	int err = 0;
	if (about->kind == BUNDLE_GROUP)
		err = command_group(&m, &b->record);
	else
		apply_scene(&m, &b->record);
	struct buf none = {0};
	int lost = many_answer(&m, err ? &none : call->json);
	buf_finish(&none);
	call_answer(call, err ? err : lost);
}

static int port_command(void *ctx, enum bundle_kind kind, int64_t id, const struct house_many *many, struct buf *json)
{
	struct bundle_call about = {.kind = kind, .id = id};
	struct call call = {.house = ctx, .run = run_command, .rooms = many->rooms, .many = many, .wish = &about, .json = json};
	return call_ask(&call);
}

struct bundle_port house_bundle_port(struct house *h)
{
	return (struct bundle_port){
		.list = port_list,
		.get = port_get,
		.add = port_add,
		.edit = port_edit,
		.remove = port_remove,
		.command = port_command,
		.ctx = h,
	};
}
