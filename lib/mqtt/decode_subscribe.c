/* Decodes SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK (MQTT 5.0 §3.8 to §3.11).
 * Any thread, no state; does not judge who may subscribe to what. */
#include "base/err.h"
#include "mqtt/packet_private.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

/* §3.8.3.1. 5.0 calls QoS 3 a Protocol Error, 3.1.1 a malformed packet
 * (MQTT-3-8.3-4 there). MQTT 3.1 calls all bits but the QoS unused. */
static int check_options(uint8_t options, struct span filter, uint8_t version)
{
	if (version == MQTT_V31)
		options &= FILTER_QOS;
	unsigned reserved = version == MQTT_V5 ? FILTER_RESERVED : FILTER_RESERVED_V3;
	if (options & reserved) /* MQTT-3.8.3-5 */
		return ERR_MALFORMED;
	if ((options & FILTER_QOS) == 3)
		return version == MQTT_V5 ? ERR_PROTOCOL : ERR_MALFORMED;
	if ((options >> FILTER_RETAIN_HANDLING_SHIFT & 3) == 3)
		return ERR_PROTOCOL;
	struct span name, rest;
	if ((options & FILTER_NO_LOCAL) && topic_split_shared(filter, &name, &rest))
		return ERR_PROTOCOL; /* MQTT-3.8.3-4 */
	return 0;
}

int check_filters(struct span filters, uint8_t type, uint8_t version, uint32_t *count_r)
{
	struct wire_reader r = {.left = filters};
	*count_r = 0;
	if (filters.len == 0) /* MQTT-3.8.3-2, MQTT-3.10.3-2 */
		return ERR_PROTOCOL;
	while (r.left.len > 0) {
		struct span filter = wire_read_binary(&r);
		uint8_t options = type == PACKET_SUBSCRIBE ? wire_read_u8(&r) : 0;
		/* UTF-8 (MQTT-3.8.3-1, MQTT-3.10.3-1) and the filter's form, §4.7 and §4.8.2 */
		if (r.failed || !topic_filter_valid(filter))
			return ERR_MALFORMED;
		int err = check_options(options, filter, version);
		if (err)
			return err;
		++*count_r;
	}
	return 0;
}

bool packet_next_filter(struct span *cursor, uint8_t type, uint8_t version,
			struct packet_filter *filter_r)
{
	if (cursor->len == 0)
		return false;
	struct wire_reader r = {.left = *cursor};
	filter_r->filter = wire_read_binary(&r);
	unsigned options = type == PACKET_SUBSCRIBE ? wire_read_u8(&r) : 0;
	if (version != MQTT_V5)
		options &= FILTER_QOS;
	filter_r->qos = options & FILTER_QOS;
	filter_r->no_local = options & FILTER_NO_LOCAL;
	filter_r->retain_as_published = options & FILTER_RETAIN_AS_PUBLISHED;
	filter_r->retain_handling = options >> FILTER_RETAIN_HANDLING_SHIFT & 3;
	*cursor = r.left;
	return !r.failed;
}

int decode_subscribe(struct span body, uint8_t type, uint8_t version, struct packet_subscribe *p)
{
	struct wire_reader r = {.left = body};
	p->id = wire_read_u16(&r);
	p->props.present = 0;
	if (r.failed)
		return r.failed;
	if (p->id == 0) /* MQTT-2.2.1-3 */
		return ERR_PROTOCOL;
	if (version == MQTT_V5) {
		int err = props_read(&r, type, &p->props);
		if (err)
			return err;
	}
	p->filters = r.left;
	return check_filters(p->filters, type, version, &p->count);
}

int check_codes(struct span codes, uint8_t type, uint8_t version)
{
	if (codes.len == 0) /* one for each filter, of which there was one or more */
		return ERR_PROTOCOL;
	for (size_t i = 0; i < codes.len; i++) {
		uint8_t code = codes.data[i];
		bool allowed = version == MQTT_V5 ? reason_allowed(code, type) /* MQTT-3.9.3-2 */
						  : code <= 2 || code == SUBACK_FAILURE_V3;
		if (!allowed)
			return ERR_PROTOCOL;
	}
	return 0;
}

int decode_suback(struct span body, uint8_t type, uint8_t version, struct packet_suback *p)
{
	struct wire_reader r = {.left = body};
	p->id = wire_read_u16(&r);
	p->props.present = 0;
	if (r.failed)
		return r.failed;
	if (p->id == 0)
		return ERR_PROTOCOL;
	if (version == MQTT_V5) {
		int err = props_read(&r, type, &p->props);
		if (err)
			return err;
	}
	p->codes = r.left;
	if (version != MQTT_V5 && type == PACKET_UNSUBACK) /* MQTT 3.1.1 §3.11: no payload */
		return r.left.len ? ERR_MALFORMED : 0;
	return check_codes(p->codes, type, version);
}
