/* Homes of people in hub.db: in and out, replaced, refused, and what goes with an account or a device. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/homes.h"
#include "support.h"

static void add_device(struct store *s, const char *id)
{
	struct device_record d = {.name = "Lamp"};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static int64_t add_account(struct store *s, const char *name)
{
	struct account a = {.password = "x", .role = ROLE_OWNER};
	int64_t id;
	ck_assert_int_eq(str_copy(a.name, sizeof a.name, name), 0);
	ck_assert_int_eq(store_account_add(s, &a, false, &id), 0);
	return id;
}

/* "lamp/light plug/" */
static void fill(struct home_list *list, const char *cards)
{
	while (*cards) {
		struct home_card card = {0};
		size_t device = strcspn(cards, "/"), entity = strcspn(cards + device, " ") - 1;
		ck_assert_int_eq(str_copy_span(card.device, sizeof card.device, span_of(cards, device)), 0);
		ck_assert_int_eq(str_copy_span(card.entity, sizeof card.entity, span_of(cards + device + 1, entity)), 0);
		ck_assert_int_eq(home_add_card(list, &card), 0);
		cards += device + 1 + entity;
		cards += *cards == ' ';
	}
}

static void add_room(struct home *h, const char *room, const char *cards)
{
	ck_assert_int_eq(home_add_room(h, room), 0);
	fill(&h->rooms[h->room_count - 1], cards);
}

static void append(struct buf *text, const struct home_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		ck_assert_int_eq(buf_printf(text, " %s/%s", list->cards[i].device, list->cards[i].entity), 0);
}

static void expect(struct store *s, int64_t account, const char *want)
{
	struct home h;
	struct buf text = {0};
	ck_assert_int_eq(store_home_get(s, account, &h), 0);
	append(&text, &h.favourites);
	for (size_t i = 0; i < h.room_count; i++) {
		ck_assert_int_eq(buf_printf(&text, "; %s:", h.rooms[i].room), 0);
		append(&text, &h.rooms[i]);
	}
	ck_assert_str_eq(text.len ? buf_cstr(&text) : "", want);
	buf_finish(&text);
	home_finish(&h);
}

static const char arranged[] = " plug/relay lamp/light; Hall: plug/ lamp/light plug/relay; :; Attic: lamp/";

/* Anna has arranged hers, Bo has not. */
static struct store *open_with_both(int64_t *anna_r, int64_t *bo_r)
{
	struct store *s = test_open();
	struct home h = {0};
	add_device(s, "lamp");
	add_device(s, "plug");
	*anna_r = add_account(s, "Anna");
	*bo_r = add_account(s, "Bo");
	fill(&h.favourites, "plug/relay lamp/light");
	add_room(&h, "Hall", "plug/ lamp/light plug/relay");
	add_room(&h, "", "");
	add_room(&h, "Attic", "lamp/");
	ck_assert_int_eq(store_home_put(s, *anna_r, &h, NULL), 0);
	home_finish(&h);
	return s;
}

START_TEST(kept_in_their_order_each_to_its_person)
{
	int64_t anna, bo;
	struct store *s = open_with_both(&anna, &bo);
	expect(s, anna, arranged);
	expect(s, bo, "");
	expect(s, 99, "");
	store_close(&s);
	s = test_open();
	expect(s, anna, arranged);
	store_close(&s);
}
END_TEST

START_TEST(replaced_whole)
{
	int64_t anna, bo;
	struct store *s = open_with_both(&anna, &bo);
	struct home h = {0};
	add_room(&h, "Attic", "plug/relay");
	ck_assert_int_eq(store_home_put(s, anna, &h, NULL), 0);
	ck_assert_int_eq(store_home_put(s, bo, &h, NULL), 0);
	expect(s, anna, "; Attic: plug/relay");
	home_finish(&h);
	ck_assert_int_eq(store_home_put(s, anna, &h, NULL), 0);
	expect(s, anna, "");
	expect(s, bo, "; Attic: plug/relay");
	store_close(&s);
}
END_TEST

