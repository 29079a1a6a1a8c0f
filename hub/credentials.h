/* The devices' credentials as the broker wants them: the access table that
 * follows from the device records in the store. */
#ifndef HUB_CREDENTIALS_H
#define HUB_CREDENTIALS_H

#include "access/access.h"
#include "db/store.h"
#include "enrolment/clients.h"

enum { CREDENTIALS_KEY_BYTES = 32 };

/* The user who may subscribe to $SYS, with the token that opens /metrics as password. No device has such an id. */
#define CREDENTIALS_METRICS_USER CLIENTS_RESERVED_NAME

/* What the table needs besides the devices' records. Constant once loaded. */
struct credentials {
	uint8_t decoy_key[CREDENTIALS_KEY_BYTES]; /* access_table_set_decoy_key */
	uint8_t metrics_hash[32];                 /* of the token */
	bool has_metrics;
};

/* Reads the decoy key from the store, or makes it at the first start. metrics_token: empty for no such user. Blocks.
 * Returns 0 or the store's error. */
int credentials_load(struct credentials *credentials_r, struct store *store, struct span metrics_token);

/* Builds the table of all devices that are not revoked, of the metrics user and of the people (web/mqtt_rights.h). A device may reach its own
 * topics and its own discovery topic, under its own client id, and nothing else.
 * Blocks on the store. Returns 0, ERR_NOMEM or the store's error. */
int credentials_table(const struct credentials *credentials, struct store *store, struct access_table **table_r);

#endif
