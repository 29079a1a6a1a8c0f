/* AUTH (MQTT 5.0 §3.15, §4.12): the method is SCRAM-SHA-256, so each authentication is two
 * messages from the client and two from us. The first pair opens the connection: CONNECT, AUTH, AUTH, CONNACK; later ones go by
 * AUTH alone, while all else goes on. On the worker's thread, which is that of the session: CONNECT has
 * brought the connection there before anything is asked. */
#include "broker/handle_auth.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/handle.h"
#include "broker/memory.h"
#include "broker/session.h"

struct auth {
	struct scram_login *scram;
	uint8_t flags; /* of the CONNECT */
	size_t connect_len;
	uint8_t connect[]; /* its body; none in a re-authentication */
};

/* Takes the login over. Returns NULL without memory; the login is destroyed then. */
static struct auth *auth_create(struct scram_login **scram, uint8_t flags, struct span connect)
{
	struct auth *auth = malloc(sizeof *auth + connect.len);
	if (!auth) {
		scram_login_destroy(scram);
		return NULL;
	}
	*auth = (struct auth){.scram = *scram, .flags = flags, .connect_len = connect.len};
	*scram = NULL;
	memory_count(0, (int64_t)(sizeof *auth + connect.len)); /* strangers can make it large */
	if (connect.len)
		memcpy(auth->connect, connect.data, connect.len);
	return auth;
}

/* Keeps it with the connection; as auth_create. Returns 0 or ERR_NOMEM. */
static int keep_auth(struct connection *c, struct scram_login **scram, uint8_t flags, struct span connect)
{
	struct extras *extras = connection_extras(c);
	if (!extras) {
		scram_login_destroy(scram);
		return ERR_NOMEM;
	}
	extras->auth = auth_create(scram, flags, connect);
	return extras->auth ? 0 : ERR_NOMEM;
}

void auth_destroy(struct auth **auth)
{
	struct auth *a = *auth;
	*auth = NULL;
	if (!a)
		return;
	scram_login_destroy(&a->scram);
	memory_count(0, -(int64_t)(sizeof *a + a->connect_len));
	explicit_bzero(a->connect, a->connect_len); /* a password may be in it */
	free(a);
}

/* The method and, unless it is empty, what SCRAM says: in AUTH and CONNACK alike (MQTT-4.12.0-5). */
static void put_reply(struct props *props, const struct scram_reply *reply)
{
	props->auth_method = span_str(SCRAM_METHOD);
	props_set(props, PROP_AUTH_METHOD);
	if (reply->len) {
		props->auth_data = span_of(reply->data, reply->len);
		props_set(props, PROP_AUTH_DATA);
	}
}

/* Returns false when the client takes no packet of that size: it would wait in vain. */
static bool send_auth(struct connection *c, uint8_t reason, const struct scram_reply *reply)
{
	struct packet packet = {.type = PACKET_AUTH, .reason = {.reason = reason}};
	put_reply(&packet.reason.props, reply);
	return connection_send_packet(c, &packet);
}

/* Empty when there is none, which SCRAM does not take. */
static struct span data_of(const struct props *props)
{
	return props_has(props, PROP_AUTH_DATA) ? props->auth_data : (struct span){0};
}

static bool is_our_method(const struct props *props)
{
	return props_has(props, PROP_AUTH_METHOD) && span_is(props->auth_method, SCRAM_METHOD);
}

/* --- CONNECT, AUTH, CONNACK ------------------------------------------------ */

/* CONNACK for what SCRAM refuses: no word on whether the name or the secret is wrong. */
static uint8_t refuse_scram(struct connection *c, int err, const struct scram_reply *reply)
{
	struct props props = {0};
	put_reply(&props, reply);
	switch (err) {
	case ERR_DENIED:
		return login_refuse(c, REASON_BAD_USER_NAME_OR_PASSWORD, NULL, &props);
	case ERR_INVALID:
		return login_refuse(c, REASON_CLIENT_ID_NOT_VALID, "this user's client identifier has to be the user name", &props);
	case ERR_NOMEM:
		return login_refuse(c, REASON_QUOTA_EXCEEDED, NULL, &props);
	case ERR_UNSUPPORTED:
		return login_refuse(c, REASON_NOT_AUTHORIZED, "channel binding and mandatory extensions are not supported", &props);
	default:
		return login_refuse(c, REASON_NOT_AUTHORIZED, "the Authentication Data is not SCRAM's next message", &props);
	}
}

uint8_t auth_begin(struct login *l, const struct wire_frame *connect)
{
	struct connection *c = l->c;
	struct access_table *table = c->worker->table;
	if (access_table_is_open(table) || !is_our_method(&l->p.props)) /* MQTT-4.12.0-1 */
		return login_refuse(c, REASON_BAD_AUTHENTICATION_METHOD,
				    access_table_is_open(table) ? "no authentication is asked for here"
								: "the only method is " SCRAM_METHOD, NULL);
	struct scram_login *scram;
	struct scram_reply reply;
	int err = scram_login_begin(table, data_of(&l->p.props), &scram, &reply);
	if (!err && l->p.has_username && !span_equal(l->p.username, scram_login_name(scram))) {
		scram_login_destroy(&scram); /* two names in one CONNECT: which would be meant later? */
		return login_refuse(c, REASON_BAD_USER_NAME_OR_PASSWORD, "the User Name is not that of the Authentication Data", NULL);
	}
	if (!err) {
		err = keep_auth(c, &scram, connect->flags, connect->body);
		if (err)
			reply.len = 0;
	}
	if (err)
		return refuse_scram(c, err, &reply);
	if (!send_auth(c, REASON_CONTINUE_AUTHENTICATION, &reply))
		return login_refuse(c, REASON_PACKET_TOO_LARGE, NULL, NULL);
	return 0;
}

