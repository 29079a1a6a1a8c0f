/* Templates: what Jinja2 makes of those that devices and bridges send, and of expressions made at random (both computed
 * beforehand by tests/support/jinja2_vectors.py), what is refused and how that is said, and every bound. */
#include "device/template.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "support/suite.h"

struct template_vector {
	const char *template, *payload, *variables; /* payload NULL: of a command; variables: JSON or NULL */
	const char *text;                           /* NULL: fails */
	int err;
	bool undefined;
};

#include "template_vectors.h"

enum { VARIABLES_MAX = 8 };

/* Allocations are counted: see nothing_is_allocated. */
static size_t allocations;

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
	allocations++;
	return __real_realloc(old, size);
}

static struct template *compile(const char *text)
{
	struct template *t;
	char message[TEMPLATE_MESSAGE_SIZE];
	int err = template_compile(span_str(text), &t, message);
	ck_assert_msg(err == 0 && t && !message[0], "%s: %d %s", text, err, message);
	return t;
}

/* Renders text with the input; the result is a string of static memory, NULL after a failure. */
static const char *render_with(const char *text, struct template_input *in, int *err_r)
{
	static char result[TEMPLATE_OUTPUT_MAX + 1];
	struct template *t = compile(text);
	struct buf out = {0};
	struct template_outcome outcome;
	*err_r = template_render(t, in, &out, &outcome);
	ck_assert_msg((*err_r != 0) == (outcome.failure != NULL), "%s", text);
	memcpy(result, out.len ? (char *)out.data : "", out.len);
	result[out.len] = 0;
	ck_assert(*err_r == 0 || out.len == 0);
	buf_finish(&out);
	template_destroy(&t);
	ck_assert_ptr_null(t);
	return *err_r ? NULL : result;
}

static const char *render(const char *text, const char *payload, int *err_r)
{
	struct template_input in;
	template_input_init(&in, span_str(payload));
	const char *result = render_with(text, &in, err_r);
	template_input_finish(&in);
	return result;
}

static void expect(const char *text, const char *payload, const char *expected)
{
	int err;
	const char *result = render(text, payload, &err);
	ck_assert_msg(result && strcmp(result, expected) == 0, "%s of %s: %s (%d)", text, payload, result ? result : "-", err);
}

static void expect_failure(const char *text, const char *payload, int expected)
{
	int err;
	render(text, payload, &err);
	ck_assert_msg(err == expected, "%s of %s: %d", text, payload, err);
}

/* ---- what Jinja2 does ---- */

static size_t read_variables(const json_t *object, struct template_variable *variables)
{
	size_t count = 0;
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)object, name, v) {
		ck_assert_uint_lt(count, VARIABLES_MAX);
		variables[count++] = json_is_integer(v)	? template_integer(name, json_integer_value(v))
				     : json_is_real(v)	? template_real(name, json_real_value(v))
				     : json_is_string(v) ? template_string(name, span_str(json_string_value(v)))
							 : template_bool(name, json_is_true(v));
	}
	return count;
}

static void check_vector(const struct template_vector *v)
{
	struct template_variable variables[VARIABLES_MAX];
	json_t *object = v->variables ? json_loads(v->variables, 0, NULL) : NULL;
	struct template_input in;
	template_input_init_command(&in, variables, read_variables(object, variables));
	if (v->payload) {
		template_input_init(&in, span_str(v->payload));
		in.variables = variables;
		in.variable_count = json_object_size(object);
	}
	struct template *t = compile(v->template);
	struct template_outcome outcome;
	struct buf out = {0};
	int err = template_render(t, &in, &out, &outcome);
	ck_assert_msg(err == v->err, "%s of %s: %d, should be %d", v->template, v->payload, err, v->err);
	ck_assert_msg(err || span_is(buf_span(&out), v->text), "%s of %s: '%.*s', should be '%s'", v->template, v->payload,
		      (int)out.len, (const char *)out.data, v->text);
	ck_assert_msg(err || outcome.undefined == v->undefined, "%s of %s: undefined is %d", v->template, v->payload,
		      outcome.undefined);
	buf_finish(&out);
	template_destroy(&t);
	template_input_finish(&in);
	json_decref(object);
}

