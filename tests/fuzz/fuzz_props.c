/* Properties of any packet against the slow and obvious reading of the standard's Table 2-4: the same blocks must
 * pass, fail alike, hold the same values, and come out again as they went in.
 *
 * An input is a byte that says where the properties stand (a packet type, 0 for the will), then the block. */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/utf8.h"
#include "mqtt/packet.h"
#include "mqtt/topic.h"
#include "support/packet_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Table 2-4 in words: the packets by their letters, "W"ill, "C"ONNECT, CONNAC"K", "P"UBLISH, "A"cknowledgements
 * (PUBACK, PUBREC, PUBREL, PUBCOMP), "S"UBSCRIBE, SUBACK "s", "U"NSUBSCRIBE, UNSUBACK "u", "D"ISCONNECT, AUTH "H". */
static const struct row {
	uint8_t id;
	char type; /* 1 byte, 2 bytes, 4 bytes, "v"arint, "t"ext, "b"inary, "p"air */
	const char *where;
	char rule; /* "b"oolean, "n"ot zero, "T"opic name, or none */
} table[] = {
	{1, '1', "PW", 'b'},   {2, '4', "PW", 0},     {3, 't', "PW", 0},    {8, 't', "PW", 'T'},  {9, 'b', "PW", 0},
	{11, 'v', "PS", 'n'},  {17, '4', "CKD", 0},   {18, 't', "K", 0},    {19, '2', "K", 0},    {21, 't', "CKH", 0},
	{22, 'b', "CKH", 0},   {23, '1', "C", 'b'},   {24, '4', "W", 0},    {25, '1', "C", 'b'},  {26, 't', "K", 0},
	{28, 't', "KD", 0},    {31, 't', "KAsuDH", 0}, {33, '2', "CK", 'n'}, {34, '2', "CK", 0},  {35, '2', "P", 'n'},
	{36, '1', "K", 'b'},   {37, '1', "K", 'b'},   {38, 'p', "CKPWASsUuDH", 0}, {39, '4', "CK", 'n'},
	{40, '1', "K", 'b'},   {41, '1', "K", 'b'},   {42, '1', "K", 'b'},
};
static const char letters[] = "WCKPAAAASsUu??DH"; /* by packet type */

enum verdict { GOOD, MALFORMED, AGAINST };

static void check(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_props: %s\n", what);
	abort();
}

/* Takes n bytes as a number; false when they are not there. */
static bool number(struct span *left, size_t n, uint32_t *value_r)
{
	if (left->len < n)
		return false;
	*value_r = 0;
	for (size_t i = 0; i < n; i++)
		*value_r = *value_r << 8 | left->data[i];
	*left = span_of(left->data + n, left->len - n);
	return true;
}

static bool varint(struct span *left, uint32_t *value_r)
{
	*value_r = 0;
	for (unsigned i = 0; i < 4; i++) {
		uint32_t byte;
		if (!number(left, 1, &byte))
			return false;
		*value_r |= (byte & 0x7f) << 7 * i;
		if (byte < 0x80)
			return i == 0 || byte; /* the shortest form */
	}
	return false;
}

static bool bytes(struct span *left, bool text, struct span *value_r)
{
	uint32_t len;
	if (!number(left, 2, &len) || left->len < len)
		return false;
	*value_r = span_of(left->data, len);
	*left = span_of(left->data + len, left->len - len);
	return !text || utf8_valid(*value_r);
}

static const struct row *row_of(uint32_t id)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

/* Reads one value; what it means goes into *number_r or *text_r. */
static bool value(struct span *left, const struct row *row, uint32_t *number_r, struct span *text_r)
{
	switch (row->type) {
	case '1': return number(left, 1, number_r);
	case '2': return number(left, 2, number_r);
	case '4': return number(left, 4, number_r);
	case 'v': return varint(left, number_r);
	case 't': return bytes(left, true, text_r);
	case 'b': return bytes(left, false, text_r);
	default: return bytes(left, true, text_r) && bytes(left, true, text_r);
	}
}

/* What the block is worth; seen_r: how often each property stands in it. */
static enum verdict judge(struct span block, char where, unsigned seen_r[64])
{
	while (block.len) {
		uint32_t id, n = 1;
		struct span text = {0};
		number(&block, 1, &id);
		const struct row *row = row_of(id);
		if (!row || !strchr(row->where, where))
			return MALFORMED;
		bool repeats = row->type == 'p' || (row->type == 'v' && where == 'P');
		if (seen_r[id]++ && !repeats)
			return AGAINST;
		if (!value(&block, row, &n, &text))
			return MALFORMED;
		if ((row->rule == 'b' && n > 1) || (row->rule == 'n' && n == 0) ||
		    (row->rule == 'T' && !topic_name_valid(text)))
			return AGAINST;
	}
	return GOOD;
}

static unsigned count_user(struct span cursor)
{
	struct span name, val;
	unsigned count = 0;
	while (props_user_next(&cursor, &name, &val)) {
		check(utf8_valid(name) && utf8_valid(val), "a user property that is no text");
		count++;
	}
	return count;
}

/* Written and read again they are the same. */
static void there_and_back(const struct props *p, unsigned where)
{
	size_t size = props_size(p);
	struct wire_writer w = {.data = malloc(size), .cap = size};
	struct props again;
	check(w.data != NULL, "no memory");
	props_write(&w, p);
	check(w.failed == 0 && w.len == size, "the size is not what it said");
	struct wire_reader r = {.left = span_of(w.data, w.len)};
	check(props_read(&r, where, &again) == 0 && r.left.len == 0, "what it wrote it does not read");
	check(props_equal(p, &again), "it comes back as something else");
	free(w.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 20000)
		return 0;
	unsigned type = data[0] % 16, where = type ? type : PROPS_IN_WILL;
	uint8_t *framed = malloc(size + 4); /* the length field in front, and nothing behind that an over-read could use */
	struct wire_writer w = {.data = framed, .cap = size + 4};
	unsigned seen[64] = {0};
	struct props p;
	check(framed != NULL, "no memory");
	wire_write_varint(&w, (uint32_t)size - 1);
	wire_write_raw(&w, span_of(data + 1, size - 1));
	uint8_t *exact = malloc(w.len);
	check(exact != NULL, "no memory");
	memcpy(exact, framed, w.len);
	struct wire_reader r = {.left = span_of(exact, w.len)};
	int err = props_read(&r, where, &p);
	enum verdict verdict = judge(span_of(data + 1, size - 1), letters[type], seen);
	check((err == 0) == (verdict == GOOD), "it passes what it should not, or the other way round");
	check((err == ERR_PROTOCOL) == (verdict == AGAINST), "the wrong error");
	if (err == 0) {
		check(r.left.len == 0, "something is left");
		check(props_check(&p, where) == 0, "it reads what it would not write");
		for (unsigned id = 0; id < 64; id++)
			check(props_has(&p, id) == (seen[id] > 0), "a property is lost or found");
		check(!seen[PROP_USER_PROPERTY] || count_user(p.user) == seen[PROP_USER_PROPERTY], "a user property is lost");
		there_and_back(&p, where);
	}
	free(exact);
	free(framed);
	return 0;
}
