/* Paths into JSON, payloads as values, and the owner's wishes: what is taken, in which form, and
 * that what is not comes with a sentence. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "ingest/path.h"
#include "ingest/payload.h"
#include "ingest/wishes.h"
#include "support/suite.h"

START_TEST(paths_have_one_form)
{
	static const struct {
		const char *text, *form;
	} cases[] = {
		{"", ""},
		{"$", ""},
		{"sensors.temp", "$.sensors.temp"},
		{"$.sensors['temp']", "$.sensors.temp"},
		{"ENERGY.Power[0]", "$.ENERGY.Power[0]"},
		{"$.a.b[0]['c d']", "$.a.b[0]['c d']"},
		{"[\"c 'd'\"][-1]", "$['c \\'d\\''][-1]"},
		{"$['\\\\']['']", "$['\\\\']['']"},
		{"DS18B20-1.Temperature", "$['DS18B20-1'].Temperature"},
		{"1.x", "$['1'].x"},
		{"größe", "$.größe"},
		{"$[\"a]\"]", "$['a]']"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct path path;
		const char *message;
		char form[SERIES_PATH_SIZE];
		ck_assert_msg(path_parse(cases[i].text, &path, &message) == 0, "%s: %s", cases[i].text, message);
		ck_assert_int_eq(path_format(&path, form), 0);
		ck_assert_str_eq(form, cases[i].form);
		ck_assert_int_eq(path_parse(form, &path, &message), 0); /* which is one again */
		char again[SERIES_PATH_SIZE];
		ck_assert_int_eq(path_format(&path, again), 0);
		ck_assert_str_eq(again, form);
	}
}
END_TEST

START_TEST(bad_paths_get_a_sentence)
{
	static const char *const cases[] = {
		"$x", "a.", "a..b", ".a", "$..a", "a.*", "*", "a[*]", "a[]", "a[", "a[1", "a['b", "a['b'", "a['b\\n']",
		"a[-0]", "a[01]", "a[10000]", "a[1:2]", "a[?(@.b)]", "a b", "a\xff", "$.a[0]b", "a['b]", "a[+1]", "$ ",
		"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct path path;
		const char *message = NULL;
		ck_assert_msg(path_parse(cases[i], &path, &message) == ERR_INVALID, "%s is taken", cases[i]);
		ck_assert_ptr_nonnull(message);
	}
}
END_TEST

START_TEST(a_form_too_long_is_refused)
{
	/* names that fit, but not in brackets */
	struct path path;
	const char *message;
	char form[SERIES_PATH_SIZE];
	ck_assert_int_eq(path_parse("1.2.3.4.5.6.7.8.9.0.11111111111111111111111111111111111111.12345.12345.12345.1.1", &path,
				    &message), 0);
	ck_assert_int_eq(path_format(&path, form), ERR_TOO_LARGE);
	ck_assert_str_eq(form, "");
}
END_TEST

/* What a payload gives as text: a number, a word in quotes, "-" for nothing, "!" for nonsense. */
static const char *value_at(const char *bytes, const char *at, enum series_kind kind)
{
	static char text[300];
	struct path path;
	const char *message;
	struct value value;
	struct payload payload = {.bytes = span_str(bytes)};
	ck_assert_int_eq(path_parse(at, &path, &message), 0);
	int err = payload_read(&payload, &path, kind, &value);
	payload_finish(&payload);
	if (err != 0)
		return err == ERR_NOT_FOUND ? "-" : "!";
	if (value.kind == VALUE_TEXT)
		snprintf(text, sizeof text, "'%s'", value.text);
	else
		snprintf(text, sizeof text, "%g", value.number);
	return text;
}

