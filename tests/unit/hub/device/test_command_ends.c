/* What must not happen to a command: that somebody else acknowledges it, that it is done when that is unsafe, that it cannot be taken
 * back, or that it is not so for the page after the device has done it late. */
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

static void describe(const char *components)
{
	char text[2048];
	snprintf(text, sizeof text, "{\"dev\":{},\"~\":\"tomte/pi\",\"cmps\":{%s}}", components);
	fixture_say(&f, "homeassistant/device/pi/config", text);
	fixture_sync(&f);
}

static void go(const char *status)
{
	fixture_say(&f, "tomte/pi/status", status);
	fixture_sync(&f);
}

/* The state and reason of the newest command in the store. */
static const char *stored(void)
{
	static char text[256];
	static struct command_record commands[16];
	fixture_sync(&f);
	size_t n = fake_store_commands(f.store, commands, 16);
	ck_assert_uint_gt(n, 0);
	snprintf(text, sizeof text, "%s (%s)", command_state_name(commands[n - 1].state), commands[n - 1].reason);
	return text;
}

/* ---- acknowledged ----------------------------------------------------------- */

START_TEST(acknowledged_by_nobody_else)
{
	begin();
	ck_assert_int_eq(fixture_command(&f, "led0", "\"ON\"", NULL), 0);
	house_message_arrived(f.house, "logger", span_str("tomte/pi/set/led0"));
	house_message_arrived(f.house, "", span_str("tomte/pi/set/led0"));
	house_message_arrived(f.house, "a-user-name-that-is-longer-than-any-id-of-a-device", span_str("tomte/pi/set/led0"));
	ck_assert_uint_eq(count("acknowledged"), 0);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/led0"));
	ck_assert_uint_eq(count("\"state\":\"acknowledged\""), 1);
	fixture_end(&f);
}
END_TEST

/* ---- late ------------------------------------------------------------------- */

START_TEST(what_has_expired_does_not_happen_later)
{
	begin();
	ck_assert_int_eq(fixture_command(&f, "led0", "\"ON\"", NULL), 0);
	ck_assert_uint_eq(fixture_published_expiry_s(&f), 10);
	describe("\"blind\":{\"p\":\"cover\",\"dev_cla\":\"blind\",\"pos_t\":\"~/state/blind\",\"set_pos_t\":\"~/set/blind\"},"
		 "\"kept\":{\"p\":\"switch\",\"stat_t\":\"~/state/kept\",\"cmd_t\":\"~/set/kept\",\"ret\":true},"
		 "\"front\":{\"p\":\"lock\",\"stat_t\":\"~/state/front\",\"cmd_t\":\"~/set/front\",\"ret\":true}");
	ck_assert_int_eq(fixture_command(&f, "blind", "{\"position\":40}", NULL), 0);
	ck_assert_uint_eq(fixture_published_expiry_s(&f), 180);
	ck_assert_uint_eq(count("\"took_ms\":null,\"until\":null,\"expires\":1700001180000}"), 1);
	ck_assert_int_eq(fixture_command(&f, "kept", "\"ON\"", NULL), 0);
	ck_assert_uint_eq(fixture_published_expiry_s(&f), UINT32_MAX); /* as its description wants */
	ck_assert_int_eq(fixture_command(&f, "front", "\"LOCK\"", NULL), 0);
	ck_assert_uint_eq(fixture_published_expiry_s(&f), UINT32_MAX);
	ck_assert_int_eq(fixture_command(&f, "front", "\"UNLOCK\"", NULL), 0);
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/front UNLOCK q1 r1");
	ck_assert_uint_eq(fixture_published_expiry_s(&f), 10); /* it has longer to move, not to arrive */
	fixture_end(&f);
}
END_TEST

START_TEST(what_was_tried_again_lives_no_longer)
{
	begin();
	go("offline");
	ck_assert_int_eq(fixture_command_waiting(&f, "led0", "\"ON\"", 60, NULL), 0);
	ck_assert_uint_eq(count("\"until\":1700001060000,\"expires\":1700001060000}"), 1);
	fixture_pass(&f, 30000);
	go("online");
	ck_assert_uint_eq(fixture_published_expiry_s(&f), 10);
	ck_assert_uint_eq(count("\"state\":\"sent\""), 1);
	ck_assert_uint_eq(count("\"until\":null,\"expires\":1700001040000}"), 1);
	fixture_pass(&f, 4000);
	ck_assert_uint_eq(fixture_published_expiry_s(&f), 6);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/led0"));
	ck_assert_uint_eq(count("\"until\":null,\"expires\":1700001044000}"), 1);
	fixture_end(&f);
}
END_TEST

