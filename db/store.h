/* The store: the sole door to what tomte keeps on disk. hub.db holds accounts,
 * web sessions, API tokens, devices, provisioning keys and alerts. Series and samples have a facade of
 * their own, history.h; the owner's rules for foreign topics have rules.h.
 *
 * Threads. Any thread but a broker's may call. Readers run on the caller's
 * thread with a connection from a small pool. All writing is done by one
 * writer thread in group commits (what arrived while the last commit ran goes
 * into the next one). A writing function takes a `const struct store_done *done`:
 * NULL blocks until the write is durable and returns its result; otherwise the
 * arguments are copied, the function returns at once (0 or ERR_NOMEM, ERR_CLOSED, ERR_FULL when
 * 65536 writes wait, or the code of an argument that is wrong in itself), and
 * done->fn is called on the writer thread after the commit. Writes of one
 * thread are applied in the order they were made. Any write may end in ERR_DISK_FULL, ERR_IO
 * or ERR_DAMAGED: then nothing of it is on the disk, and later ones are tried anew.
 *
 * What an `each` function is given is valid during the call. It may call the store
 * (a read connection more is used then) but should not erase: the files cannot be wiped
 * clean under the eyes of a reader.
 *
 * Texts are UTF-8. Ids of devices, entities and areas as in model/topics.h. */
#ifndef DB_STORE_H
#define DB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/command.h"
#include "model/parting.h"
#include "model/rooms.h"
#include "model/topics.h"
#include "model/verifier.h"

struct store;

struct store_done {
	/* On the writer thread, after the commit or its failure; must not block
	 * and must not call blocking store functions. */
	void (*fn)(void *ctx, int err);
	void *ctx;
	bool patient; /* nobody waits for the answer: it may come some seconds later, with others */
	/* store_append only: NULL, or as many as samples, of which those are set that are left out before fn
	 * is called. Borrowed until then. */
	bool *left_out;
};

/* ---- opening ---------------------------------------------------------- */

struct disk;

struct store_options {
	const char *state_dir;
	const char *database;    /* connection string of a PostgreSQL server for history; NULL or "": kept in state_dir */
	const struct disk *disk; /* what the journal writes to; NULL: the system's */
	size_t segment_bytes;    /* of the journal's files; 0: JOURNAL_SEGMENT_BYTES. Small ones let a test use them up */
};

/* Opens or creates the databases in state_dir (0700; files 0600), checks
 * their integrity quickly, applies missing migrations each in one transaction (a copy of the file as it was stays beside it), takes
 * up what the journal holds and starts the store's threads. message_r receives a sentence for people on failure (512 bytes).
 * Returns 0, ERR_NEWER (schema newer than this program: exit 78), ERR_DAMAGED, ERR_UNSUPPORTED (database),
 * ERR_DISK_FULL, ERR_DENIED, ERR_BUSY (another hub uses the directory) or ERR_IO. */
int store_open(const struct store_options *options, struct store **store_r, char message_r[512]);

/* Commits what is pending, seals it if that can be done, stops the threads and closes. */
void store_close(struct store **store);

/* What the owner should know: a disk that is full ("disk"), damage ("damage"), a database server out of reach
 * ("database"), a backup that failed ("backup"). */
struct store_events {
	/* text is a sentence or two for people; NULL: it is over. On a thread of the store; must not block or
	 * call the store. kind is a static string. */
	void (*alert)(void *ctx, const char *kind, const char *text);
	void *ctx;
};
/* Sets who is told, and tells what is wrong already. Any thread. */
void store_events_set(struct store *s, const struct store_events *events);

/* ---- devices (hub.db) -------------------------------------------------- */

/* Of a device that others have described: who, in which dialect, and what it is called there. */
struct device_origin {
	char client[MODEL_ID_SIZE]; /* MQTT user name; "": made by hand */
	char dialect[24];           /* "": a device of ours, which was enrolled */
	char native[128];
};

struct device_record {
	char id[MODEL_ID_SIZE];
	char name[MODEL_NAME_SIZE];
	char area[MODEL_NAME_SIZE]; /* room; "" for none */
	char model[MODEL_NAME_SIZE], manufacturer[MODEL_NAME_SIZE], sw_version[64];
	uint8_t identity[32];   /* Ed25519 public key of enrolment; zeroed: of others, or its credentials were revoked */
	uint8_t token_hash[32]; /* BLAKE2b-256 of the MQTT token; zeroed: of others */
	struct scram_verifier scram; /* of the same token; zeroed: none, the token is older than verifiers */
	bool revoked;
	bool online;             /* as last reported */
	bool lost;               /* offline because its connection died, not by a clean stop */
	struct wall_ms enrolled_at, last_seen_at;
	struct wall_ms changed_at; /* when it came or went */
	enum parting parting;      /* how it went last */
	struct device_origin origin;
	char *discovery; /* last discovery payload, NUL-terminated JSON; NULL for none. Owned by
	                  * whoever got the record from a reader: device_record_finish. */
};

