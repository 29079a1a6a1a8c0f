/* The server's half of SCRAM-SHA-256, without I/O and without memory of its own. Any
 * thread. It knows neither users nor MQTT; cryptography is libsodium's.
 *
 * AuthMessage, which both sides sign, is never put together: the two signatures are fed with each
 * message as it comes. */
#include "access/scram.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

enum {
	KEY_BYTES = 32,
	KEY_CHARS = 45,                                     /* in base 64, with terminator */
	HEADER_CHARS = (SCRAM_HEADER_MAX + 2) / 3 * 4 + 1,
};

_Static_assert(SCRAM_REPLY_SIZE > 2 + SCRAM_NONCE_MAX + SCRAM_OWN_NONCE_MAX + 3 + 24 + 3 + 10, "server-first fits");
_Static_assert(SCRAM_NONCE_MAX + SCRAM_OWN_NONCE_MAX <= UINT8_MAX && SCRAM_HEADER_MAX <= UINT8_MAX, "lengths fit");

/* Says what is wrong as RFC 5802 §7 names it ("server-error-value"). */
static int fail(int err, const char *error, char reply_r[SCRAM_REPLY_SIZE])
{
	str_format(reply_r, SCRAM_REPLY_SIZE, "e=%s", error);
	return err;
}

/* ---- the grammar ------------------------------------------------------- */

/* Takes all up to the next comma, and the comma. */
static struct span take_field(struct span *rest)
{
	const uint8_t *comma = rest->len ? memchr(rest->data, ',', rest->len) : NULL;
	size_t len = comma ? (size_t)(comma - rest->data) : rest->len;
	struct span field = span_of(rest->data, len);
	size_t taken = comma ? len + 1 : len;
	*rest = span_of(rest->data + taken, rest->len - taken);
	return field;
}

/* What every message is at least. */
static bool text_valid(struct span text)
{
	return text.len && text.data[text.len - 1] != ',' && str_utf8_valid(text);
}

/* The value of a field "c=value". */
static bool take_value(struct span *rest, char name, struct span *value_r)
{
	struct span field = take_field(rest);
	if (field.len < 3 || field.data[0] != name || field.data[1] != '=')
		return false;
	*value_r = span_of(field.data + 2, field.len - 2);
	return true;
}

/* What may follow and means nothing to us: "c=value", none of them mandatory. */
static bool extensions_valid(struct span rest)
{
	while (rest.len) {
		struct span field = take_field(&rest);
		uint8_t letter = field.len ? field.data[0] | 0x20 : 0;
		if (field.len < 3 || letter < 'a' || letter > 'z' || field.data[1] != '=')
			return false;
	}
	return true;
}

static bool nonce_valid(struct span nonce)
{
	for (size_t i = 0; i < nonce.len; i++)
		if (nonce.data[i] < 0x21 || nonce.data[i] > 0x7e)
			return false;
	return nonce.len >= 1 && nonce.len <= SCRAM_NONCE_MAX;
}

/* A saslname: comma and equals sign come as =2C and =3D, and no other way. */
static bool read_name(struct span text, struct scram_first *first)
{
	if (text.len > sizeof first->name)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (c == '=') {
			struct span escape = span_of(text.data + i, text.len - i < 3 ? text.len - i : 3);
			if (!span_is(escape, "=2C") && !span_is(escape, "=3D"))
				return false;
			c = escape.data[1] == '2' ? ',' : '=';
			i += 2;
		}
		first->name[first->name_len++] = c;
	}
	return true;
}

int scram_read_first(struct span message, struct scram_first *first, char reply_r[SCRAM_REPLY_SIZE])
{
	struct span rest = message, name;
	*first = (struct scram_first){0};
	if (!text_valid(message))
		return fail(ERR_MALFORMED, "invalid-encoding", reply_r);
	struct span flag = take_field(&rest), authzid = take_field(&rest);
	if (span_starts(flag, span_of("p=", 2)))
		return fail(ERR_UNSUPPORTED, "channel-binding-not-supported", reply_r);
	if (!(span_is(flag, "n") || span_is(flag, "y")) || rest.len == 0)
		return fail(ERR_MALFORMED, "invalid-encoding", reply_r);
	first->header = span_of(message.data, message.len - rest.len);
	first->bare = rest;
	if (span_starts(rest, span_of("m=", 2)))
		return fail(ERR_UNSUPPORTED, "extensions-not-supported", reply_r);
	if (!take_value(&rest, 'n', &name) || !read_name(name, first))
		return fail(ERR_MALFORMED, "invalid-username-encoding", reply_r);
	if (!take_value(&rest, 'r', &first->nonce) || !nonce_valid(first->nonce) || !extensions_valid(rest))
		return fail(ERR_MALFORMED, "invalid-encoding", reply_r);
	if (authzid.len && !(span_starts(authzid, span_of("a=", 2)) &&
			     span_equal(span_of(authzid.data + 2, authzid.len - 2), name)))
		return fail(ERR_DENIED, "other-error", reply_r);
	return 0;
}

