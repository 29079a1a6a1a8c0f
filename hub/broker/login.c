/* The steps of a login: who is it, may they, is there room. On the worker's thread.
 * The session is handle_connect.c's. */
#include "broker/login.h"

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "broker/limits.h"
#include "mqtt/reason.h"

uint8_t login_refuse(struct connection *c, uint8_t reason, const char *detail, struct props *more)
{
	struct packet packet = {.type = PACKET_CONNACK, .connack = {.reason = reason}};
	log_debug("broker", "%s: CONNECT refused: %s%s%s", stream_address(stream_peer(c->stream)).text, reason_text(reason),
		  detail ? ": " : "", detail ? detail : "");
	if (more)
		packet.connack.props = *more;
	if (detail) {
		packet.connack.props.reason_string = span_str(detail);
		props_set(&packet.connack.props, PROP_REASON_STRING);
	}
	connection_send_packet(c, &packet);
	connection_refuse(c);
	return 0;
}

const struct stream_pass *login_pass(const struct connection *c, const struct packet_connect *p)
{
	bool shows_itself = p->has_username || p->has_password || props_has(&p->props, PROP_AUTH_METHOD);
	return shows_itself ? NULL : stream_pass(c->stream);
}

uint8_t login_check_client_id(struct login *l)
{
	struct worker *worker = l->c->worker;
	l->client_id = l->p.client_id;
	l->detail = NULL;
	if (l->client_id.len && l->pass) { /* of all who share the pass's user, nobody gets at another's session */
		l->detail = "the hub chooses the client identifier of a browser's session";
		return REASON_CLIENT_ID_NOT_VALID;
	}
	if (l->client_id.len)
		return 0;
	/* MQTT 3.1 requires one; MQTT-3.1.3-8 of 3.1.1: without, the session must be clean */
	if (l->p.version == MQTT_V31 || (l->p.version == MQTT_V311 && !l->p.clean_start))
		return REASON_CLIENT_ID_NOT_VALID;
	if (l->pass) {
		if (str_copy(l->assigned, sizeof l->assigned, l->pass->client_id))
			return REASON_UNSPECIFIED;
		l->client_id = span_str(l->assigned);
		return 0;
	}
	do { /* one that lives here saves the move; after as many tries as there are workers, on average */
		char name[LOGIN_ASSIGNED_CHARS + 1];
		rand_name(name, LOGIN_ASSIGNED_CHARS);
		if (str_format(l->assigned, sizeof l->assigned, "auto-%s", name))
			return REASON_UNSPECIFIED;
	} while (broker_place(worker->broker, span_str(l->assigned)) != worker);
	l->client_id = span_str(l->assigned);
	return 0;
}

void login_report_failure(struct connection *c, struct span client_id, struct span username)
{
	char id[128], name[128];
	if (str_copy_span(id, sizeof id, client_id))
		id[0] = 0;
	if (str_copy_span(name, sizeof name, username))
		name[0] = 0;
	const struct broker_events *events = &c->worker->broker->events;
	const struct stream_address address = stream_address(stream_peer(c->stream));
	const struct broker_client client = {id, name, address.text};
	if (events->login_failed)
		events->login_failed(events->ctx, &client);
	log_info("broker", "login failed: client \"%s\", user \"%s\" from %s", id, name, client.address);
}

static uint8_t check_pass(struct login *l)
{
	struct span user = span_str(l->pass->user);
	int err = access_login_pass(l->c->worker->table, user, l->client_id, &l->identity);
	if (!err)
		return 0;
	login_report_failure(l->c, l->client_id, user);
	return err == ERR_INVALID ? REASON_CLIENT_ID_NOT_VALID : REASON_NOT_AUTHORIZED;
}

uint8_t login_check_token(struct login *l)
{
	if (l->pass)
		return check_pass(l);
	struct span username = l->p.has_username ? l->p.username : (struct span){0};
	struct span password = l->p.has_password ? l->p.password : (struct span){0};
	const char *proven = stream_proven(l->c->stream);
	/* who names another user than the transport has proven must know that one's password */
	bool by_name = proven && (username.len == 0 || span_is(username, proven));
	struct access_table *table = l->c->worker->table;
	int err = by_name ? access_login_proven(table, span_str(proven), l->client_id, &l->identity)
			  : access_login(table, username, password, l->client_id, &l->identity);
	if (!err)
		return 0;
	login_report_failure(l->c, l->p.client_id, by_name ? span_str(proven) : username);
	if (err != ERR_INVALID)
		return REASON_BAD_USER_NAME_OR_PASSWORD; /* and not a word on which */
	l->detail = "this user's client identifier has to be the user name";
	return REASON_CLIENT_ID_NOT_VALID;
}

uint8_t login_check_will(struct login *l)
{
	if (!l->p.has_will)
		return 0;
	if (l->pass) { /* it would speak when the pass is no good any more */
		l->detail = "a browser's session leaves no will";
		return REASON_NOT_AUTHORIZED;
	}
	struct span topic = l->p.will.topic;
	if (!limits_levels_ok(l->c->worker->broker, topic)) {
		l->detail = limits_met(l->c, LIMIT_TOPIC_LEVELS);
		return REASON_TOPIC_NAME_INVALID;
	}
	/* now, not when it is too late to tell anyone */
	if (topic.data[0] == '$' || !access_may_publish(l->identity, topic)) {
		l->detail = "this user may not publish to the will's topic";
		return REASON_NOT_AUTHORIZED;
	}
	const struct props *props = &l->p.will.props;
	if (props_has(props, PROP_PAYLOAD_FORMAT) && props->payload_format && !utf8_text_valid(l->p.will.payload)) {
		l->detail = "the will is not the text that it is said to be"; /* §3.1.3.2.3 */
		return REASON_PAYLOAD_FORMAT_INVALID;
	}
	return 0;
}

uint8_t login_check_room(struct login *l)
{
	l->detail = limits_admit_client(l->c, l->client_id);
	return l->detail ? REASON_QUOTA_EXCEEDED : 0;
}
