/* The real tomte-hub --broker-only --durable comes back after kill -9 with all that it held: retained messages by the ten
 * thousand, and sessions with a subscription and queued messages each. How long it takes from exec to the first
 * CONNACK is printed, not judged. TEST_LONG=yes, or RESTART_FULL=yes for this alone, takes 100,000 messages and 10,000
 * sessions. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "mqtt/reason.h"
#include "support/free_port.h"
#include "support/mqtt_client.h"
#include "support/scratch.h"
#include "support/suite.h"

enum {
	RETAINED = 20000, LONG_RETAINED = 100000,
	SESSIONS = 2000, LONG_SESSIONS = 10000,
	QUEUED = 3,      /* for each session */
	AT_ONCE = 100,   /* sessions made together, and read back together */
	WINDOW = 500,    /* publications without their PUBACK */
	PATIENCE_S = 300,
};

static pid_t hub;
static uint16_t port;
static struct scratch state;
static struct mqtt_client many[AT_ONCE];

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* --- the hub ---------------------------------------------------------------------------------- */

static struct sockaddr_in address(uint16_t of)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(of), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

_Noreturn static void run_hub(void)
{
	char listen[32];
	snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	if (!getenv("RESTART_LOG"))
		dup2(open("restart-hub.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644), STDERR_FILENO);
	execl("./tomte-hub", "tomte-hub", "--broker-only", "--durable", "--allow-anonymous", "--listen", listen, "--state-dir",
	      state.path, (char *)NULL);
	_exit(127);
}

static bool is_listening(void)
{
	struct sockaddr_in to = address(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
	close(fd);
	return yes;
}

/* Starts it; returns the milliseconds to the first CONNACK. */
static double start_hub(void)
{
	struct mqtt_client first = {0};
	port = free_port();
	double begin = now_ms();
	hub = fork();
	if (hub == 0)
		run_hub();
	while (!is_listening()) {
		ck_assert_msg(waitpid(hub, NULL, WNOHANG) == 0, "the hub does not start; is ./tomte-hub built?");
		ck_assert_msg(now_ms() - begin < PATIENCE_S * 1e3, "the hub does not listen");
		usleep(500);
	}
	mqtt_client_start(&first, port, MQTT_V5, "first");
	double took = now_ms() - begin;
	mqtt_client_stop(&first, 0);
	return took;
}

static void end_hub(int signal)
{
	int status;
	kill(hub, signal);
	ck_assert_int_eq(waitpid(hub, &status, 0), hub);
	if (signal == SIGKILL)
		ck_assert(WIFSIGNALED(status));
	else
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x, see restart-hub.log", (unsigned)status);
}

/* --- what it is to keep ---------------------------------------------------------------------- */

static void send_publish(struct mqtt_client *c, uint16_t id, const char *topic, const char *payload, bool retain)
{
	mqtt_client_send(c, &(struct packet){.type = PACKET_PUBLISH,
					     .publish = {.qos = 1, .id = id, .retain = retain, .topic = span_str(topic),
							 .payload = span_str(payload)}});
}

/* Publishes count messages, of which name gives topic and payload, and waits for every PUBACK. */
static void publish_all(unsigned count, bool retain, void (*name)(unsigned i, char topic[32], char payload[64]))
{
	struct mqtt_client c = {0};
	mqtt_client_start(&c, port, MQTT_V5, "publisher");
	for (unsigned i = 0; i < count;) {
		unsigned sent = 0;
		for (; sent < WINDOW && i < count; sent++, i++) {
			char topic[32], payload[64];
			name(i, topic, payload);
			send_publish(&c, (uint16_t)(sent + 1), topic, payload, retain);
		}
		for (unsigned k = 0; k < sent; k++)
			ck_assert_uint_lt(mqtt_client_expect(&c, PACKET_PUBACK).ack.reason, 0x80);
	}
	mqtt_client_stop(&c, 0);
}

static void name_retained(unsigned i, char topic[32], char payload[64])
{
	snprintf(topic, 32, "house/room%u/sensor%u", i % 100, i);
	snprintf(payload, 64, "{\"value\": %u, \"unit\": \"lux\"}", i);
}

static void name_queued(unsigned i, char topic[32], char payload[64])
{
	snprintf(topic, 32, "q/%u", i / QUEUED);
	snprintf(payload, 64, "message %u", i);
}

static void send_connect(struct mqtt_client *c, unsigned session)
{
	char id[32];
	snprintf(id, sizeof id, "session%u", session);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, id);
	connect.connect.clean_start = false;
	connect.connect.props.session_expiry_s = 86400;
	props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	mqtt_client_open(c, port, MQTT_V5);
	mqtt_client_send(c, &connect);
}

static void send_subscribe(struct mqtt_client *c, unsigned session)
{
	char filter[32];
	uint8_t list[64];
	struct wire_writer w = {.data = list, .cap = sizeof list};
	snprintf(filter, sizeof filter, "q/%u", session);
	packet_write_filter(&w, PACKET_SUBSCRIBE, &(struct packet_filter){.filter = span_str(filter), .qos = 1}, MQTT_V5);
	mqtt_client_send(c, &(struct packet){.type = PACKET_SUBSCRIBE,
					     .subscribe = {.id = 1, .count = 1, .filters = span_of(list, w.len)}});
}

static void make_sessions(unsigned count)
{
	for (unsigned first = 0; first < count; first += AT_ONCE) {
		for (unsigned i = 0; i < AT_ONCE; i++) {
			send_connect(&many[i], first + i);
			send_subscribe(&many[i], first + i);
		}
		for (unsigned i = 0; i < AT_ONCE; i++) {
			ck_assert(!mqtt_client_expect(&many[i], PACKET_CONNACK).connack.session_present);
			ck_assert_uint_eq(mqtt_client_expect(&many[i], PACKET_SUBACK).suback.codes.data[0], 1);
			mqtt_client_stop(&many[i], 0);
		}
	}
}

/* --- what is back ------------------------------------------------------------------------------ */

static bool span_equals(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

static void check_retained(unsigned count)
{
	struct mqtt_client c = {0};
	bool *seen = calloc(count, sizeof *seen);
	mqtt_client_start(&c, port, MQTT_V5, "reader");
	ck_assert_uint_eq(mqtt_client_subscribe(&c, "house/#", 0), 0);
	for (unsigned n = 0; n < count; n++) {
		struct packet p = mqtt_client_expect(&c, PACKET_PUBLISH);
		char topic[32] = "", payload[64];
		unsigned room, i;
		ck_assert_uint_lt(p.publish.topic.len, sizeof topic);
		memcpy(topic, p.publish.topic.data, p.publish.topic.len);
		ck_assert_int_eq(sscanf(topic, "house/room%u/sensor%u", &room, &i), 2);
		ck_assert(i < count && !seen[i]);
		seen[i] = true;
		name_retained(i, topic, payload);
		ck_assert(p.publish.retain && span_equals(p.publish.topic, topic) && span_equals(p.publish.payload, payload));
	}
	mqtt_client_expect_silence(&c);
	mqtt_client_stop(&c, 0);
	free(seen);
}

/* One session has its messages, in order, and its subscription. */
static void check_session(struct mqtt_client *c, unsigned session)
{
	char topic[32], payload[64];
	ck_assert_msg(mqtt_client_expect(c, PACKET_CONNACK).connack.session_present, "session %u is gone", session);
	for (unsigned k = 0; k < QUEUED; k++) {
		name_queued(session * QUEUED + k, topic, payload);
		mqtt_client_ack(c, PACKET_PUBACK, mqtt_client_expect_publish(c, topic, payload).id);
	}
	snprintf(topic, sizeof topic, "q/%u", session);
	mqtt_client_publish(c, topic, "live", 0, false);
	mqtt_client_expect_publish(c, topic, "live");
	mqtt_client_stop(c, 0);
}

static void check_sessions(unsigned count)
{
	for (unsigned first = 0; first < count; first += AT_ONCE) {
		for (unsigned i = 0; i < AT_ONCE; i++)
			send_connect(&many[i], first + i);
		for (unsigned i = 0; i < AT_ONCE; i++)
			check_session(&many[i], first + i);
	}
}

static bool is_wanted(const char *variable)
{
	const char *value = getenv(variable);
	return value && strcmp(value, "yes") == 0;
}

START_TEST(everything_is_back_after_kill_9)
{
	bool full = is_wanted("TEST_LONG") || is_wanted("RESTART_FULL");
	unsigned retained = full ? LONG_RETAINED : RETAINED, sessions = full ? LONG_SESSIONS : SESSIONS;
	unlink("restart-hub.log");
	scratch_create(&state);
	double empty = start_hub();
	publish_all(retained, true, name_retained);
	make_sessions(sessions);
	publish_all(sessions * QUEUED, false, name_queued);
	end_hub(SIGKILL);
	double killed = start_hub();
	end_hub(SIGKILL); /* what was taken up is not to be lost by the taking up */
	double again = start_hub();
	printf("restart: %u retained messages, %u sessions with %u messages: first CONNACK after %.0f ms, again %.0f ms; "
	       "of an empty hub %.0f ms\n", retained, sessions, sessions * QUEUED, killed, again, empty);
	check_retained(retained);
	check_sessions(sessions);
	end_hub(SIGTERM);
	scratch_remove(&state);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("restart");
	TCase *tcase = tcase_create("restart");
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, everything_is_back_after_kill_9);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
