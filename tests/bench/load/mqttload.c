/* mqttload: a load generator for MQTT 3.1.1 and 5.0 brokers.
 *
 * One thread, one epoll. Packets are made beforehand; a batch is a copy, a stamp and one send; the acknowledgements of one read
 * go out in one write. Each payload begins with its time, its publisher and its number, and each subscriber follows the numbers of
 * each publisher: loss, duplication and reordering are counted, not guessed. What the broker costs is the CPU clock of its
 * process over the message phase alone, by messages delivered: steadier than messages per second on a noisy machine.
 *
 * One JSON object per run on the standard output. Exit status: 0 fine, 1 messages lost or clients closed, 2 misused. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "base/str.h"
#include "bench/load/load.h"

static const char usage_text[] =
	"usage: mqttload SCENARIO [options]\n"
	"  pairs      each publisher has its own subscriber (50)\n"
	"  fanin      publishers (100) to one subscriber with a wildcard\n"
	"  fanout     one publisher to subscribers (100) of its topic\n"
	"  ingest     publishers (100) without a subscriber: acknowledgements count as deliveries\n"
	"  latency    open loop, one packet per write, over one of these (--topo)\n"
	"  conns      idle connections (--clients)\n"
	"  retained   messages stored and delivered (--topics)\n"
	"  machine    no broker: what a system call, a send and a fresh page cost here\n"
	"options:\n"
	"  --host ADDRESS --port N --user NAME --password TEXT --v5 --keepalive S\n"
	"  --src-addrs N      come from 127.0.0.1 and the N - 1 addresses behind it\n"
	"  --pubs N --subs N --qos Q --sub-qos Q --size BYTES (16 at least) --retain --prefix TOPIC\n"
	"  --secs S or --count N;  --rate N: open loop, so many messages a second in all;  --warmup S;  --drain S\n"
	"  --batch N (messages per write)  --window N (undelivered per publisher, 0: any)  --inflight N (QoS 1 and 2)\n"
	"  --topo pairs|fanin|fanout|ingest   of latency\n"
	"  --clients N --subscribe --hold S --settle S (before the last look at the memory) --connect-window N\n"
	"  --topics N --clear                 of retained\n"
	"  --broker-pid PID   whose CPU time and memory are measured\n"
	"  --cpu N (pin to it)  --spin (never sleep)  --hist (all buckets)  --label TEXT  --help\n";

uint64_t load_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void load_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("mqttload: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void *load_alloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);
	if (!memory)
		load_fail("out of memory");
	return memory;
}

const char *load_topic(const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		load_fail("out of memory");
	va_end(args);
	return text;
}

/* ---- options ---- */

static struct load load = {
	.set = {.host = "127.0.0.1", .prefix = "bench", .label = "", .topo = "pairs", .port = 1883, .sub_qos = -1, .size_bytes = 64,
		.publishers = -1, .subscribers = -1, .batch = -1, .window = -1, .inflight = 100, .source_addresses = 1,
		.keep_alive_s = 300, .clients = 1000, .topics = 100000, .connect_window = 128, .cpu = -1, .secs = -1, .hold_s = 5,
		.warmup_s = -1, .drain_s = 2, .settle_s = 1.5},
};

/* One of the pointers is set. */
static const struct flag {
	const char *name;
	const char **text;
	bool *on;
	double *number;
	int64_t *integer, min, max;
} flags[] = {
	{"host", .text = &load.set.host},
	{"port", .integer = &load.set.port, .min = 1, .max = 65535},
	{"user", .text = &load.set.user},
	{"password", .text = &load.set.password},
	{"v5", .on = &load.set.v5},
	{"keepalive", .integer = &load.set.keep_alive_s, .max = 65535},
	{"src-addrs", .integer = &load.set.source_addresses, .min = 1, .max = 250},
	{"pubs", .integer = &load.set.publishers, .min = 1, .max = 100000},
	{"subs", .integer = &load.set.subscribers, .min = 1, .max = 100000},
	{"qos", .integer = &load.set.qos, .max = 2},
	{"sub-qos", .integer = &load.set.sub_qos, .max = 2},
	{"size", .integer = &load.set.size_bytes, .min = LOAD_HEADER_BYTES, .max = LOAD_WRITE_BYTES - 512},
	{"retain", .on = &load.set.retain},
	{"prefix", .text = &load.set.prefix},
	{"secs", .number = &load.set.secs},
	{"count", .integer = &load.set.count, .min = 1, .max = INT64_C(1) << 40},
	{"rate", .number = &load.set.rate},
	{"warmup", .number = &load.set.warmup_s},
	{"drain", .number = &load.set.drain_s},
	{"batch", .integer = &load.set.batch, .min = 1, .max = 65536},
	{"window", .integer = &load.set.window, .max = 1 << 30},
	{"inflight", .integer = &load.set.inflight, .min = 1, .max = 32000},
	{"topo", .text = &load.set.topo},
	{"clients", .integer = &load.set.clients, .min = 1, .max = 1000000},
	{"subscribe", .on = &load.set.subscribe},
	{"hold", .number = &load.set.hold_s},
	{"settle", .number = &load.set.settle_s},
	{"topics", .integer = &load.set.topics, .min = 1, .max = 100000000},
	{"clear", .on = &load.set.clear},
	{"connect-window", .integer = &load.set.connect_window, .min = 1, .max = 100000},
	{"broker-pid", .integer = &load.set.broker_pid, .min = 1, .max = INT32_MAX},
	{"cpu", .integer = &load.set.cpu, .max = CPU_SETSIZE - 1},
	{"spin", .on = &load.set.spin},
	{"hist", .on = &load.set.histogram},
	{"label", .text = &load.set.label},
};

