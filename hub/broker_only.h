/* The bare broker for benchmarks and protocol suites. */
#ifndef HUB_BROKER_ONLY_H
#define HUB_BROKER_ONLY_H

#include "main/options.h"

/* Serves MQTT on options->listen_address without authentication until SIGTERM
 * or SIGINT. Returns the exit status. */
int broker_only_run(const struct options *options);

#endif
