/* Messages as packets in the output of one connection. On the worker's thread. A small message is encoded once for each
 * of the few forms in which its subscribers take it, and copied; a large payload is referenced. */
#include "broker/route_send.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/acks.h"
#include "broker/aliases_out.h"
#include "broker/persistence.h"
#include "broker/publish_wire.h"
#include "broker/session.h"

enum { COPY_BYTES = 2048 }; /* payloads up to this are copied, larger ones referenced */

static int image_room(struct image *image, size_t len)
{
	if (len <= image->cap)
		return 0;
	uint8_t *bigger = realloc(image->data, len);
	if (!bigger)
		return ERR_NOMEM;
	image->data = bigger;
	image->cap = len;
	return 0;
}

/* The publication as bytes for this version and kind of QoS, made on first demand. */
static struct image *image_of(struct worker *worker, const struct publication *pub, bool v5, bool with_id)
{
	struct image *image = &worker->images[v5 * 2 + with_id];
	if (image->stamp == worker->image_stamp)
		return image;
	struct publish_wire wire = {
		.topic = pub->topic,
		.props = pub->props,
		.payload_len = (uint32_t)pub->payload.len,
		.expiry_s = pub->expiry_s,
		.version = v5 ? MQTT_V5 : MQTT_V311,
		.qos = with_id,
	};
	size_t head = publish_wire_head_size(&wire);
	bool copied = pub->payload.len <= COPY_BYTES;
	if (image_room(image, head + (copied ? pub->payload.len : 0)))
		return NULL;
	uint8_t *p = publish_wire_head(&wire, image->data, &image->id_at);
	if (copied && pub->payload.len)
		memcpy(p, pub->payload.data, pub->payload.len);
	image->len = head + (copied ? pub->payload.len : 0);
	image->size = head + pub->payload.len;
	image->stamp = worker->image_stamp;
	return image;
}

static void count_sent(struct connection *c, size_t payload_len)
{
	counter_add(&c->worker->counters.sent, 1);
	counter_add(&c->worker->counters.payload_out, (int64_t)payload_len);
	connection_touch(c);
}

bool route_send_quick(struct connection *c, struct publication *pub, bool retain)
{
	struct worker *worker = c->worker;
	const struct image *image = &worker->images[(c->version == MQTT_V5) * 2];
	if (image->stamp != worker->image_stamp)
		image = image_of(worker, pub, c->version == MQTT_V5, false);
	if (!image || image->len < image->size || image->size > c->max_packet_out)
		return false;
	uint8_t *p = output_room_quick(&c->output, image->len);
	if (!p)
		return false;
	memcpy(p, image->data, image->len);
	p[0] = (uint8_t)(PACKET_PUBLISH << 4 | retain);
	connection_touch(c);
	return true;
}

int route_send_image(struct connection *c, struct publication *pub, const struct delivery *how)
{
	struct worker *worker = c->worker;
	struct image *image = image_of(worker, pub, c->version == MQTT_V5, how->qos > 0);
	if (!image)
		return ERR_NOMEM;
	if (image->size > c->max_packet_out) { /* MQTT-3.1.2-25: as if it had been sent */
		counter_add(&worker->counters.dropped, 1);
		persistence_queue_end(c->session, how);
		return 0;
	}
	bool referenced = image->len < image->size;
	if ((how->qos || referenced) && !route_block(worker, pub))
		return ERR_NOMEM;
	uint16_t id = 0;
	if (how->qos) {
		struct delivery kept = *how;
		kept.message = message_ref(pub->message);
		struct traffic *traffic = session_traffic(c->session);
		id = traffic ? inflight_add(&traffic->inflight, &kept, session_number(c->session, how)) : 0;
		if (!id) {
			message_unref(&kept.message);
			return ERR_FULL;
		}
	}
	uint8_t *p = output_room(&c->output, &worker->pool, image->len);
	if (!p || (memcpy(p, image->data, image->len), false) ||
	    (referenced && output_payload(&c->output, pub->message))) {
		c->broken = true; /* half a packet cannot be taken back */
		connection_touch(c);
		return 0;
	}
	p[0] = (uint8_t)(PACKET_PUBLISH << 4 | how->qos << 1 | how->retain);
	if (how->qos) {
		p[image->id_at] = (uint8_t)(id >> 8);
		p[image->id_at + 1] = (uint8_t)id;
	}
	count_sent(c, pub->payload.len);
	return 0;
}

