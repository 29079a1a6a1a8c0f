/* The broker as the hub sees it: making and stopping the workers, and what is
 * asked of all of them at once, by mail. Any thread; it holds no MQTT. */
#include "broker/broker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "broker/addresses.h"
#include "broker/broker_private.h"
#include "broker/connection.h"
#include "broker/guest.h"
#include "broker/overload.h"
#include "broker/persistence.h"
#include "broker/session.h"
#include "mqtt/reason.h"
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

int broker_listen_as(struct broker *b, const struct listener_config *config, uint16_t *port_r, char message_r[256])
{
	struct listener **bigger = realloc(b->listeners, (b->listener_count + 1) * sizeof(struct listener *));
	if (!bigger)
		return ERR_NOMEM;
	b->listeners = bigger;
	struct listener *listener;
	int err = listener_create(b->workers[0]->loop, config, on_accepted, b, &listener, message_r);
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

/* --- to every worker ---------------------------------------------------------- */

/* One question to all workers: the last of them finishes it. */
struct round {
	struct broker *broker;
	_Atomic unsigned left;
	void (*visit)(struct worker *worker, struct round *round);
	void (*done)(struct worker *last, struct round *round); /* NULL: nothing; on the last one's thread */
	struct access_table *table;        /* set_access */
	struct topic_rooms *topics;        /* set_topics */
	char *username;                    /* purge; NULL: nobody */
	struct span filter;                /* purge; owned */
	struct waiter *waiter;             /* its asker's (round_ask); NULL: nobody waits */
	struct relisten *relisten;         /* relisten; its asker's */
	struct round_mail {
		struct mail mail;
		struct round *round;
	} mails[];
};

static void round_discard(struct round *round)
{
	access_table_unref(&round->table);
	topic_rooms_unref(&round->topics);
	free(round->username);
	free((void *)(uintptr_t)round->filter.data);
	free(round);
}

static void on_round(struct mail *mail, void *owner)
{
	struct round *round = container_of(mail, struct round_mail, mail)->round;
	struct worker *worker = owner;
	if (!worker->stopping)
		round->visit(worker, round);
	if (atomic_fetch_sub(&round->left, 1) != 1)
		return;
	if (round->done)
		round->done(worker, round);
	struct waiter *waiter = round->waiter;
	round_discard(round);
	if (waiter)
		waiter_signal(waiter);
}

static struct round *round_create(struct broker *b, void (*visit)(struct worker *worker, struct round *round))
{
	unsigned workers = b->config.workers;
	struct round *round = calloc(1, sizeof *round + workers * sizeof round->mails[0]);
	if (!round) {
		log_error("broker", "out of memory: a change of rules has not reached the connections");
		return NULL;
	}
	round->broker = b;
	atomic_init(&round->left, workers);
	round->visit = visit;
	for (unsigned i = 0; i < workers; i++)
		round->mails[i] = (struct round_mail){{.deliver = on_round}, round};
	return round;
}

static void round_post(struct round *round)
{
	struct broker *b = round->broker;
	unsigned workers = b->config.workers; /* round may be gone before the loop is */
	struct round_mail *mails = round->mails;
	for (unsigned i = 0; i < workers; i++)
		loop_post(b->workers[i]->loop, &mails[i].mail);
}

/* Posts it and waits until every worker has had it. Returns false when none will: the broker has stopped. */
static bool round_ask(struct round *round)
{
	struct broker *b = round->broker;
	struct waiter answered;
	waiter_init(&answered);
	round->waiter = &answered;
	lock_take(&b->stop_lock);
	bool closed = b->stopped;
	if (!closed)
		round_post(round);
	lock_release(&b->stop_lock);
	if (closed)
		round_discard(round);
	else
		waiter_wait(&answered);
	waiter_finish(&answered);
	return !closed;
}

/* Calls act for every session; act may destroy it. */
static void each_session(struct worker *w, struct round *round, void (*act)(struct session *s, struct round *round))
{
	struct map_node *next;
	for (struct map_node *node = map_next(&w->sessions, NULL); node; node = next) {
		next = map_next(&w->sessions, node);
		act(container_of(node, struct session, node), round);
	}
}

static void renew(struct session *s, struct round *round)
{
	session_renew(s, access_renew(round->table, s->identity));
}

static void visit_access(struct worker *w, struct round *round)
{
	struct access_table *old = w->table;
	w->table = access_table_ref(round->table);
	each_session(w, round, renew);
	access_table_unref(&old); /* now that nobody borrows from it */
	worker_count_subscriptions(w);
}

void broker_set_access(struct broker *b, struct access_table *table)
{
	struct round *round = round_create(b, visit_access);
	if (!round)
		return;
	round->table = access_table_ref(table);
	round_post(round);
}

static void visit_topics(struct worker *w, struct round *round)
{
	guests_renew(w, round->topics);
}

int broker_set_topics(struct broker *b, struct topic_rooms *topics, bool now)
{
	struct round *round = round_create(b, visit_topics);
	if (!round)
		return ERR_NOMEM;
	round->topics = topic_rooms_ref(topics);
	if (now)
		(void)round_ask(round);
	else
		round_post(round);
	return 0;
}

static void revoke_if_named(struct session *s, struct round *round)
{
	if (strcmp(access_name(s->identity), round->username) == 0)
		session_revoke(s, REASON_ADMINISTRATIVE_ACTION);
}

static void visit_purge(struct worker *w, struct round *round)
{
	if (round->username)
		each_session(w, round, revoke_if_named);
}

/* Returns how many went, from memory and, soon, from the disk; *err_r: 0, or ERR_NOMEM when there may be more. */
static uint32_t purge_some(struct worker *w, struct span filter, int *err_r)
{
	struct retained_matches purged = {0};
	*err_r = retained_purge(w->broker->retained, filter, &purged);
	uint32_t count = purged.count;
	for (uint32_t i = 0; i < count; i++)
		persistence_retained_expired(w, purged.items[i]);
	retained_matches_finish(&purged);
	return count;
}

/* When the last worker has closed the door, nothing of this user can be added any more. */
static void purge_retained(struct worker *last, struct round *round)
{
	int err = 0;
	while (round->filter.len && purge_some(last, round->filter, &err) && err)
		; /* short of memory: what was found is gone, look again */
	if (err)
		log_error("broker", "out of memory: not all retained messages were purged");
	retained_give_back(last->broker->retained);
}

static struct round *purge_create(struct broker *b, struct span filter, const char *username)
{
	struct round *round = round_create(b, visit_purge);
	if (!round)
		return NULL;
	round->done = purge_retained;
	uint8_t *copy = malloc(filter.len ? filter.len : 1);
	round->username = username ? strdup(username) : NULL;
	if (!copy || (username && !round->username)) {
		free(copy);
		round_discard(round);
		log_error("broker", "out of memory: the retained messages were not purged");
		return NULL;
	}
	if (filter.len)
		memcpy(copy, filter.data, filter.len);
	round->filter = span_of(copy, filter.len);
	return round;
}

void broker_purge(struct broker *b, struct span filter, const char *username)
{
	struct round *round = purge_create(b, filter, username);
	if (round)
		round_post(round);
}

void broker_purge_now(struct broker *b, struct span filter, const char *username)
{
	struct round *round = purge_create(b, filter, username);
	if (round)
		(void)round_ask(round);
}

/* --- another address ----------------------------------------------------------- */

/* What a change of listeners needs, in the frame of who waits for it. */
struct relisten {
	uint16_t port;
	const struct listener_config *config, *before;
	char *message; /* 256 bytes */
	bool local;    /* for this machine only */
	int err;
};

static int replace_listener(struct broker *b, struct relisten *change)
{
	struct loop *loop = b->workers[0]->loop;
	char nobody[256];
	for (unsigned i = 0; i < b->listener_count; i++) {
		if (listener_port(b->listeners[i]) != change->port)
			continue;
		listener_destroy(&b->listeners[i]);
		int err = listener_create(loop, change->config, on_accepted, b, &b->listeners[i], change->message);
		if (err && listener_create(loop, change->before, on_accepted, b, &b->listeners[i], nobody) != 0)
			b->listeners[i] = b->listeners[--b->listener_count]; /* its port is another's now */
		return err;
	}
	return ERR_NOT_FOUND;
}

static void visit_relisten(struct worker *w, struct round *round)
{
	struct relisten *change = round->relisten;
	if (w->index == 0)
		change->err = replace_listener(w->broker, change);
	if (!change->local)
		return;
	list_each(c, &w->connections, struct connection, link)
		if (stream_is_open(c->stream))
			connection_end(c, REASON_ADMINISTRATIVE_ACTION);
}

int broker_relisten(struct broker *b, uint16_t port, const struct listener_config *config, const struct listener_config *before,
		    char message_r[256])
{
	struct relisten change = {.port = port, .config = config, .before = before, .message = message_r,
				  .local = strcmp(config->address, "127.0.0.1") == 0 || strcmp(config->address, "::1") == 0};
	struct round *round = round_create(b, visit_relisten);
	if (!round)
		return ERR_NOMEM;
	round->relisten = &change;
	return round_ask(round) ? change.err : ERR_CLOSED;
}

/* --- the end ------------------------------------------------------------------- */

static void visit_stop(struct worker *w, struct round *round)
{
	(void)round;
	if (w->index == 0)
		for (unsigned i = 0; i < w->broker->listener_count; i++)
			listener_destroy(&w->broker->listeners[i]);
	w->closing = true;
	list_each(c, &w->connections, struct connection, link)
		connection_end(c, REASON_SERVER_SHUTTING_DOWN);
	w->stopping = true;
	loop_stop(w->loop);
}

void broker_stop(struct broker *b)
{
	lock_take(&b->stop_lock);
	bool stop = b->started && !atomic_exchange(&b->stopped, true);
	struct round *round = stop ? round_create(b, visit_stop) : NULL;
	for (unsigned i = 0; stop && i < b->config.workers && !round; i++)
		loop_stop(b->workers[i]->loop); /* without a word, but it stops */
	if (round)
		round_post(round);
	lock_release(&b->stop_lock);
	if (!stop)
		return;
	for (unsigned i = 0; i < b->config.workers; i++)
		if (b->workers[i]->running)
			pthread_join(b->workers[i]->thread, NULL);
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
