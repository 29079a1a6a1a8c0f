/* The inside of the house, shared by the files of this room only. All of it runs
 * on the house's thread unless said otherwise. */
#ifndef DEVICE_HOUSE_PRIVATE_H
#define DEVICE_HOUSE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "alert/alerts.h"
#include "base/list.h"
#include "base/map.h"
#include "db/clients.h"
#include "device/device.h"
#include "device/flood.h"
#include "device/house.h"
#include "ingest/rules.h"
#include "ingest/sampler.h"
#include "model/topic_rooms.h"
#include "thread/mailbox.h"

enum {
	HOUSE_RETURN_MS = 60000, /* a device that was online before a restart may take this long to come back */
	HOUSE_GRACE_MS = 10000,  /* from the end of a device's last connection until it counts as gone without a status */
	HOUSE_SWEEP_MS = 60000,  /* between writes of when devices were last heard */
	HOUSE_LOOK_MS = 5000,    /* between looks at the disk and at values that have grown old */
	HOUSE_COMMAND_MS = 10000, /* from sending a command until it expires, but for what moves (command.c) */
	HOUSE_ALERT_MS = 24 * 3600 * 1000, /* life of an alert that nothing ends */
	HOUSE_ALERTS_EACH = 16, /* open at once of a kind that several may cause: whose is the seventeenth is in the log */
	HOUSE_QUEUE_MAX = 65536, /* messages that may wait for the house; readings only half of that */
};

struct house {
	/* Set before the thread starts. */
	struct house_config config;
	struct mailbox box;
	pthread_t thread;
	bool started;

	/* The house thread's own. */
	struct map devices;      /* device.node: all that people see */
	struct map outsiders;    /* outsider.node: devices of others, also those that are not described yet */
	struct map ears;         /* ears.c */
	struct list filters;     /* those of them that have wildcards */
	size_t filter_count;
	struct list changed;     /* outsider.changed */
	struct mono_ms crowded_at; /* that a client has too many devices is logged again from here on */
	struct mono_ms announce_at, announced_at; /* birth.c; announce_at INT64_MAX: not asked for */
	uint64_t tellings;       /* messages that describe devices of others */
	struct topic_rooms *topics; /* topics.c: as the broker has them; NULL: not told yet. A reference */
	bool topics_under_way;      /* the broker was told, and nobody waited until it goes by them */
	struct mono_ms topics_at, topics_told; /* they are to be looked at then (INT64_MAX: they are as told), and were last */
	struct list commands;    /* command.due (device/due.h): all that are open */
	struct list graces;      /* device.grace, in order of grace_until */
	struct list going_off;   /* device_entity.off (device/due.h) */
	struct sampler *sampler; /* its counters are for any thread */
	struct rules *rules;
	struct alerts *alerts;
	struct bundles *bundles;
	int64_t last_command_id;
	struct mono_ms return_by, sweep_at, look_at; /* INT64_MAX: nothing to do */
	bool disk_full;                              /* at the last look, or since the one before */
	uint64_t disk_refusals;                      /* until the last look */
	size_t calls;            /* port calls that wait for the store */
	bool stopping, closed;   /* closed: mail is freed, not handled */
	int load_err;            /* of the callback while loading */

	/* Any thread. */
	_Atomic bool leaving;    /* the hub is about to stop */
	_Atomic size_t queued;   /* messages in the mailbox */
	_Atomic bool overloaded; /* messages are being dropped: logged once */
	_Atomic bool rules_name_own; /* some rule wants topics of our own devices */
	_Atomic uint64_t messages, messages_lost, reports_refused, descriptions_refused;
	struct flood flood;      /* has its own lock */
	struct dialect_ear *dialect_ears; /* taps.c; constant once made */
};

static inline struct mono_ms house_mono(const struct house *h)
{
	return h->config.clock.mono(h->config.clock.ctx);
}

static inline struct wall_ms house_wall(const struct house *h)
{
	return h->config.clock.wall(h->config.clock.ctx);
}

/* A message, for who listens. */
struct heard {
	struct span topic, payload; /* borrowed */
	struct wall_ms at;
	bool retained, will;
	const struct dialect *dialect; /* of what describes; else NULL */
	const char *sender;            /* with it: the user name */
};

/* house.c: the device with this id, or NULL; one that is being erased is not found. */
struct device *house_device(const struct house *h, struct span id);
/* Makes a device of a record (strings taken), described as stored. Returns NULL without memory. */
struct device *house_add_device(struct house *h, struct device_record *record);
/* Tells the browsers all about a device. */
void house_show(struct house *h, const struct device *d);
/* A `done` for writes whose failure is only worth a log line; what: static string. */
struct store_done house_unwatched(const char *what);

void house_show_gone(struct house *h, const char *device);
/* Opens an alert, unless one of that kind is open for the device ("" for none). */
void house_open_alert(struct house *h, const char *device, const char *kind, const char *text);
/* One for each text, of some at most. */
void house_open_alert_each(struct house *h, const char *kind, const char *text);

