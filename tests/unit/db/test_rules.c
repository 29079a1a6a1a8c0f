/* The owner's rules for foreign topics: what is put is there, also after a restart. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "db/rules.h"
#include "support.h"

static struct record_rule seen[4];
static size_t seen_count;

static void see(void *ctx, const struct record_rule *rule)
{
	(void)ctx;
	ck_assert_uint_lt(seen_count, 4);
	seen[seen_count++] = *rule;
}

static void look(struct store *s)
{
	seen_count = 0;
	ck_assert_int_eq(store_rule_each(s, see, NULL), 0);
}

static const struct record_rule plug = {
	.id = 2,
	.name = "Plugs",
	.filter = "tele/+/SENSOR",
	.path = "$.ENERGY.Power",
	.kind = SERIES_COUNTER,
	.unit = "W",
	.device_class = "power",
	.recorder = {.preset = RECORD_DEADBAND, .interval_ms = 3600000, .deadband = 0.1},
};

START_TEST(rules_are_kept)
{
	struct store *s = test_open();
	struct record_rule bare = {.id = 1, .filter = "a/#", .kind = SERIES_TEXT};
	ck_assert_int_eq(store_rule_put(s, &plug, NULL), 0);
	ck_assert_int_eq(store_rule_put(s, &bare, NULL), 0);
	store_close(&s);
	s = test_open();
	look(s);
	ck_assert_uint_eq(seen_count, 2);
	ck_assert_int_eq(seen[0].id, 1);
	ck_assert_str_eq(seen[0].path, "");
	ck_assert_int_eq(seen[0].kind, SERIES_TEXT);
	ck_assert_str_eq(seen[1].name, plug.name);
	ck_assert_str_eq(seen[1].filter, plug.filter);
	ck_assert_str_eq(seen[1].path, plug.path);
	ck_assert_str_eq(seen[1].unit, plug.unit);
	ck_assert_str_eq(seen[1].device_class, plug.device_class);
	ck_assert_int_eq(seen[1].kind, plug.kind);
	ck_assert_int_eq(seen[1].recorder.preset, plug.recorder.preset);
	ck_assert_int_eq(seen[1].recorder.interval_ms, plug.recorder.interval_ms);
	ck_assert(seen[1].recorder.deadband == plug.recorder.deadband);
	store_close(&s);
}
END_TEST

START_TEST(rules_change_and_go)
{
	struct store *s = test_open();
	ck_assert_int_eq(store_rule_put(s, &plug, NULL), 0);
	struct record_rule twin = plug;
	twin.id = 3;
	ck_assert_int_eq(store_rule_put(s, &twin, NULL), ERR_EXISTS);
	twin.path[0] = 0;
	ck_assert_int_eq(store_rule_put(s, &twin, NULL), 0);
	twin.recorder = (struct recorder){.preset = RECORD_NOTHING};
	ck_assert_int_eq(store_rule_put(s, &twin, NULL), 0);
	ck_assert_int_eq(store_rule_remove(s, plug.id, NULL), 0);
	ck_assert_int_eq(store_rule_remove(s, plug.id, NULL), 0);
	look(s);
	ck_assert_uint_eq(seen_count, 1);
	ck_assert_int_eq(seen[0].recorder.preset, RECORD_NOTHING);
	struct record_rule bad = plug;
	bad.id = 0;
	ck_assert_int_eq(store_rule_put(s, &bad, NULL), ERR_INVALID);
	bad = plug;
	bad.filter[0] = 0;
	ck_assert_int_eq(store_rule_put(s, &bad, NULL), ERR_INVALID);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, rules_are_kept);
	tcase_add_test(tc, rules_change_and_go);
}

int main(void)
{
	return test_run("db/rules", add);
}
