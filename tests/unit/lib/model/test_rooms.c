/* Sets of rooms. */
#include "model/rooms.h"

#include <check.h>
#include <string.h>

#include "base/err.h"
#include "support/suite.h"

START_TEST(nobody_sees_more_than_the_rooms_named)
{
	struct rooms rooms = {0};
	ck_assert(!rooms_have(&rooms, "Kitchen"));
	ck_assert_int_eq(rooms_add(&rooms, span_str("Kitchen")), 0);
	ck_assert_int_eq(rooms_add(&rooms, span_str("Küche oben")), 0);
	ck_assert_int_eq(rooms_add(&rooms, span_str("Kitchen")), 0);
	ck_assert_str_eq(rooms.names, "Kitchen\nKüche oben\n");
	ck_assert(rooms_have(&rooms, "Kitchen") && rooms_have(&rooms, "Küche oben"));
	static const char *const others[] = {"", "Kitche", "Kitchen ", "kitchen", "itchen", "Küche", "\n", "Kitchen\nKüche oben", "Hall"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_msg(!rooms_have(&rooms, others[i]), "%s", others[i]);
}
END_TEST

START_TEST(all_have_every_room_and_none)
{
	struct rooms all = {.all = true};
	ck_assert(rooms_have(&all, "Kitchen") && rooms_have(&all, ""));
	ck_assert(rooms_have(NULL, "Kitchen") && rooms_have(NULL, ""));
}
END_TEST

START_TEST(refuses_what_is_no_name)
{
	struct rooms rooms = {0};
	char longest[MODEL_NAME_SIZE + 1];
	memset(longest, 'x', sizeof longest);
	ck_assert_int_eq(rooms_add(&rooms, span_of(longest, MODEL_NAME_SIZE)), ERR_INVALID);
	ck_assert_int_eq(rooms_add(&rooms, span_of(longest, 0)), ERR_INVALID);
	ck_assert_int_eq(rooms_add(&rooms, span_str("a\nb")), ERR_INVALID);
	ck_assert_int_eq(rooms_add(&rooms, span_str("a\x7f")), ERR_INVALID);
	ck_assert_int_eq(rooms_add(&rooms, span_str("\xff")), ERR_INVALID);
	ck_assert_str_eq(rooms.names, "");
	ck_assert_int_eq(rooms_add(&rooms, span_of(longest, MODEL_NAME_SIZE - 1)), 0);
}
END_TEST

START_TEST(has_an_end)
{
	struct rooms rooms = {0};
	char name[MODEL_NAME_SIZE];
	int err = 0;
	size_t count = 0;
	memset(name, 'x', sizeof name);
	for (; !err && count < ROOMS_SIZE; count++) {
		name[0] = (char)('A' + count);
		err = rooms_add(&rooms, span_of(name, sizeof name - 1));
	}
	ck_assert_int_eq(err, ERR_TOO_LARGE);
	ck_assert_uint_eq(count - 1, (ROOMS_SIZE - 1) / MODEL_NAME_SIZE);
	const char *at = NULL;
	struct span room;
	size_t seen = 0;
	while (rooms_next(&rooms, &at, &room)) {
		ck_assert_uint_eq(room.len, sizeof name - 1);
		ck_assert_int_eq(room.data[0], (int)('A' + seen++));
	}
	ck_assert_uint_eq(seen, count - 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {nobody_sees_more_than_the_rooms_named, all_have_every_room_and_none, refuses_what_is_no_name, has_an_end};
	return suite_run("model/rooms", tests, sizeof tests / sizeof tests[0]);
}
