/* What other files of the room do with devices inside their own transactions of hub.db. Writer thread. */
#ifndef DB_DEVICE_H
#define DB_DEVICE_H

#include "db/conn.h"
#include "db/store.h"

/* Inserts or replaces the device, its discovery unless that is NULL. Returns 0 or an error as query_end. */
int device_write(struct conn *hub, const struct device_record *d);

/* Credentials and self-description anew of a device of ours that is there and not revoked; whose: the identity that it must have (NULL: any).
 * What is not the hardware's to say (name, room, presence) stays as it is. Returns 0, ERR_NOT_FOUND or an error as query_end. */
int device_renew(struct conn *hub, const struct device_record *d, const uint8_t whose[32]);

/* Takes its identity and its credentials from a device of ours: nobody can log in as it until other hardware takes its place. Returns 0,
 * ERR_NOT_FOUND or an error as query_end. */
int device_disown(struct conn *hub, const char *id);

#endif
