/* Provisioning codes: key <-> text, and what is derived from a key. Any thread;
 * no allocation, so that firmware compiles it unchanged.
 *
 * The two check characters make the 25 characters a Reed-Solomon code word over
 * GF(32). Two words of it differ in at least three places, so whatever a person
 * does to one or two characters (a wrong one, two neighbours or any two others
 * swapped) is found with certainty; a sum modulo 1021 finds all single and
 * neighbour errors too, but not all pairs. Anything wilder passes once in 1,024
 * times and fails at M2. */
#include "enrol/code.h"

#include <sodium.h>

#include "base/err.h"
#include "base/str.h"

enum {
	KEY_CHARS = ENROL_CODE_CHARS - 2,
	GROUP_CHARS = 5,
	FIELD_POLYNOMIAL = 0x25, /* x^5 + x^2 + 1, primitive: alpha = 2 generates GF(32) */
	/* the generator (x + alpha)(x + alpha^2) = x^2 + GENERATOR_1 x + GENERATOR_0 */
	GENERATOR_1 = 6,
	GENERATOR_0 = 8,
};

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char qr_prefix[] = "TOMTE1:";

/* Product in GF(32), the same time for all values: codes are secrets. */
static uint8_t field_multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0;
	for (unsigned bit = 0; bit < 5; bit++)
		product ^= (0u - (b >> bit & 1u)) & (unsigned)a << bit;
	for (unsigned bit = 8; bit >= 5; bit--)
		product ^= (0u - (product >> bit & 1u)) & (unsigned)FIELD_POLYNOMIAL << (bit - 5);
	return (uint8_t)product;
}

/* The remainder of the key's characters, taken as a polynomial, by the generator. */
static void make_check(const uint8_t key_values[KEY_CHARS], uint8_t check_r[2])
{
	uint8_t high = 0, low = 0;
	for (size_t i = 0; i < KEY_CHARS; i++) {
		uint8_t feedback = key_values[i] ^ high;
		high = low ^ field_multiply(feedback, GENERATOR_1);
		low = field_multiply(feedback, GENERATOR_0);
	}
	check_r[0] = high;
	check_r[1] = low;
}

/* The n-th group of five bits behind the five zero bits that lead the key. */
static uint8_t key_value(const uint8_t key[ENROL_KEY_BYTES], size_t n)
{
	size_t bit = 5 * (n + 1);
	unsigned two = (unsigned)key[bit / 8] << 8;
	if (bit / 8 + 1 < ENROL_KEY_BYTES)
		two |= key[bit / 8 + 1];
	return (uint8_t)(two >> (11 - bit % 8) & 31);
}

static void set_key_value(uint8_t key[ENROL_KEY_BYTES], size_t n, uint8_t value)
{
	size_t bit = 5 * (n + 1);
	unsigned two = (unsigned)value << (11 - bit % 8);
	key[bit / 8] |= (uint8_t)(two >> 8);
	if (bit / 8 + 1 < ENROL_KEY_BYTES)
		key[bit / 8 + 1] |= (uint8_t)two;
}

void enrol_key_generate(uint8_t key_r[ENROL_KEY_BYTES])
{
	randombytes_buf(key_r, ENROL_KEY_BYTES);
	key_r[0] &= 0x07;
}

void enrol_code_format(char text_r[ENROL_CODE_SIZE], const uint8_t key[ENROL_KEY_BYTES])
{
	uint8_t values[ENROL_CODE_CHARS];
	for (size_t i = 0; i < KEY_CHARS; i++)
		values[i] = key_value(key, i);
	make_check(values, values + KEY_CHARS);
	char *out = text_r;
	for (size_t i = 0; i < ENROL_CODE_CHARS; i++) {
		if (i && i % GROUP_CHARS == 0)
			*out++ = '-';
		*out++ = alphabet[values[i]];
	}
	*out = 0;
	sodium_memzero(values, sizeof values);
}

static char to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a character as people type it, or -1. */
static int char_value(char c)
{
	c = to_upper(c);
	if (c == 'O')
		c = '0';
	else if (c == 'I' || c == 'L')
		c = '1';
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static int read_values(struct span text, uint8_t values_r[ENROL_CODE_CHARS])
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.data[i];
		if (c == '-' || c == ' ')
			continue;
		int value = char_value(c);
		if (value < 0 || count == ENROL_CODE_CHARS)
			return ERR_MALFORMED;
		values_r[count++] = (uint8_t)value;
	}
	return count == ENROL_CODE_CHARS ? 0 : ERR_MALFORMED;
}

