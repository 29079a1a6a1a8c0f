/* Erasing, so that no trace stays in the files. */
#ifndef DB_ERASE_H
#define DB_ERASE_H

struct write;

/* Notes within the open transaction of hub.db that deleted or overwritten secrets are to be
 * wiped from the file once it is committed. Writer thread. Returns 0 or an error as query_end. */
int erase_note_traces(struct write *write);

/* Finishes the erasures that are noted: deletes what is left to delete, then rewrites the
 * files and empties their logs. Writer thread, outside any transaction; what fails stays noted, also
 * over a restart. Returns 0, ERR_BUSY (a reader did not end), ERR_DISK_FULL or ERR_IO. */
int erase_finish(struct write *write);

#endif
