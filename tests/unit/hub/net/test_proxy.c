/* Headers of the PROXY protocol in front of TCP and TLS, from proxies that are believed and others; and the listener
 * on a Unix socket. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "server.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
enum { LOCAL = 0x20, PROXY = 0x21, TCP4 = 0x11, TCP6 = 0x21, UNIX = 0x31 };

struct header {
	uint8_t data[70000];
	size_t len;
};

/* A header; more: bytes of TLVs behind the addresses. */
static void make_header(struct header *h, uint8_t command, uint8_t family, size_t more)
{
	static const uint8_t tcp4[] = {192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x22, 0xb3};
	static const uint8_t tcp6[36] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7, [16] = 0x20, [32] = 0xd4, 0x31, 0x22, 0xb3};
	size_t addresses = family == TCP4 ? sizeof tcp4 : family == TCP6 ? sizeof tcp6 : family == UNIX ? 216 : 0;
	size_t len = addresses + more;
	memset(h, 0, sizeof *h);
	memcpy(h->data, SIGNATURE, 12);
	h->data[12] = command;
	h->data[13] = family;
	h->data[14] = (uint8_t)(len >> 8);
	h->data[15] = (uint8_t)len;
	if (family == TCP4 || family == TCP6)
		memcpy(h->data + 16, family == TCP4 ? tcp4 : tcp6, addresses);
	memset(h->data + 16 + addresses, 0x04, more); /* PP2_TYPE_NOOP, more or less */
	h->len = 16 + len;
}

/* ---- the bytes --------------------------------------------------------------- */

START_TEST(fixed_part_is_judged)
{
	static struct header h;
	struct proxy_header p;
	make_header(&h, PROXY, TCP4, 7);
	ck_assert_int_eq(proxy_parse_fixed(h.data, &p), 0);
	ck_assert_uint_eq(p.rest, 19);
	ck_assert_uint_eq(p.addresses, 12);
	for (size_t i = 0; i < 12; i++) {
		h.data[i] ^= 1;
		ck_assert_int_eq(proxy_parse_fixed(h.data, &p), ERR_MALFORMED);
		h.data[i] ^= 1;
	}
	static const uint8_t families[] = {0x01, 0x10, 0x12, 0x13, 0x20, 0x22, 0x30, 0x32, 0x41, 0xff};
	for (size_t i = 0; i < sizeof families; i++) {
		h.data[13] = families[i];
		ck_assert_int_eq(proxy_parse_fixed(h.data, &p), ERR_MALFORMED);
	}
	static const uint8_t commands[] = {0x00, 0x01, 0x11, 0x22, 0x2f, 0x31, 0xff};
	h.data[13] = TCP4;
	for (size_t i = 0; i < sizeof commands; i++) {
		h.data[12] = commands[i];
		ck_assert_int_eq(proxy_parse_fixed(h.data, &p), ERR_MALFORMED);
	}
	h.data[12] = PROXY;
	h.data[15] = 11; /* shorter than its addresses */
	ck_assert_int_eq(proxy_parse_fixed(h.data, &p), ERR_MALFORMED);
	make_header(&h, PROXY, TCP6, 0);
	h.data[15] = 35;
	ck_assert_int_eq(proxy_parse_fixed(h.data, &p), ERR_MALFORMED);
	make_header(&h, LOCAL, 0xff, 3); /* whatever a LOCAL says is skipped */
	ck_assert_int_eq(proxy_parse_fixed(h.data, &p), 0);
	ck_assert_uint_eq(p.addresses, 0);
	ck_assert_uint_eq(p.rest, 3);
}
END_TEST

