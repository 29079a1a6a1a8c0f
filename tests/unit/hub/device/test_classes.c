/* What entities are by their owner's word: kept over descriptions and restarts, and what hangs on it. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "fixture.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

#define BLIND "\"blind\":{\"p\":\"cover\",%s\"stat_t\":\"~/state/blind\",\"cmd_t\":\"~/set/blind\"}"
#define REST \
	",\"contact\":{\"p\":\"binary_sensor\",\"stat_t\":\"~/state/contact\"},\"relay\":{\"p\":\"switch\",\"stat_t\":\"~/state/relay\",\"cmd_t\":\"~/set/relay\"}"

/* The blind has this class by the device's word; NULL: there is none. */
static void describe(const char *class)
{
	char said[64] = "", blind[256], text[1024];
	if (class && class[0])
		snprintf(said, sizeof said, "\"dev_cla\":\"%s\",", class);
	snprintf(blind, sizeof blind, BLIND, said);
	snprintf(text, sizeof text, "{\"dev\":{},\"~\":\"tomte/pi\",\"cmps\":{%s%s}}", class ? blind : "\"other\":{\"p\":\"text\"}", class ? REST : "");
	fixture_say(&f, "homeassistant/device/pi/config", text);
	fixture_sync(&f);
}

static void begin(void)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	describe("");
}

static int classify(const char *entity, const char *class)
{
	return f.port.classify(f.port.ctx, "pi", entity, class);
}

static void expect_class(const char *entity, const char *want)
{
	char start[64];
	snprintf(start, sizeof start, "{\"id\":\"%s\",", entity);
	const char *device = fixture_device(&f), *e = strstr(device, start);
	ck_assert_ptr_nonnull(e);
	const char *classes = strstr(e, "\"device_class\":");
	ck_assert_msg(strncmp(classes, want, strlen(want)) == 0, "%.120s", classes);
}

static int late(const char *value)
{
	return fixture_command_waiting(&f, "blind", value, 300, NULL);
}

START_TEST(a_blind_may_wait_once_it_is_one)
{
	begin();
	expect_class("blind", "\"device_class\":null,\"described_class\":null,");
	fixture_say(&f, "tomte/pi/status", "offline");
	ck_assert_int_eq(late("\"OPEN\""), ERR_STATE);
	live_log_clear(f.live);
	ck_assert_int_eq(classify("blind", "shutter"), 0);
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "device", "\"device_class\":\"shutter\",\"described_class\":null"), 1);
	ck_assert_int_eq(late("\"OPEN\""), 0);
	ck_assert_int_eq(classify("blind", "garage"), 0); /* while that waits: it is looked at again before it goes out */
	size_t before = fixture_published_count(&f);
	fixture_say(&f, "tomte/pi/status", "online");
	fixture_sync(&f);
	ck_assert_uint_eq(fixture_published_count(&f), before);
	ck_assert_uint_eq(live_log_count(f.live, "command", "later it could be unsafe"), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(kept_whatever_the_device_says)
{
	begin();
	ck_assert_int_eq(classify("blind", "curtain"), 0);
	describe("garage");
	expect_class("blind", "\"device_class\":\"curtain\",\"described_class\":\"garage\",");
	describe(NULL);
	fixture_restart(&f);
	describe("awning");
	expect_class("blind", "\"device_class\":\"curtain\",\"described_class\":\"awning\",");
	fixture_restart_cleanly(&f);
	expect_class("blind", "\"device_class\":\"curtain\",\"described_class\":\"awning\",");
	ck_assert_int_eq(classify("blind", ""), 0);
	expect_class("blind", "\"device_class\":\"awning\",\"described_class\":\"awning\",");
	fixture_restart(&f);
	expect_class("blind", "\"device_class\":\"awning\",\"described_class\":\"awning\",");
	fixture_end(&f);
}
END_TEST

START_TEST(only_what_can_be)
{
	begin();
	expect_class("relay", "\"device_class\":null,\"unit\"");
	ck_assert_int_eq(classify("contact", "window"), 0);
	expect_class("contact", "\"device_class\":\"window\",\"described_class\":null,");
	ck_assert_int_eq(classify("contact", "shutter"), ERR_INVALID);
	ck_assert_int_eq(classify("blind", "motion"), ERR_INVALID);
	ck_assert_int_eq(classify("blind", "a-class-that-is-longer-than-any-that-there-will-ever-be"), ERR_INVALID);
	ck_assert_int_eq(classify("relay", "outlet"), ERR_INVALID);
	ck_assert_int_eq(classify("never", "blind"), ERR_NOT_FOUND);
	ck_assert_int_eq(f.port.classify(f.port.ctx, "nobody", "blind", "blind"), ERR_NOT_FOUND);
	expect_class("contact", "\"device_class\":\"window\",\"described_class\":null,");
	fixture_end(&f);
}
END_TEST

START_TEST(not_so_unless_it_is_stored)
{
	begin();
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(classify("blind", "shutter"), ERR_DISK_FULL);
	fake_store_fail(f.store, 0, false);
	expect_class("blind", "\"device_class\":null,");
	ck_assert_int_eq(classify("blind", "shutter"), 0);
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_blind_may_wait_once_it_is_one, kept_whatever_the_device_says, only_what_can_be, not_so_unless_it_is_stored};
	return suite_run("device/classes", tests, sizeof tests / sizeof tests[0]);
}
