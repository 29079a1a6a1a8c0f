/* The store and the broker come up twice; power_clients.c is what happens meanwhile. */
#include "power_broker.h"

#include <semaphore.h>

#include "broker/broker.h"
#include "db/durable.h"
#include "db/store.h"
#include "power_clients.h"
#include "support/power_vfs.h"

enum { PHASES = 2 };

/* ---- ports that do it wrong ------------------------------------------------------- */

static int eager_append(void *ctx, const struct persist_change *changes, size_t count, const struct persist_done *done)
{
	const struct persist_port *inner = ctx;
	int err = inner->append(inner->ctx, changes, count, NULL);
	if (!err)
		done->fn(done->ctx, 0);
	return err;
}

static void on_one(void *ctx, int err)
{
	(void)err; /* the disk of this test takes everything */
	sem_post(ctx);
}

/* Each is a frame of its own, as the next one comes when it is on the disk. */
static int split_append(void *ctx, const struct persist_change *changes, size_t count, const struct persist_done *done)
{
	const struct persist_port *inner = ctx;
	sem_t one;
	int err = sem_init(&one, 0, 0);
	for (size_t i = 0; i + 1 < count && !err; i++) {
		err = inner->append(inner->ctx, changes + i, 1, &(struct persist_done){on_one, &one});
		while (!err && sem_wait(&one))
			;
	}
	sem_destroy(&one);
	return err ? err : inner->append(inner->ctx, changes + count - 1, 1, done);
}

static int load(void *ctx, persist_each *each, void *each_ctx)
{
	const struct persist_port *inner = ctx;
	return inner->load(inner->ctx, each, each_ctx);
}

static struct persist_port port_of(struct persist_port *inner, enum power_fault fault)
{
	if (fault == POWER_HONEST)
		return *inner;
	return (struct persist_port){
		.append = fault == POWER_EAGER ? eager_append : split_append, .load = load, .ctx = inner};
}

/* ---- a life ---------------------------------------------------------------------------- */

static void phase(struct power_broker *life, const char *dir, struct power_clients *clients, unsigned workers, enum power_fault fault)
{
	char message[512] = "";
	struct store *store;
	struct access_table *table;
	struct broker *broker;
	struct broker_config config = broker_config_default();
	uint16_t port;
	const struct store_options options = {
		.state_dir = dir, .disk = power_log_disk(life->log), .segment_bytes = POWER_SEGMENT_BYTES};
	if (store_open(&options, &store, message))
		power_fail("%s", message);
	struct persist_port inner = store_persist_port(store), outer = port_of(&inner, fault);
	config.persist = &outer;
	config.workers = workers;
	if (access_table_create_open(&table) || broker_create(&config, NULL, table, &broker) ||
	    broker_listen(broker, "127.0.0.1", 0, NULL, &port, message) || broker_start(broker))
		power_fail("the broker does not start: %s", message);
	power_clients_run(clients, port);
	broker_destroy(&broker);
	access_table_unref(&table);
	store_close(&store);
}

void power_broker_live(struct power_broker *life, const char *dir, unsigned workers, enum power_fault fault, uint64_t *random)
{
	*life = (struct power_broker){.log = power_log_create(dir)};
	story_init(&life->story, life->log);
	struct power_clients *clients = power_clients_create(&life->story, random, workers > 1);
	power_vfs_register(life->log);
	for (int i = 0; i < PHASES; i++)
		phase(life, dir, clients, workers, fault);
	power_vfs_unregister();
	power_clients_destroy(&clients);
}

void power_broker_finish(struct power_broker *life)
{
	story_finish(&life->story);
	power_log_destroy(&life->log);
}
