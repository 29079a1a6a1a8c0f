/* Framing and data types: the standard's tables, shortest forms, and cursors
 * that stay inside their bytes. */
#include "mqtt/wire.h"

#include <check.h>
#include <stdlib.h>

#include "base/err.h"

/* MQTT 5.0 §1.5.5, Table 1-1: the ends of each size. */
static const struct {
	uint32_t value;
	const char *bytes;
	size_t size;
} varints[] = {
	{0, "\x00", 1},
	{127, "\x7f", 1},
	{128, "\x80\x01", 2},
	{16383, "\xff\x7f", 2},
	{16384, "\x80\x80\x01", 3},
	{2097151, "\xff\xff\x7f", 3},
	{2097152, "\x80\x80\x80\x01", 4},
	{268435455, "\xff\xff\xff\x7f", 4},
};

START_TEST(varints_follow_the_table)
{
	uint8_t memory[4];
	struct wire_writer w = {.data = memory, .cap = sizeof memory};
	wire_write_varint(&w, varints[_i].value);
	ck_assert_int_eq(w.failed, 0);
	ck_assert_uint_eq(w.len, varints[_i].size);
	ck_assert_mem_eq(memory, varints[_i].bytes, w.len);
	ck_assert_uint_eq(wire_varint_size(varints[_i].value), w.len);

	struct wire_reader r = {.left = span_of(memory, w.len)};
	ck_assert_uint_eq(wire_read_varint(&r), varints[_i].value);
	ck_assert_int_eq(r.failed, 0);
	ck_assert_uint_eq(r.left.len, 0);
	/* one byte less, and it is not there */
	r = (struct wire_reader){.left = span_of(memory, w.len - 1)};
	wire_read_varint(&r);
	ck_assert_int_eq(r.failed, ERR_MALFORMED);
}
END_TEST

START_TEST(varints_have_one_form)
{
	static const char *const wrong[] = {"\x80\x00", "\xff\x00", "\x80\x80\x00", "\x81\x80\x80\x00",
					    "\x80\x80\x80\x80\x01", "\xff\xff\xff\xff\x7f"};
	static const size_t sizes[] = {2, 2, 3, 4, 5, 5};
	struct wire_reader r = {.left = span_of(wrong[_i], sizes[_i])};
	ck_assert_uint_eq(wire_read_varint(&r), 0);
	ck_assert_int_eq(r.failed, ERR_MALFORMED);
	ck_assert_uint_eq(r.left.len, 0);

	uint8_t packet[6] = {0x30};
	memcpy(packet + 1, wrong[_i], sizes[_i]);
	struct wire_frame frame;
	ck_assert_int_eq(wire_next(span_of(packet, 1 + sizes[_i]), SIZE_MAX, &frame), ERR_MALFORMED);
}
END_TEST

START_TEST(varints_end_at_their_maximum)
{
	uint8_t memory[8];
	struct wire_writer w = {.data = memory, .cap = sizeof memory};
	wire_write_varint(&w, WIRE_MAX_REMAINING + 1);
	ck_assert_int_eq(w.failed, ERR_TOO_LARGE);
	ck_assert_uint_eq(w.len, 0);
	ck_assert_uint_eq(wire_varint_size(WIRE_MAX_REMAINING + 1), 0);
}
END_TEST

/* MQTT 5.0 §1.5.4: "A" and U+2A6D4 */
START_TEST(string_example_of_the_standard)
{
	static const uint8_t example[] = {0x00, 0x05, 0x41, 0xf0, 0xaa, 0x9b, 0x94};
	struct wire_reader r = {.left = span_of(example, sizeof example)};
	struct span s = wire_read_string(&r);
	ck_assert_int_eq(r.failed, 0);
	ck_assert(span_is(s, "A\U0002A6D4"));

	uint8_t memory[sizeof example];
	struct wire_writer w = {.data = memory, .cap = sizeof memory};
	wire_write_binary(&w, s);
	ck_assert_uint_eq(w.len, sizeof example);
	ck_assert_mem_eq(memory, example, sizeof example);
}
END_TEST

