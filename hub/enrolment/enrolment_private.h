/* The inside of the desk, for the files that implement it. */
#ifndef ENROLMENT_ENROLMENT_PRIVATE_H
#define ENROLMENT_ENROLMENT_PRIVATE_H

#include "base/list.h"
#include "enrolment/enrolment.h"
#include "enrolment/identity.h"
#include "enrolment/limits.h"
#include "enrolment/pending.h"
#include "thread/thread.h"

enum {
	KEYS_LIVE_MAX = 64,
	KEY_TTL_DEFAULT_S = 15 * 60,
	KEY_TTL_MIN_S = 60,
	KEY_TTL_MAX_S = 24 * 3600,
	KEY_TTL_UNAPPROVED_S = 3600, /* longer ones need an approval */
	TOKEN_TEXT_SIZE = 65,        /* 32 bytes in hexadecimal, with terminator */
	KID_TEXT_SIZE = 2 * ENROL_KID_BYTES + 1,
};

struct saving;

/* Who holds a key. */
struct key_hold {
	enum key_state state;
	uint8_t device_identity[32];
	char device_id[MODEL_ID_SIZE];
};

/* A key that lives, or whose end is not on the disk yet. */
struct key {
	struct list link; /* enrolment.keys */
	struct enrolment *desk;
	struct key_record record;
	struct saving *watcher; /* waits for its end to be on the disk; NULL: nobody does */
	bool saving;            /* its end is being written: the writer's callback frees it */
	bool unsaved;           /* that failed: tick tries again */
	bool forgotten;         /* its device was erased: no more tries */
	struct meter alerts;    /* about other devices that try it */
	struct key_hold before; /* what the store has of it while claims are under way */
	unsigned claims;        /* that the store was handed and has not told the end of */
};

struct enrolment {
	/* constant after create */
	struct enrolment_config config;
	struct identity identity;

	/* "enrolment": guards all below. Never held while the store, a callback or
	 * cryptography is waited for; handing the store a write under it keeps the store's
	 * order that of our decisions. */
	struct lock lock;
	pthread_cond_t idle;   /* writes has become 0 */
	size_t writes;         /* under way whose callback needs the desk */
	struct list keys;      /* key.link */
	struct pending pending;
	struct meter steps;    /* M1 of live keys, from all addresses */
	struct address_meters addresses;
	struct meter refusals; /* told to log and audit */
	uint64_t untold;       /* refusals since the last one told */
};

/* ---- keys.c: the keys in memory. Under the lock but where said otherwise. */

/* Whether devices may still use it. */
static inline bool key_state_is_live(enum key_state state)
{
	return state == KEY_NEW || state == KEY_CLAIMED;
}

/* A key by its id; NULL when it is not live. */
struct key *key_find_live(struct enrolment *desk, const uint8_t kid[ENROL_KID_BYTES]);

/* Whether its time is over, though tick may not have noticed. */
bool key_is_over(struct enrolment *desk, const struct key *key);

size_t key_count_live(struct enrolment *desk);

/* Adds a live key. Returns 0 or ERR_NOMEM. */
int key_add(struct enrolment *desk, const struct key_record *record);

/* Revokes the live keys by which something gets, or has got, this device's credentials: those made before the one with this kid, so that of two
 * made at once the newer stays (NULL: all). wait: until that is on the disk, where keys are listed from; on error they are revoked all the same. Not under the lock. */
void keys_supersede(struct enrolment *desk, const char *device, const uint8_t kid[ENROL_KID_BYTES], bool wait);

/* Takes a key off the list, wipes and frees it. */
void key_remove(struct key *key);

/* Ends a live key as BOUND, EXPIRED or REVOKED: wipes its secret and exchanges and hands the
 * store the write. The key is not the caller's any more; ended_r gets a copy of its record, without secret.
 * watcher (may be NULL) is told when it is on the disk. */
void key_end(struct key *key, enum key_state state, struct saving *watcher, struct key_record *ended_r);

/* A live key is about to be claimed, or held for a device that awaits approval, and the store to be handed that. */
void key_claim_begin(struct key *key);

/* The store has told how that ended. One that it has not taken leaves the key to whom it was, unless another claim has been quicker.
 * Returns whether the key has got further by it: the first claim that is on the disk. */
bool key_claim_end(struct key *key, int err);

/* Hands the store the ends that could not be written. */
void keys_save_unsaved(struct enrolment *desk);

/* Why a key that is not live is refused, as the store remembers it: ERR_EXPIRED, ERR_DENIED (used or revoked),
 * ERR_NOT_FOUND or the store's error. Blocks; not under the lock. */
int key_why_dead(struct enrolment *desk, const uint8_t kid[ENROL_KID_BYTES]);

/* ---- saving: a write that is handed over under the lock and waited for outside. */

struct saving {
	struct waiter waiter;
	int err;
};

/* What to hand the store; s lives until saving_wait or saving_cancel. */
struct store_done saving_begin(struct saving *s);

/* Blocks until the write is done. Returns its result. Not under the lock. */
int saving_wait(struct saving *s);

/* Ends one whose write was not taken. */
void saving_cancel(struct saving *s);

/* The writer's callback, also for whoever tells a watcher. */
void saving_done(void *ctx, int err);

/* ---- tell.c: events, audit, log. Not under the lock. */

void tell_key(struct enrolment *desk, const struct key_record *record);

void tell_enrolled(struct enrolment *desk, const struct enrolment_news *news);

/* An audit line about a key. who: account, device id or address. The detail must hold
 * no name of a device: an erased device takes only its own lines along. */
void tell_audit(struct enrolment *desk, const char *who, const char *event, const struct key_record *record);

/* A step that was refused. kid: NULL when unknown. Rarely enough that nobody fills the log. */
void tell_refused(struct enrolment *desk, const char *address, const uint8_t *kid, int err);

/* Another device than the one that holds the key has tried it. */
void tell_second_device(struct enrolment *desk, const char *address);

/* ---- the slots of the port */

int enrolment_key_new(void *ctx, const struct enrol_key_request *request, struct buf *json);
int enrolment_renew(void *ctx, const char *device, const char *by, struct buf *json);
int enrolment_keys(void *ctx, struct buf *json);
int enrolment_key_revoke(void *ctx, const char *kid_hex);
int enrolment_key_approve(void *ctx, const char *kid_hex);
int enrolment_step1(void *ctx, const char *address, struct span m1, struct buf *reply);
int enrolment_step2(void *ctx, const char *address, struct span m3, struct buf *reply);

/* ---- small things */

static inline struct mono_ms desk_mono(const struct enrolment *desk)
{
	return desk->config.clock.mono(desk->config.clock.ctx);
}

static inline struct wall_ms desk_wall(const struct enrolment *desk)
{
	return desk->config.clock.wall(desk->config.clock.ctx);
}

/* "new", "claimed", … */
const char *key_state_name(enum key_state state);

/* Wipes a buffer that held a secret, and frees it. */
void wipe_buf(struct buf *b);

/* answer.c: the body of M4. token: TOKEN_TEXT_SIZE. Returns 0 or ERR_NOMEM. */
int answer_make(const struct enrolment *desk, const char *device_id, const char *token, struct buf *body);

#endif
