/* Importing other programs' databases. Part of the facade, beside store.h; knows nothing of the store: what it reads
 * goes to an importer. */
#ifndef DB_IMPORT_H
#define DB_IMPORT_H

#include "history/importer.h"

/* Reads the recorder database of Home Assistant (home-assistant_v2.db, schema 7 of 2018 up to those of today) at path, which is not
 * changed; one that is being written should be copied with sqlite3's .backup first, a -wal file beside it is read too.
 *
 * An entity becomes the series "homeassistant:<entity_id>", with its unit; a counter when its state_class is
 * total_increasing. Rows of the long-term statistics that are older than the first state bring the mean of their hour, at its
 * middle, or the meter's reading at its end. unknown and unavailable bring nothing. Damaged places are passed over
 * and counted as skipped. Blocks; memory is bounded by the number of entities.
 *
 * Returns 0, ERR_MALFORMED (no such database) or ERR_DAMAGED with a sentence for people in message_r, ERR_CLOSED (the sink
 * wants no more), ERR_NOMEM or an error of the importer. */
int import_homeassistant(const char *path, struct importer *imp, char message_r[256]);

#endif
