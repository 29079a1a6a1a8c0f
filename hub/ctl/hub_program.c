/* Finding and running the hub's program, which is installed beside this one. Main thread. */
#include "ctl/hub_program.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

/* In the same directory, as where both were built, or in the sbin beside its bin. */
static int find(char path_r[PATH_MAX])
{
	static const char *const places[] = {"tomte-hub", "../sbin/tomte-hub"};
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self);
	const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
	for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++)
		if (str_format(path_r, PATH_MAX, "%.*s/%s", (int)(slash - self), self, places[i]) == 0 && access(path_r, X_OK) == 0)
			return 0;
	return ERR_NOT_FOUND;
}

int hub_program_become(const struct ctl *ctl, const char *const *args)
{
	char path[PATH_MAX];
	fflush(ctl->out);
	if (find(path)) {
		fprintf(ctl->err, "tomtectl: tomte-hub is not installed beside tomtectl: install the package tomte-hub\n");
		return EXIT_UNREACHABLE;
	}
	execv(path, (char *const *)(uintptr_t)args);
	fprintf(ctl->err, "tomtectl: %s cannot be started: %s\n", path, strerror(errno));
	return EXIT_UNREACHABLE;
}
