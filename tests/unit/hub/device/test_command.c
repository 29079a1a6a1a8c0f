/* The fate of commands: queued → sent → confirmed, expired or failed. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "fixture.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

static void begin(void)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	live_log_clear(f.live);
}

static size_t count(const char *text)
{
	fixture_sync(&f);
	return live_log_count(f.live, "command", text);
}

START_TEST(confirmed_by_the_report_asked_for)
{
	begin();
	const char *answer;
	ck_assert_int_eq(fixture_command(&f, "lamp", " { \"brightness\": 128 } ", &answer), 0);
	ck_assert_ptr_nonnull(strstr(answer, "\"device\":\"pi\",\"entity\":\"lamp\",\"value\":{\"brightness\":128},"
					     "\"state\":\"sent\",\"reason\":null,\"by\":\"ada\",\"cause\":\"entity\",\"cause_name\":null,\"at\":1700001000000,"
					     "\"took_ms\":null,\"until\":null,\"expires\":1700001010000}"));
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/lamp {\"state\":\"ON\",\"brightness\":128} q1 r0");
	ck_assert_uint_eq(count("\"state\":\"queued\""), 0); /* pages would take it for waiting */
	ck_assert_uint_eq(count("\"state\":\"sent\""), 1);
	fixture_pass(&f, 40);
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":127}"); /* not yet */
	ck_assert_uint_eq(count("confirmed"), 0);
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":128}");
	ck_assert_uint_eq(count("\"state\":\"confirmed\",\"reason\":null,\"by\":\"ada\",\"cause\":\"entity\",\"cause_name\":null,\"at\":1700001000000,"
				"\"took_ms\":40,\"until\":null,\"expires\":null}"),
			  1);
	fixture_pass(&f, 20000);
	ck_assert_uint_eq(count("expired"), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(expires_when_nothing_comes)
{
	begin();
	ck_assert_int_eq(fixture_command(&f, "led0", "\"ON\"", NULL), 0);
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/led0 ON q1 r0");
	fixture_pass(&f, 9999);
	ck_assert_uint_eq(count("expired"), 0);
	fixture_pass(&f, 1);
	ck_assert_uint_eq(count("\"state\":\"expired\",\"reason\":\"the device"), 1);
	fixture_say(&f, "tomte/pi/state/led0", "ON"); /* too late */
	ck_assert_uint_eq(count("confirmed"), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(newer_supersedes_older)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	fixture_command(&f, "lamp", "\"ON\"", NULL); /* another entity is not concerned */
	fixture_command(&f, "led0", "\"OFF\"", NULL);
	ck_assert_uint_eq(count("\"value\":\"ON\",\"state\":\"failed\",\"reason\":\"superseded\""), 1);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_uint_eq(count("confirmed"), 0);
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	ck_assert_uint_eq(count("\"entity\":\"led0\",\"value\":\"OFF\",\"state\":\"confirmed\""), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(refused_before_it_is_sent)
{
	begin();
	const char *answer;
	ck_assert_int_eq(fixture_command(&f, "nothing", "\"ON\"", NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(fixture_command(&f, "cpu_thermal", "7", NULL), ERR_UNSUPPORTED);
	ck_assert_int_eq(fixture_command(&f, "led0", "\"BLUE\"", &answer), ERR_INVALID);
	ck_assert_str_eq(answer, "{\"code\":\"value_on_off\",\"detail\":\"Its state is \\\"ON\\\", \\\"OFF\\\" or \\\"TOGGLE\\\".\"}");
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	ck_assert_uint_eq(count(""), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(goes_with_the_entity_or_to_its_heir)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	fixture_command(&f, "lamp", "\"ON\"", NULL);
	fixture_say(&f, "homeassistant/device/pi/config",
		    "{\"dev\":{},\"cmps\":{\"led0\":{\"p\":\"switch\",\"name\":\"New\",\"stat_t\":\"tomte/pi/state/led0\","
		    "\"cmd_t\":\"tomte/pi/set/led0\"}}}");
	ck_assert_uint_eq(count("\"entity\":\"lamp\",\"value\":\"ON\",\"state\":\"failed\",\"reason\":\"the device no "
				"longer has this\""),
			  1);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_uint_eq(count("\"entity\":\"led0\",\"value\":\"ON\",\"state\":\"confirmed\""), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(what_reports_nothing_is_confirmed_at_once)
{
	begin();
	fixture_say(&f, "homeassistant/device/pi/config",
		    "{\"dev\":{},\"cmps\":{\"bell\":{\"p\":\"button\",\"cmd_t\":\"tomte/pi/set/bell\"}}}");
	const char *answer;
	ck_assert_int_eq(fixture_command(&f, "bell", "null", &answer), 0);
	ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"confirmed\""));
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/bell PRESS q1 r0");
	ck_assert_uint_eq(count(""), 2); /* sent, confirmed */
	fixture_end(&f);
}
END_TEST

START_TEST(ids_grow)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	fixture_command(&f, "led0", "\"ON\"", NULL);
	ck_assert_uint_eq(count("{\"id\":1700001000000,"), 2); /* sent, superseded */
	ck_assert_uint_eq(count("{\"id\":1700001000001,"), 1);
	fixture_end(&f);
}
END_TEST

/* What the store has of the newest command: "state reason took". */
static const char *stored(void)
{
	static char text[256];
	static struct command_record commands[16];
	size_t n = fake_store_commands(f.store, commands, 16);
	ck_assert_uint_gt(n, 0);
	const struct command_record *c = &commands[n - 1];
	snprintf(text, sizeof text, "%s %s %s %d", c->value, command_state_name(c->state), c->reason, (int)c->took_ms);
	return text;
}

static void go_away(void)
{
	fixture_say(&f, "tomte/pi/status", "offline");
	fixture_sync(&f);
}

START_TEST(waits_for_a_device_that_is_away)
{
	begin();
	go_away();
	const char *answer;
	ck_assert_int_eq(fixture_command_waiting(&f, "lamp", "{\"brightness\":9}", 60, &answer), 0);
	ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"queued\""));
	ck_assert_uint_eq(count("\"state\":\"queued\",\"reason\":null,\"by\":\"ada\",\"cause\":\"entity\",\"cause_name\":null,\"at\":1700001000000,"
				"\"took_ms\":null,\"until\":1700001060000,\"expires\":1700001060000}"),
			  1);
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	ck_assert_str_eq(stored(), "{\"brightness\":9} queued  -1");
	fixture_pass(&f, 59000);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/lamp {\"state\":\"ON\",\"brightness\":9} q1 r0");
	ck_assert_uint_eq(count("\"state\":\"sent\""), 1);
	fixture_pass(&f, 2000); /* it may have come back before it listens */
	ck_assert_uint_eq(fixture_published_count(&f), 2);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/lamp"));
	fixture_pass(&f, 9999); /* from here on it has its ten seconds */
	ck_assert_uint_eq(fixture_published_count(&f), 2);
	ck_assert_uint_eq(count("expired"), 0);
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":9}");
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	ck_assert_str_eq(stored(), "{\"brightness\":9} confirmed  70999");
	fixture_end(&f);
}
END_TEST

START_TEST(waits_no_longer_than_asked)
{
	begin();
	go_away();
	ck_assert_int_eq(fixture_command(&f, "lamp", "\"ON\"", NULL), ERR_STATE);
	ck_assert_int_eq(fixture_command_waiting(&f, "lamp", "\"ON\"", 60, NULL), 0);
	ck_assert_int_eq(fixture_command_waiting(&f, "led0", "\"ON\"", 30, NULL), 0); /* later, and due sooner */
	fixture_pass(&f, 30000);
	ck_assert_uint_eq(count("\"entity\":\"led0\",\"value\":\"ON\",\"state\":\"expired\",\"reason\":\"the device did not come back in time\""), 1);
	ck_assert_uint_eq(count("expired"), 1);
	fixture_pass(&f, 30000);
	ck_assert_uint_eq(count("expired"), 2);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(what_is_so_already_is_not_sent_again)
{
	begin();
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "led0", "\"TOGGLE\"", 60, NULL), 0); /* means ON, whatever comes */
	ck_assert_str_eq(stored(), "\"ON\" queued  -1");
	fixture_say(&f, "tomte/pi/state/led0", "ON"); /* somebody was there, and pressed the button */
	fixture_sync(&f);
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	ck_assert_uint_le(fixture_published_count(&f), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(waiting_outlives_the_hub)
{
	begin();
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "lamp", "{\"brightness\":9}", 60, NULL), 0);
	fixture_pass(&f, 20000);
	fixture_restart(&f);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/lamp {\"state\":\"ON\",\"brightness\":9} q1 r0");
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":9}");
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	ck_assert_str_eq(stored(), "{\"brightness\":9} confirmed  20000");
	fixture_end(&f);
}
END_TEST

START_TEST(what_was_on_its_way_expires_with_the_hub)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "lamp", "\"ON\"", 60, NULL), 0);
	fixture_pass(&f, 5000);
	fixture_restart(&f);
	fixture_pass(&f, 60000);
	ck_assert_str_eq(stored(), "\"ON\" expired the device did not come back in time -1");
	fixture_end(&f);
}
END_TEST

