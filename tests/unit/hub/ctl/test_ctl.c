/* tomtectl: reading the command line, parsing what the hub sends, printing. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/doctor.h"
#include "ctl/qr.h"
#include "ctl/sse.h"
#include "ctl/text.h"

/* A word of a command line: argv is not const. */
#define W(word) ((char *)(uintptr_t)(word))

/* What is printed, in memory. */
struct paper {
	char *text;
	size_t size;
	FILE *file;
};

static void paper_open(struct paper *p)
{
	*p = (struct paper){0};
	p->file = open_memstream(&p->text, &p->size);
	ck_assert_ptr_nonnull(p->file);
}

static const char *paper_read(struct paper *p)
{
	fflush(p->file);
	return p->text;
}

static void paper_close(struct paper *p)
{
	fclose(p->file);
	free(p->text);
}

START_TEST(finds_verbs)
{
	int words;
	char *new_key[] = {W("key"), W("new"), W("--name"), W("x")}, *key[] = {W("key")}, *set[] = {W("set"), W("a"), W("b"), W("c")};
	const struct verb *verb = verbs_find(4, new_key, &words);
	ck_assert_ptr_nonnull(verb);
	ck_assert_ptr_eq(verb->run, verb_key_new);
	ck_assert_int_eq(words, 2);
	ck_assert_ptr_null(verbs_find(1, key, &words));
	ck_assert_ptr_eq(verbs_find(4, set, &words)->run, verb_set);
	ck_assert_int_eq(words, 1);
	ck_assert_ptr_null(verbs_find(0, NULL, &words));
}
END_TEST

static int check_set(struct ctl *ctl, int count, char **args)
{
	char *name[] = {W("set")};
	int words;
	return options_check(ctl, verbs_find(1, name, &words), count, args);
}

START_TEST(reads_options)
{
	struct paper p;
	paper_open(&p);
	struct ctl ctl = {.err = p.file, .out = p.file};
	char *between[] = {W("lamp"), W("--timeout"), W("5s"), W("light"), W("on")};
	ck_assert_int_eq(check_set(&ctl, 5, between), 3);
	ck_assert_str_eq(between[0], "lamp");
	ck_assert_str_eq(between[1], "light");
	ck_assert_str_eq(between[2], "on");
	ck_assert_str_eq(option_value(5, between, "timeout"), "5s");
	char *joined[] = {W("--timeout=7s"), W("a"), W("b"), W("c")};
	ck_assert_int_eq(check_set(&ctl, 4, joined), 3);
	ck_assert_str_eq(option_value(4, joined, "timeout"), "7s");
	ck_assert_ptr_null(option_value(4, joined, "time"));
	char *few[] = {W("a"), W("b")}, *unknown[] = {W("a"), W("b"), W("c"), W("--x")}, *lacking[] = {W("a"), W("b"), W("c"), W("--timeout")};
	ck_assert_int_eq(check_set(&ctl, 2, few), -1);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "usage: tomtectl set DEVICE ENTITY VALUE"));
	ck_assert_int_eq(check_set(&ctl, 4, unknown), -1);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "there is no option --x here\nusage: tomtectl set"));
	ck_assert_int_eq(check_set(&ctl, 4, lacking), -1);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "--timeout needs a value"));
	paper_close(&p);
}
END_TEST

START_TEST(names_what_there_is)
{
	struct paper p;
	paper_open(&p);
	struct ctl ctl = {.err = p.file, .out = p.file};
	verbs_explain(&ctl, "key");
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "after \"key\" comes one of: new, list, revoke, approve\n"));
	verbs_explain(&ctl, "keys\033[2J");
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "there is no verb \"keys?[2J\"; there are: doctor, setup-link, fingerprint, key, devices,"));
	text_fingerprint(p.file, NULL);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "does not say"));
	text_fingerprint(p.file, "AB:\033");
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "  AB:?\n"));
	paper_close(&p);
}
END_TEST

START_TEST(durations)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {{"90", 90}, {"90s", 90}, {"15m", 900}, {"2h", 7200}, {"1d", 86400}};
	int64_t seconds;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ck_assert_int_eq(text_duration(good[i].text, &seconds), 0);
		ck_assert_int_eq(seconds, good[i].seconds);
	}
	const char *bad[] = {"", "m", "5x", "5mm", "-5m", "1.5h", "99999999999999999999s"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(text_duration(bad[i], &seconds), ERR_INVALID);
}
END_TEST

