/* libmosquitto, driven by our own poll loop. Main thread.
 *
 * Each attempt has a libmosquitto handle of its own, so that its queue of unsent
 * messages dies with the connection and outbox.c alone decides what is sent again.
 * MQTT 3.1.1: nothing of 5.0 is of use here. The session is clean, for the same reason. */
#include "link.h"

#include <mosquitto.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "model/topics.h"
#include "redial.h"
#include "tls_pin.h"

enum {
	KEEPALIVE_S = 20,         /* the hub calls the device dead after 1.5 times that */
	ATTEMPT_MS = 20000,       /* from dialling to CONNACK */
	REFUSED_RETRY_MS = 60000, /* credentials do not mend themselves */
	LASTED_MS = 10000,        /* a connection of this age was no accident */
	MISC_MS = 1000,           /* how often libmosquitto looks at its keep-alive */
	RC_BAD_CREDENTIALS = 4,   /* CONNACK return codes, MQTT 3.1.1 §3.2.2.3 */
	RC_NOT_AUTHORIZED = 5,
};

enum state { WAITING, CONNECTING, ONLINE };

struct link {
	const struct credentials *credentials;
	const struct link_events *events;
	struct ssl_ctx_st *tls;
	struct mosquitto *mosq; /* NULL while WAITING */
	enum state state;
	bool reached;           /* TCP's connection stands, in this attempt */
	bool refused;           /* the hub said no to the credentials in this attempt */
	bool said_offline;      /* one line per outage, not per attempt */
	struct redial redial;   /* over endpoints */
	struct address endpoints[CREDENTIALS_MAX_ENDPOINTS + 1];
	struct mono_ms due;     /* WAITING: when to dial; CONNECTING: when to give up; ONLINE: when it has lasted */
	char status_topic[MODEL_TOPIC_SIZE];
};

static void on_connect(struct mosquitto *mosq, void *ctx, int rc)
{
	(void)mosq;
	struct link *link = ctx;
	if (rc == 0) {
		link->state = ONLINE;
		link->due = mono_add_ms(clock_mono(), LASTED_MS);
		redial_succeeded(&link->redial);
		link->said_offline = false;
		log_info("hub", "connected as %s", link->credentials->device_id);
		link->events->online(link->events->ctx);
		return;
	}
	if (rc == RC_BAD_CREDENTIALS || rc == RC_NOT_AUTHORIZED) {
		link->refused = true;
		log_error("hub", "%s refuses this device's credentials: it was removed, or its key was never confirmed. "
			  "Make a new code on the dashboard (Add device) and run: tomte-agent join CODE",
			  link->credentials->hub_id);
	} else {
		log_warning("hub", "refuses the connection: %s", mosquitto_connack_string(rc));
	}
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *m)
{
	(void)mosq;
	struct link *link = ctx;
	size_t len = m->payloadlen > 0 ? (size_t)m->payloadlen : 0;
	link->events->message(link->events->ctx, span_str(m->topic), span_of(len ? m->payload : NULL, len), m->retain);
}

static void on_publish(struct mosquitto *mosq, void *ctx, int message_id)
{
	(void)mosq;
	struct link *link = ctx;
	link->events->acked(link->events->ctx, message_id);
}

static void on_log(struct mosquitto *mosq, void *ctx, int level, const char *text)
{
	(void)mosq;
	(void)ctx;
	if (level == MOSQ_LOG_ERR || level == MOSQ_LOG_WARNING)
		log_debug("mosquitto", "%s", text);
}

static int make_endpoints(struct link *link, const char *hub)
{
	const struct credentials *c = link->credentials;
	size_t count = 0;
	if (hub[0]) {
		if (address_parse(hub, c->endpoints[0].port, &link->endpoints[0]))
			return ERR_INVALID;
		count = 1;
	}
	for (size_t i = 0; i < c->endpoint_count; i++)
		link->endpoints[count++] = c->endpoints[i];
	redial_init(&link->redial, count);
	return count ? 0 : ERR_INVALID;
}

int link_create(struct link **link_r, const struct credentials *credentials, const char *hub,
		const struct link_events *events)
{
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		return ERR_NOMEM;
	mosquitto_lib_init(); /* counts its callers */
	link->credentials = credentials;
	link->events = events;
	link->due = clock_mono();
	int err = topic_format(link->status_topic, TOPIC_STATUS, credentials->device_id, NULL);
	if (!err)
		err = make_endpoints(link, hub);
	if (!err)
		err = tls_pin_create(&link->tls, credentials->ca_pem, credentials->hub_id, credentials->enrolled);
	if (err)
		link_destroy(&link);
	else
		*link_r = link;
	return err;
}

void link_destroy(struct link **link)
{
	struct link *l = *link;
	if (!l)
		return;
	if (l->mosq)
		mosquitto_destroy(l->mosq);
	if (l->tls)
		tls_pin_destroy(&l->tls);
	free(l);
	mosquitto_lib_cleanup();
	*link = NULL;
}

bool link_online(const struct link *link)
{
	return link->state == ONLINE;
}

const struct address *link_address(const struct link *link)
{
	return link->redial.proven < link->redial.count ? &link->endpoints[link->redial.proven] : NULL;
}

