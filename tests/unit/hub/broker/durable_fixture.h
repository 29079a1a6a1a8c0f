/* The real broker over the real store in a directory of its own, with answers of the disk that the test holds back or makes
 * failures of (held_port.h), and three clients. One to a test program: setup first, teardown last. */
#ifndef TESTS_BROKER_DURABLE_FIXTURE_H
#define TESTS_BROKER_DURABLE_FIXTURE_H

#include <check.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/durable.h"
#include "db/store.h"
#include "support/broker_fixture.h"
#include "support/held_port.h"

static char dir[64];
static struct store *store;
static struct held_port held;
static struct persist_port port;
static struct broker_fixture fixture;
static struct broker_config config;
static struct mqtt_client pub, sub, other;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void begin(unsigned workers)
{
	char message[512];
	ck_assert_msg(store_open(&(struct store_options){.state_dir = dir}, &store, message) == 0, "%s", message);
	const struct persist_port inner = store_persist_port(store);
	port = held_port_of(&held, &inner);
	config.persist = &port;
	broker_fixture_start(&fixture, &config, workers, NULL, NULL);
}

static void end(void)
{
	held_port_hold(&held, false);
	broker_fixture_stop(&fixture);
	store_close(&store);
}

static void setup(unsigned workers)
{
	memcpy(dir, "/tmp/tomte-broker-XXXXXX", 25);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	config = broker_config_default();
	begin(workers);
}

static void teardown(void)
{
	mqtt_client_close(&pub);
	mqtt_client_close(&sub);
	mqtt_client_close(&other);
	end();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void restart(unsigned workers)
{
	end();
	mqtt_client_close(&pub);
	mqtt_client_close(&sub);
	mqtt_client_close(&other);
	begin(workers);
}

/* A session that lasts. Returns whether there was one. */
static inline bool come(struct mqtt_client *c, uint8_t version, const char *id)
{
	struct packet connect = mqtt_client_connect_packet(version, id);
	connect.connect.clean_start = false;
	if (version == MQTT_V5) {
		connect.connect.props.session_expiry_s = 3600;
		props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	}
	struct packet ack = mqtt_client_login(c, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
	return ack.connack.session_present;
}

static inline void publish_id(struct mqtt_client *c, const char *topic, const char *payload, uint8_t qos, uint16_t id)
{
	mqtt_client_send(c, &(struct packet){.type = PACKET_PUBLISH,
					     .publish = {.qos = qos, .id = id, .topic = span_str(topic), .payload = span_str(payload)}});
}

/* A tap that makes senders wait. */
static struct receipt *_Atomic wanted __attribute__((unused));

static inline void keep_receipt(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	(void)ctx, (void)message;
	struct receipt *receipt = arrival->receipt;
	receipt_hold(receipt);
	atomic_store(&wanted, receipt);
}

static inline struct receipt *await_receipt(void)
{
	struct receipt *receipt = NULL;
	for (int tries = 0; !(receipt = atomic_exchange(&wanted, NULL)); tries++) {
		ck_assert_int_lt(tries, 10000);
		usleep(1000);
	}
	return receipt;
}

#endif
