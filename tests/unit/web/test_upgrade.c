/* The way to MQTT over WebSocket: which requests are upgraded, what the others are told, and that bytes go both ways
 * until either side ends, with TLS and without. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "certificate.h"
#include "harness.h"
#include "unit/hub/net/client.h"
#include "web/gate.h"
#include "web/hosts.h"
#include "web/websocket.h"

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define GOOD "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" KEY "Sec-WebSocket-Protocol: mqtt\r\n"
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* RFC 6455 §1.3 */

enum { BIG = 4 * 1024 * 1024 };

/* ---- the handshake's rules -------------------------------------------------- */

static const struct {
	struct websocket_request request;
	int status;
	const char *protocol;
} judged[] = {
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 101, "mqtt"},
	{{true, "WebSocket", "keep-alive, upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 101, "mqtt"},
	{{true, "h2c, websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqttv3.1"}, 101, "mqttv3.1"},
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "chat , mqttv3.1\t,mqtt ,x"}, 101, "mqtt"},
	{{false, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, NULL, "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websocket", NULL, "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websockets", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websocket", "close", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websocket", "Upgrade", NULL, "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websocket", "Upgrade", "8", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websocket", "Upgrade", "13, 13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt"}, 426, NULL},
	{{true, "websocket", "Upgrade", "13", NULL, "mqtt"}, 400, NULL},
	{{true, "websocket", "Upgrade", "13", "", "mqtt"}, 400, NULL},
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25j", "mqtt"}, 400, NULL},         /* 15 bytes */
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZXM=", "mqtt"}, 400, NULL},     /* 17 bytes */
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ!!", "mqtt"}, 400, NULL},
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", NULL}, 400, NULL},
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "MQTT"}, 400, NULL},
	{{true, "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "mqtt5, amqp,,"}, 400, NULL},
};

START_TEST(judges_requests)
{
	struct websocket_answer answer;
	websocket_judge(&judged[_i].request, &answer);
	ck_assert_int_eq(answer.status, judged[_i].status);
	if (answer.status == 101) {
		ck_assert_str_eq(answer.protocol, judged[_i].protocol);
		ck_assert_str_eq(answer.accept, ACCEPT);
		ck_assert_ptr_null(answer.detail);
	} else {
		ck_assert_uint_gt(strlen(answer.detail), 10);
	}
}
END_TEST

/* Without encryption MQTT is the owner's to open, and not by opening the dashboard. */
START_TEST(plain_mqtt_for_others_needs_both_settings)
{
	static const struct route upgrade = {.method = "GET", .path = "/mqtt", .flags = ROUTE_UPGRADE},
				  enrolment = {.method = "POST", .path = "/enrol/1", .flags = ROUTE_PLAIN};
	const struct peer others = {.transport = TRANSPORT_PLAIN}, own = {.transport = TRANSPORT_PLAIN, .loopback = true},
			  tls = {.transport = TRANSPORT_TLS};
	for (int i = 0; i < 4; i++) {
		const struct gate_plain plain = {.dashboard = i & 1, .mqtt = i & 2};
		ck_assert(gate_restricted(&others, &upgrade, &plain) == (i != 3));
		ck_assert(gate_restricted(&others, NULL, &plain) == !plain.dashboard);
		ck_assert(!gate_restricted(&others, &enrolment, &plain));
		ck_assert(!gate_restricted(&own, &upgrade, &plain));
		ck_assert(!gate_restricted(&tls, &upgrade, &plain));
	}
}
END_TEST

/* ---- over HTTP --------------------------------------------------------------- */

static struct harness h;

static struct reply ask(const char *method, const char *headers, const char *host)
{
	return harness_call(&h, &(struct call){.method = method, .path = "/mqtt", .headers = headers, .host = host});
}

static void expect(const char *headers, const char *host, int status)
{
	struct reply reply = ask("GET", headers, host);
	ck_assert_msg(reply.status == status, "%d for %s", reply.status, headers);
	ck_assert_str_eq(reply_header(&reply, "Content-Type"), "application/problem+json");
	if (status == 426) {
		ck_assert_str_eq(reply_header(&reply, "Upgrade"), "websocket");
		ck_assert_str_eq(reply_header(&reply, "Sec-WebSocket-Version"), "13");
	}
	reply_finish(&reply);
}

START_TEST(refuses_with_the_reason)
{
	harness_start(&h, true);
	expect("", NULL, 426);
	expect("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\n" KEY "Sec-WebSocket-Protocol: mqtt\r\n", NULL, 426);
	expect("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n", NULL, 400);
	expect("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" KEY, NULL, 400);
	expect(GOOD "Origin: https://evil.example\r\n", NULL, 403);
	expect(GOOD "Origin: null\r\n", NULL, 403);
	expect(GOOD "Origin: http://127.0.0.1:1\r\n", NULL, 403); /* another server on this machine */
	expect(GOOD, "evil.example", 421);
	struct reply reply = ask("POST", GOOD, NULL);
	ck_assert_int_eq(reply.status, 405);
	reply_finish(&reply);
	reply = ask("HEAD", GOOD, NULL);
	ck_assert_int_eq(reply.status, 426);
	reply_finish(&reply);
	harness_stop(&h);
}
END_TEST

static void open_dashboard(struct web_config *config)
{
	config->address = "*";
	config->http_dashboard = true;
}

START_TEST(an_open_dashboard_opens_no_mqtt)
{
	char address[64];
	hosts_primary_address("*", address, sizeof address);
	if (!address[0]) /* a machine with loopback only: nothing to test from */
		return;
	harness_start_with(&h, true, open_dashboard);
	struct call call = {.method = "GET", .path = "/api/v1/session", .address = address, .host = address};
	struct reply reply = harness_call(&h, &call);
	ck_assert_int_eq(reply.status, 401);
	reply_finish(&reply);
	call.path = "/mqtt";
	call.headers = GOOD;
	reply = harness_call(&h, &call);
	ck_assert_int_eq(reply.status, 403);
	reply_finish(&reply);
	harness_stop(&h);
}
END_TEST

/* Connects and asks, with this behind the headers; the answer's head is in *got. */
static int upgrade(const char *headers, const char *behind, struct buf *got)
{
	char request[1024];
	int fd = harness_connect(&h, NULL);
	snprintf(request, sizeof request, "GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n%s", h.http_port, headers, behind);
	harness_send(fd, request);
	ck_assert(harness_wait_for(fd, got, "\r\n\r\n"));
	return fd;
}

static void expect_bytes(int fd, const char *text)
{
	char got[64] = "";
	for (size_t len = 0; len < strlen(text);) {
		struct pollfd p = {fd, POLLIN, 0};
		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		ssize_t n = recv(fd, got + len, sizeof got - 1 - len, 0);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
	}
	ck_assert_str_eq(got, text);
}

static void expect_end(int fd)
{
	char byte;
	struct pollfd p = {fd, POLLIN, 0};
	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
}

START_TEST(hands_the_socket_over)
{
	harness_start(&h, true);
	char origin[200];
	snprintf(origin, sizeof origin, GOOD "Origin: http://127.0.0.1:%d\r\n", h.http_port);
	struct buf got = {0};
	int fd = upgrade(origin, "early", &got);
	ck_assert_ptr_nonnull(strstr((char *)got.data, "HTTP/1.1 101 "));
	ck_assert_ptr_nonnull(strstr((char *)got.data, "Sec-WebSocket-Accept: " ACCEPT "\r\n"));
	ck_assert_ptr_nonnull(strstr((char *)got.data, "Sec-WebSocket-Protocol: mqtt\r\n"));
	struct adopted a = harness_adopted(&h);
	struct sockaddr_in own;
	socklen_t len = sizeof own;
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	ck_assert_uint_eq(((struct sockaddr_in *)&a.peer)->sin_port, own.sin_port);
	int no_delay = 0;
	len = sizeof no_delay;
	ck_assert_int_eq(getsockopt(a.fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len), 0);
	ck_assert_int_eq(no_delay, 1);
	/* what came with the handshake is in either place, in order */
	harness_send(fd, " and later");
	char all[32] = "";
	memcpy(all, a.early.data, a.early.len);
	expect_bytes(a.fd, "early and later" + a.early.len);
	ck_assert(strncmp(all, "early", a.early.len) == 0);
	harness_send(a.fd, "answer");
	expect_bytes(fd, "answer");
	close(a.fd);
	expect_end(fd);
	close(fd);
	buf_finish(&a.early);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

START_TEST(a_handshake_may_come_byte_by_byte)
{
	harness_start(&h, true);
	char request[1024];
	struct buf got = {0};
	int fd = harness_connect(&h, NULL), on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	snprintf(request, sizeof request,
		 "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nupgrade: WEBSOCKET\r\nConnection: keep-alive\r\nconnection: upgrade\r\n"
		 "sec-websocket-version: 13\r\n" KEY "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: mqttv3.1\r\n\r\n");
	for (const char *p = request; *p; p++)
		harness_send(fd, (char[]){*p, 0});
	ck_assert(harness_wait_for(fd, &got, "\r\n\r\n"));
	ck_assert_ptr_nonnull(strstr((char *)got.data, "Sec-WebSocket-Protocol: mqttv3.1\r\n"));
	struct adopted a = harness_adopted(&h);
	close(fd);
	expect_end(a.fd);
	close(a.fd);
	buf_finish(&a.early);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* The web forgets plain sockets: more than its own connections may be open. */
START_TEST(plain_sockets_do_not_count)
{
	enum { MANY = 40 };
	int fds[MANY], theirs[MANY];
	struct buf got = {0};
	harness_start_with(&h, true, NULL);
	for (int i = 0; i < MANY; i++) {
		got.len = 0;
		fds[i] = upgrade(GOOD, "", &got);
		struct adopted a = harness_adopted(&h);
		theirs[i] = a.fd;
		buf_finish(&a.early);
	}
	struct reply reply = harness_api(&h, "GET", "/api/v1/session", NULL, NULL);
	ck_assert_int_eq(reply.status, 401);
	reply_finish(&reply);
	for (int i = 0; i < MANY; i++) {
		harness_send(fds[i], "x");
		expect_bytes(theirs[i], "x");
		close(fds[i]);
		close(theirs[i]);
	}
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* ---- over HTTPS --------------------------------------------------------------- */

/* Connects and asks; got: the answer, which is over with its headers or by its end. */
static void tls_ask(struct client *c, const char *behind, char got[2048])
{
	const struct client_config config = {.port = (uint16_t)h.https_port, .tls = true};
	char request[1024];
	size_t len = 0;
	memset(got, 0, 2048);
	client_connect(c, &config);
	snprintf(request, sizeof request, "GET /mqtt HTTP/1.1\r\nHost: localhost\r\n" GOOD "\r\n%s", behind);
	ck_assert(client_send(c, request, strlen(request)));
	while (!strstr(got, "\r\n\r\n")) {
		ssize_t n = client_receive(c, got + len, 2048 - 1 - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
	}
}

static void tls_upgrade(struct client *c, const char *behind)
{
	char got[2048];
	tls_ask(c, behind, got);
	ck_assert_msg(strncmp(got, "HTTP/1.1 101 ", 13) == 0, "%s", got);
}

static void tls_expect(struct client *c, const char *text)
{
	char got[64] = "";
	for (size_t len = 0; len < strlen(text);) {
		ssize_t n = client_receive(c, got + len, sizeof got - 1 - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
	}
	ck_assert_str_eq(got, text);
}

START_TEST(tls_bytes_go_both_ways)
{
	struct client c;
	harness_start(&h, true);
	tls_upgrade(&c, "early");
	struct adopted a = harness_adopted(&h);
	ck_assert(client_send(&c, " and later", 10));
	expect_bytes(a.fd, "early and later" + a.early.len);
	harness_send(a.fd, "answer");
	tls_expect(&c, "answer");
	harness_send(a.fd, "last words");
	close(a.fd);
	tls_expect(&c, "last words");
	char byte;
	ck_assert_int_eq(client_receive(&c, &byte, 1), 0); /* with TLS's goodbye */
	client_close(&c);
	buf_finish(&a.early);
	harness_stop(&h);
}
END_TEST

/* The broker hears of it, after everything that came before. */
START_TEST(tls_a_client_that_breaks_off_is_noticed)
{
	struct client c;
	harness_start(&h, true);
	for (int how = 0; how < 3; how++) {
		tls_upgrade(&c, "");
		struct adopted a = harness_adopted(&h);
		ck_assert(client_send(&c, "last words", 10));
		if (how == 0)
			client_shutdown(&c); /* TLS's goodbye */
		if (how == 1)
			shutdown(c.fd, SHUT_WR); /* only TCP's */
		if (how < 2) {
			expect_bytes(a.fd, "last words");
			expect_end(a.fd);
		} else { /* a reset: then words may be lost */
			client_reset_on_close(&c);
			expect_bytes(a.fd, "last words");
			client_close(&c);
			expect_end(a.fd);
		}
		close(a.fd);
		if (how < 2)
			client_close(&c);
		buf_finish(&a.early);
	}
	harness_stop(&h);
}
END_TEST

static void *echo(void *arg)
{
	int fd = *(int *)arg;
	static char data[100000];
	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		poll(&p, 1, -1);
		ssize_t n = recv(fd, data, sizeof data, 0);
		if (n <= 0)
			break;
		for (ssize_t sent = 0; sent < n;) {
			p = (struct pollfd){fd, POLLOUT, 0};
			poll(&p, 1, -1);
			ssize_t k = send(fd, data + sent, (size_t)(n - sent), MSG_NOSIGNAL);
			if (k > 0)
				sent += k;
		}
	}
	close(fd);
	return NULL;
}

static void *send_pattern(void *arg)
{
	struct client *c = arg;
	static uint8_t data[BIG];
	for (size_t i = 0; i < BIG; i++)
		data[i] = (uint8_t)(i * 13 + (i >> 10));
	ck_assert(client_send(c, data, BIG));
	return NULL;
}

START_TEST(tls_much_goes_both_ways)
{
	struct client c;
	pthread_t sender, echoer;
	static uint8_t data[50000];
	harness_start(&h, true);
	tls_upgrade(&c, "");
	struct adopted a = harness_adopted(&h);
	ck_assert_int_eq(pthread_create(&echoer, NULL, echo, &a.fd), 0);
	ck_assert_int_eq(pthread_create(&sender, NULL, send_pattern, &c), 0);
	for (size_t at = 0; at < BIG;) {
		ssize_t n = client_receive(&c, data, sizeof data);
		ck_assert_int_gt(n, 0);
		for (ssize_t i = 0; i < n; i++, at++)
			if (data[i] != (uint8_t)(at * 13 + (at >> 10)))
				ck_abort_msg("byte %zu is wrong", at);
	}
	pthread_join(sender, NULL);
	client_close(&c);
	pthread_join(echoer, NULL); /* it has seen the end */
	buf_finish(&a.early);
	harness_stop(&h);
}
END_TEST

static void few(struct web_config *config)
{
	config->max_websockets = 3;
}

START_TEST(tls_sockets_leave_room_for_the_pages)
{
	struct client c[3], refused;
	struct adopted a[3];
	char got[2048];
	harness_start_with(&h, true, few);
	for (int i = 0; i < 3; i++) {
		tls_upgrade(&c[i], "");
		a[i] = harness_adopted(&h);
	}
	tls_ask(&refused, "", got);
	ck_assert_msg(strncmp(got, "HTTP/1.1 503 ", 13) == 0, "%s", got);
	ck_assert_ptr_nonnull(strstr(got, "Retry-After: 5\r\n"));
	ck_assert_uint_eq(web_stats_get(h.web).limit_websockets, 1);
	client_close(&refused);
	struct buf head = {0};
	close(upgrade(GOOD, "", &head)); /* without TLS they do not stay here */
	struct adopted plain = harness_adopted(&h);
	close(plain.fd);
	buf_finish(&plain.early);
	buf_finish(&head);
	close(a[0].fd);
	char byte;
	ck_assert_int_eq(client_receive(&c[0], &byte, 1), 0);
	client_close(&c[0]);
	tls_upgrade(&c[0], ""); /* there is room again */
	a[0] = harness_adopted(&h);
	for (int i = 0; i < 3; i++) {
		close(a[i].fd);
		client_close(&c[i]);
		buf_finish(&a[i].early);
	}
	harness_stop(&h);
}
END_TEST

static void one_that_hurries(struct web_config *config)
{
	config->max_websockets = 1;
	config->linger_ms = 100;
}

/* Whether anything went. */
static bool send_while_it_goes(int fd)
{
	static const char data[100000];
	struct pollfd p = {fd, POLLOUT, 0};
	ssize_t sent = 0;
	while (poll(&p, 1, 500) == 1) {
		ssize_t n = send(fd, data, sizeof data, MSG_NOSIGNAL);
		ck_assert(n > 0 || errno == EAGAIN);
		sent += n > 0 ? n : 0;
	}
	return sent > 0;
}

/* Until nothing more finds room on the way to the client, which does not read; a byte from it makes the relay try again. */
static void fill(struct client *c, int fd)
{
	while (send_while_it_goes(fd)) {
		ck_assert(client_send(c, "x", 1));
		expect_bytes(fd, "x");
	}
}

/* Nothing would ever wake its relay: neither the client nor the broker, which has closed. */
START_TEST(tls_a_client_that_does_not_read_is_left)
{
	struct client c;
	harness_start_with(&h, true, one_that_hurries);
	for (int half_closed = 0; half_closed < 2; half_closed++) {
		int little = 4096; /* and the kernel does not make it more */
		tls_upgrade(&c, "");
		ck_assert_int_eq(setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
		struct adopted a = harness_adopted(&h);
		fill(&c, a.fd);
		if (half_closed) {
			client_shutdown(&c);
			expect_end(a.fd);
		}
		close(a.fd);
		while (web_stats_get(h.web).connections)
			usleep(10000);
		client_close(&c); /* the next turn shows that the only place is free again */
		buf_finish(&a.early);
	}
	harness_stop(&h);
}
END_TEST

static void soon_drained(struct web_config *config)
{
	config->drain_ms = 1;
}

static void change_certificate(void)
{
	char message[256];
	struct buf certificate = {0}, key = {0};
	certificate_make(&certificate, &key);
	int err = web_reload_certificate(h.web, buf_span(&certificate), buf_span(&key), message);
	ck_assert_msg(err == 0, "%s", message);
	buf_finish(&certificate);
	buf_finish(&key);
}

/* Not for a day of many changes, but a new certificate breaks no connection. */
START_TEST(tls_sockets_outlive_their_certificate)
{
	enum { CERTIFICATES = 5 };
	struct client c[CERTIFICATES];
	struct adopted a[CERTIFICATES];
	harness_start_with(&h, true, soon_drained);
	for (int i = 0; i < CERTIFICATES; i++) {
		tls_upgrade(&c[i], "");
		a[i] = harness_adopted(&h);
		change_certificate();
	}
	expect_end(a[0].fd); /* the fifth change ends those from before the first */
	close(a[0].fd);
	client_close(&c[0]);
	for (int i = 1; i < CERTIFICATES; i++) {
		ck_assert(client_send(&c[i], "still there", 11));
		expect_bytes(a[i].fd, "still there");
		harness_send(a[i].fd, "and here");
		tls_expect(&c[i], "and here");
		close(a[i].fd);
		client_close(&c[i]);
		buf_finish(&a[i].early);
	}
	buf_finish(&a[0].early);
	harness_stop(&h);
}
END_TEST

/* The web stops while the broker holds sockets, and while it has just closed them. */
START_TEST(tls_stops_with_open_sockets)
{
	struct client c[3];
	struct adopted a[3];
	harness_start(&h, true);
	for (int i = 0; i < 3; i++) {
		tls_upgrade(&c[i], "");
		a[i] = harness_adopted(&h);
		buf_finish(&a[i].early);
	}
	client_shutdown(&c[1]);
	expect_end(a[1].fd); /* the client is gone, the broker is not */
	close(a[2].fd);
	web_stop(h.web);
	expect_end(a[0].fd);
	close(a[0].fd);
	close(a[1].fd);
	for (int i = 0; i < 3; i++)
		client_close(&c[i]);
	harness_stop(&h);
}
END_TEST

/* ---- with a session --------------------------------------------------------------- */

/* Asks with a cookie as a page of this origin does; origin NULL: ours. *got: the answer's head. */
static int ask_with(const char *cookie, const char *origin, struct buf *got)
{
	char headers[512], own[64];
	snprintf(own, sizeof own, "http://127.0.0.1:%d", h.http_port);
	snprintf(headers, sizeof headers, GOOD "Cookie: %s\r\n%s%s%s", cookie, origin && !origin[0] ? "" : "Origin: ",
		 origin ? origin : own, origin && !origin[0] ? "" : "\r\n");
	got->len = 0;
	return upgrade(headers, "", got);
}

static bool was_upgraded(const struct buf *got)
{
	return strncmp((const char *)got->data, "HTTP/1.1 101 ", 13) == 0;
}

/* A session of olga's that was made and used so many days ago. */
static void make_session(char cookie_r[80], int64_t created_days, int64_t used_days)
{
	static const int64_t day_ms = 24LL * 60 * 60 * 1000;
	strcpy(cookie_r, "tomte=");
	memset(cookie_r + 6, 'a', 64);
	cookie_r[70] = 0;
	int64_t now = clock_wall().ms;
	struct web_session session = {.account = 1, .created_at = {now - created_days * day_ms}, .used_at = {now - used_days * day_ms}};
	crypto_generichash(session.token_hash, 32, (const uint8_t *)cookie_r + 6, 64, NULL, 0);
	ck_assert_int_eq(store_session_put(h.store, &session, NULL), 0);
}

START_TEST(a_session_is_told_to_the_broker)
{
	struct buf got = {0};
	char cookie[80];
	harness_start(&h, true);
	harness_login(&h, "olga", cookie);
	int fd = ask_with(cookie, NULL, &got);
	ck_assert(was_upgraded(&got));
	struct adopted a = harness_adopted(&h);
	ck_assert_str_eq(a.user, "@owner");
	ck_assert_uint_eq(strlen(a.client_id), strlen("browser-") + 20);
	ck_assert(strncmp(a.client_id, "browser-", 8) == 0);
	ck_assert_uint_eq(web_stats_get(h.web).mqtt_logins, 1);
	/* bytes go both ways, and either end is noticed, as without a session */
	harness_send(fd, "question");
	expect_bytes(a.fd, "question");
	harness_send(a.fd, "answer");
	expect_bytes(fd, "answer");
	int second = ask_with(cookie, NULL, &got);
	struct adopted b = harness_adopted(&h);
	ck_assert_str_ne(a.client_id, b.client_id);
	close(a.fd);
	expect_end(fd);
	close(second);
	expect_end(b.fd);
	close(fd);
	close(b.fd);
	buf_finish(&a.early);
	buf_finish(&b.early);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* Nobody's word counts then but the client's own, in CONNECT. */
START_TEST(no_session_is_no_name)
{
	struct buf got = {0};
	char good[80], expired[80];
	harness_start(&h, true);
	harness_login(&h, "olga", good);
	make_session(expired, 100, 31);
	char not_https[96];
	snprintf(not_https, sizeof not_https, "__Host-%s", good);
	const char *const cookies[][2] = {{expired, NULL}, {"tomte=0000", NULL}, {"tomte=", NULL}, {"other=1", NULL}, {not_https, NULL},
					  {good, ""}}; /* no Origin: no page asks */
	for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
		int fd = ask_with(cookies[i][0], cookies[i][1], &got);
		ck_assert_msg(was_upgraded(&got), "%zu", i);
		struct adopted a = harness_adopted(&h);
		ck_assert_msg(a.user[0] == 0 && a.client_id[0] == 0, "%zu: %s", i, a.user);
		close(fd);
		close(a.fd);
		buf_finish(&a.early);
	}
	ck_assert_uint_eq(web_stats_get(h.web).mqtt_logins, 0);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* Nor does somebody come in whose password another has chosen. */
START_TEST(other_sites_are_refused)
{
	struct buf got = {0};
	char cookie[80];
	harness_start(&h, true);
	harness_login(&h, "olga", cookie);
	static const char *const foreign[] = {"https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"};
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
		close(ask_with(cookie, foreign[i], &got));
		ck_assert_msg(strncmp((char *)got.data, "HTTP/1.1 403 ", 13) == 0, "%s", foreign[i]);
	}
	uint64_t refused = web_stats_get(h.web).refused;
	const struct account nora = {.name = "nora", .password = "hash of password of nora", .role = ROLE_ADULT, .must_change = true};
	int64_t id;
	ck_assert_int_eq(store_account_add(h.store, &nora, false, &id), 0);
	harness_login(&h, "nora", cookie);
	close(ask_with(cookie, NULL, &got));
	ck_assert(strncmp((char *)got.data, "HTTP/1.1 403 ", 13) == 0);
	ck_assert_uint_eq(web_stats_get(h.web).refused, refused + 1);
	ck_assert_uint_eq(web_stats_get(h.web).mqtt_logins, 0);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* Each as their role's user, which the hub makes with the rights of that role. */
START_TEST(everybody_comes_as_their_role)
{
	static const struct {
		const char *name, *user, *rooms;
	} people[] = {{"olga", "@owner", "*"}, {"adam", "@adult", "*"}, {"vera", "@viewer", "*"}, {"gast", "@guest", "Hall\n"}, {"nils", "@guest", ""}};
	struct buf got = {0};
	char cookie[80];
	harness_start(&h, true);
	harness_account(&h, "gast", ROLE_GUEST, "Hall");
	harness_account(&h, "nils", ROLE_GUEST, NULL);
	for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
		harness_login(&h, people[i].name, cookie);
		int fd = ask_with(cookie, NULL, &got);
		ck_assert_msg(was_upgraded(&got), "%s", people[i].name);
		struct adopted a = harness_adopted(&h);
		ck_assert_str_eq(a.user, people[i].user);
		ck_assert_str_eq(a.rooms, people[i].rooms);
		close(a.fd);
		close(fd);
		buf_finish(&a.early);
	}
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

static void post(const char *path, const char *cookie, const char *body)
{
	struct reply reply = harness_api(&h, "POST", path, cookie, body);
	ck_assert_int_eq(reply.status, 204);
	reply_finish(&reply);
}

/* As tomtectl does it. */
static void set_password(int account)
{
	char path[64];
	snprintf(path, sizeof path, "/api/v1/users/%d/password", account);
	struct reply reply = harness_call(&h, &(struct call){.method = "PUT", .path = path, .local = true, .headers = "Content-Type: application/json\r\n",
							     .body = "{\"password\":\"quite a new one\"}"});
	ck_assert_int_eq(reply.status, 204);
	reply_finish(&reply);
}

/* Logging out ends that session's, a new password those of all others, and somebody else's password none. */
START_TEST(it_ends_with_the_session)
{
	enum { SESSIONS = 4 };
	struct buf got = {0};
	char cookie[SESSIONS][80];
	int fd[SESSIONS];
	struct adopted a[SESSIONS];
	harness_start(&h, true);
	for (int i = 0; i < SESSIONS; i++) {
		harness_login(&h, "olga", cookie[i]);
		fd[i] = ask_with(cookie[i], NULL, &got);
		ck_assert(was_upgraded(&got));
		a[i] = harness_adopted(&h);
		buf_finish(&a[i].early);
	}
	set_password(2);
	post("/api/v1/logout", cookie[0], NULL);
	expect_end(a[0].fd);
	expect_end(fd[0]);
	for (int i = 1; i < SESSIONS; i++) {
		harness_send(fd[i], "on");
		expect_bytes(a[i].fd, "on");
	}
	post("/api/v1/password", cookie[1], "{\"old\":\"password of olga\",\"new\":\"something new\"}");
	for (int i = 2; i < SESSIONS; i++) {
		expect_end(a[i].fd);
		expect_end(fd[i]);
	}
	harness_send(fd[1], "on");
	expect_bytes(a[1].fd, "on");
	set_password(1);
	expect_end(a[1].fd);
	expect_end(fd[1]);
	for (int i = 0; i < SESSIONS; i++) {
		close(fd[i]);
		close(a[i].fd);
	}
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* It was alive when the connection was opened. */
START_TEST(it_ends_when_the_session_expires)
{
	static const int64_t day_ms = 24LL * 60 * 60 * 1000;
	struct buf got = {0};
	char cookie[80];
	harness_start(&h, true);
	make_session(cookie, 0, 0);
	int64_t now = clock_wall().ms;
	struct web_session session = {.account = 1, .created_at = {now - 180 * day_ms + 1500}, .used_at = {now}};
	crypto_generichash(session.token_hash, 32, (const uint8_t *)cookie + 6, 64, NULL, 0);
	ck_assert_int_eq(store_session_put(h.store, &session, NULL), 0);
	int fd = ask_with(cookie, NULL, &got);
	ck_assert(was_upgraded(&got));
	struct adopted a = harness_adopted(&h);
	ck_assert_str_eq(a.user, "@owner");
	expect_end(a.fd);
	close(a.fd);
	expect_end(fd);
	ck_assert_int_ge(clock_wall().ms, now + 1500);
	close(fd);
	buf_finish(&a.early);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

START_TEST(tls_a_session_is_told_and_ends)
{
	struct client c;
	char cookie[80], behind[512], got[2048], byte;
	harness_start(&h, true);
	harness_login(&h, "olga", cookie);
	const struct client_config config = {.port = (uint16_t)h.https_port, .tls = true};
	client_connect(&c, &config);
	snprintf(behind, sizeof behind, "GET /mqtt HTTP/1.1\r\nHost: localhost\r\n" GOOD "Origin: https://localhost\r\nCookie: __Host-%s\r\n\r\n",
		 cookie);
	ck_assert(client_send(&c, behind, strlen(behind)));
	size_t len = 0;
	memset(got, 0, sizeof got);
	while (!strstr(got, "\r\n\r\n")) {
		ssize_t n = client_receive(&c, got + len, sizeof got - 1 - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
	}
	ck_assert_msg(strncmp(got, "HTTP/1.1 101 ", 13) == 0, "%s", got);
	struct adopted a = harness_adopted(&h);
	ck_assert_str_eq(a.user, "@owner");
	ck_assert(client_send(&c, "question", 8));
	expect_bytes(a.fd, "question");
	post("/api/v1/logout", cookie, NULL);
	expect_end(a.fd);
	ck_assert_int_le(client_receive(&c, &byte, 1), 0);
	close(a.fd);
	client_close(&c);
	buf_finish(&a.early);
	harness_stop(&h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("upgrade");
	TCase *tcase = tcase_create("all");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, judges_requests, 0, sizeof judged / sizeof judged[0]);
	tcase_add_test(tcase, plain_mqtt_for_others_needs_both_settings);
	tcase_add_test(tcase, an_open_dashboard_opens_no_mqtt);
	tcase_add_test(tcase, refuses_with_the_reason);
	tcase_add_test(tcase, hands_the_socket_over);
	tcase_add_test(tcase, a_handshake_may_come_byte_by_byte);
	tcase_add_test(tcase, plain_sockets_do_not_count);
	tcase_add_test(tcase, a_session_is_told_to_the_broker);
	tcase_add_test(tcase, no_session_is_no_name);
	tcase_add_test(tcase, other_sites_are_refused);
	tcase_add_test(tcase, everybody_comes_as_their_role);
	tcase_add_test(tcase, it_ends_with_the_session);
	tcase_add_test(tcase, it_ends_when_the_session_expires);
	tcase_add_test(tcase, tls_a_session_is_told_and_ends);
	tcase_add_test(tcase, tls_bytes_go_both_ways);
	tcase_add_test(tcase, tls_a_client_that_breaks_off_is_noticed);
	tcase_add_test(tcase, tls_much_goes_both_ways);
	tcase_add_test(tcase, tls_sockets_leave_room_for_the_pages);
	tcase_add_test(tcase, tls_a_client_that_does_not_read_is_left);
	tcase_add_test(tcase, tls_sockets_outlive_their_certificate);
	tcase_add_test(tcase, tls_stops_with_open_sockets);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
