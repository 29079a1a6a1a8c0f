/* The broker alone, for load generators: plain TCP on loopback, everyone may
 * do everything. usage: broker_bench PORT [WORKERS]; prints the port (0: the kernel picks) and runs until
 * SIGTERM or SIGINT. */
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "broker/broker.h"

int main(int argc, char **argv)
{
	int64_t port = 0, workers = 1;
	if (argc < 2 || argc > 3 || str_to_int(argv[1], 0, 65535, &port) ||
	    (argc > 2 && str_to_int(argv[2], 1, 64, &workers))) {
		fprintf(stderr, "usage: %s PORT [WORKERS]\n", argv[0]);
		return EXIT_FAILURE;
	}
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);

	struct broker_config config = broker_config_default();
	config.workers = (unsigned)workers;
	config.max_connections = 100000;
	struct access_table *table = NULL;
	struct broker *broker = NULL;
	char message[256] = "out of memory";
	uint16_t bound = 0;
	if (sodium_init() < 0 || access_table_create_open(&table) ||
	    broker_create(&config, NULL, table, &broker) ||
	    broker_listen(broker, "127.0.0.1", (uint16_t)port, NULL, &bound, message) || broker_start(broker)) {
		fprintf(stderr, "broker_bench: %s\n", message);
		return EXIT_FAILURE;
	}
	printf("%u\n", bound);
	fflush(stdout);
	int signal;
	sigwait(&signals, &signal);
	broker_destroy(&broker);
	access_table_unref(&table);
	return EXIT_SUCCESS;
}
