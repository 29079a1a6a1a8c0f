/* Home Assistant's device discovery, over a corpus of descriptions as devices send
 * them and of broken ones. */
#include "device/discovery.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "support/suite.h"

static int describe_pi(struct span payload, struct description *d, char *message)
{
	const struct topic_gate gate = topic_gate_own("pi");
	return discovery_read(payload, &gate, d, message);
}

static int parse_file(const char *name, struct description *d, char *message)
{
	char path[512];
	struct buf text = {0};
	snprintf(path, sizeof path, "%s/tests/unit/hub/device/corpus/%s", TEST_SRCDIR, name);
	ck_assert_msg(buf_read_file(&text, path, 1 << 20) == 0, "%s", path);
	int err = describe_pi(buf_span(&text), d, message);
	buf_finish(&text);
	return err;
}

/* Parses a good file. */
static struct description good(const char *name)
{
	struct description d;
	char message[DISCOVERY_MESSAGE_SIZE];
	int err = parse_file(name, &d, message);
	ck_assert_msg(err == 0, "%s: %s", name, message);
	return d;
}

static const struct entity *entity(const struct description *d, const char *id)
{
	for (size_t i = 0; i < d->entity_count; i++)
		if (strcmp(d->entities[i].id, id) == 0)
			return &d->entities[i];
	ck_abort_msg("no entity %s", id);
	return NULL;
}

/* The topic of its first channel, in or out; "" for none. */
static const char *reports_on(const struct entity *e)
{
	return e->report_count ? e->reports[0].topic : "";
}

static const char *obeys_on(const struct entity *e)
{
	return e->control_count ? e->controls[0].topic : "";
}

START_TEST(our_agent)
{
	struct description d = good("good_agent.json");
	ck_assert_str_eq(d.note, "");
	ck_assert_str_eq(d.name, "Attic Pi");
	ck_assert_str_eq(d.area, "Attic");
	ck_assert_str_eq(d.model, "Raspberry Pi 4 Model B Rev 1.4");
	ck_assert_str_eq(d.manufacturer, "Raspberry Pi");
	ck_assert_str_eq(d.sw_version, "0.1.0");
	ck_assert_uint_eq(d.entity_count, 5);
	const struct entity *cpu = entity(&d, "cpu_thermal");
	ck_assert_int_eq(cpu->component, COMPONENT_SENSOR);
	ck_assert_str_eq(cpu->unit, "°C");
	ck_assert_str_eq(cpu->category, "diagnostic");
	ck_assert_int_eq(cpu->precision, 1);
	ck_assert_int_eq(cpu->expire_after_ms, 60000);
	ck_assert_str_eq(reports_on(cpu), "tomte/pi/tele/cpu_thermal");
	ck_assert_str_eq(obeys_on(cpu), "");
	ck_assert_int_eq(entity_series_kind(entity(&d, "rx")), SERIES_COUNTER);
	ck_assert_str_eq(channel_theirs(&entity(&d, "door")->reports[0], "ON"), "ON");
	const struct entity *lamp = entity(&d, "lamp");
	ck_assert(entity_can(lamp, PROPERTY_BRIGHTNESS));
	ck_assert_uint_eq(lamp->color_modes, COLOR_MODE_RGB);
	ck_assert_str_eq(obeys_on(lamp), "tomte/pi/set/lamp");
	ck_assert_str_eq(lamp->icon, "mdi:lamp");
	description_finish(&d);
}
END_TEST

START_TEST(abbreviations_and_base)
{
	struct description d = good("good_abbreviated.json");
	ck_assert_str_eq(d.note, "");
	ck_assert_str_eq(d.availability[0].available, "up");
	ck_assert_str_eq(d.availability[0].unavailable, "down");
	ck_assert_uint_eq(d.entity_count, 6); /* the one with nothing but a platform is taken away */
	const struct entity *relay = entity(&d, "relay");
	ck_assert_str_eq(relay->name, ""); /* the main feature */
	ck_assert_str_eq(reports_on(relay), "tomte/pi/state/relay");
	ck_assert_str_eq(obeys_on(relay), "tomte/pi/set/relay");
	ck_assert_str_eq(channel_theirs(&relay->controls[0], "ON"), "1");
	ck_assert_str_eq(channel_ours(&relay->reports[0], span_str("0")), "OFF");
	ck_assert_str_eq(entity(&d, "power")->name, "power");
	const struct entity *target = entity(&d, "target");
	ck_assert(target->min == 5 && target->max == 30 && target->step == 0.5);
	const struct entity *mode = entity(&d, "mode");
	ck_assert_uint_eq(mode->options.count, 3);
	ck_assert_str_eq(mode->options.items[1], "day");
	ck_assert_str_eq(channel_theirs(&entity(&d, "reboot")->controls[0], "PRESS"), "now");
	ck_assert_str_eq(reports_on(entity(&d, "base")), "tomte/pi/tele/b");
	description_finish(&d);
}
END_TEST

START_TEST(long_keys_and_nothing_at_all)
{
	struct description d = good("good_long.json");
	ck_assert_str_eq(d.name, "Long");
	ck_assert_str_eq(d.manufacturer, "ACME");
	ck_assert_uint_eq(entity(&d, "strip")->color_modes, COLOR_MODE_BRIGHTNESS);
	description_finish(&d);
	d = good("good_minimal.json");
	ck_assert_uint_eq(d.entity_count, 0);
	ck_assert_str_eq(d.availability[0].available, "online");
	description_finish(&d);
}
END_TEST

