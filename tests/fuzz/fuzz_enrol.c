/* The first byte chooses who gets the rest: the hub (M1, M3), the device (M2, M4)
 * or the parser of codes. None may crash, and nothing may be accepted but a genuine
 * M1, which carries no proof, and the genuine other messages. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "enrol/t1_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[ENROL_KEY_BYTES] = {5, 1, 2, 3}, seed[T1_SEED_BYTES] = {7}, secret[32] = {9};

struct exchange {
	struct t1_device device;
	struct t1_hub hub;
	uint8_t m2[T1_M2_BYTES], m3[T1_M3_BASE_BYTES + T1_MAX_META_BYTES], m4[T1_MAX_M4_BYTES];
	size_t m3_len, m4_len;
};

static void check(bool truth)
{
	if (!truth)
		abort();
}

/* Plays an exchange up to and with message `last`. */
static void play(struct exchange *x, int last)
{
	uint8_t m1[T1_M1_BYTES], psk[ENROL_PSK_BYTES], kid[ENROL_KID_BYTES], public[32], secret_key[64];
	uint8_t meta[T1_MAX_META_BYTES];
	size_t meta_len;
	memset(x, 0, sizeof *x);
	enrol_key_derive(key, psk, kid);
	crypto_sign_seed_keypair(public, secret_key, seed);
	t1_device_m1_with(&x->device, key, secret, m1);
	check(t1_hub_m1_with(&x->hub, span_of(m1, sizeof m1), psk, public, secret, x->m2) == 0);
	if (last == 2)
		return;
	check(t1_device_m2(&x->device, span_of(x->m2, sizeof x->m2)) == 0);
	check(t1_device_m3(&x->device, seed, span_of("{}", 2), x->m3, &x->m3_len) == 0);
	if (last == 3)
		return;
	check(t1_hub_m3(&x->hub, span_of(x->m3, x->m3_len), meta, &meta_len) == 0);
	check(t1_hub_m4(&x->hub, span_of("{}", 2), seed, x->m4, &x->m4_len) == 0);
}

static void try_hub(int message, struct span input)
{
	struct exchange x;
	uint8_t kid[ENROL_KID_BYTES], sid[T1_SID_BYTES], psk[ENROL_PSK_BYTES] = {1}, m2[T1_M2_BYTES];
	uint8_t meta[T1_MAX_META_BYTES];
	size_t meta_len;
	if (message == 1) {
		struct t1_hub hub = {0};
		int named = t1_m1_kid(input, kid), err = t1_hub_m1(&hub, input, psk, seed, m2);
		check(named == 0 ? err == 0 || err == ERR_CRYPTO : err == ERR_MALFORMED);
		return;
	}
	play(&x, 3);
	(void)t1_m3_sid(input, sid);
	if (t1_hub_m3(&x.hub, input, meta, &meta_len) == 0)
		check(input.len == x.m3_len && memcmp(input.data, x.m3, x.m3_len) == 0);
}

static void try_device(int message, struct span input)
{
	struct exchange x;
	static uint8_t body[T1_MAX_M4_BYTES];
	size_t body_len;
	play(&x, message);
	if (message == 2 && t1_device_m2(&x.device, input) == 0)
		check(input.len == sizeof x.m2 && memcmp(input.data, x.m2, sizeof x.m2) == 0);
	if (message == 4 && t1_device_m4(&x.device, input, body, &body_len) == 0)
		check(input.len == x.m4_len && memcmp(input.data, x.m4, x.m4_len) == 0);
}

/* What is accepted comes back the same after printing. */
static void try_code(struct span input)
{
	struct enrol_qr qr, back;
	char text[sizeof qr.host + 64];
	if (enrol_qr_parse(input, &qr))
		return;
	if (!qr.port) {
		enrol_code_format(text, qr.key);
	} else {
		check(enrol_qr_format(text, sizeof text, &qr) == 0);
	}
	check(enrol_qr_parse(span_str(text), &back) == 0 && memcmp(&qr, &back, sizeof qr) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0 || size == 0)
		return 0;
	struct span input = span_of(data + 1, size - 1);
	switch (data[0] % 5) {
	case 0: try_hub(1, input); break;
	case 1: try_device(2, input); break;
	case 2: try_hub(3, input); break;
	case 3: try_device(4, input); break;
	default: try_code(input); break;
	}
	return 0;
}
