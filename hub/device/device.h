/* A device and its entities in memory, as the house's thread owns them. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "db/clients.h"
#include "db/store.h"
#include "device/discovery.h"
#include "device/due.h"
#include "device/entity.h"
#include "device/shadow.h"
#include "model/json_out.h"

struct command;
struct device;
struct dialect;

/* A report channel of an entity, waiting for what comes on its topic. */
struct listener {
	struct map_node node;      /* in device.by_topic if it is the first on its topic */
	struct listener *next;     /* others on the same topic */
	struct device_entity *entity;
	const struct channel *channel; /* of entity.about */
};

struct device_entity {
	struct list link;            /* in device.entities */
	struct device *device;
	struct entity about;
	char described_class[ENTITY_WORD_SIZE]; /* as the device says; that of about may be the owner's word */
	struct listener *listeners;  /* owned; about.report_count */
	int64_t series;              /* 0: none yet */
	struct state state;
	struct wall_ms at;           /* of state; 0 never */
	struct command *command;     /* under way, or NULL */
	struct shadow shadow;        /* owned */
	bool garbled;                /* its last report made no sense: logged once per episode */
	struct due off;              /* in house.going_off while it is ON and will be OFF by itself */
};

/* The class of an entity by the owner's word. */
struct given_class {
	char entity[MODEL_ID_SIZE], class[ENTITY_WORD_SIZE];
};

/* Something that was said of a device of others. */
struct device_part {
	struct list link;     /* in outsider.parts, in order of topic */
	char *topic, *payload; /* owned */
};

/* What a device of others has beyond what ours have: where it comes from, and how it is described. */
struct outsider {
	struct map_node node; /* in house.outsiders */
	struct device *device;
	char *key;            /* owned: its origin in one string */
	const struct dialect *dialect;
	struct list parts;    /* device_part.link */
	size_t part_count, part_bytes;
	struct device_alias *aliases; /* owned: as what its entities go on, where it has taken another one's place */
	size_t alias_count;
	uint64_t named;       /* the last message that named it (others_hear.c) */
	bool known;           /* has been described: it is in house.devices, and people see it */
	bool missed;          /* something was said of it while it was staying */
	struct list changed;  /* in house.changed while it is to be described anew */
	struct mono_ms changed_at, describe_at;
	struct description about; /* owned; without entities, which are the device's */
	int8_t says[DISCOVERY_AVAILABILITY_MAX]; /* of about.availability, as availability_read */
	size_t latest;        /* the one of them that spoke last */
	char **topics;        /* owned, and each of them: those listened to (ears.c) */
	size_t topic_count;
};

enum presence {
	PRESENCE_UNKNOWN, /* not heard since the hub started */
	PRESENCE_ONLINE,
	PRESENCE_OFFLINE,
};

struct device {
	struct map_node node; /* in house.devices, key: record.id */
	struct device_record record; /* as stored, or about to be; owned */
	struct list entities; /* device_entity.link, in the order described */
	size_t entity_count;
	struct map by_topic;  /* topic → first listener */
	struct given_class *classes; /* owned; also of entities that are not described for now */
	size_t class_count;
	char available[ENTITY_WORD_SIZE], unavailable[ENTITY_WORD_SIZE];

	enum presence presence;
	struct list grace; /* in house.graces while its last connection is gone and no status has come */
	struct mono_ms grace_until;
	bool grace_lost;      /* that connection died */
	uint8_t ended_by;     /* MQTT 5.0 reason code of how its, or its client's, last connection ended */
	unsigned connections; /* of clients that logged in as this device */
	bool awaited;         /* was online before the hub restarted */
	bool erasing;         /* nothing it says counts any more */
	bool staying;         /* for a moment alone: its replacement, or that by it, is being stored; what describes it is kept for afterwards */
	bool seen_unsaved;    /* last_seen_at is newer than the store's */
	unsigned cutting;     /* times that it was cut off, and what was on its way then may not have come yet: nothing it says counts */
	bool unbound;         /* has not logged in since it was enrolled */
	bool renewable;       /* it can renew its credentials when told to */
	bool odd_status;      /* an unknown status was logged */
	struct mono_ms complain_at; /* a refused description is logged again from here on */
	struct mono_ms describe_from; /* start of the minute in which descriptions are counted */
	unsigned descriptions;        /* new ones in that minute */
	char *description_waiting;    /* the newest beyond what a minute may bring; owned, NULL for none */
	char note[DISCOVERY_MESSAGE_SIZE]; /* what its description names and the hub does not follow; "" for nothing */
	struct outsider *other;       /* owned; NULL: a device of ours */
};

/* A device from its record, whose strings are taken (*record is emptied). NULL without memory. */
struct device *device_create(struct device_record *record);
void device_destroy(struct device **device);

/* outsider.c: makes the device one of others, as its record's origin says. Returns 0, ERR_UNSUPPORTED (no such dialect) or
 * ERR_NOMEM. */
int outsider_create(struct device *d);
void outsider_destroy(struct outsider **other);

/* The key of an origin, to be freed; NULL without memory. */
char *outsider_key(const char *client, const char *dialect, const char *native);

/* What was said on the topic, or NULL. */
struct device_part *outsider_part(const struct outsider *o, const char *topic);
/* Replaces it; an empty payload takes it away. *changed_r: it is other than before. Returns 0, ERR_NOMEM, or ERR_FULL beyond the
 * bounds of a device. */
int outsider_put(struct outsider *o, const char *topic, struct span payload, bool *changed_r);

/* Gives the entities described the ids under which they go on. */
void outsider_rename(const struct outsider *o, struct description *description);

/* Takes over the description (*description is emptied), whose entities the device has taken; topics that stay keep what they have said. */
void outsider_take(struct outsider *o, struct description *description);

/* Whether it is there, by what its topics have said: 1, 0, or -1 when nothing is known. */
int outsider_there(const struct outsider *o);

/* The entity with this id, or NULL. */
struct device_entity *device_entity(const struct device *d, const char *id);

/* Who listens to this topic, chained by next; NULL for nobody. */
struct listener *device_listeners(const struct device *d, struct span topic);

/* Told of each entity that is about to be freed, and of the one in whose place it
 * stood: same id and component; NULL when there is none. */
struct device_heirs {
	void (*replaced)(void *ctx, struct device_entity *old, struct device_entity *heir);
	void *ctx;
};

/* Replaces the entities by those described (their contents are taken); heirs get
 * state and series. Returns 0, or ERR_NOMEM: then the entities are as before. */
int device_set_entities(struct device *d, struct description *description, const struct device_heirs *heirs);

/* classes.c: gives the entity the class that was given to one of its id, if one of its kind can have it; else the described one. */
void device_apply_class(struct device_entity *e);
/* From now on the entity with this id has the class; "": the one that the device says. Returns 0, ERR_NOMEM or ERR_FULL. */
int device_give_class(struct device *d, const char *entity, const char *device_class);

/* What people call it: its name, or what it is called where it comes from, or its id. */
const char *device_name(const struct device *d);

/* Appends the device object of ports.h. */
void device_json(struct json_out *o, const struct device *d);

#endif
