/* T1: the known answers, and everything an attacker on the wire may do to the
 * four messages: nothing of it may be accepted. */
#include <check.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "enrol/t1_private.h"
#include "t1_vectors.h"

/* Both sides and the messages between them. */
struct exchange {
	struct t1_device device;
	struct t1_hub hub;
	uint8_t m1[T1_M1_BYTES], m2[T1_M2_BYTES], m3[1024], m4[T1_MAX_M4_BYTES];
	uint8_t meta[T1_MAX_META_BYTES], body[T1_MAX_M4_BYTES];
	size_t m3_len, m4_len, meta_len, body_len;
};

static struct span m1_of(const struct exchange *x) { return span_of(x->m1, sizeof x->m1); }
static struct span m2_of(const struct exchange *x) { return span_of(x->m2, sizeof x->m2); }
static struct span m3_of(const struct exchange *x) { return span_of(x->m3, x->m3_len); }
static struct span m4_of(const struct exchange *x) { return span_of(x->m4, x->m4_len); }
static struct span meta(void) { return span_of(vector_meta, sizeof vector_meta); }
static struct span body(void) { return span_of(vector_body, sizeof vector_body); }

static int hub_m3(struct exchange *x, struct span m3)
{
	return t1_hub_m3(&x->hub, m3, x->meta, &x->meta_len);
}

static int device_m4(struct exchange *x, struct span m4)
{
	return t1_device_m4(&x->device, m4, x->body, &x->body_len);
}

/* Plays the vectors' exchange up to and with message `last`. */
static void play(struct exchange *x, int last)
{
	memset(x, 0, sizeof *x);
	t1_device_m1_with(&x->device, vector_key, vector_device_secret, x->m1);
	if (last == 1)
		return;
	memcpy(x->hub.sid, vector_sid, sizeof vector_sid);
	ck_assert_int_eq(t1_hub_m1_with(&x->hub, m1_of(x), vector_psk, vector_hub_public, vector_hub_secret, x->m2), 0);
	if (last == 2)
		return;
	ck_assert_int_eq(t1_device_m2(&x->device, m2_of(x)), 0);
	ck_assert_int_eq(t1_device_m3(&x->device, vector_device_seed, meta(), x->m3, &x->m3_len), 0);
	if (last == 3)
		return;
	ck_assert_int_eq(hub_m3(x, m3_of(x)), 0);
	ck_assert_int_eq(t1_hub_m4(&x->hub, body(), vector_hub_seed, x->m4, &x->m4_len), 0);
}

START_TEST(known_answers)
{
	uint8_t key[ENROL_KEY_BYTES], psk[ENROL_PSK_BYTES], kid[ENROL_KID_BYTES];
	char code[ENROL_CODE_SIZE];
	enrol_code_format(code, vector_key);
	ck_assert_str_eq(code, vector_code);
	ck_assert_int_eq(enrol_code_parse(span_str(vector_code), key), 0);
	ck_assert_mem_eq(key, vector_key, sizeof key);
	enrol_key_derive(key, psk, kid);
	ck_assert_mem_eq(psk, vector_psk, sizeof psk);
	ck_assert_mem_eq(kid, vector_kid, sizeof kid);

	struct exchange x;
	play(&x, 4);
	ck_assert_mem_eq(x.m1, vector_m1, sizeof vector_m1);
	ck_assert_mem_eq(x.m2, vector_m2, sizeof vector_m2);
	ck_assert_uint_eq(x.m3_len, sizeof vector_m3);
	ck_assert_mem_eq(x.m3, vector_m3, sizeof vector_m3);
	ck_assert_uint_eq(x.m4_len, sizeof vector_m4);
	ck_assert_mem_eq(x.m4, vector_m4, sizeof vector_m4);
	ck_assert_mem_eq(x.hub.device_public, vector_device_public, T1_PUBLIC_BYTES);
	ck_assert_mem_eq(x.device.hub_public, vector_hub_public, T1_PUBLIC_BYTES);
	ck_assert_uint_eq(x.meta_len, sizeof vector_meta);
	ck_assert_mem_eq(x.meta, vector_meta, x.meta_len);
	ck_assert_int_eq(device_m4(&x, m4_of(&x)), 0);
	ck_assert_uint_eq(x.body_len, sizeof vector_body);
	ck_assert_mem_eq(x.body, vector_body, x.body_len);

	ck_assert_int_eq(t1_m1_kid(m1_of(&x), kid), 0);
	ck_assert_mem_eq(kid, vector_kid, sizeof kid);
	uint8_t sid[T1_SID_BYTES];
	ck_assert_int_eq(t1_m3_sid(m3_of(&x), sid), 0);
	ck_assert_mem_eq(sid, vector_sid, sizeof sid);
}
END_TEST

