/* Values of templates as Python has them: what is true, equal, in order, within another, and what [ ] and . find. JSON
 * is looked at where it lies; nothing is copied but lists that are made of it. Pure. */
#include <math.h>

#include "device/template_private.h"

struct datum template_from_json(const json_t *json)
{
	switch (json ? json_typeof(json) : JSON_NULL) {
	case JSON_OBJECT: return (struct datum){.kind = KIND_OBJECT, .json = json};
	case JSON_ARRAY: return (struct datum){.kind = KIND_ARRAY, .json = json};
	case JSON_STRING: return datum_string(span_of(json_string_value(json), json_string_length(json)));
	case JSON_INTEGER: return datum_integer(json_integer_value(json));
	case JSON_REAL: return datum_real(json_real_value(json));
	case JSON_TRUE: return datum_bool(true);
	case JSON_FALSE: return datum_bool(false);
	case JSON_NULL: break;
	}
	return (struct datum){.kind = json ? KIND_NONE : KIND_UNDEFINED};
}

bool template_truth(struct render *r, const struct datum *v)
{
	switch (v->kind) {
	case KIND_UNDEFINED: r->undefined = true; return false;
	case KIND_NOTHING:
	case KIND_NONE: return false;
	case KIND_BOOL: return v->truth;
	case KIND_INTEGER: return v->integer != 0;
	case KIND_REAL: return v->real != 0;
	case KIND_STRING: return v->string.len != 0;
	case KIND_LIST:
	case KIND_TUPLE:
	case KIND_DICT: return v->count != 0;
	case KIND_ARRAY: return json_array_size(v->json) != 0;
	case KIND_OBJECT: return json_object_size(v->json) != 0;
	}
	return false;
}

bool template_is_integer(const struct datum *v, int64_t *integer_r)
{
	if (v->kind == KIND_INTEGER)
		*integer_r = v->integer;
	else if (v->kind == KIND_BOOL)
		*integer_r = v->truth;
	return v->kind == KIND_INTEGER || v->kind == KIND_BOOL;
}

bool template_is_number(const struct datum *v, double *real_r)
{
	int64_t integer;
	if (v->kind == KIND_REAL)
		*real_r = v->real;
	else if (template_is_integer(v, &integer))
		*real_r = (double)integer;
	else
		return false;
	return true;
}

/* ---- sequences and mappings ---- */

size_t template_character(struct span s)
{
	size_t len = utf8_sequence(s.data, s.len);
	return len ? len : 1; /* U+0000 */
}

static size_t count_characters(struct span s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.len; i++)
		count += (s.data[i] & 0xc0) != 0x80;
	return count;
}

int template_length(struct render *r, const struct datum *v, size_t *length_r)
{
	*length_r = 0;
	switch (v->kind) {
	case KIND_UNDEFINED: return 0;
	case KIND_STRING: *length_r = count_characters(v->string); return template_spend(r, v->string.len);
	case KIND_LIST:
	case KIND_TUPLE: *length_r = v->count; return 0;
	case KIND_DICT: *length_r = v->count / 2; return 0;
	case KIND_ARRAY: *length_r = json_array_size(v->json); return 0;
	case KIND_OBJECT: *length_r = json_object_size(v->json); return 0;
	case KIND_NOTHING:
	case KIND_NONE:
	case KIND_BOOL:
	case KIND_INTEGER:
	case KIND_REAL: break;
	}
	return template_wrong(r, "needs a list, a mapping or a text");
}

int template_list(struct render *r, const struct datum *v, struct datum *list_r)
{
	if (v->kind == KIND_LIST || v->kind == KIND_TUPLE) {
		*list_r = *v;
		return 0;
	}
	size_t length, i = 0;
	r->undefined |= v->kind == KIND_UNDEFINED;
	*list_r = (struct datum){.kind = KIND_LIST};
	int err = template_length(r, v, &length);
	if (err == 0)
		err = template_scratch_list(r, length, &list_r->items);
	if (err != 0)
		return err;
	list_r->count = length;
	const char *key;
	size_t key_len;
	json_t *value;
	struct span rest = v->string;
	switch (v->kind) {
	case KIND_STRING:
		for (; i < length; i++) {
			size_t len = template_character(rest);
			list_r->items[i] = datum_string(span_of(rest.data, len));
			rest = span_of(rest.data + len, rest.len - len);
		}
		break;
	case KIND_DICT:
		for (; i < length; i++)
			list_r->items[i] = v->items[2 * i];
		break;
	case KIND_ARRAY:
		for (; i < length; i++)
			list_r->items[i] = template_from_json(json_array_get(v->json, i));
		break;
	case KIND_OBJECT:
		json_object_keylen_foreach((json_t *)v->json, key, key_len, value)
			list_r->items[i++] = datum_string(span_of(key, key_len));
		break;
	default: break;
	}
	return 0;
}

