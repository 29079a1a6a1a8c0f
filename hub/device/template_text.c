/* Values of templates as text: str() and repr() of Python, and JSON as the filters tojson (json.dumps, made safe for
 * HTML) and to_json (orjson.dumps) write it. Nesting is bounded. Pure. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "device/template_private.h"

static int put_str(struct render *r, const char *s)
{
	return template_put(r, s, strlen(s));
}

static int put_integer(struct render *r, int64_t integer)
{
	char text[24];
	int cut = str_format(text, sizeof text, "%" PRId64, integer);
	(void)cut; /* 20 characters */
	return put_str(r, text);
}

/* The code point at the start of s, whose sequence has len bytes. */
static uint32_t code_point(struct span s, size_t len)
{
	uint32_t code = len == 1 ? s.data[0] : s.data[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++)
		code = code << 6 | (s.data[i] & 0x3f);
	return code;
}

/* ---- Python ---- */

static int put_escape(struct render *r, const char *format, uint32_t code)
{
	char text[16];
	int cut = format[0] == 'x' ? str_format(text, sizeof text, "\\x%02x", code)
				   : str_format(text, sizeof text, "\\u%04x", code);
	(void)cut;
	return put_str(r, text);
}

static int put_quoted(struct render *r, struct span s)
{
	uint8_t quote = memchr(s.data ? s.data : (const uint8_t *)"", '\'', s.len) &&
					!memchr(s.data, '"', s.len)
				? '"'
				: '\'';
	int err = template_put(r, &quote, 1);
	for (size_t at = 0, len; at < s.len && err == 0; at += len) {
		struct span rest = span_of(s.data + at, s.len - at);
		len = template_character(rest);
		uint32_t code = code_point(rest, len);
		if (code == quote || code == '\\')
			err = put_str(r, "\\");
		if (err != 0)
			break;
		if (code == '\n' || code == '\r' || code == '\t')
			err = put_str(r, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
		else if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0xad)
			err = put_escape(r, "x", code);
		else
			err = template_put(r, rest.data, len);
	}
	return err ? err : template_put(r, &quote, 1);
}

static int put_repr(struct render *r, const struct datum *v, unsigned depth);

/* Puts a list, a tuple or a mapping with what is in it. */
static int put_items(struct render *r, const struct datum *v, unsigned depth)
{
	struct datum list, value;
	bool mapping = v->kind == KIND_DICT || v->kind == KIND_OBJECT, tuple = v->kind == KIND_TUPLE;
	if (depth > TEMPLATE_NEST_MAX)
		return template_fail(r, ERR_TOO_LARGE, "prints lists that are nested too deeply");
	int err = template_list(r, v, &list);
	if (err == 0)
		err = put_str(r, mapping ? "{" : tuple ? "(" : "[");
	for (size_t i = 0; i < list.count && err == 0; i++) {
		if (i > 0)
			err = put_str(r, ", ");
		if (err == 0)
			err = put_repr(r, &list.items[i], depth + 1);
		if (err != 0 || !mapping)
			continue;
		err = put_str(r, ": ");
		if (err == 0 && v->kind == KIND_DICT)
			err = put_repr(r, &v->items[2 * i + 1], depth + 1);
		else if (err == 0 && (err = template_lookup(r, v, &list.items[i], &value)) == 0)
			err = put_repr(r, &value, depth + 1);
	}
	return err ? err : put_str(r, mapping ? "}" : !tuple ? "]" : list.count == 1 ? ",)" : ")");
}

static int put_repr(struct render *r, const struct datum *v, unsigned depth)
{
	switch (v->kind) {
	case KIND_STRING: return put_quoted(r, v->string);
	case KIND_UNDEFINED: return put_str(r, "Undefined");
	case KIND_LIST:
	case KIND_TUPLE:
	case KIND_DICT:
	case KIND_ARRAY:
	case KIND_OBJECT: return put_items(r, v, depth);
	default: return template_put_text(r, v);
	}
}

int template_put_text(struct render *r, const struct datum *v)
{
	switch (v->kind) {
	case KIND_STRING: return template_put(r, v->string.data, v->string.len);
	case KIND_UNDEFINED: r->undefined = true; return 0;
	case KIND_NOTHING: return 0;
	case KIND_NONE: return put_str(r, "None");
	case KIND_BOOL: return put_str(r, v->truth ? "True" : "False");
	case KIND_INTEGER: return put_integer(r, v->integer);
	case KIND_REAL: return template_put_real(r, v->real, false);
	default: return put_repr(r, v, 0);
	}
}

int template_text(struct render *r, const struct datum *v, struct span *text_r)
{
	size_t mark = r->out->len;
	struct datum text = *v;
	int err = 0;
	if (v->kind != KIND_STRING)
		err = template_put_text(r, v);
	if (err == 0 && v->kind != KIND_STRING)
		err = template_take(r, mark, &text);
	*text_r = err ? span_of(NULL, 0) : text.string;
	return err;
}

/* ---- JSON ---- */

