/* Upkeep: the ballast that makes room for removing things, and the alert that goes with it. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/store_private.h"
#include "db/upkeep.h"
#include "support.h"

static char alert[512]; /* that stands; "" for none */
static int news;

static void on_alert(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	if (strcmp(kind, "disk") != 0)
		return;
	news++;
	ck_assert_int_eq(str_copy(alert, sizeof alert, text ? text : ""), 0);
}

static bool ballast_is_there(void)
{
	char path[TEST_PATH_SIZE];
	struct stat st;
	test_path(path, "ballast");
	if (stat(path, &st))
		return false;
	ck_assert_int_eq(st.st_size, 4 << 20);
	ck_assert_int_ge(st.st_blocks * 512, 4 << 20); /* really taken */
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	return true;
}

static void expect_room_in_log(void)
{
	char path[TEST_PATH_SIZE];
	struct stat st;
	test_path(path, "hub.db-wal");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_ge(st.st_blocks * 512, 512 << 10);
	ck_assert_int_lt(st.st_size, 512 << 10);
}

static int run_upkeep(void *ctx)
{
	struct store *s = ctx;
	upkeep_run(s->upkeep);
	return 0;
}

static struct store *open_watched(void)
{
	struct store *s = test_open();
	store_events_set(s, &(struct store_events){.alert = on_alert});
	return s;
}

START_TEST(ballast_goes_when_the_disk_is_full_and_comes_back)
{
	struct store *s = open_watched();
	ck_assert_int_eq(sealer_run(s->sealer, run_upkeep, s), 0);
	ck_assert(ballast_is_there());
	expect_room_in_log();
	upkeep_disk(s->upkeep, DISK_JOURNAL, ERR_DISK_FULL);
	ck_assert(!ballast_is_there());
	ck_assert_msg(strstr(alert, "disk is full") != NULL, "%s", alert);
	ck_assert_int_eq(sealer_run(s->sealer, run_upkeep, s), 0);
	ck_assert(!ballast_is_there()); /* not while it is */
	upkeep_disk(s->upkeep, DISK_JOURNAL, 0);
	ck_assert_str_eq(alert, "");
	ck_assert_int_eq(sealer_run(s->sealer, run_upkeep, s), 0);
	ck_assert(ballast_is_there());
	store_close(&s);
}
END_TEST

START_TEST(the_alert_stands_until_all_have_room)
{
	struct store *s = open_watched();
	upkeep_disk(s->upkeep, DISK_JOURNAL, ERR_DISK_FULL);
	upkeep_disk(s->upkeep, DISK_SHELF, ERR_DISK_FULL);
	ck_assert_int_eq(news, 1);
	upkeep_disk(s->upkeep, DISK_JOURNAL, 0);
	ck_assert_int_eq(news, 1);
	upkeep_disk(s->upkeep, DISK_SHELF, 0);
	ck_assert_int_eq(news, 2);
	ck_assert_str_eq(alert, "");
	upkeep_disk(s->upkeep, DISK_SHELF, ERR_IO); /* broken is not full */
	ck_assert_int_eq(news, 2);
	store_close(&s);
}
END_TEST

START_TEST(who_asks_late_is_told_what_stands)
{
	struct store *s = test_open();
	upkeep_disk(s->upkeep, DISK_SHELF, ERR_DISK_FULL);
	store_events_set(s, &(struct store_events){.alert = on_alert});
	ck_assert_int_eq(news, 1);
	ck_assert_str_ne(alert, "");
	store_close(&s);
}
END_TEST

START_TEST(what_is_written_is_counted)
{
	struct history_usage before, after;
	struct store *s = test_open();
	const struct series series = {.id = 1, .device = "a", .entity = "b"};
	ck_assert_int_eq(store_usage(s, &before), 0);
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
	ck_assert_int_eq(store_append(s, &(struct sample){1, {1}, 1}, 1, NULL), 0);
	ck_assert_int_eq(store_seal(s, false), 0);
	ck_assert_int_eq(store_usage(s, &after), 0);
	ck_assert_int_gt(after.written_today + after.written_yesterday, before.written_today + before.written_yesterday + 4096);
	ck_assert_int_eq(after.samples, 1);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, ballast_goes_when_the_disk_is_full_and_comes_back);
	tcase_add_test(tc, the_alert_stands_until_all_have_room);
	tcase_add_test(tc, who_asks_late_is_told_what_stands);
	tcase_add_test(tc, what_is_written_is_counted);
}

int main(void)
{
	return test_run("upkeep", add);
}