START_TEST(what_has_waited_is_tried_for_ten_seconds)
{
	begin();
	fixture_say(&f, "homeassistant/device/pi/config",
		    "{\"dev\":{},\"cmps\":{\"bell\":{\"p\":\"switch\",\"cmd_t\":\"tomte/pi/set/bell\"}}}");
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "bell", "\"ON\"", 60, NULL), 0);
	fixture_say(&f, "tomte/pi/status", "online");
	for (size_t i = 1; i <= 5; i++) {
		fixture_sync(&f);
		ck_assert_uint_eq(fixture_published_count(&f), i);
		ck_assert_uint_eq(count("expired"), 0);
		fixture_pass(&f, 2000);
	}
	ck_assert_uint_eq(fixture_published_count(&f), 5);
	ck_assert_uint_eq(count("expired"), 1);
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "bell", "\"ON\"", 60, NULL), 0);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/bell")); /* nothing else can be heard of it */
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(acknowledged_by_the_device)
{
	begin();
	fixture_command(&f, "led0", "\"ON\"", NULL);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/lamp"));
	fixture_sync(&f);
	ck_assert_uint_eq(count("acknowledged"), 0);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/led0"));
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/led0"));
	fixture_sync(&f);
	ck_assert_uint_eq(count("\"state\":\"acknowledged\""), 1);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(what_it_said_before_it_went_is_no_answer)
{
	begin();
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_pass(&f, 1000);
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "led0", "\"ON\"", 60, NULL), 0);
	fixture_pass(&f, 1000);
	size_t before = fixture_published_count(&f);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_uint_eq(fixture_published_count(&f), before + 1);
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 0);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(what_was_sent_after_it_waited_is_not_sent_by_the_next_hub)
{
	begin();
	go_away();
	ck_assert_int_eq(fixture_command_waiting(&f, "led0", "\"ON\"", 600, NULL), 0);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	fixture_restart(&f);
	ck_assert_str_eq(stored(), "\"ON\" expired the hub was started anew meanwhile -1");
	size_t before = fixture_published_count(&f);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_uint_eq(fixture_published_count(&f), before);
	fixture_end(&f);
}
END_TEST

