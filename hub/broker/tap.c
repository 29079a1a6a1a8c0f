/* The tap: a sink is one more subscriber in the index of each worker, so a
 * topic that no sink wants costs nothing. Sinks hear a message where it enters the broker,
 * once. tap_add and tap_remove may be called from any thread; the rest runs on the workers. */
#include "broker/tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "broker/tap_private.h"
#include "mqtt/topic.h"

/* A sink on one worker. */
struct tap {
	struct subscriber subscriber; /* worker.router */
	struct list link;             /* worker.taps */
	struct tap_sink sink;
};

/* A filter on its way to a worker, to be added or removed. */
struct tap_mail {
	struct mail mail;
	bool removal;
	struct tap_sink sink;
	size_t filter_len;
	uint8_t filter[];
};

void tap_deliver(struct subscriber *who, struct message *message, const struct tap_arrival *arrival)
{
	struct tap *tap = container_of(who, struct tap, subscriber);
	tap->sink.message(tap->sink.ctx, message, arrival);
}

static struct tap *find_tap(struct worker *worker, const struct tap_sink *sink)
{
	list_each(tap, &worker->taps, struct tap, link)
		if (tap->sink.message == sink->message && tap->sink.ctx == sink->ctx)
			return tap;
	return NULL;
}

/* The sink's tap, made when it has none. */
static struct tap *tap_of(struct worker *worker, const struct tap_sink *sink)
{
	struct tap *tap = find_tap(worker, sink);
	if (tap)
		return tap;
	tap = calloc(1, sizeof *tap);
	if (!tap)
		return NULL;
	tap->subscriber.kind = SUBSCRIBER_TAP;
	tap->sink = *sink;
	list_append(&worker->taps, &tap->link);
	return tap;
}

/* Worker's thread, or before it runs. */
static int add_here(struct worker *worker, struct span filter, const struct tap_sink *sink)
{
	struct tap *tap = tap_of(worker, sink);
	if (!tap)
		return ERR_NOMEM;
	bool existed;
	return router_subscribe(&worker->router, &tap->subscriber, filter, &(struct sub_options){.qos = 2}, &existed);
}

static void remove_here(struct worker *worker, struct span filter, const struct tap_sink *sink)
{
	struct tap *tap = find_tap(worker, sink);
	if (tap)
		(void)router_unsubscribe(&worker->router, &tap->subscriber, filter);
}

static void replay(struct worker *worker, struct span filter, const struct tap_sink *sink)
{
	static const struct tap_arrival arrival = {.retained = true};
	struct retained_matches matches = {0};
	retained_match(worker->broker->retained, filter, clock_mono(), &matches);
	for (uint32_t i = 0; i < matches.count; i++)
		sink->message(sink->ctx, matches.items[i], &arrival);
	retained_matches_finish(&matches);
}

static void on_mail(struct mail *mail, void *owner)
{
	struct worker *worker = owner;
	struct tap_mail *m = container_of(mail, struct tap_mail, mail);
	struct span filter = span_of(m->filter, m->filter_len);
	if (m->removal) {
		remove_here(worker, filter, &m->sink);
	} else if (!worker->stopping) {
		/* One worker replays: before its own filter is in, so that its messages come later. */
		if (worker->index == 0)
			replay(worker, filter, &m->sink);
		add_here(worker, filter, &m->sink);
	}
	free(m);
}

static struct tap_mail *mail_create(struct span filter, const struct tap_sink *sink)
{
	struct tap_mail *m = malloc(sizeof *m + filter.len);
	if (!m)
		return NULL;
	m->mail.deliver = on_mail;
	m->removal = false;
	m->sink = *sink;
	m->filter_len = filter.len;
	memcpy(m->filter, filter.data, filter.len);
	return m;
}

int tap_add(struct broker *broker, struct span filter, const struct tap_sink *sink)
{
	struct span name, rest;
	if (!topic_filter_valid(filter) || !topic_depth_ok(filter) || topic_split_shared(filter, &name, &rest))
		return ERR_INVALID;
	int err = 0;
	if (!broker->started)
		replay(broker->workers[0], filter, sink);
	/* The first worker comes last: when it replays, the others hold the filter already. */
	for (unsigned i = broker->config.workers; i-- > 0 && !err;) {
		if (!broker->started) {
			err = add_here(broker->workers[i], filter, sink);
			continue;
		}
		struct tap_mail *m = mail_create(filter, sink);
		if (m)
			loop_post(broker->workers[i]->loop, &m->mail);
		else
			err = ERR_NOMEM;
	}
	return err;
}

int tap_remove(struct broker *broker, struct span filter, const struct tap_sink *sink)
{
	for (unsigned i = 0; i < broker->config.workers; i++) {
		if (!broker->started) {
			remove_here(broker->workers[i], filter, sink);
			continue;
		}
		struct tap_mail *m = mail_create(filter, sink);
		if (!m)
			return ERR_NOMEM;
		m->removal = true;
		loop_post(broker->workers[i]->loop, &m->mail);
	}
	return 0;
}

int tap_settle(struct broker *broker)
{
	return broker_settle(broker);
}

void tap_finish(struct worker *worker)
{
	list_each(tap, &worker->taps, struct tap, link) {
		router_forget(&worker->router, &tap->subscriber);
		free(tap);
	}
	list_init(&worker->taps);
}
