/* Erasing devices and series with their history, to the last byte. What is to be erased is noted
 * in hub.db with the decision; the sealer's thread finishes what is noted, also after a restart. */
#ifndef DB_ERASURE_H
#define DB_ERASURE_H

struct store;
struct write;

/* Decides it within the open transaction: the device's row and all that hangs on it goes now, its history as soon as the sealer is poked.
 * Writer's thread. Returns 0, ERR_NOT_FOUND or an error as query_end. */
int erasure_decide(struct write *write, const char *device);

/* Finishes all that is noted and tells who waits; what fails stays noted. Sealer's thread; blocks. */
void erasure_finish(struct store *s);

/* Tells who still waits that the store is closing. */
void erasure_refuse(struct store *s);

#endif