enum { FLAGS = sizeof flags / sizeof flags[0], HELP = FLAGS };

static int misused(void)
{
	fputs(usage_text, stderr);
	return 2;
}

static int take_flag(const struct flag *flag, const char *value)
{
	if (flag->on)
		*flag->on = true;
	else if (flag->text)
		*flag->text = value;
	else if (flag->number)
		return str_to_double(span_of(value, strlen(value)), flag->number) || *flag->number < 0;
	else
		return str_to_int(value, flag->min, flag->max, flag->integer);
	return 0;
}

static int read_options(int argc, char **argv)
{
	struct option options[FLAGS + 2] = {[HELP] = {"help", no_argument, NULL, HELP}};
	for (int i = 0; i < FLAGS; i++)
		options[i] = (struct option){flags[i].name, flags[i].on ? no_argument : required_argument, NULL, i};
	int chosen;
	while ((chosen = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (chosen == HELP) {
			fputs(usage_text, stdout);
			exit(0);
		}
		if (chosen < 0 || chosen > FLAGS)
			return misused();
		if (take_flag(&flags[chosen], optarg))
			load_fail("--%s: bad value %s", flags[chosen].name, optarg);
	}
	if (optind + 1 != argc || strlen(load.set.prefix) > 64)
		return misused();
	if (load.set.sub_qos < 0)
		load.set.sub_qos = load.set.qos;
	return 0;
}

/* Everything that the scenarios take for granted. */
static void set_up(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (load.set.cpu >= 0) {
		cpu_set_t cpus;
		CPU_ZERO(&cpus);
		CPU_SET((size_t)load.set.cpu, &cpus);
		if (sched_setaffinity(0, sizeof cpus, &cpus) < 0)
			load_fail("--cpu: %s", strerror(errno));
	}
	prctl(PR_SET_TIMERSLACK, 1UL);
	load.broker = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)load.set.port)};
	if (inet_pton(AF_INET, load.set.host, &load.broker.sin_addr) != 1)
		load_fail("--host must be an IPv4 address");
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll_fd < 0)
		load_fail("epoll: %s", strerror(errno));
	load.input = load_alloc(LOAD_READ_BYTES, 1);
}

static int topology_of(const char *name, enum topology *topology_r)
{
	static const char *const names[] = {[TOPOLOGY_PAIRS] = "pairs", [TOPOLOGY_FANIN] = "fanin", [TOPOLOGY_FANOUT] = "fanout",
					    [TOPOLOGY_INGEST] = "ingest"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0) {
			*topology_r = (enum topology)i;
			return 0;
		}
	return -1;
}

int main(int argc, char **argv)
{
	int status = read_options(argc, argv);
	if (status)
		return status;
	const char *scenario = argv[optind];
	signal(SIGPIPE, SIG_IGN);
	set_up();
	if (strcmp(scenario, "conns") == 0)
		return scenario_conns(&load);
	if (strcmp(scenario, "retained") == 0)
		return scenario_retained(&load);
	if (strcmp(scenario, "machine") == 0)
		return scenario_machine(&load);
	load.set.latency = strcmp(scenario, "latency") == 0;
	if (topology_of(load.set.latency ? load.set.topo : scenario, &load.set.topology))
		return misused();
	return scenario_stream(&load, scenario);
}
