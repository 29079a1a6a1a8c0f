/* The opening handshake of WebSocket. Any thread; knows nothing of HTTP's library. SHA-1 is here because the handshake is
 * made of it: it shows that the server speaks WebSocket and protects nothing. */
#include "web/websocket.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

enum { KEY_BYTES = 16, KEY_CHARS = 24, SHA1_BYTES = 20, SHA1_BLOCK = 64 };

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ---- SHA-1 (FIPS 180-4) -------------------------------------------------- */

static uint32_t rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static void sha1_block(uint32_t h[5], const uint8_t block[SHA1_BLOCK])
{
	static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	for (int i = 0; i < 80; i++)
		w[i] = i < 16 ? (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
					(uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3]
			      : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
		uint32_t next = rotate(a, 5) + f + e + constants[i / 20] + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* Of a text shorter than 2^29 bytes. */
static void sha1(const uint8_t *data, size_t len, uint8_t hash_r[SHA1_BYTES])
{
	uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint8_t last[2 * SHA1_BLOCK] = {0};
	size_t whole = len / SHA1_BLOCK * SHA1_BLOCK, rest = len - whole;
	for (size_t i = 0; i < whole; i += SHA1_BLOCK)
		sha1_block(h, data + i);
	memcpy(last, data + whole, rest);
	last[rest] = 0x80;
	size_t end = rest + 9 <= SHA1_BLOCK ? SHA1_BLOCK : 2 * SHA1_BLOCK;
	for (size_t i = 0; i < 4; i++)
		last[end - 1 - i] = (uint8_t)((uint32_t)len * 8 >> (8 * i));
	for (size_t i = 0; i < end; i += SHA1_BLOCK)
		sha1_block(h, last + i);
	for (size_t i = 0; i < SHA1_BYTES; i++)
		hash_r[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- the handshake --------------------------------------------------------- */

/* Whether the list names the token; its letters' case counts only for subprotocols. */
static bool has_token(const char *list, const char *token, bool exact)
{
	size_t len = strlen(token);
	for (; list && *list; list += *list == ',') {
		list += strspn(list, " \t");
		size_t n = strcspn(list, ",");
		size_t word = n;
		while (word && (list[word - 1] == ' ' || list[word - 1] == '\t'))
			word--;
		if (word == len && (exact ? strncmp(list, token, len) : strncasecmp(list, token, len)) == 0)
			return true;
		list += n;
	}
	return false;
}

/* The base64 of 16 bytes, as it must be. */
static bool key_valid(const char *key)
{
	uint8_t bytes[KEY_BYTES];
	size_t len;
	return key && strlen(key) == KEY_CHARS &&
	       sodium_base642bin(bytes, sizeof bytes, key, KEY_CHARS, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       len == KEY_BYTES;
}

static void make_accept(const char *key, char accept_r[WEBSOCKET_ACCEPT_SIZE])
{
	char text[KEY_CHARS + sizeof guid];
	uint8_t hash[SHA1_BYTES];
	str_format(text, sizeof text, "%s%s", key, guid);
	sha1((const uint8_t *)text, strlen(text), hash);
	sodium_bin2base64(accept_r, WEBSOCKET_ACCEPT_SIZE, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
}

void websocket_judge(const struct websocket_request *request, struct websocket_answer *answer_r)
{
	*answer_r = (struct websocket_answer){.status = 400};
	if (has_token(request->protocols, "mqtt", true))
		answer_r->protocol = "mqtt";
	else if (has_token(request->protocols, "mqttv3.1", true))
		answer_r->protocol = "mqttv3.1";
	if (!request->http_1_1 || !has_token(request->upgrade, "websocket", false) ||
	    !has_token(request->connection, "upgrade", false)) {
		answer_r->status = 426;
		answer_r->detail = "This address speaks MQTT over WebSocket only.";
	} else if (!request->version || strcmp(request->version, "13") != 0) {
		answer_r->status = 426;
		answer_r->detail = "The hub speaks version 13 of WebSocket.";
	} else if (!key_valid(request->key)) {
		answer_r->detail = "Sec-WebSocket-Key must be 16 bytes in base64.";
	} else if (!answer_r->protocol) { /* MQTT-6.0.0-3 */
		answer_r->detail = "The client must offer the subprotocol mqtt.";
	} else {
		answer_r->status = 101;
		make_accept(request->key, answer_r->accept);
	}
}
