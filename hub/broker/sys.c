/* $SYS topics out of the table of counters (metrics/metrics.h). On the worker's
 * thread: values of other workers and of other rooms are read, never waited for. */
#include "broker/sys.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "broker/route.h"
#include "metrics/process.h"
#include "mqtt/topic.h"

#define ROOT "$SYS"

enum { TOPIC_SIZE = 128 };

struct sys {
	struct loop_timer timer;
	struct worker *worker;
	int64_t interval_ms;
	struct metrics now;
	struct mono_ms measured; /* the turn in which they were read; 0: never */
	uint64_t packets;        /* that had been handled then: one SUBSCRIBE with many filters reads them once */
	struct metrics told;     /* the last values that went to subscribers */
	bool begins;             /* the timer fires for the first time */
};

static void on_timer(struct loop_timer *timer);

int sys_create(struct worker *worker)
{
	uint32_t interval_s = worker->broker->config.sys_interval_s;
	if (!interval_s)
		return 0;
	struct sys *sys = calloc(1, sizeof *sys);
	if (!sys)
		return ERR_NOMEM;
	sys->worker = worker;
	sys->interval_ms = (int64_t)interval_s * 1000;
	sys->timer.fire = on_timer;
	worker->sys = sys;
	sys->begins = worker->index == 0; /* with the loads of the first moment */
	loop_timer_arm(worker->loop, &sys->timer, worker->index ? sys->interval_ms : 0);
	return 0;
}

void sys_destroy(struct sys **sys)
{
	if (*sys)
		loop_timer_disarm(&(*sys)->timer);
	free(*sys);
	*sys = NULL;
}

bool sys_owns(struct span filter)
{
	return span_is(filter, ROOT) || span_starts(filter, span_str(ROOT "/"));
}

/* --- values ---------------------------------------------------------------- */

static void update_load(struct sys *sys)
{
	struct broker *broker = sys->worker->broker;
	struct broker_stats stats;
	struct metrics_load load;
	broker_stats_get(broker, &stats);
	load_update(&broker->load, &stats, loop_now(sys->worker->loop), &load);
	const uint64_t *values = (const uint64_t *)&load;
	for (size_t i = 0; i < BROKER_LOADS; i++)
		atomic_store_explicit(&broker->loads[i], values[i], memory_order_relaxed);
}

static void measure(struct sys *sys)
{
	struct worker *worker = sys->worker;
	struct broker *broker = worker->broker;
	struct mono_ms now = loop_now(worker->loop);
	uint64_t packets = atomic_load_explicit(&worker->counters.packets_in, memory_order_relaxed);
	if (sys->measured.ms == now.ms && sys->packets == packets)
		return;
	struct metrics *m = &sys->now;
	sys->measured = now;
	sys->packets = packets;
	broker_stats_get(broker, &m->broker);
	uint64_t *loads = (uint64_t *)&m->load;
	for (size_t i = 0; i < BROKER_LOADS; i++)
		loads[i] = atomic_load_explicit(&broker->loads[i], memory_order_relaxed);
	process_measure(&m->process, false);
	if (broker->events.measure)
		broker->events.measure(broker->events.ctx, m);
}

/* Whether somebody fills the row in. */
static bool is_known(const struct sys *sys, const struct metric *row)
{
	bool foreign = row->offset >= offsetof(struct metrics, house) && row->offset < offsetof(struct metrics, process);
	return row->topic && (!foreign || sys->worker->broker->events.measure);
}

/* The topic's message with one reference; NULL without memory. */
static struct message *message_of(const char *topic, struct span payload)
{
	return message_create(span_str(topic), (struct span){0}, payload, 0, MESSAGE_FROM_INSIDE);
}

static struct message *message_of_row(const struct sys *sys, const struct metric *row, const char *topic)
{
	struct buf payload = {0};
	struct message *m = NULL;
	if (metrics_payload(&sys->now, row, &payload) == 0)
		m = message_of(topic, buf_span(&payload));
	buf_finish(&payload);
	if (m)
		message_set_received(m, loop_now(sys->worker->loop));
	return m;
}

static const char version_topic[] = ROOT "/broker/version";

static struct message *version_message(void)
{
	return message_of(version_topic, span_str("tomte version " PACKAGE_VERSION));
}

/* --- to new subscriptions -------------------------------------------------- */

static int append(struct retained_matches *to, struct message *m)
{
	if (!m)
		return ERR_NOMEM;
	if (to->count == to->cap) {
		uint32_t cap = to->cap ? to->cap * 2 : 16;
		struct message **bigger = realloc(to->items, cap * sizeof(struct message *));
		if (!bigger) {
			message_unref(&m);
			return ERR_NOMEM;
		}
		to->items = bigger;
		to->cap = cap;
	}
	to->items[to->count++] = m;
	return 0;
}

int sys_match(struct worker *worker, struct span filter, struct retained_matches *matches)
{
	struct sys *sys = worker->sys;
	if (!sys)
		return 0;
	measure(sys);
	int err = topic_matches(filter, span_str(version_topic)) ? append(matches, version_message()) : 0;
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count && !err; i++) {
		char topic[TOPIC_SIZE];
		if (!is_known(sys, &table[i]) || str_format(topic, sizeof topic, ROOT "/broker/%s", table[i].topic) ||
		    !topic_matches(filter, span_str(topic)))
			continue;
		err = append(matches, message_of_row(sys, &table[i], topic));
	}
	return err;
}

/* --- to those that are there ------------------------------------------------ */

/* Takes the reference. */
static void tell(struct worker *worker, struct message *m)
{
	if (m)
		route_here(worker, m);
}

static void tell_changes(struct sys *sys)
{
	measure(sys);
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count; i++) {
		char topic[TOPIC_SIZE];
		if (!is_known(sys, &table[i]) || metrics_value(&sys->now, &table[i]) == metrics_value(&sys->told, &table[i]) ||
		    str_format(topic, sizeof topic, ROOT "/broker/%s", table[i].topic))
			continue;
		tell(sys->worker, message_of_row(sys, &table[i], topic));
	}
	sys->told = sys->now;
}

static void on_timer(struct loop_timer *timer)
{
	struct sys *sys = container_of(timer, struct sys, timer);
	struct worker *worker = sys->worker;
	if (worker->index == 0)
		update_load(sys);
	if (sys->begins) /* nothing has changed since: who is here already has all values */
		sys->begins = false;
	else if (topic_tree_begins(&worker->router.tree, span_str(ROOT)))
		tell_changes(sys);
	loop_timer_arm(worker->loop, timer, sys->interval_ms);
}
