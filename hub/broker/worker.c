/* Workers: the thread, what happens at the end of each turn of its loop, and
 * the batches of messages that go from one worker to another. */
#include "broker/worker.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/connection.h"
#include "broker/overload.h"
#include "broker/persistence.h"
#include "broker/receipt.h"
#include "broker/route.h"
#include "broker/session.h"
#include "broker/sys.h"
#include "broker/tap_private.h"
#include "mqtt/reason.h"
#include "thread/thread.h"

enum {
	BATCH_MESSAGES = 62, /* with their receipts and the head, 1 KiB */
	RETURN_MS = 60 * 1000,
};

/* Messages of one turn for one other worker. */
struct batch {
	struct mail mail;
	uint32_t count;
	struct message *items[BATCH_MESSAGES];    /* references */
	struct receipt *receipts[BATCH_MESSAGES]; /* held, or NULL */
};

static void on_wake(struct mail *mail, void *owner);

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
	list_init(&w->taps);
	list_init(&w->connections);
	list_init(&w->dirty);
	list_init(&w->hungry);
	list_init(&w->waiting);
	w->returned_by = mono_add_ms(clock_mono(), RETURN_MS);
	w->input = malloc(WORKER_INPUT_BYTES);
	w->batches = calloc(broker->config.workers, sizeof(struct batch *));
	w->routes = route_cache_create();
	if (!w->input || !w->batches || !w->routes || router_init(&w->router))
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
	memory_fold(&w->memory);
	free(w->batches);
	free(w->input);
	free(w);
}

static void on_batch(struct mail *mail, void *owner)
{
	struct batch *batch = container_of(mail, struct batch, mail);
	struct worker *w = owner;
	for (uint32_t i = 0; i < batch->count; i++)
		if (w->stopping) {
			message_unref(&batch->items[i]);
			receipt_release(batch->receipts[i], ERR_CLOSED);
		} else {
			route_arrived(w, batch->items[i], batch->receipts[i]);
		}
	free(batch);
}

static void post_batch(struct worker *w, unsigned to)
{
	struct batch *batch = w->batches[to];
	w->batches[to] = NULL;
	if (batch)
		loop_post(w->broker->workers[to]->loop, &batch->mail);
}

void worker_post_message(struct worker *w, unsigned to, struct message *message, struct receipt *receipt)
{
	struct batch *batch = w->batches[to];
	if (!batch) {
		batch = malloc(sizeof *batch);
		if (!batch) {
			counter_add(&w->counters.dropped, 1);
			return;
		}
		batch->mail.deliver = on_batch;
		batch->count = 0;
		w->batches[to] = batch;
	}
	receipt_hold(receipt);
	batch->receipts[batch->count] = receipt;
	batch->items[batch->count++] = message_ref(message);
	if (batch->count == BATCH_MESSAGES)
		post_batch(w, to);
}

static void post_batches(struct worker *w)
{
	for (unsigned i = 0; i < w->broker->config.workers; i++)
		post_batch(w, i);
}

static void on_wake(struct mail *mail, void *owner)
{
	struct worker *w = owner;
	(void)mail;
	w->wake_posted = false;
	while (!list_empty(&w->hungry))
		connection_feed(container_of(w->hungry.next, struct connection, dirty));
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
	atomic_store_explicit(&w->counters.subscriptions, w->router.subscriptions, memory_order_release);
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
	post_batches(w);
	persistence_flush(w->persistence);
	settle_dirty(w);
	post_batches(w);
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
