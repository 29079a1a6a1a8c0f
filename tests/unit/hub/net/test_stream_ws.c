/* Streams over WebSocket, over TCP and over TLS: an echo server's view of clients that cut their bytes as they like,
 * fragment, ping, do not read, or break the rules. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "net/stream_ws.h"
#include "server.h"
#include "support/ws_client.h"

enum { FIN = 0x80, CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, BIG = 3 * 1024 * 1024 };

static struct client_config config;
static pthread_t client_thread;
static struct stream *stream;
static struct buf to_write; /* what the echo has not got rid of yet */
static int ended_with;
static size_t read_size = 65536;
static struct span early_bytes;

static void stop_when_over(int err)
{
	ended_with = err;
	stream_destroy(&stream);
	loop_stop(loop);
}

static void write_out(void)
{
	while (to_write.len) {
		struct iovec iov[2] = {{to_write.data, to_write.len / 3}, {to_write.data + to_write.len / 3, to_write.len - to_write.len / 3}};
		ssize_t n = stream_writev(stream, iov, 2);
		if (n == ERR_AGAIN)
			break;
		if (n < 0) { /* the client said goodbye: the next read tells how */
			to_write.len = 0;
			break;
		}
		buf_consume(&to_write, (size_t)n);
	}
	if (stream)
		stream_want_write(stream, to_write.len > 0);
}

static void echo(void *ctx)
{
	(void)ctx;
	static uint8_t data[65536];
	ssize_t n;
	while ((n = stream_read(stream, data, read_size)) > 0)
		ws_put(&to_write, data, (size_t)n);
	write_out();
	if (n != ERR_AGAIN)
		stop_when_over((int)n);
}

static void on_writable(void *ctx)
{
	(void)ctx;
	write_out();
}

static void on_closed(void *ctx, int err)
{
	(void)ctx;
	stop_when_over(err);
}

static const struct stream_handlers handlers = {.readable = echo, .writable = on_writable, .closed = on_closed};

static void serve(void *ctx, struct stream *under)
{
	(void)ctx;
	ck_assert_int_eq(stream_ws_wrap(under, early_bytes, &stream), 0);
	ck_assert_int_eq(stream_attach(stream, loop, &handlers, NULL), 0);
}

/* Runs a client against the echo; over TLS when tls is 1. */
static void play(void *(*client_part)(void *), int with_tls)
{
	ended_with = 1;
	to_write = (struct buf){0};
	server_start(with_tls, "127.0.0.1", serve);
	config = (struct client_config){.port = listener_port(listener), .tls = with_tls};
	ck_assert_int_eq(pthread_create(&client_thread, NULL, client_part, NULL), 0);
	server_run();
	pthread_join(client_thread, NULL);
	stream_destroy(&stream);
	buf_finish(&to_write);
	server_end();
}

/* ---- the client ---------------------------------------------------------- */

struct frame {
	uint8_t first;
	struct buf payload;
};

/* Reads one frame. Returns false at the end of the stream. */
static bool next_frame(struct client *c, struct buf *got, struct frame *f)
{
	for (;;) {
		const uint8_t *payload;
		size_t len, size = got->len ? ws_parse(got->data, got->len, &f->first, &payload, &len) : 0;
		if (size) {
			f->payload.len = 0;
			ws_put(&f->payload, payload, len);
			buf_consume(got, size);
			return true;
		}
		uint8_t data[16384];
		ssize_t n = client_receive(c, data, sizeof data);
		if (n <= 0)
			return false;
		ws_put(got, data, (size_t)n);
	}
}

static void expect_frame(struct client *c, struct buf *got, uint8_t first, const void *payload, size_t len)
{
	struct frame f = {0};
	ck_assert(next_frame(c, got, &f));
	ck_assert_uint_eq(f.first, first);
	ck_assert_uint_eq(f.payload.len, len);
	ck_assert(len == 0 || memcmp(f.payload.data, payload, len) == 0);
	buf_finish(&f.payload);
}

static void expect_end(struct client *c, struct buf *got)
{
	struct frame f = {0};
	ck_assert(!next_frame(c, got, &f));
	buf_finish(&f.payload);
	buf_finish(got);
}