START_TEST(cards_go_with_their_device)
{
	int64_t anna, bo;
	struct store *s = open_with_both(&anna, &bo);
	ck_assert_int_eq(store_device_erase(s, "lamp", NULL), 0);
	expect(s, anna, " plug/relay; Hall: plug/ plug/relay; :; Attic:");
	struct home h = {0};
	fill(&h.favourites, "lamp/light plug/relay"); /* asked for before the device went */
	ck_assert_int_eq(store_home_put(s, anna, &h, NULL), 0);
	expect(s, anna, " plug/relay");
	home_finish(&h);
	store_close(&s);
}
END_TEST

START_TEST(a_home_goes_with_its_person)
{
	int64_t anna, bo;
	struct store *s = open_with_both(&anna, &bo);
	ck_assert_int_eq(store_account_remove(s, anna), 0);
	expect(s, anna, "");
	struct home h = {0};
	ck_assert_int_eq(store_home_put(s, anna, &h, NULL), ERR_NOT_FOUND);
	store_close(&s);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM home_list"), 0);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM home_card"), 0);
}
END_TEST

static void expect_refused(struct store *s, int64_t account, struct home *h, int err)
{
	ck_assert_int_eq(store_home_put(s, account, h, NULL), err);
	home_finish(h);
	expect(s, account, arranged);
}

START_TEST(nonsense_changes_nothing)
{
	int64_t anna, bo;
	struct store *s = open_with_both(&anna, &bo);
	struct home h = {0};
	add_room(&h, "Hall", "lamp/light");
	add_room(&h, "Hall", "");
	expect_refused(s, anna, &h, ERR_EXISTS);
	add_room(&h, "Hall", "lamp/light plug/ lamp/light");
	expect_refused(s, anna, &h, ERR_EXISTS);
	fill(&h.favourites, "lamp/light lamp/light");
	expect_refused(s, anna, &h, ERR_EXISTS);
	for (int i = 0; i <= HOME_FAVOURITES_MAX; i++)
		fill(&h.favourites, "lamp/light");
	expect_refused(s, anna, &h, ERR_TOO_LARGE);
	for (int i = 0; i <= HOME_ROOMS_MAX; i++)
		add_room(&h, "Hall", "");
	expect_refused(s, anna, &h, ERR_TOO_LARGE);
	add_room(&h, "Hall", "");
	for (int i = 0; i <= HOME_CARDS_MAX; i++)
		fill(&h.rooms[0], "lamp/light");
	expect_refused(s, anna, &h, ERR_TOO_LARGE);
	store_close(&s);
}
END_TEST

START_TEST(as_much_as_there_may_be)
{
	int64_t anna, bo;
	struct store *s = open_with_both(&anna, &bo);
	struct home h = {0}, got;
	char text[64];
	for (int i = 0; i < HOME_FAVOURITES_MAX; i++) {
		ck_assert_int_eq(str_format(text, sizeof text, "lamp/e%d", i), 0);
		fill(&h.favourites, text);
	}
	for (int i = 0; i < HOME_ROOMS_MAX; i++) {
		ck_assert_int_eq(str_format(text, sizeof text, "Room %d", i), 0);
		add_room(&h, text, i < HOME_CARDS_MAX / 5 ? "lamp/a lamp/b lamp/ plug/a plug/b" : "");
	}
	ck_assert_int_eq(store_home_put(s, anna, &h, NULL), 0);
	ck_assert_int_eq(store_home_get(s, anna, &got), 0);
	ck_assert_uint_eq(got.favourites.count, HOME_FAVOURITES_MAX);
	ck_assert_uint_eq(got.room_count, HOME_ROOMS_MAX);
	for (size_t i = 0; i < h.room_count; i++) {
		ck_assert_str_eq(got.rooms[i].room, h.rooms[i].room);
		ck_assert_uint_eq(got.rooms[i].count, h.rooms[i].count);
		ck_assert_mem_eq(got.rooms[i].cards, h.rooms[i].cards, h.rooms[i].count * sizeof h.rooms[i].cards[0]);
	}
	home_finish(&h);
	home_finish(&got);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, kept_in_their_order_each_to_its_person);
	tcase_add_test(tc, replaced_whole);
	tcase_add_test(tc, cards_go_with_their_device);
	tcase_add_test(tc, a_home_goes_with_its_person);
	tcase_add_test(tc, nonsense_changes_nothing);
	tcase_add_test(tc, as_much_as_there_may_be);
}

int main(void)
{
	return test_run("db/homes", add);
}
