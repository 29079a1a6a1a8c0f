/* Erasing, so that no trace stays in hub.db. History is erased by erasure.h. */
#ifndef DB_ERASE_H
#define DB_ERASE_H

struct write;

/* Notes within the open transaction of hub.db that deleted or overwritten secrets are to be
 * wiped from the file once it is committed. Writer thread. Returns 0 or an error as query_end. */
int erase_note_traces(struct write *write);

/* Rewrites hub.db and empties its log, so that what was deleted is gone. Writer thread, outside any transaction; what
 * fails stays noted, also over a restart. Returns 0, ERR_BUSY (a reader did not end), ERR_DISK_FULL or ERR_IO. */
int erase_wipe(struct write *write);

#endif