START_TEST(templates_of_devices)
{
	for (size_t i = 0; i < sizeof real_vectors / sizeof real_vectors[0]; i++)
		check_vector(&real_vectors[i]);
}
END_TEST

START_TEST(expressions_at_random)
{
	for (size_t i = 0; i < sizeof random_vectors / sizeof random_vectors[0]; i++)
		check_vector(&random_vectors[i]);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(what_is_not_known_is_named)
{
	static const struct {
		const char *text, *message;
		int err;
	} rows[] = {
		{"{{ value | regex_replace('a', 'b') }}", "the filter 'regex_replace' is not known (line 1, character 12)",
		 ERR_UNSUPPORTED},
		{"{{ now() }}", "the function 'now' is not known (line 1, character 4)", ERR_UNSUPPORTED},
		{"{{ this.state }}", "the variable 'this' is not known (line 1, character 4)", ERR_UNSUPPORTED},
		{"{{ states('sensor.x') }}", "the function 'states' is not known (line 1, character 4)", ERR_UNSUPPORTED},
		{"{{ value.encode() }}", "the method 'encode' is not known (line 1, character 10)", ERR_UNSUPPORTED},
		{"{{ value is match('a') }}", "the test 'match' is not known (line 1, character 13)", ERR_UNSUPPORTED},
		{"a\nb {% for x in value %}{% endfor %}", "the tag 'for' is not supported (line 2, character 6)",
		 ERR_UNSUPPORTED},
		{"{% macro x() %}", "the tag 'macro' is not supported (line 1, character 4)", ERR_UNSUPPORTED},
		{"{% set a, b = 1, 2 %}", "set is only supported as set name = value (line 1, character 9)",
		 ERR_UNSUPPORTED},
		{"{% set x %}a{% endset %}", "set is only supported as set name = value (line 1, character 10)",
		 ERR_UNSUPPORTED},
		{"{{ value | round(digits=1) }}", "the argument 'digits' is not known here (line 1, character 18)",
		 ERR_UNSUPPORTED},
		{"{{ value | round(1, 'floor', 0, 4) }}", "'round' has too many arguments (line 1, character 33)",
		 ERR_UNSUPPORTED},
		{"{{ min(*value) }}", "arguments with * are not supported (line 1, character 8)", ERR_UNSUPPORTED},
		{"{{ value_json.list[0]() }}", "only functions and methods can be called (line 1, character 22)",
		 ERR_UNSUPPORTED},
		{"{{ '\\N{DEGREE SIGN}' }}", "the escape \\N is not known (line 1, character 4)", ERR_UNSUPPORTED},
		{"{{ value | replace('a') }}", "'replace' has too few arguments (line 1, character 25)", ERR_MALFORMED},
		{"é {{ value", "a tag has no end (line 1, character 11)", ERR_MALFORMED},
		{"{{ }}", "here should be a value (line 1, character 4)", ERR_MALFORMED},
		{"{{ a b }}", "here should be the end of the tag (line 1, character 6)", ERR_MALFORMED},
		{"{{ (1 }}", "here should be ')' (line 1, character 7)", ERR_MALFORMED},
		{"{{ 1) }}", "')' closes what is not open (line 1, character 5)", ERR_MALFORMED},
		{"{{ [1, 2 }}", "here should be ']' (line 1, character 10)", ERR_MALFORMED},
		{"{{ {'a' 1} }}", "here should be ':' (line 1, character 9)", ERR_MALFORMED},
		{"{{ 'a }}", "a string has no end (line 1, character 4)", ERR_MALFORMED},
		{"{{ '\\xg0' }}", "an escape in a string is not understood (line 1, character 4)", ERR_MALFORMED},
		{"{{ '\\ud83d' }}", "an escape in a string is no character (line 1, character 4)", ERR_MALFORMED},
		{"{{ ? }}", "a character is not understood (line 1, character 4)", ERR_MALFORMED},
		{"{{ 007 }}", "a number must not begin with 0 (line 1, character 4)", ERR_MALFORMED},
		{"{{ 0xg }}", "a number is not understood (line 1, character 4)", ERR_MALFORMED},
		{"{{ 99999999999999999999 }}", "a number is too large (line 1, character 4)", ERR_TOO_LARGE},
		{"{{ value | }}", "here should be a filter (line 1, character 12)", ERR_MALFORMED},
		{"{{ value is }}", "here should be a test (line 1, character 13)", ERR_MALFORMED},
		{"{{ value. }}", "here should be a name (line 1, character 11)", ERR_MALFORMED},
		{"{{ value[] }}", "a subscript is empty (line 1, character 12)", ERR_MALFORMED},
		{"{% if value %}", "an if has no endif (line 1, character 15)", ERR_MALFORMED},
		{"{% if value %}{% else %}{% elif 1 %}", "the tag 'elif' does not belong here (line 1, character 28)",
		 ERR_MALFORMED},
		{"{% endif %}", "the tag 'endif' does not belong here (line 1, character 4)", ERR_MALFORMED},
		{"{% %}", "here should be the name of a tag (line 1, character 4)", ERR_MALFORMED},
		{"{% set none = 1 %}", "here should be a name to set (line 1, character 8)", ERR_MALFORMED},
		{"{# never", "a comment has no end (line 1, character 3)", ERR_MALFORMED},
		{"\xff", "the template is not UTF-8 (line 1, character 1)", ERR_MALFORMED},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct template *t;
		char message[TEMPLATE_MESSAGE_SIZE];
		int err = template_compile(span_str(rows[i].text), &t, message);
		ck_assert_ptr_null(t);
		ck_assert_msg(err == rows[i].err && strcmp(message, rows[i].message) == 0, "%s: %d %s", rows[i].text, err,
			      message);
	}
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
	char text[400] = "{{ 1 | ", message[TEMPLATE_MESSAGE_SIZE];
	for (int i = 0; i < 50; i++)
		memcpy(text + 7 + 3 * i, "x\xc3\xa9", 4);
	strncat(text, " }}", sizeof text - strlen(text) - 1);
	struct template *t;
	ck_assert_int_eq(template_compile(span_str(text), &t, message), ERR_UNSUPPORTED);
	ck_assert(utf8_valid(span_str(message)));
	ck_assert_ptr_nonnull(strstr(message, "…' is not known (line 1, character 8)"));
}
END_TEST

/* ---- input ---- */

START_TEST(one_parse_serves_all_templates)
{
	struct template_input in;
	int err;
	template_input_init(&in, span_str("{\"a\":[1,2]}"));
	ck_assert_str_eq(render_with("{{ value_json.a[0] }}", &in, &err), "1");
	const struct json_t *first = template_input_json(&in);
	ck_assert_ptr_nonnull(first);
	ck_assert_str_eq(render_with("{{ value_json.a[1] }}", &in, &err), "2");
	ck_assert_ptr_eq(template_input_json(&in), first);
	template_input_finish(&in);
	ck_assert_ptr_null(template_input_json(&in));
	template_input_finish(&in);
}
END_TEST

START_TEST(payloads_that_are_no_text)
{
	int err;
	struct template_input in;
	template_input_init(&in, span_of("\xff\xfe", 2));
	ck_assert_ptr_null(render_with("{{ value }}", &in, &err));
	ck_assert_int_eq(err, ERR_MALFORMED);
	ck_assert_ptr_null(render_with("{{ value_json.a }}", &in, &err));
	ck_assert_int_eq(err, ERR_NOT_FOUND);
	ck_assert_str_eq(render_with("{{ 'x' if value_json is defined else 'y' }}", &in, &err), "y");
	template_input_finish(&in);
	template_input_init(&in, span_of(NULL, 0));
	ck_assert_str_eq(render_with("<{{ value }}>", &in, &err), "<>");
	template_input_finish(&in);
}
END_TEST

START_TEST(payloads_that_are_too_long)
{
	int err;
	struct template_input in;
	struct buf payload = {0};
	ck_assert_int_eq(buf_append_str(&payload, "[1"), 0);
	while (payload.len < TEMPLATE_JSON_MAX - 2)
		ck_assert_int_eq(buf_append_str(&payload, ",1"), 0);
	ck_assert_int_eq(buf_append_str(&payload, " ]"), 0);
	ck_assert_uint_eq(payload.len, TEMPLATE_JSON_MAX);
	template_input_init(&in, buf_span(&payload));
	ck_assert_str_eq(render_with("{{ value_json | length }}", &in, &err), "131071");
	ck_assert_ptr_null(render_with("{{ value }}", &in, &err));
	ck_assert_int_eq(err, ERR_TOO_LARGE);
	ck_assert_ptr_null(render_with("{{ value_json | last }}", &in, &err));
	ck_assert_int_eq(err, ERR_TOO_LARGE);
	template_input_finish(&in);
	ck_assert_int_eq(buf_append_str(&payload, " "), 0);
	template_input_init(&in, buf_span(&payload));
	ck_assert_ptr_null(template_input_json(&in));
	ck_assert_str_eq(render_with("{{ value_json is defined }}", &in, &err), "False");
	template_input_finish(&in);
	buf_finish(&payload);
}
END_TEST

START_TEST(texts_are_sorted_in_any_alphabet)
{
	expect("{{ ['b', 'A', 'C', 'ab', '', 'a'] | sort | join(',') }} {{ ['\u00dc', '\u00e4', 'Z'] | sort | join }} "
	       "{{ ['b', 'A', 'a'] | sort(case_sensitive=true) | join }} {{ ['b', 'B', 'a'] | sort(reverse=true) | join }}",
	       "", ",A,a,ab,b,C Z\303\244\303\234 Aab bBa");
	expect("{{ ['b', 'A'] | min }} {{ ['b', 'A', 'B'] | max }} {{ min('x', 'X') }}", "", "A b x");
}
END_TEST

START_TEST(integers_beyond_64_bits)
{
	expect("{{ value_json.id }} {{ value_json.n }}", "{\"id\":18446744073709551616,\"n\":5}", "1.8446744073709552e+19 5.0");
	expect_failure("{{ value_json.n + 1 }}", "{\"n\":9223372036854775807}", ERR_TOO_LARGE);
	expect_failure("{{ value_json.n * 10 }}", "{\"n\":9223372036854775807}", ERR_TOO_LARGE);
	expect_failure("{{ 2 ** 64 }}", "", ERR_TOO_LARGE);
	expect_failure("{{ 1e300 | int }}", "", ERR_TOO_LARGE);
	expect_failure("{{ -value_json }}", "-9223372036854775808", ERR_TOO_LARGE);
	expect_failure("{{ value_json // -1 }}", "-9223372036854775808", ERR_TOO_LARGE);
	expect("{{ value_json % -1 }}", "-9223372036854775808", "0");
}
END_TEST

START_TEST(variables_of_a_command)
{
	const struct template_variable variables[] = {
		template_integer("value", 5), template_real("hue", 120.0), template_bool("on", true),
		template_string("entity_id", span_str("light.lamp")), {.name = "effect", .kind = TEMPLATE_NONE},
	};
	struct template_input in;
	int err;
	template_input_init_command(&in, variables, 5);
	ck_assert_str_eq(render_with("{{ value / 2 }},{{ hue }},{{ on }},{{ entity_id }},{{ effect }},{{ value_json }}", &in,
				     &err),
			 "2.5,120.0,True,light.lamp,None,");
	template_input_finish(&in);
}
END_TEST

START_TEST(output_is_appended_and_left_alone_on_failure)
{
	struct buf out = {0};
	struct template_input in;
	ck_assert_int_eq(buf_append_str(&out, " before "), 0);
	template_input_init(&in, span_str("x"));
	struct template *t = compile("  {{ value }}  "), *bad = compile("text {{ value }} {{ value.a.b }}");
	ck_assert_int_eq(template_render(t, &in, &out, NULL), 0);
	ck_assert(span_is(buf_span(&out), " before x"));
	ck_assert_int_eq(template_render(bad, &in, &out, NULL), ERR_NOT_FOUND);
	ck_assert(span_is(buf_span(&out), " before x"));
	template_destroy(&t);
	template_destroy(&bad);
	template_destroy(NULL);
	template_input_finish(&in);
	buf_finish(&out);
}
END_TEST

START_TEST(nothing_is_allocated)
{
	static const char *const texts[] = {
		"{{ value }}", "{{ value_json.a.b }}", "{{ value_json['a']['b'] | float | round(1) }}",
		"{% if value_json.on %}ON{% else %}OFF{% endif %}",
		"{{ {'off':0,'low':1}[value_json.mode] | default('None') }}", "{{ value_json.mode.split(',')[0] | upper }}",
	};
	struct template_input in;
	struct buf out = {0};
	template_input_init(&in, span_str("{\"a\":{\"b\":21.55},\"on\":true,\"mode\":\"low\"}"));
	ck_assert_ptr_nonnull(template_input_json(&in));
	ck_assert_int_eq(buf_reserve(&out, 1024), 0);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct template *t = compile(texts[i]);
		allocations = 0;
		int err = template_render(t, &in, &out, NULL);
		size_t counted = allocations;
		ck_assert_msg(err == 0 && counted == 0, "%s: %zu allocations", texts[i], counted);
		template_destroy(&t);
	}
	buf_finish(&out);
	template_input_finish(&in);
}
END_TEST