static void expect_value(const char *typed, const char *json)
{
	json_t *value = text_to_value(typed);
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	ck_assert_str_eq(text, json);
	free(text);
	json_decref(value);
}

START_TEST(values)
{
	expect_value("on", "\"ON\"");
	expect_value("Off", "\"OFF\"");
	expect_value("21.5", "21.5");
	expect_value("{\"state\":\"ON\"}", "{\"state\":\"ON\"}");
	expect_value("warm white", "\"warm white\"");
	expect_value("\"12\"", "\"12\"");
	char text[64];
	json_t *number = json_real(21.5), *object = json_pack("{s:i}", "a", 1);
	text_value(text, sizeof text, number);
	ck_assert_str_eq(text, "21.5");
	text_value(text, sizeof text, object);
	ck_assert_str_eq(text, "{\"a\":1}");
	text_value(text, sizeof text, NULL);
	ck_assert_str_eq(text, "–");
	json_decref(number);
	json_decref(object);
}
END_TEST

START_TEST(times)
{
	char text[64];
	text_ago(text, sizeof text, 0, 1000);
	ck_assert_str_eq(text, "never");
	text_ago(text, sizeof text, 1000, 60999);
	ck_assert_str_eq(text, "now");
	text_ago(text, sizeof text, 1, 240001);
	ck_assert_str_eq(text, "4 min ago");
	text_ago(text, sizeof text, 1, 3 * 3600000 + 1);
	ck_assert_str_eq(text, "3 h ago");
	text_ago(text, sizeof text, 1, 3LL * 86400000 + 1);
	ck_assert_str_eq(text, "3 days ago");
	text_until(text, sizeof text, 900000, 0);
	ck_assert_str_eq(text, "in 15 min");
	text_until(text, sizeof text, 5, 5);
	ck_assert_str_eq(text, "over");
}
END_TEST

START_TEST(tables_line_up_and_stay_harmless)
{
	static const char *const headings[] = {"ID", "NAME", NULL};
	struct paper p;
	paper_open(&p);
	text_table(p.file, headings, json_pack("[[s,s],[s,s],[s]]", "lamp-1", "Stube", "x", "a\033[2J\nb\xc2\x9bK \xc3\xa4", "y"));
	ck_assert_str_eq(paper_read(&p), "ID      NAME\nlamp-1  Stube\nx       a?[2J?b?K ä\ny       \n");
	ck_assert_uint_eq(text_width("Küche"), 5);
	paper_close(&p);
}
END_TEST

struct heard {
	char text[256];
	int stop_after;
};

static int hear(void *ctx, const char *name, const char *data)
{
	struct heard *heard = ctx;
	size_t used = strlen(heard->text);
	snprintf(heard->text + used, sizeof heard->text - used, "%s=%s;", name, data);
	return --heard->stop_after == 0;
}

START_TEST(parses_events_in_any_pieces)
{
	static const char stream[] = "retry: 1000\n\nid: b-1\nevent: state\ndata: {\"a\":1}\n\n: beat\n\n"
				     "event: alert\r\ndata: x\r\ndata: y\r\n\r\ndata:plain\n\nevent: lost\n\n";
	for (size_t step = 1; step < sizeof stream; step++) {
		struct sse sse = {0};
		struct heard heard = {.stop_after = -1};
		for (size_t at = 0; at < sizeof stream - 1; at += step) {
			size_t left = sizeof stream - 1 - at;
			ck_assert_int_eq(sse_feed(&sse, span_of(stream + at, left < step ? left : step), hear, &heard), 0);
		}
		ck_assert_str_eq(heard.text, "state={\"a\":1};alert=x\ny;message=plain;");
		sse_finish(&sse);
	}
	struct sse sse = {0};
	struct heard heard = {.stop_after = 1};
	ck_assert_int_ne(sse_feed(&sse, span_str(stream), hear, &heard), 0);
	ck_assert_str_eq(heard.text, "state={\"a\":1};");
	sse_finish(&sse);
}
END_TEST

START_TEST(draws_a_qr_code)
{
	struct paper p;
	paper_open(&p);
	ck_assert_int_eq(qr_print(p.file, "TOMTE1:AAAAA:192.0.2.7:8080", false), 0);
	const char *text = paper_read(&p);
	/* the margin is light: whole blocks on a dark terminal */
	ck_assert_int_eq(strncmp(text, "████", strlen("████")), 0);
	size_t width = text_width(text) ? (size_t)(strchr(text, '\n') - text) : 0;
	ck_assert_uint_gt(width, 29);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_int_eq(qr_print(p.file, "x", true), 0);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "\033[30;107m"));
	paper_close(&p);
}
END_TEST

