/* What templates can call, and the tables' common view of it. Only the files template_*.c include this. */
#ifndef DEVICE_TEMPLATE_CALLS_PRIVATE_H
#define DEVICE_TEMPLATE_CALLS_PRIVATE_H

#include "device/template_private.h"

/* Every name that is implemented: filters, functions, tests and methods that work alike share one. */
#define TEMPLATE_CALLS(X) \
	/* template_call_value.c */ \
	X(abs) X(add) X(bitwise_and) X(bitwise_or) X(bitwise_xor) X(boolean) X(default) X(float) X(from_json) X(iif) X(int) \
	X(is_defined) X(is_number) X(multiply) X(round) X(string) X(to_json) X(tojson) \
	/* template_call_list.c */ \
	X(first) X(get) X(items) X(join) X(join_method) X(keys) X(last) X(length) X(list) X(max) X(min) X(range) \
	X(reverse) X(sort) X(sum) X(values) \
	/* template_call_text.c */ \
	X(capitalize) X(endswith) X(find) X(format) X(format_method) X(isdigit) X(lower) X(lstrip) X(replace) X(rstrip) X(split) \
	X(startswith) X(strip) X(title) X(title_method) X(upper) \
	/* template_call_test.c */ \
	X(test_boolean) X(test_contains) X(test_defined) X(test_divisibleby) X(test_eq) X(test_even) X(test_false) \
	X(test_float) X(test_ge) X(test_gt) X(test_in) X(test_integer) X(test_iterable) X(test_le) X(test_list) \
	X(test_lt) X(test_mapping) X(test_ne) X(test_none) X(test_number) X(test_odd) X(test_sameas) \
	X(test_sequence) X(test_string) X(test_true) X(test_undefined)

#define TEMPLATE_CALL(name) \
	int template_call_##name(struct render *r, const struct datum *args, size_t count, struct datum *v_r)
#define TEMPLATE_DECLARE(name) TEMPLATE_CALL(name);
TEMPLATE_CALLS(TEMPLATE_DECLARE)
#undef TEMPLATE_DECLARE

/* Whether an argument was given. */
static inline bool template_given(const struct datum *arg)
{
	return arg->kind != KIND_NOTHING;
}

#endif
