/* Groups and scenes in hub.db: in and out, replaced, removed, and what goes with a device. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/bundles.h"
#include "support.h"

static void add_device(struct store *s, const char *id)
{
	struct device_record d = {.name = "Lamp"};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static void append(void *ctx, const struct bundle_record *b)
{
	ck_assert_int_eq(buf_printf(ctx, "%d:%d:%s", (int)b->id, (int)b->kind, b->name), 0);
	for (size_t i = 0; i < b->count; i++)
		ck_assert_int_eq(buf_printf(ctx, " %s/%s=%s", b->members[i].device, b->members[i].entity,
					    b->members[i].value ? b->members[i].value : "-"), 0);
	ck_assert_int_eq(buf_append_str(ctx, "; "), 0);
}

static void expect(struct store *s, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_bundle_each(s, append, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

static int64_t last_id(struct store *s)
{
	int64_t id;
	ck_assert_int_eq(store_bundle_last_id(s, &id), 0);
	return id;
}

static struct bundle_member evening[] = {
	{"lamp", "light", (char[]){"{\"state\":\"ON\",\"brightness\":40}"}},
	{"plug", "relay", (char[]){"\"OFF\""}},
};
static struct bundle_member reading[] = {{"plug", "relay", NULL}, {"lamp", "light", NULL}};

static struct store *open_with_both(void)
{
	struct store *s = test_open();
	add_device(s, "lamp");
	add_device(s, "plug");
	const struct bundle_record scene = {2, BUNDLE_SCENE, "Evening", evening, 2}, group = {3, BUNDLE_GROUP, "Reading lamps", reading, 2};
	ck_assert_int_eq(store_bundle_put(s, &scene, NULL), 0);
	ck_assert_int_eq(store_bundle_put(s, &group, NULL), 0);
	return s;
}

START_TEST(kept_in_their_order)
{
	static const char both[] = "2:1:Evening lamp/light={\"state\":\"ON\",\"brightness\":40} plug/relay=\"OFF\"; "
				   "3:0:Reading lamps plug/relay=- lamp/light=-; ";
	struct store *s = test_open();
	expect(s, "");
	ck_assert_int_eq(last_id(s), 0);
	store_close(&s);
	s = open_with_both();
	expect(s, both);
	store_close(&s);
	s = test_open();
	expect(s, both);
	ck_assert_int_eq(last_id(s), 3);
	store_close(&s);
}
END_TEST

START_TEST(replaced_and_removed)
{
	struct store *s = open_with_both();
	const struct bundle_record empty = {2, BUNDLE_SCENE, "Night", NULL, 0};
	ck_assert_int_eq(store_bundle_put(s, &empty, NULL), 0);
	expect(s, "2:1:Night; 3:0:Reading lamps plug/relay=- lamp/light=-; ");
	ck_assert_int_eq(store_bundle_remove(s, 3, NULL), 0);
	ck_assert_int_eq(store_bundle_remove(s, 3, NULL), 0);
	expect(s, "2:1:Night; ");
	ck_assert_int_eq(last_id(s), 3); /* no number is given twice */
	store_close(&s);
}
END_TEST

START_TEST(names_are_one_of_a_kind)
{
	struct store *s = open_with_both();
	const struct bundle_record twin = {4, BUNDLE_SCENE, "EVENING", reading, 1}, other = {5, BUNDLE_GROUP, "Evening", reading, 1};
	ck_assert_int_eq(store_bundle_put(s, &twin, NULL), ERR_EXISTS);
	ck_assert_int_eq(store_bundle_put(s, &other, NULL), 0);
	expect(s, "2:1:Evening lamp/light={\"state\":\"ON\",\"brightness\":40} plug/relay=\"OFF\"; "
		  "3:0:Reading lamps plug/relay=- lamp/light=-; 5:0:Evening plug/relay=-; ");
	store_close(&s);
}
END_TEST

START_TEST(members_go_with_their_device)
{
	struct store *s = open_with_both();
	ck_assert_int_eq(store_device_erase(s, "lamp", NULL), 0);
	expect(s, "2:1:Evening plug/relay=\"OFF\"; 3:0:Reading lamps plug/relay=-; ");
	const struct bundle_record again = {2, BUNDLE_SCENE, "Evening", evening, 2};
	ck_assert_int_eq(store_bundle_put(s, &again, NULL), 0); /* asked for before the device went */
	expect(s, "2:1:Evening plug/relay=\"OFF\"; 3:0:Reading lamps plug/relay=-; ");
	store_close(&s);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct store *s = test_open();
	const struct bundle_record no_id = {0, BUNDLE_GROUP, "a", NULL, 0}, no_name = {1, BUNDLE_GROUP, "", NULL, 0},
				   no_kind = {1, BUNDLE_KINDS, "a", NULL, 0};
	ck_assert_int_eq(store_bundle_put(s, &no_id, NULL), ERR_INVALID);
	ck_assert_int_eq(store_bundle_put(s, &no_name, NULL), ERR_INVALID);
	ck_assert_int_eq(store_bundle_put(s, &no_kind, NULL), ERR_INVALID);
	expect(s, "");
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, kept_in_their_order);
	tcase_add_test(tc, replaced_and_removed);
	tcase_add_test(tc, names_are_one_of_a_kind);
	tcase_add_test(tc, members_go_with_their_device);
	tcase_add_test(tc, nonsense_is_refused);
}

int main(void)
{
	return test_run("db/bundles", add);
}
