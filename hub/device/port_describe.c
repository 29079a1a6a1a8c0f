/* What devices have said of themselves, and devices that the owner describes by hand; as port.c. */
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "broker/tap.h"
#include "device/call.h"
#include "device/port.h"

enum { NUMBER_BYTES = 5 };

static void answer_id(struct call *call, const struct device *d)
{
	struct json_out o = {.buf = call->json};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "id", d->record.id);
	json_out_raw(&o, "}");
	call_answer(call, o.err);
}

/* Where a device comes from that is described by hand; a new one gets a number of its own. */
static int origin_of(const struct house *h, const char *id, struct device_origin *origin_r)
{
	*origin_r = (struct device_origin){.dialect = "hand"};
	if (!id) {
		uint8_t bytes[NUMBER_BYTES];
		rand_bytes(bytes, sizeof bytes);
		memcpy(origin_r->native, "hand-", 5);
		str_to_hex(origin_r->native + 5, bytes, sizeof bytes);
		return 0;
	}
	const struct device *d = house_device(h, span_str(id));
	if (!d)
		return ERR_NOT_FOUND;
	if (strcmp(d->record.origin.dialect, "hand") != 0)
		return ERR_STATE;
	*origin_r = d->record.origin;
	return 0;
}

static void run_describe(struct house *h, struct call *call)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	struct device_origin origin;
	struct device *d;
	int err = origin_of(h, call->id, &origin);
	if (!err && call->text.len > DISCOVERY_PAYLOAD_MAX)
		err = ERR_TOO_LARGE;
	if (err) {
		call_answer(call, err);
		return;
	}
	err = house_describe_by_hand(h, &origin, call->text, &d, message);
	if (!err && h->config.broker && tap_settle(h->config.broker)) /* whoever is told of it may report at once */
		log_warning("house", "device %s: its first report may go unheard", d->record.id);
	if (!err)
		answer_id(call, d);
	else if (err == ERR_MALFORMED)
		call_answer(call, call_explain(call->json, NULL, message));
	else
		call_answer(call, err);
}

int port_describe(void *ctx, const char *id, struct span form, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_describe, .id = id, .text = form, .json = json};
	return call_ask(&call);
}

static void part_json(struct json_out *o, const char *topic, const char *payload)
{
	json_out_next(o);
	json_out_raw(o, "{");
	json_out_member_string(o, "topic", topic);
	json_out_member_string(o, "payload", payload);
	json_out_raw(o, "}");
}

static void run_description(struct house *h, struct call *call)
{
	const struct device *d = house_device(h, span_str(call->id));
	struct json_out o = {.buf = call->json};
	if (!d) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	json_out_raw(&o, "{");
	json_out_member_text(&o, "dialect", d->record.origin.dialect);
	json_out_member_text(&o, "client", d->record.origin.client);
	json_out_key(&o, "parts");
	json_out_raw(&o, "[");
	char topic[MODEL_TOPIC_SIZE];
	if (!d->other && d->record.discovery && topic_format_discovery(topic, d->record.id) == 0)
		part_json(&o, topic, d->record.discovery);
	if (d->other)
		list_each(part, &d->other->parts, struct device_part, link)
			part_json(&o, part->topic, part->payload);
	json_out_raw(&o, "]}");
	call_answer(call, o.err);
}

int port_description(void *ctx, const char *id, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_description, .id = id, .json = json};
	return call_ask(&call);
}