int template_lookup(struct render *r, const struct datum *mapping, const struct datum *key, struct datum *v_r)
{
	*v_r = datum_undefined();
	if (mapping->kind == KIND_OBJECT) {
		if (key->kind == KIND_STRING)
			*v_r = template_from_json(json_object_getn(mapping->json, (const char *)key->string.data,
								   key->string.len));
		return template_spend(r, 1);
	}
	bool equal = false;
	int err = 0;
	for (size_t i = 0; mapping->kind == KIND_DICT && i < mapping->count && err == 0 && !equal; i += 2) {
		err = template_equal(r, &mapping->items[i], key, 0, &equal);
		if (err == 0 && equal)
			*v_r = mapping->items[i + 1];
	}
	return err;
}

int template_attribute(struct render *r, const struct datum *v, struct span name, struct datum *v_r)
{
	if (v->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "looks into something that is not there");
	struct datum key = datum_string(name);
	return template_lookup(r, v, &key, v_r);
}

/* The element at index, counted from the end when negative; undefined beyond. */
static int element(struct render *r, const struct datum *v, int64_t index, struct datum *v_r)
{
	size_t length;
	*v_r = datum_undefined();
	int err = template_length(r, v, &length);
	if (index < 0)
		index += (int64_t)length;
	if (err != 0 || index < 0 || index >= (int64_t)length)
		return err;
	if (v->kind == KIND_ARRAY) {
		*v_r = template_from_json(json_array_get(v->json, (size_t)index));
	} else if (v->kind == KIND_STRING) {
		struct span rest = v->string;
		for (;; index--) {
			size_t len = template_character(rest);
			*v_r = datum_string(span_of(rest.data, len));
			if (index == 0)
				break;
			rest = span_of(rest.data + len, rest.len - len);
		}
	} else {
		*v_r = v->items[index];
	}
	return 0;
}

int template_item(struct render *r, const struct datum *v, const struct datum *key, struct datum *v_r)
{
	int64_t index;
	switch (v->kind) {
	case KIND_UNDEFINED: return template_fail(r, ERR_NOT_FOUND, "looks into something that is not there");
	case KIND_DICT:
	case KIND_OBJECT: return template_lookup(r, v, key, v_r);
	case KIND_STRING:
	case KIND_LIST:
	case KIND_TUPLE:
	case KIND_ARRAY:
		if (template_is_integer(key, &index))
			return element(r, v, index, v_r);
		break;
	default: break;
	}
	*v_r = datum_undefined();
	return 0;
}

/* Reads the bounds of a slice over length elements as Python's slice.indices does. Returns false when they are none. */
static bool read_bounds(const struct datum bounds[3], int64_t length, int64_t indices[3])
{
	int64_t step = 1;
	if (bounds[2].kind != KIND_NOTHING && bounds[2].kind != KIND_NONE && !template_is_integer(&bounds[2], &step))
		return false;
	for (int i = 0; i < 2; i++) {
		int64_t lowest = step < 0 ? -1 : 0, highest = step < 0 ? length - 1 : length, at;
		if (bounds[i].kind == KIND_NOTHING || bounds[i].kind == KIND_NONE)
			at = (i == 0) == (step > 0) ? lowest : highest;
		else if (!template_is_integer(&bounds[i], &at))
			return false;
		else if (at < 0)
			at = at < -length ? lowest : at + length;
		indices[i] = at < lowest ? lowest : at > highest ? highest : at;
	}
	indices[2] = step;
	return true;
}

int template_slice(struct render *r, const struct datum *v, const struct datum bounds[3], struct datum *v_r)
{
	struct datum all;
	int64_t indices[3];
	if (v->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "looks into something that is not there");
	if (v->kind != KIND_STRING && v->kind != KIND_LIST && v->kind != KIND_TUPLE && v->kind != KIND_ARRAY)
		return template_wrong(r, "has a slice of what is no text and no list");
	int err = template_list(r, v, &all);
	if (err != 0)
		return err;
	if (!read_bounds(bounds, (int64_t)all.count, indices))
		return template_wrong(r, "has a slice with bounds that are no integers");
	if (indices[2] == 0)
		return template_wrong(r, "has a slice with step 0");
	struct datum part = {.kind = v->kind == KIND_TUPLE ? KIND_TUPLE : KIND_LIST};
	size_t mark = r->out->len;
	err = template_scratch_list(r, all.count, &part.items);
	for (int64_t i = indices[0]; err == 0 && (indices[2] > 0 ? i < indices[1] : i > indices[1]);) {
		part.items[part.count++] = all.items[i];
		if (v->kind == KIND_STRING)
			err = template_put(r, all.items[i].string.data, all.items[i].string.len);
		if (__builtin_add_overflow(i, indices[2], &i))
			break;
	}
	if (err == 0 && v->kind == KIND_STRING)
		return template_take(r, mark, v_r);
	*v_r = part;
	return err;
}

/* ---- comparison ---- */

