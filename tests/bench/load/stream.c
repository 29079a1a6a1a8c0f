/* The scenarios in which messages stream: pairs, fan-in, fan-out, ingest, and latency over any of them. */
#include <string.h>

#include "bench/load/load.h"

enum { PAIRS = 50, MANY = 100, BATCH = 64, WINDOW = 256, RATE = 10000 };

static const double stall_look_s = 0.25, longest_wait_s = 0.02, late_limit_s = 5;

/* What was not set on the command line. */
static void set_defaults(struct load *l)
{
	struct settings *set = &l->set;
	bool one_publisher = set->topology == TOPOLOGY_FANOUT, pairs = set->topology == TOPOLOGY_PAIRS;
	if (set->publishers < 1)
		set->publishers = one_publisher ? 1 : pairs && !set->latency ? PAIRS : MANY;
	if (set->topology == TOPOLOGY_INGEST)
		set->subscribers = 0;
	else if (pairs)
		set->subscribers = set->publishers;
	else if (set->subscribers < 1)
		set->subscribers = one_publisher ? MANY : 1;
	if (set->latency && set->rate <= 0)
		set->rate = RATE;
	if (set->batch < 1)
		set->batch = set->latency ? 1 : BATCH;
	if (set->window < 0)
		set->window = set->rate > 0 ? 0 : WINDOW;
	if (set->secs < 0 && set->rate > 0 && set->count)
		set->secs = (double)set->count / set->rate;
	else if (set->secs < 0 && !set->count)
		set->secs = 10;
	if (set->warmup_s < 0)
		set->warmup_s = set->latency ? 2 : 0;
}

static void make_clients(struct load *l)
{
	const struct settings *set = &l->set;
	bool pairs = set->topology == TOPOLOGY_PAIRS, ingest = set->topology == TOPOLOGY_INGEST;
	l->publisher_count = (uint32_t)set->publishers;
	l->subscriber_count = (uint32_t)set->subscribers;
	l->copies = pairs || ingest ? 1 : l->subscriber_count;
	l->tracks_a_row = pairs ? 1 : l->publisher_count;
	l->tracks = load_alloc((size_t)l->subscriber_count * l->tracks_a_row, sizeof *l->tracks);
	for (l->ring_mask = 1; l->ring_mask < set->inflight * 2;)
		l->ring_mask *= 2;
	l->ring_mask--;
	l->publishers = load_alloc(l->publisher_count, sizeof *l->publishers);
	l->subscribers = load_alloc(l->subscriber_count, sizeof *l->subscribers);
	for (uint32_t i = 0; i < l->publisher_count; i++) {
		struct client *c = &l->publishers[i];
		c->index = i;
		if (ingest)
			c->sent_ns = load_alloc(l->ring_mask + 1u, sizeof *c->sent_ns);
		client_make_template(l, c, load_topic("%s/%06u/telemetry", set->prefix, i));
	}
	for (uint32_t i = 0; i < l->subscriber_count; i++) {
		struct client *c = &l->subscribers[i];
		c->index = i;
		c->subscriber = true;
		c->topic = pairs || l->publisher_count == 1 ? load_topic("%s/%06u/telemetry", set->prefix, pairs ? i : 0)
							     : load_topic("%s/+/telemetry", set->prefix);
	}
}

static uint64_t wanted(const struct load *l)
{
	return l->sent * l->copies;
}

static bool handshakes_done(const struct load *l)
{
	for (uint32_t i = 0; i < l->publisher_count; i++)
		if (l->publishers[i].inflight)
			return false;
	return true;
}

/* Whether the run has come to its end, and whether to send on. */
static bool is_over(struct load *l, uint64_t now_ns)
{
	const struct settings *set = &l->set;
	double elapsed_s = (double)(now_ns - l->began_ns) / 1e9;
	if (set->rate > 0) {
		uint64_t all = set->count ? (uint64_t)set->count : (uint64_t)(set->rate * set->secs);
		l->sending &= l->sent < all && elapsed_s < set->secs + late_limit_s;
	} else if (set->count) {
		l->sending &= l->sent < (uint64_t)set->count / l->publisher_count * l->publisher_count;
	}
	if (set->rate <= 0 && set->secs > 0)
		l->sending &= elapsed_s < set->secs;
	if (l->closed)
		return true;
	if (l->sending)
		return false;
	if (l->received - l->duplicates >= wanted(l) && handshakes_done(l))
		return true;
	return now_ns > l->received_ns && (double)(now_ns - l->received_ns) / 1e9 > set->drain_s;
}

