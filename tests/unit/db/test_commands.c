/* Commands in hub.db: in and out, what is open, what is kept, and what goes with its device. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "support.h"

static void add_device(struct store *s, const char *id)
{
	struct device_record d = {.name = "Lamp"};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static struct command_record command(int64_t id, const char *device, enum command_state state)
{
	struct command_record c = {.id = id, .entity = "light", .value = "{\"brightness\":128}", .by = "ada", .state = state,
				   .asked_at = {1000 + id}, .until = {5000}, .took_ms = -1};
	ck_assert_int_eq(str_copy(c.device, sizeof c.device, device), 0);
	return c;
}

static void put(struct store *s, int64_t id, const char *device, enum command_state state)
{
	struct command_record c = command(id, device, state);
	ck_assert_int_eq(store_command_put(s, &c, NULL), 0);
}

static void append(void *ctx, const struct command_record *c)
{
	ck_assert_int_eq(buf_printf(ctx, "%d:%s:%s ", (int)c->id, c->device, command_state_name(c->state)), 0);
}

static void expect(struct store *s, const struct command_filter *filter, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_command_each(s, filter, append, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

static void expect_open(struct store *s, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_command_open_each(s, append, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

static void compare(void *ctx, const struct command_record *c)
{
	const struct command_record *want = ctx;
	ck_assert_int_eq(c->id, want->id);
	ck_assert_str_eq(c->device, want->device);
	ck_assert_str_eq(c->entity, want->entity);
	ck_assert_str_eq(c->value, want->value);
	ck_assert_str_eq(c->by, want->by);
	ck_assert_str_eq(c->reason, want->reason);
	ck_assert_int_eq(c->state, want->state);
	ck_assert_int_eq(c->asked_at.ms, want->asked_at.ms);
	ck_assert_int_eq(c->until.ms, want->until.ms);
	ck_assert_int_eq(c->took_ms, want->took_ms);
	ck_assert_int_eq(c->cause, want->cause);
	ck_assert_str_eq(c->cause_name, want->cause_name);
}

START_TEST(in_and_out)
{
	struct store *s = test_open();
	int64_t last;
	add_device(s, "lamp");
	ck_assert_int_eq(store_command_last_id(s, &last), 0);
	ck_assert_int_eq(last, 0);
	struct command_record c = command(7, "lamp", COMMAND_SENT);
	c.cause = CAUSE_SCENE;
	memcpy(c.cause_name, "Evening", 8);
	const struct command_filter all = {.limit = 10};
	ck_assert_int_eq(store_command_put(s, &c, NULL), 0);
	ck_assert_int_eq(store_command_each(s, &all, compare, &c), 0);
	c.state = COMMAND_EXPIRED;
	memcpy(c.reason, "too late", 9);
	c.took_ms = 12;
	c.until.ms = 6000;
	ck_assert_int_eq(store_command_put(s, &c, NULL), 0);
	ck_assert_int_eq(store_command_each(s, &all, compare, &c), 0);
	ck_assert_int_eq(store_command_last_id(s, &last), 0);
	ck_assert_int_eq(last, 7);
	c.id = 0;
	ck_assert_int_eq(store_command_put(s, &c, NULL), ERR_INVALID);
	c = command(8, "lamp", COMMAND_STATES);
	ck_assert_int_eq(store_command_put(s, &c, NULL), ERR_INVALID);
	store_close(&s);
}
END_TEST

START_TEST(lists)
{
	struct store *s = test_open();
	add_device(s, "lamp");
	add_device(s, "plug");
	put(s, 1, "lamp", COMMAND_CONFIRMED);
	put(s, 2, "plug", COMMAND_QUEUED);
	put(s, 3, "lamp", COMMAND_FAILED);
	put(s, 4, "lamp", COMMAND_ACKNOWLEDGED);
	expect(s, &(struct command_filter){.limit = 10}, "4:lamp:acknowledged 3:lamp:failed 2:plug:queued 1:lamp:confirmed ");
	expect(s, &(struct command_filter){.device = "lamp", .limit = 10}, "4:lamp:acknowledged 3:lamp:failed 1:lamp:confirmed ");
	expect(s, &(struct command_filter){.device = "lamp", .before = 4, .limit = 1}, "3:lamp:failed ");
	expect(s, &(struct command_filter){.device = "lamp", .entity = "other", .limit = 10}, "");
	expect(s, &(struct command_filter){.entity = "light", .before = 3, .limit = 10}, "2:plug:queued 1:lamp:confirmed ");
	expect_open(s, "2:plug:queued 4:lamp:acknowledged ");
	store_close(&s);
}
END_TEST

START_TEST(the_newest_are_kept_and_all_that_are_open)
{
	struct store *s = test_open();
	add_device(s, "lamp");
	add_device(s, "plug");
	put(s, 1, "lamp", COMMAND_QUEUED);
	put(s, 2, "plug", COMMAND_CONFIRMED);
	for (int64_t id = 3; id <= 520; id++)
		put(s, id, "lamp", COMMAND_CONFIRMED);
	expect_open(s, "1:lamp:queued ");
	expect(s, &(struct command_filter){.device = "plug", .limit = 10}, "2:plug:confirmed ");
	struct command_filter old = {.device = "lamp", .before = 22, .limit = 10};
	expect(s, &old, "21:lamp:confirmed 1:lamp:queued "); /* 500 and what waits */
	store_close(&s);
}
END_TEST

START_TEST(they_go_with_their_device)
{
	struct store *s = test_open();
	add_device(s, "lamp");
	put(s, 1, "lamp", COMMAND_CONFIRMED);
	put(s, 2, "nobody", COMMAND_CONFIRMED);
	expect(s, &(struct command_filter){.limit = 10}, "1:lamp:confirmed ");
	ck_assert_int_eq(store_device_erase(s, "lamp", NULL), 0);
	expect(s, &(struct command_filter){.limit = 10}, "");
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, in_and_out);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, the_newest_are_kept_and_all_that_are_open);
	tcase_add_test(tc, they_go_with_their_device);
}

int main(void)
{
	return test_run("commands", add);
}
