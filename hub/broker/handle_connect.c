/* CONNECT (MQTT 5.0 §3.1): who is it, may they, on which worker does their
 * session live, is there one already. One step after the other; the first refusal ends it. On the
 * worker's thread: first on the one that accepted the socket, then, if that is another, on the session's. */
#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "broker/aliases.h"
#include "broker/handle.h"
#include "broker/limits.h"
#include "broker/persistence.h"
#include "broker/session.h"

enum {
	ASSIGNED_CHARS = 20,        /* of an assigned client id's random part: 100 bits */
};

/* What the steps gather. */
struct login {
	struct connection *c;
	struct packet_connect p;
	struct span client_id;
	char assigned[8 + ASSIGNED_CHARS + 1]; /* "" when the client brought its own */
	const struct access_identity *identity;
	uint16_t keep_alive_s;
	const char *detail; /* a sentence about the refusal; NULL: none. Static */
	bool present; /* a session was there */
};

/* The protocol level of a CONNECT that cannot be decoded; 0: not even that. */
static uint8_t peek_version(const struct wire_frame *frame)
{
	struct wire_reader r = {.left = frame->body};
	struct span name = wire_read_string(&r);
	uint8_t version = wire_read_u8(&r);
	if (r.failed || !(span_is(name, "MQTT") || span_is(name, "MQIsdp")))
		return 0;
	return version;
}

static void answer(struct connection *c, uint8_t reason, bool present, const struct props *props)
{
	struct packet packet = {.type = PACKET_CONNACK, .connack = {.session_present = present, .reason = reason}};
	if (props)
		packet.connack.props = *props;
	connection_send_packet(c, &packet);
}

/* Says no, and why (detail: NULL, or a sentence). */
static uint8_t refuse_with(struct connection *c, uint8_t reason, const char *detail)
{
	struct props props = {0};
	log_debug("broker", "%s: CONNECT refused: %s%s%s", stream_peer(c->stream)->text, reason_text(reason),
		  detail ? ": " : "", detail ? detail : "");
	if (detail) {
		props.reason_string = span_str(detail);
		props_set(&props, PROP_REASON_STRING);
	}
	answer(c, reason, false, &props);
	connection_refuse(c);
	return 0;
}

static uint8_t refuse(struct connection *c, uint8_t reason)
{
	return refuse_with(c, reason, NULL);
}

static uint8_t refuse_undecodable(struct connection *c, const struct wire_frame *frame, int err)
{
	uint8_t version = peek_version(frame);
	if (err == ERR_UNSUPPORTED) {
		c->version = version > MQTT_V5 ? MQTT_V5 : MQTT_V311;
		return refuse(c, REASON_UNSUPPORTED_PROTOCOL_VERSION); /* MQTT-3.1.2-2 */
	}
	if (version == MQTT_V5) { /* MQTT-3.1.4-1 */
		c->version = version;
		return refuse(c, reason_from_err(err));
	}
	connection_refuse(c); /* 3.x has no code for this */
	return 0;
}

static uint8_t check_client_id(struct login *l)
{
	struct worker *worker = l->c->worker;
	l->client_id = l->p.client_id;
	if (l->client_id.len)
		return 0;
	/* MQTT 3.1 requires one; MQTT-3.1.3-8 of 3.1.1: without, the session must be clean */
	if (l->p.version == MQTT_V31 || (l->p.version == MQTT_V311 && !l->p.clean_start))
		return REASON_CLIENT_ID_NOT_VALID;
	do { /* one that lives here saves the move; after as many tries as there are workers, on average */
		char name[ASSIGNED_CHARS + 1];
		rand_name(name, ASSIGNED_CHARS);
		if (str_format(l->assigned, sizeof l->assigned, "auto-%s", name))
			return REASON_UNSPECIFIED;
	} while (broker_place(worker->broker, span_str(l->assigned)) != worker);
	l->client_id = span_str(l->assigned);
	return 0;
}