static void say(struct client *c, struct buf *out)
{
	ck_assert(client_send(c, out->data, out->len));
	out->len = 0;
}

static void say_goodbye(struct client *c, struct buf *out, struct buf *got)
{
	static const uint8_t normal[] = {1000 >> 8, 1000 & 0xff};
	ws_good(out, FIN | CLOSE, "\x03\xe8""bye", 5);
	say(c, out);
	expect_frame(c, got, FIN | CLOSE, normal, 2);
	expect_end(c, got);
	buf_finish(out);
	client_close(c);
}

/* ---- tests ----------------------------------------------------------------- */

/* Each byte is a segment of its own. */
static void *dribble(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0}, got = {0};
	client_connect(&c, &config);
	ws_good(&out, FIN | BINARY, "byte by byte", 12);
	ws_good(&out, FIN | PING, "still there?", 12);
	char long_one[300];
	memset(long_one, 'x', sizeof long_one);
	ws_good(&out, FIN | BINARY, long_one, sizeof long_one);
	for (size_t i = 0; i < out.len; i++) {
		ck_assert(client_send(&c, out.data + i, 1));
		struct pollfd p = {c.fd, POLLIN, 0};
		poll(&p, 1, i < 40 ? 2 : 0); /* so that the kernel does not join them all */
	}
	out.len = 0;
	struct buf echoed = {0};
	int pongs = 0;
	struct frame f = {0};
	while (echoed.len < 312 || pongs == 0) {
		ck_assert(next_frame(&c, &got, &f));
		if (f.first == (FIN | PONG)) {
			ck_assert(span_is(buf_span(&f.payload), "still there?"));
			pongs++;
		} else {
			ck_assert_uint_eq(f.first, FIN | BINARY);
			ws_put(&echoed, f.payload.data, f.payload.len);
		}
	}
	ck_assert_int_eq(memcmp(echoed.data, "byte by byte", 12), 0);
	ck_assert_int_eq(memcmp(echoed.data + 12, long_one, sizeof long_one), 0);
	buf_finish(&f.payload);
	buf_finish(&echoed);
	say_goodbye(&c, &out, &got);
	return NULL;
}

START_TEST(headers_may_come_byte_by_byte)
{
	play(dribble, _i);
	ck_assert_int_eq(ended_with, 0);
}
END_TEST

static void *fragment(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0}, got = {0};
	client_connect(&c, &config);
	ws_good(&out, BINARY, "a message ", 10);
	ws_good(&out, FIN | PING, "p", 1);
	say(&c, &out);
	expect_frame(&c, &got, FIN | PONG, "p", 1);
	expect_frame(&c, &got, FIN | BINARY, "a message ", 10);
	ws_good(&out, CONTINUATION, "in three ", 9);
	ws_good(&out, FIN | PONG, "nobody asked", 12);
	ws_good(&out, FIN | CONTINUATION, "pieces", 6);
	ws_good(&out, FIN | BINARY, "", 0);
	ws_good(&out, FIN | BINARY, ", and another", 13);
	say(&c, &out);
	struct buf echoed = {0};
	struct frame f = {0};
	while (echoed.len < 28) {
		ck_assert(next_frame(&c, &got, &f));
		ck_assert_uint_eq(f.first, FIN | BINARY);
		ck_assert_uint_gt(f.payload.len, 0);
		ws_put(&echoed, f.payload.data, f.payload.len);
	}
	ck_assert(span_is(buf_span(&echoed), "in three pieces, and another"));
	buf_finish(&f.payload);
	buf_finish(&echoed);
	say_goodbye(&c, &out, &got);
	return NULL;
}

START_TEST(fragments_and_control_frames_in_between)
{
	play(fragment, _i);
	ck_assert_int_eq(ended_with, 0);
}
END_TEST

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + (at >> 9));
}

static void *send_much(void *arg)
{
	struct client *c = arg;
	uint8_t *data = malloc(BIG);
	struct buf out = {0};
	for (size_t i = 0; i < BIG; i++)
		data[i] = pattern(i);
	for (size_t at = 0, n = 1; at < BIG; at += n) {
		n = at % 3 == 0 ? 70000 : at % 3 == 1 ? 1000 : 126;
		n = n < BIG - at ? n : BIG - at;
		ws_good(&out, FIN | BINARY, data + at, n);
		ws_good(&out, FIN | PING, &n, sizeof n);
	}
	say(c, &out);
	buf_finish(&out);
	free(data);
	return NULL;
}