START_TEST(knows_whom_to_believe)
{
	struct proxy_list list = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	ck_assert_int_eq(proxy_list_add(&list, "192.0.2.1"), 0);
	ck_assert_int_eq(proxy_list_add(&list, "2001:db8::1"), 0);
	ck_assert_int_eq(proxy_list_add(&list, "proxy.lan"), ERR_INVALID);
	ck_assert_int_eq(proxy_list_add(&list, ""), ERR_INVALID);
	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	ck_assert(proxy_list_has(&list, (struct sockaddr *)&in));
	inet_pton(AF_INET, "192.0.2.2", &in.sin_addr);
	ck_assert(!proxy_list_has(&list, (struct sockaddr *)&in));
	inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr);
	ck_assert(proxy_list_has(&list, (struct sockaddr *)&in6));
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	ck_assert(proxy_list_has(&list, (struct sockaddr *)&in6));
	inet_pton(AF_INET6, "::1", &in6.sin6_addr);
	ck_assert(!proxy_list_has(&list, (struct sockaddr *)&in6));
	ck_assert(!proxy_list_has(&list, (struct sockaddr *)&un));
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(proxy_list_add(&list, "192.0.2.3"), 0);
	ck_assert_int_eq(proxy_list_add(&list, "192.0.2.3"), ERR_FULL);
}
END_TEST

/* ---- through a listener --------------------------------------------------------- */

static struct client_config config;
static pthread_t client_thread;
static struct stream *streams[64];
static int accepted;

/* Tells every client the address that it has for us. */
static void tell_address(void *ctx)
{
	struct stream **stream = ctx;
	uint8_t data[64];
	ssize_t n = stream_read(*stream, data, sizeof data);
	if (n > 0) {
		struct stream_address address = stream_address(stream_peer(*stream));
		struct iovec iov = {address.text, strlen(address.text)};
		ck_assert_int_eq(stream_writev(*stream, &iov, 1), (ssize_t)iov.iov_len);
	} else if (n != ERR_AGAIN) {
		stream_destroy(stream);
	}
}

static void on_closed(void *ctx, int err)
{
	(void)err;
	stream_destroy(ctx);
}

static void serve(void *ctx, struct stream *stream)
{
	static const struct stream_handlers handlers = {.readable = tell_address, .closed = on_closed};
	(void)ctx;
	ck_assert_int_lt(accepted, 64);
	streams[accepted] = stream;
	ck_assert_int_eq(stream_attach(stream, loop, &handlers, &streams[accepted]), 0);
	accepted++;
}

static void stop_loop(struct mail *mail, void *owner)
{
	(void)mail;
	(void)owner;
	loop_stop(loop);
}

static struct mail done = {.deliver = stop_loop};
static void *(*scenario)(void *);

static void *run_scenario(void *arg)
{
	scenario(arg);
	loop_post(loop, &done);
	return NULL;
}

static void play(void *(*client_part)(void *))
{
	scenario = client_part;
	ck_assert_int_eq(pthread_create(&client_thread, NULL, run_scenario, NULL), 0);
	server_run();
	pthread_join(client_thread, NULL);
}

/* The server of server.h with another listener: behind a proxy at this address, or on a Unix socket. */
static void start(bool with_tls, const char *proxy, const char *path)
{
	struct proxy_list list = {0};
	server_start(with_tls, "127.0.0.1", serve);
	listener_destroy(&listener);
	if (proxy)
		ck_assert_int_eq(proxy_list_add(&list, proxy), 0);
	struct listener_config c = {.address = "127.0.0.1", .tls = tls, .proxies = &list, .path = path};
	ck_assert_msg(listener_create(loop, &c, serve, NULL, &listener, message) == 0, "%s", message);
	config = (struct client_config){.port = listener_port(listener), .tls = with_tls};
}

static void end(void)
{
	for (int i = 0; i < accepted; i++)
		stream_destroy(&streams[i]);
	server_end();
}

