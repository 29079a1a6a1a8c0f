/* What the two interfaces of Paho's C library have in common for the cases of
 * paho_cases.c: paho_sync.c has it with MQTTClient, paho_async.c with MQTTAsync
 * (the two libraries cannot be linked together). Whatever fails ends the program. */
#ifndef TESTS_CLIENTS_PAHO_H
#define TESTS_CLIENTS_PAHO_H

#include <MQTTProperties.h>
#include <MQTTReasonCodes.h>
#include <stdbool.h>
#include <stddef.h>

enum { DEADLINE_S = 60, MQTT_31 = 3, MQTT_311 = 4, MQTT_50 = 5 };

/* A message on its way out (borrows everything) or received (owns topic, payload and properties). */
struct note {
	const char *topic;
	const void *payload;
	size_t len;
	int qos;
	bool retained;
	MQTTProperties props;
};

struct login {
	const char *uri, *id;
	int version; /* MQTT_31… */
	bool clean;
	const struct note *will; /* or NULL */
	const MQTTProperties *props; /* 5.0: of CONNECT; or NULL */
	const char *user, *token, *ca_file; /* or NULL */
};

struct paho; /* a client */

/* What CONNACK said. */
struct welcome {
	int code; /* of the library: 0 when connected; 3.x: the return code, 5.0: the reason code */
	bool session_present;
	bool session_told; /* the library passes the flag on */
	MQTTProperties props; /* owned */
};

/* Connects; on a refusal the client cannot be used, only forgotten. */
struct paho *paho_connect(const struct login *login, struct welcome *welcome_r);

/* Sends and waits until the exchange of the message's QoS is over; returns 0 or the reason code of a refusal. */
int paho_publish(struct paho *p, const struct note *note);

/* Sends as fast as the library takes it, `count` notes, and waits for all of them. */
void paho_publish_all(struct paho *p, const struct note *notes, size_t count);

/* Returns the granted QoS or the reason code. no_local and props are for 5.0; props may be NULL. */
int paho_subscribe(struct paho *p, const char *filter, int qos, bool no_local, const MQTTProperties *props);

void paho_unsubscribe(struct paho *p, const char *filter);

/* DISCONNECT (5.0: with the reason), and the end of the client. */
void paho_disconnect(struct paho **p, int reason);

/* The next message, in the order of arrival; waits for it. The caller gives it to paho_note_finish. */
struct note paho_next(struct paho *p);
void paho_note_finish(struct note *note);

/* Waits until the broker has ended the connection; returns the reason code of its DISCONNECT, 0 without one. */
int paho_ended(struct paho *p);

/* --- for paho_sync.c and paho_async.c: where their callbacks leave what came --- */

struct inbox;
struct inbox *inbox_create(void);
/* Takes nothing: copies topic, payload and properties. */
void inbox_put(struct inbox *inbox, const char *topic, int topic_len, const struct note *note);
struct note inbox_next(struct inbox *inbox);
void inbox_end(struct inbox *inbox, int reason); /* the connection has ended */
int inbox_wait_end(struct inbox *inbox);
void inbox_destroy(struct inbox *inbox);

/* Says why on standard error and ends the program. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
#define CHECK(condition) ((condition) ? (void)0 : fail("%s:%d: %s", __FILE__, __LINE__, #condition))

#endif