/* Frees the discovery that a reader gave; NULL and zeroed are fine. */
void device_record_finish(struct device_record *d);

/* Calls each for every device, in order of id; the record is the store's. Reader. */
int store_device_each(struct store *s, void (*each)(void *ctx, const struct device_record *d), void *ctx);
/* The device with the id; device_record_finish it. Reader. Returns 0 or ERR_NOT_FOUND (*d_r is zeroed then). */
int store_device_get(struct store *s, const char *id, struct device_record *d_r);

/* Insert or replace everything of the device but its discovery when that is NULL, and its origin. Writer. */
int store_device_put(struct store *s, const struct device_record *d, const struct store_done *done);

/* What the house learns as devices speak. NULL leaves a field as it is. Writer. ERR_NOT_FOUND;
 * ERR_TOO_LARGE when a text is longer than its field in device_record. */
struct device_change {
	const char *name, *area, *model, *manufacturer, *sw_version, *discovery;
	const bool *online, *lost, *revoked;
	const struct wall_ms *last_seen_at, *changed_at;
	const enum parting *parting;
};
int store_device_change(struct store *s, const char *id, const struct device_change *change, const struct store_done *done);

/* Takes identity and credentials from a device of ours: nobody can log in as it until other hardware takes its place. Its
 * history and all else stay. Writer. ERR_NOT_FOUND. */
int store_device_disown(struct store *s, const char *id, const struct store_done *done);

/* Erases a device with its series, samples, alerts and keys, so that no trace
 * stays in the files: they are written anew (some seconds per gigabyte, during which all else goes on). Lines of the audit log by the device lose its name; a detail that
 * others wrote about it is the caller's choice of words. Writer. ERR_NOT_FOUND. On another error after the
 * device is gone from the readers' view (ERR_BUSY: somebody read for more than 5 s; ERR_DISK_FULL) the store
 * goes on trying to remove the last traces by itself, also after a restart. */
int store_device_erase(struct store *s, const char *id, const struct store_done *done);

/* Whether the last traces of a device of this id are still being erased: what another one recorded under it would go with them. Returns 0 (they are),
 * ERR_NOT_FOUND, or an error of reading. */
int store_erasure_find(struct store *s, const char *id);

/* ---- provisioning keys (hub.db), ENROLMENT.md ------------------------- */

enum key_state { KEY_NEW, KEY_CLAIMED, KEY_BOUND, KEY_EXPIRED, KEY_REVOKED };

struct key_record {
	uint8_t kid[8];
	uint8_t psk[32];          /* zeroes once BOUND, EXPIRED or REVOKED: wiped on disk */
	enum key_state state;
	struct wall_ms created_at, expires_at;
	char note[MODEL_NAME_SIZE];     /* the owner's word for it, e.g. the device's planned name */
	char area[MODEL_NAME_SIZE];     /* room the device shall get; "" for none */
	bool needs_approval, approved;  /* keys that live longer than an hour */
	uint8_t device_identity[32];    /* from CLAIMED on; while NEW: the only one that may claim it, zeroed for any */
	char device_id[MODEL_ID_SIZE];  /* from CLAIMED on */
	char replaces[MODEL_ID_SIZE];   /* the device whose place is taken; "": a new one */
};

/* Calls each for every key, the oldest first. Reader. */
int store_key_each(struct store *s, void (*each)(void *ctx, const struct key_record *k), void *ctx);
/* The key with the id. Reader. Returns 0 or ERR_NOT_FOUND. */
int store_key_get(struct store *s, const uint8_t kid[8], struct key_record *k_r);
/* Insert or replace; one that leaves the live states must come with a zero psk, else
 * ERR_INVALID. The device whose place a live one gives must be there (ERR_NOT_FOUND). The old psk is gone from the disk when the caller is told. */
int store_key_put(struct store *s, const struct key_record *k, const struct store_done *done);
/* A claim: the key and the device it made, in one transaction. known: d was found in the store, and stays what it is there but for credentials
 * and what the hardware says of itself; ERR_NOT_FOUND when it is erased, revoked or somebody else's by now, as when the id of one that is
 * not known is taken. When the key replaces a device, that must still be there (ERR_NOT_FOUND), whosever it is, and another device of d's
 * identity loses identity and credentials. */
int store_key_claim(struct store *s, const struct key_record *k, const struct device_record *d, bool known, const struct store_done *done);

/* ---- accounts, web sessions, API tokens (hub.db) ---------------------- */

