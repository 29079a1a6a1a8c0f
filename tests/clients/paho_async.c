/* paho.h with Paho's asynchronous interface, MQTTAsync: every call gets its
 * answer through a callback on the library's thread, for which we wait. */
#include <MQTTAsync.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "paho.h"

struct paho {
	MQTTAsync handle;
	int version;
	struct inbox *inbox;
};

/* The answers to `wanted` requests. */
struct reply {
	pthread_mutex_t lock;
	pthread_cond_t news;
	size_t wanted, come;
	int code; /* of the last one that had any */
	bool session_present;
	MQTTProperties props;
};

#define REPLY(count) {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, count, 0, 0, false, MQTTProperties_initializer}

static void reply_put(struct reply *r, int code, const MQTTProperties *props, bool session_present)
{
	pthread_mutex_lock(&r->lock);
	if (code)
		r->code = code;
	if (props && props->count && !r->props.count)
		r->props = MQTTProperties_copy(props);
	r->session_present |= session_present;
	r->come++;
	pthread_cond_signal(&r->news);
	pthread_mutex_unlock(&r->lock);
}

static int reply_wait(struct reply *r)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	pthread_mutex_lock(&r->lock);
	while (r->come < r->wanted)
		if (pthread_cond_timedwait(&r->news, &r->lock, &until))
			fail("%zu of %zu answers came in %d s", r->come, r->wanted, DEADLINE_S);
	pthread_mutex_unlock(&r->lock);
	return r->code;
}

static void on_success(void *ctx, MQTTAsync_successData *data)
{
	(void)data;
	reply_put(ctx, 0, NULL, false);
}

static void on_failure(void *ctx, MQTTAsync_failureData *data)
{
	reply_put(ctx, data && data->code ? data->code : -1, NULL, false);
}

static void on_success_5(void *ctx, MQTTAsync_successData5 *data)
{
	reply_put(ctx, (int)data->reasonCode, &data->properties, false);
}

static void on_failure_5(void *ctx, MQTTAsync_failureData5 *data)
{
	reply_put(ctx, data->reasonCode ? (int)data->reasonCode : data->code ? data->code : -1, &data->properties, false);
}

static void on_subscribed(void *ctx, MQTTAsync_successData *data)
{
	reply_put(ctx, data->alt.qos, NULL, false);
}

static void on_connected(void *ctx, MQTTAsync_successData *data)
{
	reply_put(ctx, 0, NULL, data->alt.connect.sessionPresent);
}

static void on_connected_5(void *ctx, MQTTAsync_successData5 *data)
{
	reply_put(ctx, (int)data->reasonCode, &data->properties, data->alt.connect.sessionPresent);
}

static int on_message(void *ctx, char *topic, int topic_len, MQTTAsync_message *m)
{
	struct paho *p = ctx;
	struct note note = {.payload = m->payload, .len = (size_t)m->payloadlen, .qos = m->qos, .retained = m->retained, .props = m->properties};
	inbox_put(p->inbox, topic, topic_len, &note);
	MQTTAsync_freeMessage(&m);
	MQTTAsync_free(topic);
	return 1;
}

static void on_lost(void *ctx, char *cause)
{
	(void)cause;
	struct paho *p = ctx;
	inbox_end(p->inbox, 0);
}

static void on_disconnected(void *ctx, MQTTProperties *props, enum MQTTReasonCodes reason)
{
	(void)props;
	struct paho *p = ctx;
	inbox_end(p->inbox, (int)reason);
}

static MQTTAsync_responseOptions ask(const struct paho *p, struct reply *reply)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
	options.context = reply;
	if (p->version == MQTT_50) {
		options.onSuccess5 = on_success_5;
		options.onFailure5 = on_failure_5;
	} else {
		options.onSuccess = on_success;
		options.onFailure = on_failure;
	}
	return options;
}

static void create(struct paho *p, const struct login *login)
{
	MQTTAsync_createOptions v3 = MQTTAsync_createOptions_initializer, v5 = MQTTAsync_createOptions_initializer5;
	MQTTAsync_createOptions options = login->version == MQTT_50 ? v5 : v3;
	options.MQTTVersion = login->version;
	options.maxBufferedMessages = 100000;
	CHECK(MQTTAsync_createWithOptions(&p->handle, login->uri, login->id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options) == 0);
	CHECK(MQTTAsync_setCallbacks(p->handle, p, on_lost, on_message, NULL) == 0);
	if (login->version == MQTT_50)
		CHECK(MQTTAsync_setDisconnected(p->handle, p, on_disconnected) == 0);
}

struct paho *paho_connect(const struct login *login, struct welcome *welcome)
{
	struct paho *p = calloc(1, sizeof *p);
	CHECK(p);
	p->version = login->version;
	p->inbox = inbox_create();
	create(p, login);

