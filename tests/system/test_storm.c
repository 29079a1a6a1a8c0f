/* The real tomte-hub --broker-only under attack: a storm of malformed and truncated packets over many connections,
 * and thousands of connections that never say CONNECT; beside them well-behaved clients who must lose nothing and wait
 * for nothing. In sanitizer builds a bad access or a leak ends the hub with an error, which is seen when it is stopped.
 * TEST_LONG=yes sends a million. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mqtt/reason.h"
#include "support/free_port.h"
#include "support/malformed.h"
#include "support/mqtt_client.h"
#include "support/scratch.h"
#include "support/suite.h"

enum {
	SHORT_STORM = 50000,
	LONG_STORM = 1000000,
	AT_ONCE = 64,         /* connections of the storm */
	GOOD_AT_MOST = 20,    /* packets of one connection that are no error, before it is given up */
	HEARD_BYTES = 65536,  /* of the answers to one connection, that are looked at */
	STEADY_MESSAGES = 200, /* at least, beside the storm */
	HALF_OPEN = 5000,
	SERVED = 50,
	PATIENCE_S = 300,
};

static pid_t hub;
static uint16_t port;
static struct scratch state;

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- the hub ---------------------------------------------------------------------------------- */

/* From a loopback address of its own, so that neither ports nor limits by address run out. */
static int dial(unsigned serial)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + serial % 60000)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) || connect(fd, (struct sockaddr *)&to, sizeof to)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void run_hub(void)
{
	char listen[32];
	snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
	int quiet = open("/dev/null", O_WRONLY);
	dup2(quiet, STDOUT_FILENO);
	if (!getenv("STORM_LOG")) {
		int log = open("storm-hub.log", O_WRONLY | O_CREAT | O_TRUNC, 0644); /* the sanitizers' words */
		dup2(log, STDERR_FILENO);
	}
	execl("./tomte-hub", "tomte-hub", "--broker-only", "--allow-anonymous", "--listen", listen, "--state-dir",
	      state.path, (char *)NULL);
	_exit(127);
}

static void start_hub(void)
{
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files); /* the hub inherits it */
	scratch_create(&state);
	for (int tries = 0; tries < 5; tries++) {
		port = free_port();
		hub = fork();
		if (hub == 0)
			run_hub();
		double begin = now_s();
		int fd = -1;
		while (now_s() - begin < PATIENCE_S && waitpid(hub, NULL, WNOHANG) == 0 && (fd = dial(0)) < 0)
			usleep(10000);
		if (fd >= 0) {
			close(fd);
			return;
		}
	}
	ck_abort_msg("the hub does not start; is ./tomte-hub built?");
}

static long resident_kib(void)
{
	char path[64], line[256];
	long kib = -1;
	snprintf(path, sizeof path, "/proc/%d/status", (int)hub);
	FILE *status = fopen(path, "r");
	while (status && fgets(line, sizeof line, status))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib;
}

/* It lives, stops when told, and says that all was well. */
static void stop_hub(void)
{
	int status = 0;
	ck_assert_msg(waitpid(hub, &status, WNOHANG) == 0, "the hub has died: status %x, see storm-hub.log", (unsigned)status);
	kill(hub, SIGTERM);
	ck_assert_int_eq(waitpid(hub, &status, 0), hub);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the hub ended badly: status %x, see storm-hub.log",
		      (unsigned)status);
	scratch_remove(&state);
}

/* --- who must not notice -------------------------------------------------------------------------- */

static atomic_bool storm_over;
static unsigned steady_count;
static double steady_slowest_s;

/* Publishes with QoS 1 and hears it with QoS 2, one message after the other. */
static void *steady(void *arg)
{
	(void)arg;
	struct mqtt_client pub = {0}, sub = {0};
	mqtt_client_start(&pub, port, MQTT_V311, "the-steady-publisher-of-the-house");
	mqtt_client_start(&sub, port, MQTT_V5, "the-steady-subscriber-of-the-house");
	ck_assert_uint_eq(mqtt_client_subscribe(&sub, "steady/topic/of/the/house", 2), 2);
	while (steady_count < STEADY_MESSAGES || !storm_over) {
		char text[16];
		double begin = now_s();
		snprintf(text, sizeof text, "%u", steady_count++);
		mqtt_client_publish(&pub, "steady/topic/of/the/house", text, 1, false);
		mqtt_client_expect(&pub, PACKET_PUBACK);
		uint16_t id = mqtt_client_expect_publish(&sub, "steady/topic/of/the/house", text).id;
		mqtt_client_ack(&sub, PACKET_PUBACK, id);
		double took = now_s() - begin;
		steady_slowest_s = took > steady_slowest_s ? took : steady_slowest_s;
		usleep(1000);
	}
	mqtt_client_expect_silence(&sub);
	mqtt_client_close(&pub);
	mqtt_client_close(&sub);
	return NULL;
}

/* --- the storm ---------------------------------------------------------------------------------------- */

