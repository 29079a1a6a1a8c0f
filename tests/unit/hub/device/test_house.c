/* The house as its surroundings see it: what devices say becomes a model that
 * survives a restart, losses become alerts, and the store and the browsers hear of it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fixture.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

static void assert_device(const char *part)
{
	const char *text = fixture_device(&f);
	ck_assert_msg(strstr(text, part), "no %s in %s", part, text);
}

static size_t open_alerts(void)
{
	struct alert alerts[16];
	size_t count = fake_store_alerts(f.store, alerts, 16), open = 0;
	for (size_t i = 0; i < count; i++)
		open += alerts[i].closed_at.ms == 0;
	return open;
}

START_TEST(a_device_introduces_itself)
{
	fixture_begin(&f);
	assert_device("{\"id\":\"pi\",\"name\":\"Attic\",\"area\":\"\",");
	assert_device("\"online\":null,\"lost\":false,\"changed\":null,\"parting\":null,\"renewable\":false,\"last_seen\":null,\"enrolled\":1700000000000,\"entities\":[]}");
	fixture_introduce(&f);
	assert_device("\"name\":\"Attic\",\"area\":\"Attic\",\"model\":\"Raspberry Pi 4 Model B Rev 1.4\"");
	assert_device("\"online\":true,\"lost\":false,\"changed\":1700001000000,\"parting\":null,\"renewable\":false,\"last_seen\":1700001000000");
	assert_device("{\"id\":\"cpu_thermal\",\"name\":\"CPU temperature\",\"component\":\"sensor\","
		      "\"device_class\":\"temperature\",\"unit\":\"°C\",\"state_class\":\"measurement\",\"icon\":null,"
		      "\"category\":\"diagnostic\",\"precision\":1,\"series\":null,\"state\":null,\"at\":null,"
		      "\"controllable\":false}");
	assert_device("\"controllable\":true,\"desired\":null,\"brightness\":true,\"color_modes\":[\"rgb\"],\"can\":[\"state\",\"brightness\",\"color\"]}");
	ck_assert_uint_ge(live_log_count(f.live, "device", "\"id\":\"lamp\""), 1);

	size_t shown = live_log_count(f.live, "device", "");
	fixture_introduce(&f); /* again, word for word */
	ck_assert_uint_eq(live_log_count(f.live, "device", ""), shown);
	fixture_end(&f);
}
END_TEST

START_TEST(a_bad_description_changes_nothing)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "homeassistant/device/pi/config", "{\"dev\":{},\"cmps\":{\"a\":{\"p\":7}}}");
	assert_device("\"id\":\"cpu_thermal\"");
	fixture_say(&f, "homeassistant/device/pi/config", "");
	assert_device("\"entities\":[]}");
	fixture_end(&f);
}
END_TEST

START_TEST(a_torrent_of_descriptions_waits)
{
	fixture_begin(&f);
	for (int i = 0; i < 100; i++) {
		char text[128];
		snprintf(text, sizeof text, "{\"dev\":{},\"cmps\":{\"e%d\":{\"p\":\"sensor\",\"name\":\"x\"}}}", i);
		fixture_say(&f, "homeassistant/device/pi/config", text);
	}
	assert_device("\"id\":\"e7\"");
	ck_assert_uint_le(live_log_count(f.live, "device", ""), 10);
	fixture_pass(&f, 60000);
	assert_device("\"id\":\"e99\"");
	fixture_end(&f);
}
END_TEST

START_TEST(an_area_that_was_cleared_stays_so)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", NULL, ""), 0);
	fixture_restart(&f);
	assert_device("\"area\":\"\"");
	fixture_end(&f);
}
END_TEST

