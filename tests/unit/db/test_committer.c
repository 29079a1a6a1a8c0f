/* The committer over a disk in memory that fails when it is told to: senders hear of it, nothing of it is seen, and what
 * comes later does not suffer. The disk is changed only while the committer has nothing to do. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "db/committer.h"
#include "db/record.h"
#include "db/record_frames.h"
#include "journal_support.h"
#include "support.h"

static struct memory_disk *disk;
static struct head *h;
static struct committer *c;
static int disk_told; /* the last, 1: nothing */

static void on_grown(void *ctx, const struct committer_stats *stats)
{
	(void)ctx, (void)stats;
}

static void on_disk(void *ctx, int err)
{
	(void)ctx;
	disk_told = err;
}

/* ---- the journal's side --------------------------------------------------------- */

enum { SEEN_MAX = 64 };

/* Records found in the journal, as letters: S series, F forgotten, W word, P the broker's; samples by their first value. */
struct seen {
	char kinds[SEEN_MAX];
	double values[SEEN_MAX];
	size_t count;
};

static int note_frame(void *ctx, uint64_t seq, struct span payload)
{
	static const char letters[] = {[RECORD_SERIES] = 'S', [RECORD_SERIES_FORGET] = 'F', [RECORD_WORD] = 'W'};
	struct record_reader reader;
	static struct record record;
	struct seen *seen = ctx;
	(void)seq;
	record_reader_init(&reader, payload);
	while (record_next(&reader, &record) == 0) {
		struct sample sample;
		size_t count;
		ck_assert_uint_lt(seen->count, SEEN_MAX);
		if (record.type == RECORD_PERSIST)
			seen->kinds[seen->count++] = 'P';
		else if (record.type != RECORD_SAMPLES)
			seen->kinds[seen->count++] = letters[record.type];
		while (record.type == RECORD_SAMPLES && record_take_samples(&record.samples, &sample, 1, &count) == 0 && count) {
			seen->values[seen->count] = sample.value;
			seen->kinds[seen->count++] = 's';
		}
	}
	return 0;
}

static struct journal *open_journal(struct seen *seen)
{
	const struct journal_config config = {.dir = "journal", .disk = memory_disk_table(disk), .segment_bytes = SMALL_SEGMENT};
	struct journal_report report;
	struct journal *j;
	char message[512];
	*seen = (struct seen){.count = 0};
	ck_assert_int_eq(journal_open(&config, note_frame, seen, &report, &j, message), 0);
	return j;
}

static void begin(void)
{
	struct seen seen;
	disk = memory_disk_create();
	ck_assert_int_eq(head_create(&h), 0);
	const struct committer_config config = {h, open_journal(&seen), on_grown, on_disk, NULL};
	ck_assert_int_eq(committer_start(&config, &c), 0);
	committer_set_window(c, 1000000);
	disk_told = 1;
}

/* Ends it, and returns what the journal holds. */
static struct seen end(void)
{
	struct seen seen;
	committer_stop(&c);
	head_destroy(&h);
	struct journal *j = open_journal(&seen);
	journal_close(&j);
	memory_disk_destroy(&disk);
	return seen;
}

/* ---- work -------------------------------------------------------------------------- */

static int answers[SEEN_MAX];
static size_t answer_count;

static void on_answer(void *ctx, int err)
{
	(void)ctx;
	answers[answer_count++] = err;
}

static const struct store_done patient = {.fn = on_answer, .patient = true};

static int put(int64_t id, const char *entity, const struct store_done *done)
{
	struct series series = {.id = id, .device = "lamp"};
	memcpy(series.entity, entity, strlen(entity) + 1);
	return committer_put_series(c, &series, done);
}

static int append(int64_t series, double value, const struct store_done *done)
{
	return committer_append(c, &(struct sample){series, {(int64_t)value}, value}, 1, done);
}

/* Brings all that waits patiently into one group, and waits for it. */
static int flush(void)
{
	return committer_append(c, NULL, 0, NULL);
}

static size_t live(void)
{
	size_t live, frozen;
	head_counts(h, &live, &frozen);
	return live;
}

START_TEST(what_is_answered_is_seen_and_in_the_journal)
{
	begin();
	ck_assert_int_eq(put(1, "power", NULL), 0);
	ck_assert_int_eq(append(1, 5, NULL), 0);
	ck_assert_uint_eq(live(), 1);
	ck_assert_int_eq(append(1, 6, &patient), 0);
	ck_assert_uint_eq(live(), 1);
	ck_assert_int_eq(flush(), 0);
	ck_assert_uint_eq(live(), 2);
	ck_assert_uint_eq(answer_count, 1);
	const struct seen seen = end();
	ck_assert_str_eq(seen.kinds, "Sss");
}
END_TEST

