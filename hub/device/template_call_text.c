/* Filters and methods on texts. Filters take any value's text; methods only texts have. Pure. */
#include "device/template_calls_private.h"

/* The subject's text in other letters: of a filter whatever it is, which covers what methods are called on. */
static int letters(struct render *r, const struct datum *v, enum letters kind, struct datum *v_r)
{
	struct span text;
	int err = template_text(r, v, &text);
	return err ? err : template_letters(r, text, kind, v_r);
}

TEMPLATE_CALL(upper)
{
	(void)count;
	return letters(r, &args[0], LETTERS_UPPER, v_r);
}

TEMPLATE_CALL(lower)
{
	(void)count;
	return letters(r, &args[0], LETTERS_LOWER, v_r);
}

TEMPLATE_CALL(capitalize)
{
	(void)count;
	return letters(r, &args[0], LETTERS_CAPITALIZED, v_r);
}

TEMPLATE_CALL(title)
{
	(void)count;
	return letters(r, &args[0], LETTERS_TITLE, v_r);
}

TEMPLATE_CALL(title_method)
{
	(void)count;
	return letters(r, &args[0], LETTERS_TITLE_METHOD, v_r);
}

/* ---- strip ---- */

static bool is_among(struct span character, struct span set)
{
	for (size_t at = 0, len; at < set.len; at += len) {
		len = template_character(span_of(set.data + at, set.len - at));
		if (span_equal(character, span_of(set.data + at, len)))
			return true;
	}
	return false;
}

static int strip(struct render *r, const struct datum *args, bool start, bool end, struct datum *v_r)
{
	struct span s, set;
	int err = template_text(r, &args[0], &s);
	if (err == 0 && args[1].kind == KIND_STRING) {
		set = args[1].string;
		err = s.len && set.len > TEMPLATE_STEPS_MAX / s.len ? template_fail(r, ERR_TOO_LARGE, "takes too many steps")
								   : template_spend(r, s.len * set.len);
	}
	if (err != 0)
		return err;
	if (args[1].kind != KIND_STRING) {
		*v_r = datum_string(template_strip(s, start, end));
		return 0;
	}
	for (size_t len; start && s.len > 0; s = span_of(s.data + len, s.len - len)) {
		len = template_character(s);
		if (!is_among(span_of(s.data, len), set))
			break;
	}
	while (end && s.len > 0) {
		size_t len = 1;
		while (len < s.len && (s.data[s.len - len] & 0xc0) == 0x80)
			len++;
		if (!is_among(span_of(s.data + s.len - len, len), set))
			break;
		s.len -= len;
	}
	*v_r = datum_string(s);
	return 0;
}

TEMPLATE_CALL(strip)
{
	(void)count;
	return strip(r, args, true, true, v_r);
}

TEMPLATE_CALL(lstrip)
{
	(void)count;
	return strip(r, args, true, false, v_r);
}

TEMPLATE_CALL(rstrip)
{
	(void)count;
	return strip(r, args, false, true, v_r);
}

/* ---- search ---- */

/* The texts of the subject and of one argument. */
static int get_texts(struct render *r, const struct datum *args, struct span *text_r, struct span *other_r)
{
	if (args[1].kind != KIND_STRING)
		return template_fail(r, args[1].kind == KIND_UNDEFINED ? ERR_NOT_FOUND : ERR_MALFORMED,
				     "looks for what is no text");
	*text_r = args[0].string;
	*other_r = args[1].string;
	return template_spend(r, text_r->len);
}

/* Where needle begins in s, or s.len + 1. */
static size_t search(struct span s, struct span needle)
{
	if (needle.len == 0)
		return 0;
	const uint8_t *at = s.len ? memmem(s.data, s.len, needle.data, needle.len) : NULL;
	return at ? (size_t)(at - s.data) : s.len + 1;
}

TEMPLATE_CALL(startswith)
{
	(void)count;
	struct span text = {0}, prefix = {0};
	int err = get_texts(r, args, &text, &prefix);
	*v_r = datum_bool(err == 0 && span_starts(text, prefix));
	return err;
}

TEMPLATE_CALL(endswith)
{
	(void)count;
	struct span text = {0}, suffix = {0};
	int err = get_texts(r, args, &text, &suffix);
	bool ends = err == 0 && suffix.len <= text.len;
	if (ends && suffix.len)
		ends = memcmp(text.data + text.len - suffix.len, suffix.data, suffix.len) == 0;
	*v_r = datum_bool(ends);
	return err;
}

