/* tomte-hub --broker-only: one open broker on loopback and nothing else. Main
 * thread; the state directory is touched with --durable only. */
#include "main/broker_only.h"

#include "base/err.h"
#include "base/log.h"
#include "broker/broker.h"
#include "db/durable.h"
#include "db/store.h"
#include "main/signals.h"

static void serve(const struct options *options)
{
	log_info("hub", "ready: an open broker on %s port %u", options->listen_address, options->listen_port);
	while (signals_wait(1000) != SIGNAL_STOP)
		;
}

int broker_only_run(const struct options *options)
{
	struct access_table *table = NULL;
	struct store *store = NULL;
	struct persist_port persist;
	struct broker *broker = NULL;
	struct broker_config config = broker_config_default();
	char message[512] = "";

	int err = access_table_create_open(&table);
	if (!err && options->durable) {
		err = store_open(&(struct store_options){.state_dir = options->state_dir}, &store, message);
		persist = store_persist_port(store);
		config.persist = &persist;
	}
	if (!err)
		err = broker_create(&config, NULL, table, &broker);
	if (!err)
		err = broker_listen(broker, options->listen_address, options->listen_port, NULL, NULL, message);
	if (!err)
		err = broker_start(broker);
	if (err) {
		log_error("hub", "cannot start: %s", message[0] ? message : err_text(err));
	} else {
		serve(options);
		broker_stop(broker);
	}
	broker_destroy(&broker);
	store_close(&store);
	access_table_unref(&table);
	return err ? EXIT_FAILED : EXIT_OK;
}