START_TEST(random_exchanges_of_all_sizes)
{
	static uint8_t meta_in[T1_MAX_META_BYTES], body_in[T1_MAX_M4_BYTES];
	randombytes_buf(meta_in, sizeof meta_in);
	randombytes_buf(body_in, sizeof body_in);
	static const size_t sizes[] = {0, 1, 63, 64, 65, 899, 900, 901, 8100, 8101};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct exchange x = {0};
		t1_device_m1(&x.device, vector_key, x.m1);
		ck_assert_int_eq(t1_hub_m1(&x.hub, m1_of(&x), vector_psk, vector_hub_public, x.m2), 0);
		ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), 0);
		size_t meta_len = sizes[i] <= T1_MAX_META_BYTES ? sizes[i] : T1_MAX_META_BYTES;
		if (sizes[i] > T1_MAX_META_BYTES)
			ck_assert_int_eq(t1_device_m3(&x.device, vector_device_seed, span_of(meta_in, meta_len + 1),
						      x.m3, &x.m3_len), ERR_TOO_LARGE);
		ck_assert_int_eq(t1_device_m3(&x.device, vector_device_seed, span_of(meta_in, meta_len), x.m3,
					      &x.m3_len), 0);
		ck_assert_int_eq(hub_m3(&x, m3_of(&x)), 0);
		ck_assert_uint_eq(x.meta_len, meta_len);
		ck_assert_mem_eq(x.meta, meta_in, meta_len);
		size_t body_len = sizes[i] <= T1_MAX_M4_BYTES - T1_M4_BASE_BYTES ? sizes[i] : 0;
		if (body_len != sizes[i])
			ck_assert_int_eq(t1_hub_m4(&x.hub, span_of(body_in, sizes[i]), vector_hub_seed, x.m4,
						   &x.m4_len), ERR_TOO_LARGE);
		ck_assert_int_eq(t1_hub_m4(&x.hub, span_of(body_in, body_len), vector_hub_seed, x.m4, &x.m4_len), 0);
		ck_assert_int_eq(device_m4(&x, m4_of(&x)), 0);
		ck_assert_uint_eq(x.body_len, body_len);
		ck_assert_mem_eq(x.body, body_in, body_len);
	}
}
END_TEST

/* A flip in M1 that the hub cannot see must make the device refuse M2. */
START_TEST(no_bit_of_m1_may_change)
{
	for (size_t bit = 0; bit < 8 * T1_M1_BYTES; bit++) {
		struct exchange x;
		uint8_t kid[ENROL_KID_BYTES];
		play(&x, 1);
		x.m1[bit / 8] ^= (uint8_t)(1 << bit % 8);
		int err = t1_hub_m1(&x.hub, m1_of(&x), vector_psk, vector_hub_public, x.m2);
		if (bit / 8 < T1_HEADER_BYTES) {
			ck_assert_int_eq(err, ERR_MALFORMED);
			ck_assert_int_eq(t1_m1_kid(m1_of(&x), kid), ERR_MALFORMED);
			continue;
		}
		if (err == 0)
			err = t1_device_m2(&x.device, m2_of(&x));
		ck_assert_int_eq(err, ERR_CRYPTO);
		ck_assert_int_eq(t1_device_m3(&x.device, vector_device_seed, meta(), x.m3, &x.m3_len), ERR_STATE);
	}
}
END_TEST

START_TEST(no_bit_of_m2_may_change)
{
	struct exchange x;
	play(&x, 2);
	for (size_t bit = 0; bit < 8 * T1_M2_BYTES; bit++) {
		x.m2[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), bit / 8 < T1_HEADER_BYTES ? ERR_MALFORMED : ERR_CRYPTO);
		x.m2[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* and the refusals have spoilt nothing */
	ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), 0);
}
END_TEST