/* Until when the loop may sleep. */
static int64_t wait_ns(const struct load *l)
{
	double longest = longest_wait_s * 1e9;
	if (l->ready_first)
		return 0;
	if (l->sending && l->set.rate > 0) {
		double next = (double)l->began_ns + (double)l->scheduled * 1e9 / l->set.rate - (double)load_now_ns();
		return next < 0 ? 0 : (int64_t)(next < longest ? next : longest);
	}
	return (int64_t)longest;
}

static void stream(struct load *l)
{
	const struct settings *set = &l->set;
	uint64_t looked_ns = l->began_ns = l->received_ns = load_now_ns();
	l->measured_from_ns = l->began_ns + (uint64_t)(set->warmup_s * 1e9);
	l->sending = true;
	for (uint32_t i = 0; i < l->publisher_count; i++)
		publisher_ready(l, &l->publishers[i]);
	for (;;) {
		uint64_t now_ns = load_now_ns();
		if (l->sending && set->rate > 0)
			publishers_schedule(l, now_ns);
		if (is_over(l, now_ns))
			return;
		publishers_run(l);
		if (set->window && l->sending && (double)(now_ns - looked_ns) / 1e9 > stall_look_s) {
			publishers_forgive(l);
			looked_ns = now_ns;
		}
		load_poll(l, wait_ns(l));
	}
}

static void report(const struct load *l, const char *name, const struct sample *from, const struct sample *to)
{
	const struct settings *set = &l->set;
	uint64_t unique = l->received - l->duplicates;
	double secs = (double)(l->received_ns - l->began_ns) / 1e9;
	report_begin(name, set->label, set->v5);
	if (set->latency)
		report_text("topology", set->topo);
	report_int("qos", set->qos);
	report_int("sub_qos", set->sub_qos);
	report_int("size", set->size_bytes);
	report_int("publishers", l->publisher_count);
	report_int("subscribers", l->subscriber_count);
	report_int("batch", set->batch);
	report_int("window", set->window);
	report_int("inflight", set->qos ? set->inflight : 0);
	if (set->rate > 0)
		report_number("rate", set->rate, 0);
	report_number("secs", secs, 3);
	report_int("sent", (int64_t)l->sent);
	report_int("received", (int64_t)unique);
	report_int("lost", (int64_t)(wanted(l) - unique));
	report_int("duplicates", (int64_t)l->duplicates);
	report_int("reordered", (int64_t)l->late);
	report_int("disconnects", l->closed);
	report_number("sent_per_s", secs > 0 ? (double)l->sent / secs : 0, 0);
	report_number("received_per_s", secs > 0 ? (double)unique / secs : 0, 0);
	report_costs("", from, to, (double)unique);
	report_histogram("latency_us", &l->latency, set->histogram);
	if (set->rate > 0)
		report_histogram("lag_us", &l->lag, false);
	report_end();
}

int scenario_stream(struct load *l, const char *name)
{
	if (l->set.topology == TOPOLOGY_INGEST && l->set.qos == 0)
		load_fail("ingest counts acknowledgements: give --qos 1 or 2");
	set_defaults(l);
	make_clients(l);
	if (load_connect(l, l->subscribers, l->subscriber_count) < l->subscriber_count ||
	    load_connect(l, l->publishers, l->publisher_count) < l->publisher_count)
		load_fail("not all clients could connect");
	load_rest(l, 0.2);
	struct sample before = sample_take((pid_t)l->set.broker_pid);
	stream(l);
	struct sample after = sample_take((pid_t)l->set.broker_pid);
	report(l, name, &before, &after);
	return wanted(l) != l->received - l->duplicates || l->closed;
}
