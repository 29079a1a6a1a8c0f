/* tomtectl store: what is done to the store while the hub is stopped. It runs tomte-hub itself, which knows the
 * store and its settings. */
#include "ctl/hub_program.h"

int verb_store_move(const struct ctl *ctl, int count, char **args)
{
	static const char *const options[][2] = {
		{"--move-history", "to"}, {"--from", "from"}, {"--state-dir", "state-dir"}, {"--config", "config"}};
	const char *hub[10] = {"tomte-hub"};
	size_t used = 1;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const char *value = option_value(count, args, options[i][1]);
		if (!value)
			continue;
		hub[used++] = options[i][0];
		hub[used++] = value;
	}
	if (!option_value(count, args, "to")) {
		fputs("tomtectl: say where to: --to local, or --to with the connection string of a PostgreSQL server\n", ctl->err);
		return EXIT_USAGE;
	}
	return hub_program_become(ctl, hub);
}
