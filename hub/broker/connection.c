/* Connections: coming and going, bytes to packets, and the end of them. On the
 * worker's thread. What a packet means is the handlers' business.
 *
 * A connection is never freed inside an event: it is marked ending and reaped at the turn's end,
 * so whoever holds a pointer during the turn may go on using it. */
#include "broker/connection.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/acks.h"
#include "broker/aliases.h"
#include "broker/aliases_out.h"
#include "broker/guest.h"
#include "broker/handle.h"
#include "broker/handle_auth.h"
#include "broker/limits.h"
#include "broker/persistence.h"
#include "broker/session.h"
#include "broker/throttle.h"

enum {
	MAX_CONNECT_BYTES = 512 * 1024, /* strangers get no more of our memory; all texts of a CONNECT may be of full length */
	ANSWERS_A_MESSAGE = 4,          /* that may wait for the disk, those to PUBREL and SUBSCRIBE among them */
	PACKETS_A_TURN = 4096,          /* of one connection, then others have their turn */
	WORK_A_TURN = 16384,            /* deliveries likewise */
};

static uint8_t (*const handler_of[])(struct connection *c, const struct wire_frame *frame) = {
	[PACKET_CONNECT] = handle_connect,
	[PACKET_PUBLISH] = handle_publish,
	[PACKET_PUBACK] = handle_ack,
	[PACKET_PUBREC] = handle_ack,
	[PACKET_PUBREL] = handle_ack,
	[PACKET_PUBCOMP] = handle_ack,
	[PACKET_SUBSCRIBE] = handle_subscribe,
	[PACKET_UNSUBSCRIBE] = handle_unsubscribe,
	[PACKET_PINGREQ] = handle_pingreq,
	[PACKET_DISCONNECT] = handle_disconnect,
	[PACKET_AUTH] = handle_auth,
};

/* --- what is not always there ------------------------------------------ */

const struct extras extras_none;

static void set_no_extras(struct connection *c)
{
	c->extras = (struct extras *)(uintptr_t)&extras_none;
}

struct extras *connection_extras(struct connection *c)
{
	if (c->extras != &extras_none)
		return c->extras;
	struct extras *x = malloc(sizeof *x);
	if (!x)
		return NULL;
	*x = (struct extras){0};
	return c->extras = x;
}

/* Gives them back when nothing is in them. */
static void trim_extras(struct connection *c)
{
	struct extras *x = c->extras;
	if (x == &extras_none || x->input.cap || x->aliases || x->aliases_out || x->auth || x->throttle || x->guest)
		return;
	free(x);
	set_no_extras(c);
}

/* --- coming, moving, going --------------------------------------------- */

static void hear(struct connection *c, struct mono_ms now)
{
	c->heard = (uint32_t)now.ms;
}

/* Milliseconds since then; days at most. */
static int64_t silence_ms(const struct connection *c, struct mono_ms now)
{
	return (int32_t)((uint32_t)now.ms - c->heard);
}

static void on_timer(struct loop_timer *timer)
{
	struct connection *c = container_of(timer, struct connection, timer);
	struct worker *worker = c->worker;
	int64_t silent_ms = silence_ms(c, loop_now(worker->loop));
	if (!c->session)
		limits_met(c, LIMIT_CONNECT_TIMEOUT);
	if (c->extras->auth && !c->session) {
		auth_expire(c);
	} else if (!c->session) {
		connection_refuse(c);
	} else if (silent_ms >= c->keep_alive_ms && !c->paused && !c->slowed) { /* if choked, it is silent to us by its own fault */
		connection_end(c, REASON_KEEP_ALIVE_TIMEOUT); /* MQTT-3.1.2-22 */
	} else {
		session_trim(c->session);
		loop_timer_arm(worker->loop, timer, silent_ms < c->keep_alive_ms ? c->keep_alive_ms - silent_ms : c->keep_alive_ms);
	}
}

void connection_watch_silence(struct connection *c)
{
	loop_timer_disarm(&c->timer);
	hear(c, loop_now(c->worker->loop));
	if (c->keep_alive_ms)
		loop_timer_arm(c->worker->loop, &c->timer, c->keep_alive_ms);
}

static void on_readable(void *ctx);