int enrol_code_parse(struct span text, uint8_t key_r[ENROL_KEY_BYTES])
{
	uint8_t values[ENROL_CODE_CHARS], check[2];
	int err = read_values(text, values);
	if (err)
		goto out;
	make_check(values, check);
	if (sodium_memcmp(check, values + KEY_CHARS, sizeof check) != 0) {
		err = ERR_CRYPTO;
		goto out;
	}
	memset(key_r, 0, ENROL_KEY_BYTES);
	for (size_t i = 0; i < KEY_CHARS; i++)
		set_key_value(key_r, i, values[i]);
out:
	sodium_memzero(values, sizeof values);
	return err;
}

static void hash_labelled(uint8_t *out, size_t out_len, const char label[6], struct span secret)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, out_len);
	crypto_generichash_update(&state, (const uint8_t *)label, 6);
	crypto_generichash_update(&state, secret.data, secret.len);
	crypto_generichash_final(&state, out, out_len);
	sodium_memzero(&state, sizeof state);
}

void enrol_key_derive(const uint8_t key[ENROL_KEY_BYTES], uint8_t psk_r[ENROL_PSK_BYTES],
		      uint8_t kid_r[ENROL_KID_BYTES])
{
	uint8_t kid[16];
	hash_labelled(psk_r, ENROL_PSK_BYTES, "T1-psk", span_of(key, ENROL_KEY_BYTES));
	hash_labelled(kid, sizeof kid, "T1-kid", span_of(key, ENROL_KEY_BYTES));
	memcpy(kid_r, kid, ENROL_KID_BYTES);
}

void enrol_fingerprint(char text_r[ENROL_FINGERPRINT_SIZE], const uint8_t identity_public[32])
{
	enum { CHARS = 16, FINGERPRINT_GROUP = 4 };
	uint8_t hash[16];
	hash_labelled(hash, sizeof hash, "T1-fpr", span_of(identity_public, 32));
	char *out = text_r;
	for (size_t i = 0; i < CHARS; i++) {
		unsigned two = (unsigned)hash[5 * i / 8] << 8 | hash[5 * i / 8 + 1];
		if (i && i % FINGERPRINT_GROUP == 0)
			*out++ = '-';
		*out++ = alphabet[two >> (11 - 5 * i % 8) & 31];
	}
	*out = 0;
}

int enrol_qr_format(char *text, size_t size, const struct enrol_qr *qr)
{
	char code[ENROL_CODE_SIZE];
	enrol_code_format(code, qr->key);
	int err = str_format(text, size, "%s%s:%s:%u", qr_prefix, code, qr->host, (unsigned)qr->port);
	sodium_memzero(code, sizeof code);
	if (err) {
		sodium_memzero(text, size);
		return err;
	}
	for (char *c = text; *c; c++)
		*c = to_upper(*c);
	return 0;
}

/* Letters, digits, dots and dashes of a name or IPv4 address, colons of IPv6. */
static int parse_host(struct span s, char host_r[256])
{
	if (s.len == 0 || str_copy_span(host_r, 256, s))
		return ERR_MALFORMED;
	for (char *c = host_r; *c; c++) {
		*c = to_lower(*c);
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '-' || *c == ':'))
			return ERR_MALFORMED;
	}
	return 0;
}

static int parse_port(struct span s, uint16_t *port_r)
{
	char text[6];
	int64_t port;
	if (str_copy_span(text, sizeof text, s) || str_to_int(text, 1, 65535, &port))
		return ERR_MALFORMED;
	*port_r = (uint16_t)port;
	return 0;
}

static bool has_qr_prefix(struct span text)
{
	if (text.len < sizeof qr_prefix - 1)
		return false;
	for (size_t i = 0; i < sizeof qr_prefix - 1; i++)
		if (to_upper((char)text.data[i]) != qr_prefix[i])
			return false;
	return true;
}

int enrol_qr_parse(struct span text, struct enrol_qr *qr_r)
{
	memset(qr_r, 0, sizeof *qr_r);
	if (!has_qr_prefix(text))
		return enrol_code_parse(text, qr_r->key);
	struct span rest = span_of(text.data + sizeof qr_prefix - 1, text.len - (sizeof qr_prefix - 1));
	const uint8_t *first = rest.len ? memchr(rest.data, ':', rest.len) : NULL;
	const uint8_t *last = rest.len ? memrchr(rest.data, ':', rest.len) : NULL;
	if (!first || first == last)
		return ERR_MALFORMED;
	const uint8_t *end = rest.data + rest.len;
	int err = parse_host(span_of(first + 1, (size_t)(last - first - 1)), qr_r->host);
	if (!err)
		err = parse_port(span_of(last + 1, (size_t)(end - last - 1)), &qr_r->port);
	if (!err)
		err = enrol_code_parse(span_of(rest.data, (size_t)(first - rest.data)), qr_r->key);
	if (err)
		sodium_memzero(qr_r, sizeof *qr_r);
	return err;
}
