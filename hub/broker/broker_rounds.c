/* What is asked of all workers at once, by mail: new rules, new rooms, forgetting, another listener, the end. Any thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/broker_private.h"
#include "broker/connection.h"
#include "broker/guest.h"
#include "broker/persistence.h"
#include "broker/session.h"
#include "mqtt/reason.h"
#include "net/listener.h"
#include "thread/thread.h"

/* ---- a round ----------------------------------------------------------- */

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

int broker_set_access(struct broker *b, struct access_table *table)
{
	struct round *round = round_create(b, visit_access);
	if (!round)
		return ERR_NOMEM;
	round->table = access_table_ref(table);
	round_post(round);
	return 0;
}

static void visit_nothing(struct worker *w, struct round *round)
{
	(void)w, (void)round;
}

int broker_settle(struct broker *b)
{
	struct round *round = round_create(b, visit_nothing);
	return !round ? ERR_NOMEM : round_ask(round) ? 0 : ERR_CLOSED;
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
	char nobody[256];
	for (unsigned i = 0; i < b->listener_count; i++) {
		if (listener_port(b->listeners[i]) != change->port)
			continue;
		listener_destroy(&b->listeners[i]);
		int err = broker_open_listener(b, change->config, &b->listeners[i], change->message);
		if (err && broker_open_listener(b, change->before, &b->listeners[i], nobody) != 0)
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
