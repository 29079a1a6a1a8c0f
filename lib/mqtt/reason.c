/* Reason codes: their names, where they may stand, and their nearest kin in
 * MQTT 3.1.1. Constant tables, any thread; knows nothing of packets' bytes. */
#include "mqtt/reason.h"

#include "base/err.h"

const char *reason_text(uint8_t reason)
{
	switch (reason) {
#define REASON_CASE(name, value, text) \
	case value: \
		return text;
		REASON_TABLE(REASON_CASE)
#undef REASON_CASE
	default:
		return "unknown reason";
	}
}

uint8_t reason_from_err(int err)
{
	switch (err) {
	case ERR_OK:
		return REASON_SUCCESS;
	case ERR_MALFORMED:
		return REASON_MALFORMED_PACKET;
	case ERR_PROTOCOL:
		return REASON_PROTOCOL_ERROR;
	case ERR_TOO_LARGE:
		return REASON_PACKET_TOO_LARGE;
	case ERR_DENIED:
		return REASON_NOT_AUTHORIZED;
	case ERR_UNSUPPORTED:
		return REASON_UNSUPPORTED_PROTOCOL_VERSION;
	case ERR_FULL:
	case ERR_NOMEM:
		return REASON_QUOTA_EXCEEDED;
	default:
		return REASON_UNSPECIFIED;
	}
}

uint8_t reason_to_v3_connack(uint8_t reason)
{
	switch (reason) {
	case REASON_SUCCESS:
		return 0;
	case REASON_UNSUPPORTED_PROTOCOL_VERSION:
		return 1; /* unacceptable protocol version */
	case REASON_CLIENT_ID_NOT_VALID:
		return 2; /* identifier rejected */
	case REASON_BAD_USER_NAME_OR_PASSWORD:
	case REASON_BAD_AUTHENTICATION_METHOD:
		return 4; /* bad user name or password */
	case REASON_NOT_AUTHORIZED:
	case REASON_BANNED:
		return 5; /* not authorized */
	default:
		return 3; /* server unavailable: come again later */
	}
}

uint8_t reason_from_v3_connack(uint8_t code)
{
	static const uint8_t reasons[] = {
		REASON_SUCCESS,
		REASON_UNSUPPORTED_PROTOCOL_VERSION,
		REASON_CLIENT_ID_NOT_VALID,
		REASON_SERVER_UNAVAILABLE,
		REASON_BAD_USER_NAME_OR_PASSWORD,
		REASON_NOT_AUTHORIZED,
	};
	return code < sizeof reasons ? reasons[code] : REASON_UNSPECIFIED;
}

/* Packet types by number, as enum packet_type has them: a bit for each. */
enum {
	CONNACK = 1 << 2,
	PUBACK = 1 << 4,
	PUBREC = 1 << 5,
	PUBREL = 1 << 6,
	PUBCOMP = 1 << 7,
	SUBACK = 1 << 9,
	UNSUBACK = 1 << 11,
	DISCONNECT = 1 << 14,
	AUTH = 1 << 15,
	RECEIVED = PUBACK | PUBREC,   /* answers to a PUBLISH */
	RELEASED = PUBREL | PUBCOMP,
	ANSWERS = CONNACK | RECEIVED | SUBACK | UNSUBACK | DISCONNECT,
};

/* §2.4, Table 2-6, with the lists of each packet's own section. */
static unsigned where_allowed(uint8_t reason)
{
	switch (reason) {
	case REASON_SUCCESS:
		return ANSWERS | RELEASED | AUTH;
	case REASON_GRANTED_QOS_1:
	case REASON_GRANTED_QOS_2:
		return SUBACK;
	case REASON_DISCONNECT_WITH_WILL:
		return DISCONNECT;
	case REASON_NO_MATCHING_SUBSCRIBERS:
		return RECEIVED;
	case REASON_NO_SUBSCRIPTION_EXISTED:
		return UNSUBACK;
	case REASON_CONTINUE_AUTHENTICATION:
	case REASON_REAUTHENTICATE:
		return AUTH;
	case REASON_UNSPECIFIED:
	case REASON_IMPLEMENTATION_SPECIFIC:
	case REASON_NOT_AUTHORIZED:
		return ANSWERS;
	case REASON_UNSUPPORTED_PROTOCOL_VERSION:
	case REASON_CLIENT_ID_NOT_VALID:
	case REASON_BAD_USER_NAME_OR_PASSWORD:
	case REASON_SERVER_UNAVAILABLE:
	case REASON_BANNED:
		return CONNACK;
	case REASON_MALFORMED_PACKET:
	case REASON_PROTOCOL_ERROR:
	case REASON_SERVER_BUSY:
	case REASON_BAD_AUTHENTICATION_METHOD:
	case REASON_PACKET_TOO_LARGE:
	case REASON_RETAIN_NOT_SUPPORTED:
	case REASON_QOS_NOT_SUPPORTED:
	case REASON_USE_ANOTHER_SERVER:
	case REASON_SERVER_MOVED:
	case REASON_CONNECTION_RATE_EXCEEDED:
		return CONNACK | DISCONNECT;
	case REASON_SERVER_SHUTTING_DOWN:
	case REASON_KEEP_ALIVE_TIMEOUT:
	case REASON_SESSION_TAKEN_OVER:
	case REASON_RECEIVE_MAXIMUM_EXCEEDED:
	case REASON_TOPIC_ALIAS_INVALID:
	case REASON_MESSAGE_RATE_TOO_HIGH:
	case REASON_ADMINISTRATIVE_ACTION:
	case REASON_MAXIMUM_CONNECT_TIME:
		return DISCONNECT;
	case REASON_TOPIC_FILTER_INVALID:
		return SUBACK | UNSUBACK | DISCONNECT;
	case REASON_TOPIC_NAME_INVALID:
	case REASON_PAYLOAD_FORMAT_INVALID:
		return CONNACK | RECEIVED | DISCONNECT;
	case REASON_PACKET_ID_IN_USE:
		return RECEIVED | SUBACK | UNSUBACK;
	case REASON_PACKET_ID_NOT_FOUND:
		return RELEASED;
	case REASON_QUOTA_EXCEEDED:
		return CONNACK | RECEIVED | SUBACK | DISCONNECT;
	case REASON_SHARED_NOT_SUPPORTED:
	case REASON_SUBSCRIPTION_ID_NOT_SUPPORTED:
	case REASON_WILDCARD_NOT_SUPPORTED:
		return SUBACK | DISCONNECT;
	default:
		return 0;
	}
}

bool reason_allowed(uint8_t reason, unsigned packet_type)
{
	return packet_type < 16 && (where_allowed(reason) >> packet_type & 1);
}