/* taps.c: ctx is the house. For devices, and for a rule's filter: returns as tap_add. */
int house_tap(struct house *h);
int house_tap_rule(struct house *h, const char *filter);
void house_untap_rule(struct house *h, const char *filter);
/* For a topic of devices of others; the retained message comes (again). Returns as tap_add. */
int house_tap_topic(struct house *h, const char *topic);
void house_untap_topic(struct house *h, const char *topic);

/* ears.c: listens to what a device of others is described to say, and no more to what it was before. */
void house_listen(struct house *h, struct device *d);
void house_unlisten(struct house *h, struct device *d);
/* The devices that listen to what this names, a topic or a filter; valid until the next change. */
struct device *const *house_ears(const struct house *h, struct span topic, size_t *count_r);
/* Calls hears for each device that listens to the topic; filter: through which with wildcards (valid as the device's description), NULL: it names the
 * topic. None of them may begin or cease to listen meanwhile. */
typedef void house_ear_hears(void *ctx, struct device *d, const char *filter);
void house_ears_each(const struct house *h, struct span topic, house_ear_hears *hears, void *ctx);
/* At the end, when no tap leads here any more. */
void house_clear_ears(struct house *h);

/* inbox.c: takes up what the store has of a device that was enrolled, or again; NULL: it cannot, which is logged. */
struct device *house_read_device(struct house *h, const char *id);

/* port.c: clears what the device has left in the broker, published and not only purged, so that others who follow its description
 * (Home Assistant) learn that it is gone. Topics that others use, too, stay. */
void house_clear_topics(struct house *h, const struct device *d);
/* It is to leave the network that its gateway keeps. */
void house_send_away(struct house *h, const struct device *d);

/* others.c: which devices of others there are. */
struct device *house_outsider(const struct house *h, const struct device_origin *origin);
/* The one with this id, also when nobody sees it since it has taken itself away, or it is being erased; NULL: none. */
struct device *house_any_outsider(const struct house *h, const char *id);
/* Whether the client ("": the owner) may have one more, which is logged if not. One that invents names takes nobody else's room. */
bool house_has_room_for(struct house *h, const char *client);
/* One that nobody sees yet; the record's strings are taken. NULL: it cannot be, which is logged. */
struct device *house_make_outsider(struct house *h, struct device_record *record);
void house_unmake_outsider(struct house *h, struct device *d);
/* One from the store (the record's strings are taken); and then what was said of all of them. */
int house_add_outsider(struct house *h, struct device_record *record);
int house_load_outsiders(struct house *h);
/* At the end: frees those that are not in house.devices. */
void house_forget_outsiders(struct house *h);
/* The device is about to be destroyed: it listens no more and is found no more by its origin. */
void house_drop_outsider(struct house *h, struct device *d);

/* others_hear.c: a message that describes some. */
void house_hear_description(struct house *h, const struct heard *heard);
/* What the owner describes: a new device of this origin, or another description of it. Returns 0, ERR_FULL, ERR_NOMEM, or why it
 * cannot be read (message_r of DISCOVERY_MESSAGE_SIZE), and it is as before. */
int house_describe_by_hand(struct house *h, const struct device_origin *origin, struct span form, struct device **device_r,
			   char *message_r);

/* others_describe.c: what they are. */
struct house_gate {
	struct house *house;
	const char *client; /* "": the owner, who may all */
};
/* A topic_gate's refuse, of a struct house_gate: a description leads nowhere where who described may not go. */
const char *house_refuse_foreign(void *gate, const char *topic, enum topic_use use);
/* Takes its parts for what it is from now on. Returns 0 or why it stays as it was (message of DISCOVERY_MESSAGE_SIZE). */
int house_describe_outsider(struct house *h, struct device *d, char *message);
void house_store_parts(struct house *h, const struct device *d);
/* It is another one from now on, of which this was known until now (others_replace.c): takes it for what that one has said. */
void house_describe_again(struct house *h, struct device *d, enum presence presence);
/* One of others is to be described from its parts as soon as nothing more is said of it for a moment. */
void house_mark_changed(struct house *h, struct device *d);
/* Takes up those that have changed. */
void house_describe_changed(struct house *h, struct mono_ms now);
struct mono_ms house_describe_deadline(const struct house *h);
/* Looks again at all that this client has described: its rights have changed, or (gone) nothing of it counts any more. */
void house_redescribe(struct house *h, const char *client, bool gone);
/* Makes it report its state. */
void house_ask(struct house *h, const struct device *d);

/* topics.c: what guests hear on MQTT. Topics of a device, or where it is, have changed: the broker is told soon. */
void house_note_topics(struct house *h);
/* It is told at once. now: and waited for; not before the broker runs. Returns 0 or ERR_NOMEM: then it is told soon. */
int house_tell_topics(struct house *h, bool now);
void house_topics_turn(struct house *h, struct mono_ms now);