/* In which room a device stands is told before anything about it, and whenever it moves. */
START_TEST(the_pages_learn_where_devices_stand)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", NULL, "Kitchen"), 0);
	ck_assert_uint_ge(live_log_count(f.live, "(place)", "pi: Kitchen"), 1);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "(series)", "1: pi"), 1);
	fixture_restart(&f);
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "(place)", "pi: Kitchen"), 1); /* the log was cleared */
	ck_assert_uint_eq(live_log_count(f.live, "(series)", "1: pi"), 1);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	ck_assert_uint_eq(live_log_count(f.live, "(place)", "pi: gone"), 1);
	ck_assert_uint_eq(live_log_count(f.live, "(series)", "1: gone"), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(who_sees_other_rooms_sees_no_device)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", NULL, "Kitchen"), 0);
	struct rooms kitchen = {0}, hall = {0};
	ck_assert_int_eq(rooms_add(&kitchen, span_str("Kitchen")), 0);
	ck_assert_int_eq(rooms_add(&hall, span_str("Hall")), 0);
	struct buf json = {0};
	ck_assert_int_eq(f.port.devices(f.port.ctx, &hall, &json), 0);
	ck_assert_str_eq(buf_cstr(&json), "[]");
	ck_assert_int_eq(f.port.device(f.port.ctx, &hall, "pi", &json), ERR_NOT_FOUND);
	struct house_command command = {.device = "pi", .entity = "lamp", .value_json = "\"ON\"", .by = "ada", .rooms = &hall};
	ck_assert_int_eq(f.port.command(f.port.ctx, &command, &json), ERR_NOT_FOUND);
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	command.rooms = &kitchen;
	ck_assert_int_eq(f.port.command(f.port.ctx, &command, &json), 0);
	json.len = 0;
	ck_assert_int_eq(f.port.devices(f.port.ctx, &kitchen, &json), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"id\":\"pi\""));
	ck_assert_int_eq(f.port.device(f.port.ctx, &kitchen, "pi", &json), 0);
	buf_finish(&json);
	fixture_end(&f);
}
END_TEST

START_TEST(strangers_are_nobody)
{
	fixture_begin(&f);
	fixture_say(&f, "homeassistant/device/ghost/config", "{\"dev\":{},\"cmps\":{}}");
	fixture_say(&f, "homeassistant/device//config", "{\"dev\":{},\"cmps\":{}}");
	fixture_say(&f, "tomte/ghost/status", "online");
	fixture_say(&f, "tomte/ghost/tele/x", "1");
	struct buf json = {0};
	ck_assert_int_eq(f.port.device(f.port.ctx, NULL, "ghost", &json), ERR_NOT_FOUND);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "ghost", "x", NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "ghost"), ERR_NOT_FOUND);
	buf_finish(&json);
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(reports_become_states_samples_and_points)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	fixture_say(&f, "tomte/pi/state/door", "ON");
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":9}");
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "hot"); /* dropped */
	fixture_say(&f, "tomte/pi/tele/nothing", "1");       /* nobody's */
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "state",
					 "{\"device\":\"pi\",\"entity\":\"cpu_thermal\",\"state\":47.25,"
					 "\"at\":1700001000000}"),
			  1);
	ck_assert_uint_eq(live_log_count(f.live, "state", ""), 3);
	assert_device("\"series\":1,\"state\":47.25,\"at\":1700001000000");
	fixture_pass(&f, 100);
	ck_assert(live_log_wait(f.live, "points", "{\"points\":[[1,1700001000000,47.25],[2,1700001000000,1],"
						  "[3,1700001000000,1]]}"));
	struct series series[4];
	ck_assert_uint_eq(fake_store_series(f.store, series, 4), 3);
	ck_assert_str_eq(series[0].unit, "°C");
	ck_assert_int_eq(series[1].kind, SERIES_BINARY);
	struct house_stats stats;
	house_stats_get(f.house, &stats);
	ck_assert_uint_eq(stats.reports_refused, 1);
	ck_assert_uint_eq(stats.samples, 3);
	fixture_end(&f);
}
END_TEST

START_TEST(retained_reports_are_history)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_restart(&f);
	fixture_say_with(&f, "tomte/pi/state/door", "ON", MESSAGE_RETAIN, true);
	fixture_say_with(&f, "tomte/pi/status", "online", MESSAGE_RETAIN, true);
	assert_device("\"online\":null");
	assert_device("\"id\":\"door\",\"name\":\"Door\",\"component\":\"binary_sensor\",\"device_class\":\"door\",\"described_class\":\"door\","
		      "\"unit\":null,\"state_class\":null,\"icon\":null,\"category\":null,\"precision\":null,"
		      "\"series\":null,\"state\":\"ON\"");
	fixture_pass(&f, 1000);
	struct sample samples[1];
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 1), 0);
	fixture_end(&f);
}
END_TEST

#define PIR "{\"dev\":{},\"cmps\":{\"pir\":{\"p\":\"binary_sensor\",\"dev_cla\":\"motion\",\"stat_t\":\"tomte/pi/state/pir\",\"off_dly\":30}}}"

