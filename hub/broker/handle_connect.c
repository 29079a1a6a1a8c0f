/* CONNECT (MQTT 5.0 §3.1): on which worker does their session live, who is it and may they (login.h), is
 * there one already. One step after the other; the first refusal ends it. On the
 * worker's thread: first on the one that accepted the socket, then, if that is another, on the session's. */
#include "base/err.h"
#include "broker/aliases.h"
#include "broker/guest.h"
#include "broker/handle.h"
#include "broker/handle_auth.h"
#include "broker/persistence.h"
#include "broker/session.h"

enum { PREFIX_SIZE = 256 }; /* of the topics for answers */

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

static uint8_t refuse_undecodable(struct connection *c, const struct wire_frame *frame, int err)
{
	uint8_t version = peek_version(frame);
	if (err == ERR_UNSUPPORTED) {
		/* 5.0's form for what comes after it. With bit 7 it is a bridge of mosquitto that tries its private
		 * variant of 3.x, and does without when it is told in 3.x's form. */
		c->version = version > MQTT_V5 && version < 0x80 ? MQTT_V5 : MQTT_V311;
		return login_refuse(c, REASON_UNSUPPORTED_PROTOCOL_VERSION, NULL, NULL); /* MQTT-3.1.2-2 */
	}
	if (version == MQTT_V5) { /* MQTT-3.1.4-1 */
		c->version = version;
		return login_refuse(c, reason_from_err(err), NULL, NULL);
	}
	connection_refuse(c); /* 3.x has no code for this */
	return 0;
}

/* Finds, takes over or makes the session; it comes without connection and will. */
static uint8_t take_session(struct login *l, struct session **session_r)
{
	struct worker *worker = l->c->worker;
	struct session *s = session_find(worker, l->client_id);
	/* A session belongs to its user: guessing a client id opens nothing. */
	if (s && !span_is(span_str(access_name(s->identity)), access_name(l->identity))) {
		l->detail = "this client identifier is in use by another user";
		return REASON_CLIENT_ID_NOT_VALID;
	}
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
	if (l->pass) /* what came by a pass ends with it */
		expiry_s = 0;
	else if (l->p.version == MQTT_V5)
		expiry_s = props_has(props, PROP_SESSION_EXPIRY) ? props->session_expiry_s : 0;
	s->expiry_s = expiry_s < config->max_session_expiry_s ? expiry_s : config->max_session_expiry_s;
	c->receive_max = props_has(props, PROP_RECEIVE_MAXIMUM) ? props->receive_maximum : UINT16_MAX;
	c->alias_max = props_has(props, PROP_TOPIC_ALIAS_MAXIMUM) ? props->topic_alias_maximum : 0;
	l->keep_alive_s = l->p.keep_alive_s;
	/* Only 5.0 clients can be told to be livelier. */
	if (config->max_keep_alive_s && l->p.version == MQTT_V5 &&
	    (l->keep_alive_s == 0 || l->keep_alive_s > config->max_keep_alive_s))
		l->keep_alive_s = (uint16_t)config->max_keep_alive_s;
	c->keep_alive_ms = (uint32_t)l->keep_alive_s * 1500;
}