/* Fills what a queued message looks like on the wire now. Returns false when it has expired. */
static bool wire_of(const struct connection *c, const struct delivery *d, struct publish_wire *wire_r)
{
	const struct message *m = d->message;
	*wire_r = (struct publish_wire){
		.topic = message_topic(m),
		.props = message_props(m),
		.payload_len = m->payload_len,
		.expiry_s = message_left_s(m, loop_now(c->worker->loop)),
		.sub_id = d->id,
		.version = c->version,
		.qos = d->qos,
		.retain = d->retain,
		.dup = d->again,
	};
	return wire_r->expiry_s > 0; /* MQTT-3.3.2-5 */
}

/* Puts an alias in the place of a topic that the client has heard, or adds one where there is room. */
static void use_alias(struct connection *c, struct publish_wire *wire)
{
	enum { ALIAS_BYTES = 3 + 1 + 1 }; /* the property, and what it may lengthen the properties' and the packet's length by */
	size_t size = publish_wire_head_size(wire) + wire->payload_len;
	bool known;
	if (size + ALIAS_BYTES > c->max_packet_out)
		return;
	struct extras *extras = connection_extras(c);
	if (!extras)
		return;
	wire->alias = aliases_out_get(&extras->aliases_out, &c->worker->broker->placement, c->alias_max, wire->topic, &known);
	if (known)
		wire->topic.len = 0;
}

static void write_publish(struct connection *c, struct publish_wire *wire, struct message *message)
{
	if (c->alias_max)
		use_alias(c, wire);
	size_t head = publish_wire_head_size(wire);
	bool copied = message->payload_len <= COPY_BYTES;
	uint8_t *p = output_room(&c->output, &c->worker->pool, head + (copied ? message->payload_len : 0));
	if (!p) {
		c->broken = true;
		connection_touch(c);
		return;
	}
	p = publish_wire_head(wire, p, NULL);
	if (copied)
		memcpy(p, message_payload(message).data, message->payload_len);
	else if (output_payload(&c->output, message))
		c->broken = true;
	count_sent(c, message->payload_len);
}

void route_send(struct connection *c, const struct delivery *delivery)
{
	struct delivery d = *delivery;
	struct publish_wire wire;
	if (!wire_of(c, &d, &wire) ||
	    publish_wire_head_size(&wire) + wire.payload_len > c->max_packet_out) {
		counter_add(&c->worker->counters.dropped, 1);
		persistence_queue_end(c->session, &d);
		message_unref(&d.message);
		return;
	}
	if (d.qos == 0) {
		write_publish(c, &wire, d.message);
		message_unref(&d.message);
		return;
	}
	struct traffic *traffic = session_traffic(c->session);
	wire.packet_id = traffic ? inflight_add(&traffic->inflight, &d, session_number(c->session, &d)) : 0;
	if (wire.packet_id) {
		write_publish(c, &wire, d.message);
	} else { /* without memory: whoever sends has asked inflight_reaches */
		counter_add(&c->worker->counters.dropped, 1);
		persistence_queue_end(c->session, &d);
		message_unref(&d.message);
	}
}

void route_resend(struct connection *c, const struct delivery *item, uint16_t packet_id)
{
	if (item->state == DELIVERY_PUBCOMP) {
		acks_send(c, &(struct ack){.type = PACKET_PUBREL, .id = packet_id, .ticket = item->ticket});
		return;
	}
	struct publish_wire wire;
	/* What was sent once may expire no more: the client may hold half of a handshake. */
	if (!wire_of(c, item, &wire))
		wire.expiry_s = 0;
	if (publish_wire_head_size(&wire) + wire.payload_len > c->max_packet_out) {
		/* the client takes less than last time; MQTT-3.1.2-25: as if it had been sent */
		counter_add(&c->worker->counters.dropped, 1);
		persistence_queue_end(c->session, item);
		inflight_end(&c->session->traffic->inflight, packet_id);
		return;
	}
	wire.packet_id = packet_id;
	wire.dup = true; /* MQTT-3.3.1-1 */
	write_publish(c, &wire, item->message);
}