START_TEST(a_failing_sync_is_told_and_nothing_is_seen)
{
	begin();
	ck_assert_int_eq(put(1, "power", NULL), 0);
	memory_disk_fail(disk, MEMORY_SYNC | MEMORY_SYNC_DIR, 1, EIO, true);
	ck_assert_int_eq(append(1, 1, &patient), 0);
	ck_assert_int_eq(append(1, 2, NULL), ERR_IO);
	ck_assert_int_eq(answers[0], ERR_IO);
	ck_assert_uint_eq(live(), 0);
	ck_assert_int_eq(put(2, "energy", NULL), ERR_IO);
	struct series series;
	ck_assert_int_eq(head_get_series(h, 2, &series), ERR_NOT_FOUND);
	ck_assert_int_eq(disk_told, 1); /* broken, not full */
	memory_disk_fail(disk, 0, 0, 0, false);
	ck_assert_int_eq(append(1, 3, NULL), 0);
	ck_assert_uint_eq(live(), 1);
	const struct seen seen = end();
	ck_assert_int_eq(seen.kinds[seen.count - 1], 's');
	ck_assert(seen.values[seen.count - 1] == 3);
}
END_TEST

START_TEST(a_full_disk_is_told_and_its_end_too)
{
	struct committer_stats stats;
	begin();
	memory_disk_fail(disk, MEMORY_WRITE | MEMORY_OPEN, 1, ENOSPC, true);
	ck_assert_int_eq(put(1, "power", NULL), ERR_DISK_FULL);
	ck_assert_int_eq(flush(), 0); /* what writes nothing finds no room */
	ck_assert_int_eq(disk_told, ERR_DISK_FULL);
	committer_stats_get(c, &stats);
	ck_assert(stats.disk_full);
	memory_disk_fail(disk, 0, 0, 0, false);
	ck_assert_int_eq(put(1, "power", NULL), 0);
	ck_assert_int_eq(disk_told, 0);
	committer_stats_get(c, &stats);
	ck_assert(!stats.disk_full);
	ck_assert_uint_eq(stats.errors, 1);
	end();
}
END_TEST

/* The head has given the code away already. */
START_TEST(words_of_a_failed_group_go_before_the_next)
{
	begin();
	ck_assert_int_eq(put(1, "state", NULL), 0);
	memory_disk_fail(disk, MEMORY_WRITE, 1, ENOSPC, true);
	ck_assert_int_eq(committer_put_word(c, 1, 1, span_str("on")), 0);
	ck_assert_int_eq(committer_put_word(c, 1, 2, span_str("off")), 0);
	ck_assert_int_eq(append(1, 1, NULL), ERR_DISK_FULL);
	ck_assert_int_eq(append(1, 2, NULL), ERR_DISK_FULL);
	memory_disk_fail(disk, 0, 0, 0, false);
	ck_assert_int_eq(append(1, 3, NULL), 0);
	ck_assert_int_eq(append(1, 4, NULL), 0);
	const struct seen seen = end();
	ck_assert_str_eq(seen.kinds, "SWWss"); /* once */
	ck_assert(seen.values[3] == 3);
}
END_TEST

/* A word goes to the journal before its series when that could not be put at first; taken up in that order
 * it would be nobody's. */
