/* The table by which guests hear on MQTT. */
#include "model/topic_rooms.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "support/suite.h"

static struct rooms rooms_of(const char *const *names, size_t count)
{
	struct rooms rooms = {0};
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(rooms_add(&rooms, span_str(names[i])), 0);
	return rooms;
}

#define ROOMS(...) \
	rooms_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void put(struct topic_rooms *table, const char *topic, const char *room)
{
	ck_assert_int_eq(topic_rooms_put(table, span_str(topic), room), 0);
}

static bool hears(const struct topic_rooms *table, const struct rooms *rooms, const char *topic)
{
	struct room_set set;
	ck_assert_int_eq(room_set_init(&set, table, rooms), 0);
	bool yes = room_set_hears(&set, topic_rooms_find(table, span_str(topic)));
	room_set_finish(&set);
	return yes;
}

/* lamp and shutter in the hall, oven in the kitchen, a key finder nowhere; their gateway's word is all theirs. */
static struct topic_rooms *house(void)
{
	struct topic_rooms *table = topic_rooms_create();
	ck_assert_ptr_nonnull(table);
	put(table, "lamp/state", "Hall");
	put(table, "shutter/state", "Hall");
	put(table, "oven/state", "Kitchen");
	put(table, "finder/state", "");
	put(table, "gateway/there", "Hall");
	put(table, "gateway/there", "Kitchen");
	put(table, "gateway/there", "Hall"); /* the shutter's, too */
	return table;
}

START_TEST(hears_what_is_in_the_rooms_and_nothing_else)
{
	struct topic_rooms *table = house();
	const struct rooms hall = ROOMS("Hall"), both = ROOMS("Kitchen", "Hall"), other = ROOMS("Attic"), none = {0};
	ck_assert_uint_eq(topic_rooms_count(table), 5);
	ck_assert(hears(table, &hall, "lamp/state") && hears(table, &hall, "shutter/state"));
	ck_assert(!hears(table, &hall, "oven/state") && !hears(table, &hall, "finder/state"));
	ck_assert(!hears(table, &hall, "lamp") && !hears(table, &hall, "lamp/state/x") && !hears(table, &hall, "lamp/#"));
	ck_assert(hears(table, &both, "lamp/state") && hears(table, &both, "oven/state") && !hears(table, &both, "finder/state"));
	ck_assert(!hears(table, &other, "lamp/state") && !hears(table, &none, "lamp/state") && !hears(table, &none, "finder/state"));
	ck_assert(!hears(NULL, &hall, "lamp/state"));
	topic_rooms_unref(&table);
	ck_assert_ptr_null(table);
	topic_rooms_unref(&table);
}
END_TEST

START_TEST(what_several_devices_say_is_for_who_sees_them_all)
{
	struct topic_rooms *table = house();
	const struct rooms hall = ROOMS("Hall"), kitchen = ROOMS("Kitchen"), both = ROOMS("Kitchen", "Hall");
	ck_assert(!hears(table, &hall, "gateway/there") && !hears(table, &kitchen, "gateway/there"));
	ck_assert(hears(table, &both, "gateway/there"));
	put(table, "gateway/there", ""); /* one of them stands nowhere */
	ck_assert(!hears(table, &both, "gateway/there"));
	topic_rooms_unref(&table);
}
END_TEST

static bool has_changed(const struct topic_rooms *table, const char *topic)
{
	struct span changed;
	for (size_t i = 0; topic_rooms_changed(table, i, &changed); i++)
		if (span_is(changed, topic))
			return true;
	return false;
}

static size_t changes(const struct topic_rooms *table)
{
	struct span changed;
	size_t count = 0;
	while (topic_rooms_changed(table, count, &changed))
		count++;
	return count;
}