struct attack {
	int fd;
	struct buf out;
	size_t sent;
	uint8_t heard[HEARD_BYTES];
	size_t heard_len;
	bool all_heard;   /* no more came than there is room for */
	uint8_t version;
	bool told;        /* a 5.0 client with a session, which must be told why it was ended */
};

static struct malformed maker;
static struct {
	unsigned connections, bad, cut, other, told;
} done;

/* Fills out with a CONNECT or none, some packets that go on, and one that ends it. */
static void plan(struct attack *a)
{
	static const uint8_t versions[] = {MQTT_V31, MQTT_V311, MQTT_V5, MQTT_V5, MQTT_V5};
	a->version = versions[maker.made % 5];
	bool first = maker.made % 9 == 0;
	enum malformed_kind kind = MALFORMED_NOT;
	a->out.len = a->sent = a->heard_len = 0;
	a->all_heard = true;
	if (!first)
		malformed_hello(&maker, a->version, &a->out);
	for (int i = 0; i < GOOD_AT_MOST && kind == MALFORMED_NOT; i++) {
		kind = malformed_next(&maker, a->version, first, &a->out);
		first = false;
	}
	a->told = maker.made && kind == MALFORMED_BAD && a->version == MQTT_V5 && a->out.data[0] == PACKET_CONNECT << 4;
	done.bad += kind == MALFORMED_BAD;
	done.cut += kind == MALFORMED_CUT;
	done.other += kind == MALFORMED_NOT || kind == MALFORMED_LAST;
}

static void begin_attack(struct attack *a)
{
	plan(a);
	a->fd = dial(done.connections++);
	ck_assert_msg(a->fd >= 0, "connection %u: %s", done.connections, strerror(errno));
	fcntl(a->fd, F_SETFL, O_NONBLOCK);
}

/* A 5.0 client whose packet was refused has heard why: CONNACK 0 first, a DISCONNECT last. */
static void judge_answer(const struct attack *a)
{
	struct span left = span_of(a->heard, a->heard_len);
	struct wire_frame frame;
	struct packet packet = {.type = 0};
	bool session = false;
	while (wire_next(left, HEARD_BYTES, &frame) == 0) {
		if (packet_decode(&frame, a->version, &packet))
			return; /* its CONNECT was of another version */
		session |= packet.type == PACKET_CONNACK && packet.connack.reason == 0;
		left = span_of(left.data + frame.size, left.len - frame.size);
	}
	if (!a->told || !a->all_heard || !session)
		return;
	ck_assert_msg(packet.type == PACKET_DISCONNECT && packet.reason.reason >= 0x80,
		      "a malformed packet was answered with type %d", packet.type);
	done.told++;
}

static void end_attack(struct attack *a)
{
	judge_answer(a);
	setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
	close(a->fd);
	a->fd = -1;
}

/* Returns false when the connection has ended. */
static bool send_some(struct attack *a)
{
	ssize_t n = send(a->fd, a->out.data + a->sent, a->out.len - a->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN; /* the hub has closed: what it said is still to be read, if it was not reset */
	a->sent += (size_t)n;
	if (a->sent == a->out.len)
		shutdown(a->fd, SHUT_WR);
	return true;
}

static bool hear_some(struct attack *a)
{
	uint8_t spare[4096];
	bool room = a->heard_len < HEARD_BYTES;
	ssize_t n = recv(a->fd, room ? a->heard + a->heard_len : spare, room ? HEARD_BYTES - a->heard_len : sizeof spare, 0);
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n < 0)
		a->all_heard = false; /* reset */
	if (n <= 0)
		return false;
	a->all_heard &= room;
	if (room)
		a->heard_len += (size_t)n;
	return true;
}

static void go_on(struct attack *a, short events)
{
	bool lives = true;
	if (a->sent < a->out.len && (events & (POLLOUT | POLLERR)) && !send_some(a))
		a->sent = a->out.len;
	if (events & (POLLIN | POLLHUP | POLLERR))
		lives = hear_some(a);
	if (!lives)
		end_attack(a);
}

static void storm(unsigned packets)
{
	static struct attack attacks[AT_ONCE];
	struct pollfd polls[AT_ONCE];
	unsigned running = 0;
	double moved = now_s();
	for (int i = 0; i < AT_ONCE; i++)
		attacks[i].fd = -1;
	do {
		running = 0;
		for (int i = 0; i < AT_ONCE; i++) {
			struct attack *a = &attacks[i];
			if (a->fd < 0 && done.bad + done.cut < packets)
				begin_attack(a);
			polls[i] = (struct pollfd){.fd = a->fd, .events = POLLIN | (a->sent < a->out.len ? POLLOUT : 0)};
			running += a->fd >= 0;
		}
		if (running && poll(polls, AT_ONCE, 1000) > 0)
			moved = now_s();
		ck_assert_msg(now_s() - moved < PATIENCE_S, "the hub serves nobody any more");
		for (int i = 0; i < AT_ONCE; i++)
			if (attacks[i].fd >= 0 && polls[i].revents)
				go_on(&attacks[i], polls[i].revents);
	} while (running);
	for (int i = 0; i < AT_ONCE; i++)
		buf_finish(&attacks[i].out);
}

