/* Provisioning codes: what is printed can be typed back, and what is mistyped is
 * found out. */
#include <check.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "enrol/code.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* A code without dashes, so that an index is a character of the word. */
static void make_plain(char plain_r[ENROL_CODE_CHARS + 1], uint8_t key_r[ENROL_KEY_BYTES])
{
	char text[ENROL_CODE_SIZE];
	enrol_key_generate(key_r);
	enrol_code_format(text, key_r);
	size_t n = 0;
	for (const char *c = text; *c; c++)
		if (*c != '-')
			plain_r[n++] = *c;
	plain_r[n] = 0;
	ck_assert_uint_eq(n, ENROL_CODE_CHARS);
}

START_TEST(round_trip)
{
	for (int i = 0; i < 1000; i++) {
		uint8_t key[ENROL_KEY_BYTES], back[ENROL_KEY_BYTES];
		char text[ENROL_CODE_SIZE];
		enrol_key_generate(key);
		ck_assert_uint_eq(key[0] & 0xf8, 0);
		enrol_code_format(text, key);
		ck_assert_uint_eq(strlen(text), ENROL_CODE_SIZE - 1);
		ck_assert_int_eq(enrol_code_parse(span_str(text), back), 0);
		ck_assert_mem_eq(key, back, sizeof key);
	}
}
END_TEST

/* Every wrong character in every place. */
START_TEST(finds_every_wrong_character)
{
	for (int round = 0; round < 20; round++) {
		char plain[ENROL_CODE_CHARS + 1];
		uint8_t key[ENROL_KEY_BYTES], back[ENROL_KEY_BYTES];
		make_plain(plain, key);
		for (size_t at = 0; at < ENROL_CODE_CHARS; at++) {
			char right = plain[at];
			for (const char *c = alphabet; *c; c++) {
				plain[at] = *c;
				ck_assert_int_eq(enrol_code_parse(span_str(plain), back), *c == right ? 0 : ERR_CRYPTO);
			}
			plain[at] = right;
		}
	}
}
END_TEST

/* Any two characters swapped, neighbours among them. */
START_TEST(finds_every_transposition)
{
	for (int round = 0; round < 50; round++) {
		char plain[ENROL_CODE_CHARS + 1], swapped[ENROL_CODE_CHARS + 1];
		uint8_t key[ENROL_KEY_BYTES], back[ENROL_KEY_BYTES];
		make_plain(plain, key);
		for (size_t a = 0; a < ENROL_CODE_CHARS; a++)
			for (size_t b = a + 1; b < ENROL_CODE_CHARS; b++) {
				memcpy(swapped, plain, sizeof plain);
				swapped[a] = plain[b];
				swapped[b] = plain[a];
				ck_assert_int_eq(enrol_code_parse(span_str(swapped), back),
						 plain[a] == plain[b] ? 0 : ERR_CRYPTO);
			}
	}
}
END_TEST

/* The check is linear, so that two wrong characters are found in every code when
 * they are found in one: all pairs of places and all pairs of errors. */
START_TEST(finds_every_two_wrong_characters)
{
	uint8_t zero[ENROL_KEY_BYTES] = {0}, back[ENROL_KEY_BYTES];
	char plain[] = "0000000000000000000000000", text[ENROL_CODE_SIZE];
	enrol_code_format(text, zero);
	ck_assert_str_eq(text, "00000-00000-00000-00000-00000");
	for (size_t a = 0; a < ENROL_CODE_CHARS; a++)
		for (size_t b = a + 1; b < ENROL_CODE_CHARS; b++) {
			for (size_t i = 1; i < 32; i++)
				for (size_t j = 1; j < 32; j++) {
					plain[a] = alphabet[i];
					plain[b] = alphabet[j];
					ck_assert_int_eq(enrol_code_parse(span_str(plain), back), ERR_CRYPTO);
				}
			plain[a] = plain[b] = '0';
		}
}
END_TEST

START_TEST(reads_what_people_type)
{
	/* the key whose code holds 0 and 1 in plenty */
	uint8_t key[ENROL_KEY_BYTES] = {0, 0x08, 0x42, 0x10, 0, 0x01}, back[ENROL_KEY_BYTES];
	char text[ENROL_CODE_SIZE], typed[3 * ENROL_CODE_SIZE];
	enrol_code_format(text, key);
	static const char *const zeros = "0oO", *const ones = "1iIlL";
	size_t out = 0, turn = 0;
	for (const char *c = text; *c; c++, turn++) {
		if (*c == '-')
			continue;
		typed[out++] = *c == '0' ? zeros[turn % 3] : *c == '1' ? ones[turn % 5] : (char)(*c | 0x20 * (*c > '9'));
		if (turn % 4 == 0)
			typed[out++] = ' ';
		if (turn % 7 == 0)
			typed[out++] = '-';
	}
	typed[out] = 0;
	ck_assert_int_eq(enrol_code_parse(span_str(typed), back), 0);
	ck_assert_mem_eq(key, back, sizeof key);
}
END_TEST

