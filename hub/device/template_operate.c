/* Arithmetic of templates as Python does it: integers stay integers but for "/", floor division and its rest have the
 * divisor's sign, + and * also join and repeat texts and lists. What leaves 64 bits fails. Pure. */
#include <math.h>

#include "device/template_private.h"

static int too_large(struct render *r)
{
	return template_fail(r, ERR_TOO_LARGE, "calculates beyond 64 bits");
}

static int64_t floor_divide(int64_t a, int64_t b, int64_t *rest_r)
{
	int64_t quotient = a / b, rest = a % b;
	if (rest != 0 && (rest < 0) != (b < 0)) {
		quotient--;
		rest += b;
	}
	*rest_r = rest;
	return quotient;
}

static int power_integers(struct render *r, int64_t base, int64_t exponent, struct datum *v_r)
{
	int64_t result = 1;
	while (exponent > 0) {
		if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
			return too_large(r);
		exponent >>= 1;
		if (exponent > 0 && __builtin_mul_overflow(base, base, &base))
			return too_large(r);
	}
	*v_r = datum_integer(result);
	return 0;
}

static int operate_integers(struct render *r, unsigned op, int64_t a, int64_t b, struct datum *v_r)
{
	int64_t result = 0, rest;
	bool overflow = false;
	switch (op) {
	case TOKEN_ADD: overflow = __builtin_add_overflow(a, b, &result); break;
	case TOKEN_SUBTRACT: overflow = __builtin_sub_overflow(a, b, &result); break;
	case TOKEN_MULTIPLY: overflow = __builtin_mul_overflow(a, b, &result); break;
	case TOKEN_POWER: return power_integers(r, a, b, v_r);
	default:
		if (b == -1) { /* the least integer has no opposite */
			overflow = op == TOKEN_FLOOR_DIVIDE && __builtin_sub_overflow(0, a, &result);
			break;
		}
		result = floor_divide(a, b, &rest);
		result = op == TOKEN_MODULO ? rest : result;
		break;
	}
	*v_r = datum_integer(result);
	return overflow ? too_large(r) : 0;
}

/* The quotient's floor; the rest has b's sign. */
static double floor_divide_real(double a, double b, double *rest_r)
{
	double rest = fmod(a, b), quotient = (a - rest) / b;
	if (rest == 0) {
		rest = copysign(0, b);
	} else if ((b < 0) != (rest < 0)) {
		rest += b;
		quotient -= 1;
	}
	*rest_r = rest;
	if (quotient == 0)
		return copysign(0, a / b);
	double whole = floor(quotient);
	return quotient - whole > 0.5 ? whole + 1 : whole;
}

static int power_reals(struct render *r, double a, double b, struct datum *v_r)
{
	double result = pow(a, b);
	if (a == 0 && b < 0)
		return template_wrong(r, "divides by zero");
	if (isnan(result) && !isnan(a) && !isnan(b))
		return template_wrong(r, "takes a root of a negative number");
	if (isinf(result) && isfinite(a) && isfinite(b))
		return too_large(r);
	*v_r = datum_real(result);
	return 0;
}

static int operate_numbers(struct render *r, unsigned op, const struct datum *left, const struct datum *right,
			   struct datum *v_r)
{
	int64_t i, j;
	double a = 0, b = 0, rest;
	template_is_number(left, &a);
	template_is_number(right, &b);
	bool divides = op == TOKEN_DIVIDE || op == TOKEN_FLOOR_DIVIDE || op == TOKEN_MODULO;
	if (divides && b == 0)
		return template_wrong(r, "divides by zero");
	bool integers = template_is_integer(left, &i) && template_is_integer(right, &j);
	if (integers && op != TOKEN_DIVIDE && !(op == TOKEN_POWER && b < 0))
		return operate_integers(r, op, i, j, v_r);
	switch (op) {
	case TOKEN_ADD: *v_r = datum_real(a + b); break;
	case TOKEN_SUBTRACT: *v_r = datum_real(a - b); break;
	case TOKEN_MULTIPLY: *v_r = datum_real(a * b); break;
	case TOKEN_DIVIDE: *v_r = datum_real(a / b); break;
	case TOKEN_FLOOR_DIVIDE: *v_r = datum_real(floor_divide_real(a, b, &rest)); break;
	case TOKEN_MODULO:
		floor_divide_real(a, b, &rest);
		*v_r = datum_real(rest);
		break;
	default: return power_reals(r, a, b, v_r);
	}
	return 0;
}