static void on_writable(void *ctx)
{
	connection_touch(ctx);
}

static void on_closed(void *ctx, int err)
{
	struct connection *c = ctx;
	log_debug("broker", "%s: %s", stream_address(stream_peer(c->stream)).text, err_text(err));
	c->broken = true;
	connection_end(c, REASON_UNSPECIFIED);
}

static const struct stream_handlers handlers = {
	.readable = on_readable,
	.writable = on_writable,
	.closed = on_closed,
};

/* Makes the connection the worker's: fresh, or on arrival from another. */
static void settle(struct connection *c, struct worker *worker)
{
	c->worker = worker;
	if (!c->home) /* fresh */
		counter_add(&worker->counters.sockets, 1);
	c->home = 0;
	list_append(&worker->connections, &c->link);
	worker->connection_count++;
	int64_t allowed_ms = (int64_t)worker->broker->config.connect_timeout_s * 1000;
	int64_t left_ms = allowed_ms - silence_ms(c, clock_mono());
	loop_timer_arm(worker->loop, &c->timer, left_ms > 0 ? left_ms : 0);
	if (worker->stopping || stream_attach(c->stream, worker->loop, &handlers, c)) {
		c->broken = true;
		connection_refuse(c);
	}
}

static void on_arrival(struct mail *mail, void *owner)
{
	struct connection *c = container_of(mail, struct connection, mail);
	settle(c, owner);
	connection_feed(c);
}

static void post(struct connection *c, struct worker *to)
{
	c->mail.deliver = on_arrival;
	loop_post(to->loop, &c->mail);
}

void connection_accept(struct worker *here, struct worker *to, struct stream *stream)
{
	struct connection *c = calloc(1, sizeof *c);
	if (c) {
		c->stream = stream;
		set_no_extras(c);
	}
	if (!c || !limits_admit_socket(c, to->broker)) {
		free(c);
		stream_destroy(&stream);
		return;
	}
	c->timer.fire = on_timer;
	hear(c, clock_mono());
	c->max_packet_out = UINT32_MAX;
	list_init(&c->dirty);
	if (to == here)
		settle(c, to);
	else
		post(c, to);
}

/* Sends the connection home; its first unread packet is the CONNECT that
 * told the way. From here on it is the other worker's. */
static void depart(struct connection *c)
{
	struct worker *home = c->worker->broker->workers[c->home - 1];
	stream_detach(c->stream);
	loop_timer_disarm(&c->timer);
	list_remove(&c->link);
	c->worker->connection_count--;
	list_remove(&c->dirty);
	post(c, home);
}

struct broker_client connection_client(const struct connection *c, struct stream_address *address)
{
	*address = stream_address(stream_peer(c->stream));
	return (struct broker_client){
		.client_id = c->session ? c->session->client_id : "",
		.username = c->session ? access_name(c->session->identity) : "",
		.address = address->text,
	};
}

/* Leaves the session and waits for the turn's end. */
static void finish(struct connection *c, uint8_t reason)
{
	struct session *s = c->session;
	c->ending = true;
	loop_timer_disarm(&c->timer);
	acks_drop(c);
	connection_touch(c);
	if (!s)
		return;
	const struct broker_events *events = &c->worker->broker->events;
	if (events->disconnected) {
		struct stream_address address;
		struct broker_client client = connection_client(c, &address);
		events->disconnected(events->ctx, &client, reason);
	}
	c->session = NULL;
	session_leave(s);
}

static void send_disconnect(struct connection *c, uint8_t reason, const char *detail)
{
	struct packet packet = {.type = PACKET_DISCONNECT, .reason = {.reason = reason}};
	if (detail) {
		packet.reason.props.reason_string = span_str(detail);
		props_set(&packet.reason.props, PROP_REASON_STRING);
	}
	connection_send_packet(c, &packet);
}

/* What connection_fault was told; it is for this connection, and no other. */
static const char *take_fault(struct connection *c)
{
	const char *detail = c->worker->fault;
	c->worker->fault = NULL;
	return detail;
}