static int set_up(struct link *link)
{
	struct mosquitto *m = link->mosq;
	const struct credentials *c = link->credentials;
	static const char offline[] = TOPIC_STATUS_OFFLINE;
	mosquitto_connect_callback_set(m, on_connect);
	mosquitto_message_callback_set(m, on_message);
	mosquitto_publish_callback_set(m, on_publish);
	mosquitto_log_callback_set(m, on_log);
	if (mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311) ||
	    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1) ||
	    mosquitto_int_option(m, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0) ||
	    mosquitto_void_option(m, MOSQ_OPT_SSL_CTX, link->tls) ||
	    mosquitto_username_pw_set(m, c->user, c->token) ||
	    mosquitto_will_set(m, link->status_topic, sizeof offline - 1, offline, 1, true))
		return ERR_NOMEM;
	return 0;
}

/* Ends the attempt or the connection and says when the next one is due. */
static void fail(struct link *link, const char *why, struct mono_ms now)
{
	bool was_online = link->state == ONLINE;
	mosquitto_destroy(link->mosq);
	link->mosq = NULL;
	link->state = WAITING;
	const struct address *tried = &link->endpoints[link->redial.next];
	if (was_online && mono_diff_ms(link->due, now) >= 0)
		redial_lasted(&link->redial);
	int64_t wait_ms = redial_failed(&link->redial, was_online, rand_below(1000) / 1000.0);
	if (link->refused)
		wait_ms = REFUSED_RETRY_MS + rand_below(REFUSED_RETRY_MS);
	link->due = mono_add_ms(now, wait_ms);
	if (was_online || (!link->said_offline && !link->refused)) {
		char text[ADDRESS_HOST_SIZE + 16];
		address_format(text, sizeof text, tried); /* fits */
		log_warning("hub", "%s %s: %s; trying again", was_online ? "lost" : "cannot reach", text, why);
		link->said_offline = true;
	}
	link->events->offline(link->events->ctx);
}

static void dial(struct link *link, struct mono_ms now)
{
	const struct address *a = &link->endpoints[link->redial.next];
	link->refused = link->reached = false;
	link->mosq = mosquitto_new(link->credentials->device_id, true, link);
	if (!link->mosq || set_up(link)) {
		fail(link, err_text(ERR_NOMEM), now);
		return;
	}
	link->state = CONNECTING;
	link->due = mono_add_ms(now, ATTEMPT_MS);
	log_debug("hub", "dialling %s port %u", a->host, a->port);
	int rc = mosquitto_connect_async(link->mosq, a->host, a->port, KEEPALIVE_S);
	if (rc)
		fail(link, mosquitto_strerror(rc), now);
}

int link_fd(const struct link *link, short *events_r)
{
	if (!link->mosq)
		return -1;
	bool write = !link->reached || mosquitto_want_write(link->mosq);
	*events_r = (short)(POLLIN | (write ? POLLOUT : 0));
	return mosquitto_socket(link->mosq);
}

int link_timeout_ms(const struct link *link, struct mono_ms now)
{
	int64_t left = mono_diff_ms(now, link->due);
	if (link->state == ONLINE || left > MISC_MS)
		return MISC_MS;
	return left > 0 ? (int)left : 0;
}

/* Whether TCP's connection stands, and the socket is not broken. libmosquitto 2.0.11
 * looks at neither for connect_async, and would spin on a refused connection. */
static bool check_socket(struct link *link, short revents, struct mono_ms now)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (!link->reached && !(revents & (POLLOUT | POLLERR | POLLHUP)))
		return false;
	if (!link->reached || revents & POLLERR)
		getsockopt(mosquitto_socket(link->mosq), SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		fail(link, strerror(error), now);
		return false;
	}
	link->reached = true;
	return true;
}

void link_step(struct link *link, short revents, struct mono_ms now)
{
	if (link->state == WAITING) {
		if (mono_diff_ms(now, link->due) <= 0)
			dial(link, now);
		return;
	}
	if (link->state == CONNECTING && mono_diff_ms(now, link->due) <= 0) {
		fail(link, "no answer", now);
		return;
	}
	if (!check_socket(link, revents, now))
		return;
	int rc = 0;
	if (revents & (POLLIN | POLLHUP | POLLERR))
		rc = mosquitto_loop_read(link->mosq, 1);
	if (!rc && revents & POLLHUP)
		rc = MOSQ_ERR_CONN_LOST; /* both directions are shut: nothing more will come */
	if (!rc && mosquitto_want_write(link->mosq))
		rc = mosquitto_loop_write(link->mosq, 1);
	if (!rc)
		rc = mosquitto_loop_misc(link->mosq);
	if (rc)
		fail(link, mosquitto_strerror(rc), now);
}

int link_publish(struct link *link, const char *topic, struct span payload, bool retain, int *message_id_r)
{
	if (link->state != ONLINE)
		return ERR_AGAIN;
	int rc = mosquitto_publish(link->mosq, message_id_r, topic, (int)payload.len, payload.data, 1, retain);
	return rc ? ERR_IO : 0;
}

int link_subscribe(struct link *link, const char *filter)
{
	if (link->state != ONLINE)
		return ERR_AGAIN;
	return mosquitto_subscribe(link->mosq, NULL, filter, 1) ? ERR_IO : 0;
}

void link_disconnect(struct link *link)
{
	if (link->state == ONLINE)
		mosquitto_disconnect(link->mosq); /* writes at once and closes */
	if (link->mosq)
		mosquitto_destroy(link->mosq);
	link->mosq = NULL;
	link->state = WAITING;
}
