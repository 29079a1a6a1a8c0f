/* Retained messages: stored by one client, delivered to another that subscribes to them all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bench/load/load.h"

enum {
	PINGREQ = 12,
	BURST_BYTES = 65536, /* written at once */
	FOLDERS = 997,       /* of topics */
	PATIENCE_S = 120,
	TURN_NS = 20000000,
};

/* Until the broker has handled everything before. */
static void wait_for_pong(struct load *l, struct client *c)
{
	uint64_t seen = l->pongs, end_ns = load_now_ns() + PATIENCE_S * UINT64_C(1000000000);
	client_send_bare(l, c, PINGREQ);
	while (l->pongs == seen && load_now_ns() < end_ns && c->state == CLIENT_READY)
		load_poll(l, TURN_NS);
}

static bool window_open(const struct load *l, const struct client *c)
{
	return l->set.qos == 0 || c->inflight < c->max_inflight;
}

/* Stores the messages, or empties their topics. */
static void store(struct load *l, struct client *c, bool empty)
{
	uint32_t count = (uint32_t)l->set.topics, size = (uint32_t)l->set.size_bytes, done = 0;
	char *payload = load_alloc(size, 1);
	while (done < count || c->inflight) {
		while (done < count && !c->blocked && c->out_len - c->out_at < BURST_BYTES && window_open(l, c)) {
			char topic[128];
			str_format(topic, sizeof topic, "%s/r%03u/%05u/state", l->set.prefix, done % FOLDERS, done);
			memset(payload, 'r', size);
			str_format(payload, LOAD_HEADER_BYTES, "%u", done);
			client_put_publish(l, c, topic, (const uint8_t *)payload, empty ? 0 : size);
			done++;
		}
		client_flush(l, c);
		if (c->state != CLIENT_READY)
			load_fail("the publisher was closed while it stored");
		load_poll(l, c->blocked || !window_open(l, c) || done == count ? TURN_NS : 0);
	}
	free(payload);
	wait_for_pong(l, c);
}

int scenario_retained(struct load *l)
{
	pid_t pid = (pid_t)l->set.broker_pid;
	uint64_t count = (uint64_t)l->set.topics;
	l->set.retain = true;
	l->publishers = load_alloc(1, sizeof *l->publishers);
	l->subscribers = load_alloc(1, sizeof *l->subscribers);
	l->subscribers->subscriber = true;
	l->subscribers->topic = load_topic("%s/#", l->set.prefix);
	if (load_connect(l, l->publishers, 1) < 1)
		load_fail("the publisher could not connect");
	struct sample before = sample_take(pid);
	store(l, l->publishers, false);
	struct sample stored = sample_take(pid);
	load_rest(l, 0.2);

	struct sample begin = sample_take(pid);
	l->received_ns = load_now_ns();
	if (load_connect(l, l->subscribers, 1) < 1)
		load_fail("the subscriber could not connect");
	while (l->received < count && (double)(load_now_ns() - l->received_ns) / 1e9 < l->set.drain_s + 3 && !l->closed)
		load_poll(l, TURN_NS);
	struct sample delivered = sample_take(pid);
	uint64_t received = l->received;

	double store_s = (double)(stored.at_ns - before.at_ns) / 1e9, deliver_s = (double)(delivered.at_ns - begin.at_ns) / 1e9;
	report_begin("retained", l->set.label, l->set.v5);
	report_int("qos", l->set.qos);
	report_int("size", l->set.size_bytes);
	report_int("topics", (int64_t)count);
	report_number("store_s", store_s, 3);
	report_number("store_per_s", (double)count / store_s, 0);
	report_costs("store_", &before, &stored, (double)count);
	report_number("rss_bytes_per_retained", (double)(begin.rss_kb - before.rss_kb) * 1024 / (double)count, 0);
	report_int("received", (int64_t)received);
	report_int("retain_flagged", (int64_t)l->retained);
	report_int("lost", (int64_t)(count - received));
	report_int("disconnects", l->closed);
	report_number("deliver_s", deliver_s, 3);
	report_number("deliver_per_s", (double)received / deliver_s, 0);
	report_costs("deliver_", &begin, &delivered, (double)received);
	bool failed = received != count || l->closed;
	if (l->set.clear) {
		l->quiet = true;
		client_close(l, l->subscribers, "");
		store(l, l->publishers, true);
		load_rest(l, l->set.settle_s);
		report_int("clear_rss_kb", sample_take(pid).rss_kb);
	}
	report_end();
	return failed;
}
