/* MQTT 5.0 reason codes (§2.4) and MQTT 3.1.1 CONNACK return codes. */
#ifndef MQTT_REASON_H
#define MQTT_REASON_H

#include <stdbool.h>
#include <stdint.h>

#define REASON_TABLE(X) \
	X(REASON_SUCCESS, 0x00, "Success") /* also: normal disconnection, granted QoS 0 */ \
	X(REASON_GRANTED_QOS_1, 0x01, "Granted QoS 1") \
	X(REASON_GRANTED_QOS_2, 0x02, "Granted QoS 2") \
	X(REASON_DISCONNECT_WITH_WILL, 0x04, "Disconnect with Will Message") \
	X(REASON_NO_MATCHING_SUBSCRIBERS, 0x10, "No matching subscribers") \
	X(REASON_NO_SUBSCRIPTION_EXISTED, 0x11, "No subscription existed") \
	X(REASON_CONTINUE_AUTHENTICATION, 0x18, "Continue authentication") \
	X(REASON_REAUTHENTICATE, 0x19, "Re-authenticate") \
	X(REASON_UNSPECIFIED, 0x80, "Unspecified error") \
	X(REASON_MALFORMED_PACKET, 0x81, "Malformed Packet") \
	X(REASON_PROTOCOL_ERROR, 0x82, "Protocol Error") \
	X(REASON_IMPLEMENTATION_SPECIFIC, 0x83, "Implementation specific error") \
	X(REASON_UNSUPPORTED_PROTOCOL_VERSION, 0x84, "Unsupported Protocol Version") \
	X(REASON_CLIENT_ID_NOT_VALID, 0x85, "Client Identifier not valid") \
	X(REASON_BAD_USER_NAME_OR_PASSWORD, 0x86, "Bad User Name or Password") \
	X(REASON_NOT_AUTHORIZED, 0x87, "Not authorized") \
	X(REASON_SERVER_UNAVAILABLE, 0x88, "Server unavailable") \
	X(REASON_SERVER_BUSY, 0x89, "Server busy") \
	X(REASON_BANNED, 0x8a, "Banned") \
	X(REASON_SERVER_SHUTTING_DOWN, 0x8b, "Server shutting down") \
	X(REASON_BAD_AUTHENTICATION_METHOD, 0x8c, "Bad authentication method") \
	X(REASON_KEEP_ALIVE_TIMEOUT, 0x8d, "Keep Alive timeout") \
	X(REASON_SESSION_TAKEN_OVER, 0x8e, "Session taken over") \
	X(REASON_TOPIC_FILTER_INVALID, 0x8f, "Topic Filter invalid") \
	X(REASON_TOPIC_NAME_INVALID, 0x90, "Topic Name invalid") \
	X(REASON_PACKET_ID_IN_USE, 0x91, "Packet Identifier in use") \
	X(REASON_PACKET_ID_NOT_FOUND, 0x92, "Packet Identifier not found") \
	X(REASON_RECEIVE_MAXIMUM_EXCEEDED, 0x93, "Receive Maximum exceeded") \
	X(REASON_TOPIC_ALIAS_INVALID, 0x94, "Topic Alias invalid") \
	X(REASON_PACKET_TOO_LARGE, 0x95, "Packet too large") \
	X(REASON_MESSAGE_RATE_TOO_HIGH, 0x96, "Message rate too high") \
	X(REASON_QUOTA_EXCEEDED, 0x97, "Quota exceeded") \
	X(REASON_ADMINISTRATIVE_ACTION, 0x98, "Administrative action") \
	X(REASON_PAYLOAD_FORMAT_INVALID, 0x99, "Payload format invalid") \
	X(REASON_RETAIN_NOT_SUPPORTED, 0x9a, "Retain not supported") \
	X(REASON_QOS_NOT_SUPPORTED, 0x9b, "QoS not supported") \
	X(REASON_USE_ANOTHER_SERVER, 0x9c, "Use another server") \
	X(REASON_SERVER_MOVED, 0x9d, "Server moved") \
	X(REASON_SHARED_NOT_SUPPORTED, 0x9e, "Shared Subscriptions not supported") \
	X(REASON_CONNECTION_RATE_EXCEEDED, 0x9f, "Connection rate exceeded") \
	X(REASON_MAXIMUM_CONNECT_TIME, 0xa0, "Maximum connect time") \
	X(REASON_SUBSCRIPTION_ID_NOT_SUPPORTED, 0xa1, "Subscription Identifiers not supported") \
	X(REASON_WILDCARD_NOT_SUPPORTED, 0xa2, "Wildcard Subscriptions not supported")

enum reason {
#define REASON_ENUM(name, value, text) name = value,
	REASON_TABLE(REASON_ENUM)
#undef REASON_ENUM
};

/* The standard's name of a code; "unknown reason" for others. Static string. */
const char *reason_text(uint8_t reason);

/* The code for an error of the decoder or the broker: ERR_MALFORMED -> 0x81,
 * ERR_PROTOCOL -> 0x82, ERR_TOO_LARGE -> 0x95, ERR_DENIED -> 0x87,
 * ERR_UNSUPPORTED -> 0x84, ERR_FULL -> 0x97, ERR_NOMEM -> 0x97, others 0x80. */
uint8_t reason_from_err(int err);

/* The 3.1.1 CONNACK return code (0..5) nearest to a 5.0 reason code
 * (MQTT 3.1.1 §3.2.2.3). */
uint8_t reason_to_v3_connack(uint8_t reason);

/* The 5.0 reason code that says what a 3.1.1 CONNACK return code says;
 * REASON_UNSPECIFIED for the reserved ones, 6 and above. */
uint8_t reason_from_v3_connack(uint8_t code);

/* Whether the code may stand in 5.0 packets of this type (enum packet_type;
 * §2.4, Table 2-6). */
bool reason_allowed(uint8_t reason, unsigned packet_type);

#endif
