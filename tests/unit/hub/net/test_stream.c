/* Streams: one body of tests, run over each transport. The client is a thread
 * that blocks; the server's loop runs on the test's thread. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>

#include "base/rand.h"
#include "server.h"
#include "thread/thread.h"

enum { BIG = 3 * 1024 * 1024, TRANSPORTS = 2 };

static bool with_tls;                    /* of this run */
static struct stream *stream;            /* the one accepted */
static const struct stream_handlers *handlers;
static int opened, closed_with, end_of_stream;
static size_t received, sent;
static struct waiter blocked;            /* signalled when the server stops reading, or at the first short write */
static struct client_config config;

/* Byte number i of what is sent, so that every loss, doubling or swap shows. */
static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

/* Checks the bytes that stand at *at and moves it on. (An assertion per byte would cost seconds.) */
static void check_pattern(const uint8_t *data, ssize_t len, size_t *at)
{
	for (ssize_t i = 0; i < len; i++, (*at)++)
		if (data[i] != pattern(*at))
			ck_abort_msg("byte %zu is %u, not %u", *at, data[i], pattern(*at));
}

static void accept_one(void *ctx, struct stream *s)
{
	(void)ctx;
	ck_assert_ptr_null(stream);
	stream = s;
	int size = 65536; /* small buffers: short writes come early */
	ck_assert_int_eq(setsockopt(s->watch.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
	ck_assert_int_eq(stream_attach(s, loop, handlers, NULL), 0);
}

static pthread_t client_thread;

static void begin(int transport, const struct stream_handlers *of_server, void *(*client)(void *))
{
	with_tls = transport == 1;
	handlers = of_server;
	waiter_init(&blocked);
	server_start(with_tls, "127.0.0.1", accept_one);
	config = (struct client_config){.port = listener_port(listener), .tls = with_tls};
	ck_assert_int_eq(pthread_create(&client_thread, NULL, client, NULL), 0);
}

static void finish(void)
{
	stream_destroy(&stream);
	pthread_join(client_thread, NULL);
	server_end();
	waiter_finish(&blocked);
}

static void on_open(void *ctx)
{
	(void)ctx;
	opened++;
}

static void on_closed(void *ctx, int err)
{
	(void)ctx;
	closed_with = err;
	loop_stop(loop);
}

static void unexpected(void *ctx)
{
	(void)ctx;
	ck_abort_msg("this event must not come");
}

/* Reads and checks the pattern; stops the loop at the end of the stream. */
static void read_pattern(void *ctx)
{
	(void)ctx;
	uint8_t data[3001];
	ssize_t n;
	while ((n = stream_read(stream, data, sizeof data)) > 0)
		check_pattern(data, n, &received);
	if (n == ERR_AGAIN)
		return;
	if (n == 0)
		end_of_stream++;
	else
		closed_with = (int)n;
	stream_destroy(&stream);
	loop_stop(loop);
}

static void send_pattern(struct client *c, size_t len)
{
	uint8_t data[10007];
	for (size_t at = 0; at < len;) {
		size_t n = 0;
		while (n < sizeof data && at < len)
			data[n++] = pattern(at++);
		ck_assert(client_send(c, data, n));
	}
}

static void receive_pattern(struct client *c, size_t len)
{
	uint8_t data[16384];
	for (size_t at = 0; at < len;) {
		ssize_t n = client_receive(c, data, sizeof data);
		ck_assert_int_gt(n, 0);
		check_pattern(data, n, &at);
	}
}

/* Closing with unread bytes (TLS sends tickets) would reset the connection and lose what we sent. */
static void await_end(struct client *c)
{
	uint8_t data[64];
	while (client_receive(c, data, sizeof data) > 0)
		;
}

/* ---- much from the client ---------------------------------------------- */

static void *upload(void *arg)
{
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	send_pattern(&c, BIG);
	client_shutdown(&c);
	await_end(&c);
	client_close(&c);
	return NULL;
}

START_TEST(a_large_upload_arrives_whole)
{
	static const struct stream_handlers h = {on_open, read_pattern, unexpected, on_closed};
	begin(_i, &h, upload);
	server_run();
	ck_assert_int_eq(opened, 1);
	ck_assert_uint_eq(received, BIG);
	ck_assert_int_eq(end_of_stream, 1);
	finish();
}
END_TEST

/* Takes a little, then does not want more for a while. */
static struct loop_timer thirst;

static void drink(struct loop_timer *timer)
{
	(void)timer;
	stream_want_read(stream, true);
}

static void sip(void *ctx)
{
	(void)ctx;
	uint8_t data[101];
	ssize_t n = stream_read(stream, data, sizeof data);
	if (n == ERR_AGAIN)
		return;
	ck_assert_int_ge(n, 0);
	check_pattern(data, n, &received);
	if (n == 0) {
		loop_stop(loop);
		return;
	}
	if (received % 3 == 0) {
		stream_want_read(stream, false);
		loop_timer_arm(loop, &thirst, 0);
	}
}

static void *upload_little(void *arg)
{
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	send_pattern(&c, 50000);
	client_shutdown(&c);
	await_end(&c);
	client_close(&c);
	return NULL;
}

/* What the transport has read already must come again, though epoll sees nothing. */
START_TEST(a_reader_that_takes_little_and_pauses_gets_all)
{
	static const struct stream_handlers h = {on_open, sip, unexpected, on_closed};
	thirst.fire = drink;
	begin(_i, &h, upload_little);
	server_run();
	ck_assert_uint_eq(received, 50000);
	finish();
}
END_TEST

/* ---- much to the client ------------------------------------------------ */

static bool signalled;

/* Writes odd pieces, some empty, some larger than a TLS record, until the transport takes no more. */
static void write_pattern(void *ctx)
{
	(void)ctx;
	static uint8_t data[40000];
	while (sent < BIG) {
		size_t len = rand_below(sizeof data) + 1;
		if (len > BIG - sent)
			len = BIG - sent;
		for (size_t i = 0; i < len; i++)
			data[i] = pattern(sent + i);
		size_t cut = rand_below((uint32_t)len), cut2 = cut + rand_below((uint32_t)(len - cut));
		struct iovec iov[] = {{data, cut}, {NULL, 0}, {data + cut, cut2 - cut}, {data + cut2, len - cut2}};
		ssize_t n = stream_writev(stream, iov, 4);
		memset(data, 0xee, sizeof data); /* what was taken is no longer ours */
		if (n == ERR_AGAIN || (n > 0 && (size_t)n < len)) {
			sent += n > 0 ? (size_t)n : 0;
			stream_want_write(stream, true);
			if (!signalled)
				waiter_signal(&blocked);
			signalled = true;
			return;
		}
		ck_assert_int_eq(n, len);
		sent += len;
	}
	/* What the transport still holds must go without further calls. */
	stream_want_write(stream, false);
}

static void *download(void *arg)
{
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	waiter_wait(&blocked);
	receive_pattern(&c, BIG);
	ck_assert(client_send(&c, "\0", 1)); /* pattern(0): all is there */
	client_shutdown(&c);
	await_end(&c);
	client_close(&c);
	return NULL;
}

START_TEST(a_large_download_survives_short_writes)
{
	static const struct stream_handlers h = {write_pattern, read_pattern, write_pattern, on_closed};
	begin(_i, &h, download);
	server_run();
	ck_assert_int_eq(signalled, true);
	ck_assert_uint_eq(sent, BIG);
	ck_assert_uint_eq(received, 1);
	finish();
}
END_TEST

static void *download_small_records(void *arg)
{
	config.record_bytes = 512;
	return download(arg);
}

START_TEST(a_client_with_small_records_gets_all)
{
	static const struct stream_handlers h = {write_pattern, read_pattern, write_pattern, on_closed};
	begin(1, &h, download_small_records);
	server_run();
	ck_assert_uint_eq(sent, BIG);
	finish();
}
END_TEST

static void read_nothing(void *ctx)
{
	(void)ctx;
	stream_want_read(stream, false);
	waiter_signal(&blocked);
}

static void write_and_leave(struct mail *mail, void *owner)
{
	(void)mail;
	(void)owner;
	uint8_t data[5000];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = pattern(i);
	struct iovec iov = {data, sizeof data};
	ck_assert_int_eq(stream_writev(stream, &iov, 1), sizeof data);
	stream_destroy(&stream);
}

static void stop_loop(struct mail *mail, void *owner)
{
	(void)mail;
	(void)owner;
	loop_stop(loop);
}

static void *hear_last_words(void *arg)
{
	static struct mail sent_all = {.deliver = write_and_leave}, done = {.deliver = stop_loop};
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	waiter_wait(&blocked);
	send_pattern(&c, 40000); /* nobody reads it */
	loop_post(loop, &sent_all);
	receive_pattern(&c, 5000);
	uint8_t byte;
	ck_assert_int_eq(client_receive(&c, &byte, 1), 0);
	client_close(&c);
	loop_post(loop, &done);
	return NULL;
}

START_TEST(last_words_arrive_although_input_was_left_unread)
{
	static const struct stream_handlers h = {read_nothing, unexpected, unexpected, on_closed};
	begin(_i, &h, hear_last_words);
	server_run();
	finish();
}
END_TEST

/* ---- the peer goes at each stage --------------------------------------- */

static void *dial_and_close(void *arg)
{
	(void)arg;
	struct client c;
	client_dial(&c, &config);
	client_close(&c);
	return NULL;
}

START_TEST(peer_closes_before_a_word)
{
	static const struct stream_handlers h = {on_open, read_pattern, unexpected, on_closed};
	begin(_i, &h, dial_and_close);
	server_run();
	if (with_tls)
		ck_assert(opened == 0 && closed_with == ERR_CLOSED);
	else
		ck_assert(opened == 1 && end_of_stream == 1);
	finish();
}
END_TEST

static void *dial_and_reset(void *arg)
{
	(void)arg;
	struct client c;
	client_dial(&c, &config);
	send(c.fd, "\x16\x03\x01", 3, MSG_NOSIGNAL);
	client_reset_on_close(&c);
	client_close(&c);
	return NULL;
}

static void read_until_error(void *ctx)
{
	(void)ctx;
	uint8_t data[64];
	ssize_t n;
	while ((n = stream_read(stream, data, sizeof data)) > 0)
		;
	if (n == ERR_AGAIN)
		return;
	on_closed(NULL, (int)n);
}

START_TEST(peer_resets_within_the_handshake)
{
	static const struct stream_handlers h = {on_open, read_until_error, unexpected, on_closed};
	begin(_i, &h, dial_and_reset);
	server_run();
	/* A socket that was reset before it was accepted may just be at its end. */
	ck_assert(closed_with == ERR_CLOSED || (!with_tls && closed_with == 0));
	ck_assert_int_eq(opened, with_tls ? 0 : 1);
	finish();
}
END_TEST

static void *connect_and_reset(void *arg)
{
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	send_pattern(&c, 10);
	waiter_wait(&blocked);
	client_reset_on_close(&c);
	client_close(&c);
	return NULL;
}

static void pause_and_let_go(void *ctx)
{
	(void)ctx;
	stream_want_read(stream, false);
	waiter_signal(&blocked);
}

static int turns;

static void count_turns(void *owner)
{
	(void)owner;
	turns++;
}

static void stop_after_a_while(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(loop);
}

START_TEST(a_reset_is_noticed_while_nobody_reads_and_does_not_spin)
{
	static const struct stream_handlers h = {on_open, pause_and_let_go, unexpected, on_closed};
	begin(_i, &h, connect_and_reset);
	server_run();
	ck_assert_int_eq(closed_with, ERR_CLOSED);
	/* Closed, but not destroyed yet: the broken socket must not wake the loop. */
	struct loop_timer timer = {.fire = stop_after_a_while};
	loop_timer_arm(loop, &timer, 50);
	loop_run(loop, count_turns);
	ck_assert_int_lt(turns, 10);
	finish();
}
END_TEST

static void fill_socket(void *ctx)
{
	(void)ctx;
	static uint8_t data[65536];
	struct iovec iov = {data, sizeof data};
	ssize_t n;
	while ((n = stream_writev(stream, &iov, 1)) == sizeof data)
		;
	if (n < 0 && n != ERR_AGAIN) {
		on_closed(NULL, (int)n);
		return;
	}
	stream_want_read(stream, false);
	stream_want_write(stream, true);
	if (!signalled)
		waiter_signal(&blocked);
	signalled = true;
}

START_TEST(peer_resets_while_we_write)
{
	static const struct stream_handlers h = {on_open, fill_socket, fill_socket, on_closed};
	begin(_i, &h, connect_and_reset);
	server_run();
	ck_assert_int_eq(closed_with, ERR_CLOSED);
	finish();
}
END_TEST

static void fill_socket_and_forget(void *ctx)
{
	fill_socket(ctx);
	stream_want_write(stream, false);
}

START_TEST(peer_resets_while_bytes_are_held_back)
{
	static const struct stream_handlers h = {on_open, fill_socket_and_forget, unexpected, on_closed};
	begin(_i, &h, connect_and_reset);
	server_run();
	ck_assert_int_eq(closed_with, ERR_CLOSED);
	finish();
}
END_TEST

/* ---- handlers that end the stream -------------------------------------- */

static void destroy_now(void *ctx)
{
	(void)ctx;
	stream_destroy(&stream);
	loop_stop(loop);
}

static void destroy_on_close(void *ctx, int err)
{
	(void)err;
	destroy_now(ctx);
}

static void want_to_write(void *ctx)
{
	(void)ctx;
	stream_want_write(stream, true);
}

static void *talk_until_end(void *arg)
{
	(void)arg;
	struct client c;
	client_dial(&c, &config);
	if (client_handshake(&c, &config) == 0) {
		client_send(&c, "hello", 5);
		client_send(&c, "world", 5);
		uint8_t byte;
		while (client_receive(&c, &byte, 1) > 0)
			;
	}
	client_close(&c);
	return NULL;
}

START_TEST(any_handler_may_destroy_the_stream)
{
	static const struct stream_handlers kinds[] = {
		{destroy_now, unexpected, unexpected, on_closed},
		{NULL, destroy_now, unexpected, on_closed},
		{want_to_write, on_open, destroy_now, on_closed}, /* readable may come before */
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		begin(_i, &kinds[i], talk_until_end);
		server_run();
		ck_assert_ptr_null(stream);
		finish();
	}
	static const struct stream_handlers at_close = {on_open, pause_and_let_go, unexpected, destroy_on_close};
	begin(_i, &at_close, connect_and_reset);
	server_run();
	ck_assert_ptr_null(stream);
	finish();
}
END_TEST

/* ---- hand-over --------------------------------------------------------- */

static void read_one_and_detach(void *ctx)
{
	(void)ctx;
	uint8_t byte;
	ssize_t n = stream_read(stream, &byte, 1);
	if (n == ERR_AGAIN)
		return;
	ck_assert_int_eq(n, 1);
	ck_assert_uint_eq(byte, pattern(received++));
	stream_detach(stream);
	loop_stop(loop);
}

static void *send_once_and_wait(void *arg)
{
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	send_pattern(&c, 900); /* one record: nothing is left in the socket after the first read */
	waiter_wait(&blocked);
	client_shutdown(&c);
	await_end(&c);
	client_close(&c);
	return NULL;
}

static void read_and_release_client(void *ctx)
{
	read_pattern(ctx);
	if (received == 900 && !signalled) {
		waiter_signal(&blocked);
		signalled = true;
	}
}

START_TEST(moves_to_another_loop_with_what_it_has_read)
{
	static const struct stream_handlers first = {on_open, read_one_and_detach, unexpected, on_closed};
	static const struct stream_handlers second = {unexpected, read_and_release_client, unexpected, on_closed};
	begin(_i, &first, send_once_and_wait);
	server_run();
	ck_assert_uint_eq(received, 1);

	struct loop *before = loop;
	ck_assert_int_eq(loop_create(&loop, NULL), 0);
	ck_assert_int_eq(stream_attach(stream, loop, &second, NULL), 0);
	server_run();
	ck_assert_uint_eq(received, 900);
	ck_assert_int_eq(end_of_stream, 1);
	loop_destroy(&loop);
	loop = before;
	finish();
}
END_TEST

/* ---- addresses and the listener ---------------------------------------- */

static void *connect_and_wait(void *arg)
{
	(void)arg;
	struct client c;
	client_connect(&c, &config);
	uint8_t byte;
	client_receive(&c, &byte, 1);
	client_close(&c);
	return NULL;
}

static void stop_when_open(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

START_TEST(knows_its_peer_and_sends_at_once)
{
	static const struct stream_handlers h = {stop_when_open, unexpected, unexpected, on_closed};
	begin(_i, &h, connect_and_wait);
	server_run();
	const struct stream_peer *peer = stream_peer(stream);
	ck_assert_int_eq(strncmp(stream_address(peer).text, "127.0.0.1:", 10), 0);
	ck_assert(peer->loopback);
	int on = 0;
	socklen_t len = sizeof on;
	ck_assert_int_eq(getsockopt(stream->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	ck_assert(on);
	ck_assert(fcntl(stream->watch.fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(stream->watch.fd, F_GETFD) & FD_CLOEXEC);
	finish();
}
END_TEST

START_TEST(formats_addresses)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(51234), .sin_addr.s_addr = htonl(0xc0000207)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1883)};
	static const uint8_t ip[16] = {0x20, 1, 0xd, 0xb8, [15] = 1}, mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
	struct stream_peer a;
	a = stream_peer_of((struct sockaddr *)&in);
	ck_assert_str_eq(stream_address(&a).text, "192.0.2.7:51234");
	ck_assert(!a.loopback);
	memcpy(&in6.sin6_addr, ip, 16);
	a = stream_peer_of((struct sockaddr *)&in6);
	ck_assert_str_eq(stream_address(&a).text, "[2001:db8::1]:1883");
	memcpy(&in6.sin6_addr, mapped, 16);
	a = stream_peer_of((struct sockaddr *)&in6);
	ck_assert_str_eq(stream_address(&a).text, "192.0.2.7:1883");
	ck_assert(!a.loopback);
}
END_TEST

static void keep(void *ctx, struct stream *s)
{
	(void)ctx;
	ck_assert(stream_peer(s)->loopback);
	stream_destroy(&s);
	opened++;
	loop_stop(loop);
}

START_TEST(star_takes_both_families)
{
	server_start(false, "*", keep);
	struct client c;
	client_dial(&c, &(struct client_config){.port = listener_port(listener)});
	server_run();
	client_close(&c);
	ck_assert_int_eq(opened, 1);
	if (access("/proc/net/if_inet6", R_OK) == 0) {
		client_dial(&c, &(struct client_config){.port = listener_port(listener), .ipv6 = true});
		server_run();
		client_close(&c);
		ck_assert_int_eq(opened, 2);
	}
	server_end();
}
END_TEST

START_TEST(says_why_it_cannot_listen)
{
	server_start(false, "127.0.0.1", keep);
	struct listener *second;
	struct listener_config c = {.address = "127.0.0.1", .port = listener_port(listener)};
	ck_assert_int_eq(listener_create(loop, &c, keep, NULL, &second, message), ERR_BUSY);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(strstr(message, "in use"));
	c.address = "kitchen";
	ck_assert_int_eq(listener_create(loop, &c, keep, NULL, &second, message), ERR_INVALID);
	c.address = "192.0.2.1";
	ck_assert_int_eq(listener_create(loop, &c, keep, NULL, &second, message), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(message, "192.0.2.1"));
	server_end();
}
END_TEST

static int free_slots; /* descriptors that dup(2) took away */
static int taken[64];

static void give_back(struct loop_timer *timer)
{
	(void)timer;
	ck_assert_int_eq(opened, 0);
	while (free_slots)
		close(taken[--free_slots]);
}

START_TEST(without_descriptors_it_waits_and_does_not_spin)
{
	server_start(false, "127.0.0.1", keep);
	struct client c;
	client_dial(&c, &(struct client_config){.port = listener_port(listener)});
	struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	int fd;
	while ((fd = dup(0)) >= 0)
		taken[free_slots++] = fd;
	ck_assert_int_eq(errno, EMFILE);
	struct loop_timer timer = {.fire = give_back};
	loop_timer_arm(loop, &timer, 350);
	deadline.fire = too_late;
	loop_timer_arm(loop, &deadline, 20000);
	loop_run(loop, count_turns);
	loop_timer_disarm(&deadline);
	ck_assert_int_eq(opened, 1);
	ck_assert_int_lt(turns, 100); /* one per pause and a few more */
	client_close(&c);
	server_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net/stream");
	TCase *tcase = tcase_create("stream");
	tcase_set_timeout(tcase, 40);
	tcase_add_loop_test(tcase, a_large_upload_arrives_whole, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, a_reader_that_takes_little_and_pauses_gets_all, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, a_large_download_survives_short_writes, 0, TRANSPORTS);
	tcase_add_test(tcase, a_client_with_small_records_gets_all);
	tcase_add_loop_test(tcase, last_words_arrive_although_input_was_left_unread, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, peer_closes_before_a_word, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, peer_resets_within_the_handshake, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, a_reset_is_noticed_while_nobody_reads_and_does_not_spin, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, peer_resets_while_we_write, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, peer_resets_while_bytes_are_held_back, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, any_handler_may_destroy_the_stream, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, moves_to_another_loop_with_what_it_has_read, 0, TRANSPORTS);
	tcase_add_loop_test(tcase, knows_its_peer_and_sends_at_once, 0, TRANSPORTS);
	tcase_add_test(tcase, formats_addresses);
	tcase_add_test(tcase, star_takes_both_families);
	tcase_add_test(tcase, says_why_it_cannot_listen);
	tcase_add_test(tcase, without_descriptors_it_waits_and_does_not_spin);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