START_TEST(malformed_storm_costs_nobody_else)
{
	const char *mode = getenv("TEST_LONG");
	unsigned packets = mode && strcmp(mode, "yes") == 0 ? LONG_STORM : SHORT_STORM;
	pthread_t witness;
	start_hub();
	maker = (struct malformed){.random = UINT64_C(0x9e3779b97f4a7c15)};
	storm_over = false;
	long before_kib = resident_kib();
	double begin = now_s();
	ck_assert_int_eq(pthread_create(&witness, NULL, steady, NULL), 0);
	storm(packets);
	storm_over = true;
	pthread_join(witness, NULL);
	printf("storm: %u malformed and %u truncated packets (%u in all) on %u connections in %.0f s; %u 5.0 clients were "
	       "told why; %u messages beside it, none lost, the slowest after %.0f ms; hub %ld -> %ld KiB\n",
	       done.bad, done.cut, (unsigned)maker.made, done.connections, now_s() - begin, done.told, steady_count,
	       steady_slowest_s * 1000, before_kib, resident_kib());
	ck_assert_uint_ge(done.bad + done.cut, packets);
	ck_assert_uint_gt(done.told, packets / 20);
	stop_hub();
}
END_TEST

/* --- half-open connections --------------------------------------------------------------------------------- */

/* Says nothing, or part of a CONNECT. */
static void open_half(int fd, int n)
{
	static const char hello[] = "\x10\x1d\0\4MQTT\5\2\0\0\5\x11\0\0\0\0\0\x0bhalf";
	size_t len = (size_t)n % sizeof hello;
	if (len)
		ck_assert_int_eq(send(fd, hello, len, MSG_NOSIGNAL), (ssize_t)len);
}

static unsigned count_closed(const int *fds)
{
	unsigned closed = 0;
	for (int i = 0; i < HALF_OPEN; i++) {
		char byte;
		ssize_t n = recv(fds[i], &byte, 1, MSG_DONTWAIT);
		closed += n == 0 || (n < 0 && errno != EAGAIN);
	}
	return closed;
}

/* CONNECT, SUBSCRIBE, a message there and back. */
static void serve_one(int n)
{
	struct mqtt_client client = {0};
	char id[32];
	snprintf(id, sizeof id, "served-%d", n);
	mqtt_client_start(&client, port, n % 2 ? MQTT_V5 : MQTT_V311, id);
	ck_assert_uint_eq(mqtt_client_subscribe(&client, id, 1), 1);
	mqtt_client_publish(&client, id, "round", 1, false);
	struct packet packet;
	bool acked = false, came = false;
	while (!(acked && came) && mqtt_client_receive(&client, &packet)) {
		acked |= packet.type == PACKET_PUBACK;
		came |= packet.type == PACKET_PUBLISH && span_is(packet.publish.payload, "round");
	}
	ck_assert(acked && came);
	mqtt_client_stop(&client, 0);
}

START_TEST(half_open_connections_do_not_hinder_others)
{
	static int fds[HALF_OPEN];
	double slowest_s = 0;
	start_hub();
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	ck_assert_msg(files.rlim_cur > HALF_OPEN + 100, "only %llu descriptors are allowed", (unsigned long long)files.rlim_cur);
	long before_kib = resident_kib();
	for (int i = 0; i < HALF_OPEN; i++) {
		fds[i] = dial((unsigned)i);
		ck_assert_msg(fds[i] >= 0, "connection %d: %s", i, strerror(errno));
		open_half(fds[i], i);
	}
	for (int i = 0; i < SERVED; i++) {
		double begin = now_s();
		serve_one(i);
		double took = now_s() - begin;
		slowest_s = took > slowest_s ? took : slowest_s;
	}
	unsigned closed = count_closed(fds);
	printf("half-open: %d connections without CONNECT (%u of them timed out meanwhile), %d others served, the slowest "
	       "after %.0f ms; hub %ld -> %ld KiB\n", HALF_OPEN, closed, SERVED, slowest_s * 1000, before_kib, resident_kib());
	/* their deadline comes for each of them */
	double begin = now_s();
	while (count_closed(fds) < HALF_OPEN) {
		ck_assert_msg(now_s() - begin < PATIENCE_S, "connections without CONNECT stay for ever");
		serve_one(0);
		usleep(100000);
	}
	for (int i = 0; i < HALF_OPEN; i++)
		close(fds[i]);
	stop_hub();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storm");
	TCase *tc = tcase_create("storm");
	tcase_set_timeout(tc, 7200);
	tcase_add_test(tc, malformed_storm_costs_nobody_else);
	tcase_add_test(tc, half_open_connections_do_not_hinder_others);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
