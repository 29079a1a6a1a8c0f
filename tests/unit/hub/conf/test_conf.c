/* The hub's settings: defaults, every kind of mistake told with its line, and
 * texts for people that agree with the table. */
#include "conf/conf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "settings/settings.h"

static char path[64];
static struct buf complaints;

static void setup(void)
{
	snprintf(path, sizeof path, "/tmp/tomte-conf-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
	buf_finish(&complaints);
}

static struct conf *read_text(const char *text, int expected)
{
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	struct conf *conf = NULL;
	complaints.len = 0;
	ck_assert_int_eq(conf_read(path, &conf, &complaints), expected);
	ck_assert_int_eq(conf == NULL, expected != 0);
	return conf;
}

START_TEST(defaults_stand_without_a_file)
{
	struct conf *c = NULL;
	ck_assert_int_eq(conf_read(NULL, &c, &complaints), 0);
	ck_assert_int_eq(c->mqtt.tls_port, 8883);
	ck_assert_int_eq(c->mqtt.plain_port, 1883);
	ck_assert_str_eq(c->mqtt.plain_address, "127.0.0.1");
	ck_assert_int_eq(c->web.https_port, 8443);
	ck_assert(!c->web.http_dashboard);
	ck_assert_int_eq(c->hub.log_level, LOG_LEVEL_INFO);
	ck_assert_str_eq(c->hub.admin_socket, "/run/tomte/hub.sock");
	conf_destroy(&c);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(settings_are_taken)
{
	struct conf *c = read_text("# a comment\n[mqtt]\nworkers = 4\nplain_port=0\nmoved_to = hub-2.lan:8883\n[web]\nhosts = a.example, b\n"
				   "[hub]\nlog_level = debug\n", 0);
	ck_assert_int_eq(c->mqtt.workers, 4);
	ck_assert_int_eq(c->mqtt.plain_port, 0);
	ck_assert_str_eq(c->mqtt.moved_to, "hub-2.lan:8883");
	ck_assert_str_eq(c->web.hosts, "a.example, b");
	ck_assert_int_eq(c->hub.log_level, LOG_LEVEL_DEBUG);
	conf_destroy(&c);
}
END_TEST

START_TEST(every_mistake_is_told_with_its_line)
{
	read_text("[mqtt]\ntls_port = 65536\nworkerz = 2\nworkers = two\nplain_port = 1884\nplain_port = 1885\n"
		  "[web]\nhttp_dashboard = perhaps\n[nowhere]\nx = 1\n", ERR_CONFIG);
	const char *text = buf_cstr(&complaints);
	static const char *const parts[] = {":2: tls_port = 65536", "1 to 65535", ":3: no setting workerz", "workers",
					    ":4: workers = two", "1 to 64", ":6: plain_port stands in line 5",
					    ":8: http_dashboard = perhaps", "yes or no", ":10: no setting x", "[hub]"};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		ck_assert_msg(strstr(text, parts[i]) != NULL, "\"%s\" is not in:\n%s", parts[i], text);
}
END_TEST

START_TEST(unencrypted_mqtt_beyond_loopback_needs_the_owners_word)
{
	read_text("[mqtt]\nplain_address = *\n", ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&complaints), "allow_unencrypted"));
	struct conf *c = read_text("[mqtt]\nplain_address = *\nallow_unencrypted = yes\n", 0);
	conf_destroy(&c);
}
END_TEST

START_TEST(one_port_serves_one_thing)
{
	read_text("[web]\nhttp_port = 8883\n", ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&complaints), "8883"));
}
END_TEST

START_TEST(nonsense_is_refused)
{
	read_text("tls_port 8883\n", ERR_CONFIG);
	read_text("[mqtt\nworkers = 1\n", ERR_CONFIG);
	read_text("[mqtt]\nworkers = -1\n", ERR_CONFIG);
	read_text("[mqtt]\nworkers = \n", ERR_CONFIG);
	read_text("[mqtt]\nworkers = 1e1\n", ERR_CONFIG);
	read_text("[hub]\nweb_dir = relative\n", ERR_CONFIG);
	struct conf *c = NULL;
	ck_assert_int_eq(conf_read("/nonexistent/hub.conf", &c, &complaints), ERR_NOT_FOUND);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(example_file_is_valid_with_every_option_taken_in)
{
	struct buf example = {0};
	ck_assert_int_eq(conf_describe_example(&example), 0);
	/* "#name = value" lines come alive, "# text" lines stay comments */
	for (size_t i = 0; i + 1 < example.len; i++)
		if (example.data[i] == '#' && example.data[i + 1] != ' ')
			example.data[i] = '\n';
	struct conf *c = read_text(buf_cstr(&example), 0), *d = NULL;
	ck_assert_int_eq(conf_read(NULL, &d, &complaints), 0);
	struct buf names = {0};
	ck_assert_int_eq(conf_restart_needed(c, d, &names), 0);
	ck_assert_uint_eq(names.len, 0);
	d->mqtt.workers = 3;
	ck_assert_int_eq(conf_restart_needed(c, d, &names), 0);
	ck_assert_str_eq(buf_cstr(&names), "workers");
	/* what a reload takes */
	d->hub.log_level = LOG_LEVEL_DEBUG;
	d->mqtt.tls_clients = 2;
	d->mqtt.tls_client_ca[0] = d->mqtt.tls_psk_file[0] = '/';
	names.len = 0;
	ck_assert_int_eq(conf_restart_needed(c, d, &names), 0);
	ck_assert_str_eq(buf_cstr(&names), "workers");
	buf_finish(&names);
	conf_destroy(&c);
	conf_destroy(&d);
	buf_finish(&example);
}
END_TEST

START_TEST(shipped_files_follow_the_table)
{
	struct buf made = {0}, shipped = {0};
	ck_assert_int_eq(conf_describe_example(&made), 0);
	ck_assert_int_eq(buf_read_file(&shipped, TEST_SRCDIR "/packaging/hub.conf", 1 << 20), 0);
	ck_assert_msg(span_equal(buf_span(&made), buf_span(&shipped)), "packaging/hub.conf: renew it with tomte-hub --help-config=example");
	made.len = shipped.len = 0;
	ck_assert_int_eq(conf_describe_man(&made), 0);
	ck_assert_int_eq(buf_read_file(&shipped, TEST_SRCDIR "/packaging/man/hub.conf.5", 1 << 20), 0);
	ck_assert_msg(strstr(buf_cstr(&shipped), buf_cstr(&made)) != NULL, "packaging/man/hub.conf.5: renew its settings with tomte-hub --help-config=man");
	buf_finish(&made);
	buf_finish(&shipped);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf/conf");
	TCase *tcase = tcase_create("conf");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, defaults_stand_without_a_file);
	tcase_add_test(tcase, settings_are_taken);
	tcase_add_test(tcase, every_mistake_is_told_with_its_line);
	tcase_add_test(tcase, unencrypted_mqtt_beyond_loopback_needs_the_owners_word);
	tcase_add_test(tcase, one_port_serves_one_thing);
	tcase_add_test(tcase, nonsense_is_refused);
	tcase_add_test(tcase, example_file_is_valid_with_every_option_taken_in);
	tcase_add_test(tcase, shipped_files_follow_the_table);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
