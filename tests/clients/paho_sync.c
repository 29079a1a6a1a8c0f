/* paho.h with Paho's synchronous interface, MQTTClient: calls return when the
 * exchange is over; messages come on the library's thread. */
#include <MQTTClient.h>
#include <stdlib.h>
#include <string.h>

#include "paho.h"

struct paho {
	MQTTClient handle;
	int version;
	struct inbox *inbox;
};

static int on_message(void *ctx, char *topic, int topic_len, MQTTClient_message *m)
{
	struct paho *p = ctx;
	struct note note = {.payload = m->payload, .len = (size_t)m->payloadlen, .qos = m->qos, .retained = m->retained, .props = m->properties};
	inbox_put(p->inbox, topic, topic_len, &note);
	MQTTClient_freeMessage(&m);
	MQTTClient_free(topic);
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

static void connect_5(struct paho *p, MQTTClient_connectOptions *options, const struct login *login, struct welcome *welcome)
{
	MQTTProperties none = MQTTProperties_initializer;
	MQTTProperties props = login->props ? *login->props : none;
	MQTTProperties will_props = login->will ? login->will->props : none;
	MQTTResponse response = MQTTClient_connect5(p->handle, options, &props, login->will ? &will_props : NULL);
	welcome->code = (int)response.reasonCode;
	if (response.properties)
		welcome->props = MQTTProperties_copy(response.properties);
	MQTTResponse_free(response);
}

struct paho *paho_connect(const struct login *login, struct welcome *welcome)
{
	struct paho *p = calloc(1, sizeof *p);
	CHECK(p);
	*welcome = (struct welcome){0};
	p->version = login->version;
	p->inbox = inbox_create();
	MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
	create.MQTTVersion = login->version;
	CHECK(MQTTClient_createWithOptions(&p->handle, login->uri, login->id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create) == 0);
	CHECK(MQTTClient_setCallbacks(p->handle, p, on_lost, on_message, NULL) == 0);
	if (login->version == MQTT_50)
		CHECK(MQTTClient_setDisconnected(p->handle, p, on_disconnected) == 0);

	MQTTClient_connectOptions v3 = MQTTClient_connectOptions_initializer, v5 = MQTTClient_connectOptions_initializer5;
	MQTTClient_connectOptions options = login->version == MQTT_50 ? v5 : v3;
	MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
	MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
	options.MQTTVersion = login->version;
	options.connectTimeout = DEADLINE_S;
	options.reliable = 0;
	options.maxInflightMessages = 100;
	options.username = login->user;
	options.password = login->token;
	if (login->version == MQTT_50)
		options.cleanstart = login->clean;
	else
		options.cleansession = login->clean;
	if (login->will) {
		will.topicName = login->will->topic;
		will.payload.data = login->will->payload;
		will.payload.len = (int)login->will->len;
		will.qos = login->will->qos;
		will.retained = login->will->retained;
		options.will = &will;
	}
	if (login->ca_file && strncmp(login->uri, "ws:", 3)) {
		ssl.trustStore = login->ca_file;
		ssl.verify = 1;
		options.ssl = &ssl;
	}
	if (login->version == MQTT_50)
		connect_5(p, &options, login, welcome);
	else
		welcome->code = MQTTClient_connect(p->handle, &options);
	welcome->session_present = options.returned.sessionPresent;
	welcome->session_told = login->version == MQTT_311; /* it looks at the flag of 3.1.1 alone */
	return p;
}

static int send_note(struct paho *p, const struct note *note, MQTTClient_deliveryToken *token)
{
	MQTTClient_message m = MQTTClient_message_initializer;
	m.payload = (void *)note->payload;
	m.payloadlen = (int)note->len;
	m.qos = note->qos;
	m.retained = note->retained;
	m.properties = note->props;
	if (p->version != MQTT_50)
		return MQTTClient_publishMessage(p->handle, note->topic, &m, token);
	MQTTResponse response = MQTTClient_publishMessage5(p->handle, note->topic, &m, token);
	int code = (int)response.reasonCode;
	MQTTResponse_free(response);
	return code;
}

int paho_publish(struct paho *p, const struct note *note)
{
	MQTTClient_deliveryToken token = 0;
	int code = send_note(p, note, &token);
	/* this interface does not tell what a PUBACK said */
	if (code == 0 && note->qos > 0)
		CHECK(MQTTClient_waitForCompletion(p->handle, token, DEADLINE_S * 1000L) == 0);
	return code;
}

void paho_publish_all(struct paho *p, const struct note *notes, size_t count)
{
	MQTTClient_deliveryToken token = 0;
	for (size_t i = 0; i < count; i++) {
		int code = send_note(p, &notes[i], &token);
		while (code == MQTTCLIENT_MAX_MESSAGES_INFLIGHT) { /* the oldest make room */
			MQTTClient_yield();
			code = send_note(p, &notes[i], &token);
		}
		CHECK(code == 0);
	}
	MQTTClient_deliveryToken *pending = NULL;
	CHECK(MQTTClient_getPendingDeliveryTokens(p->handle, &pending) == 0);
	for (MQTTClient_deliveryToken *t = pending; t && *t != -1; t++)
		CHECK(MQTTClient_waitForCompletion(p->handle, *t, DEADLINE_S * 1000L) == 0);
	MQTTClient_free(pending);
}

int paho_subscribe(struct paho *p, const char *filter, int qos, bool no_local, const MQTTProperties *props)
{
	if (p->version != MQTT_50) {
		int code = MQTTClient_subscribe(p->handle, filter, qos);
		return code == 0 ? qos : code;
	}
	MQTTSubscribe_options options = MQTTSubscribe_options_initializer;
	options.noLocal = no_local;
	MQTTProperties copy = MQTTProperties_initializer;
	if (props)
		copy = *props;
	MQTTResponse response = MQTTClient_subscribe5(p->handle, filter, qos, &options, &copy);
	int code = (int)response.reasonCode;
	MQTTResponse_free(response);
	return code;
}

void paho_unsubscribe(struct paho *p, const char *filter)
{
	if (p->version != MQTT_50) {
		CHECK(MQTTClient_unsubscribe(p->handle, filter) == 0);
		return;
	}
	MQTTResponse response = MQTTClient_unsubscribe5(p->handle, filter, NULL);
	CHECK(response.reasonCode == MQTTREASONCODE_SUCCESS);
	MQTTResponse_free(response);
}

void paho_disconnect(struct paho **client, int reason)
{
	struct paho *p = *client;
	if (MQTTClient_isConnected(p->handle) && p->version == MQTT_50)
		CHECK(MQTTClient_disconnect5(p->handle, DEADLINE_S * 1000, (enum MQTTReasonCodes)reason, NULL) == 0);
	else if (MQTTClient_isConnected(p->handle))
		CHECK(MQTTClient_disconnect(p->handle, DEADLINE_S * 1000) == 0);
	MQTTClient_destroy(&p->handle);
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
