/* The command line of tomte-hub. */
#ifndef HUB_OPTIONS_H
#define HUB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *config;    /* --config, NULL for the default path */
	const char *state_dir; /* --state-dir, or the default */
	const char *restore, *verify; /* the backup's file */
	bool force;
	bool check_config;
	bool help_config;
	const char *help_config_form; /* NULL: for people; "man", "example" */
	const char *move_to, *move_from; /* --move-history, --from; NULL when not given */
	bool broker_only, allow_anonymous;
	bool durable;            /* broker-only mode: what must survive is kept in state_dir */
	char listen_address[64]; /* --listen, broker-only mode */
	uint16_t listen_port;
};

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE_ERROR = 64, /* EX_USAGE of sysexits(3) */
	EXIT_CONFIG_ERROR = 78, /* EX_CONFIG: bad settings or a newer database */
};

/* Parses the command line. Returns -1 to go on, or the status to exit with
 * (--help, --version, mistakes), everything having been said. */
int options_parse(int argc, char **argv, struct options *options_r);

#endif