/* ---- bounds ---- */

struct nesting {
	const char *open, *before, *middle, *after, *close;
};

/* A template with n times before and after around the middle. */
static void nest(const struct nesting *row, int n, struct buf *text)
{
	ck_assert_int_eq(buf_append_str(text, row->open), 0);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(buf_append_str(text, row->before), 0);
	ck_assert_int_eq(buf_append_str(text, row->middle), 0);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(buf_append_str(text, row->after), 0);
	ck_assert_int_eq(buf_append_str(text, row->close), 0);
}

START_TEST(depth_is_bounded)
{
	static const struct nesting rows[] = {
		{"{{ ", "(", "1", ")", " }}"},	   {"{{ ", "[", "1", "]", " }}"},
		{"", "{% if 1 %}", "x", "{% endif %}", ""}, {"{{ ", "-", "1", "", " }}"},
		{"{{ ", "not ", "1", "", " }}"},   {"{{ ", "", "1", " + 1", " }}"},
		{"{{ ", "", "value", "[0]", " }}"}, {"{{ ", "", "1", "|abs", " }}"},
		{"{{ ", "", "1", " ** 1", " }}"},  {"{{ ", "", "1", " if 1 else 2", " }}"},
		{"{{ ", "{1:", "1", "} ", "}}"},   {"{{ ", "min(1, ", "1", ")", " }}"},
		{"{{ ", "'a'.join([", "'a'", "])", " }}"}, {"{{ ", "", "1", " is eq 1", " }}"},
		{"{{ ", "value[", "0", "]", " }}"}, {"{{ ", "value[:", "1", "]", " }}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int failed_at = 0;
		for (int n = 1; n < 300; n += n < 100 ? 1 : 50) {
			struct template *t;
			struct buf text = {0}, out = {0};
			struct template_input in;
			char message[TEMPLATE_MESSAGE_SIZE];
			nest(&rows[i], n, &text);
			int err = template_compile(buf_span(&text), &t, message);
			ck_assert_msg(err == 0 || (err == ERR_TOO_LARGE && n > 10), "%s: %d %s", rows[i].before, n, message);
			ck_assert(err == 0 || span_starts(span_str(message), span_str("too many things are within each other")));
			ck_assert(err != 0 || failed_at == 0);
			failed_at = err && !failed_at ? n : failed_at;
			template_input_init(&in, span_str("0"));
			if (err == 0)
				template_render(t, &in, &out, NULL); /* whatever it says, it comes back */
			template_input_finish(&in);
			template_destroy(&t);
			buf_finish(&text);
			buf_finish(&out);
		}
		ck_assert_msg(failed_at > 0 && failed_at <= TEMPLATE_DEPTH_MAX + 1, "%s%s: %d", rows[i].before, rows[i].after,
			      failed_at);
	}
}
END_TEST

START_TEST(length_is_bounded)
{
	static const struct {
		struct nesting nesting;
		int n;
		const char *message;
	} rows[] = {
		{{"", "", "x", "0123456789abcdef", ""}, TEMPLATE_TEXT_MAX / 16, "the template is too long"},
		{{"", "", "", "{{1}}", ""}, TEMPLATE_NODES_MAX / 2, "the template is too long"},
		{{"{{ [", "", "1", ",1", "] }}"}, TEMPLATE_NODES_MAX, "the template is too long"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct template *t;
		struct buf text = {0};
		char message[TEMPLATE_MESSAGE_SIZE];
		nest(&rows[i].nesting, rows[i].n, &text);
		ck_assert_int_eq(template_compile(buf_span(&text), &t, message), ERR_TOO_LARGE);
		ck_assert_ptr_null(t);
		ck_assert(span_starts(span_str(message), span_str(rows[i].message)));
		buf_finish(&text);
	}
	struct buf text = {0};
	for (int i = 0; i < 33; i++)
		ck_assert_int_eq(buf_printf(&text, "{%% set x%d = 1 %%}{%% set x%d = 1 %%}", i, i), 0);
	struct template *t;
	char message[TEMPLATE_MESSAGE_SIZE];
	ck_assert_int_eq(template_compile(buf_span(&text), &t, message), ERR_TOO_LARGE);
	ck_assert(span_starts(span_str(message), span_str("too many names are set")));
	buf_finish(&text);
}
END_TEST

START_TEST(work_and_memory_are_bounded)
{
	static const char *const texts[] = {
		"{{ 'x' * 65537 }}",
		"{{ 'x' * 60000 }}{{ 'x' * 60000 }}",
		"{{ ('x' * 60000) | replace('x', 'xx') }}",
		"{% set a = 'x' * 60000 %}{% set b = a ~ 'y' %}{% set c = b ~ 'y' %}{% set d = c ~ 'y' %}{% set e = d ~ 'y' %}",
		"{{ [1] * 20000 }}",
		"{{ range(1025) }}",
		"{{ range(0, 2000, 1) | length }}",
		"{{ (range(1000) | list + range(1000) | list) | sort(reverse=true) }}",
		"{{ ('x ' * 30000).split() | length }}",
		"{{ ('ab' * 10000) | trim('ba' * 1000) }}",
		"{{ 'x' | from_json(0) }}{{ '1' | from_json }}{{ '1' | from_json }}{{ '1' | from_json }}{{ '1' | from_json }}"
		"{{ '1' | from_json }}",
		"{{ 1e308 | round(400) }}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		expect_failure(texts[i], "x", ERR_TOO_LARGE);
	expect("{{ ('x' * 60000) | length }}", "", "60000");
	expect("{{ range(1024) | length }} {{ range(9, 0, -4) | join }} {{ range(9223372036854775806, 9223372036854775807) }}",
	       "", "1024 951 [9223372036854775806]");
}
END_TEST

START_TEST(deep_json_is_not_followed)
{
	char payload[512] = "";
	size_t len = 0;
	for (int i = 0; i < 100; i++)
		payload[len++] = '[';
	for (int i = 0; i < 100; i++)
		payload[len++] = ']';
	payload[len] = 0;
	expect_failure("{{ value_json }}", payload, ERR_TOO_LARGE);
	expect_failure("{{ value_json | tojson }}", payload, ERR_TOO_LARGE);
	expect_failure("{{ value_json | to_json }}", payload, ERR_TOO_LARGE);
	expect_failure("{{ value_json == value | from_json }}", payload, ERR_TOO_LARGE);
	expect("{{ value_json[0][0] | length }}", payload, "1");
}
END_TEST

/* A program is shared between threads and renders the same again and again. */
START_TEST(programs_do_not_change)
{
	struct template *t = compile("{% if value == 'a' %}{% set x = 1 %}{% endif %}{{ x | default('none') }}");
	for (int i = 0; i < 4; i++) {
		struct template_input in;
		struct buf out = {0};
		template_input_init(&in, span_str(i % 2 ? "b" : "a"));
		ck_assert_int_eq(template_render(t, &in, &out, NULL), 0);
		ck_assert(span_is(buf_span(&out), i % 2 ? "none" : "1"));
		template_input_finish(&in);
		buf_finish(&out);
	}
	template_destroy(&t);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {templates_of_devices,
					     expressions_at_random,
					     what_is_not_known_is_named,
					     long_names_are_cut_between_characters,
					     one_parse_serves_all_templates,
					     payloads_that_are_no_text,
					     payloads_that_are_too_long,
					     texts_are_sorted_in_any_alphabet,
					     integers_beyond_64_bits,
					     variables_of_a_command,
					     output_is_appended_and_left_alone_on_failure,
					     nothing_is_allocated,
					     depth_is_bounded,
					     length_is_bounded,
					     work_and_memory_are_bounded,
					     deep_json_is_not_followed,
					     programs_do_not_change};
	return suite_run("template", tests, sizeof tests / sizeof tests[0]);
}
