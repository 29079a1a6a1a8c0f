/* What the web asks of the house about devices. The slots run on the web's threads, the functions
 * whose names begin with run_ on the house's (call.h). Edits and erasures go through the store and are answered
 * once that has answered. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/call.h"
#include "device/port.h"
#include "dialect/dialect.h"
#include "model/live.h"
#include "mqtt/topic.h"

/* ---- reading ------------------------------------------------------------- */

static void run_devices(struct house *h, struct call *call)
{
	struct json_out o = {.buf = call->json};
	json_out_raw(&o, "[");
	bool first = true;
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		const struct device *d = container_of(n, struct device, node);
		if (d->erasing || !rooms_have(call->rooms, d->record.area))
			continue;
		if (!first)
			json_out_raw(&o, ",");
		first = false;
		device_json(&o, d);
	}
	json_out_raw(&o, "]");
	call_answer(call, o.err);
}

static int port_devices(void *ctx, const struct rooms *rooms, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_devices, .rooms = rooms, .json = json};
	return call_ask(&call);
}

static void run_device(struct house *h, struct call *call)
{
	const struct device *d = house_device(h, span_str(call->id));
	struct json_out o = {.buf = call->json};
	bool seen = d && rooms_have(call->rooms, d->record.area);
	if (seen)
		device_json(&o, d);
	call_answer(call, seen ? o.err : ERR_NOT_FOUND);
}

static int port_device(void *ctx, const struct rooms *rooms, const char *id, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_device, .rooms = rooms, .id = id, .json = json};
	return call_ask(&call);
}

/* ---- commands ------------------------------------------------------------ */

static void run_command(struct house *h, struct call *call)
{
	call_answer(call, house_command(h, call->command, call->json));
}

static int port_command(void *ctx, const struct house_command *command, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_command, .command = command, .json = json};
	return call_ask(&call);
}

static void run_command_many(struct house *h, struct call *call)
{
	call_answer(call, house_command_many(h, call->many, call->json));
}

static int port_command_many(void *ctx, const struct house_many *many, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_command_many, .many = many, .json = json};
	return call_ask(&call);
}

static void run_cancel(struct house *h, struct call *call)
{
	call_answer(call, house_command_cancel(h, call->cancel, call->json));
}

static int port_cancel(void *ctx, const struct house_cancel *cancel, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_cancel, .cancel = cancel, .json = json};
	return call_ask(&call);
}

/* ---- names and rooms ------------------------------------------------------- */

/* NULL keeps; a name must not be empty, an area may. */
static bool name_valid(const char *s, size_t min)
{
	if (!s)
		return true;
	size_t len = strlen(s);
	return len >= min && len < MODEL_NAME_SIZE && str_utf8_valid(span_str(s)) && str_is_printable(s);
}

/* Stored: show it. */
static void run_edited(struct house *h, struct call *call)
{
	h->calls--;
	struct device *d = house_device(h, span_str(call->id));
	if (call->err == 0 && d) {
		if (call->name)
			(void)str_copy(d->record.name, sizeof d->record.name, call->name); /* length was checked */
		if (call->area)
			(void)str_copy(d->record.area, sizeof d->record.area, call->area);
		if (call->area)
			call->err = house_tell_topics(h, true); /* it has moved, but guests may hear it still */
		house_show(h, d);
		if (call->area)
			house_bundles_moved(h, d->record.id);
	}
	call_answer(call, call->err);
}

static void run_edit(struct house *h, struct call *call)
{
	if (!house_device(h, span_str(call->id))) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	call->run = run_edited;
	const struct store_done done = call_stored(call);
	const struct device_change change = {.name = call->name, .area = call->area};
	int err = store_device_change(h->config.store, call->id, &change, &done);
	if (err != 0)
		call_answer(call, err);
	else
		h->calls++;
}

static int port_edit(void *ctx, const char *id, const char *name, const char *area)
{
	if (!name_valid(name, 1) || !name_valid(area, 0))
		return ERR_INVALID;
	struct call call = {.house = ctx, .run = run_edit, .id = id, .name = name, .area = area};
	return call_ask(&call);
}

/* ---- erasing: revoke, cut off, purge, erase --------------------------------- */

/* Also one of others that has taken itself away, which nobody sees. */
static struct device *find_any(struct house *h, const char *id)
{
	struct map_node *node = map_get(&h->devices, span_str(id));
	return node ? container_of(node, struct device, node) : house_any_outsider(h, id);
}

/* Erased, or not: the last step. */
static void run_erased(struct house *h, struct call *call)
{
	h->calls--;
	struct device *d = find_any(h, call->id);
	if (call->err != 0 && store_erasure_find(h->config.store, call->id) == 0) { /* decided, so the store goes on by itself */
		log_warning("house", "device %s: the last traces of its data could not be erased yet (%s)", call->id, err_text(call->err));
		call->err = 0;
	}
	if (call->err != 0) {
		log_error("house", "device %s is cut off but its data could not be erased (%s): try again", call->id,
			  err_text(call->err));
		d->erasing = false;
		house_note_topics(h);
		call_answer(call, call->err);
		return;
	}
	house_show_gone(h, d->record.id);
	house_bundles_forget(h, d->record.id);
	log_info("house", "device %s is erased", d->record.id);
	list_remove(&d->grace);
	if (!d->other || d->other->known)
		map_remove(&h->devices, &d->node);
	if (d->other)
		house_drop_outsider(h, d);
	device_destroy(&d);
	call_answer(call, 0);
}

