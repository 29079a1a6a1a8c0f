/* Alerts: one open per device and kind, numbered on, told and stored. */
#include "alert/alerts.h"

#include <check.h>
#include <string.h>

#include "base/err.h"
#include "support/fake_store.h"
#include "support/live_log.h"
#include "support/suite.h"

static struct store *store;
static struct live_log *live;
static struct alerts *alerts;

static void begin(void)
{
	struct live_port port = live_log_port(live);
	ck_assert_int_eq(alerts_create(store, &port, &alerts), 0);
}

static void set_up(void)
{
	store = fake_store_create();
	live = live_log_create();
	begin();
}

static void tear_down(void)
{
	alerts_destroy(&alerts);
	fake_store_destroy(&store);
	live_log_destroy(&live);
}

static const struct alert_report offline = {.device = "lamp", .kind = "offline", .text = "Lamp \"1\" does not answer"};

START_TEST(opens_once_and_closes)
{
	set_up();
	ck_assert_int_eq(alerts_open(alerts, &offline, (struct wall_ms){1000}), 0);
	ck_assert_int_eq(alerts_open(alerts, &offline, (struct wall_ms){2000}), 0);
	ck_assert(alerts_is_open(alerts, "lamp", "offline"));
	ck_assert(!alerts_is_open(alerts, "lamp", "enrolment"));
	fake_store_settle(store); /* the news comes with the commit */
	ck_assert_uint_eq(live_log_count(live, "alert", ""), 1);
	ck_assert_uint_eq(live_log_count(live, "alert",
					 "{\"id\":1,\"device\":\"lamp\",\"kind\":\"offline\",\"text\":\"Lamp \\\"1\\\" does "
					 "not answer\",\"opened\":1000,\"closed\":null}"),
			  1);
	alerts_close(alerts, "lamp", "offline", (struct wall_ms){3000});
	alerts_close(alerts, "lamp", "offline", (struct wall_ms){4000});
	fake_store_settle(store);
	ck_assert_uint_eq(live_log_count(live, "alert", "\"closed\":3000"), 1);
	ck_assert_uint_eq(live_log_count(live, "alert", ""), 2);
	struct alert stored[4];
	ck_assert_uint_eq(fake_store_alerts(store, stored, 4), 1);
	ck_assert_int_eq(stored[0].closed_at.ms, 3000);
	tear_down();
}
END_TEST

START_TEST(goes_on_after_a_restart)
{
	set_up();
	alerts_open(alerts, &offline, (struct wall_ms){1000});
	alerts_destroy(&alerts);
	begin();
	ck_assert(alerts_is_open(alerts, "lamp", "offline"));
	const struct alert_report other = {.device = "", .kind = "disk", .text = "full"};
	alerts_open(alerts, &other, (struct wall_ms){2000});
	struct alert stored[4];
	ck_assert_uint_eq(fake_store_alerts(store, stored, 4), 2);
	ck_assert_int_eq(stored[1].id, 2);
	fake_store_settle(store);
	ck_assert_uint_eq(live_log_count(live, "alert", "\"device\":null"), 1);
	tear_down();
}
END_TEST

START_TEST(stores_again_what_failed)
{
	set_up();
	fake_store_fail(store, ERR_DISK_FULL, false);
	alerts_open(alerts, &offline, (struct wall_ms){1000});
	struct alert stored[4];
	ck_assert_uint_eq(fake_store_alerts(store, stored, 4), 0);
	fake_store_fail(store, 0, false);
	alerts_retry(alerts);
	ck_assert_uint_eq(fake_store_alerts(store, stored, 4), 1);
	tear_down();
}
END_TEST

START_TEST(each_causer_has_its_own_of_some)
{
	set_up();
	for (int round = 0; round < 2; round++)
		for (char name = 'a'; name < 'e'; name++) {
			char text[] = "x floods";
			text[0] = name;
			const struct alert_report flood = {.device = "", .kind = "flood", .text = text};
			ck_assert_int_eq(alerts_open_each(alerts, &flood, 3, (struct wall_ms){1000}), 0);
		}
	fake_store_settle(store);
	ck_assert_uint_eq(live_log_count(live, "alert", "floods"), 3);
	ck_assert_uint_eq(live_log_count(live, "alert", "c floods"), 1);
	alerts_close_older(alerts, "flood", (struct wall_ms){1001}, (struct wall_ms){5000});
	ck_assert(!alerts_is_open(alerts, "", "flood"));
	tear_down();
}
END_TEST

START_TEST(old_events_close_and_erased_devices_are_silent)
{
	set_up();
	const struct alert_report enrolment = {.device = "", .kind = "enrolment", .text = "used key"};
	alerts_open(alerts, &enrolment, (struct wall_ms){1000});
	alerts_close_older(alerts, "enrolment", (struct wall_ms){1000}, (struct wall_ms){5000});
	ck_assert(alerts_is_open(alerts, "", "enrolment"));
	alerts_close_older(alerts, "enrolment", (struct wall_ms){1001}, (struct wall_ms){5000});
	ck_assert(!alerts_is_open(alerts, "", "enrolment"));
	alerts_open(alerts, &offline, (struct wall_ms){6000});
	fake_store_settle(store);
	live_log_clear(live);
	alerts_forget(alerts, "lamp");
	ck_assert(!alerts_is_open(alerts, "lamp", "offline"));
	ck_assert_uint_eq(live_log_count(live, NULL, ""), 0);
	tear_down();
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
	set_up();
	char text[600];
	memset(text, 'a', 254);
	memcpy(text + 254, "éé", 5); /* the first é would straddle the end */
	const struct alert_report report = {.device = "x", .kind = "offline", .text = text};
	alerts_open(alerts, &report, (struct wall_ms){1});
	struct alert stored[1];
	fake_store_alerts(store, stored, 1);
	ck_assert_uint_eq(strlen(stored[0].text), 254);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {opens_once_and_closes, goes_on_after_a_restart, stores_again_what_failed,
				      each_causer_has_its_own_of_some, old_events_close_and_erased_devices_are_silent,
				      long_text_is_cut_between_characters};
	return suite_run("alert/alerts", tests, sizeof tests / sizeof tests[0]);
}
