/* The house over the real store: what it learnt is in the files and comes back, and
 * what is erased is gone. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "db/history.h"
#include "fixture.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

static void assert_device(const char *part)
{
	const char *text = fixture_device(&f);
	ck_assert_msg(strstr(text, part), "no %s in %s", part, text);
}

static void on_alert(void *ctx, const struct alert *alert)
{
	(void)alert;
	++*(size_t *)ctx;
}

static size_t open_alerts(void)
{
	size_t count = 0;
	fake_store_settle(f.store);
	ck_assert_int_eq(store_alert_open_each(f.store, on_alert, &count), 0);
	return count;
}

/* A life: introduced, measured, lost, restarted, back. */
START_TEST(comes_back_from_the_files)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	for (int i = 0; i < 10; i++) {
		fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
		fixture_pass(&f, 100);
	}
	ck_assert(live_log_wait(f.live, "points", "[1,1700001000900,47.25]"));
	fixture_say_with(&f, "tomte/pi/status", "offline", MESSAGE_WILL | MESSAGE_RETAIN, false);
	fixture_sync(&f);
	ck_assert_uint_eq(open_alerts(), 1);

	fixture_restart(&f);
	assert_device("\"area\":\"Attic\",\"model\":\"Raspberry Pi 4 Model B Rev 1.4\"");
	assert_device("\"online\":null,\"lost\":true,\"changed\":1700001001000,\"parting\":\"will\",\"renewable\":false,\"last_seen\":1700001000900");
	assert_device("\"id\":\"cpu_thermal\"");
	assert_device("\"series\":1,");
	ck_assert_uint_eq(open_alerts(), 1);
	struct bucket buckets[32];
	struct buckets_answer answer;
	const struct buckets_query query = {.series = 1, .from = {FIXTURE_EPOCH}, .to = {FIXTURE_EPOCH + 2000000}, .width = 32};
	ck_assert_int_eq(store_buckets(f.store, &query, buckets, &answer), 0);
	ck_assert(answer.raw);
	ck_assert_uint_eq(answer.count, 10);

	fixture_introduce(&f);
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(is_edited_and_erased_in_the_files)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "Küche", "Home"), 0);
	struct device_record record;
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), 0);
	ck_assert_str_eq(record.name, "Küche");
	ck_assert_str_eq(record.area, "Home");
	device_record_finish(&record);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), ERR_NOT_FOUND);
	struct sample sample;
	ck_assert_int_eq(store_latest(f.store, 1, &sample), ERR_NOT_FOUND);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), ERR_NOT_FOUND);
	fixture_restart(&f);
	ck_assert_str_eq(fixture_device(&f), "");
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {comes_back_from_the_files, is_edited_and_erased_in_the_files};
	return suite_run("device/house over the store", tests, sizeof tests / sizeof tests[0]);
}
