/* What the house records, and how its owner changes that: words, series, rules for topics that
 * are no device's. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "fixture.h"
#include "ingest/rules.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

static size_t open_alerts(void)
{
	struct alert alerts[16];
	size_t count = fake_store_alerts(f.store, alerts, 16), open = 0;
	for (size_t i = 0; i < count; i++)
		open += alerts[i].closed_at.ms == 0;
	return open;
}

START_TEST(words_are_recorded)
{
	fixture_begin(&f);
	fixture_say(&f, "homeassistant/device/pi/config",
		    "{\"dev\":{\"name\":\"x\"},\"o\":{\"name\":\"t\"},\"cmps\":{"
		    "\"mode\":{\"p\":\"select\",\"name\":\"Mode\",\"state_topic\":\"tomte/pi/state/mode\","
		    "\"command_topic\":\"tomte/pi/set/mode\",\"options\":[\"eco\",\"boost\"]},"
		    "\"loose\":{\"p\":\"sensor\",\"name\":\"Loose\",\"state_topic\":\"tomte/pi/state/loose\"}}}");
	fixture_say(&f, "tomte/pi/state/mode", "eco");
	fixture_say(&f, "tomte/pi/state/mode", "boost");
	fixture_say(&f, "tomte/pi/state/loose", "idle");
	fixture_sync(&f);
	fixture_say(&f, "tomte/pi/state/loose", "12.5"); /* its series is one of words by now */
	fixture_pass(&f, 100);
	ck_assert(live_log_wait(f.live, "points", "[1,1700001000000,\"eco\"]"));
	ck_assert_uint_eq(live_log_count(f.live, "points", "\"boost\""), 1);
	ck_assert_uint_eq(live_log_count(f.live, "points", "\"idle\""), 1);
	ck_assert_uint_eq(live_log_count(f.live, "points", "\"12.5\""), 1);
	fixture_restart(&f); /* described again from the store */
	struct series series[4];
	ck_assert_uint_eq(fake_store_series(f.store, series, 4), 2);
	ck_assert_int_eq(series[0].kind, SERIES_TEXT);
	ck_assert_int_eq(series[1].kind, SERIES_TEXT);
	fixture_end(&f);
}
END_TEST

static char answer[1024];

/* A wish through the history port; its answer is in `answer`. */
static int wish_series(int64_t id, const char *wish)
{
	struct buf json = {0};
	int err = f.history.series_edit(f.history.ctx, id, span_str(wish), &json);
	snprintf(answer, sizeof answer, "%s", json.len ? buf_cstr(&json) : "");
	buf_finish(&json);
	return err;
}

static int wish_rule(const char *wish)
{
	struct buf json = {0};
	int err = f.history.rule_add(f.history.ctx, span_str(wish), &json);
	snprintf(answer, sizeof answer, "%s", json.len ? buf_cstr(&json) : "");
	buf_finish(&json);
	return err;
}

START_TEST(the_owner_says_what_is_recorded)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47");
	fixture_pass(&f, 100);
	ck_assert_int_eq(wish_series(1, "{\"recorder\":{\"preset\":\"nothing\"},\"raw_days\":3}"), 0);
	ck_assert_int_eq(wish_series(2, "{}"), ERR_NOT_FOUND);
	ck_assert_int_eq(wish_series(1, "{\"unit\":\"K\"}"), ERR_INVALID);
	ck_assert_str_eq(answer, "{\"field\":\"unit\",\"detail\":\"The device says what its series measures.\"}");
	ck_assert_int_eq(wish_series(1, "{\"raw_days\":\"x\"}"), ERR_INVALID);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "48");
	fixture_introduce(&f);
	fixture_restart(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "49");
	fixture_pass(&f, 100);
	struct sample samples[4];
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 4), 1);
	struct series series[4];
	ck_assert_uint_eq(fake_store_series(f.store, series, 4), 1);
	ck_assert_int_eq(series[0].recorder.preset, RECORD_NOTHING);
	ck_assert_int_eq(series[0].raw_days, 3);
	fixture_end(&f);
}
END_TEST

START_TEST(a_wish_that_is_not_stored_is_tried_again)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47");
	fixture_pass(&f, 100);
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(wish_series(1, "{\"raw_days\":3}"), ERR_DISK_FULL);
	fake_store_fail(f.store, 0, false);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "48");
	fixture_pass(&f, 20000);
	struct series series[4];
	ck_assert_uint_eq(fake_store_series(f.store, series, 4), 1);
	ck_assert_int_eq(series[0].raw_days, 3);
	fixture_end(&f);
}
END_TEST

