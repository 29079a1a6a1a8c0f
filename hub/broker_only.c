/* tomte-hub --broker-only: one open broker on loopback and nothing else. Main
 * thread; the state directory is not touched. */
#include "main/broker_only.h"

#include "base/err.h"
#include "base/log.h"
#include "broker/broker.h"
#include "main/signals.h"

int broker_only_run(const struct options *options)
{
	struct access_table *table = NULL;
	struct broker *broker = NULL;
	struct broker_config config = broker_config_default();
	char message[256] = "";
	uint16_t port = 0;

	int err = access_table_create_open(&table);
	if (!err)
		err = broker_create(&config, NULL, table, &broker);
	if (!err)
		err = broker_listen(broker, options->listen_address, options->listen_port, NULL, &port, message);
	if (!err)
		err = broker_start(broker);
	if (err) {
		log_error("hub", "cannot start: %s", message[0] ? message : err_text(err));
	} else {
		log_info("hub", "ready: an open broker on %s port %u", options->listen_address, port);
		while (signals_wait(1000) != SIGNAL_STOP)
			;
		broker_stop(broker);
	}
	broker_destroy(&broker);
	access_table_unref(&table);
	return err ? EXIT_FAILED : EXIT_OK;
}
