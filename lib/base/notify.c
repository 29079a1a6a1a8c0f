/* One datagram to the service manager. Any thread. */
#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

int notify_systemd(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	if (!path || !*path)
		return 0;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if ((*path != '/' && *path != '@') || len >= sizeof address.sun_path)
		return ERR_INVALID;
	memcpy(address.sun_path, path, len);
	if (*path == '@') /* Linux's abstract namespace */
		address.sun_path[0] = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_from_errno(errno);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
	int err = sent < 0 ? err_from_errno(errno) : 0;
	close(fd);
	return err;
}

int64_t notify_watchdog_us(void)
{
	const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");
	int64_t value;
	if (pid && (str_to_int(pid, 1, INT32_MAX, &value) || value != getpid()))
		return 0;
	if (!usec || str_to_int(usec, 1, INT64_MAX, &value))
		return 0;
	return value;
}
