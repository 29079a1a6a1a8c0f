/* Copying history with progress on a terminal. Main thread; the hub does not run. */
#include "main/move_history.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "db/move.h"
#include "main/options.h"

enum { SHOW_EVERY_MS = 200 };

struct showing {
	bool terminal;
	struct mono_ms shown;
	int64_t done;
};

static int show(void *ctx, int64_t done, int64_t total)
{
	struct showing *s = ctx;
	struct mono_ms now = clock_mono();
	s->done = done;
	if (!s->terminal || mono_diff_ms(s->shown, now) < SHOW_EVERY_MS)
		return 0;
	s->shown = now;
	fprintf(stderr, "\r%3lld %%  %lld of %lld pieces ", (long long)(total ? done * 100 / total : 100), (long long)done,
		(long long)total);
	return 0;
}

/* Started by root, it works as the one whose files these are: so they stay that one's, and a database server
 * meets the same user as it will meet in the hub. */
static int become_owner(const char *dir)
{
	struct stat st;
	if (geteuid() != 0 || stat(dir, &st) || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) || setgid(st.st_gid) || setuid(st.st_uid)) {
		fprintf(stderr, "tomte-hub: cannot work as the owner of %s: %s\n", dir, strerror(errno));
		return ERR_DENIED;
	}
	return 0;
}

int move_history(const char *state_dir, const char *from, const char *to)
{
	char message[512];
	struct showing showing = {.terminal = isatty(STDERR_FILENO) == 1};
	const struct move_options options = {state_dir, from, to, show, &showing};
	if (become_owner(state_dir))
		return EXIT_FAILED;
	int err = store_move(&options, message);
	if (showing.terminal)
		fputs("\r\033[K", stderr);
	if (err) {
		fprintf(stderr, "tomte-hub: %s\n", message);
		return err == ERR_NEWER ? EXIT_CONFIG_ERROR : EXIT_FAILED;
	}
	printf("%lld pieces of history are copied. Nothing was removed where they came from.\n", (long long)showing.done);
	if (strcmp(to, "local") == 0)
		puts("To use them, leave the setting database empty in hub.conf and start the hub.");
	else
		puts("To use them, put the same connection string as database into the section [store] of hub.conf and start the hub.");
	return EXIT_OK;
}
