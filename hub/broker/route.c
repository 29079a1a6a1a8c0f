/* Routes messages: finds who is to get one and puts it into their outputs or
 * queues. On the worker's thread. A small message is encoded once for each of the few forms
 * in which its subscribers take it, and copied; it becomes a block of its own only when somebody
 * must keep it (a queue, a send window, another worker, the retained store, a tap). */
#include "broker/route.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/limits.h"
#include "broker/publish_wire.h"
#include "broker/session.h"
#include "broker/tap_private.h"

enum { COPY_BYTES = 2048 }; /* payloads up to this are copied, larger ones referenced */

static struct message *materialize(struct worker *worker, struct publication *pub)
{
	if (pub->message)
		return pub->message;
	struct message *m = message_create(pub->topic, pub->props, pub->payload, pub->qos, pub->flags);
	if (m) {
		m->expiry_s = pub->expiry_s;
		m->received_at = loop_now(worker->loop);
	}
	pub->message = m;
	return m;
}

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

/* Sends the publication to a connection that is ready. Returns 0, or ERR_FULL when no packet identifier is
 * free, or ERR_NOMEM. */
static int send_image(struct connection *c, struct publication *pub, const struct delivery *how)
{
	struct worker *worker = c->worker;
	struct image *image = image_of(worker, pub, c->version == MQTT_V5, how->qos > 0);
	if (!image)
		return ERR_NOMEM;
	if (image->size > c->max_packet_out) { /* MQTT-3.1.2-25: as if it had been sent */
		counter_add(&worker->counters.dropped, 1);
		return 0;
	}
	bool referenced = image->len < image->size;
	if ((how->qos || referenced) && !materialize(worker, pub))
		return ERR_NOMEM;
	uint16_t id = 0;
	if (how->qos) {
		struct delivery kept = *how;
		kept.message = message_ref(pub->message);
		id = inflight_add(&c->session->inflight, &kept);
		if (!id) {
			message_unref(&kept.message);
			return ERR_FULL;
		}
	}
	uint8_t *p = output_room(&c->output, &worker->pool, image->len);
	if (!p || (memcpy(p, image->data, image->len), false) ||
	    (referenced && output_payload(&c->output, &worker->pool, pub->message))) {
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

static int deliver(struct worker *worker, struct publication *pub, const struct match *match)
{
	struct session *s = container_of(match->who, struct session, subscriber);
	struct connection *c = s->connection;
	struct delivery d = {
		.id = match->id,
		.qos = pub->qos < match->qos ? pub->qos : match->qos,
		.retain = match->retain_as_published && (pub->flags & MESSAGE_RETAIN),
	};
	worker->work++;
	bool direct = c && !session_is_behind(s) && (d.qos == 0 || session_window_open(s)) && connection_ready(c);
	if (direct && d.id == 0) {
		int err = send_image(c, pub, &d);
		if (err != ERR_FULL)
			return err;
	}
	if (!c && d.qos == 0)
		return 0; /* nobody keeps QoS 0 for the absent */
	d.message = materialize(worker, pub);
	if (!d.message)
		return ERR_NOMEM;
	message_ref(d.message);
	if (direct && d.id)
		route_send(c, &d);
	else
		session_queue(s, &d);
	return 0;
}

static int to_others(struct worker *worker, struct publication *pub, uint32_t *found)
{
	struct broker *broker = worker->broker;
	for (unsigned i = 0; i < broker->config.workers; i++) {
		if (i == worker->index ||
		    !atomic_load_explicit(&broker->workers[i]->counters.subscriptions, memory_order_acquire))
			continue;
		if (!materialize(worker, pub))
			return ERR_NOMEM;
		worker_post_message(worker, i, pub->message);
		*found = UINT32_MAX;
	}
	return 0;
}

static int to_subscribers(struct worker *worker, struct publication *pub, bool arrived, uint32_t *found)
{
	const struct subscriber *from = pub->from ? &pub->from->subscriber : NULL;
	const struct match *items;
	uint32_t count;
	int err = route_cache_match(worker->routes, &worker->router, pub->topic, from, &worker->matches, &items,
				    &count);
	worker->image_stamp++;
	for (uint32_t i = 0; i < count; i++) {
		const struct match *match = &items[i];
		if (match->who->kind == SUBSCRIBER_SESSION) {
			int failed = deliver(worker, pub, match);
			err = err ? err : failed;
		} else if (!arrived) { /* taps listen where a message enters the broker */
			if (materialize(worker, pub))
				tap_deliver(match->who, pub->message, false);
			else
				err = ERR_NOMEM;
		}
	}
	if (*found != UINT32_MAX)
		*found += count;
	return err;
}

/* Keeps the publication as the last of its topic. One that finds no room is delivered all the same. */
static int retain(struct worker *worker, struct publication *pub)
{
	if (!materialize(worker, pub))
		return ERR_NOMEM;
	int err = retained_set(worker->broker->retained, pub->message);
	if (err != ERR_FULL)
		return err;
	pub->not_retained = true;
	if (!pub->from) /* else its connection is told */
		limits_met_by(worker->broker, "a last will, or the hub itself", LIMIT_RETAINED);
	return 0;
}

uint32_t route_publish(struct worker *worker, struct publication *pub, int *err_r)
{
	uint32_t found = 0;
	*err_r = 0;
	if (pub->flags & MESSAGE_RETAIN)
		*err_r = retain(worker, pub);
	if (!*err_r && worker->broker->config.workers > 1)
		*err_r = to_others(worker, pub, &found);
	if (!*err_r)
		*err_r = to_subscribers(worker, pub, false, &found);
	message_unref(&pub->message);
	return found;
}

static struct publication publication_of(struct message *m)
{
	return (struct publication){
		.topic = message_topic(m),
		.props = message_props(m),
		.payload = message_payload(m),
		.expiry_s = m->expiry_s,
		.qos = m->qos,
		.flags = m->flags,
		.message = m,
	};
}

void route_message(struct worker *worker, struct message *message)
{
	struct publication pub = publication_of(message);
	int err;
	route_publish(worker, &pub, &err);
	if (err)
		counter_add(&worker->counters.dropped, 1);
}

void route_arrived(struct worker *worker, struct message *message)
{
	struct publication pub = publication_of(message);
	uint32_t found = 0;
	if (to_subscribers(worker, &pub, true, &found))
		counter_add(&worker->counters.dropped, 1);
	message_unref(&pub.message);
}

/* Fills what a queued message looks like on the wire now. Returns false when it has expired. */
static bool wire_of(const struct connection *c, const struct delivery *d, struct publish_wire *wire_r)
{
	const struct message *m = d->message;
	uint32_t expiry_s = m->expiry_s;
	if (expiry_s != UINT32_MAX) { /* MQTT-3.3.2-5, 3.3.2-6 */
		int64_t waited_s = mono_diff_ms(m->received_at, loop_now(c->worker->loop)) / 1000;
		if (waited_s >= expiry_s)
			return false;
		expiry_s -= waited_s > 0 ? (uint32_t)waited_s : 0;
	}
	*wire_r = (struct publish_wire){
		.topic = message_topic(m),
		.props = message_props(m),
		.payload_len = m->payload_len,
		.expiry_s = expiry_s,
		.sub_id = d->id,
		.version = c->version,
		.qos = d->qos,
		.retain = d->retain,
	};
	return true;
}

static void write_publish(struct connection *c, const struct publish_wire *wire, struct message *message)
{
	struct output_pool *pool = &c->worker->pool;
	size_t head = publish_wire_head_size(wire);
	bool copied = message->payload_len <= COPY_BYTES;
	uint8_t *p = output_room(&c->output, pool, head + (copied ? message->payload_len : 0));
	if (!p) {
		c->broken = true;
		connection_touch(c);
		return;
	}
	p = publish_wire_head(wire, p, NULL);
	if (copied)
		memcpy(p, message_payload(message).data, message->payload_len);
	else if (output_payload(&c->output, pool, message))
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
		message_unref(&d.message);
		return;
	}
	if (d.qos == 0) {
		write_publish(c, &wire, d.message);
		message_unref(&d.message);
		return;
	}
	wire.packet_id = inflight_add(&c->session->inflight, &d);
	if (wire.packet_id) {
		write_publish(c, &wire, d.message);
	} else {
		counter_add(&c->worker->counters.dropped, 1);
		message_unref(&d.message);
	}
}

void route_resend(struct connection *c, const struct delivery *item, uint16_t packet_id)
{
	if (item->state == INFLIGHT_PUBCOMP) {
		uint8_t pubrel[] = {PACKET_PUBREL << 4 | 2, 2, (uint8_t)(packet_id >> 8), (uint8_t)packet_id};
		connection_send(c, pubrel, sizeof pubrel);
		return;
	}
	struct publish_wire wire;
	/* What was sent once may expire no more: the client may hold half of a handshake. */
	if (!wire_of(c, item, &wire)) {
		wire.topic = message_topic(item->message);
		wire = (struct publish_wire){.topic = message_topic(item->message),
					     .props = message_props(item->message),
					     .payload_len = item->message->payload_len,
					     .expiry_s = 0,
					     .sub_id = item->id,
					     .version = c->version,
					     .qos = item->qos,
					     .retain = item->retain};
	}
	wire.packet_id = packet_id;
	wire.dup = true; /* MQTT-3.3.1-1 */
	write_publish(c, &wire, item->message);
}

static int put_field(struct buf *to, enum prop id, struct span value, bool prefixed)
{
	uint8_t head[3] = {(uint8_t)id, (uint8_t)(value.len >> 8), (uint8_t)value.len};
	if (buf_append(to, head, prefixed ? 3 : 1))
		return ERR_NOMEM;
	return buf_append(to, value.data, value.len);
}

int route_encode_props(const struct props *p, struct buf *props_r)
{
	int err = 0;
	props_r->len = 0;
	if (props_has(p, PROP_PAYLOAD_FORMAT))
		err |= put_field(props_r, PROP_PAYLOAD_FORMAT, span_of(&p->payload_format, 1), false);
	if (props_has(p, PROP_CONTENT_TYPE))
		err |= put_field(props_r, PROP_CONTENT_TYPE, p->content_type, true);
	if (props_has(p, PROP_RESPONSE_TOPIC))
		err |= put_field(props_r, PROP_RESPONSE_TOPIC, p->response_topic, true);
	if (props_has(p, PROP_CORRELATION_DATA))
		err |= put_field(props_r, PROP_CORRELATION_DATA, p->correlation_data, true);
	struct span cursor = p->user, name, value;
	while (props_has(p, PROP_USER_PROPERTY) && props_user_next(&cursor, &name, &value)) {
		uint8_t value_len[2] = {(uint8_t)(value.len >> 8), (uint8_t)value.len};
		err |= put_field(props_r, PROP_USER_PROPERTY, name, true);
		err |= buf_append(props_r, value_len, 2);
		err |= buf_append(props_r, value.data, value.len);
	}
	return err ? ERR_NOMEM : 0;
}
