/* Files of the state folder, replaced as a whole or not at all. */
#ifndef AGENT_STATE_FILE_H
#define AGENT_STATE_FILE_H

#include "base/buf.h"
#include "base/span.h"

/* Writes state_dir/name, mode 0600, durable when this returns. Returns 0 or the
 * error of a system call; the old file stays then. */
int state_file_write(const char *state_dir, const char *name, struct span content);

/* Appends state_dir/name, of max bytes at most, to text: a secret perhaps, so state_file_wipe it, also after an error. Returns as buf_read_file. */
int state_file_read(const char *state_dir, const char *name, size_t max, struct buf *text);

/* Overwrites what was read, and frees it. */
void state_file_wipe(struct buf *text);

/* Renames one file of the folder over another, durable when this returns. */
int state_file_rename(const char *state_dir, const char *from, const char *to);

/* Removes a file of the folder, durable when this returns. Returns 0, also when there is none, or the error of a system call. */
int state_file_remove(const char *state_dir, const char *name);

#endif
