/* Properties: each in every place, twice, with forbidden values; user
 * properties in any number and order. */
#include "mqtt/props.h"

#include <check.h>
#include <stdlib.h>

#include "base/err.h"
#include "mqtt/packet.h"

/* The standard's Table 2-4 once more, written from the standard and not from
 * the code: identifier, one encoded value, places as letters, forbidden value.
 * Places: C connect, c connack, P publish, W will, A the four acks, S subscribe,
 * s suback, U unsubscribe, u unsuback, D disconnect, a auth. */
static const struct row {
	uint8_t id;
	const char *places;
	const char *value, *forbidden;
	size_t len;
} rows[] = {
	{1, "PW", "\x01", "\x02", 1},
	{2, "PW", "\x00\x00\x00\x0a", NULL, 4},
	{3, "PW", "\x00\x01t", NULL, 3},
	{8, "PW", "\x00\x03r/t", "\x00\x03r/+", 5},
	{9, "PW", "\x00\x02\x00\xff", NULL, 4},
	{11, "PS", "\x80\x01", "\x00", 2},
	{17, "CcD", "\xff\xff\xff\xff", NULL, 4},
	{18, "c", "\x00\x01i", NULL, 3},
	{19, "c", "\x00\x3c", NULL, 2},
	{21, "Cca", "\x00\x01m", NULL, 3},
	{22, "Cca", "\x00\x01\x00", NULL, 3},
	{23, "C", "\x00", "\x02", 1},
	{24, "W", "\x00\x00\x00\x05", NULL, 4},
	{25, "C", "\x01", "\xff", 1},
	{26, "c", "\x00\x01r", NULL, 3},
	{28, "cD", "\x00\x01s", NULL, 3},
	{31, "cAsuDa", "\x00\x02no", NULL, 4},
	{33, "Cc", "\xff\xff", "\x00\x00", 2},
	{34, "Cc", "\x00\x00", NULL, 2},
	{35, "P", "\x00\x01", "\x00\x00", 2},
	{36, "c", "\x01", "\x02", 1},
	{37, "c", "\x00", "\x02", 1},
	{38, "CcPWASsUuDa", "\x00\x01k\x00\x01v", NULL, 6},
	{39, "Cc", "\x00\x00\x00\x01", "\x00\x00\x00\x00", 4},
	{40, "c", "\x01", "\x02", 1},
	{41, "c", "\x01", "\x02", 1},
	{42, "c", "\x01", "\x02", 1},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static char letter_of(unsigned where)
{
	return "?CcPAAAASsUu??DaW"[where];
}

static int read_bytes(const uint8_t *bytes, size_t len, unsigned where, struct props *p)
{
	uint8_t *exact = malloc(len ? len : 1); /* so that ASan sees over-reads */
	memcpy(exact, bytes, len);
	struct wire_reader r = {.left = span_of(exact, len)};
	int err = props_read(&r, where, p);
	ck_assert(err || r.left.len == 0);
	free(exact);
	return err;
}

/* A property list of n times the row's property. */
static size_t list_of(uint8_t *bytes, const struct row *row, const char *value, size_t len, int n)
{
	size_t at = 1;
	for (int i = 0; i < n; i++) {
		bytes[at++] = row->id;
		memcpy(bytes + at, value, len);
		at += len;
	}
	bytes[0] = (uint8_t)(at - 1);
	return at;
}

START_TEST(each_property_has_its_places)
{
	const struct row *row = &rows[_i];
	for (unsigned where = PACKET_CONNECT; where <= PROPS_IN_WILL; where++) {
		uint8_t bytes[32];
		size_t len = list_of(bytes, row, row->value, row->len, 1);
		struct props p;
		bool allowed = strchr(row->places, letter_of(where)) != NULL;
		ck_assert_int_eq(read_bytes(bytes, len, where, &p), allowed ? 0 : ERR_MALFORMED);
		struct props alone = {.present = UINT64_C(1) << row->id, .topic_alias = 1, .subscription_id = 1,
				      .receive_maximum = 1, .maximum_packet_size_bytes = 1,
				      .response_topic = span_str("r/t")};
		ck_assert_int_eq(props_check(&alone, where), allowed ? 0 : ERR_INVALID);
		if (!allowed)
			continue;
		ck_assert_uint_eq(p.present, UINT64_C(1) << row->id);
		/* every truncation of it, with a length that says so and one that does not */
		for (size_t shorter = 1; shorter < len; shorter++) {
			ck_assert_int_eq(read_bytes(bytes, shorter, where, &p), ERR_MALFORMED);
			uint8_t cut[32];
			memcpy(cut, bytes, shorter);
			cut[0] = (uint8_t)(shorter - 1);
			ck_assert_int_eq(read_bytes(cut, shorter, where, &p), shorter == 1 ? 0 : ERR_MALFORMED);
		}
	}
}
END_TEST

START_TEST(each_property_goes_out_as_it_came)
{
	const struct row *row = &rows[_i];
	for (unsigned where = PACKET_CONNECT; where <= PROPS_IN_WILL; where++) {
		if (!strchr(row->places, letter_of(where)))
			continue;
		uint8_t bytes[32], again[32];
		size_t len = list_of(bytes, row, row->value, row->len, 1);
		struct wire_reader r = {.left = span_of(bytes, len)};
		struct props p;
		ck_assert_int_eq(props_read(&r, where, &p), 0);
		ck_assert_int_eq(props_check(&p, where), 0);
		struct wire_writer w = {.data = again, .cap = sizeof again};
		props_write(&w, &p);
		ck_assert_int_eq(w.failed, 0);
		ck_assert_uint_eq(w.len, len);
		ck_assert_uint_eq(props_size(&p), len);
		ck_assert_mem_eq(again, bytes, len);
	}
}
END_TEST

START_TEST(only_two_properties_repeat)
{
	const struct row *row = &rows[_i];
	for (unsigned where = PACKET_CONNECT; where <= PROPS_IN_WILL; where++) {
		if (!strchr(row->places, letter_of(where)))
			continue;
		bool repeats = row->id == PROP_USER_PROPERTY ||
			       (row->id == PROP_SUBSCRIPTION_ID && where == PACKET_PUBLISH);
		uint8_t bytes[32];
		struct props p;
		size_t len = list_of(bytes, row, row->value, row->len, 2);
		ck_assert_int_eq(read_bytes(bytes, len, where, &p), repeats ? 0 : ERR_PROTOCOL);
	}
}
END_TEST

START_TEST(forbidden_values_are_refused)
{
	const struct row *row = &rows[_i];
	if (!row->forbidden)
		return;
	size_t value_len = row->id == PROP_SUBSCRIPTION_ID ? 1 : row->len;
	for (unsigned where = PACKET_CONNECT; where <= PROPS_IN_WILL; where++) {
		if (!strchr(row->places, letter_of(where)))
			continue;
		uint8_t bytes[32];
		struct props p;
		size_t len = list_of(bytes, row, row->forbidden, value_len, 1);
		ck_assert_int_eq(read_bytes(bytes, len, where, &p), ERR_PROTOCOL);
		struct wire_reader r = {.left = span_of(bytes, len)};
		ck_assert_int_eq(props_read(&r, where, &p), ERR_PROTOCOL);
		ck_assert_int_eq(props_check(&p, where), ERR_INVALID);
	}
}
END_TEST

START_TEST(unknown_identifiers_are_malformed)
{
	for (unsigned id = 0; id < 256; id++) {
		bool known = false;
		for (size_t i = 0; i < ROWS; i++)
			known |= rows[i].id == id;
		if (known)
			continue;
		uint8_t bytes[] = {5, (uint8_t)id, 0, 0, 0, 1};
		struct props p;
		ck_assert_int_eq(read_bytes(bytes, sizeof bytes, PACKET_CONNACK, &p), ERR_MALFORMED);
		if (id > 63)
			continue;
		struct props unknown = {.present = UINT64_C(1) << id};
		ck_assert_int_eq(props_check(&unknown, PACKET_CONNACK), ERR_INVALID);
	}
}
END_TEST

START_TEST(lengths_are_checked)
{
	struct props p;
	ck_assert_int_eq(read_bytes((const uint8_t *)"", 0, PACKET_PUBLISH, &p), ERR_MALFORMED);
	ck_assert_int_eq(read_bytes((const uint8_t *)"\x00", 1, PACKET_PUBLISH, &p), 0);
	ck_assert_uint_eq(p.present, 0);
	/* past the packet; not the shortest form */
	ck_assert_int_eq(read_bytes((const uint8_t *)"\x03\x01\x01", 3, PACKET_PUBLISH, &p), ERR_MALFORMED);
	ck_assert_int_eq(read_bytes((const uint8_t *)"\x80\x00", 2, PACKET_PUBLISH, &p), ERR_MALFORMED);
	ck_assert_int_eq(read_bytes((const uint8_t *)"\xff\xff\xff\x7f\x01", 5, PACKET_PUBLISH, &p), ERR_MALFORMED);
	/* a value may not reach over the end of the properties into the packet */
	ck_assert_int_eq(read_bytes((const uint8_t *)"\x02\x23\x00\x01", 4, PACKET_PUBLISH, &p), ERR_MALFORMED);
}
END_TEST

START_TEST(the_first_subscription_id_counts)
{
	static const uint8_t bytes[] = {5, 11, 7, 11, 0x80, 1};
	struct props p;
	ck_assert_int_eq(read_bytes(bytes, sizeof bytes, PACKET_PUBLISH, &p), 0);
	ck_assert_uint_eq(p.subscription_id, 7);
	static const uint8_t zero[] = {4, 11, 7, 11, 0};
	ck_assert_int_eq(read_bytes(zero, sizeof zero, PACKET_PUBLISH, &p), ERR_PROTOCOL);
	struct props too_large = {.present = UINT64_C(1) << PROP_SUBSCRIPTION_ID,
				  .subscription_id = WIRE_MAX_REMAINING + 1};
	ck_assert_int_eq(props_check(&too_large, PACKET_SUBSCRIBE), ERR_INVALID);
}
END_TEST

static void expect_pair(struct span *cursor, const char *name, const char *value)
{
	struct span n, v;
	ck_assert(props_user_next(cursor, &n, &v));
	ck_assert_msg(span_is(n, name) && span_is(v, value), "%s=%s", name, value);
}

/* Order and duplicates are kept (MQTT-3.3.2-18), whatever stands between. */
START_TEST(user_properties_are_walked)
{
	static const uint8_t bytes[] = "\x21\x01\x01"
				       "\x26\x00\x01" "b\x00\x01" "1"
				       "\x02\x00\x00\x00\x26"
				       "\x26\x00\x01" "a\x00\x00"
				       "\x03\x00\x01t"
				       "\x0b\x26"
				       "\x26\x00\x01" "b\x00\x01" "2";
	struct wire_reader r = {.left = span_of(bytes, sizeof bytes - 1)};
	struct props p;
	ck_assert_int_eq(props_read(&r, PACKET_PUBLISH, &p), 0);
	ck_assert_uint_eq(p.subscription_id, 0x26);
	struct span cursor = p.user;
	expect_pair(&cursor, "b", "1");
	expect_pair(&cursor, "a", "");
	expect_pair(&cursor, "b", "2");
	struct span name, value;
	ck_assert(!props_user_next(&cursor, &name, &value));

	/* written again, nothing of what lay between is doubled */
	uint8_t again[64];
	struct wire_writer w = {.data = again, .cap = sizeof again};
	props_write(&w, &p);
	ck_assert_uint_eq(w.len, sizeof bytes - 1);
	struct props q;
	struct wire_reader s = {.left = span_of(again, w.len)};
	ck_assert_int_eq(props_read(&s, PACKET_PUBLISH, &q), 0);
	ck_assert_uint_eq(q.present, p.present);
	cursor = q.user;
	expect_pair(&cursor, "b", "1");
	expect_pair(&cursor, "a", "");
	expect_pair(&cursor, "b", "2");
}
END_TEST

START_TEST(user_properties_come_in_any_number)
{
	enum { COUNT = 100000, EACH = 7 };
	uint8_t *bytes = malloc(4 + COUNT * EACH);
	struct wire_writer w = {.data = bytes, .cap = 4 + COUNT * EACH};
	wire_write_varint(&w, COUNT * EACH);
	for (int i = 0; i < COUNT; i++)
		wire_write_raw(&w, span_of("\x26\x00\x01n\x00\x01v", EACH));
	struct wire_reader r = {.left = span_of(bytes, w.len)};
	struct props p;
	ck_assert_int_eq(props_read(&r, PACKET_CONNECT, &p), 0);
	struct span cursor = p.user, name, value;
	int count = 0;
	while (props_user_next(&cursor, &name, &value))
		count++;
	ck_assert_int_eq(count, COUNT);
	ck_assert_uint_eq(props_size(&p), w.len);
	free(bytes);
}
END_TEST

START_TEST(user_properties_are_utf8)
{
	static const char *const wrong[] = {"\x06\x26\x00\x01\xff\x00\x00", "\x06\x26\x00\x00\x00\x01\xff",
					    "\x06\x26\x00\x00\x00\x02v", "\x04\x26\x00\x00\x00"};
	static const size_t sizes[] = {7, 7, 7, 5};
	struct props p;
	ck_assert_int_eq(read_bytes((const uint8_t *)wrong[_i], sizes[_i], PACKET_AUTH, &p), ERR_MALFORMED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mqtt/props");
	TCase *tcase = tcase_create("props");
	tcase_add_loop_test(tcase, each_property_has_its_places, 0, ROWS);
	tcase_add_loop_test(tcase, each_property_goes_out_as_it_came, 0, ROWS);
	tcase_add_loop_test(tcase, only_two_properties_repeat, 0, ROWS);
	tcase_add_loop_test(tcase, forbidden_values_are_refused, 0, ROWS);
	tcase_add_test(tcase, unknown_identifiers_are_malformed);
	tcase_add_test(tcase, lengths_are_checked);
	tcase_add_test(tcase, the_first_subscription_id_counts);
	tcase_add_test(tcase, user_properties_are_walked);
	tcase_add_test(tcase, user_properties_come_in_any_number);
	tcase_add_loop_test(tcase, user_properties_are_utf8, 0, 4);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
