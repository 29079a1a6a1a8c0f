/* Listening on a Unix socket that has a name in the file system. Blocks for a moment; at start. */
#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

/* Which file a socket made: to remove it and no other's. */
struct unix_socket_file {
	char path[108];
	dev_t device;
	ino_t inode; /* 0: none */
};

/* Binds and listens, non-blocking: mode 0660, group tomte where that exists. A socket that nobody serves any more is
 * replaced. setting: its name, for people. *fd_r is the caller's. Returns 0, ERR_BUSY (somebody serves it), ERR_EXISTS (no socket lies
 * there), ERR_INVALID (too long), ERR_DENIED or ERR_IO, with a sentence in message_r. */
int unix_socket_listen(const char *path, const char *setting, int backlog, int *fd_r, struct unix_socket_file *file_r,
		       char message_r[256]);

/* Removes the file if it is still that socket's. Zeroed is fine. */
void unix_socket_remove(struct unix_socket_file *file);

#endif