/* What people may do is web/rights.h's to say. The numbers are on the disk. */
enum role {
	ROLE_VIEWER, /* sees everything */
	ROLE_ADULT,  /* and commands it */
	ROLE_OWNER,  /* and decides about devices and people */
	ROLE_GUEST,  /* a child or a guest: sees and commands what stands in chosen rooms */
};

struct account {
	int64_t id;
	char name[64];       /* log-in name, unique without regard to ASCII case */
	char password[128];  /* Argon2id string of crypto_pwhash_str */
	enum role role;
	struct rooms rooms;  /* all is the role's to say: only a guest's names count */
	bool must_change;    /* somebody else chose the password: another one comes first */
	struct wall_ms created_at;
};

/* Number of accounts; 0 means that set-up is still to be done. Reader. */
int store_account_count(struct store *s, int64_t *count_r);
int store_account_each(struct store *s, void (*each)(void *ctx, const struct account *a), void *ctx);
int store_account_by_name(struct store *s, const char *name, struct account *a_r); /* or ERR_NOT_FOUND */
int store_account_by_id(struct store *s, int64_t id, struct account *a_r);
/* Inserts; *id_r gets the id. first_only: only while there is no account at all (set-up), else ERR_STATE. Blocks.
 * ERR_EXISTS when the name is taken, ERR_INVALID when there is an id already or no name. id_r may be NULL. */
int store_account_add(struct store *s, const struct account *a, bool first_only, int64_t *id_r);

/* NULL leaves a part as it is. */
struct account_change {
	const char *name, *password;
	const enum role *role;
	const struct rooms *rooms;
	const bool *must_change;
};
/* Blocks. ERR_NOT_FOUND, ERR_EXISTS (the name is taken), ERR_INVALID (no name), ERR_STATE: no owner would be left. */
int store_account_change(struct store *s, int64_t id, const struct account_change *change);
/* Removes the account with its sessions and tokens. Blocks. ERR_NOT_FOUND, ERR_STATE as above. */
int store_account_remove(struct store *s, int64_t id);

struct web_session {
	uint8_t token_hash[32]; /* BLAKE2b-256 of the cookie's token */
	int64_t account;
	struct wall_ms created_at, used_at;
	char agent[128];  /* the browser's User-Agent, cut */
	char address[64]; /* where it was last used from */
};

/* The session of the token. Reader; asks no clock: expiry is the caller's. Returns 0 or ERR_NOT_FOUND. */
int store_session_get(struct store *s, const uint8_t token_hash[32], struct web_session *w_r);
/* Calls each for the sessions of the account, the last used first. Reader. */
int store_session_each(struct store *s, int64_t account, void (*each)(void *ctx, const struct web_session *w), void *ctx);
/* Insert or replace. ERR_NOT_FOUND when there is no such account. */
int store_session_put(struct store *s, const struct web_session *w, const struct store_done *done);
/* Notes the last use (used_at, address) of a session that may have ended meanwhile: then nothing. */
int store_session_touch(struct store *s, const struct web_session *w, const struct store_done *done);
/* Also 0 when there is none. */
int store_session_remove(struct store *s, const uint8_t token_hash[32], const struct store_done *done);
/* Removes all sessions of the account but the one with the hash `keep` (may be NULL),
 * and, when account is 0, all sessions last used before `before`. */
int store_session_purge(struct store *s, int64_t account, const uint8_t *keep, struct wall_ms before, const struct store_done *done);

/* What a token opens at most. The numbers are on the disk. */
enum token_scope { TOKEN_READ, TOKEN_CONTROL, TOKEN_ADMIN };
enum { TOKENS_MAX = 32 }; /* of one account */

struct api_token {
	int64_t id;
	int64_t account;
	uint8_t token_hash[32]; /* BLAKE2b-256 of the token */
	char name[64];          /* what it is for, as its owner says */
	enum token_scope scope;
	struct wall_ms created_at, used_at, expires_at; /* used_at 0: never yet; expires_at 0: never */
};

/* Reader; asks no clock: expiry is the caller's. Returns 0 or ERR_NOT_FOUND. */
int store_token_get(struct store *s, const uint8_t token_hash[32], struct api_token *t_r);
int store_token_by_id(struct store *s, int64_t id, struct api_token *t_r);
/* Calls each for the tokens of the account (0: of all accounts), the oldest first. Reader. */
int store_token_each(struct store *s, int64_t account, void (*each)(void *ctx, const struct api_token *t), void *ctx);
/* Inserts; *id_r gets the id. Blocks. ERR_INVALID (there is an id, or no name), ERR_NOT_FOUND (no such account), ERR_FULL (TOKENS_MAX). */
int store_token_add(struct store *s, const struct api_token *t, int64_t *id_r);
/* Notes the last use of a token that may have been removed meanwhile: then nothing. */
int store_token_touch(struct store *s, int64_t id, struct wall_ms used_at, const struct store_done *done);
/* Removes the token. Blocks. ERR_NOT_FOUND. */
int store_token_remove(struct store *s, int64_t id);
/* Removes all tokens of the account. Blocks. */
int store_token_purge(struct store *s, int64_t account);