/* What belongs to how the login went: SCRAM's last word, and where answers may be sent. */
static void add_own_props(const struct login *l, char prefix[PREFIX_SIZE], struct props *props)
{
	if (l->proof.len) { /* MQTT-4.12.0-5 */
		props->auth_method = span_str(SCRAM_METHOD);
		props->auth_data = span_of(l->proof.data, l->proof.len);
		props_set(props, PROP_AUTH_METHOD);
		props_set(props, PROP_AUTH_DATA);
	}
	/* §3.1.2.11.6, §3.2.2.3.15 */
	if (props_has(&l->p.props, PROP_REQUEST_RESPONSE_INFO) && l->p.props.request_response_info &&
	    access_reply_prefix(l->identity, prefix, PREFIX_SIZE) == 0) {
		props->response_info = span_str(prefix);
		props_set(props, PROP_RESPONSE_INFO);
	}
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

/* Sends CONNACK. Returns false when the client takes none of this size. */
static bool welcome(struct login *l, const struct session *s)
{
	const struct broker_config *config = &l->c->worker->broker->config;
	struct packet packet = {.type = PACKET_CONNACK, .connack = {.session_present = l->present}};
	struct props props = {0};
	char prefix[PREFIX_SIZE];
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
		add_own_props(l, prefix, &props);
	}
	packet.connack.props = props;
	return connection_send_packet(l->c, &packet);
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
			return login_refuse(c, REASON_QUOTA_EXCEEDED, NULL, NULL);
	}
	uint8_t reason = take_session(l, &s);
	if (!reason && l->pass && l->pass->rooms && guest_create(c, s, l->pass->rooms)) {
		session_destroy(&s, false);
		reason = REASON_QUOTA_EXCEEDED;
	}
	if (reason) {
		will_destroy(&will);
		return login_refuse(c, reason, l->detail, NULL);
	}
	bool had_will = s->will;
	will_destroy(&s->will); /* a delayed one: its owner is back in time (MQTT-3.1.3-9) */
	s->will = will;
	c->scram = l->proof.len > 0;
	s->version = c->version;
	take_limits(l, s);
	if (!welcome(l, s)) { /* as if it had not come with its will */
		will_destroy(&s->will);
		keep_session(s, had_will);
		session_leave(s);
		return login_refuse(c, REASON_PACKET_TOO_LARGE, NULL, NULL);
	}
	session_join(s, c);
	keep_session(s, had_will);
	connection_watch_silence(c);
	const struct broker_events *events = &c->worker->broker->events;
	if (events->connected) {
		struct stream_address address;
		struct broker_client client = connection_client(c, &address);
		events->connected(events->ctx, &client);
	}
	return 0;
}

uint8_t login_admit(struct login *l)
{
	uint8_t reason = login_check_will(l);
	if (!reason)
		reason = login_check_room(l);
	return reason ? login_refuse(l->c, reason, l->detail, NULL) : open(l);
}

/* What already counts for a CONNACK that refuses. */
static void take_wishes(struct connection *c, const struct packet_connect *p)
{
	c->version = p->version;
	c->terse = props_has(&p->props, PROP_REQUEST_PROBLEM_INFO) && !p->props.request_problem_info;
	if (props_has(&p->props, PROP_MAXIMUM_PACKET_SIZE))
		c->max_packet_out = p->props.maximum_packet_size_bytes;
}

/* The house has another broker now (§4.11): who asks here is told where it is. */
static uint8_t send_away(struct connection *c, const struct packet_connect *p)
{
	struct props props = {.server_reference = span_str(c->worker->broker->config.moved_to)};
	props_set(&props, PROP_SERVER_REFERENCE);
	take_wishes(c, p);
	return login_refuse(c, REASON_SERVER_MOVED, NULL, &props);
}

uint8_t handle_connect(struct connection *c, const struct wire_frame *frame)
{
	if (c->version)
		return connection_fault(c, REASON_PROTOCOL_ERROR, "there was a CONNECT already"); /* MQTT-3.1.0-2 */
	struct packet packet;
	int err = packet_decode(frame, 0, &packet);
	if (err)
		return refuse_undecodable(c, frame, err);
	struct login l = {.c = c, .p = packet.connect, .pass = login_pass(c, &packet.connect)};
	if (c->worker->broker->config.moved_to[0])
		return send_away(c, &l.p);
	uint8_t reason = login_check_client_id(&l);
	if (!reason) {
		struct worker *home = broker_place(c->worker->broker, l.client_id);
		if (home != c->worker) {
			c->home = (uint16_t)(home->index + 1); /* the CONNECT goes along and is decoded again there */
			return 0;
		}
	}
	take_wishes(c, &l.p);
	counter_add(&c->worker->counters.connects, 1);
	if (!reason && props_has(&l.p.props, PROP_AUTH_METHOD))
		return auth_begin(&l, frame);
	if (!reason)
		reason = login_check_token(&l);
	return reason ? login_refuse(c, reason, l.detail, NULL) : login_admit(&l);
}