/* Some sensors of motion tell only that there is some. */
START_TEST(what_tells_only_on_is_off_by_itself)
{
	struct sample samples[8];
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "homeassistant/device/pi/config", PIR);
	fixture_say(&f, "tomte/pi/state/pir", "ON");
	fixture_pass(&f, 20000);
	fixture_say(&f, "tomte/pi/state/pir", "ON"); /* still somebody */
	fixture_pass(&f, 29999);
	assert_device("\"state\":\"ON\",\"at\":1700001020000");
	fixture_say(&f, "homeassistant/device/pi/config", PIR); /* which changes nothing */
	fixture_pass(&f, 1);
	assert_device("\"state\":\"OFF\",\"at\":1700001050000");
	ck_assert_uint_eq(live_log_count(f.live, "state", "\"entity\":\"pir\",\"state\":\"OFF\",\"at\":1700001050000"), 1);
	fixture_pass(&f, 1000);
	size_t n = fake_store_samples(f.store, samples, 8);
	ck_assert_uint_eq(n, 3);
	ck_assert_double_eq(samples[2].value, 0);
	ck_assert_int_eq(samples[2].at.ms, 1700001050000);
	fixture_say(&f, "tomte/pi/state/pir", "ON");
	fixture_say(&f, "tomte/pi/state/pir", "OFF"); /* one that tells it all the same */
	fixture_pass(&f, 40000);
	ck_assert_uint_eq(live_log_count(f.live, "state", "\"entity\":\"pir\",\"state\":\"OFF\""), 2);
	fixture_say(&f, "tomte/pi/state/pir", "ON");
	fixture_pass(&f, 10000);
	fixture_restart_cleanly(&f); /* nobody tells it anew */
	assert_device("\"state\":\"ON\"");
	fixture_pass(&f, 20000);
	assert_device("\"state\":\"OFF\"");
	fixture_end(&f);
}
END_TEST

START_TEST(values_grow_old)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47");
	fixture_pass(&f, 60000);
	assert_device("\"state\":47,");
	fixture_pass(&f, 5001); /* expire_after of 60 s, looked at every 5 */
	ck_assert_uint_eq(live_log_count(f.live, "state", "\"state\":null"), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(a_will_opens_an_alert_that_closes)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say_with(&f, "tomte/pi/status", "offline", MESSAGE_WILL | MESSAGE_RETAIN, false);
	assert_device("\"online\":false,\"lost\":true,\"changed\":1700001000000,\"parting\":\"will\",\"renewable\":false,\"last_seen\":1700001000000");
	static const char opened[] = "\"device\":\"pi\",\"kind\":\"offline\",\"text\":\"Attic does not answer: its "
				     "connection broke\",\"opened\":1700001000000,\"closed\":null";
	ck_assert(live_log_wait(f.live, "alert", opened)); /* told when it is on the disk, and once */
	ck_assert_uint_eq(live_log_count(f.live, "alert", opened), 1);
	ck_assert_uint_eq(open_alerts(), 1);
	ck_assert_int_eq(fixture_command(&f, "lamp", "\"ON\"", NULL), ERR_STATE);
	fixture_say(&f, "tomte/pi/status", "online");
	assert_device("\"online\":true,\"lost\":false");
	ck_assert_uint_eq(open_alerts(), 0);
	ck_assert(live_log_wait(f.live, "alert", "\"closed\":1700001000000"));
	ck_assert_uint_eq(live_log_count(f.live, "alert", "\"closed\":1700001000000"), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(a_clean_stop_is_no_alert)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	house_client_connected(f.house, "pi", "pi-agent");
	fixture_say(&f, "tomte/pi/status", "offline");
	house_client_disconnected(f.house, "pi", "pi-agent", 0);
	fixture_say_with(&f, "tomte/pi/status", "offline", MESSAGE_WILL, false); /* after its good-bye */
	fixture_pass(&f, 60000);
	assert_device("\"online\":false,\"lost\":false");
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(a_dead_connection_without_a_will_is_noticed)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	house_client_connected(f.house, "pi", "a");
	house_client_connected(f.house, "pi", "b"); /* taken over before the first is gone */
	house_client_disconnected(f.house, "pi", "a", 0x8e);
	fixture_pass(&f, 20000);
	assert_device("\"online\":true");
	house_client_disconnected(f.house, "pi", "b", 0x8d);
	fixture_pass(&f, 9999);
	assert_device("\"online\":true");
	fixture_pass(&f, 1);
	assert_device("\"online\":false,\"lost\":true");
	house_client_connected(f.house, "pi", "c");
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "1"); /* any word will do */
	assert_device("\"online\":true,\"lost\":false");
	house_client_disconnected(f.house, "pi", "c", 0x8d);
	house_client_connected(f.house, "pi", "c");
	fixture_pass(&f, 20000);
	assert_device("\"online\":true");
	fixture_end(&f);
}
END_TEST