/* ---- server-first ------------------------------------------------------ */

/* Feeds both signatures. */
static void sign(struct scram *s, struct span text)
{
	crypto_auth_hmacsha256_update(&s->client, text.data, text.len);
	crypto_auth_hmacsha256_update(&s->server, text.data, text.len);
}

void scram_begin(struct scram *s, const struct scram_first *first, const struct scram_verifier *verifier, bool genuine,
		 struct span nonce, char reply_r[SCRAM_REPLY_SIZE])
{
	char salt[sizeof verifier->salt * 2];
	sodium_bin2base64(salt, sizeof salt, verifier->salt, sizeof verifier->salt, sodium_base64_VARIANT_ORIGINAL);
	s->genuine = genuine;
	memcpy(s->stored_key, verifier->stored_key, sizeof s->stored_key);
	memcpy(s->header, first->header.data, first->header.len);
	s->header_len = (uint8_t)first->header.len;
	memcpy(s->nonce, first->nonce.data, first->nonce.len);
	memcpy(s->nonce + first->nonce.len, nonce.data, nonce.len);
	s->nonce_len = (uint8_t)(first->nonce.len + nonce.len);
	str_format(reply_r, SCRAM_REPLY_SIZE, "r=%.*s,s=%s,i=%u", s->nonce_len, (const char *)s->nonce, salt,
		   verifier->iterations);
	crypto_auth_hmacsha256_init(&s->client, verifier->stored_key, KEY_BYTES);
	crypto_auth_hmacsha256_init(&s->server, verifier->server_key, KEY_BYTES);
	sign(s, first->bare);
	sign(s, span_of(",", 1));
	sign(s, span_str(reply_r));
	sign(s, span_of(",", 1));
}

/* ---- client-final ------------------------------------------------------ */

/* Cuts ",p=" and the proof off the end. */
static bool cut_proof(struct span *message, uint8_t proof_r[KEY_BYTES])
{
	size_t len;
	if (message->len < 3 + KEY_CHARS - 1)
		return false;
	struct span tail = span_of(message->data + message->len - (3 + KEY_CHARS - 1), 3 + KEY_CHARS - 1);
	message->len -= tail.len;
	return span_starts(tail, span_of(",p=", 3)) &&
	       sodium_base642bin(proof_r, KEY_BYTES, (const char *)tail.data + 3, tail.len - 3, NULL, &len, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       len == KEY_BYTES;
}

/* Whether the header comes again as it was sent: nobody in between has changed it (RFC 5802 §6). */
static bool header_repeated(const struct scram *s, struct span binding)
{
	char text[HEADER_CHARS];
	sodium_bin2base64(text, sizeof text, s->header, s->header_len, sodium_base64_VARIANT_ORIGINAL);
	return span_is(binding, text);
}

/* ClientKey is the proof without the client's signature; its hash is what we have kept. */
static bool proof_right(struct scram *s, uint8_t proof[KEY_BYTES])
{
	uint8_t signature[KEY_BYTES], hash[KEY_BYTES];
	crypto_auth_hmacsha256_final(&s->client, signature);
	for (size_t i = 0; i < KEY_BYTES; i++)
		proof[i] ^= signature[i];
	crypto_hash_sha256(hash, proof, KEY_BYTES);
	sodium_memzero(proof, KEY_BYTES);
	bool same = sodium_memcmp(hash, s->stored_key, KEY_BYTES) == 0;
	return same & s->genuine;
}

static int check_final(struct scram *s, struct span message, char reply_r[SCRAM_REPLY_SIZE])
{
	uint8_t proof[KEY_BYTES], signature[KEY_BYTES];
	char text[KEY_CHARS];
	struct span binding, nonce;
	struct span rest = message;
	if (!text_valid(message) || !cut_proof(&rest, proof) || !text_valid(rest))
		return fail(ERR_MALFORMED, "invalid-encoding", reply_r);
	struct span signed_part = rest;
	if (!take_value(&rest, 'c', &binding) || !take_value(&rest, 'r', &nonce) || !extensions_valid(rest))
		return fail(ERR_MALFORMED, "invalid-encoding", reply_r);
	if (!header_repeated(s, binding))
		return fail(ERR_DENIED, "channel-bindings-dont-match", reply_r);
	if (!span_equal(nonce, span_of(s->nonce, s->nonce_len)))
		return fail(ERR_DENIED, "other-error", reply_r);
	sign(s, signed_part);
	if (!proof_right(s, proof))
		return fail(ERR_DENIED, "invalid-proof", reply_r);
	crypto_auth_hmacsha256_final(&s->server, signature);
	sodium_bin2base64(text, sizeof text, signature, sizeof signature, sodium_base64_VARIANT_ORIGINAL);
	str_format(reply_r, SCRAM_REPLY_SIZE, "v=%s", text);
	return 0;
}

int scram_finish(struct scram *s, struct span message, char reply_r[SCRAM_REPLY_SIZE])
{
	int err = check_final(s, message, reply_r);
	sodium_memzero(s, sizeof *s);
	return err;
}
