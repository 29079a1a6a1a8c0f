/* Frames of records: in and out again, and what is left of them when only the last word on each thing counts. That the
 * tables come out the same is test_session_store's. */
#include <string.h>

#include "base/err.h"
#include "db/record.h"
#include "db/record_frames.h"
#include "support/persist_equal.h"
#include "support/suite.h"

static void add_frame(struct buf *frames, uint64_t seq, const struct persist_change *changes, size_t count)
{
	struct buf records = {0};
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(record_append_persist(&records, &changes[i]), 0);
	ck_assert_int_eq(record_frames_begin(frames, seq, (uint32_t)records.len), 0);
	ck_assert_int_eq(buf_append(frames, records.data, records.len), 0);
	buf_finish(&records);
}

static struct persist_change retained(const char *topic, const char *payload)
{
	return (struct persist_change){.type = payload ? PERSIST_RETAINED_SET : PERSIST_RETAINED_CLEAR,
				       .retained = {.topic = span_str(topic), .payload = span_str(payload), .qos = 1}};
}

static struct persist_change of_client(enum persist_type type, const char *client, int64_t number)
{
	struct persist_change c = {.type = type, .client = span_str(client)};
	if (type == PERSIST_QUEUE_APPEND || type == PERSIST_QUEUE_ACK)
		c.queued = (struct persist_queued){.number = number, .qos = 1, .message = {.topic = span_str("t")}};
	else if (type == PERSIST_QOS2_PUT || type == PERSIST_QOS2_REMOVE)
		c.qos2 = (struct persist_qos2){.packet_id = (uint16_t)number, .number = 9};
	return c;
}

static void expect_records(struct span records, const struct persist_change *changes, size_t count)
{
	struct record_reader reader;
	struct record record;
	record_reader_init(&reader, records);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(record_next(&reader, &record), 0);
		ck_assert(persist_equal(&record.persist, &changes[i]));
	}
	ck_assert_int_eq(record_next(&reader, &record), ERR_NOT_FOUND);
}

static void expect_frame(struct span *frames, uint64_t seq, const struct persist_change *changes, size_t count)
{
	uint64_t number;
	struct span records;
	ck_assert_int_eq(record_frames_take(frames, &number, &records), 0);
	ck_assert_uint_eq(number, seq);
	expect_records(records, changes, count);
}

static void expect_end(struct span frames)
{
	uint64_t seq;
	struct span records;
	ck_assert_int_eq(record_frames_take(&frames, &seq, &records), ERR_NOT_FOUND);
}

START_TEST(what_goes_in_comes_out)
{
	struct buf frames = {0};
	const struct persist_change changes[] = {retained("a", "1"), retained("b", "2"), retained("a", NULL)};
	ck_assert_int_eq(record_frames_condense(&frames), 0);
	expect_end(buf_span(&frames));
	add_frame(&frames, 7, changes, 2);
	add_frame(&frames, 8, NULL, 0);
	add_frame(&frames, 12, changes + 2, 1);
	struct span left = buf_span(&frames);
	expect_frame(&left, 7, changes, 2);
	expect_frame(&left, 8, NULL, 0);
	expect_frame(&left, 12, changes + 2, 1);
	expect_end(left);
	buf_finish(&frames);
}
END_TEST

START_TEST(only_the_last_word_on_a_thing_is_left)
{
	struct buf frames = {0};
	const struct persist_change first[] = {retained("a", "1"), retained("b", "1"), retained("a", "2")};
	const struct persist_change second[] = {retained("c", "1"), retained("b", NULL), retained("ab", "1")};
	const struct persist_change third[] = {retained("a", "3")};
	add_frame(&frames, 1, first, 3);
	add_frame(&frames, 2, second, 3);
	add_frame(&frames, 3, third, 1);
	ck_assert_int_eq(record_frames_condense(&frames), 0);
	struct span left = buf_span(&frames);
	expect_frame(&left, 1, NULL, 0);
	expect_frame(&left, 2, second, 3);
	expect_frame(&left, 3, third, 1);
	expect_end(left);
	size_t len = frames.len;
	ck_assert_int_eq(record_frames_condense(&frames), 0); /* nothing more */
	ck_assert_uint_eq(frames.len, len);
	buf_finish(&frames);
}
END_TEST