START_TEST(tells_what_has_changed)
{
	struct topic_rooms *first = house(), *same = topic_rooms_create(), *other = topic_rooms_create();
	ck_assert_int_eq(topic_rooms_compare(first, NULL), 0);
	ck_assert_uint_eq(changes(first), 5);
	/* in another order, with other numbers */
	put(same, "gateway/there", "Kitchen");
	put(same, "finder/state", "");
	put(same, "oven/state", "Kitchen");
	put(same, "gateway/there", "Hall");
	put(same, "shutter/state", "Hall");
	put(same, "lamp/state", "Hall");
	ck_assert_int_eq(topic_rooms_compare(same, first), 0);
	ck_assert_uint_eq(changes(same), 0);
	/* the lamp has moved, the oven is gone, and with it the gateway is the hall's; a fan has come */
	put(other, "lamp/state", "Kitchen");
	put(other, "shutter/state", "Hall");
	put(other, "finder/state", "");
	put(other, "gateway/there", "Hall");
	put(other, "fan/state", "Kitchen");
	ck_assert_int_eq(topic_rooms_compare(other, first), 0);
	topic_rooms_unref(&first); /* what is told of it outlives it */
	ck_assert_uint_eq(changes(other), 4);
	ck_assert(has_changed(other, "lamp/state") && has_changed(other, "oven/state") && has_changed(other, "gateway/there") &&
		  has_changed(other, "fan/state"));
	ck_assert_int_eq(topic_rooms_compare(other, other), 0);
	ck_assert_uint_eq(changes(other), 0);
	ck_assert(!topic_rooms_changed(NULL, 0, &(struct span){0}));
	topic_rooms_unref(&same);
	topic_rooms_unref(&other);
}
END_TEST

/* 500 devices in 100 rooms, with twenty topics each: every one is heard in its room and in no other. */
START_TEST(a_large_house)
{
	enum { DEVICES = 500, TOPICS = 20, HOUSE_ROOMS = 100 };
	struct topic_rooms *table = topic_rooms_create();
	char topic[64], room[32];
	for (int i = 0; i < DEVICES * TOPICS; i++) {
		snprintf(topic, sizeof topic, "house/device-%d/state/%d", i / TOPICS, i % TOPICS);
		snprintf(room, sizeof room, "Room %d", i / TOPICS % HOUSE_ROOMS);
		put(table, topic, room);
	}
	ck_assert_uint_eq(topic_rooms_count(table), DEVICES * TOPICS);
	for (int r = 0; r < HOUSE_ROOMS; r++) {
		snprintf(room, sizeof room, "Room %d", r);
		const struct rooms rooms = ROOMS(room);
		struct room_set set;
		ck_assert_int_eq(room_set_init(&set, table, &rooms), 0);
		size_t heard = 0, seen = 0;
		for (const struct topic_place *p = topic_rooms_next(table, NULL); p; p = topic_rooms_next(table, p), seen++)
			heard += room_set_hears(&set, p);
		ck_assert_uint_eq(seen, DEVICES * TOPICS);
		ck_assert_uint_eq(heard, DEVICES * TOPICS / HOUSE_ROOMS);
		snprintf(topic, sizeof topic, "house/device-%d/state/0", r);
		ck_assert(room_set_hears(&set, topic_rooms_find(table, span_str(topic))));
		room_set_finish(&set);
	}
	topic_rooms_unref(&table);
}
END_TEST

START_TEST(a_long_topic_has_room)
{
	static char topic[65536];
	struct topic_rooms *table = topic_rooms_create(), *shared = topic_rooms_ref(table);
	memset(topic, 'x', sizeof topic - 1);
	put(table, "short", "Hall");
	put(table, topic, "Hall");
	put(table, "another", "Hall");
	topic_rooms_unref(&table);
	const struct rooms hall = ROOMS("Hall");
	ck_assert(hears(shared, &hall, topic) && hears(shared, &hall, "short") && hears(shared, &hall, "another"));
	topic_rooms_unref(&shared);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {hears_what_is_in_the_rooms_and_nothing_else, what_several_devices_say_is_for_who_sees_them_all,
				      tells_what_has_changed, a_large_house, a_long_topic_has_room};
	return suite_run("model/topic_rooms", tests, sizeof tests / sizeof tests[0]);
}