/* MQTT-1.5.4-1 (surrogates and ill-formed), MQTT-1.5.4-2 (U+0000) */
START_TEST(strings_are_utf8)
{
	static const char *const wrong[] = {
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xc0\x80", "\xc1\xbf",     "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xff", "\xe2\x82", "\xf0\xaa\x9b", "a\xc3",
		"twelve bytes\xed\xa0\x80 and more behind"};
	uint8_t memory[64];
	struct wire_writer w = {.data = memory, .cap = sizeof memory};
	wire_write_binary(&w, span_str(wrong[_i]));
	struct wire_reader r = {.left = span_of(memory, w.len)};
	struct span s = wire_read_string(&r);
	ck_assert_int_eq(r.failed, ERR_MALFORMED);
	ck_assert_uint_eq(s.len, 0);
	/* as binary data the same bytes are fine */
	r = (struct wire_reader){.left = span_of(memory, w.len)};
	ck_assert_uint_eq(wire_read_binary(&r).len, strlen(wrong[_i]));
	ck_assert_int_eq(r.failed, 0);
}
END_TEST

START_TEST(strings_hold_no_nul)
{
	/* at every place of a string that is longer than the fast path's step */
	uint8_t memory[2 + 20] = {0, 20};
	memset(memory + 2, 'x', 20);
	memory[2 + _i] = 0;
	struct wire_reader r = {.left = span_of(memory, sizeof memory)};
	wire_read_string(&r);
	ck_assert_int_eq(r.failed, ERR_MALFORMED);
	/* MQTT-1.5.4-3: U+FEFF is a character like others */
	struct wire_reader bom = {.left = span_of("\x00\x03\xef\xbb\xbf", 5)};
	ck_assert_uint_eq(wire_read_string(&bom).len, 3);
	ck_assert_int_eq(bom.failed, 0);
}
END_TEST

START_TEST(numbers_are_big_endian)
{
	uint8_t memory[7];
	struct wire_writer w = {.data = memory, .cap = sizeof memory};
	wire_write_u8(&w, 0xab);
	wire_write_u16(&w, 0x1234);
	wire_write_u32(&w, 0xdeadbeef);
	ck_assert_mem_eq(memory, "\xab\x12\x34\xde\xad\xbe\xef", 7);
	struct wire_reader r = {.left = span_of(memory, w.len)};
	ck_assert_uint_eq(wire_read_u8(&r), 0xab);
	ck_assert_uint_eq(wire_read_u16(&r), 0x1234);
	ck_assert_uint_eq(wire_read_u32(&r), 0xdeadbeef);
	ck_assert_int_eq(r.failed, 0);
}
END_TEST

START_TEST(reading_past_the_end_yields_zeroes)
{
	struct wire_reader r = {.left = span_of("\x01\x02\x03", 3)};
	ck_assert_uint_eq(wire_read_u32(&r), 0);
	ck_assert_int_eq(r.failed, ERR_MALFORMED);
	/* nor does a smaller read succeed after it */
	ck_assert_uint_eq(wire_read_u8(&r), 0);
	ck_assert_uint_eq(wire_read_u16(&r), 0);
	ck_assert_uint_eq(wire_read_string(&r).len, 0);
	ck_assert_uint_eq(wire_read_binary(&r).len, 0);

	struct wire_reader shorter = {.left = span_of("\x00\x04""abc", 5)};
	ck_assert_uint_eq(wire_read_binary(&shorter).len, 0);
	ck_assert_int_eq(shorter.failed, ERR_MALFORMED);
}
END_TEST

