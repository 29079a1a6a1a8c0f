/* Whether two decoded packets say the same. For tests and fuzz targets. */
#ifndef TEST_PACKET_EQUAL_H
#define TEST_PACKET_EQUAL_H

#include "mqtt/packet.h"

static inline bool users_equal(struct span a, struct span b)
{
	struct span name_a, value_a, name_b, value_b;
	while (props_user_next(&a, &name_a, &value_a))
		if (!props_user_next(&b, &name_b, &value_b) || !span_equal(name_a, name_b) ||
		    !span_equal(value_a, value_b))
			return false;
	return !props_user_next(&b, &name_b, &value_b);
}

static inline bool props_equal(const struct props *a, const struct props *b)
{
	if (a->present != b->present)
		return false;
#define SAME(id, field) (!props_has(a, id) || a->field == b->field)
#define SAME_SPAN(id, field) (!props_has(a, id) || span_equal(a->field, b->field))
	return SAME(PROP_PAYLOAD_FORMAT, payload_format) && SAME(PROP_MESSAGE_EXPIRY, message_expiry_s) &&
	       SAME(PROP_SUBSCRIPTION_ID, subscription_id) && SAME(PROP_SESSION_EXPIRY, session_expiry_s) &&
	       SAME(PROP_SERVER_KEEP_ALIVE, server_keep_alive) &&
	       SAME(PROP_REQUEST_PROBLEM_INFO, request_problem_info) && SAME(PROP_WILL_DELAY, will_delay_s) &&
	       SAME(PROP_REQUEST_RESPONSE_INFO, request_response_info) &&
	       SAME(PROP_RECEIVE_MAXIMUM, receive_maximum) &&
	       SAME(PROP_TOPIC_ALIAS_MAXIMUM, topic_alias_maximum) && SAME(PROP_TOPIC_ALIAS, topic_alias) &&
	       SAME(PROP_MAXIMUM_QOS, maximum_qos) && SAME(PROP_RETAIN_AVAILABLE, retain_available) &&
	       SAME(PROP_MAXIMUM_PACKET_SIZE, maximum_packet_size_bytes) &&
	       SAME(PROP_WILDCARD_AVAILABLE, wildcard_available) &&
	       SAME(PROP_SUBSCRIPTION_ID_AVAILABLE, subscription_id_available) &&
	       SAME(PROP_SHARED_AVAILABLE, shared_available) && SAME_SPAN(PROP_CONTENT_TYPE, content_type) &&
	       SAME_SPAN(PROP_RESPONSE_TOPIC, response_topic) &&
	       SAME_SPAN(PROP_CORRELATION_DATA, correlation_data) &&
	       SAME_SPAN(PROP_ASSIGNED_CLIENT_ID, assigned_client_id) &&
	       SAME_SPAN(PROP_AUTH_METHOD, auth_method) && SAME_SPAN(PROP_AUTH_DATA, auth_data) &&
	       SAME_SPAN(PROP_RESPONSE_INFO, response_info) &&
	       SAME_SPAN(PROP_SERVER_REFERENCE, server_reference) &&
	       SAME_SPAN(PROP_REASON_STRING, reason_string) &&
	       (!props_has(a, PROP_USER_PROPERTY) || users_equal(a->user, b->user));
#undef SAME
#undef SAME_SPAN
}

static inline bool connects_equal(const struct packet_connect *a, const struct packet_connect *b)
{
	if (a->version != b->version || a->clean_start != b->clean_start ||
	    a->keep_alive_s != b->keep_alive_s || a->has_will != b->has_will ||
	    a->has_username != b->has_username || a->has_password != b->has_password ||
	    !span_equal(a->client_id, b->client_id) || !props_equal(&a->props, &b->props))
		return false;
	if (a->has_will &&
	    (a->will.qos != b->will.qos || a->will.retain != b->will.retain ||
	     !span_equal(a->will.topic, b->will.topic) || !span_equal(a->will.payload, b->will.payload) ||
	     !props_equal(&a->will.props, &b->will.props)))
		return false;
	return (!a->has_username || span_equal(a->username, b->username)) &&
	       (!a->has_password || span_equal(a->password, b->password));
}

static inline bool publishes_equal(const struct packet_publish *a, const struct packet_publish *b)
{
	return a->dup == b->dup && a->retain == b->retain && a->qos == b->qos && a->id == b->id &&
	       span_equal(a->topic, b->topic) && span_equal(a->payload, b->payload) &&
	       props_equal(&a->props, &b->props);
}

static inline bool packets_equal(const struct packet *a, const struct packet *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case PACKET_CONNECT:
		return connects_equal(&a->connect, &b->connect);
	case PACKET_CONNACK:
		return a->connack.session_present == b->connack.session_present &&
		       a->connack.reason == b->connack.reason &&
		       props_equal(&a->connack.props, &b->connack.props);
	case PACKET_PUBLISH:
		return publishes_equal(&a->publish, &b->publish);
	case PACKET_PUBACK:
	case PACKET_PUBREC:
	case PACKET_PUBREL:
	case PACKET_PUBCOMP:
		return a->ack.id == b->ack.id && a->ack.reason == b->ack.reason &&
		       props_equal(&a->ack.props, &b->ack.props);
	case PACKET_SUBSCRIBE:
	case PACKET_UNSUBSCRIBE:
		return a->subscribe.id == b->subscribe.id && a->subscribe.count == b->subscribe.count &&
		       span_equal(a->subscribe.filters, b->subscribe.filters) &&
		       props_equal(&a->subscribe.props, &b->subscribe.props);
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		return a->suback.id == b->suback.id && span_equal(a->suback.codes, b->suback.codes) &&
		       props_equal(&a->suback.props, &b->suback.props);
	case PACKET_DISCONNECT:
	case PACKET_AUTH:
		return a->reason.reason == b->reason.reason && props_equal(&a->reason.props, &b->reason.props);
	default:
		return true;
	}
}

#endif
