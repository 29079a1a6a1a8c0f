/* The inside of Home Assistant's discovery, for the files that read it. Pure; one parse belongs to one thread. */
#ifndef DEVICE_HOMEASSISTANT_H
#define DEVICE_HOMEASSISTANT_H

#include <jansson.h>

#include "device/discovery.h"

struct ha_parse {
	const struct topic_gate *gate;
	struct description *out;
	char *message;     /* of DISCOVERY_MESSAGE_SIZE */
	const char *where; /* the component being read, NULL at the root */
	const char *base;  /* what "~" stands for; NULL for nothing */
	const json_t *object, *root; /* the component; the message: for what they share */
	bool apart;        /* a component that makes no sense does not refuse the others (dialect/dialect.h) */
	int err;           /* the first failure; everything after it is skipped */
};

/* Ends the parse: the key's value makes no sense. */
void ha_fail(struct ha_parse *p, const char *key, const char *what);
/* Keeps the first thing that we left out. */
void ha_note(struct ha_parse *p, const char *key, const char *what);

/* homeassistant_keys.c: the value of a key by its long name, be it written long or short; NULL for none. */
const json_t *ha_get(const json_t *object, const char *key);

/* Copies a string (jansson admits no NUL); null and absence leave dst as it is. */
void ha_text(struct ha_parse *p, const json_t *object, const char *key, char *dst, size_t size);
/* Reads a number within [low, high], which may be in quotes; absence leaves it as it is. */
void ha_number(struct ha_parse *p, const json_t *object, const char *key, double *number, double low, double high);
/* True, or a word for it. */
bool ha_true(const json_t *object, const char *key);
/* Reads a list of strings; absence and null leave it empty, what is beyond ENTITY_CHOICES_MAX is noted. */
void ha_choices(struct ha_parse *p, const json_t *object, const char *key, struct choices *choices);

/* Reads a topic with its "~" filled in. False: there is none, or none that may be used so (noted). */
bool ha_topic(struct ha_parse *p, const json_t *object, const char *key, enum topic_use use, char topic_r[DISCOVERY_TOPIC_SIZE]);

/* homeassistant_channels.c: all of a component's channels, and what their scales and words depend on. */
void ha_channels(struct ha_parse *p, struct entity *e);

/* Those of a siren, which the hub takes for a switch: tones and loudness stay as they are. */
void ha_siren(struct ha_parse *p, struct entity *e);

/* The template of a key. False: it is beyond us (noted), or memory is short. *template_r is NULL when there is none. */
bool ha_template(struct ha_parse *p, const json_t *object, const char *key, struct template **template_r);

/* homeassistant_presence.c: how the device tells that it is there, and what it is told to report and to leave. */
void ha_presence(struct ha_parse *p);

#endif
