/* The broker as the hub sees it: made, started, asked how it does and destroyed. What is asked of all its workers at once is in
 * broker_rounds.c. Any thread; it holds no MQTT. */
#include "broker/broker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/rand.h"
#include "broker/addresses.h"
#include "broker/broker_private.h"
#include "broker/connection.h"
#include "broker/overload.h"
#include "broker/persistence.h"
#include "net/listener.h"
#include "thread/thread.h"

struct broker_config broker_config_default(void)
{
	return (struct broker_config){
		.workers = 1,
		.max_packet_bytes = 1024 * 1024,
		.max_connections = 10000,
		.max_address_connections = 1000,
		.connect_timeout_s = 10,
		.max_inflight = 1024,
		.max_queued_messages = 65536,
		.max_queued_bytes = 16 * 1024 * 1024,
		.max_subscriptions = 10000,
		.max_topic_levels = TOPIC_MAX_LEVELS,
		.max_retained_messages = 1000000,
		.max_retained_bytes = 256 * 1024 * 1024,
		.sweep_ms = 60 * 1000,
		.max_session_expiry_s = 7 * 24 * 3600,
		.max_keep_alive_s = 0,
		.sys_interval_s = 10,
	};
}

struct worker *broker_place(const struct broker *b, struct span client_id)
{
	return b->workers[hash_bytes(&b->placement, client_id) % b->config.workers];
}

static uint64_t half_of_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
	return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes / 2 : UINT64_MAX;
}

int broker_create(const struct broker_config *config, const struct broker_events *events,
		  struct access_table *table, struct broker **broker_r)
{
	struct broker *b = calloc(1, sizeof *b);
	if (!b)
		return ERR_NOMEM;
	b->config = *config;
	lock_init(&b->stop_lock, "broker-stop");
	b->made_at = clock_mono();
	if (!b->config.max_memory_bytes)
		b->config.max_memory_bytes = half_of_memory();
	if (events)
		b->events = *events;
	rand_bytes(&b->placement, sizeof b->placement);
	const struct retained_limits limits = {config->max_retained_messages, config->max_retained_bytes};
	int err = config->workers >= 1 && config->workers <= 64 ? retained_create(&limits, &b->retained) : ERR_INVALID;
	b->addresses = addresses_create();
	if (!err && !b->addresses)
		err = ERR_NOMEM;
	if (!err)
		err = shares_create(&b->shares);
	b->workers = err ? NULL : calloc(config->workers, sizeof(struct worker *));
	if (!err && !b->workers)
		err = ERR_NOMEM;
	for (unsigned i = 0; i < config->workers && !err; i++)
		err = worker_create(b, i, table, &b->workers[i]);
	if (!err && config->persist)
		err = persistence_load(b);
	if (err)
		broker_destroy(&b);
	*broker_r = b;
	return err;
}

/* Sockets go round, so that handshakes are shared out; after CONNECT each goes home. */
static struct worker *next_worker(struct broker *b)
{
	return b->workers[atomic_fetch_add_explicit(&b->next_worker, 1, memory_order_relaxed) % b->config.workers];
}

/* Worker 0's thread. */
static void on_accepted(void *ctx, struct stream *stream)
{
	struct broker *b = ctx;
	connection_accept(b->workers[0], next_worker(b), stream);
}

void broker_adopt(struct broker *b, struct stream *stream)
{
	connection_accept(NULL, next_worker(b), stream);
}

int broker_open_listener(struct broker *b, const struct listener_config *config, struct listener **listener_r, char message_r[256])
{
	return listener_create(b->workers[0]->loop, config, on_accepted, b, listener_r, message_r);
}

int broker_listen_as(struct broker *b, const struct listener_config *config, uint16_t *port_r, char message_r[256])
{
	struct listener **bigger = realloc(b->listeners, (b->listener_count + 1) * sizeof(struct listener *));
	if (!bigger)
		return ERR_NOMEM;
	b->listeners = bigger;
	struct listener *listener;
	int err = broker_open_listener(b, config, &listener, message_r);
	if (err)
		return err;
	b->listeners[b->listener_count++] = listener;
	if (port_r)
		*port_r = listener_port(listener);
	return 0;
}

int broker_listen(struct broker *b, const char *address, uint16_t port, struct tls_server *tls, uint16_t *port_r,
		  char message_r[256])
{
	const struct listener_config config = {.address = address, .port = port, .tls = tls};
	return broker_listen_as(b, &config, port_r, message_r);
}

int broker_start(struct broker *b)
{
	b->started = true;
	int err = 0;
	for (unsigned i = 0; i < b->config.workers && !err; i++)
		err = worker_start(b->workers[i]);
	if (err)
		broker_stop(b);
	return err;
}

void broker_destroy(struct broker **broker)
{
	struct broker *b = *broker;
	*broker = NULL;
	if (!b)
		return;
	broker_stop(b);
	for (unsigned i = 0; i < b->listener_count; i++)
		listener_destroy(&b->listeners[i]);
	for (unsigned i = 0; b->workers && i < b->config.workers; i++)
		if (b->workers[i])
			worker_drain(b->workers[i]);
	for (unsigned i = 0; b->workers && i < b->config.workers; i++)
		worker_destroy(&b->workers[i]);
	retained_destroy(&b->retained);
	addresses_destroy(&b->addresses);
	shares_destroy(&b->shares);
	free(b->listeners);
	free(b->workers);
	lock_finish(&b->stop_lock);
	free(b);
}

/* --- questions ------------------------------------------------------------------ */

static uint64_t sum(const struct broker *b, size_t offset)
{
	uint64_t total = 0;
	for (unsigned i = 0; i < b->config.workers; i++) {
		const char *counters = (const char *)&b->workers[i]->counters;
		const _Atomic uint64_t *value = (const void *)(counters + offset);
		total += atomic_load_explicit(value, memory_order_relaxed);
	}
	return total;
}

#define SUM(field, type, family, labels, topic, text) .field = sum(b, offsetof(struct worker_counters, field)),

#define TAKE_LIMIT(field, type, family, labels, topic, text) \
	s.field = atomic_load_explicit(limit++, memory_order_relaxed);

void broker_stats_get(struct broker *b, struct broker_stats *stats_r)
{
	struct broker_stats s = {METRICS_WORKER(SUM)};
	s.uptime_s = (uint64_t)mono_diff_ms(b->made_at, clock_mono()) / 1000;
	s.disconnected = s.sessions > s.connections ? s.sessions - s.connections : 0;
	s.connections_max = atomic_load_explicit(&b->connections_max, memory_order_relaxed);
	s.packets_out = s.control_out + s.sent;
	s.retained = retained_count(b->retained);
	s.retained_bytes = retained_bytes(b->retained);
	struct memory_use memory = overload_memory(b);
	s.stored = memory.messages;
	s.memory_bytes = memory.bytes;
	s.inflight = memory.inflight;
	s.shared_subscriptions = shares_count(b->shares);
	s.memory_max_bytes = b->config.max_memory_bytes;
	s.stored_old = s.stored;
	const _Atomic uint64_t *limit = b->limits;
	METRICS_LIMITS(TAKE_LIMIT)
	s.active = s.connections;
	s.inactive = s.disconnected;
	*stats_r = s;
}

bool broker_alive(struct broker *b)
{
	bool alive = true;
	for (unsigned i = 0; i < b->config.workers; i++) {
		struct worker *w = b->workers[i];
		if (atomic_exchange(&w->ping_out, true))
			alive = false; /* the last call's question is still unanswered */
		else
			loop_post(w->loop, &w->ping);
	}
	return alive;
}
