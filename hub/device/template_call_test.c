/* Tests: what stands behind "is". Pure. */
#include "device/template_calls_private.h"

/* A test of the value's kind alone. */
#define KIND_TEST(name, holds) \
	TEMPLATE_CALL(test_##name) \
	{ \
		(void)r; \
		(void)count; \
		const struct datum *v = &args[0]; \
		*v_r = datum_bool(holds); \
		return 0; \
	}

KIND_TEST(defined, v->kind != KIND_UNDEFINED)
KIND_TEST(undefined, v->kind == KIND_UNDEFINED)
KIND_TEST(none, v->kind == KIND_NONE)
KIND_TEST(boolean, v->kind == KIND_BOOL)
KIND_TEST(true, v->kind == KIND_BOOL && v->truth)
KIND_TEST(false, v->kind == KIND_BOOL && !v->truth)
KIND_TEST(integer, v->kind == KIND_INTEGER)
KIND_TEST(float, v->kind == KIND_REAL)
KIND_TEST(number, v->kind == KIND_INTEGER || v->kind == KIND_REAL || v->kind == KIND_BOOL)
KIND_TEST(string, v->kind == KIND_STRING)
KIND_TEST(mapping, v->kind == KIND_DICT || v->kind == KIND_OBJECT)
KIND_TEST(list, v->kind == KIND_LIST || v->kind == KIND_ARRAY)
KIND_TEST(sequence, v->kind >= KIND_STRING || v->kind == KIND_UNDEFINED)

/* Finds out by iterating, which uses what is undefined. */
TEMPLATE_CALL(test_iterable)
{
	(void)count;
	r->undefined |= args[0].kind == KIND_UNDEFINED;
	*v_r = datum_bool(args[0].kind >= KIND_STRING || args[0].kind == KIND_UNDEFINED);
	return 0;
}

TEMPLATE_CALL(test_eq)
{
	(void)count;
	bool equal = false;
	int err = template_equal(r, &args[0], &args[1], 0, &equal);
	*v_r = datum_bool(equal);
	return err;
}

TEMPLATE_CALL(test_ne)
{
	(void)count;
	bool equal = false;
	int err = template_equal(r, &args[0], &args[1], 0, &equal);
	*v_r = datum_bool(!equal);
	return err;
}

/* The same object: of what has no identity, the same kind and value. */
TEMPLATE_CALL(test_sameas)
{
	(void)count;
	bool equal = false;
	int err = 0;
	if (args[0].kind == args[1].kind && args[0].kind <= KIND_STRING)
		err = template_equal(r, &args[0], &args[1], 0, &equal);
	*v_r = datum_bool(equal);
	return err;
}

TEMPLATE_CALL(test_in)
{
	(void)count;
	bool found = false;
	int err = template_contains(r, &args[1], &args[0], &found);
	*v_r = datum_bool(found);
	return err;
}

TEMPLATE_CALL(test_contains)
{
	(void)count;
	bool found = false;
	int err = template_contains(r, &args[0], &args[1], &found);
	*v_r = datum_bool(found);
	return err;
}

/* An order test: which orders hold, as bits for less, equal and greater. */
static int order_test(struct render *r, const struct datum *args, unsigned orders, struct datum *v_r)
{
	int order = 2;
	int err = template_order(r, &args[0], &args[1], &order);
	*v_r = datum_bool(order != 2 && (orders >> (order + 1) & 1));
	return err;
}

TEMPLATE_CALL(test_lt)
{
	(void)count;
	return order_test(r, args, 1, v_r);
}

TEMPLATE_CALL(test_le)
{
	(void)count;
	return order_test(r, args, 3, v_r);
}

TEMPLATE_CALL(test_gt)
{
	(void)count;
	return order_test(r, args, 4, v_r);
}

TEMPLATE_CALL(test_ge)
{
	(void)count;
	return order_test(r, args, 6, v_r);
}

/* Whether args[0] % divisor == rest. */
static int rest_test(struct render *r, const struct datum *v, const struct datum *divisor, int64_t rest,
		     struct datum *v_r)
{
	struct datum found;
	double real = 0;
	if (v->kind == KIND_STRING)
		return template_wrong(r, "calculates with what are no numbers");
	int err = template_operate(r, TOKEN_MODULO, v, divisor, &found);
	if (err == 0)
		template_is_number(&found, &real);
	*v_r = datum_bool(err == 0 && real == (double)rest);
	return err;
}

TEMPLATE_CALL(test_even)
{
	(void)count;
	struct datum two = datum_integer(2);
	return rest_test(r, &args[0], &two, 0, v_r);
}

TEMPLATE_CALL(test_odd)
{
	(void)count;
	struct datum two = datum_integer(2);
	return rest_test(r, &args[0], &two, 1, v_r);
}

TEMPLATE_CALL(test_divisibleby)
{
	(void)count;
	return rest_test(r, &args[0], &args[1], 0, v_r);
}