/* Both are lists or arrays of the same length. */
static int equal_lists(struct render *r, const struct datum *a, const struct datum *b, unsigned depth, bool *equal_r)
{
	struct datum left, right;
	int err = template_list(r, a, &left);
	if (err == 0)
		err = template_list(r, b, &right);
	if (err != 0)
		return err;
	*equal_r = left.count == right.count;
	for (size_t i = 0; i < left.count && *equal_r && err == 0; i++)
		err = template_equal(r, &left.items[i], &right.items[i], depth + 1, equal_r);
	return err;
}

static int equal_mappings(struct render *r, const struct datum *a, const struct datum *b, unsigned depth, bool *equal_r)
{
	struct datum keys, left, right;
	size_t length;
	int err = template_list(r, a, &keys);
	if (err == 0)
		err = template_length(r, b, &length);
	if (err != 0)
		return err;
	*equal_r = keys.count == length;
	for (size_t i = 0; i < keys.count && *equal_r && err == 0; i++) {
		err = template_lookup(r, a, &keys.items[i], &left);
		if (err == 0)
			err = template_lookup(r, b, &keys.items[i], &right);
		if (err == 0)
			err = template_equal(r, &left, &right, depth + 1, equal_r);
	}
	return err;
}

static bool is_list(enum kind kind)
{
	return kind == KIND_LIST || kind == KIND_ARRAY;
}

static bool is_mapping(enum kind kind)
{
	return kind == KIND_DICT || kind == KIND_OBJECT;
}

/* -1, 0 or 1; 2 when one is not a number. An integer is never rounded. */
static int order_numbers(const struct datum *a, const struct datum *b)
{
	int64_t left = 0, right = 0;
	bool integers = template_is_integer(a, &left);
	if (template_is_integer(b, &right) && integers)
		return (left > right) - (left < right);
	long double x = a->kind == KIND_REAL ? (long double)a->real : (long double)left;
	long double y = b->kind == KIND_REAL ? (long double)b->real : (long double)right;
	return isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
}

int template_equal(struct render *r, const struct datum *a, const struct datum *b, unsigned depth, bool *equal_r)
{
	double real;
	*equal_r = false;
	int err = template_spend(r, 1);
	if (err != 0)
		return err;
	if (depth > TEMPLATE_NEST_MAX)
		return template_fail(r, ERR_TOO_LARGE, "compares lists that are nested too deeply");
	if (template_is_number(a, &real) && template_is_number(b, &real)) {
		*equal_r = order_numbers(a, b) == 0;
	} else if (a->kind == KIND_STRING && b->kind == KIND_STRING) {
		*equal_r = span_equal(a->string, b->string);
		return a->string.len == b->string.len ? template_spend(r, a->string.len) : 0;
	} else if ((is_list(a->kind) && is_list(b->kind)) || (a->kind == KIND_TUPLE && b->kind == KIND_TUPLE)) {
		return equal_lists(r, a, b, depth, equal_r);
	} else if (is_mapping(a->kind) && is_mapping(b->kind)) {
		return equal_mappings(r, a, b, depth, equal_r);
	} else {
		*equal_r = a->kind == b->kind && a->kind <= KIND_NONE;
	}
	return 0;
}

int template_order(struct render *r, const struct datum *a, const struct datum *b, int *order_r)
{
	double real;
	if (a->kind == KIND_UNDEFINED || b->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "compares something that is not there");
	if (template_is_number(a, &real) && template_is_number(b, &real)) {
		*order_r = order_numbers(a, b);
		return 0;
	}
	if (a->kind != KIND_STRING || b->kind != KIND_STRING)
		return template_wrong(r, "compares what has no order");
	size_t len = a->string.len < b->string.len ? a->string.len : b->string.len;
	int order = len ? memcmp(a->string.data, b->string.data, len) : 0;
	if (order == 0)
		order = (a->string.len > b->string.len) - (a->string.len < b->string.len);
	*order_r = (order > 0) - (order < 0);
	return template_spend(r, len);
}

int template_contains(struct render *r, const struct datum *haystack, const struct datum *needle, bool *found_r)
{
	*found_r = false;
	if (haystack->kind == KIND_STRING) {
		if (needle->kind != KIND_STRING)
			return template_fail(r, needle->kind == KIND_UNDEFINED ? ERR_NOT_FOUND : ERR_MALFORMED,
					     "looks in a text for something else");
		*found_r = needle->string.len == 0 || (haystack->string.len && memmem(haystack->string.data, haystack->string.len,
										      needle->string.data, needle->string.len));
		return template_spend(r, haystack->string.len);
	}
	struct datum list;
	int err;
	if (is_mapping(haystack->kind) && needle->kind > KIND_STRING)
		return template_wrong(r, "looks for a key that is a list or a mapping");
	if (haystack->kind == KIND_OBJECT) {
		*found_r = needle->kind == KIND_STRING &&
			   json_object_getn(haystack->json, (const char *)needle->string.data, needle->string.len);
		return template_spend(r, 1);
	}
	err = template_list(r, haystack, &list);
	for (size_t i = 0; err == 0 && i < list.count && !*found_r; i++)
		err = template_equal(r, &list.items[i], needle, 0, found_r);
	return err;
}