START_TEST(what_moves_is_given_its_time)
{
	begin();
	fixture_say(&f, "homeassistant/device/pi/config",
		    "{\"dev\":{},\"~\":\"tomte/pi\",\"cmps\":{\"blind\":{\"p\":\"cover\",\"pos_t\":\"~/state/blind\",\"set_pos_t\":\"~/set/blind\"}}}");
	fixture_sync(&f);
	ck_assert_int_eq(fixture_command(&f, "blind", "{\"position\":40}", NULL), 0);
	fixture_pass(&f, 60000);
	ck_assert_uint_eq(count("\"state\":\"expired\""), 0);
	fixture_say(&f, "tomte/pi/state/blind", "40");
	fixture_sync(&f);
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	ck_assert_int_eq(fixture_command(&f, "blind", "{\"position\":80}", NULL), 0);
	fixture_pass(&f, 181000); /* it is stuck */
	ck_assert_uint_eq(count("\"state\":\"expired\""), 1);
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {confirmed_by_the_report_asked_for, expires_when_nothing_comes,
				      newer_supersedes_older, refused_before_it_is_sent,
				      goes_with_the_entity_or_to_its_heir, what_reports_nothing_is_confirmed_at_once,
				      ids_grow,
		waits_for_a_device_that_is_away, waits_no_longer_than_asked, what_is_so_already_is_not_sent_again,
		waiting_outlives_the_hub, what_was_on_its_way_expires_with_the_hub,
		what_has_waited_is_tried_for_ten_seconds, acknowledged_by_the_device,
		what_moves_is_given_its_time, what_it_said_before_it_went_is_no_answer,
		what_was_sent_after_it_waited_is_not_sent_by_the_next_hub};
	return suite_run("device/command", tests, sizeof tests / sizeof tests[0]);
}