START_TEST(all_is_there_after_a_power_cut)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	fixture_pass(&f, 100);
	fixture_restart(&f);
	assert_device("\"online\":null,\"lost\":false");
	assert_device("\"id\":\"cpu_thermal\"");
	assert_device("\"series\":1,");
	fixture_pass(&f, 59999);
	assert_device("\"online\":null");
	fixture_pass(&f, 1);
	assert_device("\"online\":false,\"lost\":true");
	ck_assert_uint_eq(open_alerts(), 1);
	fixture_restart(&f);
	assert_device("\"online\":null,\"lost\":true");
	fixture_pass(&f, 60000);
	assert_device("\"online\":false,\"lost\":true");
	ck_assert_uint_eq(open_alerts(), 1); /* still the same */
	fixture_introduce(&f);
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(who_returns_after_a_restart_is_not_lost)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_restart(&f);
	fixture_introduce(&f);
	fixture_pass(&f, 60000);
	assert_device("\"online\":true,\"lost\":false");
	fixture_restart(&f);
	house_client_connected(f.house, "pi", "x"); /* silent, but here */
	fixture_pass(&f, 60000);
	assert_device("\"online\":true,\"lost\":false");
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(a_stopping_hub_blames_nobody)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	house_client_connected(f.house, "pi", "x");
	house_prepare_stop(f.house);
	fixture_say_with(&f, "tomte/pi/status", "offline", MESSAGE_WILL | MESSAGE_RETAIN, false);
	house_client_disconnected(f.house, "pi", "x", 0x8b);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "3");
	fixture_pass(&f, 20000);
	assert_device("\"online\":true,\"lost\":false");
	assert_device("\"state\":3,");
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(last_seen_is_written_once_a_minute)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_pass(&f, 60000);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "1");
	fixture_pass(&f, 1000);
	struct device_record record;
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), 0);
	ck_assert_int_eq(record.last_seen_at.ms, FIXTURE_EPOCH + 1000000);
	ck_assert(record.online);
	device_record_finish(&record);
	fixture_pass(&f, 59000);
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), 0);
	ck_assert_int_eq(record.last_seen_at.ms, FIXTURE_EPOCH + 1060000);
	device_record_finish(&record);
	fixture_end(&f);
}
END_TEST

START_TEST(enrolment_and_first_login)
{
	fixture_begin(&f);
	const struct device_record nas = {.id = "nas", .name = "NAS", .enrolled_at = {5}};
	ck_assert_int_eq(store_device_put(f.store, &nas, NULL), 0);
	house_device_enrolled(f.house, "nas");
	house_device_enrolled(f.house, "nobody");
	fixture_sync(&f);
	ck_assert_int_eq(f.access_changes, 1);
	ck_assert_uint_eq(live_log_count(f.live, "device", "\"id\":\"nas\""), 1);

	house_client_connected(f.house, "pi", "x");
	house_client_connected(f.house, "pi", "y");
	house_client_connected(f.house, "somebody-with-a-name-longer-than-any-device-id", "z");
	fixture_sync(&f);
	ck_assert_int_eq(f.bound, 1);
	fixture_introduce(&f);
	house_device_enrolled(f.house, "pi"); /* again, with a new key */
	house_client_connected(f.house, "pi", "x");
	fixture_sync(&f);
	ck_assert_int_eq(f.bound, 2);
	assert_device("\"id\":\"cpu_thermal\"");
	fixture_end(&f);
}
END_TEST

