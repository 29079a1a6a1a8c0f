/* Filters and functions on single values: conversions, rounding, defaults, JSON. Home Assistant's own float, int, round,
 * add and multiply take a default, and fail without one. Pure. */
#include <math.h>

#include "device/template_calls_private.h"

/* The default of a filter that cannot use what it got, or the failure. */
static int fall_back(struct render *r, const struct datum *got, const struct datum *fallback, struct datum *v_r)
{
	if (got->kind == KIND_UNDEFINED && !template_given(fallback))
		return template_fail(r, ERR_NOT_FOUND, "needs a value that is not there");
	if (!template_given(fallback))
		return template_wrong(r, "cannot convert what it got and has no default");
	*v_r = *fallback;
	return 0;
}

TEMPLATE_CALL(float)
{
	(void)count;
	bool ok;
	double real;
	int err = template_to_real(r, &args[0], &ok, &real);
	if (err != 0 || !ok)
		return err ? err : fall_back(r, &args[0], &args[1], v_r);
	*v_r = datum_real(real);
	return 0;
}

TEMPLATE_CALL(int)
{
	(void)count;
	bool ok;
	int64_t integer, base = 10;
	if (template_given(&args[2]) && (!template_is_integer(&args[2], &base) || base < 2 || base > 36))
		return template_wrong(r, "has a base that is none of 2 to 36");
	int err = template_to_integer(r, &args[0], (int)base, &ok, &integer);
	if (err != 0 || !ok)
		return err ? err : fall_back(r, &args[0], &args[1], v_r);
	*v_r = datum_integer(integer);
	return 0;
}

/* Rounds up, down or to halves at the decimal that multiplier stands for. */
static double round_by(double value, double multiplier, struct span method)
{
	if (span_is(method, "half"))
		return (template_round(value * 2, 0) + 0.0) / 2; /* no -0.0: Python goes by way of an integer */
	value *= multiplier;
	return ((span_is(method, "ceil") ? ceil(value) : floor(value)) + 0.0) / multiplier;
}

TEMPLATE_CALL(round)
{
	(void)count;
	bool ok;
	double value;
	int64_t precision = 0, integer;
	if (template_given(&args[1]) && !template_is_integer(&args[1], &precision))
		return fall_back(r, &args[0], &args[3], v_r);
	if (precision > 308 || precision < -308)
		return template_fail(r, ERR_TOO_LARGE, "rounds to too many digits");
	int err = template_to_real(r, &args[0], &ok, &value);
	if (err != 0 || !ok)
		return err ? err : fall_back(r, &args[0], &args[3], v_r);
	struct span method = args[2].kind == KIND_STRING ? args[2].string : span_str("common");
	if (span_is(method, "ceil") || span_is(method, "floor") || span_is(method, "half"))
		value = round_by(value, pow(10, (double)precision), method);
	else
		value = template_round(value, precision);
	*v_r = datum_real(value);
	if (precision != 0)
		return 0;
	if (isnan(value))
		return fall_back(r, &args[0], &args[3], v_r);
	err = template_truncate(r, value, &integer);
	*v_r = datum_integer(integer);
	return err;
}

/* float(value) op amount, both Home Assistant's add and multiply. */
static int calculate(struct render *r, const struct datum *args, unsigned op, struct datum *v_r)
{
	bool ok;
	double value, amount;
	int err = template_to_real(r, &args[0], &ok, &value);
	if (err != 0)
		return err;
	if (args[1].kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "calculates with something that is not there");
	if (!ok || !template_is_number(&args[1], &amount))
		return fall_back(r, &args[0], &args[2], v_r);
	*v_r = datum_real(op == TOKEN_ADD ? value + amount : value * amount);
	return 0;
}

TEMPLATE_CALL(add)
{
	(void)count;
	return calculate(r, args, TOKEN_ADD, v_r);
}

TEMPLATE_CALL(multiply)
{
	(void)count;
	return calculate(r, args, TOKEN_MULTIPLY, v_r);
}

TEMPLATE_CALL(abs)
{
	(void)count;
	double real;
	bool negative = template_is_number(&args[0], &real) && (args[0].kind == KIND_REAL ? signbit(real) != 0 : real < 0);
	return template_sign(r, negative, &args[0], v_r);
}

static int get_integers(struct render *r, const struct datum *args, int64_t integers[2])
{
	for (int i = 0; i < 2; i++) {
		if (args[i].kind == KIND_UNDEFINED)
			return template_fail(r, ERR_NOT_FOUND, "calculates with something that is not there");
		if (!template_is_integer(&args[i], &integers[i]))
			return template_wrong(r, "needs integers");
	}
	return 0;
}

