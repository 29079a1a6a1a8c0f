/* The settings: values and defaults, every mistake named with its line and what helps, and that manual
 * page and example say what the table says. */
#include "conf/conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "conf/conf_table.h"
#include "support/scratch.h"

static struct buf problems;

static struct conf *parse(const char *text, int wanted)
{
	struct conf *conf;
	buf_finish(&problems);
	int err = conf_parse(span_str(text), "f", &conf, &problems);
	ck_assert_msg(err == wanted, "%d: %s", err, problems.len ? buf_cstr(&problems) : "");
	ck_assert_int_eq(conf != NULL, wanted == 0);
	ck_assert_int_eq(problems.len > 0, wanted == ERR_CONFIG);
	return conf;
}

/* The text must be refused with exactly these lines. */
static void refuse(const char *text, const char *lines)
{
	parse(text, ERR_CONFIG);
	ck_assert_str_eq(buf_cstr(&problems), lines);
}

START_TEST(nothing_means_defaults)
{
	struct conf *c = parse("", 0);
	ck_assert_int_eq(c->hub.log_level, LOG_LEVEL_INFO);
	ck_assert_str_eq(c->hub.admin_socket, "/run/tomte/hub.sock");
	ck_assert_uint_eq(c->mqtt.workers, 1);
	ck_assert_str_eq(c->mqtt.tls_address, "*");
	ck_assert_uint_eq(c->mqtt.tls_port, 8883);
	ck_assert_str_eq(c->mqtt.plain_address, "127.0.0.1");
	ck_assert_uint_eq(c->mqtt.plain_port, 1883);
	ck_assert(!c->mqtt.allow_unencrypted);
	ck_assert_uint_eq(c->mqtt.max_connections, 10000);
	ck_assert_uint_eq(c->mqtt.max_session_expiry_s, 604800);
	ck_assert_uint_eq(c->web.https_port, 8443);
	ck_assert_uint_eq(c->web.http_port, 8080);
	ck_assert(!c->web.http_dashboard);
	ck_assert_uint_eq(c->web.hosts.count, 0);
	ck_assert_uint_eq(c->security.password_ms, 250);
	conf_destroy(&c);
	ck_assert_ptr_null(c);
	conf_destroy(&c);
}
END_TEST

START_TEST(takes_values_of_every_type)
{
	struct conf *c = parse("\xef\xbb\xbf# comment\r\n"
			       "  [hub]  # names may be indented\n"
			       "\tlog_level = debug\n"
			       "  admin_socket=/tmp/s\n"
			       "[mqtt]\r\n"
			       "workers=64\r\n"
			       "plain_address = 0.0.0.0 ; for old plugs\n"
			       "allow_unencrypted = YES\n"
			       "tls_address = fd00::1\n"
			       "plain_port = 0\n"
			       "max_session_expiry_s = 4294967295\n"
			       "[web]\n"
			       "hosts = tomte.example.net, hub.example.net\n"
			       "http_dashboard = on", 0);
	ck_assert_int_eq(c->hub.log_level, LOG_LEVEL_DEBUG);
	ck_assert_str_eq(c->hub.admin_socket, "/tmp/s");
	ck_assert_uint_eq(c->mqtt.workers, 64);
	ck_assert_str_eq(c->mqtt.plain_address, "0.0.0.0");
	ck_assert(c->mqtt.allow_unencrypted);
	ck_assert_str_eq(c->mqtt.tls_address, "fd00::1");
	ck_assert_uint_eq(c->mqtt.plain_port, 0);
	ck_assert_uint_eq(c->mqtt.max_session_expiry_s, UINT32_MAX);
	ck_assert_uint_eq(c->web.hosts.count, 2);
	ck_assert_str_eq(c->web.hosts.items[1], "hub.example.net");
	ck_assert(c->web.http_dashboard);
	conf_destroy(&c);
}
END_TEST

START_TEST(names_every_mistake_with_its_line)
{
	refuse("[mqtt]\nworkers = 65\nworkers = 2\n\ntls_prot = 1\nwhat\n[wbe]\nx = 1\n[web]\nworkers = 1\n",
	       "f:2: workers = 65: must be a number from 1 to 64\n"
	       "f:3: workers was set in line 2 already; remove one\n"
	       "f:5: there is no option tls_prot in [mqtt]; did you mean tls_port?\n"
	       "f:6: an option is written name = value\n"
	       "f:7: there is no section [wbe]; did you mean [web]?\n"
	       "f:10: there is no option workers in [web]; it belongs in [mqtt]\n");
	refuse("tls_port = 1\n", "f:1: tls_port stands before any [section]; it belongs in [mqtt]\n");
	refuse("[gardening]\n", "f:1: there is no section [gardening]; the sections are [hub] [mqtt] [web] [security]\n");
	refuse("[hub]\nqwertyuiop = 1\n",
	       "f:2: there is no option qwertyuiop in [hub]; tomte-hub --help-config lists all options\n");
}
END_TEST

