/* A real broker on a free loopback port, for one test at a time. */
#ifndef TESTS_SUPPORT_BROKER_FIXTURE_H
#define TESTS_SUPPORT_BROKER_FIXTURE_H

#include <check.h>
#include <sodium.h>

#include "broker/broker.h"
#include "broker/internal_client.h"
#include "broker/tap.h"
#include "mqtt/reason.h"
#include "support/mqtt_client.h"
#include "support/suite.h"

struct broker_fixture {
	struct broker *broker;
	struct access_table *table;
	uint16_t port;
};

/* config NULL: default with this many workers; table NULL: open to all (else taken). */
static inline void broker_fixture_start(struct broker_fixture *f, const struct broker_config *config,
					unsigned workers, const struct broker_events *events,
					struct access_table *table)
{
	char message[256] = "";
	struct broker_config c = config ? *config : broker_config_default();
	c.workers = workers;
	ck_assert_int_ge(sodium_init(), 0);
	f->table = table;
	if (!table)
		ck_assert_int_eq(access_table_create_open(&f->table), 0);
	ck_assert_int_eq(broker_create(&c, events, f->table, &f->broker), 0);
	ck_assert_msg(broker_listen(f->broker, "127.0.0.1", 0, NULL, &f->port, message) == 0, "%s", message);
	ck_assert_int_eq(broker_start(f->broker), 0);
}

static inline void broker_fixture_stop(struct broker_fixture *f)
{
	broker_destroy(&f->broker);
	ck_assert_ptr_null(f->broker);
	access_table_unref(&f->table);
}

/* Waits, by asking, until a value of the statistics is what the test wants. */
#define BROKER_FIXTURE_AWAIT(fixture, condition) \
	do { \
		struct broker_stats stats; \
		int tries = 0; \
		do { \
			broker_stats_get((fixture)->broker, &stats); \
			ck_assert_msg(tries++ < 10000, "never: %s", #condition); \
			usleep(1000); \
		} while (!(condition)); \
	} while (0)

#endif