START_TEST(foreign_topics_are_not_followed)
{
	struct description d = good("good_foreign.json");
	ck_assert_ptr_nonnull(strstr(d.note, "component spy, key state_topic"));
	ck_assert_str_eq(reports_on(entity(&d, "spy")), "");
	ck_assert_str_eq(reports_on(entity(&d, "thief")), "tomte/pi/state/thief");
	ck_assert_str_eq(obeys_on(entity(&d, "thief")), "");
	ck_assert_str_eq(obeys_on(entity(&d, "tricky")), "");
	ck_assert_str_eq(reports_on(entity(&d, "tricky")), "");
	ck_assert_str_eq(reports_on(entity(&d, "tpl")), "tomte/pi/tele/json");
	ck_assert_ptr_nonnull(entity(&d, "tpl")->reports[0].template);
	const struct entity *robot = entity(&d, "robot");
	ck_assert_int_eq(robot->component, COMPONENT_OTHER);
	ck_assert_str_eq(robot->platform, "vacuum");
	ck_assert_str_eq(reports_on(robot), "tomte/pi/state/robot");
	ck_assert_str_eq(obeys_on(robot), "");
	ck_assert_uint_eq(entity(&d, "basic")->color_modes, COLOR_MODE_ONOFF);
	ck_assert(entity(&d, "scaled")->controls[0].high == 100);
	ck_assert_uint_eq(entity(&d, "scaled")->color_modes, COLOR_MODE_RGB | COLOR_MODE_HS);
	description_finish(&d);
}
END_TEST

START_TEST(nonsense_is_refused_by_name)
{
	static const struct {
		const char *file, *message;
	} broken[] = {
		{"bad_empty_object.json", "key device"},
		{"bad_not_json.json", "not a JSON object"},
		{"bad_array.json", "another type"},
		{"bad_twice.json", "duplicate"},
		{"bad_no_components.json", "key components"},
		{"bad_components_list.json", "key components"},
		{"bad_component_id.json", "component key"},
		{"bad_component_type.json", "must hold objects"},
		{"bad_no_platform.json", "component a, key platform: is missing"},
		{"bad_topic_type.json", "component a, key state_topic: must be a string"},
		{"bad_topic_wildcard.json", "is not a topic"},
		{"bad_name_long.json", "key name: is too long"},
		{"bad_name_nul.json", "not a JSON object"},
		{"bad_range.json", "must be greater than min"},
		{"bad_step.json", "key step: is out of range"},
		{"bad_min_type.json", "key min: must be a number"},
		{"bad_options_missing.json", "key options: is missing"},
		{"bad_options.json", "key options: must hold strings"},
		{"bad_brightness.json", "key brightness: must be true or false"},
		{"bad_color_modes.json", "key supported_color_modes"},
		{"bad_precision.json", "key suggested_display_precision: is out of range"},
		{"bad_availability.json", "key availability: must be a list of objects"},
		{"bad_origin.json", "key origin"},
	};
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct description d;
		char message[DISCOVERY_MESSAGE_SIZE];
		ck_assert_msg(parse_file(broken[i].file, &d, message) == ERR_MALFORMED, "%s", broken[i].file);
		ck_assert_msg(strstr(message, broken[i].message), "%s: %s", broken[i].file, message);
		ck_assert_uint_eq(d.entity_count, 0);
		ck_assert_ptr_null(d.entities);
	}
}
END_TEST

START_TEST(size_is_limited)
{
	static char text[DISCOVERY_PAYLOAD_MAX + 2];
	memset(text, ' ', sizeof text);
	memcpy(text, "{\"dev\":{},\"cmps\":{}}", 20);
	struct description d;
	char message[DISCOVERY_MESSAGE_SIZE];
	ck_assert_int_eq(describe_pi(span_of(text, DISCOVERY_PAYLOAD_MAX), &d, message), 0);
	description_finish(&d);
	ck_assert_int_eq(describe_pi(span_of(text, DISCOVERY_PAYLOAD_MAX + 1), &d, message),
			 ERR_TOO_LARGE);

	struct buf many = {0};
	buf_append_str(&many, "{\"dev\":{},\"cmps\":{\"e\":{\"p\":\"sensor\"}");
	for (int i = 0; i < DISCOVERY_ENTITIES_MAX; i++)
		buf_printf(&many, ",\"e%d\":{\"p\":\"sensor\",\"name\":\"x\"}", i);
	buf_append_str(&many, "}}");
	ck_assert_int_eq(describe_pi(buf_span(&many), &d, message), ERR_MALFORMED);
	buf_finish(&many);
}
END_TEST

/* No prefix of a description is a description, and none crashes the parser. */
START_TEST(every_truncation_is_refused)
{
	char path[512], message[DISCOVERY_MESSAGE_SIZE];
	struct buf text = {0};
	snprintf(path, sizeof path, "%s/tests/unit/hub/device/corpus/good_abbreviated.json", TEST_SRCDIR);
	ck_assert_int_eq(buf_read_file(&text, path, 1 << 20), 0);
	for (size_t len = 0; len < text.len; len++) {
		struct description d;
		ck_assert_int_eq(describe_pi(span_of(text.data, len), &d, message), ERR_MALFORMED);
	}
	buf_finish(&text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {our_agent, abbreviations_and_base, long_keys_and_nothing_at_all,
				      foreign_topics_are_not_followed, nonsense_is_refused_by_name, size_is_limited,
				      every_truncation_is_refused};
	return suite_run("device/discovery", tests, sizeof tests / sizeof tests[0]);
}
