/* tomtectl: the admin's command line, an HTTP client of the hub's Unix socket.
 * This file reads the command line; each subject has a file verb_x.c. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

#ifndef TOMTE_VERSION
#define TOMTE_VERSION "unknown"
#endif

static const char default_socket[] = "/run/tomte/hub.sock";

static void help(FILE *out)
{
	size_t count;
	const struct verb *verbs = verbs_all(&count);
	fputs("usage: tomtectl [--socket PATH] [--json] VERB …\n\nVerbs:\n", out);
	for (size_t i = 0; i < count; i++) {
		char call[128];
		snprintf(call, sizeof call, "%s%s%s %s", verbs[i].name, verbs[i].sub ? " " : "",
			 verbs[i].sub ? verbs[i].sub : "", verbs[i].arguments);
		fprintf(out, "  %-28s%s%s\n", call, strlen(call) > 27 ? "\n                              " : "",
			verbs[i].text);
	}
	fprintf(out,
		"\nOptions:\n"
		"  --socket PATH               the hub's socket (%s)\n"
		"  --json                      print the hub's answer as JSON\n"
		"  --help, --version           with a verb: how that one is called\n"
		"\nRun it as root or as a member of group tomte.\n",
		default_socket);
}

static bool is(const char *arg, const char *option)
{
	return strcmp(arg, option) == 0;
}

/* Takes the options of tomtectl itself out of args, wherever they stand.
 * Returns how many are left, or -1 when nothing remains to be done. */
static int global_options(struct ctl *ctl, int count, char **args, bool *help_r)
{
	int left = 0;
	for (int i = 0; i < count; i++) {
		if (is(args[i], "--json")) {
			ctl->json = true;
		} else if (strncmp(args[i], "--socket=", 9) == 0) {
			ctl->socket = args[i] + 9;
		} else if (is(args[i], "--socket") && i + 1 < count) {
			ctl->socket = args[++i];
		} else if (is(args[i], "--help") || is(args[i], "-h")) {
			*help_r = true;
		} else if (is(args[i], "--version")) {
			fprintf(ctl->out, "tomtectl %s\n", TOMTE_VERSION);
			return -1;
		} else {
			args[left++] = args[i];
		}
	}
	return left;
}

static int run(struct ctl *ctl, int count, char **args)
{
	int words;
	bool wants_help = false;
	count = global_options(ctl, count, args, &wants_help);
	if (count < 0)
		return EXIT_FINE;
	if (count == 0) {
		help(wants_help ? ctl->out : ctl->err);
		return wants_help ? EXIT_FINE : EXIT_USAGE;
	}
	const struct verb *verb = verbs_find(count, args, &words);
	if (!verb) {
		verbs_explain(ctl, args[0]);
		return EXIT_USAGE;
	}
	if (wants_help) {
		verbs_usage(ctl->out, verb);
		return EXIT_FINE;
	}
	count -= words;
	args += words;
	return options_check(ctl, verb, count, args) < 0 ? EXIT_USAGE : verb->run(ctl, count, args);
}

int main(int argc, char **argv)
{
	const char *socket = getenv("TOMTE_SOCKET");
	struct ctl ctl = {.socket = socket ? socket : default_socket, .out = stdout, .err = stderr,
			  .terminal = isatty(STDOUT_FILENO) == 1};
	int code = run(&ctl, argc - 1, argv + 1);
	if (fflush(stdout) && code == EXIT_FINE)
		code = EXIT_REFUSED;
	return code;
}
