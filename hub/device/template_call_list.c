/* Filters, functions and methods on lists and mappings. Pure. */
#include "device/template_calls_private.h"

TEMPLATE_CALL(list)
{
	(void)count;
	int err = template_list(r, &args[0], v_r);
	v_r->kind = KIND_LIST;
	return err;
}

TEMPLATE_CALL(length)
{
	(void)count;
	size_t length;
	int err = template_length(r, &args[0], &length);
	*v_r = datum_integer((int64_t)length);
	return err;
}

/* One element of what can be iterated, undefined when there is none. */
static int pick(struct render *r, const struct datum *v, bool last, struct datum *v_r)
{
	struct datum list;
	int err = template_list(r, v, &list);
	*v_r = datum_undefined();
	if (err == 0 && list.count > 0)
		*v_r = list.items[last ? list.count - 1 : 0];
	return err;
}

TEMPLATE_CALL(first)
{
	(void)count;
	return pick(r, &args[0], false, v_r);
}

TEMPLATE_CALL(last)
{
	(void)count;
	return pick(r, &args[0], true, v_r);
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] >= 0x80)
			return false;
	return true;
}

static int small_letter(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* The order of two ASCII texts in small letters: -1, 0 or 1. */
static int order_ascii(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int x = small_letter(a.data[i]), y = small_letter(b.data[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* The order of two elements; texts in small letters unless case counts. */
static int order(struct render *r, const struct datum *a, const struct datum *b, bool case_sensitive, int *order_r)
{
	struct datum left = *a, right = *b;
	int err = 0;
	if (!case_sensitive && a->kind == KIND_STRING && b->kind == KIND_STRING) {
		if (is_ascii(a->string) && is_ascii(b->string)) {
			*order_r = order_ascii(a->string, b->string);
			return template_spend(r, a->string.len + b->string.len);
		}
		err = template_letters(r, a->string, LETTERS_LOWER, &left);
		if (err == 0)
			err = template_letters(r, b->string, LETTERS_LOWER, &right);
	}
	return err ? err : template_order(r, &left, &right, order_r);
}

/* The first of the least (wanted -1) or greatest (1) elements: of the one argument, or of all. */
static int extreme(struct render *r, const struct datum *args, size_t count, int wanted, struct datum *v_r)
{
	struct datum list = {.kind = KIND_LIST, .items = (struct datum *)args, .count = count};
	int err = 0, found = 0;
	if (count < 2)
		err = template_list(r, &args[0], &list);
	*v_r = datum_undefined();
	for (size_t i = 0; i < list.count && err == 0; i++) {
		if (i > 0)
			err = order(r, &list.items[i], v_r, false, &found);
		if (i == 0 || found == wanted)
			*v_r = list.items[i];
	}
	return err;
}

TEMPLATE_CALL(max)
{
	return extreme(r, args, count, 1, v_r);
}

TEMPLATE_CALL(min)
{
	return extreme(r, args, count, -1, v_r);
}

TEMPLATE_CALL(sum)
{
	(void)count;
	struct datum list, total = datum_integer(0);
	int err = template_list(r, &args[0], &list);
	for (size_t i = 0; i < list.count && err == 0; i++) {
		err = template_operate(r, TOKEN_ADD, &total, &list.items[i], v_r);
		total = *v_r;
	}
	*v_r = total;
	return err;
}

TEMPLATE_CALL(sort)
{
	(void)count;
	struct datum list, *items;
	bool reverse = template_given(&args[1]) && template_truth(r, &args[1]);
	bool case_sensitive = template_given(&args[2]) && template_truth(r, &args[2]);
	int err = template_list(r, &args[0], &list);
	if (err == 0)
		err = template_scratch_list(r, list.count, &items);
	if (err != 0)
		return err;
	for (size_t i = 0; i < list.count && err == 0; i++) { /* stable; steps are counted */
		size_t at = i;
		for (int found = 0; at > 0 && err == 0; at--) {
			err = order(r, &list.items[i], &items[at - 1], case_sensitive, &found);
			if (err != 0 || found == 2 || (reverse ? found <= 0 : found >= 0))
				break;
			items[at] = items[at - 1];
			err = template_spend(r, 1);
		}
		items[at] = list.items[i];
	}
	*v_r = (struct datum){.kind = KIND_LIST, .items = items, .count = list.count};
	return err;
}

TEMPLATE_CALL(reverse)
{
	(void)count;
	struct datum all[3] = {{0}, {0}, datum_integer(-1)}, list = args[0];
	int err = 0;
	if (list.kind != KIND_STRING)
		err = template_list(r, &args[0], &list);
	return err ? err : template_slice(r, &list, all, v_r);
}

TEMPLATE_CALL(range)
{
	int64_t bounds[3] = {0, 0, 1};
	for (size_t i = 0; i < count; i++)
		if (i >= 3 || !template_is_integer(&args[i], &bounds[i]))
			return template_wrong(r, "needs one to three integers");
	if (count == 1) {
		bounds[1] = bounds[0];
		bounds[0] = 0;
	}
	if (bounds[2] == 0)
		return template_wrong(r, "has a range with step 0");
	struct datum *items;
	int err = template_scratch_list(r, TEMPLATE_RANGE_MAX, &items);
	*v_r = (struct datum){.kind = KIND_LIST, .items = items};
	for (int64_t i = bounds[0]; err == 0 && (bounds[2] > 0 ? i < bounds[1] : i > bounds[1]);) {
		if (v_r->count == TEMPLATE_RANGE_MAX)
			return template_fail(r, ERR_TOO_LARGE, "has too long a range");
		items[v_r->count++] = datum_integer(i);
		if (__builtin_add_overflow(i, bounds[2], &i))
			break;
	}
	return err;
}

/* ---- join ---- */

static int join(struct render *r, const struct datum *all, const struct datum *between, struct datum *v_r)
{
	struct datum list;
	struct span text = {0};
	int err = template_list(r, all, &list);
	if (err == 0 && template_given(between))
		err = template_text(r, between, &text);
	size_t mark = r->out->len;
	for (size_t i = 0; i < list.count && err == 0; i++) {
		if (i > 0)
			err = template_put(r, text.data, text.len);
		if (err == 0)
			err = template_put_text(r, &list.items[i]);
	}
	return err ? err : template_take(r, mark, v_r);
}

TEMPLATE_CALL(join)
{
	(void)count;
	return join(r, &args[0], &args[1], v_r);
}

TEMPLATE_CALL(join_method)
{
	(void)count;
	return join(r, &args[1], &args[0], v_r);
}

/* ---- methods of mappings ---- */

TEMPLATE_CALL(get)
{
	(void)count;
	int err = template_lookup(r, &args[0], &args[1], v_r);
	if (err == 0 && v_r->kind == KIND_UNDEFINED)
		*v_r = template_given(&args[2]) ? args[2] : (struct datum){.kind = KIND_NONE};
	return err;
}

TEMPLATE_CALL(keys)
{
	(void)count;
	return template_list(r, &args[0], v_r);
}

TEMPLATE_CALL(values)
{
	(void)count;
	int err = template_list(r, &args[0], v_r);
	struct datum keys = *v_r;
	if (err == 0)
		err = template_scratch_list(r, keys.count, &v_r->items);
	for (size_t i = 0; err == 0 && i < keys.count; i++)
		err = template_lookup(r, &args[0], &keys.items[i], &v_r->items[i]);
	return err;
}

TEMPLATE_CALL(items)
{
	int err = template_call_values(r, args, count, v_r);
	struct datum keys, *pairs, *members;
	if (err == 0)
		err = template_list(r, &args[0], &keys);
	if (err == 0)
		err = template_scratch_list(r, 2 * keys.count, &members);
	if (err == 0)
		err = template_scratch_list(r, keys.count, &pairs);
	for (size_t i = 0; err == 0 && i < keys.count; i++) {
		members[2 * i] = keys.items[i];
		members[2 * i + 1] = v_r->items[i];
		pairs[i] = (struct datum){.kind = KIND_TUPLE, .items = &members[2 * i], .count = 2};
	}
	if (err == 0)
		v_r->items = pairs;
	return err;
}
