/* Limits: their sentences, counting, who may come in, and when the log has to say something. A limit of one client
 * is logged once for each of its connections; one of everybody when it was not met for a minute before. On the workers'
 * threads, but where the header says any. */
#include "broker/limits.h"

#include "base/log.h"
#include "broker/addresses.h"
#include "broker/overload.h"
#include "broker/session.h"
#include "mqtt/reason.h"

enum {
	QUIET_MS = 60000,
	SPARE_SOCKETS = 64, /* beyond what may connect: for those whose CONNECT is to be refused with a reason */
};

static const struct {
	bool own;             /* one client's alone, else everybody's */
	const char *sentence; /* to the client */
	const char *advice;   /* to the owner */
} limits[] = {
	[LIMIT_CONNECTIONS] = {false, "as many clients are connected as may be",
			       "raise max_connections, or see which clients are too many"},
	[LIMIT_ADDRESS] = {false, "too many connections come from this address",
			   "raise max_connections_per_address if they are wanted"},
	[LIMIT_CONNECT_TIMEOUT] = {false, "no CONNECT came in time", "see what connects from there and says nothing"},
	[LIMIT_PACKET_SIZE] = {true, "the packet is larger than the hub takes", "raise max_packet_kib if it is wanted"},
	[LIMIT_INFLIGHT] = {true, "more messages are unacknowledged than the receive maximum allows",
			    "the client does not keep to what it was told: mend it, or raise max_inflight"},
	[LIMIT_QUEUE] = {true, "the queue is full", "raise max_queued_messages and max_queued_kib, or see why the client does not read"},
	[LIMIT_SUBSCRIPTIONS] = {true, "this client has as many subscriptions as it may",
				 "raise max_subscriptions, or let the client use wildcards"},
	[LIMIT_TOPIC_LEVELS] = {true, "the topic has too many levels", "raise max_topic_levels if it is wanted"},
	[LIMIT_RETAINED] = {false, "the message was delivered but is not retained: there are too many",
			    "erase devices that publish under ever new topics, or raise max_retained_messages and max_retained_mib"},
	[LIMIT_PUBLISH_RATE] = {true, "the client publishes faster than it may and is slowed down",
				"raise max_publish_rate if it is wanted"},
	[LIMIT_MEMORY_CONNECTIONS] = {false, "memory is short: no new clients for now",
				      "see tomte_broker_memory_bytes: shorten queues, or raise max_memory_mib"},
	[LIMIT_MEMORY_PUBLISHERS] = {false, "memory is short: publishers are slowed down",
				     "see which clients do not read, or raise max_memory_mib"},
	[LIMIT_MEMORY_QOS0] = {false, "memory is short: messages at QoS 0 are dropped for clients that read slowly",
			       "see which clients do not read, or raise max_memory_mib"},
};

_Static_assert(sizeof limits / sizeof limits[0] == LIMIT_COUNT, "a sentence for each");

static void count(struct broker *broker, enum limit limit, uint64_t times)
{
	atomic_fetch_add_explicit(&broker->limits[limit], times, memory_order_relaxed);
}

/* Whether it was quiet around a limit of everybody until now. */
static bool begins(struct broker *broker, enum limit limit)
{
	int64_t now = clock_mono().ms;
	int64_t before = atomic_exchange_explicit(&broker->limits_met_ms[limit], now, memory_order_relaxed);
	return before == 0 || now - before > QUIET_MS;
}

static void complain(const char *subject, const char *address, enum limit limit)
{
	log_warning(subject, "%s: %s. What can be done: %s", address, limits[limit].sentence, limits[limit].advice);
}

void limits_met_by(struct broker *broker, const char *address, enum limit limit)
{
	count(broker, limit, 1);
	if (begins(broker, limit))
		complain("broker", address, limit);
}

const char *limits_met(struct connection *c, enum limit limit)
{
	struct broker *broker = c->worker->broker;
	count(broker, limit, 1);
	bool say = limits[limit].own ? !(c->limits_met & 1u << limit) : begins(broker, limit);
	if (say)
		complain(c->session ? c->session->client_id : "broker", stream_address(stream_peer(c->stream)).text, limit);
	c->limits_met |= (uint16_t)(1u << limit);
	return limits[limit].sentence;
}

void limits_queue_full(struct session *s, unsigned dropped)
{
	count(s->worker->broker, LIMIT_QUEUE, dropped);
}

bool limits_levels_ok(const struct broker *broker, struct span topic)
{
	uint32_t max = broker->config.max_topic_levels;
	if (topic.len < max)
		return true;
	uint32_t levels = 1;
	for (size_t i = 0; i < topic.len && levels <= max; i++)
		levels += topic.data[i] == '/';
	return levels <= max;
}

/* --- coming and going --------------------------------------------------------- */

/* Connections of this machine are not counted by address: bridges, proxies and the hub's own tools share it. */
static bool counts_by_address(const struct broker *broker, const struct stream_peer *peer)
{
	return broker->config.max_address_connections && (!peer->loopback || broker->config.count_loopback);
}

bool limits_admit_socket(struct connection *c, struct broker *broker)
{
	const struct broker_config *config = &broker->config;
	const struct stream_peer *peer = stream_peer(c->stream);
	if (atomic_fetch_add(&broker->sockets, 1) >= config->max_connections + (uint64_t)SPARE_SOCKETS) {
		atomic_fetch_sub(&broker->sockets, 1);
		limits_met_by(broker, stream_address(peer).text, LIMIT_CONNECTIONS);
		return false;
	}
	if (!counts_by_address(broker, peer))
		return true;
	c->address = addresses_enter(broker->addresses, stream_address(peer).text);
	if (!c->address || addresses_count(c->address) <= config->max_address_connections + (uint64_t)SPARE_SOCKETS)
		return true;
	limits_met_by(broker, stream_address(peer).text, LIMIT_ADDRESS);
	addresses_leave(broker->addresses, &c->address);
	atomic_fetch_sub(&broker->sockets, 1);
	return false;
}

static void note_maximum(struct broker *broker, uint32_t connections)
{
	uint32_t most = atomic_load_explicit(&broker->connections_max, memory_order_relaxed);
	while (connections > most && !atomic_compare_exchange_weak(&broker->connections_max, &most, connections))
		;
}

const char *limits_admit_client(struct connection *c, struct span client_id)
{
	struct worker *worker = c->worker;
	struct broker *broker = worker->broker;
	if (c->address && addresses_count(c->address) > broker->config.max_address_connections)
		return limits_met(c, LIMIT_ADDRESS);
	const struct session *s = session_find(worker, client_id);
	/* Who comes back for its session may free what it holds. */
	if (overload_now(worker) >= OVERLOAD_REFUSE && !s)
		return limits_met(c, LIMIT_MEMORY_CONNECTIONS);
	uint32_t connections = atomic_fetch_add(&broker->connections, 1) + 1;
	bool takes_over = s && s->connection; /* that one ends, and may be half open: its client has lost it */
	if (connections > broker->config.max_connections && !takes_over) {
		atomic_fetch_sub(&broker->connections, 1);
		return limits_met(c, LIMIT_CONNECTIONS);
	}
	if (!takes_over)
		note_maximum(broker, connections);
	c->counted = true;
	counter_add(&worker->counters.connections, 1);
	return NULL;
}

void limits_leave(struct connection *c)
{
	struct worker *worker = c->worker;
	addresses_leave(worker->broker->addresses, &c->address);
	atomic_fetch_sub(&worker->broker->sockets, 1);
	if (c->counted) {
		atomic_fetch_sub(&worker->broker->connections, 1);
		counter_add(&worker->counters.connections, -1);
	}
}
