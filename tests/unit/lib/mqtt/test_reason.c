/* Reason codes: names, where they may stand, and the way to 3.1.1 and back. */
#include "mqtt/reason.h"

#include <check.h>
#include <stdlib.h>

#include "base/err.h"
#include "mqtt/packet.h"

START_TEST(every_code_has_a_name_and_a_place)
{
	static const uint8_t codes[] = {
#define CODE(name, value, text) value,
		REASON_TABLE(CODE)
#undef CODE
	};
	for (unsigned code = 0; code < 256; code++) {
		bool known = memchr(codes, (int)code, sizeof codes) != NULL;
		bool placed = false;
		for (unsigned type = 0; type < 32; type++)
			placed |= reason_allowed((uint8_t)code, type);
		ck_assert_int_eq(placed, known);
		ck_assert_int_eq(strcmp(reason_text((uint8_t)code), "unknown reason") != 0, known);
	}
	ck_assert_str_eq(reason_text(0x8e), "Session taken over");
}
END_TEST

/* How many codes §3.x lists for each packet (DISCONNECT with 0x8c of Table 2-6). */
START_TEST(each_packet_has_its_codes)
{
	static const unsigned counts[16] = {
		[PACKET_CONNACK] = 22, [PACKET_PUBACK] = 9,  [PACKET_PUBREC] = 9,
		[PACKET_PUBREL] = 2,   [PACKET_PUBCOMP] = 2, [PACKET_SUBACK] = 12,
		[PACKET_UNSUBACK] = 7, [PACKET_DISCONNECT] = 30, [PACKET_AUTH] = 3,
	};
	unsigned count = 0;
	for (unsigned code = 0; code < 256; code++)
		count += reason_allowed((uint8_t)code, (unsigned)_i);
	ck_assert_uint_eq(count, counts[_i]);
}
END_TEST

START_TEST(connack_codes_go_there_and_back)
{
	for (uint8_t code = 0; code <= 5; code++)
		ck_assert_uint_eq(reason_to_v3_connack(reason_from_v3_connack(code)), code);
	ck_assert_uint_eq(reason_from_v3_connack(6), REASON_UNSPECIFIED);
	for (unsigned reason = 1; reason < 256; reason++) {
		uint8_t code = reason_to_v3_connack((uint8_t)reason);
		ck_assert(code >= 1 && code <= 5);
	}
}
END_TEST

START_TEST(errors_have_reasons)
{
	ck_assert_uint_eq(reason_from_err(0), 0x00);
	ck_assert_uint_eq(reason_from_err(ERR_MALFORMED), 0x81);
	ck_assert_uint_eq(reason_from_err(ERR_PROTOCOL), 0x82);
	ck_assert_uint_eq(reason_from_err(ERR_UNSUPPORTED), 0x84);
	ck_assert_uint_eq(reason_from_err(ERR_DENIED), 0x87);
	ck_assert_uint_eq(reason_from_err(ERR_TOO_LARGE), 0x95);
	ck_assert_uint_eq(reason_from_err(ERR_FULL), 0x97);
	ck_assert_uint_eq(reason_from_err(ERR_NOMEM), 0x97);
	ck_assert_uint_eq(reason_from_err(ERR_IO), 0x80);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mqtt/reason");
	TCase *tcase = tcase_create("reason");
	tcase_add_test(tcase, every_code_has_a_name_and_a_place);
	tcase_add_loop_test(tcase, each_packet_has_its_codes, 0, 16);
	tcase_add_test(tcase, connack_codes_go_there_and_back);
	tcase_add_test(tcase, errors_have_reasons);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