START_TEST(alerts_of_others)
{
	fixture_begin(&f);
	house_alert(f.house, "", "enrolment", "Another device tried a used key.");
	house_alert(f.house, "", "enrolment", "Another device tried a used key.");
	fixture_sync(&f);
	ck_assert_uint_eq(open_alerts(), 1);
	char longer[300];
	memset(longer, 'a', 254);
	memcpy(longer + 254, "\xc3\xa9", 3); /* é, cut in two by the end of the text */
	house_alert(f.house, "pi", "enrolment", longer);
	fixture_sync(&f);
	ck_assert(live_log_wait(f.live, "alert", "aaa\",\"opened\""));
	ck_assert_uint_eq(live_log_count(f.live, "alert", "aaa\",\"opened\""), 1);
	fixture_pass(&f, 24 * 3600 * 1000 + 60000);
	ck_assert_uint_eq(open_alerts(), 0);

	fake_store_fail(f.store, ERR_DISK_FULL, false);
	fixture_pass(&f, 5000);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "\"kind\":\"disk\""), 1);
	fixture_pass(&f, 5000);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "\"kind\":\"disk\""), 1);
	fake_store_fail(f.store, 0, false);
	fixture_pass(&f, 5000);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "\"kind\":\"disk\""), 2);
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(names_are_edited)
{
	fixture_begin(&f);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "Küche \"1\"", NULL), 0);
	assert_device("\"name\":\"Küche \\\"1\\\"\",\"area\":\"\"");
	ck_assert_uint_eq(live_log_count(f.live, "device", "Küche"), 1);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", NULL, "Kitchen"), 0);
	assert_device("\"name\":\"Küche \\\"1\\\"\",\"area\":\"Kitchen\"");
	char longer[MODEL_NAME_SIZE + 1];
	memset(longer, 'x', sizeof longer);
	longer[MODEL_NAME_SIZE] = 0;
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", longer, NULL), ERR_INVALID);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "", NULL), ERR_INVALID);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "a\nb", NULL), ERR_INVALID);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "\xc3", NULL), ERR_INVALID);
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "Other", NULL), ERR_DISK_FULL);
	assert_device("Küche");
	fake_store_fail(f.store, 0, false);
	fixture_introduce(&f);
	assert_device("Küche"); /* the device's own name does not replace the owner's */
	fixture_end(&f);
}
END_TEST

/* From the decision on the store ends it by itself: the device must not come back to a history that is about to go. */
START_TEST(a_device_whose_last_traces_stay_a_while_is_erased)
{
	struct device_record record;
	fixture_begin(&f);
	fixture_introduce(&f);
	fake_store_erasing(f.store, "pi");
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	ck_assert_str_eq(fixture_device(&f), "");
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), ERR_NOT_FOUND);
	fixture_end(&f);
}
END_TEST

START_TEST(a_device_is_erased)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, "tomte/pi/tele/cpu_thermal", "47.25");
	fixture_sync(&f);
	ck_assert_int_eq(fixture_command(&f, "lamp", "\"ON\"", NULL), 0);
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), ERR_DISK_FULL);
	ck_assert_int_eq(f.access_changes, 0);
	assert_device("\"id\":\"pi\"");
	fake_store_fail(f.store, 0, false);
	size_t published = fixture_published_count(&f);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	ck_assert_int_eq(f.access_changes, 1);
	ck_assert_int_eq(f.erased, 1);
	ck_assert_uint_eq(fixture_published_count(&f) - published, 7); /* description, status, five states */
	ck_assert_str_eq(fixture_device(&f), "");
	ck_assert_uint_eq(live_log_count(f.live, "gone", "{\"id\":\"pi\"}"), 1);
	ck_assert_uint_eq(live_log_count(f.live, "command", "\"state\":\"failed\",\"reason\":\"the device is erased\""), 1);
	struct device_record record;
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), ERR_NOT_FOUND);
	fixture_say_with(&f, "tomte/pi/status", "offline", MESSAGE_WILL | MESSAGE_RETAIN, false); /* its dying connection */
	fixture_sync(&f);
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/status  q0 r1");
	ck_assert_uint_eq(open_alerts(), 0);
	fixture_end(&f);
}
END_TEST

/* What the connection that is cut off had sent, and its end. */
static void say_last_words(struct fixture *fixture)
{
	fixture_say(fixture, "tomte/pi/status", "online");
	fixture_say(fixture, "tomte/pi/tele/temperature", "21.5");
	fixture_say(fixture, "homeassistant/device/pi/config", "{\"device\":{\"name\":\"Undead\"},\"components\":{}}");
	house_client_connected(fixture->house, "pi", "pi");
	house_client_disconnected(fixture->house, "pi", "pi", 0x87);
	fixture_sync(fixture);
	assert_device("\"online\":false,\"lost\":false,\"changed\":1700001000000,\"parting\":\"revoked\"");
	ck_assert_ptr_null(strstr(fixture_device(fixture), "Undead"));
}

