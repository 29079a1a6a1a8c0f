/* The decoder of WebSocket frames alone: every cut of the input gives the same stream, what is wrong is
 * refused with the right code, and nothing is held between frames. */
#include <check.h>
#include <stdlib.h>

#include "net/ws_frames.h"
#include "support/ws_client.h"

enum { FIN = 0x80, CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct heard {
	int pings, pongs, closes;
	struct buf last; /* payload of the last control frame */
};

static void on_control(void *ctx, enum ws_opcode opcode, struct span payload)
{
	struct heard *heard = ctx;
	heard->pings += opcode == WS_PING;
	heard->pongs += opcode == WS_PONG;
	heard->closes += opcode == WS_CLOSE;
	heard->last.len = 0;
	ws_put(&heard->last, payload.data, payload.len);
}

/* Decodes everything in chunks of at most `chunk` bytes, each in memory of exactly its size. Returns what the last call said. */
static int decode_all(struct ws_decoder *d, const struct buf *in, size_t chunk, struct buf *out, struct heard *heard)
{
	const struct ws_decoder_events events = {on_control, heard};
	for (size_t at = 0; at < in->len; at += chunk) {
		size_t len = in->len - at < chunk ? in->len - at : chunk, payload;
		uint8_t *piece = malloc(len);
		if (!piece)
			abort();
		memcpy(piece, in->data + at, len);
		int code = ws_decode(d, piece, len, &events, &payload);
		if (payload > len) /* Check's own assertions take longer than the decoder */
			ck_abort_msg("more came out than went in");
		ws_put(out, piece, payload);
		free(piece);
		if (code)
			return code;
	}
	return 0;
}

static void fill(uint8_t *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 + seed + (i >> 8));
}

static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 125, 126, 127, 4082, 4095, 4096, 4097, 65535, 65536, 65537, 300000};

/* Frames of all sizes, with control frames and empty ones among them. */
static void make_stream(struct buf *in, struct buf *wanted)
{
	static uint8_t payload[300000];
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		fill(payload, sizes[i], (unsigned)i);
		ws_good(in, FIN | BINARY, payload, sizes[i]);
		ws_put(wanted, payload, sizes[i]);
		ws_good(in, FIN | PING, "are you still there?", i); /* 0 to 16 bytes of it */
	}
	/* a message of four fragments, of which two are empty, with a ping and a pong in between */
	ws_good(in, BINARY, "first ", 6);
	ws_good(in, FIN | PING, NULL, 0);
	ws_good(in, CONTINUATION, "", 0);
	ws_good(in, FIN | PONG, "unasked", 7);
	ws_good(in, CONTINUATION, "second", 6);
	ws_good(in, FIN | CONTINUATION, "", 0);
	ws_put(wanted, "first second", 12);
}

START_TEST(every_cut_gives_the_same_stream)
{
	static const size_t chunks[] = {1, 2, 3, 7, 13, 100, 4095, 4096, 4097, 65536, 1000000};
	struct buf in = {0}, wanted = {0};
	make_stream(&in, &wanted);
	for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
		struct ws_decoder d = {0};
		struct heard heard = {0};
		struct buf out = {0};
		ck_assert_int_eq(decode_all(&d, &in, chunks[i], &out, &heard), 0);
		ck_assert_msg(span_equal(buf_span(&out), buf_span(&wanted)), "chunks of %zu", chunks[i]);
		ck_assert_int_eq(heard.pings, sizeof sizes / sizeof sizes[0] + 1);
		ck_assert_int_eq(heard.pongs, 1);
		ck_assert_ptr_null(d.frames); /* between frames: no memory */
		ck_assert_ptr_null(d.control);
		ws_decoder_finish(&d);
		buf_finish(&heard.last);
		buf_finish(&out);
	}
	buf_finish(&in);
	buf_finish(&wanted);
}
END_TEST

START_TEST(holds_memory_only_within_a_frame)
{
	struct ws_decoder d = {0};
	struct heard heard = {0};
	struct buf in = {0}, out = {0};
	ws_good(&in, FIN | BINARY, "abcdef", 6);
	for (size_t cut = 1; cut < in.len; cut++) {
		struct buf head = {in.data, cut, cut}, rest = {in.data + cut, in.len - cut, in.len - cut};
		ck_assert_int_eq(decode_all(&d, &head, 100, &out, &heard), 0);
		ck_assert_ptr_nonnull(d.frames);
		ck_assert_int_eq(decode_all(&d, &rest, 100, &out, &heard), 0);
		ck_assert_ptr_null(d.frames);
	}
	ck_assert_uint_eq(out.len, 6 * (in.len - 1));
	buf_finish(&in);
	buf_finish(&out);
}
END_TEST