START_TEST(rules_record_topics_of_strangers)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(wish_rule("{\"filter\":\"zigbee2mqtt/+\",\"path\":\"temperature\",\"unit\":\"°C\"}"), 0);
	ck_assert_ptr_nonnull(strstr(answer, "{\"id\":1,\"name\":\"\",\"filter\":\"zigbee2mqtt/+\",\"path\":\"$.temperature\""));
	ck_assert_int_eq(wish_rule("{\"filter\":\"zigbee2mqtt/+\",\"path\":\"$.temperature\"}"), ERR_EXISTS);
	ck_assert_int_eq(wish_rule("{\"filter\":\"a#\"}"), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(answer, "{\"field\":\"filter\","));
	ck_assert_int_eq(wish_rule("{\"filter\":\"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a\"}"),
			 ERR_INVALID); /* by the broker */
	ck_assert_ptr_nonnull(strstr(answer, "levels"));
	ck_assert_int_eq(wish_rule("{\"filter\":\"#\",\"kind\":\"binary\"}"), 0);
	fixture_say(&f, "zigbee2mqtt/attic", "{\"temperature\":21.5}");
	fixture_say_with(&f, "zigbee2mqtt/attic", "{\"temperature\":20}", MESSAGE_RETAIN, true); /* history */
	fixture_say_with(&f, "hub/said", "ON", MESSAGE_FROM_INSIDE, false);
	fixture_say(&f, "tomte/pi/state/door", "ON"); /* the device's, once */
	fixture_pass(&f, 100); /* to the disk */
	struct sample samples[8];
	struct series series[8];
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 8), 3);
	ck_assert_uint_eq(fake_store_series(f.store, series, 8), 3);
	ck_assert_str_eq(series[0].topic, "zigbee2mqtt/attic");
	ck_assert_str_eq(series[1].topic, "hub/said");
	ck_assert_str_eq(series[2].entity, "door");
	fixture_restart(&f);
	fixture_say(&f, "zigbee2mqtt/attic", "{\"temperature\":22.5}");
	ck_assert_int_eq(f.history.rule_remove(f.history.ctx, 1), 0);
	ck_assert_int_eq(f.history.rule_remove(f.history.ctx, 1), ERR_NOT_FOUND);
	fixture_say(&f, "zigbee2mqtt/attic", "{\"temperature\":23.5}");
	fixture_pass(&f, 100);
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 8), 4);
	struct buf json = {0};
	ck_assert_int_eq(f.history.rules(f.history.ctx, &json), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "[{\"id\":3,"));
	buf_finish(&json);
	fixture_end(&f);
}
END_TEST

START_TEST(a_rule_that_is_not_stored_is_none)
{
	fixture_begin(&f);
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(wish_rule("{\"filter\":\"a\"}"), ERR_DISK_FULL);
	fake_store_fail(f.store, 0, false);
	fixture_say(&f, "a", "1");
	ck_assert_int_eq(wish_rule("{\"filter\":\"a\"}"), 0);
	fake_store_fail(f.store, ERR_IO, false);
	ck_assert_int_eq(f.history.rule_remove(f.history.ctx, 2), ERR_IO);
	fake_store_fail(f.store, 0, false);
	fixture_say(&f, "a", "2");
	fixture_pass(&f, 100);
	struct sample samples[4];
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 4), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(a_full_rule_is_told)
{
	fixture_begin(&f);
	ck_assert_int_eq(wish_rule("{\"filter\":\"flood/+\",\"name\":\"Flood\"}"), 0);
	char topic[32];
	for (int i = 0; i <= RULE_SERIES_MAX; i++) {
		snprintf(topic, sizeof topic, "flood/%d", i);
		fixture_say(&f, topic, "1");
	}
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "The rule Flood records 256 topics"), 1);
	ck_assert_uint_eq(open_alerts(), 1);
	fixture_pass(&f, 25 * 3600 * 1000);
	fixture_pass(&f, 60000);
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(erasing_a_device_erases_what_rules_recorded_of_it)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(wish_rule("{\"filter\":\"tomte/+/tele/+\"}"), 0);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47");
	fixture_say(&f, "tomte/nas/tele/disk", "3");
	fixture_pass(&f, 100);
	struct series series[4];
	ck_assert_uint_eq(fake_store_series(f.store, series, 4), 3); /* the device's own, and two of topics */
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	size_t count = fake_store_series(f.store, series, 4);
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_null(strstr(series[i].topic, "pi"));
	struct buf json = {0};
	ck_assert_int_eq(f.history.rules(f.history.ctx, &json), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"series\":1,"));
	buf_finish(&json);
	fixture_say(&f, "tomte/nas/tele/disk", "4");
	fixture_pass(&f, 100);
	struct sample samples[8];
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 8), 4);
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {words_are_recorded, the_owner_says_what_is_recorded,
				      a_wish_that_is_not_stored_is_tried_again, rules_record_topics_of_strangers,
				      a_rule_that_is_not_stored_is_none, a_full_rule_is_told,
				      erasing_a_device_erases_what_rules_recorded_of_it};
	return suite_run("device/recording", tests, sizeof tests / sizeof tests[0]);
}