void connection_end(struct connection *c, uint8_t reason)
{
	const char *detail = take_fault(c);
	if (c->ending)
		return;
	if (c->session && reason >= 0x80 && !c->broken) {
		log_info(c->session->client_id, "%s: connection ended: %s%s%s", stream_address(stream_peer(c->stream)).text, reason_text(reason),
			 detail ? ": " : "", detail ? detail : "");
		if (c->version == MQTT_V5) /* MQTT-3.14.0-1 holds: there was a CONNACK */
			send_disconnect(c, reason, detail);
	}
	finish(c, reason);
}

uint8_t connection_fault(struct connection *c, uint8_t reason, const char *detail)
{
	c->worker->fault = detail;
	return reason;
}

void connection_refuse(struct connection *c)
{
	if (!c->ending)
		finish(c, REASON_UNSPECIFIED);
}

/* The input buffer's memory has grown or gone. */
static void count_input(struct connection *c)
{
	if (c->extras->input.cap == c->extras->input_counted)
		return;
	memory_count(0, (int64_t)c->extras->input.cap - c->extras->input_counted);
	c->extras->input_counted = (uint32_t)c->extras->input.cap;
}

static void end_extras(struct connection *c)
{
	struct extras *x = c->extras;
	buf_finish(&x->input);
	count_input(c);
	aliases_destroy(&x->aliases);
	aliases_out_destroy(&x->aliases_out);
	auth_destroy(&x->auth);
	throttle_destroy(&x->throttle);
	guest_destroy(&x->guest);
	trim_extras(c);
}

void connection_reap(struct connection *c)
{
	struct worker *worker = c->worker;
	loop_timer_disarm(&c->timer);
	list_remove(&c->link);
	worker->connection_count--;
	list_remove(&c->dirty);
	stream_destroy(&c->stream);
	if (c->extras != &extras_none)
		end_extras(c);
	output_finish(&c->output, &worker->pool);
	limits_leave(c);
	free(c);
}

/* --- input ---------------------------------------------------------------- */

static uint8_t handle(struct connection *c, const struct wire_frame *frame)
{
	if (c->extras->auth && !c->session)
		return auth_go_on(c, frame);
	if (!c->session && frame->type != PACKET_CONNECT) { /* MQTT-3.1.0-1 */
		connection_refuse(c);
		return 0;
	}
	if (!handler_of[frame->type])
		return connection_fault(c, REASON_PROTOCOL_ERROR, "only a server sends packets of this type");
	return handler_of[frame->type](c, frame);
}

static uint8_t undecodable(struct connection *c, int err)
{
	return connection_fault(c, reason_from_err(err), err == ERR_TOO_LARGE ? limits_met(c, LIMIT_PACKET_SIZE) : NULL);
}

/* Something was wrong with what came. */
static void end_for(struct connection *c, uint8_t reason)
{
	if (c->extras->auth && !c->session)
		login_refuse(c, reason, take_fault(c), NULL); /* MQTT-3.14.0-1: a DISCONNECT may not come before CONNACK */
	else
		connection_end(c, reason);
}

/* Whether so much of this client waits for the disk that no more should be read. */
static bool should_pause(const struct connection *c)
{
	if (!c->acks)
		return false;
	uint32_t most = c->worker->broker->config.max_inflight;
	return acks_of_type(c, PACKET_PUBACK) + acks_of_type(c, PACKET_PUBREC) >= most || acks_count(c) / ANSWERS_A_MESSAGE >= most ||
	       persistence_is_behind(c->worker->persistence);
}

/* Whether its input has to wait for something else than its turn. */
static bool is_held(const struct connection *c)
{
	return c->paused || c->slowed || c->choked;
}

/* Handles whole packets until there is none, the connection ends or moves, or
 * others should have their turn. Returns the bytes that are done with. */
