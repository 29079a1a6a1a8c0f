/* What entities reported last, in hub.db; and what was asked of them last and is not so. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/reported.h"
#include "support.h"

static void add_device(struct store *s, const char *id)
{
	struct device_record d = {.name = "Lamp"};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static void append(void *ctx, const struct reported_record *r)
{
	ck_assert_int_eq(buf_printf(ctx, "%s/%s=%s@%d ", r->device, r->entity, r->state, (int)r->at.ms), 0);
}

static void expect(struct store *s, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_reported_each(s, append, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

START_TEST(kept_replaced_and_dropped)
{
	const struct reported_record first[] = {{"lamp", "light", "{\"state\":\"ON\"}", {7}}, {"lamp", "relay", "\"OFF\"", {8}}, {"gone", "x", "1", {9}}};
	const struct reported_record second[] = {{"lamp", "light", NULL, {0}}, {"lamp", "relay", "\"ON\"", {10}}, {"lamp", "never", NULL, {0}}};
	struct store *s = test_open();
	add_device(s, "lamp");
	ck_assert_int_eq(store_reported_put(s, first, 3, NULL), 0);
	expect(s, "lamp/light={\"state\":\"ON\"}@7 lamp/relay=\"OFF\"@8 "); /* nothing of a device that is not there */
	ck_assert_int_eq(store_reported_put(s, second, 3, NULL), 0);
	store_close(&s);
	s = test_open();
	expect(s, "lamp/relay=\"ON\"@10 ");
	ck_assert_int_eq(store_device_erase(s, "lamp", NULL), 0);
	expect(s, "");
	store_close(&s);
}
END_TEST

static void put_command(struct store *s, int64_t id, const char *entity, enum command_state state)
{
	struct command_record c = {.id = id, .device = "lamp", .value = "\"ON\"", .by = "ada", .state = state, .took_ms = -1};
	ck_assert_int_eq(str_copy(c.entity, sizeof c.entity, entity), 0);
	ck_assert_int_eq(store_command_put(s, &c, NULL), 0);
}

static void append_command(void *ctx, const struct command_record *c)
{
	ck_assert_int_eq(buf_printf(ctx, "%d:%s ", (int)c->id, c->entity), 0);
}

START_TEST(only_the_newest_wish_counts)
{
	struct store *s = test_open();
	struct buf list = {0};
	add_device(s, "lamp");
	put_command(s, 1, "light", COMMAND_EXPIRED);
	put_command(s, 2, "light", COMMAND_CONFIRMED);
	put_command(s, 3, "relay", COMMAND_CONFIRMED);
	put_command(s, 4, "relay", COMMAND_FAILED);
	put_command(s, 5, "bell", COMMAND_EXPIRED);
	put_command(s, 6, "bell", COMMAND_QUEUED);
	put_command(s, 7, "fan", COMMAND_EXPIRED);
	put_command(s, 8, "blind", COMMAND_EXPIRED);
	put_command(s, 9, "blind", COMMAND_CANCELLED); /* nobody wants it any more */
	ck_assert_int_eq(store_command_unmet_each(s, append_command, &list), 0);
	ck_assert_str_eq(buf_cstr(&list), "4:relay 7:fan ");
	buf_finish(&list);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, kept_replaced_and_dropped);
	tcase_add_test(tc, only_the_newest_wish_counts);
}

int main(void)
{
	return test_run("db/reported", add);
}
