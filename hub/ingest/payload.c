/* Payloads to values: bare ones as they are, others through Jansson. Pure, any thread; it
 * knows kinds of series and no topics. */
#include "ingest/payload.h"

#include <strings.h>

#include "base/err.h"
#include "base/str.h"

_Static_assert((int)VALUE_TEXT_SIZE > (int)STORE_WORD_MAX, "a value holds a word");

void payload_finish(struct payload *p)
{
	json_decref(p->root);
	*p = (struct payload){0};
}

static int give_number(double number, struct value *value_r)
{
	*value_r = (struct value){.kind = VALUE_NUMBER, .number = number};
	return 0;
}

static int give_text(struct span text, struct value *value_r)
{
	if (text.len > STORE_WORD_MAX || !str_utf8_valid(text))
		return ERR_MALFORMED;
	*value_r = (struct value){.kind = VALUE_TEXT};
	return str_copy_span(value_r->text, sizeof value_r->text, text);
}

static int give_binary(double number, struct value *value_r)
{
	return number == 0 || number == 1 ? give_number(number, value_r) : ERR_MALFORMED;
}

static bool is_word(struct span text, const char *word)
{
	return text.len == strlen(word) && strncasecmp((const char *)text.data, word, text.len) == 0;
}

static int read_binary(struct span text, struct value *value_r)
{
	double number;
	if (is_word(text, "ON") || is_word(text, "true"))
		return give_number(1, value_r);
	if (is_word(text, "OFF") || is_word(text, "false"))
		return give_number(0, value_r);
	return str_to_double(text, &number) == 0 ? give_binary(number, value_r) : ERR_MALFORMED;
}

/* A bare payload, or a JSON string: it may hold any of them. */
static int read_text(struct span text, enum series_kind kind, struct value *value_r)
{
	double number;
	switch (kind) {
	case SERIES_TEXT: return give_text(text, value_r);
	case SERIES_BINARY: return read_binary(text, value_r);
	default: return str_to_double(text, &number) == 0 ? give_number(number, value_r) : ERR_MALFORMED;
	}
}

static int read_number(double number, enum series_kind kind, struct value *value_r)
{
	char text[32];
	switch (kind) {
	case SERIES_TEXT: str_from_double(text, sizeof text, number); return give_text(span_str(text), value_r);
	case SERIES_BINARY: return give_binary(number, value_r);
	default: return give_number(number, value_r);
	}
}

static int read_node(const json_t *node, enum series_kind kind, struct value *value_r)
{
	switch (json_typeof(node)) {
	case JSON_NULL: return ERR_NOT_FOUND;
	case JSON_TRUE:
	case JSON_FALSE: return read_text(span_str(json_is_true(node) ? "true" : "false"), kind, value_r);
	case JSON_STRING:
		return read_text(span_of(json_string_value(node), json_string_length(node)), kind, value_r);
	case JSON_INTEGER:
	case JSON_REAL: return read_number(json_number_value(node), kind, value_r);
	default: return ERR_MALFORMED;
	}
}

static const json_t *parse(struct payload *p)
{
	if (!p->parsed && p->bytes.len <= PAYLOAD_MAX) /* integers as reals: a counter may be beyond 63 bits */
		p->root = json_loadb((const char *)p->bytes.data, p->bytes.len,
				     JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
	p->parsed = true;
	return p->root;
}

int payload_read(struct payload *p, const struct path *path, enum series_kind kind, struct value *value_r)
{
	if (p->bytes.len == 0)
		return ERR_NOT_FOUND; /* a retained message was cleared */
	if (path->count == 0)
		return read_text(p->bytes, kind, value_r);
	const json_t *root = parse(p);
	if (!root)
		return ERR_MALFORMED;
	const json_t *node = path_find(path, root);
	return node ? read_node(node, kind, value_r) : ERR_NOT_FOUND;
}
