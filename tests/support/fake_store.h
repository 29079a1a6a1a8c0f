/* A store in memory for tests of the rooms above it: what the facade promises to the
 * house, without files. `done` is called on a thread of its own, as the real one does;
 * failures can be ordered. */
#ifndef SUPPORT_FAKE_STORE_H
#define SUPPORT_FAKE_STORE_H

#include "db/bundles.h"
#include "db/clients.h"
#include "db/entity_class.h"
#include "db/reported.h"
#include "db/rules.h"

struct store *fake_store_create(void);
void fake_store_destroy(struct store **store);

/* Waits until all writes so far have been answered. */
void fake_store_settle(struct store *store);

/* From now on every write ends with this error (0: well); refuse: appends are not even taken. */
void fake_store_fail(struct store *store, int err, bool refuse);

/* While held, writes are done but not answered; holding ends with another call. await: until one is. */
void fake_store_hold(struct store *store, bool hold);
void fake_store_await_held(struct store *store);

/* Traces of a device of this id are being erased, and if it is erased only now, its last traces are busy; "": of none. Borrowed. */
void fake_store_erasing(struct store *store, const char *id);

/* Of the appends that come now, the nth (from 1) that has samples ends with this error, and only that. */
void fake_store_fail_append(struct store *store, unsigned nth, int err);

/* Copies of what is stored, at most max (0: the array may be NULL); counts of all. */
size_t fake_store_samples(struct store *store, struct sample *samples, size_t max);
size_t fake_store_series(struct store *store, struct series *series, size_t max);
size_t fake_store_commands(struct store *store, struct command_record *commands, size_t max);
size_t fake_store_alerts(struct store *store, struct alert *alerts, size_t max);

/* The JSON of what is kept of an entity's report, and when it was reported; "" and 0 for nothing. Valid until the next write. */
const char *fake_store_reported(struct store *store, const char *device, const char *entity, int64_t *at_ms_r);
/* How often such reports were written. */
size_t fake_store_reported_writes(struct store *store);

#endif
