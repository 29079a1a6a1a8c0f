/* Workers: the thread, and what happens at the end of each turn of its loop. */
#include "broker/worker.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/connection.h"
#include "broker/overload.h"
#include "broker/persistence.h"
#include "broker/session.h"
#include "broker/sys.h"
#include "broker/tap_private.h"
#include "model/topic_rooms.h"
#include "mqtt/reason.h"
#include "thread/thread.h"

enum { RETURN_MS = 60 * 1000 };

static void on_wake(struct mail *mail, void *owner);
static void on_ping(struct mail *mail, void *owner);

int worker_create(struct broker *broker, unsigned index, struct access_table *table, struct worker **worker_r)
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	*worker_r = w;
	w->broker = broker;
	w->index = index;
	w->table = access_table_ref(table);
	w->throttling = broker->config.max_publish_rate > 0;
	w->wake.deliver = on_wake;
	w->ping.deliver = on_ping;
	list_init(&w->taps);
	list_init(&w->connections);
	list_init(&w->dirty);
	list_init(&w->guests);
	list_init(&w->hungry);
	list_init(&w->waiting);
	w->returned_by = mono_add_ms(clock_mono(), RETURN_MS);
	w->input = malloc(WORKER_INPUT_BYTES);
	w->interest = calloc(1, sizeof *w->interest);
	w->routes = route_cache_create();
	if (!w->input || !w->interest || !w->routes || batches_init(&w->batches, broker->config.workers) || router_init(&w->router))
		return ERR_NOMEM;
	int err = loop_create(&w->loop, w);
	if (!err)
		err = sys_create(w);
	if (!err && broker->config.persist)
		err = persistence_create(w, broker->config.persist, &w->persistence);
	return err;
}

void worker_settled(struct worker *w)
{
	if (w->stopping)
		loop_stop(w->loop); /* who runs it sees what is left */
}

static void drop_connections(struct worker *w)
{
	while (!list_empty(&w->connections)) {
		struct connection *c = container_of(w->connections.next, struct connection, link);
		if (c->session)
			c->session->connection = NULL;
		connection_reap(c);
	}
}

static void drop_sessions(struct worker *w)
{
	struct map_node *node;
	while ((node = map_next(&w->sessions, NULL))) {
		struct session *s = container_of(node, struct session, node);
		session_forget(&s);
	}
}

void worker_drain(struct worker *w)
{
	w->stopping = true; /* mail that is still there is dropped by its handlers */
	drop_connections(w);
	drop_sessions(w);
	sys_destroy(&w->sys);
	tidy_stop(w);
	if (w->loop)
		loop_deliver(w->loop);
	drop_connections(w); /* those that the last mail brought */
	persistence_flush(w->persistence); /* what it has purged */
	while (persistence_is_asking(w->persistence))
		loop_run(w->loop, NULL);
	persistence_destroy(&w->persistence);
}

void worker_destroy(struct worker **worker)
{
	struct worker *w = *worker;
	*worker = NULL;
	if (!w)
		return;
	while (w->receipts)
		loop_run(w->loop, NULL);
	if (w->loop)
		loop_destroy(&w->loop);
	tap_finish(w);
	route_cache_destroy(&w->routes);
	router_finish(&w->router);
	matches_finish(&w->matches);
	share_picks_finish(&w->picks);
	map_finish(&w->sessions);
	output_pool_finish(&w->pool);
	for (unsigned i = 0; i < WORKER_IMAGES; i++)
		free(w->images[i].data);
	access_table_unref(&w->table);
	topic_rooms_unref(&w->topics);
	memory_fold(&w->memory);
	batches_finish(&w->batches);
	free(w->interest);
	free(w->input);
	free(w);
}

static void on_wake(struct mail *mail, void *owner)
{
	struct worker *w = owner;
	(void)mail;
	w->wake_posted = false;
	while (!list_empty(&w->hungry))
		connection_feed(container_of(w->hungry.next, struct connection, dirty));
}

static void on_ping(struct mail *mail, void *owner)
{
	struct worker *w = owner;
	(void)mail;
	atomic_store(&w->ping_out, false);
}

void worker_wake(struct worker *w)
{
	if (w->wake_posted)
		return;
	w->wake_posted = true;
	loop_post(w->loop, &w->wake);
}

void worker_count_subscriptions(struct worker *w)
{
	atomic_store_explicit(&w->counters.subscriptions, w->router.subscriptions, memory_order_relaxed);
}

/* Writes what the turn has produced and buries what has ended in it. Ending a
 * connection may publish a will, which touches others: hence one at a time from the front. */
static void settle_dirty(struct worker *w)
{
	while (!list_empty(&w->dirty)) {
		struct connection *c = container_of(w->dirty.next, struct connection, dirty);
		list_remove(&c->dirty);
		if (!c->broken)
			connection_flush(c);
		if (c->broken)
			connection_end(c, REASON_UNSPECIFIED);
		if (c->ending) {
			connection_reap(c);
		} else if (c->hungry || c->more) {
			list_remove(&c->dirty);
			list_append(&w->hungry, &c->dirty);
		}
	}
}

void worker_turn_end(void *owner)
{
	struct worker *w = owner;
	batches_post(w);
	persistence_flush(w->persistence);
	settle_dirty(w);
	batches_post(w);
	persistence_flush(w->persistence); /* what ended in settle_dirty has left wills and sessions */
	if (!list_empty(&w->hungry))
		worker_wake(w);
	worker_count_subscriptions(w);
	overload_turn(w);
	tidy_turn(w);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	memory_bind(&w->memory);
	loop_run(w->loop, worker_turn_end);
	return NULL;
}

int worker_start(struct worker *w)
{
	char name[16];
	if (w->index == 0)
		retained_sweep_start(w);
	if (str_format(name, sizeof name, "broker-%u", w->index))
		return ERR_INVALID;
	int err = thread_start(&w->thread, name, run, w);
	w->running = !err;
	return err;
}
