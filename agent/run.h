/* The verb `run`: the agent itself. */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include "conf.h"
#include "kernel.h"

struct run_options {
	const char *config_path;
	bool config_required; /* named by hand: its absence is an error */
	const char *state_dir;
	const struct kernel *kernel;
};

/* Reads the settings into *conf; complaints go to the log. Returns 0 or an error. */
int run_read_conf(const struct run_options *options, struct conf *conf);

/* Runs until SIGTERM or SIGINT; SIGHUP reads the settings again. *conf is the
 * caller's and may change. Returns 0 after a clean stop, or what kept it from starting. */
int run_agent(const struct run_options *options, struct conf *conf);

#endif