START_TEST(a_message_that_came_and_was_acknowledged_is_only_its_acknowledgement)
{
	struct buf frames = {0};
	const struct persist_change changes[] = {
		of_client(PERSIST_QUEUE_APPEND, "c", 1), of_client(PERSIST_QUEUE_APPEND, "c", 2), of_client(PERSIST_QUEUE_APPEND, "d", 1),
		of_client(PERSIST_QUEUE_ACK, "c", 1),
	};
	add_frame(&frames, 1, changes, 4);
	ck_assert_int_eq(record_frames_condense(&frames), 0);
	struct span left = buf_span(&frames);
	expect_frame(&left, 1, changes + 1, 3);
	buf_finish(&frames);
}
END_TEST

START_TEST(things_of_another_sort_stay_though_their_keys_are_alike)
{
	struct buf frames = {0};
	const struct persist_change changes[] = {
		of_client(PERSIST_WILL_PUT, "x", 0), retained("x", "1"), of_client(PERSIST_QUEUE_APPEND, "x", 1),
		of_client(PERSIST_QOS2_PUT, "x", 1), {.type = PERSIST_COMMAND_PUT, .command = {.id = span_str("x")}},
		{.type = PERSIST_SUBSCRIPTION_PUT, .client = span_str("x"), .subscription = {.filter = span_str("x")}},
	};
	enum { COUNT = sizeof changes / sizeof changes[0] };
	add_frame(&frames, 1, changes, COUNT);
	ck_assert_int_eq(record_frames_condense(&frames), 0);
	struct span left = buf_span(&frames);
	expect_frame(&left, 1, changes, COUNT);
	buf_finish(&frames);
}
END_TEST

/* Between two words on a session there may be what depends on the first. */
START_TEST(what_is_told_of_a_session_itself_stays)
{
	struct buf frames = {0};
	const struct persist_change changes[] = {
		of_client(PERSIST_SESSION_PUT, "c", 0), of_client(PERSIST_QUEUE_APPEND, "c", 1), of_client(PERSIST_SESSION_PUT, "c", 0),
		of_client(PERSIST_SESSION_END, "c", 0), of_client(PERSIST_SESSION_PUT, "c", 0),
	};
	add_frame(&frames, 1, changes, 5);
	ck_assert_int_eq(record_frames_condense(&frames), 0);
	struct span left = buf_span(&frames);
	expect_frame(&left, 1, changes, 5);
	buf_finish(&frames);
}
END_TEST

START_TEST(damage_changes_nothing)
{
	struct buf frames = {0};
	const struct persist_change changes[] = {retained("a", "1"), retained("a", "2")};
	add_frame(&frames, 1, changes, 2);
	uint8_t *last = &frames.data[frames.len - 1];
	*last = 0xff; /* the last field of the last record goes on behind its end */
	uint8_t copy[200];
	size_t len = frames.len;
	ck_assert_uint_lt(len, sizeof copy);
	memcpy(copy, frames.data, len);
	ck_assert_int_eq(record_frames_condense(&frames), ERR_DAMAGED);
	ck_assert_uint_eq(frames.len, len);
	ck_assert_mem_eq(frames.data, copy, len);
	buf_finish(&frames);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_goes_in_comes_out, only_the_last_word_on_a_thing_is_left,
		a_message_that_came_and_was_acknowledged_is_only_its_acknowledgement,
		things_of_another_sort_stay_though_their_keys_are_alike, what_is_told_of_a_session_itself_stays,
		damage_changes_nothing,
	};
	return suite_run("record_frames", tests, sizeof tests / sizeof *tests);
}
