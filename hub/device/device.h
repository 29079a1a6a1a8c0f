/* A device and its entities in memory, as the house's thread owns them. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "db/store.h"
#include "device/discovery.h"
#include "device/entity.h"
#include "model/json_out.h"

struct command;
struct device;

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
	struct listener *listeners;  /* owned; about.report_count */
	int64_t series;              /* 0: none yet */
	struct state state;
	struct wall_ms at;           /* of state; 0 never */
	struct command *command;     /* under way, or NULL */
	bool garbled;                /* its last report made no sense: logged once per episode */
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
	char available[ENTITY_WORD_SIZE], unavailable[ENTITY_WORD_SIZE];

	enum presence presence;
	struct list grace; /* in house.graces while its last connection is gone and no status has come */
	struct mono_ms grace_until;
	bool grace_lost;      /* that connection died */
	unsigned connections; /* of clients that logged in as this device */
	bool awaited;         /* was online before the hub restarted */
	bool erasing;         /* nothing it says counts any more */
	bool seen_unsaved;    /* last_seen_at is newer than the store's */
	bool unbound;         /* has not logged in since it was enrolled */
	bool odd_status;      /* an unknown status was logged */
	struct mono_ms complain_at; /* a refused description is logged again from here on */
	struct mono_ms describe_from; /* start of the minute in which descriptions are counted */
	unsigned descriptions;        /* new ones in that minute */
	char *description_waiting;    /* the newest beyond what a minute may bring; owned, NULL for none */
};

/* A device from its record, whose strings are taken (*record is emptied). NULL without memory. */
struct device *device_create(struct device_record *record);
void device_destroy(struct device **device);

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

/* What people call it: its name, or its id while it has none. */
const char *device_name(const struct device *d);

/* Appends the device object of ports.h. */
void device_json(struct json_out *o, const struct device *d);

#endif