/* ---- alerts (hub.db) --------------------------------------------------- */

struct alert {
	int64_t id;      /* chosen by the caller, growing */
	char device[MODEL_ID_SIZE];
	char kind[32];   /* "offline", "enrolment", … */
	char text[256];  /* for people */
	struct wall_ms opened_at, closed_at; /* closed_at 0 while open */
};

/* Newest first, at most limit, with id < before (0: from the newest). Reader. */
int store_alert_each(struct store *s, int64_t before, size_t limit, void (*each)(void *ctx, const struct alert *a), void *ctx);
/* Every open alert. Reader. */
int store_alert_open_each(struct store *s, void (*each)(void *ctx, const struct alert *a), void *ctx);
/* Highest id given so far, 0 for none. Reader. */
int store_alert_last_id(struct store *s, int64_t *id_r);
/* Insert or replace. What could not be written (the newest 32) store_alert_each has all the same, until the store is closed or it is put again. */
int store_alert_put(struct store *s, const struct alert *a, const struct store_done *done);

/* ---- commands (hub.db) ------------------------------------------------- */

enum { COMMAND_VALUE_SIZE = 1025 }; /* JSON of a wish, with terminator */

struct command_record {
	int64_t id; /* chosen by the caller, growing */
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
	char value[COMMAND_VALUE_SIZE]; /* JSON */
	char by[64];                    /* account */
	enum command_cause cause;
	char cause_name[MODEL_NAME_SIZE]; /* of the room, group or scene, as it was called then; "" for none */
	enum command_state state;
	char reason[128];               /* why it expired or failed; "" for none */
	struct wall_ms asked_at;
	struct wall_ms until;           /* while it is queued: how long it waits */
	int64_t took_ms;                /* from asking until it was confirmed; -1: it was not */
};

/* When it expires while it waits for a device that is away; 0: it does not wait. */
static inline struct wall_ms command_waits_until(const struct command_record *c)
{
	return c->state == COMMAND_QUEUED ? c->until : (struct wall_ms){0};
}

struct command_filter {
	const char *device, *entity; /* NULL: any */
	int64_t before;              /* id below this one; 0: from the newest */
	size_t limit;
};

/* Newest first; the newest 500 of each device are kept, and all that are not over. Reader. */
int store_command_each(struct store *s, const struct command_filter *filter,
		       void (*each)(void *ctx, const struct command_record *c), void *ctx);
/* Those that are not over, oldest first. Reader. */
int store_command_open_each(struct store *s, void (*each)(void *ctx, const struct command_record *c), void *ctx);
/* The newest one of every entity, where that expired or failed. Reader. */
int store_command_unmet_each(struct store *s, void (*each)(void *ctx, const struct command_record *c), void *ctx);
/* Highest id there is, 0 for none. Reader. */
int store_command_last_id(struct store *s, int64_t *id_r);
/* Insert, or change state, reason, until and took_ms. Nothing is kept of a device that does not exist. */
int store_command_put(struct store *s, const struct command_record *c, const struct store_done *done);

/* ---- audit and small settings (hub.db) -------------------------------- */

/* One line of the audit log, which keeps the newest 100,000. who: account name, device id
 * or address. Texts longer than 127, 63 and 1023 bytes are cut. Writer. */
int store_audit(struct store *s, const char *who, const char *event, const char *detail, const struct store_done *done);

/* Named small values (hub id, house name…), at most 64 KiB under names of at most 127 bytes.
 * Reader / writer. get appends to value_r: ERR_NOT_FOUND. put: ERR_TOO_LARGE. */
int store_setting_get(struct store *s, const char *name, struct buf *value_r);
int store_setting_put(struct store *s, const char *name, struct span value, const struct store_done *done);

/* ---- counters --------------------------------------------------------- */

struct store_stats {
	uint64_t commits, samples, errors;
	uint64_t waiting_samples;
	bool disk_full; /* the last commit failed for want of room */
	uint64_t disk_refusals; /* commits that failed for want of room: a smaller one may pass right afterwards */
	uint64_t journal_syncs, journal_bytes; /* bytes that the journal made the disk write */
	uint64_t unsealed_samples;             /* in memory and journal only */
};
/* Any thread. */
void store_stats_get(struct store *s, struct store_stats *stats_r);

#endif
