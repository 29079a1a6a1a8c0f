/* The inside of the Zigbee2MQTT dialect, for its files. A device exposes "things" of several features (light, cover …) and
 * single values; each becomes a component. The vocabulary is that of zigbee-herdsman-converters, what becomes of it that of
 * Zigbee2MQTT's own extension for Home Assistant. */
#ifndef DIALECT_ZIGBEE2MQTT_H
#define DIALECT_ZIGBEE2MQTT_H

#include "dialect/dialect_private.h"

/* Bits of "access" of an expose. */
enum z2m_access {
	Z2M_PUBLISHED = 1,
	Z2M_SET = 2,
	Z2M_GET = 4,
};

/* A device or group under translation. */
struct z2m {
	struct form form;
	const char *base; /* Zigbee2MQTT's base topic */
	const char *name; /* the friendly name, which is part of the topics */
	json_t *gets;     /* owned: the properties that can be asked for, as the payload of such a question; NULL: better not asked */
};

/* ---- zigbee2mqtt_form.c ---- */

/* A component of its own: another id is taken when that of native is in use. name may be NULL, and is cut if it is too long. */
json_t *z2m_component(struct z2m *z, const char *native, const char *platform, const char *name);
/* A word of theirs for people: "window_detection" as "Window detection". name_r is also what is returned, as below. */
const char *z2m_title(const char *word, char name_r[MODEL_NAME_SIZE]);
/* The name of a feature for people, with its endpoint. */
const char *z2m_label(const json_t *feature, char name_r[MODEL_NAME_SIZE]);

/* Sets the topic on which the device reports. */
void z2m_state_topic(struct z2m *z, json_t *component, const char *key);
/* Sets the topic on which it is commanded. */
void z2m_command_topic(struct z2m *z, json_t *component, const char *key);
/* Both the topic of a report and the template that takes the property from it. */
void z2m_report(struct z2m *z, json_t *component, const char *topic_key, const char *template_key, const char *property);
/* Both the topic of a command and the template that writes the property; as a JSON string, or as it comes. */
void z2m_command(struct z2m *z, json_t *component, const char *topic_key, const char *template_key, const char *property);
void z2m_command_string(struct z2m *z, json_t *component, const char *topic_key, const char *template_key, const char *property);

/* What a feature has under a key; "" when that is no text. */
const char *z2m_text(const json_t *feature, const char *key);
/* Its bits of enum z2m_access. */
unsigned z2m_access(const json_t *feature);
/* Its key in reports and commands; NULL: none, or one that a template cannot name. */
const char *z2m_property(const json_t *feature);
/* Copies a number of the feature under our key. False: it has none. */
bool z2m_number(struct z2m *z, json_t *component, const char *key, const json_t *feature, const char *theirs);
/* Copies the list of its values, as texts; those that are too long or too many are left out. */
void z2m_choices(struct z2m *z, json_t *component, const char *key, const json_t *feature);
/* It can be asked for. */
void z2m_gettable(struct z2m *z, const json_t *feature);
/* Has the device asked for what it can tell; the gets are done with. */
void z2m_ask(struct z2m *z);

/* ---- the kinds of exposes ---- */

/* A thing of several features, and what of it is not part of a component as single values. False: it is none of those. */
bool z2m_thing(struct z2m *z, const json_t *expose, const json_t *exposes);
/* Climates and fans, which z2m_thing hands on; each makes one component. */
void z2m_climate(struct z2m *z, const json_t *expose);
void z2m_fan(struct z2m *z, const json_t *expose);
/* A feature of a thing by its name, or NULL. */
const json_t *z2m_feature(const json_t *expose, const char *name);
/* The features that are none of names (which ends with NULL), as single values. */
void z2m_rest(struct z2m *z, const json_t *expose, const char *const *names);

/* A single value: binary, numeric, enum, text, composite, list. */
void z2m_value(struct z2m *z, const json_t *expose);

/* What a value of a name is known to be. */
struct z2m_meaning {
	const char *name, *device_class, *state_class, *category; /* NULL for none */
};

/* Of a binary, numeric or enum of that name; NULL when nothing is known. Static. */
const struct z2m_meaning *z2m_meaning_of_binary(const char *name);
const struct z2m_meaning *z2m_meaning_of_numeric(const char *name);
const struct z2m_meaning *z2m_meaning_of_enum(const char *name);

#endif