static size_t handle_frames(struct connection *c, const uint8_t *data, size_t len)
{
	struct worker *worker = c->worker;
	uint64_t work = worker->work + WORK_A_TURN;
	unsigned packets = 0;
	size_t used = 0;
	while (!c->ending && !c->hungry && !is_held(c)) {
		struct wire_frame frame;
		uint32_t max = worker->broker->config.max_packet_bytes;
		if (!c->session && max > MAX_CONNECT_BYTES)
			max = MAX_CONNECT_BYTES;
		int err = wire_next(span_of(data + used, len - used), max, &frame);
		if (err == ERR_AGAIN) {
			/* Whoever speaks something else than MQTT is not waited for. */
			if (!c->session && !c->extras->auth && used < len && data[used] != PACKET_CONNECT << 4)
				connection_refuse(c);
			break;
		}
		uint8_t reason = err ? undecodable(c, err) : handle(c, &frame);
		if (c->home)
			break;
		if (reason) {
			end_for(c, reason);
			break;
		}
		used += frame.size;
		persistence_between(worker->persistence);
		c->hungry = ++packets == PACKETS_A_TURN || worker->work > work;
		c->paused = should_pause(c);
	}
	counter_add(&worker->counters.packets_in, packets);
	return used;
}

/* Keeps what was not handled: in the connection's own buffer, which exists only for that. */
static void keep_rest(struct connection *c, const uint8_t *rest, size_t len, bool in_place)
{
	int err = 0;
	if (in_place) {
		buf_consume(&c->extras->input, c->extras->input.len - len);
	} else if (len && !connection_extras(c)) {
		err = ERR_NOMEM;
	} else if (len) {
		c->extras->input.len = 0;
		err = buf_append(&c->extras->input, rest, len);
	}
	if (len == 0 && c->extras->input.cap)
		buf_finish(&c->extras->input);
	count_input(c);
	trim_extras(c);
	if (err)
		connection_end(c, REASON_QUOTA_EXCEEDED);
}

static void handle_input(struct connection *c, const uint8_t *data, size_t len)
{
	bool in_place = data == c->extras->input.data;
	size_t used = handle_frames(c, data, len);
	if (c->ending)
		return;
	keep_rest(c, data + used, len - used, in_place);
	if (c->home && !c->ending) {
		depart(c);
	} else if (c->hungry || is_held(c)) {
		stream_want_read(c->stream, false);
		connection_touch(c);
	}
}

/* Goes on with the input unless something else holds it. */
static void resume(struct connection *c)
{
	if (c->ending || is_held(c))
		return;
	c->hungry = true;
	hear(c, loop_now(c->worker->loop)); /* we did not listen */
	connection_touch(c);
}

void connection_resume(struct connection *c)
{
	if (!c->paused || should_pause(c))
		return;
	c->paused = false;
	resume(c);
}

void connection_unslow(struct connection *c)
{
	c->slowed = false;
	resume(c);
}

void connection_unchoke(struct connection *c)
{
	c->choked = false;
	resume(c);
}

static void on_readable(void *ctx)
{
	struct connection *c = ctx;
	struct worker *worker = c->worker;
	if (c->ending || c->hungry || is_held(c))
		return;
	/* Packets are decoded where they were read: in the worker's buffer, behind
	 * the few bytes left from last time, or, when a large packet is coming in, in the connection's own. */
	size_t had = c->extras->input.len, room = WORKER_INPUT_BYTES;
	uint8_t *data = worker->input;
	if (had < WORKER_INPUT_BYTES / 2) {
		if (had)
			memcpy(data, c->extras->input.data, had);
		room -= had;
	} else if (buf_reserve(&c->extras->input, room)) {
		connection_end(c, REASON_QUOTA_EXCEEDED);
		return;
	} else {
		data = c->extras->input.data;
	}
	ssize_t n = stream_read(c->stream, data + had, room);
	if (n == ERR_AGAIN)
		return;
	if (n <= 0) {
		c->broken = true;
		connection_end(c, REASON_UNSPECIFIED);
		return;
	}
	counter_add(&worker->counters.bytes_in, n);
	if (c->session)
		hear(c, loop_now(worker->loop)); /* before CONNECT no byte buys time */
	if (data == c->extras->input.data)
		c->extras->input.len += (size_t)n;
	handle_input(c, data, had + (size_t)n);
}

void connection_feed(struct connection *c)
{
	list_remove(&c->dirty);
	connection_touch(c);
	c->more = false;
	bool was_hungry = c->hungry;
	c->hungry = false;
	if (c->ending || is_held(c)) /* who holds it sees to it that it goes on */
		return;
	if (was_hungry)
		stream_want_read(c->stream, true);
	if (c->extras->input.len == 0)
		return;
	handle_input(c, c->extras->input.data, c->extras->input.len);
}
