/* The state directory, taken when the store opens. Main thread. */
#include "db/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/span.h"
#include "base/str.h"
#include "db/migrate.h"

#define tell(message, ...) ((void)str_format(message, STORE_MESSAGE_SIZE, __VA_ARGS__))

/* Makes the directory, or takes the one that is there; one that others may
 * enter is only told about, since it may be somebody's with a purpose: the files are 0600. */
static int open_dir(const char *dir, char *message)
{
	if (mkdir(dir, 0700) == 0) {
		if (chmod(dir, 0700)) /* whatever the umask was */
			return err_from_errno(errno);
		return 0;
	}
	struct stat st;
	if (errno != EEXIST || stat(dir, &st)) {
		int error = errno;
		tell(message, "The state directory %s cannot be made: %s.", dir, strerror(error));
		return err_from_errno(error);
	}
	if (!S_ISDIR(st.st_mode)) {
		tell(message, "%s is not a directory.", dir);
		return ERR_IO;
	}
	if (st.st_mode & 077)
		log_warning("store", "others may look into %s: chmod 700 it", dir);
	return 0;
}

static void tell_who_has_the_lock(const char *dir, int fd, char *message)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
	pid[n > 0 ? n : 0] = 0;
	pid[strcspn(pid, "\n")] = 0;
	tell(message, "Another tomte-hub (process %s) uses %s. Stop it first, or choose another --state-dir.",
	     pid[0] ? pid : "unknown", dir);
}

static int write_pid(int fd)
{
	char text[24];
	int err = str_format(text, sizeof text, "%jd\n", (intmax_t)getpid());
	if (err)
		return err;
	if (ftruncate(fd, 0) || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		return err_from_errno(errno);
	return 0;
}

/* The lock goes with the descriptor, so it ends with the process, however that ends. */
static int take_lock(const char *dir, int *lock_fd_r, char *message)
{
	char path[PATH_MAX];
	if (str_format(path, sizeof path, "%s/hub.lock", dir))
		return ERR_TOO_LARGE;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		int error = errno;
		tell(message, "%s cannot be opened: %s.", path, strerror(error));
		return err_from_errno(error);
	}
	*lock_fd_r = fd;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		tell_who_has_the_lock(dir, fd, message);
		return ERR_BUSY;
	}
	int err = fchmod(fd, 0600) ? err_from_errno(errno) : write_pid(fd);
	if (err)
		tell(message, "%s cannot be written: %s.", path, err_text(err));
	return err;
}

int state_dir_take(const char *dir, int *lock_fd_r, char message_r[STORE_MESSAGE_SIZE])
{
	int err = open_dir(dir, message_r);
	return err ? err : take_lock(dir, lock_fd_r, message_r);
}

int state_dir_file(const char *dir, const char *name, char *path_r, char message_r[STORE_MESSAGE_SIZE])
{
	if (str_format(path_r, PATH_MAX, "%s/%s", dir, name)) {
		tell(message_r, "The name of the state directory is too long.");
		return ERR_TOO_LARGE;
	}
	int fd = open(path_r, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = fd < 0 || fchmod(fd, 0600) ? err_from_errno(errno) : 0;
	if (err)
		tell(message_r, "%s cannot be opened: %s.", path_r, strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

int state_dir_sync_name(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int err = slash ? str_copy_span(dir, sizeof dir, span_of(path, (size_t)(slash + 1 - path))) : str_copy(dir, sizeof dir, ".");
	int fd = err ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err ? err : err_from_errno(errno);
	/* EINVAL: a file system, as of some USB sticks, that cannot */
	err = fsync(fd) && errno != EINVAL ? err_from_errno(errno) : 0;
	close(fd);
	return err;
}