START_TEST(what_was_on_its_way_brings_no_revoked_device_back)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	f.cut = say_last_words;
	live_log_clear(f.live);
	ck_assert_int_eq(f.port.revoke(f.port.ctx, "pi"), 0);
	ck_assert_uint_eq(live_log_count(f.live, "device", "\"online\":true"), 0);
	fixture_say(&f, "tomte/pi/status", "online"); /* a code has brought it back */
	fixture_sync(&f);
	assert_device("\"online\":true,\"lost\":false,\"changed\":1700001000000,\"parting\":null");
	fixture_end(&f);
}
END_TEST

/* Its key is used up by the new hardware, not by the one before. */
START_TEST(what_was_on_its_way_is_not_the_new_hardware)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	house_device_replaced(f.house, "pi");
	house_client_connected(f.house, "pi", "pi");
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_int_eq(f.bound, 0);
	assert_device("\"online\":false,\"lost\":false,\"changed\":1700001000000,\"parting\":\"replaced\"");
	house_client_disconnected(f.house, "pi", "pi", 0x87);
	house_device_quiet(f.house, "pi");
	house_client_connected(f.house, "pi", "pi");
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_int_eq(f.bound, 1);
	assert_device("\"online\":true,\"lost\":false,\"changed\":1700001000000,\"parting\":null");
	fixture_end(&f);
}
END_TEST

START_TEST(an_interrupted_erasure_is_finished)
{
	fixture_begin(&f);
	const bool yes = true;
	const struct device_change change = {.revoked = &yes};
	ck_assert_int_eq(store_device_change(f.store, "pi", &change, NULL), 0);
	fixture_restart(&f);
	ck_assert_str_eq(fixture_device(&f), "");
	fake_store_settle(f.store);
	struct device_record record;
	ck_assert_int_eq(store_device_get(f.store, "pi", &record), ERR_NOT_FOUND);
	fixture_end(&f);
}
END_TEST

START_TEST(a_flood_costs_readings_only)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	for (int i = 0; i < 200000; i++)
		fixture_say(&f, "tomte/pi/tele/nothing", "1");
	fixture_say_with(&f, "tomte/pi/status", "offline", MESSAGE_WILL, false);
	fixture_sync(&f);
	assert_device("\"lost\":true");
	struct house_stats stats;
	house_stats_get(f.house, &stats);
	ck_assert_uint_eq(stats.messages + stats.messages_lost, 200003);
	fixture_end(&f);
}
END_TEST

START_TEST(home_assistant_has_started)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	size_t before = fixture_published_count(&f);
	f.sender = "ha";
	fixture_say_with(&f, "homeassistant/status", "online", 0, true); /* retained: it may be long gone */
	fixture_say(&f, "homeassistant/status", "offline");
	fixture_pass(&f, 2000);
	ck_assert_uint_eq(fixture_published_count(&f), before);
	fixture_say(&f, "homeassistant/status", "online");
	fixture_say(&f, "homeassistant/status", "online");
	fixture_pass(&f, 2000);
	ck_assert_uint_eq(fixture_published_count(&f), before + 1);
	ck_assert_ptr_nonnull(strstr(fixture_published(&f), "homeassistant/device/pi/config {"));
	fixture_say(&f, "homeassistant/status", "online");
	fixture_pass(&f, 2000);
	ck_assert_uint_eq(fixture_published_count(&f), before + 1); /* in a while */
	fixture_pass(&f, 10000);
	ck_assert_uint_eq(fixture_published_count(&f), before + 2);
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_device_introduces_itself, a_bad_description_changes_nothing,
		a_torrent_of_descriptions_waits, an_area_that_was_cleared_stays_so, the_pages_learn_where_devices_stand,
		who_sees_other_rooms_sees_no_device, strangers_are_nobody,
		reports_become_states_samples_and_points, retained_reports_are_history, what_tells_only_on_is_off_by_itself, values_grow_old,
		a_will_opens_an_alert_that_closes, a_clean_stop_is_no_alert,
		a_dead_connection_without_a_will_is_noticed, all_is_there_after_a_power_cut,
		who_returns_after_a_restart_is_not_lost, a_stopping_hub_blames_nobody,
		last_seen_is_written_once_a_minute, enrolment_and_first_login, alerts_of_others, names_are_edited,
		a_device_is_erased, a_device_whose_last_traces_stay_a_while_is_erased, what_was_on_its_way_brings_no_revoked_device_back, what_was_on_its_way_is_not_the_new_hardware,
		an_interrupted_erasure_is_finished, a_flood_costs_readings_only, home_assistant_has_started,
	};
	return suite_run("device/house", tests, sizeof tests / sizeof tests[0]);
}