/* The client writes much before it reads: the echo meets short writes, in headers and payloads, with pings to be answered. */
static void *flood(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0}, got = {0};
	pthread_t sender;
	client_connect(&c, &config);
	ck_assert_int_eq(pthread_create(&sender, NULL, send_much, &c), 0);
	struct frame f = {0};
	for (size_t at = 0; at < BIG;) {
		ck_assert(next_frame(&c, &got, &f));
		if (f.first == (FIN | PONG))
			continue;
		ck_assert_uint_eq(f.first, FIN | BINARY);
		for (size_t i = 0; i < f.payload.len; i++)
			if (f.payload.data[i] != pattern(at++))
				ck_abort_msg("byte %zu is wrong", at - 1);
	}
	pthread_join(sender, NULL);
	buf_finish(&f.payload);
	ws_good(&out, FIN | PING, "last", 4);
	say(&c, &out);
	do
		ck_assert(next_frame(&c, &got, &f)); /* pongs that were under way */
	while (f.payload.len != 4 || memcmp(f.payload.data, "last", 4) != 0);
	buf_finish(&f.payload);
	say_goodbye(&c, &out, &got);
	return NULL;
}

START_TEST(much_in_both_directions)
{
	play(flood, _i);
	ck_assert_int_eq(ended_with, 0);
}
END_TEST

START_TEST(a_reader_of_small_pieces_gets_all)
{
	read_size = 5;
	play(fragment, 0);
	ck_assert_int_eq(ended_with, 0);
}
END_TEST

static const struct {
	const char *name;
	struct ws_shape shape;
	int code;
} wrongs[] = {
	{"text", {.first = FIN | TEXT, .length_bytes = -1}, 1003},
	{"unmasked", {.first = FIN | BINARY, .unmasked = true, .length_bytes = -1}, 1002},
	{"a length of 16 bits that needs 7", {.first = FIN | BINARY, .length_bytes = 2}, 1002},
	{"a length of 64 bits that needs 7", {.first = FIN | BINARY, .length_bytes = 8}, 1002},
	{"a length of 2^63", {.first = FIN | BINARY, .length_bytes = 8, .announced = UINT64_C(1) << 63}, 1002},
	{"a reserved opcode", {.first = FIN | 5, .length_bytes = -1}, 1002},
};
static int wrong_index;

static void *break_rule(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0}, got = {0};
	client_connect(&c, &config);
	ws_good(&out, FIN | BINARY, "good", 4);
	say(&c, &out);
	expect_frame(&c, &got, FIN | BINARY, "good", 4);
	ws_frame(&out, wrongs[wrong_index].shape, "wrong", 5);
	say(&c, &out);
	const uint8_t code[] = {(uint8_t)(wrongs[wrong_index].code >> 8), (uint8_t)wrongs[wrong_index].code};
	expect_frame(&c, &got, FIN | CLOSE, code, 2);
	expect_end(&c, &got);
	buf_finish(&out);
	client_close(&c);
	return NULL;
}

START_TEST(who_breaks_the_rules_is_told)
{
	for (wrong_index = 0; wrong_index < (int)(sizeof wrongs / sizeof wrongs[0]); wrong_index++) {
		play(break_rule, _i);
		ck_assert_msg(ended_with == ERR_PROTOCOL, "%s: %d", wrongs[wrong_index].name, ended_with);
	}
}
END_TEST

static void *goodbye_at_once(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0}, got = {0};
	client_connect(&c, &config);
	ws_good(&out, FIN | CLOSE, NULL, 0);
	say(&c, &out);
	expect_frame(&c, &got, FIN | CLOSE, NULL, 0);
	expect_end(&c, &got);
	buf_finish(&out);
	client_close(&c);
	return NULL;
}

START_TEST(a_close_frame_is_answered)
{
	play(goodbye_at_once, _i);
	ck_assert_int_eq(ended_with, 0);
}
END_TEST

