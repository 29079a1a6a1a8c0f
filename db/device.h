/* What other files of the room do with devices inside their own transactions. */
#ifndef DB_DEVICE_H
#define DB_DEVICE_H

#include "db/conn.h"
#include "db/store.h"

/* Inserts or replaces the device, its discovery unless that is NULL; within the open
 * transaction of hub.db. Writer thread. Returns 0 or an error as query_end. */
int device_write(struct conn *hub, const struct device_record *d);

#endif