/* What the server takes us for, after this header; "" when it closes. */
static const char *ask(const struct header *h, bool dribble)
{
	static char got[80];
	struct client c;
	memset(got, 0, sizeof got);
	client_dial(&c, &config);
	for (size_t i = 0; i < h->len; i += dribble ? 1 : h->len) {
		send(c.fd, h->data + i, dribble ? 1 : h->len, MSG_NOSIGNAL);
		struct pollfd p = {c.fd, POLLIN, 0};
		if (dribble)
			poll(&p, 1, 1); /* so that the kernel does not join them all */
	}
	if (client_handshake(&c, &config) == 0 && client_send(&c, "?", 1) && client_receive(&c, got, sizeof got - 1) <= 0)
		got[0] = 0;
	client_close(&c);
	return got;
}

static struct header header;

static void expect(uint8_t command, uint8_t family, size_t more, const char *address)
{
	make_header(&header, command, family, more);
	for (int dribble = 0; dribble < (more < 100 ? 2 : 1); dribble++) {
		const char *seen = ask(&header, dribble);
		ck_assert_msg(strncmp(seen, address, strlen(address)) == 0 && (*address || !*seen), "%s instead of %s", seen, address);
	}
}

static void *speak_as_proxy(void *arg)
{
	(void)arg;
	expect(PROXY, TCP4, 0, "192.0.2.7:12345");
	expect(PROXY, TCP6, 0, "[2001:db8::7]:54321");
	expect(PROXY, TCP4, 21, "192.0.2.7:12345"); /* TLVs are skipped */
	expect(PROXY, TCP6, 65535 - 36, "[2001:db8::7]:54321");
	expect(LOCAL, 0, 0, "127.0.0.1:");
	expect(LOCAL, TCP4, 0, "127.0.0.1:");
	expect(LOCAL, 0, 40, "127.0.0.1:");
	expect(PROXY, 0, 0, "127.0.0.1:"); /* of an unspecified family: the proxy's own address */
	expect(PROXY, UNIX, 0, "127.0.0.1:");
	expect(PROXY, 0x12, 0, "");
	expect(0x22, TCP4, 0, "");
	expect(0x11, TCP4, 0, "");
	make_header(&header, PROXY, TCP4, 0);
	header.data[5] = 'x';
	ck_assert_str_eq(ask(&header, false), "");
	memcpy(header.data, "PROXY TCP4 192.0.2.7 198.51.100.1 12345 8883\r\n", 46); /* version 1 */
	header.len = 46;
	ck_assert_str_eq(ask(&header, false), "");
	return NULL;
}

START_TEST(the_proxied_address_counts)
{
	start(_i, "127.0.0.1", NULL);
	play(speak_as_proxy);
	end();
}
END_TEST

/* Without a header: what it says instead is no header. */
static void *speak_without_header(void *arg)
{
	(void)arg;
	struct client c;
	char byte;
	client_dial(&c, &config);
	static const char connect[] = "\x10\x10\0\4MQTT\4\2\0\74\0\4test";
	ck_assert_int_eq(send(c.fd, connect, 18, MSG_NOSIGNAL), 18);
	ck_assert_int_le(recv(c.fd, &byte, 1, 0), 0);
	client_close(&c);
	return NULL;
}

START_TEST(a_proxy_without_header_is_closed)
{
	start(false, "127.0.0.1", NULL);
	play(speak_without_header);
	ck_assert_int_eq(accepted, 0);
	end();
}
END_TEST

static void *speak_directly(void *arg)
{
	(void)arg;
	header.len = 0;
	ck_assert_int_eq(strncmp(ask(&header, false), "127.0.0.1:", 10), 0);
	return NULL;
}

START_TEST(others_speak_directly)
{
	start(_i, "192.0.2.99", NULL);
	play(speak_directly);
	end();
}
END_TEST

static int waiting_fds[3];

static void *begin_only(void *arg)
{
	(void)arg;
	struct client c;
	make_header(&header, PROXY, TCP4, 0);
	for (int i = 0; i < 3; i++) {
		client_dial(&c, &config);
		send(c.fd, header.data, 5 + 10 * (size_t)i, MSG_NOSIGNAL);
		waiting_fds[i] = c.fd;
	}
	/* the server has heard of them once it has served another */
	ck_assert_str_eq(ask(&header, false), "192.0.2.7:12345");
	return NULL;
}