static uint8_t check_identity(struct login *l)
{
	struct connection *c = l->c;
	struct span username = l->p.has_username ? l->p.username : (struct span){0};
	struct span password = l->p.has_password ? l->p.password : (struct span){0};
	if (props_has(&l->p.props, PROP_AUTH_METHOD))
		return REASON_BAD_AUTHENTICATION_METHOD;
	int err = access_login(c->worker->table, username, password, l->p.client_id, &l->identity);
	if (!err)
		return 0;
	char id[128], name[128];
	if (str_copy_span(id, sizeof id, l->p.client_id))
		id[0] = 0;
	if (str_copy_span(name, sizeof name, username))
		name[0] = 0;
	const struct broker_events *events = &c->worker->broker->events;
	const struct broker_client client = {id, name, stream_peer(c->stream)->text};
	if (events->login_failed)
		events->login_failed(events->ctx, &client);
	log_info("broker", "login failed: client \"%s\", user \"%s\" from %s", id, name, client.address);
	return err == ERR_INVALID ? REASON_CLIENT_ID_NOT_VALID : REASON_BAD_USER_NAME_OR_PASSWORD;
}

static uint8_t check_will(struct login *l)
{
	if (!l->p.has_will)
		return 0;
	struct span topic = l->p.will.topic;
	if (!limits_levels_ok(l->c->worker->broker, topic)) {
		l->detail = limits_met(l->c, LIMIT_TOPIC_LEVELS);
		return REASON_TOPIC_NAME_INVALID;
	}
	/* now, not when it is too late to tell anyone */
	if (topic.data[0] == '$' || !access_may_publish(l->identity, topic))
		return REASON_NOT_AUTHORIZED;
	return 0;
}

/* Counts this connection in, unless the house is full. */
static uint8_t check_room(struct login *l)
{
	l->detail = limits_admit_client(l->c, l->client_id);
	return l->detail ? REASON_QUOTA_EXCEEDED : 0;
}

/* Finds, takes over or makes the session; it comes without connection and will. */
static uint8_t take_session(struct login *l, struct session **session_r)
{
	struct worker *worker = l->c->worker;
	struct session *s = session_find(worker, l->client_id);
	/* A session belongs to its user: guessing a client id opens nothing. */
	if (s && !span_is(span_str(access_name(s->identity)), access_name(l->identity)))
		return REASON_CLIENT_ID_NOT_VALID;
	if (s && s->connection) { /* MQTT-3.1.4-3 */
		if (l->p.clean_start || s->expiry_s == 0)
			s->expiry_s = 0;
		connection_end(s->connection, REASON_SESSION_TAKEN_OVER);
		s = session_find(worker, l->client_id); /* it may have ended with its connection */
	}
	if (s && s->expiry_s == 0)
		session_destroy(&s, false); /* only its will was kept, over a restart; its owner is back in time */
	if (s && l->p.clean_start)
		session_destroy(&s, !s->returning); /* MQTT-3.1.2-4 */
	l->present = s != NULL;
	if (!s)
		s = session_create(worker, l->client_id, l->identity);
	if (!s)
		return REASON_QUOTA_EXCEEDED;
	s->identity = l->identity;
	*session_r = s;
	return 0;
}

static void take_limits(struct login *l, struct session *s)
{
	struct connection *c = l->c;
	const struct broker_config *config = &c->worker->broker->config;
	const struct props *props = &l->p.props;
	uint32_t expiry_s = l->p.clean_start ? 0 : UINT32_MAX; /* 3.x */
	if (l->p.version == MQTT_V5)
		expiry_s = props_has(props, PROP_SESSION_EXPIRY) ? props->session_expiry_s : 0;
	s->expiry_s = expiry_s < config->max_session_expiry_s ? expiry_s : config->max_session_expiry_s;
	c->receive_max = props_has(props, PROP_RECEIVE_MAXIMUM) ? props->receive_maximum : UINT16_MAX;
	c->max_packet_out = props_has(props, PROP_MAXIMUM_PACKET_SIZE) ? props->maximum_packet_size_bytes
								       : UINT32_MAX;
	l->keep_alive_s = l->p.keep_alive_s;
	/* Only 5.0 clients can be told to be livelier. */
	if (config->max_keep_alive_s && l->p.version == MQTT_V5 &&
	    (l->keep_alive_s == 0 || l->keep_alive_s > config->max_keep_alive_s))
		l->keep_alive_s = (uint16_t)config->max_keep_alive_s;
	c->keep_alive_ms = (uint32_t)l->keep_alive_s * 1500;
}