static const char *state_of(const json_t *findings, size_t i)
{
	const char *state = json_string_value(json_object_get(json_array_get(findings, i), "state"));
	return state ? state : "";
}

START_TEST(doctor_knows_sick_from_well)
{
	json_t *well = json_pack("{s:b, s:I, s:I, s:{s:I, s:I}, s:{s:i, s:i}}", "set_up", 1, "now", (json_int_t)1000,
				 "certificate_expires", (json_int_t)100 * 86400000, "disk", "free_bytes",
				 (json_int_t)9 << 30, "total_bytes", (json_int_t)10 << 30, "store", "disk_full", 0,
				 "errors", 0);
	json_t *sick = json_pack("{s:b, s:I, s:I, s:{s:I, s:I}, s:{s:i, s:i}}", "set_up", 0, "now", (json_int_t)1000,
				 "certificate_expires", (json_int_t)86400000, "disk", "free_bytes",
				 (json_int_t)1 << 20, "total_bytes", (json_int_t)10 << 30, "store", "disk_full", 0,
				 "errors", 3);
	json_t *findings = json_array();
	void (*const checks[])(json_t *, const json_t *) = {doctor_check_setup, doctor_check_certificate, doctor_check_disk};
	for (size_t i = 0; i < 3; i++)
		checks[i](findings, well);
	ck_assert_uint_eq(json_array_size(findings), 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(state_of(findings, i), "fine");
	struct paper p;
	paper_open(&p);
	struct ctl ctl = {.out = p.file, .err = p.file};
	ck_assert_int_eq(doctor_print(&ctl, findings), EXIT_FINE);
	json_array_clear(findings);
	for (size_t i = 0; i < 3; i++)
		checks[i](findings, sick);
	ck_assert_uint_eq(json_array_size(findings), 4); /* the store's errors are a finding of their own */
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(state_of(findings, i), "wrong");
	ck_assert_int_eq(doctor_print(&ctl, findings), EXIT_REFUSED);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "tomtectl setup-link"));
	json_array_clear(findings);
	json_t *devices = json_pack("[{s:s, s:b}, {s:s, s:b}, {s:s, s:n}]", "name", "Lamp", "online", 1, "name", "Shed",
				    "online", 0, "name", "Door", "online");
	doctor_check_devices(findings, devices);
	ck_assert_str_eq(state_of(findings, 0), "wrong");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(findings, 0), "text")),
			 "2 of 3 devices are offline: Shed, Door.");
	paper_close(&p);
	json_decref(devices);
	json_decref(findings);
	json_decref(well);
	json_decref(sick);
}
END_TEST

START_TEST(explains_why_there_is_no_hub)
{
	char problem[512], help[256];
	ck_assert(client_explain("/nonexistent/hub.sock", problem, sizeof problem, help, sizeof help));
	ck_assert_str_eq(problem, "There is no hub at /nonexistent/hub.sock.");
	ck_assert_ptr_nonnull(strstr(help, "systemctl start tomte-hub"));
	char path[300];
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = 0;
	ck_assert(client_explain(path, problem, sizeof problem, help, sizeof help));
	struct paper p;
	paper_open(&p);
	struct ctl ctl = {.out = p.file, .err = p.file, .socket = "/nonexistent/hub.sock"};
	ck_assert_int_eq(verb_devices(&ctl, 0, NULL), EXIT_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(paper_read(&p), "There is no hub at"));
	paper_close(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl");
	TCase *tcase = tcase_create("ctl");
	tcase_add_test(tcase, finds_verbs);
	tcase_add_test(tcase, reads_options);
	tcase_add_test(tcase, names_what_there_is);
	tcase_add_test(tcase, durations);
	tcase_add_test(tcase, values);
	tcase_add_test(tcase, times);
	tcase_add_test(tcase, tables_line_up_and_stay_harmless);
	tcase_add_test(tcase, parses_events_in_any_pieces);
	tcase_add_test(tcase, draws_a_qr_code);
	tcase_add_test(tcase, doctor_knows_sick_from_well);
	tcase_add_test(tcase, explains_why_there_is_no_hub);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
