/* The log, seen from the other end of standard error. */
#include "base/log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static char got[4096];

/* Points standard error at a pipe and returns its other end. Each test runs in
 * a process of its own, so nothing has to be put back. */
static int capture(void)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

static const char *read_all(int fd)
{
	close(STDERR_FILENO);
	size_t len = 0;
	ssize_t n;
	while ((n = read(fd, got + len, sizeof got - 1 - len)) > 0)
		len += (size_t)n;
	got[len] = 0;
	return got;
}

START_TEST(lines_name_level_and_subject)
{
	unsetenv("JOURNAL_STREAM");
	int fd = capture();
	log_warning("client lamp-7", "queue is full at %d messages", 100);
	log_debug("broker", "not shown by default");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("broker", "shown");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("broker", "not shown");
	ck_assert_str_eq(read_all(fd), "warning: client lamp-7: queue is full at 100 messages\n"
				       "debug: broker: shown\n");
}
END_TEST

START_TEST(the_journal_gets_priorities)
{
	setenv("JOURNAL_STREAM", "8:1", 1);
	int fd = capture();
	log_error("store", "a");
	log_info("store", "b");
	ck_assert_str_eq(read_all(fd), "<3>store: a\n<6>store: b\n");
}
END_TEST

START_TEST(nobody_forges_lines)
{
	unsetenv("JOURNAL_STREAM");
	int fd = capture();
	log_info("client \n<0>x", "topic %s", "a\r\nerror: b\x1b[31m");
	const char *line = read_all(fd);
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	ck_assert_ptr_null(strchr(line, '\x1b'));
	ck_assert_ptr_null(strchr(line, '\r'));
}
END_TEST

START_TEST(long_lines_are_cut_and_ended)
{
	unsetenv("JOURNAL_STREAM");
	static char text[3000];
	memset(text, 'x', sizeof text - 1);
	int fd = capture();
	log_info("broker", "%s", text);
	const char *line = read_all(fd);
	ck_assert_uint_lt(strlen(line), 1300);
	ck_assert_int_eq(line[strlen(line) - 1], '\n');
}
END_TEST

START_TEST(levels_have_names)
{
	enum log_level level;
	ck_assert_int_eq(log_level_parse("debug", &level), 0);
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(log_level_parse("Debug", &level), ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/log");
	TCase *tcase = tcase_create("log");
	tcase_add_test(tcase, lines_name_level_and_subject);
	tcase_add_test(tcase, the_journal_gets_priorities);
	tcase_add_test(tcase, nobody_forges_lines);
	tcase_add_test(tcase, long_lines_are_cut_and_ended);
	tcase_add_test(tcase, levels_have_names);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
