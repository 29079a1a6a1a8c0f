/* tomtectl store: what is done to the store while the hub is stopped. It runs tomte-hub itself, which knows the
 * store and its settings. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

int verb_store_move(const struct ctl *ctl, int count, char **args)
{
	static char program[] = "tomte-hub", move[] = "--move-history", from[] = "--from", state[] = "--state-dir", config[] = "--config";
	const char *const options[][2] = {{move, "--to"}, {from, "--from"}, {state, "--state-dir"}, {config, "--config"}};
	char *argv[10] = {program};
	int used = 1;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const char *value = option_value(count, args, options[i][1]);
		if (!value)
			continue;
		argv[used++] = (char *)options[i][0];
		argv[used++] = (char *)value;
	}
	if (!option_value(count, args, "--to")) {
		fputs("tomtectl: say where to: --to local, or --to with the connection string of a PostgreSQL server\n", ctl->err);
		return EXIT_USAGE;
	}
	fflush(ctl->out);
	execv(TOMTE_SBIN_DIR "/tomte-hub", argv);
	if (errno == ENOENT) /* run from where it was built */
		execvp(program, argv);
	fprintf(ctl->err, "tomtectl: tomte-hub cannot be started: %s\n", strerror(errno));
	return EXIT_REFUSED;
}