static int put_json_character(struct render *r, struct span character, enum json_style style)
{
	static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	uint32_t code = code_point(character, character.len);
	for (size_t i = 0; i < sizeof escapes - 1; i += 2)
		if (code == (uint8_t)escapes[i])
			return template_put(r, (const char[]){'\\', escapes[i + 1]}, 2);
	bool html = code == '<' || code == '>' || code == '&' || code == '\'';
	if (code >= 0x20 && (style == JSON_ORJSON || (code < 0x80 && !html)))
		return template_put(r, character.data, character.len);
	if (code < 0x10000)
		return put_escape(r, "u", code);
	code -= 0x10000;
	int err = put_escape(r, "u", 0xd800 + (code >> 10));
	return err ? err : put_escape(r, "u", 0xdc00 + (code & 0x3ff));
}

/* Bytes at the start of s that are themselves in either style. */
static size_t count_plain(struct span s)
{
	size_t len = 0;
	while (len < s.len && s.data[len] >= 0x20 && s.data[len] < 0x80 && !strchr("\"\\<>&'", s.data[len]))
		len++;
	return len;
}

static int put_json_string(struct render *r, struct span s, enum json_style style)
{
	int err = put_str(r, "\"");
	for (size_t at = 0, len; at < s.len && err == 0; at += len) {
		len = count_plain(span_of(s.data + at, s.len - at));
		err = template_put(r, s.data + at, len);
		at += len;
		if (err != 0 || at == s.len)
			break;
		len = template_character(span_of(s.data + at, s.len - at));
		err = put_json_character(r, span_of(s.data + at, len), style);
	}
	return err ? err : put_str(r, "\"");
}

static int put_json_real(struct render *r, double real, enum json_style style)
{
	if (style == JSON_PYTHON && !isfinite(real))
		return put_str(r, isnan(real) ? "NaN" : real < 0 ? "-Infinity" : "Infinity");
	return template_put_real(r, real, style == JSON_ORJSON);
}

static int put_json_key(struct render *r, const struct datum *key, enum json_style style)
{
	if (key->kind == KIND_STRING)
		return put_json_string(r, key->string, style);
	int err = put_str(r, "\"");
	if (err == 0)
		err = template_put_json(r, key, style, false, 0);
	return err ? err : put_str(r, "\"");
}

/* Sorts keys in place, texts or numbers. Insertion: mappings are small, and steps are counted. */
static int sort_keys_of(struct render *r, struct datum *list)
{
	struct datum *items;
	int err = template_scratch_list(r, list->count, &items);
	for (size_t i = 0; i < list->count && err == 0; i++) {
		size_t at = i;
		for (int order = 0; at > 0 && err == 0; at--) {
			err = template_order(r, &list->items[i], &items[at - 1], &order);
			if (err != 0 || order >= 0)
				break;
			items[at] = items[at - 1];
			err = template_spend(r, 1);
		}
		items[at] = list->items[i];
	}
	list->items = items;
	return err;
}

static int put_json_items(struct render *r, const struct datum *v, enum json_style style, bool sorted, unsigned depth)
{
	struct datum list, value;
	bool mapping = v->kind == KIND_DICT || v->kind == KIND_OBJECT;
	if (depth > TEMPLATE_NEST_MAX)
		return template_fail(r, ERR_TOO_LARGE, "prints lists that are nested too deeply");
	int err = template_list(r, v, &list);
	if (err == 0 && mapping && sorted)
		err = sort_keys_of(r, &list);
	if (err == 0)
		err = put_str(r, mapping ? "{" : "[");
	for (size_t i = 0; err == 0 && i < list.count; i++) {
		value = list.items[i];
		if (i > 0)
			err = put_str(r, style == JSON_ORJSON ? "," : ", ");
		if (err == 0 && mapping) {
			err = put_json_key(r, &list.items[i], style);
			if (err == 0)
				err = put_str(r, style == JSON_ORJSON ? ":" : ": ");
			if (err == 0)
				err = template_lookup(r, v, &list.items[i], &value);
		}
		if (err == 0)
			err = template_put_json(r, &value, style, sorted, depth + 1);
	}
	return err ? err : put_str(r, mapping ? "}" : "]");
}

int template_put_json(struct render *r, const struct datum *v, enum json_style style, bool sort_keys, unsigned depth)
{
	switch (v->kind) {
	case KIND_STRING: return put_json_string(r, v->string, style);
	case KIND_NONE: return put_str(r, "null");
	case KIND_BOOL: return put_str(r, v->truth ? "true" : "false");
	case KIND_INTEGER: return put_integer(r, v->integer);
	case KIND_REAL: return put_json_real(r, v->real, style);
	case KIND_LIST:
	case KIND_TUPLE:
	case KIND_DICT:
	case KIND_ARRAY:
	case KIND_OBJECT: return put_json_items(r, v, style, sort_keys, depth);
	case KIND_NOTHING:
	case KIND_UNDEFINED: break;
	}
	return template_fail(r, ERR_NOT_FOUND, "makes JSON of something that is not there");
}