START_TEST(words_that_came_before_their_series_go_behind_it_too)
{
	int64_t code;
	bool is_new;
	begin();
	memory_disk_fail(disk, MEMORY_WRITE | MEMORY_OPEN, 1, ENOSPC, true);
	ck_assert_int_eq(put(1, "state", NULL), ERR_DISK_FULL);
	memory_disk_fail(disk, 0, 0, 0, false);
	for (int i = 0; i < 2; i++) {
		struct span word = span_str(i ? "on" : "off");
		ck_assert_int_eq(head_word_code(h, 1, word, &code, &is_new), 0);
		ck_assert_int_eq(committer_put_word(c, 1, code, word), 0);
	}
	ck_assert_int_eq(append(1, 1, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(put(1, "state", NULL), 0);
	ck_assert_int_eq(append(1, 2, NULL), 0);
	ck_assert_int_eq(put(1, "state", NULL), 0);
	const struct seen seen = end();
	ck_assert_str_eq(seen.kinds, "WWsSWWsS"); /* once */
}
END_TEST

START_TEST(what_is_wrong_in_itself_fails_alone)
{
	begin();
	ck_assert_int_eq(put(1, "power", &patient), 0);
	ck_assert_int_eq(put(2, "power", &patient), 0); /* the same name */
	ck_assert_int_eq(append(1, 1, &patient), 0);
	ck_assert_int_eq(append(7, 2, &patient), 0); /* no such series */
	ck_assert_int_eq(append(1, 3, &patient), 0);
	ck_assert_int_eq(flush(), 0);
	ck_assert_uint_eq(answer_count, 5);
	static const int expected[] = {0, ERR_EXISTS, 0, ERR_NOT_FOUND, 0};
	ck_assert_mem_eq(answers, expected, sizeof expected);
	ck_assert_uint_eq(live(), 2);
	ck_assert_int_eq(append(0, 1, NULL), ERR_INVALID);
	ck_assert_int_eq(committer_append(c, &(struct sample){1, {HISTORY_LAST_MS + 1}, 1}, 1, NULL), ERR_INVALID);
	end();
}
END_TEST

START_TEST(what_is_left_out_of_an_append_is_told)
{
	begin();
	ck_assert_int_eq(put(1, "power", NULL), 0);
	const struct sample samples[] = {{7, {1}, 1}, {1, {2}, 2}, {1, {3}, 3}, {8, {4}, 4}};
	bool left_out[4] = {false};
	struct store_done done = patient;
	done.left_out = left_out;
	ck_assert_int_eq(committer_append(c, samples, 4, &done), 0);
	ck_assert_int_eq(put(7, "late", &patient), 0); /* in the same group, but behind it */
	ck_assert_int_eq(flush(), 0);
	ck_assert_int_eq(answers[0], ERR_NOT_FOUND);
	static const bool expected[] = {true, false, false, true};
	ck_assert_mem_eq(left_out, expected, sizeof expected);
	ck_assert_uint_eq(live(), 2);
	end();
}
END_TEST

START_TEST(what_comes_after_a_forgotten_series_is_left_out)
{
	begin();
	ck_assert_int_eq(put(1, "power", NULL), 0);
	ck_assert_int_eq(append(1, 1, NULL), 0);
	ck_assert_int_eq(committer_forget_series(c, 1, NULL), 0);
	ck_assert_uint_eq(live(), 0);
	ck_assert_int_eq(append(1, 2, NULL), ERR_NOT_FOUND);
	end();
}
END_TEST

static void append_topic(const char *topic)
{
	const struct persist_change change = {.type = PERSIST_RETAINED_SET, .retained = {.topic = span_str(topic)}};
	struct buf record = {0};
	ck_assert_int_eq(record_append_persist(&record, &change), 0);
	ck_assert_int_eq(committer_append_record(c, buf_span(&record), &patient), 0);
	buf_finish(&record);
}

/* broker.db takes a frame once: what shares one must reach it together. */
START_TEST(records_of_a_group_are_one_frame)
{
	struct buf frames = {0};
	uint64_t last, seq;
	begin();
	for (int i = 0; i < 3; i++)
		append_topic("house/door");
	ck_assert_int_eq(flush(), 0);
	ck_assert_uint_eq(answer_count, 3);
	ck_assert_int_eq(committer_take_records(c, &frames, &last), 0);
	struct span left = buf_span(&frames), records;
	ck_assert_int_eq(record_frames_take(&left, &seq, &records), 0);
	ck_assert_uint_eq(seq, last);
	ck_assert_uint_eq(left.len, 0);
	struct seen seen = {.count = 0};
	note_frame(&seen, seq, records);
	ck_assert_str_eq(seen.kinds, "PPP");
	/* what was taken and is not sealed yet keeps its place before what comes now */
	append_topic("house/gate");
	ck_assert_int_eq(flush(), 0);
	ck_assert_int_eq(committer_take_records(c, &frames, &last), 0);
	left = buf_span(&frames);
	ck_assert_int_eq(record_frames_take(&left, &seq, &records), 0);
	ck_assert_uint_lt(seq, last);
	ck_assert_int_eq(record_frames_take(&left, &seq, &records), 0);
	ck_assert_uint_eq(seq, last);
	ck_assert_uint_eq(left.len, 0);
	buf_finish(&frames);
	memory_disk_fail(disk, MEMORY_WRITE, 1, ENOSPC, true);
	append_topic("house/window");
	ck_assert_int_eq(flush(), ERR_DISK_FULL);
	ck_assert_int_eq(answers[4], ERR_DISK_FULL);
	ck_assert_int_eq(committer_take_records(c, &frames, &last), 0);
	ck_assert_uint_eq(frames.len, 0);
	buf_finish(&frames);
	memory_disk_fail(disk, 0, 0, 0, false);
	end();
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, what_is_answered_is_seen_and_in_the_journal);
	tcase_add_test(tc, a_failing_sync_is_told_and_nothing_is_seen);
	tcase_add_test(tc, a_full_disk_is_told_and_its_end_too);
	tcase_add_test(tc, words_of_a_failed_group_go_before_the_next);
	tcase_add_test(tc, words_that_came_before_their_series_go_behind_it_too);
	tcase_add_test(tc, what_is_wrong_in_itself_fails_alone);
	tcase_add_test(tc, what_is_left_out_of_an_append_is_told);
	tcase_add_test(tc, what_comes_after_a_forgotten_series_is_left_out);
	tcase_add_test(tc, records_of_a_group_are_one_frame);
}

int main(void)
{
	return test_run("committer", add);
}
