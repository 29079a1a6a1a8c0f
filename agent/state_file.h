/* Files of the state folder, replaced as a whole or not at all. */
#ifndef AGENT_STATE_FILE_H
#define AGENT_STATE_FILE_H

#include "base/span.h"

/* Writes state_dir/name, mode 0600, durable when this returns. Returns 0 or the
 * error of a system call; the old file stays then. */
int state_file_write(const char *state_dir, const char *name, struct span content);

/* Renames one file of the folder over another, durable when this returns. */
int state_file_rename(const char *state_dir, const char *from, const char *to);

/* Removes a file of the folder, durable when this returns. Returns 0, also when there is none, or the error of a system call. */
int state_file_remove(const char *state_dir, const char *name);

#endif