static void refused_late(const char *entity, const char *value)
{
	const char *answer;
	ck_assert_int_eq(fixture_command_waiting(&f, entity, value, 300, &answer), ERR_STATE);
	ck_assert_ptr_nonnull(strstr(answer, "{\"code\":\"unsafe_late\",\"detail\":\"The device is offline"));
}

START_TEST(what_is_unsafe_later_does_not_wait)
{
	static const char *const closed[] = {"garage", "gate", "door", "window", "gas", "water", "awning", ""};
	begin();
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
		char garage[1024], class[32] = ""; /* most garage doors on a relay have none */
		if (closed[i][0])
			snprintf(class, sizeof class, "\"dev_cla\":\"%s\",", closed[i]);
		snprintf(garage, sizeof garage,
			 "\"front\":{\"p\":\"lock\",\"stat_t\":\"~/state/front\",\"cmd_t\":\"~/set/front\",\"pl_open\":\"OPEN\"},"
			 "\"bell\":{\"p\":\"button\",\"cmd_t\":\"~/set/bell\"},"
			 "\"siren\":{\"p\":\"siren\",\"stat_t\":\"~/state/siren\",\"cmd_t\":\"~/set/siren\"},"
			 "\"blind\":{\"p\":\"cover\",\"dev_cla\":\"blind\",\"stat_t\":\"~/state/blind\",\"cmd_t\":\"~/set/blind\"},"
			 "\"way\":{\"p\":\"cover\",%s\"cmd_t\":\"~/set/way\",\"pos_t\":\"~/state/way\",\"set_pos_t\":\"~/set/way/to\"}",
			 class);
		describe(garage);
		go("offline");
		refused_late("front", "\"UNLOCK\"");
		refused_late("front", "\"OPEN\"");
		refused_late("bell", "\"PRESS\"");
		refused_late("blind", "\"STOP\"");
		refused_late("siren", "\"ON\"");
		ck_assert_int_eq(fixture_command_waiting(&f, "siren", "\"OFF\"", 300, NULL), 0);
		refused_late("way", "\"OPEN\"");
		refused_late("way", "\"STOP\"");
		refused_late("way", "{\"position\":10}");
		refused_late("way", "{\"state\":\"OPEN\",\"position\":0}"); /* the word would come last */
		refused_late("way", "{\"state\":\"CLOSE\",\"position\":50}");
		ck_assert_int_eq(fixture_command_waiting(&f, "way", "{\"position\":0}", 300, NULL), 0);
		ck_assert_int_eq(fixture_command_waiting(&f, "way", "\"CLOSE\"", 300, NULL), 0);
		ck_assert_int_eq(fixture_command_waiting(&f, "front", "\"LOCK\"", 300, NULL), 0);
		ck_assert_int_eq(fixture_command_waiting(&f, "blind", "\"OPEN\"", 300, NULL), 0);
		const char *answer;
		ck_assert_int_eq(fixture_command(&f, "front", "\"LOCK\"", &answer), ERR_STATE);
		ck_assert_ptr_nonnull(strstr(answer, "{\"code\":\"offline\""));
		go("online");
		ck_assert_int_eq(fixture_command(&f, "front", "\"UNLOCK\"", NULL), 0); /* while it is there */
	}
	fixture_end(&f);
}
END_TEST

/* Another hub, or this one before it knew better, has let it wait. */
START_TEST(what_waits_from_before_is_looked_at_again)
{
	begin();
	describe("\"front\":{\"p\":\"lock\",\"stat_t\":\"~/state/front\",\"cmd_t\":\"~/set/front\"}");
	go("offline");
	const struct command_record unlock = {.id = 7, .device = "pi", .entity = "front", .value = "\"UNLOCK\"", .by = "ada",
					      .asked_at = {FIXTURE_EPOCH}, .until = {FIXTURE_EPOCH + 7200000}, .took_ms = -1};
	ck_assert_int_eq(store_command_put(f.store, &unlock, NULL), 0);
	fixture_restart(&f);
	size_t before = fixture_published_count(&f);
	go("online");
	ck_assert_uint_eq(fixture_published_count(&f), before);
	ck_assert_str_eq(stored(), "failed (later it could be unsafe)");
	fixture_end(&f);
}
END_TEST

