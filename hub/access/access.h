/* Who may connect and what they may do: an immutable table, built by the owner
 * of the accounts, shared by reference with every broker worker and replaced whole
 * when something changes. Deciding takes no lock and touches no disk. */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "model/verifier.h"

struct access_table;    /* reference-counted, immutable once built */
struct access_identity; /* one user in a table */

/* A rule: topics under filter may be published to and/or subscribed. */
struct access_rule {
	const char *filter; /* an MQTT topic filter, e.g. "tomte/lamp-7/#" */
	bool publish, subscribe;
};

struct access_user {
	const char *name;       /* MQTT user name */
	uint8_t token_hash[32]; /* BLAKE2b-256 of the token */
	struct scram_verifier scram; /* of the same token; zeroed: none, SCRAM logins of this user fail */
	const struct access_rule *rules;
	size_t rule_count;
	bool own_client_id_only; /* the client id must equal the name, and nobody else may use that: no session is taken over */
	bool pass_only; /* gets in by access_login_pass and in no other way; the token is ignored */
};

/* Builds a table (copies everything). Returns 0, ERR_NOMEM, ERR_EXISTS (name twice) or ERR_INVALID (filter). */
int access_table_create(const struct access_user *users, size_t count, struct access_table **table_r);

/* A table that lets everyone do everything without a password: --allow-anonymous. */
int access_table_create_open(struct access_table **table_r);

/* Whether it is one. */
bool access_table_is_open(const struct access_table *table);

/* The key under which salts of users that do not exist are made up, before the table is shared. Tables of the same hub get
 * the same, also after a restart, or made-up salts would show by changing. Without it each table has a random one. */
void access_table_set_decoy_key(struct access_table *table, const uint8_t key[32]);

/* One more reference to the same table. Any thread. */
struct access_table *access_table_ref(struct access_table *table);
/* Drops a reference, clears the pointer; the last one frees. NULL inside is fine. Any thread. */
void access_table_unref(struct access_table **table);

/* The hash under which tokens are kept. */
void access_token_hash(struct span token, uint8_t hash_r[32]);

/* Checks a login. username/password: data NULL when absent. The identity is borrowed from the table (hold a reference).
 * Returns 0, ERR_DENIED, or ERR_INVALID (client id not allowed for this user). Takes the same time
 * for unknown users as for wrong tokens. */
int access_login(struct access_table *table, struct span username, struct span password, struct span client_id,
		 const struct access_identity **identity_r);

/* The same for a user whose name the transport has proven (client certificate, pre-shared key): no password is needed. */
int access_login_proven(struct access_table *table, struct span name, struct span client_id,
			const struct access_identity **identity_r);

/* The same for a user whom another door has let in (struct stream_pass): one that is pass_only, in an open table anyone. */
int access_login_pass(struct access_table *table, struct span name, struct span client_id,
		      const struct access_identity **identity_r);

/* The identity of a name in a (newer) table when its credentials are the same as
 * those of `old`, which may stem from an older table; NULL when it was removed or rotated: close the client. */
const struct access_identity *access_renew(struct access_table *table, const struct access_identity *old);

/* What SCRAM needs to know of a name. The identity is borrowed from the table; NULL when there is no such user or no verifier
 * of them: *verifier_r is then a decoy, always the same for the same name. */
const struct access_identity *access_verifier(struct access_table *table, struct span username,
					      struct scram_verifier *verifier_r);

/* Whether the table's user may have sessions under this client id: their own name, or, when that is not all they may use, any but
 * the name of somebody who has no other. */
bool access_may_use_client_id(const struct access_table *table, const struct access_identity *identity, struct span client_id);

/* Where the user may be sent answers: "<topic>/reply/" below the first tree that they may publish and
 * subscribe to. Writes it with a terminator. Returns 0, or ERR_NOT_FOUND (no such tree, everyone's table, no room). */
int access_reply_prefix(const struct access_identity *identity, char *prefix_r, size_t size);

/* The identity of this name; in an open table everyone's. Borrowed. NULL when there is none. */
const struct access_identity *access_find(struct access_table *table, struct span name);

const char *access_name(const struct access_identity *identity); /* "" for anonymous */

/* Whether a message may be published to this topic name. */
bool access_may_publish(const struct access_identity *identity, struct span topic);

/* Whether all that the filter can match may be read ("$share/…" stripped by the caller). */
bool access_may_subscribe(const struct access_identity *identity, struct span filter);

#endif
