/* What was asked and is not so, and what was reported: shown, kept, and there after a restart. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "device/house.h"
#include "fixture.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

static void begin(void)
{
	fixture_begin(&f);
	fixture_introduce(&f);
}

static void shows(const char *text)
{
	ck_assert_msg(strstr(fixture_device(&f), text) != NULL, "%s lacks %s", fixture_device(&f), text);
}

/* What the entity of this id shows from "state" to "desired". */
static const char *shown(const char *entity)
{
	static char text[1024];
	char id[64];
	snprintf(id, sizeof id, "{\"id\":\"%s\"", entity);
	const char *at = strstr(fixture_device(&f), id);
	ck_assert_ptr_nonnull(at);
	const char *state = strstr(at, "\"state\":"), *end = strstr(state, ",\"controllable\"");
	snprintf(text, sizeof text, "%.*s", (int)(end - state), state);
	return text;
}

/* What the entity of this id shows as desired. */
static const char *desired(const char *entity)
{
	static char text[1024];
	char id[64];
	snprintf(id, sizeof id, "{\"id\":\"%s\"", entity);
	const char *at = strstr(strstr(fixture_device(&f), id), "\"desired\":") + strlen("\"desired\":");
	size_t len = 0;
	int depth = 0;
	do
		depth += (at[len] == '{') - (at[len] == '}');
	while (++len && at[len] && (depth > 0 || (at[len] != ',' && at[len] != '}')));
	snprintf(text, sizeof text, "%.*s", (int)len, at);
	return text;
}

/* ---- desired -------------------------------------------------------------------- */

START_TEST(desired_until_it_is_so)
{
	begin();
	ck_assert_str_eq(desired("led0"), "null");
	fixture_command(&f, "led0", "\"ON\"", NULL);
	ck_assert_str_eq(desired("led0"), "{\"value\":\"ON\",\"command\":1700001000000,\"state\":\"sent\",\"until\":null}");
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/led0"));
	ck_assert_str_eq(desired("led0"), "{\"value\":\"ON\",\"command\":1700001000000,\"state\":\"acknowledged\",\"until\":null}");
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_str_eq(desired("led0"), "null");
	fixture_command(&f, "lamp", "{\"brightness\":9}", NULL);
	shows("\"desired\":{\"value\":{\"brightness\":9},\"command\":1700001000001,\"state\":\"sent\",\"until\":null}");
	fixture_end(&f);
}
END_TEST

START_TEST(what_expired_is_desired_still)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	fixture_pass(&f, 10000);
	ck_assert_str_eq(desired("led0"), "{\"value\":\"ON\",\"command\":1700001000000,\"state\":\"expired\",\"until\":null}");
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	ck_assert_str_eq(desired("led0"), "{\"value\":\"ON\",\"command\":1700001000000,\"state\":\"expired\",\"until\":null}");
	fixture_say(&f, "tomte/pi/state/led0", "ON"); /* late, or by hand */
	ck_assert_str_eq(desired("led0"), "null");
	fixture_end(&f);
}
END_TEST

START_TEST(the_newest_wish_counts)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	fixture_command(&f, "led0", "\"OFF\"", NULL); /* the first one fails: it is superseded */
	ck_assert_str_eq(desired("led0"), "{\"value\":\"OFF\",\"command\":1700001000001,\"state\":\"sent\",\"until\":null}");
	fixture_say(&f, "homeassistant/device/pi/config",
		    "{\"dev\":{},\"cmps\":{\"led0\":{\"p\":\"switch\",\"stat_t\":\"tomte/pi/state/led0\",\"cmd_t\":\"tomte/pi/set/led0\"}}}");
	ck_assert_str_eq(desired("led0"), "{\"value\":\"OFF\",\"command\":1700001000001,\"state\":\"sent\",\"until\":null}"); /* the heir has it */
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	ck_assert_str_eq(desired("led0"), "null");
	fixture_end(&f);
}
END_TEST

START_TEST(desires_outlive_the_hub)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	fixture_pass(&f, 10000);
	fixture_say(&f, "tomte/pi/status", "offline");
	fixture_command_waiting(&f, "lamp", "\"ON\"", 300, NULL);
	fixture_restart(&f);
	ck_assert_str_eq(desired("led0"), "{\"value\":\"ON\",\"command\":1700001000000,\"state\":\"expired\",\"until\":null}");
	ck_assert_str_eq(desired("lamp"), "{\"value\":\"ON\",\"command\":1700001010000,\"state\":\"queued\",\"until\":1700001310000}");
	fixture_say(&f, "tomte/pi/status", "online");
	ck_assert_str_eq(desired("lamp"), "{\"value\":\"ON\",\"command\":1700001010000,\"state\":\"sent\",\"until\":null}");
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":3}");
	ck_assert_str_eq(desired("lamp"), "null");
	fixture_restart(&f);
	ck_assert_str_eq(desired("lamp"), "null");
	fixture_end(&f);
}
END_TEST