/* Text or list, times. */
static int repeat(struct render *r, const struct datum *v, int64_t times, struct datum *v_r)
{
	size_t mark = r->out->len, size = v->kind == KIND_STRING ? v->string.len : v->count;
	if (times < 0 || size == 0)
		times = 0;
	if (times > TEMPLATE_OUTPUT_MAX)
		return template_fail(r, ERR_TOO_LARGE, "repeats too often");
	int err = 0;
	if (v->kind == KIND_STRING) {
		for (int64_t i = 0; i < times && err == 0; i++)
			err = template_put(r, v->string.data, size);
		return err ? err : template_take(r, mark, v_r);
	}
	*v_r = (struct datum){.kind = v->kind, .count = size * (size_t)times};
	struct datum *items;
	err = template_scratch_list(r, v_r->count, &items);
	for (size_t i = 0; err == 0 && i < v_r->count; i++)
		items[i] = v->items[i % size];
	v_r->items = items;
	return err;
}

/* Two texts, lists or tuples as one. */
static int join(struct render *r, const struct datum *left, const struct datum *right, struct datum *v_r)
{
	size_t mark = r->out->len;
	int err;
	if (left->kind == KIND_STRING) {
		err = template_put(r, left->string.data, left->string.len);
		if (err == 0)
			err = template_put(r, right->string.data, right->string.len);
		return err ? err : template_take(r, mark, v_r);
	}
	struct datum *items;
	err = template_scratch_list(r, left->count + right->count, &items);
	if (err != 0)
		return err;
	for (size_t i = 0; i < left->count; i++)
		items[i] = left->items[i];
	for (size_t i = 0; i < right->count; i++)
		items[left->count + i] = right->items[i];
	*v_r = (struct datum){.kind = left->kind, .items = items, .count = left->count + right->count};
	return 0;
}

/* A JSON array as a list, everything else as it is. */
static int as_list(struct render *r, const struct datum *v, struct datum *v_r)
{
	*v_r = *v;
	return v->kind == KIND_ARRAY ? template_list(r, v, v_r) : 0;
}

static bool is_sequence(const struct datum *v)
{
	return v->kind == KIND_STRING || v->kind == KIND_LIST || v->kind == KIND_TUPLE;
}

int template_operate(struct render *r, unsigned op, const struct datum *left, const struct datum *right,
		     struct datum *v_r)
{
	double real;
	int64_t times;
	if (op == TOKEN_MODULO && left->kind == KIND_STRING) {
		bool several = right->kind == KIND_TUPLE;
		return template_format(r, left->string, several ? right->items : right, several ? right->count : 1, v_r);
	}
	if (left->kind == KIND_UNDEFINED || right->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "calculates with something that is not there");
	if (template_is_number(left, &real) && template_is_number(right, &real))
		return operate_numbers(r, op, left, right, v_r);
	struct datum a, b;
	int err = as_list(r, left, &a);
	if (err == 0)
		err = as_list(r, right, &b);
	if (err != 0)
		return err;
	if (op == TOKEN_ADD && is_sequence(&a) && a.kind == b.kind)
		return join(r, &a, &b, v_r);
	if (op == TOKEN_MULTIPLY && is_sequence(&a) && template_is_integer(&b, &times))
		return repeat(r, &a, times, v_r);
	if (op == TOKEN_MULTIPLY && is_sequence(&b) && template_is_integer(&a, &times))
		return repeat(r, &b, times, v_r);
	return template_wrong(r, "calculates with what are no numbers");
}

int template_sign(struct render *r, bool negate, const struct datum *v, struct datum *v_r)
{
	int64_t integer;
	if (v->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "calculates with something that is not there");
	if (v->kind == KIND_REAL) {
		*v_r = datum_real(negate ? -v->real : v->real);
		return 0;
	}
	if (!template_is_integer(v, &integer))
		return template_wrong(r, "gives a sign to what is no number");
	if (negate && __builtin_sub_overflow(0, integer, &integer))
		return too_large(r);
	*v_r = datum_integer(integer);
	return 0;
}
