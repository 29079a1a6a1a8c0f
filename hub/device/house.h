/* The house: the live model of all devices, owned by one thread.
 *
 * Others talk to it through its mailbox: the broker's workers (tap, clients coming
 * and going), the web's pool (house_port), enrolment. Life of a house:
 *   house_create, house_start (broker may run or not), …, web stopped,
 *   house_prepare_stop, broker_stop, house_stop, broker_destroy, house_destroy, store_close. */
#ifndef DEVICE_HOUSE_H
#define DEVICE_HOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/ports.h"

struct broker;
struct store;
struct house;
struct topic_rooms;

/* What the house tells main. On the house's thread; may block for some milliseconds
 * (reading the store), not longer. NULL slots are left out. */
struct house_callbacks {
	/* The set of devices or their credentials changed: rebuild the access table from the store. */
	void (*access_changed)(void *ctx);
	/* A device that has never been heard of before logged in: its provisioning key is used up. */
	void (*device_bound)(void *ctx, const char *device);
	/* Whether a client may publish to a topic, or else subscribe to it. Waits for no disk. */
	bool (*may)(void *ctx, const char *client, const char *topic, bool publish);
	/* Devices' topics are in other rooms (borrowed, compared with those before): guests hear by that. now: when it returns, nobody hears by
	 * the table before any more. Also from house_start. Returns 0, or ERR_NOMEM: it is told again. */
	int (*topics_changed)(void *ctx, struct topic_rooms *topics, bool now);
	/* A device is being erased and its access is gone: purge its retained messages and sessions. */
	void (*device_erased)(void *ctx, const char *device);
	/* A device's credentials are being revoked: no key may give it new ones. */
	void (*device_revoking)(void *ctx, const char *device);
	/* Nothing is the device any more, and its access is gone: purge as above. On the thread that has asked for it: returns when
	 * that is done. */
	void (*device_cut)(void *ctx, const char *device);
	void *ctx;
};

/* Where time comes from; tests bring their own. Any thread. */
struct house_clock {
	struct mono_ms (*mono)(void *ctx);
	struct wall_ms (*wall)(void *ctx);
	void *ctx;
};

struct house_config {
	struct store *store;   /* borrowed until house_destroy */
	struct broker *broker; /* borrowed until house_stop; may be NULL when nothing is published (tests) */
	struct live_port live;
	struct house_callbacks callbacks;
	struct house_clock clock; /* zeroed: the real one */
};

/* Reads devices, series and open alerts from the store (blocks). Returns 0, ERR_NOMEM or the store's error. */
int house_create(const struct house_config *config, struct house **house_r);

/* Taps the broker and starts the thread. Once. Returns 0 or the error of tap_add or thread_start. */
int house_start(struct house *house);

/* Any thread: the hub is about to stop. From now on devices that vanish do so because of us: no
 * offline states, no alerts. Their messages still count. */
void house_prepare_stop(struct house *house);

/* Handles what is in the mailbox, writes what is unsaved, waits for the writes and ends the thread. No port call
 * may be under way or come later (stop the web first). */
void house_stop(struct house *house);

/* After broker_destroy, whose taps lead here. NULL inside is fine; a house that was
 * never started too. */
void house_destroy(struct house **house);

/* The slots for the web; ctx is the house. Between house_start and house_stop. */
struct house_port house_port(struct house *house);
struct history_port house_history_port(struct house *house);
struct bundle_port house_bundle_port(struct house *house);

struct series;
/* Makes the series of a topic, or gives the one there is; the id is ignored. For imports; any thread but the house's, waits for the
 * house. Returns the id (> 0), or ERR_NOMEM, ERR_FULL. Between house_start and house_stop. */
int64_t house_make_series(struct house *house, const struct series *wanted);

/* The rest is for any thread and never blocks; strings are copied. Between house_create and house_destroy;
 * without memory the news is lost and logged. */

/* A client has logged in or is gone; from struct broker_events. reason: MQTT 5.0 reason code, 0 for a
 * clean DISCONNECT. User names that are no device's are ignored. */
void house_client_connected(struct house *house, const char *username, const char *client_id);
void house_client_disconnected(struct house *house, const char *username, const char *client_id, uint8_t reason);

/* From struct broker_events: a client of this user has acknowledged what was published from inside the hub. It counts when the
 * topic is a command's, and the user the device's. */
void house_message_arrived(struct house *house, const char *username, struct span topic);

/* Enrolment has stored a device, new or enrolled anew: the house reads the record, says access_changed and shows it. */
void house_device_enrolled(struct house *house, const char *device);

/* The same of a device whose place other hardware takes: what the one before has left with the broker is cleared, and nothing more that is said
 * of it counts until house_device_quiet. Waits for the house; any thread but the house's, between house_start and house_stop. */
void house_device_replaced(struct house *house, const char *device);

/* The device's hardware has taken another one's place: nothing is this device any more. Otherwise as above. */
void house_device_moved(struct house *house, const char *device);

/* The broker has nothing more of what was such a device: who speaks as it from now on is it. Waits as above. */
void house_device_quiet(struct house *house, const char *device);

/* Tells a device of ours to renew its credentials with this code. Waits for the house, as above. Returns 0, ERR_NOT_FOUND,
 * ERR_STATE (it is not there), ERR_UNSUPPORTED (it does not say that it can). */
int house_order_renewal(struct house *house, const char *device, const char *code);

/* A client's rights have changed, or it is new: what it describes is looked at again. gone: its devices go with it. */
void house_client_changed(struct house *house, const char *client, bool gone);

/* Opens an alert, e.g. kind "enrolment" when another device tried a used key. device: "" for none. Alerts of
 * kinds that nothing ends close by themselves after a day. */
void house_alert(struct house *house, const char *device, const char *kind, const char *text);
/* The same of the hub's own for what several may cause, each named in the text: one is open for each text, of some at most. */
void house_alert_each(struct house *house, const char *kind, const char *text);
/* Closes that alert, if one is open. */
void house_alert_over(struct house *house, const char *device, const char *kind);

struct house_stats {
	uint64_t messages;        /* heard from devices */
	uint64_t messages_lost;   /* dropped because the house had too much to do */
	uint64_t reports_refused; /* that did not fit their entity */
	uint64_t descriptions_refused; /* that came faster than a client may describe */
	uint64_t samples, samples_dropped;
};
/* Any thread. */
void house_stats_get(const struct house *house, struct house_stats *stats_r);

#endif