TEMPLATE_CALL(find)
{
	(void)count;
	struct span text = {0}, part = {0};
	size_t characters = 0;
	int err = get_texts(r, args, &text, &part);
	if (err != 0)
		return err;
	size_t at = search(text, part);
	struct datum before = datum_string(span_of(text.data, at > text.len ? 0 : at));
	err = template_length(r, &before, &characters);
	*v_r = datum_integer(at > text.len ? -1 : (int64_t)characters);
	return err;
}

TEMPLATE_CALL(isdigit)
{
	(void)count;
	bool digits = args[0].string.len > 0;
	for (size_t i = 0; i < args[0].string.len && digits; i++)
		digits = args[0].string.data[i] >= '0' && args[0].string.data[i] <= '9';
	*v_r = datum_bool(digits);
	return template_spend(r, args[0].string.len);
}

/* ---- replace and split ---- */

TEMPLATE_CALL(replace)
{
	struct span s, old, new;
	int64_t left = -1;
	int err = template_text(r, &args[0], &s);
	if (err == 0)
		err = template_text(r, &args[1], &old);
	if (err == 0)
		err = template_text(r, &args[2], &new);
	if (err != 0)
		return err;
	if (count > 3 && args[3].kind != KIND_NONE && !template_is_integer(&args[3], &left))
		return template_wrong(r, "needs an integer as count");
	size_t mark = r->out->len;
	for (bool first = true; err == 0; first = false) {
		size_t at = left == 0 ? s.len + 1 : search(s, old);
		if (old.len == 0 && !first && at == 0) /* before each character and at the end */
			at = s.len ? template_character(s) : s.len + 1;
		if (at > s.len) {
			err = template_put(r, s.data, s.len);
			break;
		}
		err = template_put(r, s.data, at);
		if (err == 0)
			err = template_put(r, new.data, new.len);
		if (err == 0)
			err = template_spend(r, s.len + 1);
		s = span_of(s.data + at + old.len, s.len - at - old.len);
		left -= left > 0;
	}
	return err ? err : template_take(r, mark, v_r);
}

/* One more part of a text that is split; the list's room doubles. */
static int add_part(struct render *r, struct datum *list, size_t *room, struct span part)
{
	if (list->count == *room) {
		struct datum *items;
		int err = template_scratch_list(r, 2 * *room + 8, &items);
		if (err != 0)
			return err;
		for (size_t i = 0; i < list->count; i++)
			items[i] = list->items[i];
		list->items = items;
		*room = 2 * *room + 8;
	}
	list->items[list->count++] = datum_string(part);
	return 0;
}

/* The next piece of white space in s: where it begins. */
static size_t find_space(struct span s)
{
	size_t at = 0;
	while (at < s.len && template_space(span_of(s.data + at, s.len - at)) == 0)
		at++;
	return at;
}

static int split_at_space(struct render *r, struct span s, int64_t left, struct datum *v_r)
{
	size_t room = 0;
	int err = template_spend(r, s.len);
	for (s = template_strip(s, true, false); s.len > 0 && err == 0; s = template_strip(s, true, false), left--) {
		if (left == 0)
			return add_part(r, v_r, &room, template_strip(s, false, false));
		size_t at = find_space(s);
		err = add_part(r, v_r, &room, span_of(s.data, at));
		s = span_of(s.data + at, s.len - at);
	}
	return err;
}

TEMPLATE_CALL(split)
{
	(void)count;
	int64_t left = -1;
	size_t room = 0;
	if (template_given(&args[2]) && !template_is_integer(&args[2], &left))
		return template_wrong(r, "needs an integer as maxsplit");
	*v_r = (struct datum){.kind = KIND_LIST};
	if (!template_given(&args[1]) || args[1].kind == KIND_NONE)
		return split_at_space(r, args[0].string, left, v_r);
	if (args[1].kind != KIND_STRING || args[1].string.len == 0)
		return template_wrong(r, "needs a text to split at");
	struct span s = args[0].string;
	int err = 0;
	for (; err == 0; left--) {
		size_t at = left == 0 ? s.len + 1 : search(s, args[1].string);
		if (at > s.len)
			return add_part(r, v_r, &room, s);
		err = add_part(r, v_r, &room, span_of(s.data, at));
		if (err == 0)
			err = template_spend(r, at);
		s = span_of(s.data + at + args[1].string.len, s.len - at - args[1].string.len);
	}
	return err;
}

/* ---- format ---- */

TEMPLATE_CALL(format)
{
	struct span text;
	int err = template_text(r, &args[0], &text);
	return err ? err : template_format(r, text, args + 1, count - 1, v_r);
}

TEMPLATE_CALL(format_method)
{
	return template_format_braces(r, args[0].string, args + 1, count - 1, v_r);
}