START_TEST(payloads_give_values)
{
	static const char plug[] = "{\"s\":{\"t\":21.5,\"q\":\"7\"},\"p\":[1,2,null],\"on\":true,\"m\":\"eco\",\"b\":18446744073709551615}";
	static const struct {
		const char *bytes, *path;
		enum series_kind kind;
		const char *value;
	} cases[] = {
		{"21.5", "", SERIES_GAUGE, "21.5"}, {" 21.5\n", "", SERIES_GAUGE, "21.5"}, {"hot", "", SERIES_GAUGE, "!"},
		{"", "", SERIES_GAUGE, "-"},        {"", "a", SERIES_GAUGE, "-"},          {"nan", "", SERIES_GAUGE, "!"},
		{"1e999", "", SERIES_GAUGE, "!"},   {"ON", "", SERIES_GAUGE, "!"},         {"ON", "", SERIES_BINARY, "1"},
		{"off", "", SERIES_BINARY, "0"},    {"true", "", SERIES_BINARY, "1"},      {"False", "", SERIES_BINARY, "0"},
		{"1", "", SERIES_BINARY, "1"},      {"2", "", SERIES_BINARY, "!"},         {"open", "", SERIES_BINARY, "!"},
		{"open", "", SERIES_TEXT, "'open'"}, {"\xff", "", SERIES_TEXT, "!"},       {plug, "", SERIES_GAUGE, "!"},
		{plug, "s.t", SERIES_GAUGE, "21.5"}, {plug, "s.q", SERIES_GAUGE, "7"},      {plug, "p[0]", SERIES_COUNTER, "1"},
		{plug, "p[-2]", SERIES_GAUGE, "2"}, {plug, "p[-1]", SERIES_GAUGE, "-"},    {plug, "p[3]", SERIES_GAUGE, "-"},
		{plug, "p[-4]", SERIES_GAUGE, "-"}, {plug, "x.y.z", SERIES_GAUGE, "-"},    {plug, "s", SERIES_GAUGE, "!"},
		{plug, "s[0]", SERIES_GAUGE, "-"},  {plug, "p.a", SERIES_GAUGE, "-"},      {plug, "on", SERIES_GAUGE, "!"},
		{plug, "on", SERIES_BINARY, "1"},   {plug, "on", SERIES_TEXT, "'true'"},   {plug, "p[0]", SERIES_BINARY, "1"},
		{plug, "p[1]", SERIES_BINARY, "!"}, {plug, "m", SERIES_TEXT, "'eco'"},     {plug, "m", SERIES_GAUGE, "!"},
		{plug, "s.t", SERIES_TEXT, "'21.5'"}, {plug, "p[0]", SERIES_TEXT, "'1'"},  {plug, "b", SERIES_COUNTER, "1.84467e+19"},
		{plug, "p", SERIES_TEXT, "!"},      {"{\"a\":", "a", SERIES_GAUGE, "!"},   {"[3]", "[0]", SERIES_GAUGE, "3"},
		{"{\"a\":1e999}", "a", SERIES_GAUGE, "!"}, {"{\"a\":\"x\\u0000y\"}", "a", SERIES_TEXT, "!"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *value = value_at(cases[i].bytes, cases[i].path, cases[i].kind);
		ck_assert_msg(strcmp(value, cases[i].value) == 0, "%zu: %s at %s is %s", i, cases[i].bytes, cases[i].path, value);
	}
	char longest[258] = "";
	memset(longest, 'x', 255);
	ck_assert_uint_eq(strlen(value_at(longest, "", SERIES_TEXT)), 257);
	longest[255] = 'x';
	ck_assert_str_eq(value_at(longest, "", SERIES_TEXT), "!");
}
END_TEST

START_TEST(wishes_are_read)
{
	struct series_wish wish;
	struct wish_error error;
	struct series series = {.id = 3, .topic = "a", .unit = "W", .raw_days = 5};
	ck_assert_int_eq(series_wish_parse(span_str("{\"recorder\":{\"preset\":\"deadband\",\"deadband\":0.5,\"interval_ms\":60000},"
						    "\"rollup_years\":-1,\"unit\":\"kW\"}"), &wish, &error), 0);
	ck_assert_int_eq(series_wish_apply(&wish, &series, &error), 0);
	ck_assert_int_eq(series.recorder.preset, RECORD_DEADBAND);
	ck_assert_int_eq(series.recorder.interval_ms, 60000);
	ck_assert(series.recorder.deadband == 0.5);
	ck_assert_int_eq(series.raw_days, 5);
	ck_assert_int_eq(series.rollup_years, -1);
	ck_assert_str_eq(series.unit, "kW");
	memcpy(series.device, "pi", 3);
	ck_assert_int_eq(series_wish_apply(&wish, &series, &error), ERR_INVALID);
	ck_assert_str_eq(error.field, "unit");
	wish.unit = false;
	series.kind = SERIES_TEXT;
	ck_assert_int_eq(series_wish_apply(&wish, &series, &error), ERR_INVALID);
	ck_assert_str_eq(error.field, "recorder");
}
END_TEST

START_TEST(bad_wishes_name_the_member)
{
	static const struct {
		const char *json, *field;
	} cases[] = {
		{"", NULL},
		{"[]", NULL},
		{"{\"a\":1}", NULL},
		{"{\"unit\":\"a\",\"unit\":\"b\"}", NULL},
		{"{\"unit\":5}", "unit"},
		{"{\"unit\":\"a\\nb\"}", "unit"},
		{"{\"device_class\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "device_class"},
		{"{\"raw_days\":-2}", "raw_days"},
		{"{\"raw_days\":1.5}", "raw_days"},
		{"{\"rollup_years\":1001}", "rollup_years"},
		{"{\"resolution_ms\":-1}", "resolution_ms"},
		{"{\"recorder\":\"all\"}", "recorder"},
		{"{\"recorder\":{}}", "recorder"},
		{"{\"recorder\":{\"preset\":\"some\"}}", "recorder"},
		{"{\"recorder\":{\"preset\":\"interval\"}}", "recorder"},
		{"{\"recorder\":{\"preset\":\"deadband\"}}", "recorder"},
		{"{\"recorder\":{\"preset\":\"all\",\"deadband\":-1}}", "recorder"},
		{"{\"recorder\":{\"preset\":\"all\",\"interval_ms\":604800001}}", "recorder"},
		{"{\"recorder\":{\"preset\":\"all\",\"often\":1}}", "recorder"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct series_wish wish;
		struct wish_error error;
		ck_assert_int_eq(series_wish_parse(span_str(cases[i].json), &wish, &error), ERR_INVALID);
		ck_assert_ptr_nonnull(error.detail);
		ck_assert_msg(cases[i].field ? error.field && strcmp(error.field, cases[i].field) == 0 : !error.field, "%s: %s",
			      cases[i].json, error.field);
	}
}
END_TEST

START_TEST(rules_are_read)
{
	struct record_rule rule;
	struct wish_error error;
	ck_assert_int_eq(record_rule_parse(span_str("{\"filter\":\"tele/+/SENSOR\",\"path\":\"ENERGY.Power\",\"unit\":\"W\","
						    "\"name\":\"Plugs\",\"kind\":\"counter\",\"device_class\":\"power\","
						    "\"recorder\":{\"preset\":\"changes\"}}"), &rule, &error), 0);
	ck_assert_str_eq(rule.path, "$.ENERGY.Power");
	ck_assert_int_eq(rule.kind, SERIES_COUNTER);
	ck_assert_int_eq(rule.recorder.preset, RECORD_CHANGES);
	ck_assert_int_eq(record_rule_parse(span_str("{\"filter\":\"a\"}"), &rule, &error), 0);
	ck_assert_str_eq(rule.path, "");
	static const char *const bad[] = {
		"{}", "{\"filter\":\"\"}", "{\"filter\":\"a#\"}", "{\"filter\":\"$share/g/a\"}", "{\"filter\":7}",
		"{\"filter\":\"a\",\"path\":\"a..b\"}", "{\"filter\":\"a\",\"path\":\"\\u0001\"}", "{\"filter\":\"a\",\"kind\":\"gauges\"}",
		"{\"filter\":\"a\",\"kind\":\"text\",\"recorder\":{\"preset\":\"deadband\",\"deadband\":1}}",
		"{\"filter\":\"a\",\"id\":1}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(record_rule_parse(span_str(bad[i]), &rule, &error) == ERR_INVALID, "%s", bad[i]);
		ck_assert_ptr_nonnull(error.detail);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {paths_have_one_form, bad_paths_get_a_sentence, a_form_too_long_is_refused,
				      payloads_give_values, wishes_are_read, bad_wishes_name_the_member, rules_are_read};
	return suite_run("ingest/path", tests, sizeof tests / sizeof tests[0]);
}
