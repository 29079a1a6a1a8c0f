/* The devices' credentials as the broker wants them: the access table that
 * follows from the device records in the store. */
#ifndef HUB_CREDENTIALS_H
#define HUB_CREDENTIALS_H

#include "access/access.h"
#include "db/store.h"

enum { DECOY_KEY_BYTES = 32 };

/* Reads the key for access_table_set_decoy_key from the store, or makes it at the first start. Blocks. Returns 0 or
 * the store's error. */
int credentials_decoy_key(struct store *store, uint8_t key_r[DECOY_KEY_BYTES]);

/* Builds the table of all devices that are not revoked. A device may reach its own
 * topics and its own discovery topic, under its own client id, and nothing else.
 * Blocks on the store. Returns 0, ERR_NOMEM or the store's error. */
int credentials_table(struct store *store, const uint8_t decoy_key[DECOY_KEY_BYTES], struct access_table **table_r);

#endif