/* ---- reported --------------------------------------------------------------------- */

START_TEST(a_clean_stop_keeps_everything)
{
	static const char lamp[] = "\"state\":{\"state\":\"ON\",\"brightness\":40,\"color\":{\"r\":255,\"g\":160,\"b\":0}},\"at\":1700001000000";
	begin();
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":40,\"color_mode\":\"rgb\",\"color\":{\"r\":255,\"g\":160,\"b\":0}}");
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_pass(&f, 500);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	ck_assert_str_eq(shown("lamp"), lamp);
	fixture_restart_cleanly(&f);
	ck_assert_str_eq(shown("lamp"), lamp);
	ck_assert_str_eq(shown("led0"), "\"state\":\"ON\",\"at\":1700001000000");
	ck_assert_str_eq(shown("cpu_thermal"), "\"state\":47.25,\"at\":1700001000500");
	ck_assert_str_eq(shown("door"), "\"state\":null,\"at\":null");
	shows("\"online\":null"); /* which says nothing of whether it is there */
	fixture_end(&f);
}
END_TEST

START_TEST(old_values_grow_old_all_the_same)
{
	begin();
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	fixture_restart_cleanly(&f);
	fixture_pass(&f, 40000);
	fixture_say(&f, "tomte/pi/status", "online");
	ck_assert_str_eq(shown("cpu_thermal"), "\"state\":47.25,\"at\":1700001000000");
	fixture_pass(&f, 25001); /* expire_after is 60 s */
	ck_assert_str_eq(shown("cpu_thermal"), "\"state\":null,\"at\":1700001000000");
	fixture_end(&f);
}
END_TEST

START_TEST(once_a_minute_what_has_changed)
{
	int64_t at;
	begin();
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	size_t before = fake_store_reported_writes(f.store);
	fixture_pass(&f, 60000);
	ck_assert_uint_eq(fake_store_reported_writes(f.store), before + 1);
	ck_assert_str_eq(fake_store_reported(f.store, "pi", "led0", &at), "\"ON\"");
	ck_assert_int_eq(at, 1700001000000);
	ck_assert_str_eq(fake_store_reported(f.store, "pi", "cpu_thermal", &at), ""); /* its series has it */
	fixture_say(&f, "tomte/pi/state/led0", "ON"); /* as it was: no write */
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "48");
	fixture_pass(&f, 60000);
	ck_assert_uint_eq(fake_store_reported_writes(f.store), before + 1);
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	fixture_pass(&f, 60000);
	ck_assert_uint_eq(fake_store_reported_writes(f.store), before + 2);
	ck_assert_str_eq(fake_store_reported(f.store, "pi", "led0", &at), "\"OFF\"");
	fixture_end(&f);
}
END_TEST

START_TEST(after_a_power_cut_series_know_more)
{
	begin();
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_pass(&f, 60000);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	fixture_pass(&f, 2000);
	fixture_restart(&f);
	ck_assert_str_eq(shown("cpu_thermal"), "\"state\":47.25,\"at\":1700001060000");
	ck_assert_str_eq(shown("led0"), "\"state\":\"OFF\",\"at\":1700001060000");
	fixture_end(&f);
}
END_TEST

START_TEST(what_is_described_no_more_is_dropped)
{
	int64_t at;
	begin();
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_pass(&f, 60000);
	fixture_say(&f, "homeassistant/device/pi/config", "{\"dev\":{},\"cmps\":{\"lamp\":{\"p\":\"light\",\"cmd_t\":\"tomte/pi/set/lamp\"}}}");
	fixture_restart(&f);
	ck_assert_str_eq(fake_store_reported(f.store, "pi", "led0", &at), "");
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {desired_until_it_is_so, what_expired_is_desired_still, the_newest_wish_counts, desires_outlive_the_hub,
				      a_clean_stop_keeps_everything, old_values_grow_old_all_the_same, once_a_minute_what_has_changed,
				      after_a_power_cut_series_know_more, what_is_described_no_more_is_dropped};
	return suite_run("device/shadow", tests, sizeof tests / sizeof tests[0]);
}
