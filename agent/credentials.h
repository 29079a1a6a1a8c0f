/* What the device holds once it is enrolled, and the folder where it lies: mode
 * 0700, files 0600, each replaced as a whole (write, fsync, rename, fsync). Run as root, files are given to the
 * folder's owner, so that the service's user can read what `sudo tomte-agent join` got. */
#ifndef AGENT_CREDENTIALS_H
#define AGENT_CREDENTIALS_H

#include <stdbool.h>

#include "address.h"
#include "base/buf.h"
#include "base/clock.h"
#include "enrol/t1.h"
#include "model/topics.h"

enum { CREDENTIALS_MAX_ENDPOINTS = 8, CREDENTIALS_TOKEN_SIZE = 65, CREDENTIALS_HUB_ID_SIZE = 64, CREDENTIALS_HUB_KEY_SIZE = 2 * T1_PUBLIC_BYTES + 1 };

struct credentials {
	char device_id[MODEL_ID_SIZE];
	char user[MODEL_ID_SIZE];
	char token[CREDENTIALS_TOKEN_SIZE]; /* secret: the MQTT password */
	char hub_id[CREDENTIALS_HUB_ID_SIZE];
	char hub_key[CREDENTIALS_HUB_KEY_SIZE]; /* the hub's identity, in hex; empty: joined when that was not kept yet */
	char *ca_pem; /* owned */
	size_t endpoint_count;
	struct address endpoints[CREDENTIALS_MAX_ENDPOINTS]; /* the last may be the host joined through */
	struct wall_ms enrolled;                             /* the hub's clock */
};

/* Makes the folder (mode 0700) or mends the mode of an existing one. Returns 0,
 * ERR_DENIED or the error of mkdir or chmod. */
int state_prepare(const char *state_dir);

/* Parses the body of M4, or the file that keeps it. Returns 0, ERR_MALFORMED
 * (what_r, when not NULL, then says which part) or ERR_NOMEM. */
int credentials_parse(struct span json, struct credentials *credentials_r, const char **what_r);

/* Frees and wipes. Zeroed is fine. */
void credentials_finish(struct credentials *credentials);

/* Checks the body of M4 and saves it; hub_key: the identity of the hub that signed it; via: the host that the device joined through.
 * Errors of credentials_parse and of writing. */
int credentials_save(const char *state_dir, struct span m4_body, const uint8_t hub_key[T1_PUBLIC_BYTES], const char *via,
		     const char **what_r);

/* Puts a new token, the time it is from and the hub's key in the place of the saved ones: all else stays as it is. Returns 0,
 * ERR_STATE (what is saved is not `now` any more: the device has joined anew meanwhile), errors of credentials_load and of writing. */
int credentials_renew(const char *state_dir, const struct credentials *now, const struct credentials *fresh);

/* Reads what credentials_save wrote. Returns 0, ERR_NOT_FOUND (not joined),
 * ERR_DENIED, ERR_MALFORMED or an error of reading. */
int credentials_load(const char *state_dir, struct credentials *credentials_r);

/* Identifies the file's content cheaply: another stamp, another content; 0 without a file. */
uint64_t credentials_stamp(const char *state_dir);

/* The identity for a join under way: the one that an interrupted join has left,
 * else a new one that is on the disk when this returns. Returns 0 or an error of reading or
 * writing. */
int identity_begin(const char *state_dir, uint8_t seed_r[T1_SEED_BYTES]);

/* The identity of a device that has joined. Returns 0, ERR_NOT_FOUND, ERR_MALFORMED or an error of reading. */
int identity_load(const char *state_dir, uint8_t seed_r[T1_SEED_BYTES]);

/* The join has succeeded: its identity is the device's. Returns 0 or an error of rename. */
int identity_commit(const char *state_dir);

#endif
