/* The inside of the dialect of Tasmota, for its files only. */
#ifndef DIALECT_TASMOTA_PRIVATE_H
#define DIALECT_TASMOTA_PRIVATE_H

#include "dialect/dialect_private.h"

enum {
	TASMOTA_TOPIC_SIZE = 200, /* of a full topic without what is behind its last "/"; Tasmota's own limit is 100 */
	TASMOTA_RELAYS_MAX = 32,
};

/* What a relay is, as "rl" says. */
enum tasmota_relay { TASMOTA_NONE, TASMOTA_RELAY, TASMOTA_LIGHT, TASMOTA_SHUTTER };

struct tasmota {
	struct form form;
	const json_t *config, *sensors; /* borrowed; sensors: "sn", NULL when not said */
	char command[TASMOTA_TOPIC_SIZE], result[TASMOTA_TOPIC_SIZE], tele[TASMOTA_TOPIC_SIZE]; /* full topics, each with its prefix */
	const char *off, *on; /* words of the state of a relay, borrowed */
	bool own_topics; /* SetOption4: answers come on a topic of their command instead of RESULT */
	enum tasmota_relay relays[TASMOTA_RELAYS_MAX];
	size_t relay_count; /* up to the last one that is anything */
	size_t control_count; /* entities that these become */
};

/* Whether "so" has this option set. */
bool tasmota_option(const struct tasmota *t, const char *number);

/* A number of the configuration; 0 when it says none. */
int tasmota_number(const struct tasmota *t, const char *key);

/* The name of relay index, from 0: its own, or NULL when it is all that the device has to show; buf: for one made up. */
const char *tasmota_relay_name(const struct tasmota *t, size_t index, char *buf, size_t size);

/* Where and how a relay's state is told, and where it obeys. state_key is "state_value_template" of a light, else "value_template". */
void tasmota_power(struct tasmota *t, json_t *component, size_t index, const char *template_key);

/* tasmota_light.c: the lamp on relay index. */
void tasmota_light(struct tasmota *t, size_t index);

/* tasmota_sensor.c: all that "sn" names, and what the device tells of itself. */
void tasmota_sensors(struct tasmota *t);

/* tasmota_input.c: switches and buttons that the device tells of. */
void tasmota_inputs(struct tasmota *t);

#endif
