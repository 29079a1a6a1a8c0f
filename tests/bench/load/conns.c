/* Idle connections: what they cost while they are there, and what is left of that when they have gone. */
#include "bench/load/load.h"

enum { PINGREQ = 12, DISCONNECT = 14, PINGS_A_POLL = 64 };

static void make_clients(struct load *l)
{
	l->subscriber_count = (uint32_t)l->set.clients;
	l->subscribers = load_alloc(l->subscriber_count, sizeof *l->subscribers);
	for (uint32_t i = 0; i < l->subscriber_count; i++) {
		l->subscribers[i].index = i;
		l->subscribers[i].subscriber = true;
		if (l->set.subscribe)
			l->subscribers[i].topic = load_topic("%s/%06u/cmd", l->set.prefix, i);
	}
}

/* Holds the connections, with a ping of each in three quarters of its keep-alive. */
static void hold(struct load *l)
{
	uint64_t begin_ns = load_now_ns(), end_ns = begin_ns + (uint64_t)(l->set.hold_s * 1e9);
	uint64_t period_ns = (uint64_t)l->set.keep_alive_s * 750000000u, due_ns = begin_ns + period_ns, now_ns;
	uint32_t at = l->subscriber_count;
	while ((now_ns = load_now_ns()) < end_ns && !l->closed) {
		if (period_ns && now_ns >= due_ns) {
			at = 0;
			due_ns += period_ns;
		}
		for (int i = 0; i < PINGS_A_POLL && at < l->subscriber_count; i++)
			client_send_bare(l, &l->subscribers[at++], PINGREQ);
		load_poll(l, at < l->subscriber_count ? 0 : 20000000);
	}
}

static void leave(struct load *l)
{
	l->quiet = true;
	for (uint32_t i = 0; i < l->subscriber_count; i++) {
		struct client *c = &l->subscribers[i];
		if (c->state != CLIENT_READY)
			continue;
		client_send_bare(l, c, DISCONNECT);
		client_close(l, c, "");
	}
	load_rest(l, l->set.settle_s);
}

int scenario_conns(struct load *l)
{
	pid_t pid = (pid_t)l->set.broker_pid;
	make_clients(l);
	struct sample before = sample_take(pid);
	uint32_t ready = load_connect(l, l->subscribers, l->subscriber_count);
	struct sample connected = sample_take(pid);
	load_rest(l, 1);
	struct sample idle = sample_take(pid);
	hold(l);
	struct sample held = sample_take(pid);
	uint32_t closed = l->closed;
	leave(l);
	struct sample after = sample_take(pid);

	double count = ready ? ready : 1, took_s = (double)(connected.at_ns - before.at_ns) / 1e9;
	double grown_kb = (double)(idle.rss_kb - before.rss_kb);
	report_begin("conns", l->set.label, l->set.v5);
	report_int("clients", l->set.clients);
	report_int("connected", ready);
	report_int("lost", (int64_t)l->subscriber_count - ready);
	report_text("subscribed", l->set.subscribe ? "yes" : "no");
	report_int("disconnects", closed);
	report_number("connect_s", took_s, 3);
	report_number("connects_per_s", ready / took_s, 0);
	report_int("rss_kb_before", before.rss_kb);
	report_int("rss_kb_connected", idle.rss_kb);
	report_int("rss_kb_after", after.rss_kb);
	report_number("rss_bytes_per_connection", grown_kb * 1024 / count, 0);
	report_number("rss_percent_kept", grown_kb > 0 ? (double)(after.rss_kb - before.rss_kb) * 100 / grown_kb : 0, 1);
	report_number("connect_cpu_s_per_1000", (connected.cpu_s - before.cpu_s) * 1000 / count, 4);
	report_number("hold_s", (double)(held.at_ns - idle.at_ns) / 1e9, 1);
	report_number("hold_cpu_percent", (held.cpu_s - idle.cpu_s) * 1e11 / (double)(held.at_ns - idle.at_ns), 3);
	report_int("pings", (int64_t)l->pongs);
	report_number("generator_cpu_s", after.own_cpu_s - before.own_cpu_s, 3);
	report_end();
	return closed || ready < l->subscriber_count;
}
