/* The store's history in memory, for tests of the rooms above it that need no files: what history.h promises about
 * series, words, appending and scanning. Appends are answered on a thread of its own; a store without room can be ordered. */
#ifndef SUPPORT_FAKE_HISTORY_H
#define SUPPORT_FAKE_HISTORY_H

#include "db/history.h"

struct store *fake_history_create(void);
void fake_history_destroy(struct store **s);

/* Every nth append is ERR_FULL; 0: none. */
void fake_history_full(struct store *s, unsigned every);
/* From now on appends end with this error. */
void fake_history_fail(struct store *s, int err);
/* Appends are not answered while held. */
void fake_history_hold(struct store *s, bool held);

size_t fake_history_count(struct store *s);
/* The most appends that waited for their answer at one time. */
unsigned fake_history_most_waiting(struct store *s);

#endif
