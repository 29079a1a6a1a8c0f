/* Device classes that the owner gave to entities, in hub.db. */
#include "db/entity_class.h"

#include <check.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "support.h"

static void add_device(struct store *s, const char *id)
{
	struct device_record d = {.name = "Blind"};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static int give(struct store *s, const char *device, const char *entity, const char *class)
{
	struct entity_class c = {0};
	ck_assert_int_eq(str_copy(c.device, sizeof c.device, device), 0);
	ck_assert_int_eq(str_copy(c.entity, sizeof c.entity, entity), 0);
	ck_assert_int_eq(str_copy(c.class, sizeof c.class, class), 0);
	return store_entity_class_put(s, &c, NULL);
}

static void append(void *ctx, const struct entity_class *c)
{
	ck_assert_int_eq(buf_printf(ctx, "%s/%s=%s ", c->device, c->entity, c->class), 0);
}

static void expect(struct store *s, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_entity_class_each(s, append, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

START_TEST(given_changed_and_taken_away)
{
	struct store *s = test_open();
	add_device(s, "north");
	add_device(s, "south");
	ck_assert_int_eq(give(s, "south", "cover", "gate"), 0);
	ck_assert_int_eq(give(s, "north", "up", "blind"), 0);
	ck_assert_int_eq(give(s, "north", "contact", "door"), 0);
	ck_assert_int_eq(give(s, "north", "up", "shutter"), 0);
	expect(s, "north/contact=door north/up=shutter south/cover=gate ");
	ck_assert_int_eq(give(s, "north", "contact", ""), 0);
	ck_assert_int_eq(give(s, "north", "never", ""), 0);
	ck_assert_int_eq(give(s, "gone", "cover", "gate"), ERR_NOT_FOUND);
	store_close(&s);
	s = test_open();
	expect(s, "north/up=shutter south/cover=gate ");
	ck_assert_int_eq(store_device_erase(s, "north", NULL), 0);
	expect(s, "south/cover=gate ");
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, given_changed_and_taken_away);
}

int main(void)
{
	return test_run("db/entity_class", add);
}
