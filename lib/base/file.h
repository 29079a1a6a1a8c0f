/* Files that are either old or new, never half. Any thread; blocks on the disk. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/span.h"

/* Replaces the file at path with content and the given mode (the umask does not
 * count): written beside it as "<path>.tmp", synced, renamed, directory synced. What a
 * crash left behind there is overwritten. One writer per path at a time. Returns 0,
 * ERR_TOO_LARGE (path), ERR_DISK_FULL, ERR_DENIED or ERR_IO; the old file is as before on error. */
int file_replace(const char *path, struct span content, mode_t mode);

/* Makes the directory with this mode when it is not there; its parent must be. Returns 0 or an error of mkdir(2). */
int file_make_dir(const char *path, mode_t mode);

/* Writes all of content to fd, however often write(2) is interrupted or short.
 * Returns 0 or the error of write. Blocks. */
int file_write_all(int fd, struct span content);

#endif