START_TEST(writing_past_the_end_fails)
{
	uint8_t memory[4] = {0, 0, 0, 0x55};
	struct wire_writer w = {.data = memory, .cap = 3};
	wire_write_u16(&w, 1);
	wire_write_u16(&w, 0xffff);
	ck_assert_int_eq(w.failed, ERR_TOO_LARGE);
	wire_write_u8(&w, 0xff); /* would fit, but comes behind something lost */
	ck_assert_uint_eq(w.len, 2);
	ck_assert_uint_eq(memory[2], 0);
	ck_assert_uint_eq(memory[3], 0x55);
}
END_TEST

START_TEST(a_writer_without_memory_counts)
{
	struct wire_writer w = {.cap = 10};
	wire_write_u8(&w, 1);
	wire_write_binary(&w, span_str("hello"));
	ck_assert_uint_eq(w.len, 8);
	wire_write_raw(&w, span_str("abc"));
	ck_assert_int_eq(w.failed, ERR_TOO_LARGE);

	static uint8_t zeroes[UINT16_MAX + 1];
	struct wire_writer long_one = {.cap = SIZE_MAX};
	wire_write_binary(&long_one, span_of(zeroes, sizeof zeroes));
	ck_assert_int_eq(long_one.failed, ERR_TOO_LARGE);
}
END_TEST

START_TEST(frames_are_found)
{
	static const uint8_t stream[] = {0x3d, 0x03, 'a', 'b', 'c', 0xc0, 0x00};
	struct wire_frame frame;
	ck_assert_int_eq(wire_next(span_of(stream, sizeof stream), 5, &frame), 0);
	ck_assert_uint_eq(frame.type, 3);
	ck_assert_uint_eq(frame.flags, 13);
	ck_assert_uint_eq(frame.size, 5);
	ck_assert(span_is(frame.body, "abc"));
	ck_assert_int_eq(wire_next(span_of(stream + 5, 2), 2, &frame), 0);
	ck_assert_uint_eq(frame.type, 12);
	ck_assert_uint_eq(frame.body.len, 0);
}
END_TEST

START_TEST(incomplete_frames_tell_their_size)
{
	static const uint8_t packet[] = {0x30, 0x80, 0x01, 0};
	struct wire_frame frame;
	for (size_t len = 0; len <= 2; len++) {
		ck_assert_int_eq(wire_next(span_of(packet, len), SIZE_MAX, &frame), ERR_AGAIN);
		ck_assert_uint_eq(frame.size, 0);
	}
	for (size_t len = 3; len <= 4; len++) {
		ck_assert_int_eq(wire_next(span_of(packet, len), SIZE_MAX, &frame), ERR_AGAIN);
		ck_assert_uint_eq(frame.size, 131);
	}
	/* known to be too large before it is there */
	ck_assert_int_eq(wire_next(span_of(packet, 3), 130, &frame), ERR_TOO_LARGE);
	ck_assert_int_eq(wire_next(span_of("\x30\x80\x80\x80\x80", 5), SIZE_MAX, &frame), ERR_MALFORMED);
	ck_assert_int_eq(wire_next(span_of("\x0f", 1), SIZE_MAX, &frame), ERR_MALFORMED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mqtt/wire");
	TCase *tcase = tcase_create("wire");
	tcase_add_loop_test(tcase, varints_follow_the_table, 0, 8);
	tcase_add_loop_test(tcase, varints_have_one_form, 0, 6);
	tcase_add_test(tcase, varints_end_at_their_maximum);
	tcase_add_test(tcase, string_example_of_the_standard);
	tcase_add_loop_test(tcase, strings_are_utf8, 0, 14);
	tcase_add_loop_test(tcase, strings_hold_no_nul, 0, 20);
	tcase_add_test(tcase, numbers_are_big_endian);
	tcase_add_test(tcase, reading_past_the_end_yields_zeroes);
	tcase_add_test(tcase, writing_past_the_end_fails);
	tcase_add_test(tcase, a_writer_without_memory_counts);
	tcase_add_test(tcase, frames_are_found);
	tcase_add_test(tcase, incomplete_frames_tell_their_size);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