/* The client's last message: checks it, and lets the CONNECT have its session. */
static uint8_t conclude(struct connection *c, struct auth *auth, struct span message)
{
	const struct wire_frame frame = {
		.type = PACKET_CONNECT, .flags = auth->flags, .body = span_of(auth->connect, auth->connect_len)};
	struct packet packet;
	if (packet_decode(&frame, 0, &packet))
		return login_refuse(c, REASON_UNSPECIFIED, NULL, NULL); /* it could be when it came */
	struct login l = {.c = c, .p = packet.connect};
	uint8_t reason = login_check_client_id(&l);
	if (reason)
		return login_refuse(c, reason, l.detail, NULL);
	char name[128];
	if (str_copy_span(name, sizeof name, scram_login_name(auth->scram)))
		name[0] = 0;
	int err = scram_login_finish(&auth->scram, c->worker->table, l.client_id, message, &l.identity, &l.proof);
	if (!err)
		return login_admit(&l);
	login_report_failure(c, l.p.client_id, span_str(name));
	return refuse_scram(c, err, &l.proof);
}

uint8_t auth_go_on(struct connection *c, const struct wire_frame *frame)
{
	struct packet packet;
	if (frame->type == PACKET_DISCONNECT) { /* it has thought better of it */
		connection_refuse(c);
		return 0;
	}
	if (frame->type != PACKET_AUTH) /* MQTT-3.1.2-30 */
		return login_refuse(c, REASON_PROTOCOL_ERROR, "only AUTH or DISCONNECT may come before CONNACK", NULL);
	int err = packet_decode(frame, c->version, &packet);
	if (err)
		return login_refuse(c, reason_from_err(err), NULL, NULL);
	if (packet.reason.reason != REASON_CONTINUE_AUTHENTICATION) /* MQTT-4.12.0-3 */
		return login_refuse(c, REASON_PROTOCOL_ERROR, "AUTH has to carry 0x18 before CONNACK", NULL);
	if (!is_our_method(&packet.reason.props))
		return login_refuse(c, REASON_BAD_AUTHENTICATION_METHOD, "the method is not that of CONNECT", NULL);
	struct auth *auth = c->extras->auth; /* whatever comes of it, it is over */
	c->extras->auth = NULL;
	conclude(c, auth, data_of(&packet.reason.props));
	auth_destroy(&auth);
	return 0;
}

void auth_expire(struct connection *c)
{
	login_refuse(c, REASON_NOT_AUTHORIZED, "the authentication was not finished in time", NULL);
}

/* --- once more, with a session ---------------------------------------------- */

/* MQTT-4.12.1-2 */
static uint8_t refuse_again(struct connection *c, struct span username, const char *detail)
{
	login_report_failure(c, session_client_id(c->session), username);
	return connection_fault(c, REASON_NOT_AUTHORIZED, detail);
}

static uint8_t begin_again(struct connection *c, struct span message)
{
	struct scram_login *scram;
	struct scram_reply reply;
	struct span user = span_str(access_name(c->session->identity));
	int err = scram_login_begin(c->worker->table, message, &scram, &reply);
	if (err == ERR_NOMEM)
		return REASON_QUOTA_EXCEEDED;
	if (err)
		return refuse_again(c, (struct span){0}, "the Authentication Data is not a first message of SCRAM");
	/* The session is this user's, and so are its subscriptions and its will. */
	if (!span_equal(scram_login_name(scram), user)) {
		uint8_t reason = refuse_again(c, scram_login_name(scram), "this session is another user's");
		scram_login_destroy(&scram);
		return reason;
	}
	if (keep_auth(c, &scram, 0, (struct span){0}))
		return REASON_QUOTA_EXCEEDED;
	return send_auth(c, REASON_CONTINUE_AUTHENTICATION, &reply) ? 0 : REASON_PACKET_TOO_LARGE;
}

static uint8_t finish_again(struct connection *c, struct span message)
{
	const struct access_identity *identity;
	struct scram_reply reply;
	int err = scram_login_finish(&c->extras->auth->scram, c->worker->table, session_client_id(c->session), message, &identity, &reply);
	auth_destroy(&c->extras->auth);
	if (err)
		return refuse_again(c, span_str(access_name(c->session->identity)), NULL);
	log_debug(c->session->client_id, "authenticated again");
	return send_auth(c, REASON_SUCCESS, &reply) ? 0 : REASON_PACKET_TOO_LARGE;
}

uint8_t handle_auth(struct connection *c, const struct wire_frame *frame)
{
	struct packet packet;
	int err = packet_decode(frame, c->version, &packet);
	if (err)
		return reason_from_err(err);
	/* MQTT-4.12.0-7: no AUTH without a method in CONNECT; MQTT-4.12.1-1: and no other than that */
	if (!c->scram || !is_our_method(&packet.reason.props))
		return connection_fault(c, REASON_PROTOCOL_ERROR, c->scram ? "the method is not that of CONNECT"
									   : "CONNECT had no Authentication Method");
	struct span message = data_of(&packet.reason.props);
	if (packet.reason.reason == REASON_REAUTHENTICATE && !c->extras->auth)
		return begin_again(c, message);
	if (packet.reason.reason == REASON_CONTINUE_AUTHENTICATION && c->extras->auth)
		return finish_again(c, message);
	return connection_fault(c, REASON_PROTOCOL_ERROR, "this AUTH is not the next step");
}