/* ---- taken back --------------------------------------------------------------- */

static int64_t id_of(const char *answer)
{
	long long id;
	ck_assert_int_eq(sscanf(answer, "{\"id\":%lld", &id), 1);
	return id;
}

static int take_back(int64_t id, const char *by, bool own, const struct rooms *rooms)
{
	struct buf json = {0};
	const struct house_cancel cancel = {.id = id, .by = by, .own = own, .rooms = rooms};
	int err = f.port.cancel(f.port.ctx, &cancel, &json);
	if (!err)
		ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"state\":\"cancelled\",\"reason\":\"taken back by "));
	buf_finish(&json);
	return err;
}

START_TEST(taken_back_while_it_waits)
{
	const struct rooms nowhere = {.all = false};
	const char *answer;
	begin();
	go("offline");
	ck_assert_int_eq(fixture_command_waiting(&f, "led0", "\"ON\"", 300, &answer), 0);
	int64_t id = id_of(answer);
	ck_assert_int_eq(take_back(id + 1, "ada", false, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(take_back(id, "ada", false, &nowhere), ERR_NOT_FOUND);
	ck_assert_int_eq(take_back(id, "bob", true, NULL), ERR_DENIED);
	ck_assert_int_eq(take_back(id, "bob", false, NULL), 0);
	ck_assert_str_eq(stored(), "cancelled (taken back by bob)");
	ck_assert_uint_eq(count("\"state\":\"cancelled\",\"reason\":\"taken back by bob\",\"by\":\"ada\""), 1);
	ck_assert_ptr_null(strstr(fixture_device(&f), "\"desired\":{")); /* nobody wants it any more */
	ck_assert_int_eq(take_back(id, "ada", true, NULL), ERR_NOT_FOUND);
	size_t before = fixture_published_count(&f);
	fixture_restart(&f);
	ck_assert_ptr_null(strstr(fixture_device(&f), "\"desired\":{"));
	go("online");
	ck_assert_uint_eq(fixture_published_count(&f), before);
	fixture_end(&f);
}
END_TEST

START_TEST(what_was_sent_is_not_taken_back)
{
	const char *answer;
	begin();
	ck_assert_int_eq(fixture_command(&f, "led0", "\"ON\"", &answer), 0);
	ck_assert_int_eq(take_back(id_of(answer), "ada", true, NULL), ERR_STATE);
	house_message_arrived(f.house, "pi", span_str("tomte/pi/set/led0"));
	ck_assert_int_eq(take_back(id_of(answer), "ada", true, NULL), ERR_STATE);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_uint_eq(count("\"state\":\"confirmed\""), 1);
	ck_assert_int_eq(take_back(id_of(answer), "ada", true, NULL), ERR_NOT_FOUND);
	fixture_end(&f);
}
END_TEST

/* ---- too late, but so ----------------------------------------------------------- */

START_TEST(a_late_report_is_shown)
{
	begin();
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	ck_assert_int_eq(fixture_command(&f, "led0", "\"ON\"", NULL), 0);
	fixture_pass(&f, 10000);
	ck_assert_uint_eq(count("\"state\":\"expired\""), 1);
	live_log_clear(f.live);
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "device", ""), 0);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "device", "\"id\":\"pi\""), 1);
	ck_assert_uint_eq(live_log_count(f.live, "device", "\"desired\":{"), 0);
	fixture_say(&f, "tomte/pi/state/led0", "OFF");
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "device", ""), 1); /* once is enough */
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		acknowledged_by_nobody_else, what_has_expired_does_not_happen_later, what_was_tried_again_lives_no_longer,
		what_is_unsafe_later_does_not_wait, what_waits_from_before_is_looked_at_again, taken_back_while_it_waits,
		what_was_sent_is_not_taken_back, a_late_report_is_shown};
	return suite_run("device/command_ends", tests, sizeof tests / sizeof tests[0]);
}