static void *vanish(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0};
	client_connect(&c, &config);
	ws_good(&out, FIN | BINARY, "half of a frame", 15);
	out.len -= 5;
	say(&c, &out);
	client_shutdown(&c);
	uint8_t data[64];
	while (client_receive(&c, data, sizeof data) > 0)
		;
	buf_finish(&out);
	client_close(&c);
	return NULL;
}

START_TEST(an_end_without_a_word_is_an_end)
{
	play(vanish, _i);
	ck_assert_int_eq(ended_with, 0);
}
END_TEST

static void *listen_only(void *arg)
{
	(void)arg;
	struct client c;
	struct buf out = {0}, got = {0};
	client_connect(&c, &config);
	struct buf echoed = {0};
	struct frame f = {0};
	while (echoed.len < 5) {
		ck_assert(next_frame(&c, &got, &f));
		ws_put(&echoed, f.payload.data, f.payload.len);
	}
	ck_assert(span_is(buf_span(&echoed), "early"));
	buf_finish(&f.payload);
	buf_finish(&echoed);
	say_goodbye(&c, &out, &got);
	return NULL;
}

/* Frames that came with the handshake are read although no event tells of them, by a reader of any size. */
START_TEST(early_frames_are_read)
{
	struct buf early = {0};
	ws_good(&early, FIN | BINARY, "early", 5);
	early_bytes = buf_span(&early);
	read_size = _i ? 65536 : 2;
	play(listen_only, 0);
	ck_assert_int_eq(ended_with, 0);
	buf_finish(&early);
}
END_TEST

static void *just_connect(void *arg)
{
	(void)arg;
	struct client c;
	struct buf got = {0};
	client_connect(&c, &config);
	expect_frame(&c, &got, FIN | CLOSE, "\x03\xe8", 2);
	expect_end(&c, &got);
	client_close(&c);
	return NULL;
}

static void leave(void *ctx)
{
	(void)ctx;
	stop_when_over(0);
}

static void serve_and_leave(void *ctx, struct stream *under)
{
	static const struct stream_handlers h = {.open = leave, .closed = on_closed};
	(void)ctx;
	ck_assert_int_eq(stream_ws_wrap(under, (struct span){0}, &stream), 0);
	ck_assert_int_eq(stream_attach(stream, loop, &h, NULL), 0);
}

START_TEST(says_goodbye_when_it_leaves)
{
	server_start(_i, "127.0.0.1", serve_and_leave);
	config = (struct client_config){.port = listener_port(listener), .tls = _i};
	ck_assert_int_eq(pthread_create(&client_thread, NULL, just_connect, NULL), 0);
	server_run();
	pthread_join(client_thread, NULL);
	server_end();
}
END_TEST

START_TEST(over_a_socket_that_others_encrypt)
{
	int pair[2];
	struct buf out = {0};
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(4711), .sin_addr.s_addr = htonl(0xc0000207)};
	const struct stream_ws_config c = {.fd = pair[0], .peer = (struct sockaddr *)&peer};
	ck_assert_int_eq(stream_ws_create(&c, &stream), 0);
	ck_assert_str_eq(stream_address(stream_peer(stream)).text, "192.0.2.7:4711");
	ck_assert(!stream_peer(stream)->loopback);
	stream_destroy(&stream);
	uint8_t byte;
	ck_assert_int_eq(recv(pair[1], &byte, 1, 0), 0); /* closed */
	close(pair[1]);
	buf_finish(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream_ws");
	TCase *tcase = tcase_create("all");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, headers_may_come_byte_by_byte, 0, 2);
	tcase_add_loop_test(tcase, fragments_and_control_frames_in_between, 0, 2);
	tcase_add_loop_test(tcase, much_in_both_directions, 0, 2);
	tcase_add_test(tcase, a_reader_of_small_pieces_gets_all);
	tcase_add_loop_test(tcase, who_breaks_the_rules_is_told, 0, 2);
	tcase_add_loop_test(tcase, a_close_frame_is_answered, 0, 2);
	tcase_add_loop_test(tcase, an_end_without_a_word_is_an_end, 0, 2);
	tcase_add_loop_test(tcase, early_frames_are_read, 0, 2);
	tcase_add_loop_test(tcase, says_goodbye_when_it_leaves, 0, 2);
	tcase_add_test(tcase, over_a_socket_that_others_encrypt);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
