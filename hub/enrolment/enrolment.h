/* The enrolment desk: the hub's side of T1 over HTTP bodies (ENROLMENT.md), the provisioning keys and their
 * states, limits, and the devices that come of it. */
#ifndef ENROLMENT_ENROLMENT_H
#define ENROLMENT_ENROLMENT_H

#include "db/store.h"
#include "model/ports.h"

struct enrolment;

/* What the desk tells. Called on the thread of the port's slot, of enrolment_tick or of the store's writer, without locks held;
 * must not block for long. Each may be NULL. */
struct enrolment_events {
	/* A key's state: one line of JSON for the live event `key`, taken (free). */
	void (*key_changed)(void *ctx, char *json);
	/* The device's record and the hash of its token are in the store. Called before the device
	 * learns its token, also when a repeated exchange has replaced the token: load the credentials anew. */
	void (*device_enrolled)(void *ctx, const char *device_id);
	/* Something a person should know: a second device tried to use a key. */
	void (*alert)(void *ctx, const char *text);
	void *ctx;
};

struct enrolment_config {
	struct store *store;          /* borrowed */
	const char *state_dir;        /* where identity.key lies */
	const char *hub_id, *ca_pem;  /* borrowed */
	const char *const *endpoints; /* borrowed; "mqtts://host:port", most reachable first; NULL-terminated */
	uint16_t mqtts_port, http_port; /* http_port goes into the QR text; 0 when HTTP is off: then https_port does */
	uint16_t https_port;
	struct enrolment_events events;
	struct wall_ms (*now)(void *ctx); /* NULL: clock_wall; tests inject theirs */
	void *now_ctx;
};

/* Loads (or makes, at first start) the hub's Ed25519 identity in <state_dir>/identity.key (0600, 32 bytes) and the live keys. Blocks
 * on disk and store. message_r: a sentence for people on failure. Returns 0, ERR_DAMAGED (identity.key), ERR_NOMEM, or an error of
 * file or store. */
int enrolment_create(const struct enrolment_config *config, struct enrolment **desk_r, char message_r[256]);

/* After the web has stopped; before the store is closed. */
void enrolment_destroy(struct enrolment **desk);

/* The port for the web; ctx is the desk. */
struct enrol_port enrolment_port(struct enrolment *desk);

/* The device has logged in with its token: its key becomes BOUND and its psk is wiped. Any thread; does not block (the
 * store writes later). Devices without a claimed key are none of its business. */
void enrolment_bound(struct enrolment *desk, const char *device_id);

/* The device was erased or revoked: a key that it claimed and never used ends as REVOKED. Any thread; does not block. */
void enrolment_device_gone(struct enrolment *desk, const char *device_id);

/* Ends keys whose time is over and forgets stale exchanges; call about once a second from one thread. Does not block. (A key that is
 * over is refused at once, whether this has run or not.) */
void enrolment_tick(struct enrolment *desk);

#endif
