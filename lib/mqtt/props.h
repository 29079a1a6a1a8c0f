/* MQTT 5.0 properties (§2.2.2): one table says for every property its type,
 * in which packets it may stand and whether it may repeat. Sans I/O. */
#ifndef MQTT_PROPS_H
#define MQTT_PROPS_H

#include <stdbool.h>
#include <stdint.h>

#include "mqtt/wire.h"

enum prop {
	PROP_PAYLOAD_FORMAT = 1,
	PROP_MESSAGE_EXPIRY = 2,
	PROP_CONTENT_TYPE = 3,
	PROP_RESPONSE_TOPIC = 8,
	PROP_CORRELATION_DATA = 9,
	PROP_SUBSCRIPTION_ID = 11,
	PROP_SESSION_EXPIRY = 17,
	PROP_ASSIGNED_CLIENT_ID = 18,
	PROP_SERVER_KEEP_ALIVE = 19,
	PROP_AUTH_METHOD = 21,
	PROP_AUTH_DATA = 22,
	PROP_REQUEST_PROBLEM_INFO = 23,
	PROP_WILL_DELAY = 24,
	PROP_REQUEST_RESPONSE_INFO = 25,
	PROP_RESPONSE_INFO = 26,
	PROP_SERVER_REFERENCE = 28,
	PROP_REASON_STRING = 31,
	PROP_RECEIVE_MAXIMUM = 33,
	PROP_TOPIC_ALIAS_MAXIMUM = 34,
	PROP_TOPIC_ALIAS = 35,
	PROP_MAXIMUM_QOS = 36,
	PROP_RETAIN_AVAILABLE = 37,
	PROP_USER_PROPERTY = 38,
	PROP_MAXIMUM_PACKET_SIZE = 39,
	PROP_WILDCARD_AVAILABLE = 40,
	PROP_SUBSCRIPTION_ID_AVAILABLE = 41,
	PROP_SHARED_AVAILABLE = 42,
};

/* The properties of one packet. Only fields whose bit is set in `present` are
 * defined. Spans borrow from the packet's bytes. */
struct props {
	uint64_t present; /* bit n: property n is there */
	uint8_t payload_format, request_problem_info, request_response_info;
	uint8_t maximum_qos, retain_available, wildcard_available, subscription_id_available,
		shared_available;
	uint16_t server_keep_alive, receive_maximum, topic_alias_maximum, topic_alias;
	uint32_t message_expiry_s, session_expiry_s, will_delay_s, maximum_packet_size_bytes;
	uint32_t subscription_id; /* the first, where several stand (PUBLISH to a client) */
	struct span content_type, response_topic, correlation_data, assigned_client_id, auth_method,
		auth_data, response_info, server_reference, reason_string;
	/* User properties stay in their encoding, in order and with duplicates:
	 * identifier byte 38, name, value, one behind the other. Where they do not
	 * lie side by side in the packet, other properties lie between them: walk
	 * them with props_user_next. */
	struct span user; /* from the first user property to the end of the last */
};

static inline bool props_has(const struct props *p, enum prop id)
{
	return p->present >> id & 1;
}

static inline void props_set(struct props *p, enum prop id)
{
	p->present |= UINT64_C(1) << id;
}

/* Where properties stand: a packet type (enum packet_type) or the will. */
enum { PROPS_IN_WILL = 16 };

/* Reads a property length and the properties from r, as they may stand in a
 * packet of type `where`. Returns 0; ERR_MALFORMED (0x81: truncated, unknown id, or not
 * allowed in this packet); ERR_PROTOCOL (0x82: a property twice that may stand once, or a
 * value that the standard forbids, such as topic alias 0). */
int props_read(struct wire_reader *r, unsigned where, struct props *p);

/* Whether the properties present may stand in a packet of type `where` with the
 * values they have: what props_read would take. Text is not checked again.
 * Returns 0 or ERR_INVALID. */
int props_check(const struct props *p, unsigned where);

/* Writes the length and the properties that are present, in the order of their
 * identifiers. Of user it writes the user properties, whatever lies between them. */
void props_write(struct wire_writer *w, const struct props *p);

/* Bytes that props_write writes, its length field included; SIZE_MAX when that
 * is over MQTT's limit. */
size_t props_size(const struct props *p);

/* The next user property in *cursor (start with p->user), which moves behind
 * it. Returns false at the end. */
bool props_user_next(struct span *cursor, struct span *name_r, struct span *value_r);

#endif
