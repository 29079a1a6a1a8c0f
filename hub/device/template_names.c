/* The names that templates can call, each in one row: filters, tests, functions and methods. What is not here is refused
 * when a template is compiled, by its name. */
#include "device/template_calls_private.h"

#define ROW(name, parameters, required, call) {SUBJECT_ANY, name, parameters, required, template_call_##call}
#define TEXT(name, parameters, required, call) {SUBJECT_TEXT, name, parameters, required, template_call_##call}
#define MAPPING(name, parameters, required, call) {SUBJECT_MAPPING, name, parameters, required, template_call_##call}

static const struct callable filters[] = {
	ROW("abs", "", 0, abs),
	ROW("add", "amount,default", 1, add),
	ROW("bitwise_and", "second_value", 1, bitwise_and),
	ROW("bitwise_or", "second_value", 1, bitwise_or),
	ROW("bitwise_xor", "second_value", 1, bitwise_xor),
	ROW("bool", "default", 0, boolean),
	ROW("capitalize", "", 0, capitalize),
	ROW("count", "", 0, length),
	ROW("d", "default_value,boolean", 0, default),
	ROW("default", "default_value,boolean", 0, default),
	ROW("first", "", 0, first),
	ROW("float", "default", 0, float),
	ROW("format", "*", 0, format),
	ROW("from_json", "default", 0, from_json),
	ROW("iif", "if_true,if_false,if_none", 0, iif),
	ROW("int", "default,base", 0, int),
	ROW("is_defined", "", 0, is_defined),
	ROW("is_number", "", 0, is_number),
	ROW("join", "d", 0, join),
	ROW("last", "", 0, last),
	ROW("length", "", 0, length),
	ROW("list", "", 0, list),
	ROW("lower", "", 0, lower),
	ROW("max", "", 0, max),
	ROW("min", "", 0, min),
	ROW("multiply", "amount,default", 1, multiply),
	ROW("replace", "old,new,count", 2, replace),
	ROW("reverse", "", 0, reverse),
	ROW("round", "precision,method,default", 0, round),
	ROW("sort", "reverse,case_sensitive", 0, sort),
	ROW("string", "", 0, string),
	ROW("sum", "", 0, sum),
	ROW("title", "", 0, title),
	ROW("to_json", "ensure_ascii,pretty_print,sort_keys", 0, to_json),
	ROW("tojson", "", 0, tojson),
	ROW("trim", "chars", 0, strip),
	ROW("upper", "", 0, upper),
};

static const struct callable tests[] = {
	ROW("boolean", "", 0, test_boolean),
	ROW("contains", "other", 1, test_contains),
	ROW("defined", "", 0, test_defined),
	ROW("divisibleby", "num", 1, test_divisibleby),
	ROW("eq", "other", 1, test_eq),
	ROW("equalto", "other", 1, test_eq),
	ROW("even", "", 0, test_even),
	ROW("false", "", 0, test_false),
	ROW("float", "", 0, test_float),
	ROW("ge", "other", 1, test_ge),
	ROW("greaterthan", "other", 1, test_gt),
	ROW("gt", "other", 1, test_gt),
	ROW("in", "seq", 1, test_in),
	ROW("integer", "", 0, test_integer),
	ROW("is_number", "", 0, is_number),
	ROW("iterable", "", 0, test_iterable),
	ROW("le", "other", 1, test_le),
	ROW("lessthan", "other", 1, test_lt),
	ROW("list", "", 0, test_list),
	ROW("lt", "other", 1, test_lt),
	ROW("mapping", "", 0, test_mapping),
	ROW("ne", "other", 1, test_ne),
	ROW("none", "", 0, test_none),
	ROW("number", "", 0, test_number),
	ROW("odd", "", 0, test_odd),
	ROW("sameas", "other", 1, test_sameas),
	ROW("sequence", "", 0, test_sequence),
	ROW("string", "", 0, test_string),
	ROW("true", "", 0, test_true),
	ROW("undefined", "", 0, test_undefined),
};

static const struct callable functions[] = {
	ROW("bitwise_and", "first_value,second_value", 2, bitwise_and),
	ROW("bitwise_or", "first_value,second_value", 2, bitwise_or),
	ROW("bitwise_xor", "first_value,second_value", 2, bitwise_xor),
	ROW("bool", "value,default", 1, boolean),
	ROW("float", "value,default", 1, float),
	ROW("iif", "value,if_true,if_false,if_none", 1, iif),
	ROW("int", "value,default,base", 1, int),
	ROW("is_number", "value", 1, is_number),
	ROW("max", "*", 1, max),
	ROW("min", "*", 1, min),
	ROW("range", "*", 1, range),
};

static const struct callable methods[] = {
	TEXT("capitalize", "", 0, capitalize),
	TEXT("endswith", "suffix", 1, endswith),
	TEXT("find", "sub", 1, find),
	TEXT("format", "*", 0, format_method),
	MAPPING("get", "key,default", 1, get),
	TEXT("isdecimal", "", 0, isdigit),
	TEXT("isdigit", "", 0, isdigit),
	TEXT("isnumeric", "", 0, isdigit),
	MAPPING("items", "", 0, items),
	TEXT("join", "iterable", 1, join_method),
	MAPPING("keys", "", 0, keys),
	TEXT("lower", "", 0, lower),
	TEXT("lstrip", "chars", 0, lstrip),
	TEXT("replace", "old,new,count", 2, replace),
	TEXT("rstrip", "chars", 0, rstrip),
	TEXT("split", "sep,maxsplit", 0, split),
	TEXT("startswith", "prefix", 1, startswith),
	TEXT("strip", "chars", 0, strip),
	TEXT("title", "", 0, title_method),
	TEXT("upper", "", 0, upper),
	MAPPING("values", "", 0, values),
};

static const struct callable *find(const struct callable *rows, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

const struct callable *template_filter(struct span name)
{
	return find(filters, sizeof filters / sizeof filters[0], name);
}

const struct callable *template_test(struct span name)
{
	return find(tests, sizeof tests / sizeof tests[0], name);
}

const struct callable *template_function(struct span name)
{
	return find(functions, sizeof functions / sizeof functions[0], name);
}

const struct callable *template_method(struct span name)
{
	return find(methods, sizeof methods / sizeof methods[0], name);
}