/* Tells the store what is to be kept from now on. */
static void keep_session(struct session *s, bool had_will)
{
	uint8_t kept = session_should_be_kept(s) ? SESSION_KEPT : SESSION_NOT_KEPT;
	if (!kept && s->will && s->worker->persistence)
		kept = SESSION_KEPT_WILL;
	if (kept != s->kept) {
		persistence_session_end(s);
		s->kept = kept;
	}
	persistence_session(s);
	if (s->will || had_will)
		persistence_will(s);
}

static void welcome(struct login *l, const struct session *s)
{
	const struct broker_config *config = &l->c->worker->broker->config;
	struct props props = {0};
	if (l->p.version == MQTT_V5) {
		props.receive_maximum = (uint16_t)(config->max_inflight < UINT16_MAX ? config->max_inflight
										      : UINT16_MAX);
		props.maximum_packet_size_bytes = config->max_packet_bytes;
		props.topic_alias_maximum = ALIASES_MAX;
		props_set(&props, PROP_RECEIVE_MAXIMUM);
		props_set(&props, PROP_MAXIMUM_PACKET_SIZE);
		props_set(&props, PROP_TOPIC_ALIAS_MAXIMUM);
		if (props_has(&l->p.props, PROP_SESSION_EXPIRY) && s->expiry_s != l->p.props.session_expiry_s) {
			props.session_expiry_s = s->expiry_s;
			props_set(&props, PROP_SESSION_EXPIRY);
		}
		if (l->keep_alive_s != l->p.keep_alive_s) {
			props.server_keep_alive = l->keep_alive_s;
			props_set(&props, PROP_SERVER_KEEP_ALIVE);
		}
		if (l->assigned[0]) {
			props.assigned_client_id = l->client_id;
			props_set(&props, PROP_ASSIGNED_CLIENT_ID);
		}
	}
	answer(l->c, REASON_SUCCESS, l->present, &props);
}

/* All checks passed: from here on it is a session's connection. */
static uint8_t open(struct login *l)
{
	struct connection *c = l->c;
	struct session *s;
	struct will *will = NULL;
	if (l->p.has_will) {
		will = will_create(&l->p);
		if (!will)
			return refuse(c, REASON_QUOTA_EXCEEDED);
	}
	uint8_t reason = take_session(l, &s);
	if (reason) {
		will_destroy(&will);
		return refuse(c, reason);
	}
	bool had_will = s->will;
	will_destroy(&s->will); /* a delayed one: its owner is back in time (MQTT-3.1.3-9) */
	s->will = will;
	s->version = c->version;
	take_limits(l, s);
	welcome(l, s);
	session_join(s, c);
	keep_session(s, had_will);
	connection_watch_silence(c);
	const struct broker_events *events = &c->worker->broker->events;
	struct broker_client client = connection_client(c);
	if (events->connected)
		events->connected(events->ctx, &client);
	return 0;
}

uint8_t handle_connect(struct connection *c, const struct wire_frame *frame)
{
	if (c->version)
		return REASON_PROTOCOL_ERROR; /* MQTT-3.1.0-2 */
	struct packet packet;
	int err = packet_decode(frame, 0, &packet);
	if (err)
		return refuse_undecodable(c, frame, err);
	struct login l = {.c = c, .p = packet.connect};
	uint8_t reason = check_client_id(&l);
	if (!reason) {
		struct worker *home = broker_place(c->worker->broker, l.client_id);
		if (home != c->worker) {
			c->home = home; /* the CONNECT goes along and is decoded again there */
			return 0;
		}
	}
	c->version = l.p.version;
	counter_add(&c->worker->counters.connects, 1);
	if (!reason)
		reason = check_identity(&l);
	if (!reason)
		reason = check_will(&l);
	if (!reason)
		reason = check_room(&l);
	return reason ? refuse_with(c, reason, l.detail) : open(&l);
}