START_TEST(refuses_other_shapes)
{
	uint8_t key[ENROL_KEY_BYTES];
	static const char *const bad[] = {
		"", "-", "0", "00000-00000-00000-00000-0000", "00000-00000-00000-00000-000000",
		"00000-00000-00000-00000-0000U", "00000-00000-00000-00000-0000!", "00000-00000-00000-00000-0000\xc3",
		"00000_00000_00000_00000_00000", "00000\n00000-00000-00000-00000",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(enrol_code_parse(span_str(bad[i]), key), ERR_MALFORMED);
	/* a NUL among the characters is no end */
	ck_assert_int_eq(enrol_code_parse(span_of("0000000000000000000000000\0", 26), key), ERR_MALFORMED);
	ck_assert_int_eq(enrol_code_parse(span_of("000000000000\0000000000000", 25), key), ERR_MALFORMED);
}
END_TEST

START_TEST(qr_round_trip)
{
	static const struct { const char *host; uint16_t port; } cases[] = {
		{"192.168.1.20", 8080}, {"tomte.home.arpa", 1}, {"fd00::1:2", 65535}, {"a", 80},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct enrol_qr qr = {.port = cases[i].port}, back;
		memcpy(qr.host, cases[i].host, strlen(cases[i].host) + 1);
		enrol_key_generate(qr.key);
		char text[400];
		ck_assert_int_eq(enrol_qr_format(text, sizeof text, &qr), 0);
		/* nothing outside the QR code's alphanumeric mode */
		ck_assert_uint_eq(strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), strlen(text));
		ck_assert_int_eq(enrol_qr_parse(span_str(text), &back), 0);
		ck_assert_mem_eq(back.key, qr.key, sizeof qr.key);
		ck_assert_str_eq(back.host, cases[i].host);
		ck_assert_uint_eq(back.port, cases[i].port);
	}
	struct enrol_qr qr = {.host = "h", .port = 1};
	char small[20];
	ck_assert_int_eq(enrol_qr_format(small, sizeof small, &qr), ERR_TOO_LARGE);
}
END_TEST

START_TEST(qr_takes_a_bare_code)
{
	struct enrol_qr qr;
	ck_assert_int_eq(enrol_qr_parse(span_str("00000-00000-00000-00000-00000"), &qr), 0);
	ck_assert_str_eq(qr.host, "");
	ck_assert_uint_eq(qr.port, 0);
	ck_assert_int_eq(enrol_qr_parse(span_str("tomte1:00000 00000 00000 00000 00000:HUB:8080"), &qr), 0);
	ck_assert_str_eq(qr.host, "hub");
}
END_TEST

START_TEST(qr_refuses_other_shapes)
{
	static const struct { const char *text; int err; } cases[] = {
		{"TOMTE1:", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:hub", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000::80", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:hub:", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:hub:0", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:hub:65536", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:hub:-1", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:hub/x:80", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00000:h ub:80", ERR_MALFORMED},
		{"TOMTE1:00000-00000-00000-00000-00001:hub:80", ERR_CRYPTO},
		{"TOMTE2:00000-00000-00000-00000-00000:hub:80", ERR_MALFORMED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct enrol_qr qr;
		ck_assert_int_eq(enrol_qr_parse(span_str(cases[i].text), &qr), cases[i].err);
	}
}
END_TEST

/* Computed with Python's hashlib. */
START_TEST(fingerprint)
{
	uint8_t identity[32];
	char text[ENROL_FINGERPRINT_SIZE];
	for (uint8_t i = 0; i < 32; i++)
		identity[i] = i;
	enrol_fingerprint(text, identity);
	ck_assert_str_eq(text, "7SSH-VEHP-AC3D-8ZVR");
	identity[31] ^= 1;
	enrol_fingerprint(text, identity);
	ck_assert_str_ne(text, "7SSH-VEHP-AC3D-8ZVR");
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	Suite *suite = suite_create("enrol/code");
	TCase *tcase = tcase_create("code");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, finds_every_wrong_character);
	tcase_add_test(tcase, finds_every_transposition);
	tcase_add_test(tcase, finds_every_two_wrong_characters);
	tcase_add_test(tcase, reads_what_people_type);
	tcase_add_test(tcase, refuses_other_shapes);
	tcase_add_test(tcase, qr_round_trip);
	tcase_add_test(tcase, qr_takes_a_bare_code);
	tcase_add_test(tcase, qr_refuses_other_shapes);
	tcase_add_test(tcase, fingerprint);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