START_TEST(no_bit_of_m3_may_change)
{
	struct exchange x;
	play(&x, 3);
	for (size_t bit = 0; bit < 8 * x.m3_len; bit++) {
		x.m3[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(hub_m3(&x, m3_of(&x)), bit / 8 < T1_SID_HEADER_BYTES ? ERR_MALFORMED : ERR_CRYPTO);
		x.m3[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(hub_m3(&x, m3_of(&x)), 0);
}
END_TEST

START_TEST(no_bit_of_m4_may_change)
{
	struct exchange x;
	play(&x, 4);
	for (size_t bit = 0; bit < 8 * x.m4_len; bit++) {
		x.m4[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(device_m4(&x, m4_of(&x)), bit / 8 < T1_SID_HEADER_BYTES ? ERR_MALFORMED : ERR_CRYPTO);
		x.m4[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(device_m4(&x, m4_of(&x)), 0);
}
END_TEST

/* A copy on the heap of exactly len bytes, so that AddressSanitizer sees a read
 * past the end. */
static struct span cut(struct span s, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, s.data, len < s.len ? len : s.len);
	if (len > s.len)
		memset(copy + s.len, 0, len - s.len);
	return span_of(copy, len);
}

START_TEST(no_message_may_be_cut_or_longer)
{
	struct exchange x;
	for (size_t len = 0; len <= T1_M1_BYTES + 1; len++) {
		play(&x, 1);
		struct span m1 = cut(m1_of(&x), len);
		ck_assert_int_eq(t1_hub_m1(&x.hub, m1, vector_psk, vector_hub_public, x.m2),
				 len == T1_M1_BYTES ? 0 : ERR_MALFORMED);
		free((void *)m1.data);
	}
	for (size_t len = 0; len <= T1_M2_BYTES + 1; len++) {
		play(&x, 2);
		struct span m2 = cut(m2_of(&x), len);
		ck_assert_int_eq(t1_device_m2(&x.device, m2), len == T1_M2_BYTES ? 0 : ERR_MALFORMED);
		free((void *)m2.data);
	}
	play(&x, 3);
	for (size_t len = 0; len <= 1100; len++) {
		struct span m3 = cut(m3_of(&x), len);
		if (len != x.m3_len)
			ck_assert_int_ne(hub_m3(&x, m3), 0);
		free((void *)m3.data);
	}
	play(&x, 4);
	for (size_t len = 0; len <= T1_MAX_M4_BYTES + 1; len++) {
		struct span m4 = cut(m4_of(&x), len);
		if (len != x.m4_len)
			ck_assert_int_ne(device_m4(&x, m4), 0);
		free((void *)m4.data);
	}
	ck_assert_int_eq(device_m4(&x, m4_of(&x)), 0);
}
END_TEST

START_TEST(wrong_psk)
{
	struct exchange x;
	uint8_t psk[ENROL_PSK_BYTES];
	play(&x, 1);
	memcpy(psk, vector_psk, sizeof psk);
	psk[31] ^= 1;
	ck_assert_int_eq(t1_hub_m1(&x.hub, m1_of(&x), psk, vector_hub_public, x.m2), 0);
	ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), ERR_CRYPTO);
}
END_TEST

/* The u-coordinates of small order (RFC 7748 §6.1 and libsodium's list). */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

START_TEST(low_order_shares)
{
	for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++)
		for (int top = 0; top <= 1; top++) {
			uint8_t share[32];
			struct exchange x;
			sodium_hex2bin(share, sizeof share, low_order[i], 64, NULL, NULL, NULL);
			share[31] |= (uint8_t)(top << 7);
			play(&x, 2);
			memcpy(x.m1 + 12, share, sizeof share);
			ck_assert_int_eq(t1_hub_m1(&x.hub, m1_of(&x), vector_psk, vector_hub_public, x.m2), ERR_CRYPTO);
			ck_assert_int_eq(hub_m3(&x, span_of(vector_m3, sizeof vector_m3)), ERR_STATE);
			memcpy(x.m2, vector_m2, sizeof x.m2);
			memcpy(x.m2 + 12, share, sizeof share);
			ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), ERR_CRYPTO);
		}
}
END_TEST

/* Every message to every receiver in every state but the right one. */
START_TEST(out_of_order)
{
	const struct span messages[] = {
		span_of(vector_m1, sizeof vector_m1), span_of(vector_m2, sizeof vector_m2),
		span_of(vector_m3, sizeof vector_m3), span_of(vector_m4, sizeof vector_m4),
	};
	for (int last = 1; last <= 4; last++)
		for (int m = 1; m <= 4; m++) {
			struct exchange x;
			play(&x, last);
			/* the device has sent M1 from the start, M3 once last ≥ 3 */
			if (!(m == 2 && last <= 2))
				ck_assert_int_ne(t1_device_m2(&x.device, messages[m - 1]), 0);
			if (!(m == 4 && last >= 3))
				ck_assert_int_ne(device_m4(&x, messages[m - 1]), 0);
			if (!(m == 3 && (last == 2 || last == 3)))
				ck_assert_int_ne(hub_m3(&x, messages[m - 1]), 0);
			if (m != 1) {
				struct t1_hub other = {0};
				ck_assert_int_eq(t1_hub_m1(&other, messages[m - 1], vector_psk, vector_hub_public, x.m2),
						 ERR_MALFORMED);
			}
		}
	struct exchange x;
	play(&x, 1);
	ck_assert_int_eq(t1_device_m3(&x.device, vector_device_seed, meta(), x.m3, &x.m3_len), ERR_STATE);
	play(&x, 3);
	ck_assert_int_eq(t1_hub_m4(&x.hub, body(), vector_hub_seed, x.m4, &x.m4_len), ERR_STATE);
	ck_assert_int_eq(t1_device_m3(&x.device, vector_device_seed, meta(), x.m3, &x.m3_len), ERR_STATE);
}
END_TEST