static const struct wrong {
	const char *name;
	struct ws_shape shape;
	size_t len; /* of the payload that comes */
	int code;
} wrongs[] = {
	{"a text message", {.first = FIN | TEXT, .length_bytes = -1}, 5, WS_UNSUPPORTED_DATA},
	{"a text message's fragment", {.first = TEXT, .length_bytes = -1}, 5, WS_UNSUPPORTED_DATA},
	{"not masked", {.first = FIN | BINARY, .unmasked = true, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"an empty frame, not masked", {.first = FIN | BINARY, .unmasked = true, .length_bytes = -1}, 0, WS_PROTOCOL_ERROR},
	{"a ping, not masked", {.first = FIN | PING, .unmasked = true, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"RSV1", {.first = FIN | 0x40 | BINARY, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"RSV2", {.first = FIN | 0x20 | BINARY, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"RSV3 of a ping", {.first = FIN | 0x10 | PING, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"opcode 3", {.first = FIN | 3, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"opcode 7", {.first = FIN | 7, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"opcode 11", {.first = FIN | 11, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"opcode 15", {.first = FIN | 15, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"a continuation of nothing", {.first = FIN | CONTINUATION, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"5 bytes in 16 bits", {.first = FIN | BINARY, .length_bytes = 2}, 5, WS_PROTOCOL_ERROR},
	{"125 bytes in 16 bits", {.first = FIN | BINARY, .length_bytes = 2}, 125, WS_PROTOCOL_ERROR},
	{"5 bytes in 64 bits", {.first = FIN | BINARY, .length_bytes = 8}, 5, WS_PROTOCOL_ERROR},
	{"65535 bytes in 64 bits", {.first = FIN | BINARY, .length_bytes = 8}, 65535, WS_PROTOCOL_ERROR},
	{"2^63 bytes", {.first = FIN | BINARY, .length_bytes = 8, .announced = UINT64_C(1) << 63}, 5, WS_PROTOCOL_ERROR},
	{"2^64 - 1 bytes", {.first = FIN | BINARY, .length_bytes = 8, .announced = UINT64_MAX}, 5, WS_PROTOCOL_ERROR},
	{"a ping of 126 bytes", {.first = FIN | PING, .length_bytes = -1}, 126, WS_PROTOCOL_ERROR},
	{"a close of 126 bytes", {.first = FIN | CLOSE, .length_bytes = -1}, 126, WS_PROTOCOL_ERROR},
	{"a ping in fragments", {.first = PING, .length_bytes = -1}, 5, WS_PROTOCOL_ERROR},
	{"a close in fragments", {.first = CLOSE, .length_bytes = -1}, 2, WS_PROTOCOL_ERROR},
	{"a close of one byte", {.first = FIN | CLOSE, .length_bytes = -1}, 1, WS_PROTOCOL_ERROR},
};

/* In one piece and byte by byte, alone and behind a good frame, whose payload counts. */
START_TEST(what_is_wrong_is_refused)
{
	static const uint8_t payload[65535] = "12345";
	const struct wrong *w = &wrongs[_i];
	for (int behind = 0; behind < 2; behind++)
		for (size_t chunk = 1; chunk <= 100000; chunk += 99999) {
			struct ws_decoder d = {0};
			struct heard heard = {0};
			struct buf in = {0}, out = {0};
			if (behind)
				ws_good(&in, FIN | BINARY, "good", 4);
			ws_frame(&in, w->shape, payload, w->len);
			int code = decode_all(&d, &in, chunk, &out, &heard);
			ck_assert_msg(code == w->code, "%s: %d", w->name, code);
			ck_assert_uint_eq(out.len, behind ? 4 : 0);
			ck_assert_int_eq(heard.pings + heard.closes, 0);
			ws_decoder_finish(&d);
			buf_finish(&in);
			buf_finish(&out);
		}
}
END_TEST

START_TEST(messages_do_not_mix)
{
	static const uint8_t second[] = {FIN | BINARY, BINARY, FIN | TEXT};
	for (size_t i = 0; i < sizeof second; i++) {
		struct ws_decoder d = {0};
		struct heard heard = {0};
		struct buf in = {0}, out = {0};
		ws_good(&in, BINARY, "begun", 5);
		ws_good(&in, second[i], "other", 5);
		ck_assert_int_eq(decode_all(&d, &in, 1000, &out, &heard), WS_PROTOCOL_ERROR);
		ck_assert(span_is(buf_span(&out), "begun"));
		ws_decoder_finish(&d);
		buf_finish(&in);
		buf_finish(&out);
	}
}
END_TEST

/* Its reader decides how much is too much; here it costs nothing. */
START_TEST(a_huge_length_is_only_a_number)
{
	struct ws_decoder d = {0};
	struct heard heard = {0};
	struct buf in = {0}, out = {0};
	ws_frame(&in, (struct ws_shape){.first = FIN | BINARY, .length_bytes = 8, .announced = (UINT64_C(1) << 63) - 1}, "abc", 3);
	ck_assert_int_eq(decode_all(&d, &in, 1, &out, &heard), 0);
	ck_assert(span_is(buf_span(&out), "abc"));
	ck_assert_uint_eq(d.left, (UINT64_C(1) << 63) - 4);
	ws_decoder_finish(&d);
	buf_finish(&in);
	buf_finish(&out);
}
END_TEST

START_TEST(a_close_frame_is_the_last)
{
	static const struct {
		int sent, told; /* -1: no code */
	} codes[] = {{-1, 0}, {1000, 1000}, {1001, 1001}, {1011, 1011}, {3000, 3000}, {4999, 4999},
		     {0, -1}, {999, -1}, {1004, -1}, {1005, -1}, {1006, -1}, {1015, -1}, {1016, -1}, {2999, -1}, {5000, -1}, {65535, -1}};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct ws_decoder d = {0};
		struct heard heard = {0};
		struct buf in = {0}, out = {0};
		const uint8_t payload[] = {(uint8_t)(codes[i].sent >> 8), (uint8_t)codes[i].sent, 'b', 'y', 'e'};
		ws_good(&in, FIN | BINARY, "last words", 10);
		ws_good(&in, FIN | CLOSE, payload, codes[i].sent < 0 ? 0 : sizeof payload);
		ws_good(&in, FIN | BINARY, "too late", 8);
		int code = decode_all(&d, &in, 1000, &out, &heard);
		ck_assert_int_eq(code, codes[i].told < 0 ? WS_PROTOCOL_ERROR : WS_CLOSE);
		ck_assert(span_is(buf_span(&out), "last words"));
		ck_assert_int_eq(heard.closes, codes[i].told >= 0);
		if (heard.closes)
			ck_assert_int_eq(ws_close_code(buf_span(&heard.last)), codes[i].told);
		ws_decoder_finish(&d);
		buf_finish(&heard.last);
		buf_finish(&in);
		buf_finish(&out);
	}
}
END_TEST

START_TEST(writes_the_shortest_header)
{
	static const struct {
		uint64_t len;
		size_t size;
	} cases[] = {{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}, {(UINT64_C(1) << 63) - 1, 10}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t header[WS_HEADER_BYTES];
		ck_assert_uint_eq(ws_header(WS_BINARY, cases[i].len, header), cases[i].size);
		ck_assert_uint_eq(header[0], FIN | BINARY);
		static const uint8_t forms[] = {[4] = 126, [10] = 127};
		if (cases[i].size > 2)
			ck_assert_uint_eq(header[1], forms[cases[i].size]);
		uint64_t len = cases[i].size == 2 ? header[1] : 0;
		for (size_t k = 2; k < cases[i].size; k++)
			len = len << 8 | header[k];
		ck_assert_uint_eq(len, cases[i].len);
		ck_assert_uint_eq(header[1] & 0x80, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ws_frames");
	TCase *tcase = tcase_create("all");
	tcase_add_test(tcase, every_cut_gives_the_same_stream);
	tcase_add_test(tcase, holds_memory_only_within_a_frame);
	tcase_add_loop_test(tcase, what_is_wrong_is_refused, 0, sizeof wrongs / sizeof wrongs[0]);
	tcase_add_test(tcase, messages_do_not_mix);
	tcase_add_test(tcase, a_huge_length_is_only_a_number);
	tcase_add_test(tcase, a_close_frame_is_the_last);
	tcase_add_test(tcase, writes_the_shortest_header);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
