/* News from other threads: each entry point copies what it was told into a mail and posts it; the functions that begin with tell_
 * run on the house's thread. None waits. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "device/house_private.h"

/* One mail for all kinds of news; the kinds use what they need. */
struct news_mail {
	struct mail mail;
	void (*tell)(struct house *h, const struct news_mail *news);
	char device[MODEL_ID_SIZE];
	char kind[32];
	char text[256];
	uint8_t reason;
};

static void news_mail(struct mail *mail, void *owner)
{
	struct news_mail *news = container_of(mail, struct news_mail, mail);
	struct house *h = owner;
	if (!h->closed)
		news->tell(h, news);
	free(news);
}

/* News about a device; NULL when the id is none or memory is short. */
static struct news_mail *news_create(const char *device, void (*tell)(struct house *, const struct news_mail *))
{
	struct news_mail *news = calloc(1, sizeof *news);
	if (!news) {
		log_warning("house", "no memory for news of %s", device);
		return NULL;
	}
	news->mail.deliver = news_mail;
	news->tell = tell;
	if (str_copy(news->device, sizeof news->device, device) != 0) {
		free(news); /* the user name of something else */
		return NULL;
	}
	return news;
}

static void tell_connected(struct house *h, const struct news_mail *news)
{
	house_connected(h, news->device);
}

void house_client_connected(struct house *h, const char *username, const char *client_id)
{
	(void)client_id; /* the user name is the device; its client ids are its own affair */
	struct news_mail *news = news_create(username, tell_connected);
	if (news)
		mailbox_post(&h->box, &news->mail);
}

static void tell_disconnected(struct house *h, const struct news_mail *news)
{
	house_disconnected(h, news->device, news->reason);
}

void house_client_disconnected(struct house *h, const char *username, const char *client_id, uint8_t reason)
{
	(void)client_id;
	struct news_mail *news = news_create(username, tell_disconnected);
	if (!news)
		return;
	news->reason = reason;
	mailbox_post(&h->box, &news->mail);
}

static void tell_arrived(struct house *h, const struct news_mail *news)
{
	house_command_arrived(h, news->device, span_str(news->text));
}

void house_message_arrived(struct house *house, const char *username, struct span topic)
{
	struct news_mail *news = news_create(username, tell_arrived);
	if (!news)
		return;
	if (str_copy_span(news->text, sizeof news->text, topic) != 0) {
		free(news); /* no command's topic is so long */
		return;
	}
	mailbox_post(&house->box, &news->mail);
}

/* Takes over the record of a device that was enrolled anew: what it is stays, its credentials changed. */
static void renew_device(struct device *d, struct device_record *record)
{
	char *discovery = d->record.discovery;
	free(record->discovery);
	d->record = *record;
	d->record.discovery = discovery;
	record->discovery = NULL;
}

struct device *house_read_device(struct house *h, const char *id)
{
	struct device_record record;
	int err = store_device_get(h->config.store, id, &record);
	if (err != 0) {
		log_warning("house", "device %s is enrolled but cannot be read: %s", id, err_text(err));
		return NULL;
	}
	struct device *d = house_device(h, span_str(id));
	if (d)
		renew_device(d, &record);
	else
		d = house_add_device(h, &record);
	device_record_finish(&record);
	if (!d) {
		log_error("house", "no memory for device %s: it will be there after a restart", id);
		return NULL;
	}
	d->unbound = true;
	d->awaited = false;
	return d;
}

static void tell_enrolled(struct house *h, const struct news_mail *news)
{
	struct device *d = house_read_device(h, news->device);
	if (!d)
		return;
	if (h->config.callbacks.access_changed)
		h->config.callbacks.access_changed(h->config.callbacks.ctx);
	house_show(h, d);
}

void house_device_enrolled(struct house *h, const char *device)
{
	struct news_mail *news = news_create(device, tell_enrolled);
	if (news)
		mailbox_post(&h->box, &news->mail);
}

static void tell_client_changed(struct house *h, const struct news_mail *news)
{
	house_redescribe(h, news->device, news->reason);
}

void house_client_changed(struct house *h, const char *client, bool gone)
{
	struct news_mail *news = news_create(client, tell_client_changed);
	if (!news)
		return;
	news->reason = gone;
	mailbox_post(&h->box, &news->mail);
}

static void tell_alert(struct house *h, const struct news_mail *news)
{
	house_open_alert(h, news->device, news->kind, news->text);
}

/* Cuts a text behind its last whole character, so that it stays fit for JSON. */
static void trim_broken(char *text)
{
	size_t len = strlen(text);
	while (len && !str_utf8_valid(span_of(text, len)))
		text[--len] = 0;
}

static void tell_alert_each(struct house *h, const struct news_mail *news)
{
	house_open_alert_each(h, news->kind, news->text);
}

static void post_alert(struct house *h, struct news_mail *news, const char *kind, const char *text)
{
	if (!news)
		return;
	if (str_copy(news->kind, sizeof news->kind, kind) != 0)
		(void)str_copy(news->kind, sizeof news->kind, "other"); /* our own kinds fit */
	if (str_format(news->text, sizeof news->text, "%s", text) != 0)
		log_warning("house", "an alert's text was cut: %s", text);
	trim_broken(news->text);
	mailbox_post(&h->box, &news->mail);
}

void house_alert(struct house *h, const char *device, const char *kind, const char *text)
{
	post_alert(h, news_create(device, tell_alert), kind, text);
}

void house_alert_each(struct house *h, const char *kind, const char *text)
{
	post_alert(h, news_create("", tell_alert_each), kind, text);
}

static void tell_alert_over(struct house *h, const struct news_mail *news)
{
	alerts_close(h->alerts, news->device, news->kind, house_wall(h));
}

void house_alert_over(struct house *h, const char *device, const char *kind)
{
	struct news_mail *news = news_create(device, tell_alert_over);
	if (!news)
		return;
	if (str_copy(news->kind, sizeof news->kind, kind) != 0) {
		free(news); /* of no kind that was ever opened */
		return;
	}
	mailbox_post(&h->box, &news->mail);
}