START_TEST(half_headers_end_with_the_listener)
{
	start(false, "127.0.0.1", NULL);
	play(begin_only);
	listener_destroy(&listener);
	for (int i = 0; i < 3; i++) {
		char byte;
		ck_assert_int_le(recv(waiting_fds[i], &byte, 1, 0), 0);
		close(waiting_fds[i]);
	}
	end();
}
END_TEST

/* ---- Unix sockets ------------------------------------------------------------------ */

static char socket_path[108];

static void *ask_unix(void *arg)
{
	(void)arg;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	str_copy(un.sun_path, sizeof un.sun_path, socket_path);
	for (int i = 0; i < 2; i++) {
		char got[80] = "", wanted[80];
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof un), 0);
		ck_assert_int_eq(send(fd, "?", 1, 0), 1);
		ck_assert_int_gt(recv(fd, got, sizeof got - 1, 0), 0);
		str_format(wanted, sizeof wanted, "unix:%d", (int)getpid());
		ck_assert_str_eq(got, wanted);
		close(fd);
	}
	return NULL;
}

static int listen_again(struct listener **other)
{
	struct listener_config c = {.path = socket_path};
	return listener_create(loop, &c, serve, NULL, other, message);
}

START_TEST(listens_on_unix_sockets)
{
	struct stat st;
	struct listener *other;
	str_format(socket_path, sizeof socket_path, "/tmp/tomte-net-%d.sock", (int)getpid());
	start(false, NULL, socket_path);
	ck_assert_uint_eq(listener_port(listener), 0);
	ck_assert_int_eq(stat(socket_path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	play(ask_unix);
	ck_assert_int_eq(listen_again(&other), ERR_BUSY); /* a live one is never displaced */
	ck_assert_ptr_nonnull(strstr(message, socket_path));
	play(ask_unix);
	listener_destroy(&listener);
	ck_assert_int_ne(stat(socket_path, &st), 0);
	end();
}
END_TEST

START_TEST(stale_sockets_are_replaced_and_nothing_else)
{
	struct stat st;
	struct listener *other;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	str_format(socket_path, sizeof socket_path, "/tmp/tomte-net-%d.sock", (int)getpid());
	str_copy(un.sun_path, sizeof un.sun_path, socket_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
	close(fd); /* as after a crash */
	start(false, NULL, socket_path);
	play(ask_unix);
	/* somebody put another file there meanwhile: it stays */
	ck_assert_int_eq(unlink(socket_path), 0);
	FILE *f = fopen(socket_path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	listener_destroy(&listener);
	ck_assert_int_eq(stat(socket_path, &st), 0);
	ck_assert_int_eq(listen_again(&other), ERR_EXISTS);
	ck_assert_int_eq(unlink(socket_path), 0);
	memset(socket_path, 'x', sizeof socket_path - 1);
	socket_path[0] = '/';
	char longer[200];
	str_format(longer, sizeof longer, "%s/more", socket_path);
	struct listener_config c = {.path = longer};
	ck_assert_int_eq(listener_create(loop, &c, serve, NULL, &other, message), ERR_INVALID);
	c.path = "/nonexistent/mqtt.sock";
	ck_assert_int_lt(listener_create(loop, &c, serve, NULL, &other, message), 0);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxy");
	TCase *tcase = tcase_create("all");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, fixed_part_is_judged);
	tcase_add_test(tcase, knows_whom_to_believe);
	tcase_add_loop_test(tcase, the_proxied_address_counts, 0, 2);
	tcase_add_test(tcase, a_proxy_without_header_is_closed);
	tcase_add_loop_test(tcase, others_speak_directly, 0, 2);
	tcase_add_test(tcase, half_headers_end_with_the_listener);
	tcase_add_test(tcase, listens_on_unix_sockets);
	tcase_add_test(tcase, stale_sockets_are_replaced_and_nothing_else);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