	MQTTAsync_connectOptions v3 = MQTTAsync_connectOptions_initializer, v5 = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_connectOptions options = login->version == MQTT_50 ? v5 : v3;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTAsync_SSLOptions ssl = MQTTAsync_SSLOptions_initializer;
	MQTTProperties props = MQTTProperties_initializer, will_props = MQTTProperties_initializer;
	struct reply reply = REPLY(1);
	options.context = &reply;
	options.MQTTVersion = login->version;
	options.connectTimeout = DEADLINE_S;
	options.maxInflight = 500;
	options.username = login->user;
	options.password = login->token;
	if (login->version == MQTT_50) {
		options.cleanstart = login->clean;
		options.onSuccess5 = on_connected_5;
		options.onFailure5 = on_failure_5;
		if (login->props)
			props = *login->props;
		options.connectProperties = &props;
	} else {
		options.cleansession = login->clean;
		options.onSuccess = on_connected;
		options.onFailure = on_failure;
	}
	if (login->will) {
		will.topicName = login->will->topic;
		will.payload.data = login->will->payload;
		will.payload.len = (int)login->will->len;
		will.qos = login->will->qos;
		will.retained = login->will->retained;
		options.will = &will;
		will_props = login->will->props;
		if (login->version == MQTT_50)
			options.willProperties = &will_props;
	}
	if (login->ca_file && strncmp(login->uri, "ws:", 3)) {
		ssl.trustStore = login->ca_file;
		ssl.verify = 1;
		options.ssl = &ssl;
	}
	CHECK(MQTTAsync_connect(p->handle, &options) == 0);
	*welcome = (struct welcome){.code = reply_wait(&reply)};
	welcome->session_present = reply.session_present;
	welcome->session_told = login->version != MQTT_31; /* which has no such flag */
	welcome->props = reply.props;
	return p;
}

static void send_note(struct paho *p, const struct note *note, struct reply *reply)
{
	MQTTAsync_message m = MQTTAsync_message_initializer;
	MQTTAsync_responseOptions options = ask(p, reply);
	m.payload = (void *)note->payload;
	m.payloadlen = (int)note->len;
	m.qos = note->qos;
	m.retained = note->retained;
	m.properties = note->props;
	CHECK(MQTTAsync_sendMessage(p->handle, note->topic, &m, &options) == 0);
}

int paho_publish(struct paho *p, const struct note *note)
{
	struct reply reply = REPLY(1);
	send_note(p, note, &reply);
	int code = reply_wait(&reply);
	MQTTProperties_free(&reply.props);
	return code == MQTTREASONCODE_NO_MATCHING_SUBSCRIBERS ? 0 : code;
}

void paho_publish_all(struct paho *p, const struct note *notes, size_t count)
{
	struct reply reply = REPLY(count);
	for (size_t i = 0; i < count; i++)
		send_note(p, &notes[i], &reply);
	CHECK(reply_wait(&reply) == 0);
	MQTTProperties_free(&reply.props);
}

int paho_subscribe(struct paho *p, const char *filter, int qos, bool no_local, const MQTTProperties *props)
{
	struct reply reply = REPLY(1);
	MQTTAsync_responseOptions options = ask(p, &reply);
	if (p->version != MQTT_50)
		options.onSuccess = on_subscribed;
	options.subscribeOptions.noLocal = no_local;
	if (props)
		options.properties = *props;
	CHECK(MQTTAsync_subscribe(p->handle, filter, qos, &options) == 0);
	int code = reply_wait(&reply);
	MQTTProperties_free(&reply.props);
	return code;
}

void paho_unsubscribe(struct paho *p, const char *filter)
{
	struct reply reply = REPLY(1);
	MQTTAsync_responseOptions options = ask(p, &reply);
	CHECK(MQTTAsync_unsubscribe(p->handle, filter, &options) == 0);
	CHECK(reply_wait(&reply) == 0);
	MQTTProperties_free(&reply.props);
}

void paho_disconnect(struct paho **client, int reason)
{
	struct paho *p = *client;
	if (MQTTAsync_isConnected(p->handle)) {
		MQTTAsync_disconnectOptions v3 = MQTTAsync_disconnectOptions_initializer, v5 = MQTTAsync_disconnectOptions_initializer5;
		MQTTAsync_disconnectOptions options = p->version == MQTT_50 ? v5 : v3;
		struct reply reply = REPLY(1);
		options.timeout = DEADLINE_S * 1000;
		options.context = &reply;
		if (p->version == MQTT_50) {
			options.onSuccess5 = on_success_5;
			options.onFailure5 = on_failure_5;
			options.reasonCode = (enum MQTTReasonCodes)reason;
		} else {
			options.onSuccess = on_success;
			options.onFailure = on_failure;
		}
		CHECK(MQTTAsync_disconnect(p->handle, &options) == 0);
		reply_wait(&reply);
		MQTTProperties_free(&reply.props);
	}
	MQTTAsync_destroy(&p->handle);
	inbox_destroy(p->inbox);
	free(p);
	*client = NULL;
}

struct note paho_next(struct paho *p)
{
	return inbox_next(p->inbox);
}

int paho_ended(struct paho *p)
{
	return inbox_wait_end(p->inbox);
}
