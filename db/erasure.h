/* Erasing devices and series with their history, to the last byte. What is to be erased is noted
 * in hub.db with the decision; the sealer's thread finishes what is noted, also after a restart. */
#ifndef DB_ERASURE_H
#define DB_ERASURE_H

struct store;

/* Finishes all that is noted and tells who waits; what fails stays noted. Sealer's thread; blocks. */
void erasure_finish(struct store *s);

/* Tells who still waits that the store is closing. */
void erasure_refuse(struct store *s);

#endif