/* recording.c: the rules for topics that are no device's. */
int house_load_rules(struct house *h);
/* Listens to what they want. Returns 0 or the error of tap_add. */
int house_tap_rules(struct house *h);

/* describe.c: what a device says about itself, now or before the restart. */
void house_described(struct house *h, struct device *d, struct span payload, bool retained);
void house_describe_stored(struct house *h, struct device *d);
/* What the entity's series is, as far as its description tells. */
void house_series_of(const struct device_entity *e, struct series *series_r);
/* Makes the device what is described: entities, series and what is said of the device itself. The description's entities are
 * taken. first: it may name the device, and say in which room it is. Returns 0, or ERR_NOMEM: then all is as before. */
int house_take_description(struct house *h, struct device *d, struct description *description, bool first);
/* Logs what is wrong with its description, now and then. */
void house_complain(struct house *h, struct device *d, const char *message);
/* Whether it may be described anew now, as it has not been too often of late; counts. */
bool house_may_describe(struct house *h, struct device *d);
/* Takes the descriptions that came too often, once their minute is over. */
void house_describe_waiting(struct house *h);

/* classes.c: what entities are by the owner's word. */
int house_load_classes(struct house *h);

/* hear.c: a message on one of our devices' topics, or on one that devices of others listen to. */
void house_hear(struct house *h, const struct heard *heard);
void house_hear_topic(struct house *h, const struct heard *heard);
/* The device id in homeassistant/device/<id>/config; empty for any other topic. */
struct span house_described_device(struct span topic);
/* A binary sensor that tells only ON is OFF some time after that: notes when, or that there is nothing to wait for. */
void house_expect_off(struct house *h, struct device_entity *e);
void house_off_turn(struct house *h, struct mono_ms now);
struct mono_ms house_off_deadline(const struct house *h);
/* Forgets values that are too old to be true. */
void house_expire_values(struct house *h);

/* birth.c: Home Assistant has started. */
void house_hear_birth(struct house *h, const struct heard *heard);
void house_announce_turn(struct house *h, struct mono_ms now);

/* availability.c: who is there. */
void house_status(struct house *h, struct device *d, const struct heard *heard);
/* A message on a topic of a device of others: perhaps it tells whether it is there. */
void house_availability(struct house *h, struct device *d, const struct heard *heard, struct template_input *in);
/* Its credentials hold no more: it is not there, whatever its connection does. */
void house_cut(struct house *h, struct device *d, enum parting parting);
/* It spoke, so it is there. */
void house_present(struct house *h, struct device *d);
void house_connected(struct house *h, const char *username);
void house_disconnected(struct house *h, const char *username, uint8_t reason);
/* Ends the graces that are over, and once the patience with devices from before a restart. */
void house_availability_turn(struct house *h, struct mono_ms now);
/* Writes when devices were last heard. */
void house_save_seen(struct house *h);

/* command.c */
/* As house_port.command, without waiting. */
int house_command(struct house *h, const struct house_command *command, struct buf *json);
/* The same, with the entity found: only value, by, wait and cause of the command count. */
int house_command_entity(struct house *h, struct device_entity *e, const struct house_command *command, struct buf *json);
/* As house_port.cancel, without waiting. */
int house_command_cancel(struct house *h, const struct house_cancel *cancel, struct buf *json);
/* The entity has reported its state: perhaps what was asked for. */
void house_command_report(struct house *h, struct device_entity *e);
/* A client of this user has acknowledged what the hub published on this topic. */
void house_command_arrived(struct house *h, const char *username, struct span topic);
/* The device is there again: what waits for it is sent. */
void house_command_back(struct house *h, struct device *d);
/* command_load.c: takes up what waited when the hub stopped; devices and descriptions are there. Before the thread starts. */
int house_load_commands(struct house *h);
/* Ends the command under way at an entity that goes; moves it to its heir (NULL: fails it, reason: static string). */
void house_command_move(struct house *h, struct device_entity *e, struct device_entity *heir, const char *reason);
/* For device_heirs: the command under way fails. ctx: the house. */
void house_command_gone(void *ctx, struct device_entity *old, struct device_entity *heir);
void house_command_turn(struct house *h, struct mono_ms now);
struct mono_ms house_command_deadline(const struct house *h);
/* Frees all commands without a word. */
void house_command_clear(struct house *h);

/* reported.c: what entities reported last, for the time after a restart. */
/* Takes it up; devices, descriptions and series are there. Before the thread starts. */
int house_load_reported(struct house *h);
/* Writes what has changed of it. all: also numbers that their series have, and states that came again. */
void house_keep_reported(struct house *h, bool all);

/* many.c */
/* As house_port.command_many, without waiting. */
int house_command_many(struct house *h, const struct house_many *many, struct buf *json);

/* bundle_port.c: groups and scenes. */
int house_load_bundles(struct house *h);
/* The device was moved to another room, or is being erased: who follows groups and scenes that name it is told. */
void house_bundles_moved(struct house *h, const char *device);
void house_bundles_forget(struct house *h, const char *device);

#endif
