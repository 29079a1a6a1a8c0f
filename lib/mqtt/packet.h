/* Every control packet of MQTT 3.1, 3.1.1 and 5.0: bytes <-> structs. Sans
 * I/O, no allocation: decoded structs borrow from the bytes they came from.
 *
 * Both directions are here, so broker, agent tests and firmware share one
 * codec. What is checked: everything that one packet alone can get wrong
 * (reserved bits, lengths, UTF-8, property rules, QoS 3, packet id 0, topic
 * names with wildcards). What needs a session is the broker's. */
#ifndef MQTT_PACKET_H
#define MQTT_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "mqtt/props.h"
#include "mqtt/wire.h"

enum packet_type {
	PACKET_CONNECT = 1,
	PACKET_CONNACK,
	PACKET_PUBLISH,
	PACKET_PUBACK,
	PACKET_PUBREC,
	PACKET_PUBREL,
	PACKET_PUBCOMP,
	PACKET_SUBSCRIBE,
	PACKET_SUBACK,
	PACKET_UNSUBSCRIBE,
	PACKET_UNSUBACK,
	PACKET_PINGREQ,
	PACKET_PINGRESP,
	PACKET_DISCONNECT,
	PACKET_AUTH,
};

/* Protocol level as CONNECT carries it. */
enum mqtt_version {
	MQTT_V31 = 3,  /* protocol name MQIsdp */
	MQTT_V311 = 4,
	MQTT_V5 = 5,
};

struct packet_connect {
	uint8_t version; /* enum mqtt_version */
	bool clean_start;
	uint16_t keep_alive_s; /* 0: none */
	struct span client_id; /* may be empty */
	bool has_username, has_password, has_will;
	struct span username, password;
	struct {
		uint8_t qos;
		bool retain;
		struct span topic, payload;
		struct props props;
	} will; /* defined when has_will */
	struct props props;
};

struct packet_connack {
	bool session_present;
	uint8_t reason; /* 5.0 reason code; encoded for 3.x through reason_to_v3_connack */
	struct props props;
};

struct packet_publish {
	bool dup, retain;
	uint8_t qos;
	uint16_t id;       /* 0 at QoS 0 */
	struct span topic; /* may be empty in 5.0 when a topic alias is there */
	struct span payload;
	struct props props;
};

/* PUBACK, PUBREC, PUBREL, PUBCOMP */
struct packet_ack {
	uint16_t id;
	uint8_t reason;
	struct props props;
};

struct packet_subscribe {
	uint16_t id;
	struct props props;
	struct span filters; /* undecoded list, checked; walk it with packet_next_filter */
	uint32_t count;      /* entries in filters, ≥ 1; packet_encode does not ask for it */
};

/* One entry of SUBSCRIBE (options zero for UNSUBSCRIBE). */
struct packet_filter {
	struct span filter;
	uint8_t qos;
	bool no_local, retain_as_published; /* 5.0 §3.8.3.1 */
	uint8_t retain_handling;            /* 0, 1, 2 */
};

/* SUBACK and UNSUBACK (UNSUBACK has no codes in 3.x) */
struct packet_suback {
	uint16_t id;
	struct props props;
	struct span codes; /* one byte a filter */
};

/* DISCONNECT and AUTH */
struct packet_reason {
	uint8_t reason;
	struct props props;
};

struct packet {
	uint8_t type; /* enum packet_type; says which member is meant */
	union {
		struct packet_connect connect;
		struct packet_connack connack;
		struct packet_publish publish;
		struct packet_ack ack;
		struct packet_subscribe subscribe; /* and UNSUBSCRIBE */
		struct packet_suback suback;       /* and UNSUBACK */
		struct packet_reason reason;       /* DISCONNECT, AUTH */
	};
};

/* Decodes one frame found by wire_next. version is the session's; CONNECT
 * brings its own. Returns 0, ERR_MALFORMED, ERR_PROTOCOL, or ERR_UNSUPPORTED
 * (CONNECT with an unknown protocol name or level; AUTH in 3.x is ERR_PROTOCOL). */
int packet_decode(const struct wire_frame *frame, uint8_t version, struct packet *packet_r);

/* Decodes a PUBLISH alone, the broker's fast path; same rules and errors. */
int packet_decode_publish(const struct wire_frame *frame, uint8_t version,
			  struct packet_publish *publish_r);

/* Takes the next entry of a decoded SUBSCRIBE or UNSUBSCRIBE from *cursor
 * (start with subscribe.filters). type and version as decoded. Returns false at the end. */
bool packet_next_filter(struct span *cursor, uint8_t type, uint8_t version,
			struct packet_filter *filter_r);

/* Writes one entry of the list that subscribe.filters spans. w->failed tells of
 * a lack of room; options that version does not have are left out. */
void packet_write_filter(struct wire_writer *w, uint8_t type, const struct packet_filter *filter,
			 uint8_t version);

/* Encodes p into w; a CONNECT's own version counts. Text (topics, names) is not
 * checked again, all else is. In 3.x properties and the reasons of success are
 * left out, failures of SUBACK become 0x80; failures in other packets but
 * CONNACK cannot be said. Returns 0, ERR_TOO_LARGE (no room, or over MQTT's
 * limit) or ERR_INVALID (something that version cannot say); w is unchanged then. */
int packet_encode(struct wire_writer *w, const struct packet *p, uint8_t version);

/* Bytes that packet_encode will write; 0 when it is over MQTT's limit. */
size_t packet_size(const struct packet *p, uint8_t version);

/* Encodes a PUBLISH without its payload, for writev: the fixed header counts
 * payload_len bytes that the caller sends behind it. Same errors. */
int packet_encode_publish_head(struct wire_writer *w, const struct packet_publish *p,
			       size_t payload_len, uint8_t version);

#endif
