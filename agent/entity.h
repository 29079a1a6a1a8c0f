/* What the device is made of, as people see it: sensors, binary sensors, switches
 * and lights, each with a stable id, a name and its last value. Main thread. */
#ifndef AGENT_ENTITY_H
#define AGENT_ENTITY_H

#include <stdbool.h>

#include "model/topics.h"

enum entity_kind {
	ENTITY_SENSOR,        /* a number on tele/<id> */
	ENTITY_BINARY_SENSOR, /* ON or OFF on state/<id> */
	ENTITY_SWITCH,        /* ON or OFF on state/<id>, commands on set/<id> */
	ENTITY_LIGHT,         /* Home Assistant's JSON schema on state/<id> and set/<id> */
};

/* What Home Assistant's vocabulary says of an entity; NULL where it says nothing. */
struct entity_class {
	const char *device_class, *state_class, *unit, *icon;
	int precision;   /* digits behind the point to show; -1 leaves it open */
	bool diagnostic; /* about the device itself rather than its surroundings */
};

struct entity {
	enum entity_kind kind;
	char id[MODEL_ID_SIZE];
	char name[MODEL_NAME_SIZE];
	const struct entity_class *class; /* borrowed, static */
	bool known;                       /* value is a good reading */
	double value;                     /* sensor: in class->unit; binary sensor: 0 or 1 */
};

enum { ENTITIES_MAX = 128 };

struct entities {
	size_t count;
	bool overfull; /* some were left out, which has been said */
	struct entity items[ENTITIES_MAX]; /* never move: drivers hold pointers */
};

/* Adds an entity. key becomes the id: lower case, what is no letter or digit turned
 * to '_', cut to 32 characters, numbered when another has it already. name is cut and made valid
 * UTF-8. class is borrowed and may be NULL. Returns NULL when the table is full. */
struct entity *entities_add(struct entities *entities, enum entity_kind kind, const char *key,
			    const char *name, const struct entity_class *class);

/* The entity with this id, or NULL. */
struct entity *entities_find(struct entities *entities, struct span id);

/* Sets the reading when it is a finite number in min..max, else forgets it. */
void entity_set(struct entity *entity, double value, double min, double max);

/* There is no good reading: nothing is published. */
void entity_forget(struct entity *entity);

#endif
