/* DISCONNECT and PINGREQ. On the worker's thread. */
#include "broker/handle.h"
#include "broker/persistence.h"
#include "broker/session.h"

uint8_t handle_pingreq(struct connection *c, const struct wire_frame *frame)
{
	struct packet packet;
	if (packet_decode(frame, c->version, &packet))
		return REASON_MALFORMED_PACKET;
	static const uint8_t pingresp[] = {PACKET_PINGRESP << 4, 0};
	connection_send(c, pingresp, sizeof pingresp);
	return 0;
}

/* MQTT-3.14.2-2 and §3.1.2.11.2: the expiry may be changed, but not from zero. */
static uint8_t change_expiry(struct session *s, uint32_t expiry_s)
{
	if (s->expiry_s == 0 && expiry_s)
		return connection_fault(s->connection, REASON_PROTOCOL_ERROR, "a session that ends with its connection cannot be kept");
	uint32_t max = s->worker->broker->config.max_session_expiry_s;
	s->expiry_s = expiry_s < max ? expiry_s : max;
	return 0;
}

uint8_t handle_disconnect(struct connection *c, const struct wire_frame *frame)
{
	struct packet packet;
	int err = packet_decode(frame, c->version, &packet);
	if (err)
		return reason_from_err(err);
	struct session *s = c->session;
	uint8_t reason = c->version == MQTT_V5 ? packet.reason.reason : REASON_SUCCESS;
	if (c->version == MQTT_V5 && props_has(&packet.reason.props, PROP_SESSION_EXPIRY)) {
		uint8_t refused = change_expiry(s, packet.reason.props.session_expiry_s);
		if (refused)
			return refused;
	}
	if (reason == REASON_SUCCESS && s->will) { /* MQTT-3.14.4-3 */
		will_destroy(&s->will);
		persistence_will(s);
	}
	connection_end(c, reason == REASON_SUCCESS ? REASON_SUCCESS : REASON_DISCONNECT_WITH_WILL);
	return 0;
}
