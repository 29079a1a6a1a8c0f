/* Unix sockets with a name: stale files are replaced, live ones never. Any thread. */
#include "base/unix_socket.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

/* Whether somebody listens at the socket. */
static bool is_served(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* EAGAIN: its queue is full */
	bool served = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return served;
}

static void give_to_group(const char *path)
{
	char space[4096];
	struct group group, *found = NULL;
	struct stat st;
	if (getgrnam_r("tomte", &group, space, sizeof space, &found) || !found)
		return;
	if (stat(path, &st) == 0 && st.st_gid == group.gr_gid) /* as in the unit, whose sandbox knows no chown */
		return;
	if (chown(path, (uid_t)-1, group.gr_gid))
		log_warning("hub", "cannot give %s to group tomte (%s): only root can use it", path, strerror(errno));
}

static int refuse(int fd, const char *path, char message_r[256])
{
	int error = errno;
	str_format(message_r, 256, "cannot listen on %.128s: %s", path, strerror(error));
	if (fd >= 0)
		close(fd);
	return error == EADDRINUSE ? ERR_BUSY : err_from_errno(error);
}

int unix_socket_listen(const char *path, const char *setting, int backlog, int *fd_r, struct unix_socket_file *file_r,
		       char message_r[256])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	*file_r = (struct unix_socket_file){0};
	if (str_copy(address.sun_path, sizeof address.sun_path, path)) {
		str_format(message_r, 256, "the path in %s is too long: %.64s…", setting, path);
		return ERR_INVALID;
	}
	if (is_served(&address)) {
		str_format(message_r, 256, "another program serves %.128s already", path);
		return ERR_BUSY;
	}
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		str_format(message_r, 256, "%.128s is no socket: is %s right?", path, setting);
		return ERR_EXISTS;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(fd, path, message_r);
	unlink(path);
	/* the mode is set before listen: nobody connects in between */
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) || chmod(path, 0660) || stat(path, &st))
		return refuse(fd, path, message_r);
	give_to_group(path);
	if (listen(fd, backlog))
		return refuse(fd, path, message_r);
	str_copy(file_r->path, sizeof file_r->path, path);
	file_r->device = st.st_dev;
	file_r->inode = st.st_ino;
	*fd_r = fd;
	return 0;
}

void unix_socket_remove(struct unix_socket_file *file)
{
	struct stat st;
	if (file->inode && lstat(file->path, &st) == 0 && st.st_dev == file->device && st.st_ino == file->inode)
		unlink(file->path);
	file->inode = 0;
}
