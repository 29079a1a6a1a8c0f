/* What the dialects share, for the files of this room only. */
#ifndef DIALECT_DIALECT_PRIVATE_H
#define DIALECT_DIALECT_PRIVATE_H

#include "dialect/dialect.h"
#include "model/topics.h"

/* The rows of dialects.c. */
extern const struct dialect dialect_hand, dialect_homeassistant, dialect_shelly, dialect_shelly_gen1, dialect_tasmota;

enum { FORM_COMPONENTS_MAX = 256 }; /* as many as a description may have */

/* A root object of Home Assistant's device discovery under construction. After the first failure for want of memory all
 * that follows does nothing. */
struct form {
	json_t *root; /* owned until form_finish */
	json_t *components; /* borrowed from root */
	unsigned made;      /* how often a component was: loops over what a device lists end at FORM_COMPONENTS_MAX */
	bool failed;
};

/* Begins a form with its "device" and no components. Texts may be NULL or "": left out. */
void form_init(struct form *f, const char *name, const char *manufacturer, const char *model, const char *sw_version);

/* Hands the root over. Returns 0 or ERR_NOMEM: then *root_r is NULL. */
int form_finish(struct form *f, json_t **root_r);
/* Throws it away. */
void form_drop(struct form *f);

/* A new component, borrowed; platform as in Home Assistant, name NULL: the device's main feature. native: what the dialect calls
 * it, of which an id is made (form_id). One of the same id is replaced. NULL of a failed form, which all functions here bear. */
json_t *form_component(struct form *f, const char *native, const char *platform, const char *name);

/* Sets a key of a component (or of any object); value as jansson's makers give it, taken, NULL fails the form. */
void form_set(struct form *f, json_t *object, const char *key, json_t *value);
/* The same for a text made as by printf(3). */
void form_setf(struct form *f, json_t *object, const char *key, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* One more topic that tells whether the device is there. value_template may be NULL. */
void form_availability(struct form *f, const char *topic, const char *available, const char *unavailable,
		       const char *value_template);
/* With several: "all", "any" or "latest". */
void form_availability_mode(struct form *f, const char *mode);

/* One more message of "asks"; the message of "leave". */
void form_ask(struct form *f, const char *topic, const char *payload);
void form_leave(struct form *f, const char *topic, const char *payload);

/* An id of [A-Za-z0-9_-], 1..MODEL_ID_MAX: other characters become "_"; one that is too long or was all of those
 * ends in a hash of what it stands for, so that different names stay different. */
void form_id(char id_r[MODEL_ID_SIZE], const char *native);

/* Copies a text, cut between characters where it is longer than dst of size bytes. */
void form_fit(char *dst, size_t size, const char *text);

extern const struct dialect dialect_zigbee2mqtt, dialect_homie4, dialect_homie5;

#endif