static void clear_topic(struct house *h, const char *topic)
{
	if (topic[0] && h->config.broker)
		(void)internal_publish(h->config.broker, span_str(topic), (struct span){NULL, 0}, 1, true);
}

static void clear_others_topics(struct house *h, const struct device *d)
{
	const struct outsider *o = d->other;
	if (strcmp(d->record.origin.dialect, "hand") == 0)
		return; /* the topics were there before, and others may use them */
	if (!o->dialect->shared)
		list_each(part, &o->parts, struct device_part, link)
			clear_topic(h, part->topic);
	for (size_t i = 0; i < o->topic_count; i++) {
		size_t listening;
		if (topic_has_wildcard(span_str(o->topics[i])))
			continue; /* its gateways' */
		(void)house_ears(h, span_str(o->topics[i]), &listening);
		bool gateways = (o->dialect->shared && !device_listeners(d, span_str(o->topics[i]))) ||
				(o->dialect->stays && o->dialect->stays(o->topics[i]));
		if (listening == 1 && !gateways) /* else others speak there, too */
			clear_topic(h, o->topics[i]);
	}
}

void house_clear_topics(struct house *h, const struct device *d)
{
	char topic[MODEL_TOPIC_SIZE];
	if (d->other) {
		clear_others_topics(h, d);
		return;
	}
	if (topic_format_discovery(topic, d->record.id) == 0)
		clear_topic(h, topic);
	if (topic_format(topic, TOPIC_STATUS, d->record.id, NULL) == 0)
		clear_topic(h, topic);
	list_each(e, &d->entities, struct device_entity, link)
		for (size_t i = 0; i < e->about.report_count; i++)
			clear_topic(h, e->about.reports[i].topic);
}

void house_send_away(struct house *h, const struct device *d)
{
	const struct device_message *leave = d->other ? &d->other->about.leave : NULL;
	if (leave && leave->topic && h->config.broker)
		(void)internal_publish(h->config.broker, span_str(leave->topic), span_str(leave->payload), 1, false);
}

/* The device keeps nothing in memory that the erasure would outlive. */
static void forget(struct house *h, struct device *d)
{
	sampler_forget(h->sampler, d->record.id, house_mono(h));
	rules_recount(h->rules);
	alerts_forget(h->alerts, d->record.id);
	list_each(e, &d->entities, struct device_entity, link) {
		e->series = 0;
		house_command_move(h, e, NULL, "the device is erased");
	}
}

/* Its credentials are revoked on the disk: cut it off, then erase. */
static void run_revoked(struct house *h, struct call *call)
{
	struct device *d = find_any(h, call->id);
	int err = call->err;
	if (err == 0) {
		if (h->config.callbacks.access_changed)
			h->config.callbacks.access_changed(h->config.callbacks.ctx);
		house_send_away(h, d);
		house_clear_topics(h, d);
		if (h->config.callbacks.device_erased)
			h->config.callbacks.device_erased(h->config.callbacks.ctx, d->record.id);
		forget(h, d);
		call->run = run_erased;
		const struct store_done done = call_stored(call);
		err = store_device_erase(h->config.store, call->id, &done);
		if (err == 0)
			return; /* the call is the store's now */
	}
	d->erasing = false;
	house_note_topics(h);
	h->calls--;
	call_answer(call, err);
}

static void run_erase(struct house *h, struct call *call)
{
	static const bool yes = true;
	struct device *d = find_any(h, call->id);
	if (!d || d->erasing) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	call->run = run_revoked;
	const struct store_done done = call_stored(call);
	const struct device_change change = {.revoked = &yes};
	int err = store_device_change(h->config.store, call->id, &change, &done);
	if (err != 0) {
		call_answer(call, err);
		return;
	}
	d->erasing = true; /* from here on nothing it says counts */
	(void)house_tell_topics(h, true);
	if (d->other)
		list_remove(&d->other->changed); /* nor what it has said a moment ago */
	list_remove(&d->grace);
	h->calls++;
}

static int port_erase(void *ctx, const char *id)
{
	struct call call = {.house = ctx, .run = run_erase, .id = id};
	return call_ask(&call);
}

struct house_port house_port(struct house *h)
{
	return (struct house_port){
		.devices = port_devices,
		.device = port_device,
		.command = port_command,
		.command_many = port_command_many,
		.cancel = port_cancel,
		.edit = port_edit,
		.classify = port_classify,
		.describe = port_describe,
		.description = port_description,
		.revoke = port_revoke,
		.erase = port_erase,
		.replace = port_replace,
		.former = port_former,
		.ctx = h,
	};
}
