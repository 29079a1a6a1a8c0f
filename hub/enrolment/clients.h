/* The desk for devices and programs of others, which cannot be enrolled: it gives each a user name, a password that it has
 * made, and the topics that it may use. Threads: the port's slots run on the web's pool threads and may block on the store. */
#ifndef ENROLMENT_CLIENTS_H
#define ENROLMENT_CLIENTS_H

#include "db/clients.h"
#include "model/ports.h"

/* The user of programs that watch the broker, which is no client of the owner's. */
#define CLIENTS_RESERVED_NAME "metrics"

struct clients_config {
	struct store *store; /* borrowed for the life of the desk */
	/* A client is new, changed or gone, and the store has it: the access table is to be rebuilt, and its devices looked at.
	 * On the caller's thread; may block. */
	void (*changed)(void *ctx, const char *client, bool gone);
	void *ctx;
};

/* The port; ctx is the config, which is borrowed. */
struct client_port clients_port(const struct clients_config *config);

/* client_kinds.c: fills the topics of a client of that kind ("tasmota", "shelly", "zigbee2mqtt", "esphome", "homie",
 * "homeassistant", "prefix") whose device is set to prefix. Returns 0, ERR_NOT_FOUND (no such kind) or ERR_TOO_LARGE. */
int client_kind_topics(const char *kind, const char *prefix, struct client_record *c);

/* Finds the prefix that the topics of a client's kind were made with. Returns 0, or ERR_NOT_FOUND: it has none, or its topics were
 * changed. */
int client_kind_prefix(const struct client_record *c, char prefix_r[CLIENT_PREFIX_SIZE]);

/* Whether a kind's topics depend on the prefix. */
bool client_kind_has_prefix(const char *kind);

#endif