TEMPLATE_CALL(bitwise_and)
{
	(void)count;
	int64_t integers[2] = {0};
	int err = get_integers(r, args, integers);
	*v_r = datum_integer(integers[0] & integers[1]);
	return err;
}

TEMPLATE_CALL(bitwise_or)
{
	(void)count;
	int64_t integers[2] = {0};
	int err = get_integers(r, args, integers);
	*v_r = datum_integer(integers[0] | integers[1]);
	return err;
}

TEMPLATE_CALL(bitwise_xor)
{
	(void)count;
	int64_t integers[2] = {0};
	int err = get_integers(r, args, integers);
	*v_r = datum_integer(integers[0] ^ integers[1]);
	return err;
}

/* Home Assistant's words for true and false. */
TEMPLATE_CALL(boolean)
{
	static const char *const words[] = {"0", "1",	"false",  "true",    "no",
					    "yes", "off", "on", "disable", "enable"};
	(void)count;
	double real;
	if (template_is_number(&args[0], &real)) {
		*v_r = datum_bool(real != 0);
		return 0;
	}
	struct datum word = args[0];
	int err = 0;
	if (word.kind == KIND_STRING)
		err = template_letters(r, template_strip(word.string, true, true), LETTERS_LOWER, &word);
	for (size_t i = 0; err == 0 && word.kind == KIND_STRING && i < sizeof words / sizeof words[0]; i++) {
		if (!span_is(word.string, words[i]))
			continue;
		*v_r = datum_bool(i % 2 != 0);
		return 0;
	}
	return err ? err : fall_back(r, &args[0], &args[1], v_r);
}

TEMPLATE_CALL(is_number)
{
	(void)count;
	bool ok;
	double real;
	int err = template_to_real(r, &args[0], &ok, &real);
	*v_r = datum_bool(err == 0 && ok && isfinite(real));
	return err;
}

TEMPLATE_CALL(string)
{
	(void)count;
	struct span text;
	int err = template_text(r, &args[0], &text);
	*v_r = datum_string(text);
	return err;
}

TEMPLATE_CALL(default)
{
	(void)count;
	bool also_false = template_given(&args[2]) && template_truth(r, &args[2]);
	if (args[0].kind != KIND_UNDEFINED && !(also_false && !template_truth(r, &args[0])))
		*v_r = args[0];
	else
		*v_r = template_given(&args[1]) ? args[1] : datum_string(span_str(""));
	return 0;
}

TEMPLATE_CALL(is_defined)
{
	(void)count;
	if (args[0].kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "asks for something that is not there");
	*v_r = args[0];
	return 0;
}

TEMPLATE_CALL(iif)
{
	(void)count;
	if (args[0].kind == KIND_NONE && template_given(&args[3])) {
		*v_r = args[3];
		return 0;
	}
	bool truth = template_truth(r, &args[0]);
	*v_r = args[truth ? 1 : 2];
	if (!template_given(v_r))
		*v_r = datum_bool(truth);
	return 0;
}

TEMPLATE_CALL(from_json)
{
	(void)count;
	json_t *json = NULL;
	if (r->owned_count == TEMPLATE_OWNED_MAX)
		return template_fail(r, ERR_TOO_LARGE, "reads JSON too often");
	if (args[0].kind == KIND_STRING) {
		int err = template_spend(r, args[0].string.len);
		if (err != 0)
			return err;
		const char *text = args[0].string.len ? (const char *)args[0].string.data : "";
		json = json_loadb(text, args[0].string.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	}
	if (!json)
		return fall_back(r, &args[0], &args[1], v_r);
	r->owned[r->owned_count++] = json;
	*v_r = template_from_json(json);
	return 0;
}

static int make_json(struct render *r, const struct datum *v, enum json_style style, bool sort_keys, struct datum *v_r)
{
	size_t mark = r->out->len;
	int err = template_put_json(r, v, style, sort_keys, 0);
	return err ? err : template_take(r, mark, v_r);
}

TEMPLATE_CALL(to_json)
{
	(void)count;
	for (int i = 1; i <= 2; i++)
		if (template_given(&args[i]) && template_truth(r, &args[i]))
			return template_wrong(r, "makes JSON that is pretty or ASCII, which is not supported");
	return make_json(r, &args[0], JSON_ORJSON, template_given(&args[3]) && template_truth(r, &args[3]), v_r);
}

TEMPLATE_CALL(tojson)
{
	(void)count;
	return make_json(r, &args[0], JSON_PYTHON, true, v_r);
}