/* What one exchange has recorded is worth nothing in the next, of the same key. */
START_TEST(replays)
{
	struct exchange old, x;
	play(&old, 4);
	ck_assert_int_eq(hub_m3(&old, m3_of(&old)), ERR_STATE);
	ck_assert_int_eq(t1_hub_m4(&old.hub, body(), vector_hub_seed, old.m4, &old.m4_len), ERR_STATE);

	memset(&x, 0, sizeof x);
	t1_device_m1(&x.device, vector_key, x.m1);
	ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&old)), ERR_CRYPTO);
	ck_assert_int_eq(t1_hub_m1(&x.hub, m1_of(&x), vector_psk, vector_hub_public, x.m2), 0);
	ck_assert_int_eq(hub_m3(&x, m3_of(&old)), ERR_MALFORMED); /* another sid */
	memcpy(x.m3, old.m3, old.m3_len);
	memcpy(x.m3 + 4, x.hub.sid, T1_SID_BYTES);
	ck_assert_int_eq(hub_m3(&x, span_of(x.m3, old.m3_len)), ERR_CRYPTO);
	ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), 0);
	ck_assert_int_eq(t1_device_m2(&x.device, m2_of(&x)), ERR_STATE);
	ck_assert_int_eq(t1_device_m3(&x.device, vector_device_seed, meta(), x.m3, &x.m3_len), 0);
	ck_assert_int_eq(device_m4(&x, m4_of(&old)), ERR_MALFORMED);
	memcpy(x.m4, old.m4, old.m4_len);
	memcpy(x.m4 + 4, x.hub.sid, T1_SID_BYTES);
	ck_assert_int_eq(device_m4(&x, span_of(x.m4, old.m4_len)), ERR_CRYPTO);
}
END_TEST

/* A hub that knows the code but signs M4 with another key than it showed in M2. */
START_TEST(another_signer)
{
	struct exchange x;
	play(&x, 3);
	ck_assert_int_eq(hub_m3(&x, m3_of(&x)), 0);
	ck_assert_int_eq(t1_hub_m4(&x.hub, body(), vector_device_seed, x.m4, &x.m4_len), 0);
	ck_assert_int_eq(device_m4(&x, m4_of(&x)), ERR_CRYPTO);
}
END_TEST

START_TEST(secrets_are_wiped)
{
	struct exchange x;
	play(&x, 4);
	ck_assert_msg(sodium_is_zero(x.device.psk, 32) && sodium_is_zero(x.device.ephemeral_secret, 32), "device");
	ck_assert_msg(sodium_is_zero(x.hub.k_h2d, 32) && sodium_is_zero(x.hub.k_d2h, 32), "hub");
	t1_device_finish(&x.device);
	t1_hub_finish(&x.hub);
	ck_assert(sodium_is_zero((const uint8_t *)&x.device, sizeof x.device));
	ck_assert(sodium_is_zero((const uint8_t *)&x.hub, sizeof x.hub));
	t1_device_finish(NULL);
	t1_hub_finish(NULL);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	Suite *suite = suite_create("enrol/t1");
	TCase *tcase = tcase_create("t1");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, known_answers);
	tcase_add_test(tcase, random_exchanges_of_all_sizes);
	tcase_add_test(tcase, no_bit_of_m1_may_change);
	tcase_add_test(tcase, no_bit_of_m2_may_change);
	tcase_add_test(tcase, no_bit_of_m3_may_change);
	tcase_add_test(tcase, no_bit_of_m4_may_change);
	tcase_add_test(tcase, no_message_may_be_cut_or_longer);
	tcase_add_test(tcase, wrong_psk);
	tcase_add_test(tcase, low_order_shares);
	tcase_add_test(tcase, out_of_order);
	tcase_add_test(tcase, replays);
	tcase_add_test(tcase, another_signer);
	tcase_add_test(tcase, secrets_are_wiped);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