START_TEST(refuses_bad_values)
{
	static const char *const bad[] = {
		"[mqtt]\ntls_port = 0", "[mqtt]\ntls_port = 65536", "[mqtt]\ntls_port = -1", "[mqtt]\ntls_port = 88x",
		"[mqtt]\ntls_port =", "[mqtt]\ntls_port = 99999999999999999999", "[mqtt]\nplain_port = off",
		"[mqtt]\ntls_address = kitchen", "[mqtt]\ntls_address = 1.2.3", "[mqtt]\ntls_address =",
		"[mqtt]\nallow_unencrypted = maybe", "[mqtt]\nmax_session_expiry_s = 4294967296",
		"[hub]\nlog_level = loud", "[hub]\nweb_dir = relative/path", "[web]\nhosts = a b/c",
		"[hub\n", "[hub] log_level = info\n", "[]\n", "= 5\n", "[hub]\n\xff\xfe = 1\n", "[hub]\nlog:level = info\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		parse(bad[i], ERR_CONFIG);
	char line[300] = "[hub]\nweb_dir = /";
	memset(line + strlen(line), 'a', 250);
	refuse(line, "f:2: the line is longer than 190 bytes\n");
	struct conf *c;
	ck_assert_int_eq(conf_parse(span_of("[hub]\n\0=1\n", 10), "f", &c, &problems), ERR_CONFIG);
}
END_TEST

START_TEST(rules_between_options)
{
	refuse("[mqtt]\nplain_address = *\n",
	       "f:2: plain_address = * would serve MQTT without encryption to the network; set allow_unencrypted = yes to "
	       "want that, or use 127.0.0.1\n");
	struct conf *c = parse("[mqtt]\nplain_address = *\nallow_unencrypted = yes\n", 0);
	conf_destroy(&c);
	c = parse("[mqtt]\nplain_address = 192.0.2.1\nplain_port = 0\n", 0);
	conf_destroy(&c);
	refuse("[mqtt]\ntls_port = 8443\n", "f:2: https_port and tls_port are both 8443; each needs a port of its own\n");
	c = parse("[mqtt]\ntls_port = 8443\ntls_address = 192.0.2.1\n[web]\naddress = 192.0.2.2\n", 0);
	conf_destroy(&c);
}
END_TEST

START_TEST(files)
{
	struct scratch scratch;
	scratch_create(&scratch);
	struct conf *c;
	const char *path = scratch_path(&scratch, "hub.conf");
	ck_assert_int_eq(conf_load(path, &c, &problems), ERR_CONFIG); /* named, so it must be there */
	ck_assert_ptr_nonnull(strstr(buf_cstr(&problems), path));
	ck_assert_int_eq(file_replace(path, span_str("[mqtt]\nworkers = 3\n"), 0644), 0);
	ck_assert_int_eq(conf_load(path, &c, &problems), 0);
	ck_assert_uint_eq(c->mqtt.workers, 3);
	conf_destroy(&c);
	scratch_remove(&scratch);
}
END_TEST

START_TEST(tells_what_needs_a_restart)
{
	struct conf *a = parse("", 0);
	struct conf *b = parse("[hub]\nlog_level = debug\n[mqtt]\nworkers = 2\ntls_address = 127.0.0.1\n[web]\nhosts = x\n", 0);
	struct buf names = {0};
	ck_assert_int_eq(conf_needs_restart(a, a, &names), 0);
	ck_assert_uint_eq(names.len, 0);
	ck_assert_int_eq(conf_needs_restart(a, b, &names), 0);
	ck_assert_str_eq(buf_cstr(&names), "mqtt.workers, mqtt.tls_address, web.hosts");
	buf_finish(&names);
	conf_destroy(&a);
	conf_destroy(&b);
}
END_TEST

/* ---- texts made from the table ----------------------------------------- */

static void check_current(const char *path, int (*format)(struct buf *))
{
	struct buf made = {0}, there = {0};
	ck_assert_int_eq(format(&made), 0);
	char full[4096];
	snprintf(full, sizeof full, "%s/%s", TEST_SRCDIR, path);
	ck_assert_int_eq(buf_read_file(&there, full, 1 << 20), 0);
	ck_assert_msg(span_equal(buf_span(&made), buf_span(&there)), "%s is not what the table says: make conf-docs", path);
	buf_finish(&made);
	buf_finish(&there);
}

START_TEST(manual_and_example_are_current)
{
	check_current("packaging/man/hub.conf.5", conf_format_man);
	check_current("packaging/hub.conf", conf_format_example);
	struct buf help = {0};
	ck_assert_int_eq(conf_format_help(&help), 0);
	for (size_t i = 0; i < conf_option_count; i++)
		ck_assert_ptr_nonnull(strstr(buf_cstr(&help), conf_options[i].name));
	buf_finish(&help);
}
END_TEST

/* The example, as it is and with every "#name = default" uncommented, means the defaults. */
START_TEST(the_example_is_true)
{
	struct buf example = {0};
	ck_assert_int_eq(conf_format_example(&example), 0);
	struct conf *defaults = parse("", 0);
	struct conf *as_is = parse(buf_cstr(&example), 0);
	for (size_t i = 0; i + 1 < example.len; i++)
		if (example.data[i] == '#' && example.data[i + 1] != ' ')
			example.data[i] = ' ';
	struct conf *all = parse(buf_cstr(&example), 0);
	for (size_t i = 0; i < conf_option_count; i++) {
		ck_assert(conf_option_equal(&conf_options[i], defaults, as_is));
		if (!conf_options[i].documented)
			ck_assert_msg(conf_option_equal(&conf_options[i], defaults, all), "%s", conf_options[i].name);
	}
	ck_assert_str_eq(all->hub.web_dir, "/usr/share/tomte/web");
	conf_destroy(&defaults);
	conf_destroy(&as_is);
	conf_destroy(&all);
	buf_finish(&example);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf");
	TCase *tcase = tcase_create("conf");
	tcase_add_test(tcase, nothing_means_defaults);
	tcase_add_test(tcase, takes_values_of_every_type);
	tcase_add_test(tcase, names_every_mistake_with_its_line);
	tcase_add_test(tcase, refuses_bad_values);
	tcase_add_test(tcase, rules_between_options);
	tcase_add_test(tcase, files);
	tcase_add_test(tcase, tells_what_needs_a_restart);
	tcase_add_test(tcase, manual_and_example_are_current);
	tcase_add_test(tcase, the_example_is_true);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
