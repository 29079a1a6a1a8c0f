/* What systemd hears, with a socket of our own in its place. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/notify.h"

static void expect_state(const char *name, const char *environment)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(environment);
	memcpy(address.sun_path, name, len);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_ge(fd, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	setenv("NOTIFY_SOCKET", environment, 1);
	ck_assert_int_eq(notify_systemd("READY=1"), 0);
	char text[32] = "";
	ck_assert_int_eq(recv(fd, text, sizeof text - 1, 0), 7);
	ck_assert_str_eq(text, "READY=1");
	close(fd);
}

START_TEST(reaches_the_socket)
{
	char path[64], abstract[64];
	snprintf(path, sizeof path, "/tmp/test-notify-%d", (int)getpid());
	expect_state(path, path);
	unlink(path);
	snprintf(abstract, sizeof abstract, "@test-notify-%d", (int)getpid());
	char name[64];
	memcpy(name, abstract, sizeof name);
	name[0] = 0;
	expect_state(name, abstract);
}
END_TEST

START_TEST(without_a_manager)
{
	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(notify_systemd("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "relative", 1);
	ck_assert_int_eq(notify_systemd("READY=1"), ERR_INVALID);
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	ck_assert_int_lt(notify_systemd("READY=1"), 0);
}
END_TEST

START_TEST(watchdog)
{
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	ck_assert_int_eq(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	ck_assert_int_eq(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	ck_assert_int_eq(notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "soon", 1);
	ck_assert_int_eq(notify_watchdog_us(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/notify");
	TCase *tcase = tcase_create("notify");
	tcase_add_test(tcase, reaches_the_socket);
	tcase_add_test(tcase, without_a_manager);
	tcase_add_test(tcase, watchdog);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
