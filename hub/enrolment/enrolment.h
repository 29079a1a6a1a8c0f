/* The enrolment desk: provisioning keys and the hub's side of protocol T1, over
 * lib/enrol (which computes) and the store (which remembers). It decides which device
 * may have which key, gives it an id and a token, and burns the key at its first login.
 *
 * Threads: the slots of the port run on the web's pool threads and may block on the
 * store; enrolment_bound and enrolment_device_erased come from any thread and never block. */
#ifndef ENROLMENT_ENROLMENT_H
#define ENROLMENT_ENROLMENT_H

#include "db/store.h"
#include "model/ports.h"

struct enrolment;

/* Who has been let in. */
struct enrolment_news {
	const char *device_id;
	bool replaced;     /* the device was there, and this is other hardware: nothing that the one before has left holds any more */
	const char *moved; /* the device that this hardware was before and is no more; NULL: none */
};

/* What the desk tells. On the thread of whoever called the desk, never under its lock; must
 * not call the desk. NULL slots are left out. */
struct enrolment_events {
	/* A key has come or changed: {"kid":"<hex>","state":"new|claimed|bound|expired|revoked",
	 * "device":"<id>"|null}. json is taken (free). Must not block. */
	void (*key_changed)(void *ctx, char *json);
	/* A device is in the store, new or with a new token, and gets its answer once this
	 * returns: it may log in at once. Web-pool threads; may block. */
	void (*device_enrolled)(void *ctx, const struct enrolment_news *news);
	/* The device is to renew its credentials with this code. Web-pool threads; may block. Returns 0, ERR_UNSUPPORTED (it
	 * cannot) or ERR_STATE (it is not there). */
	int (*order_renewal)(void *ctx, const char *device_id, const char *code);
	/* Something the owner should see; text is for people and borrowed. Must not block for long. */
	void (*alert)(void *ctx, const char *text);
	void *ctx;
};

/* Where time comes from; tests bring their own. Any thread. */
struct enrolment_clock {
	struct mono_ms (*mono)(void *ctx);
	struct wall_ms (*wall)(void *ctx);
	void *ctx;
};

struct enrolment_config {
	struct store *store;   /* borrowed until enrolment_destroy, like all that follows */
	const char *state_dir; /* where identity.key lies; read by enrolment_create only */
	struct hub_info hub;   /* hub_id, ca_pem, http_port are used */
	const char *const *endpoints; /* for devices: "mqtts://host:8883", best first; NULL-terminated */
	struct enrolment_events events;
	struct enrolment_clock clock; /* zeroed: the real one */
};

/* Reads the hub's identity, or makes it at the first start, and the live keys (blocks).
 * On failure message_r is a sentence for people. Returns 0, ERR_NOMEM, ERR_DAMAGED or ERR_DENIED
 * (identity.key), ERR_TOO_LARGE (CA and endpoints do not fit into an answer), or the error of the disk. */
int enrolment_create(const struct enrolment_config *config, struct enrolment **enrolment_r, char message_r[256]);

/* Waits for writes under way and wipes all secrets. No caller may be inside any more;
 * the store must still be open. */
void enrolment_destroy(struct enrolment **enrolment);

/* The slots for the web; ctx is the desk. */
struct enrol_port enrolment_port(struct enrolment *desk);

/* The device has logged in with its token: its key is burnt. Any thread, never blocks. */
void enrolment_bound(struct enrolment *desk, const char *device_id);

/* The device is being erased: its live keys die with it, or it could enrol again. Call before or
 * after the store's erasure, which takes the keys' rows. Any thread, never blocks. */
void enrolment_device_erased(struct enrolment *desk, const char *device_id);

/* The device's credentials are about to be revoked: so are the keys by which it could get new ones, and those for its place. Call before the
 * store is told. Any thread, never blocks. */
void enrolment_device_revoked(struct enrolment *desk, const char *device_id);

/* Expires keys, forgets exchanges that nobody ended, and repeats writes that failed.
 * About once a second, from one thread; never blocks. */
void enrolment_tick(struct enrolment *desk);

#endif
