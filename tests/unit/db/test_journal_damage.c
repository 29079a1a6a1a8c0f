/* The journal on files that were torn, changed, mixed up or lost: what is replayed is a
 * prefix, what cannot be is put aside, and the next opening finds what was appended since. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/journal_frame.h"
#include "journal_support.h"
#include "support/suite.h"

/* A journal of `frames` frames in groups of `group`, closed. */
static struct memory_disk *make(size_t frames, size_t group)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	for (size_t i = 0; i < frames; i += group)
		append_synced(j, group);
	journal_close(&j);
	return m;
}

static size_t size_of_frame(uint64_t seq)
{
	struct buf b = {0};
	frame_payload(seq, &b);
	size_t size = frame_size(b.len);
	buf_finish(&b);
	return size;
}

/* The place of frame seq in a journal that begins with it being in the first segment. */
static size_t place_of_frame(uint64_t seq)
{
	size_t at = SEGMENT_HEADER_BYTES;
	for (uint64_t s = 1; s < seq; s++)
		at += size_of_frame(s);
	return at;
}

/* Opens, appends three frames, and expects them at the next opening behind what was replayed. */
static struct replayed go_on(struct memory_disk *m, uint64_t after, struct journal_report *report_r)
{
	struct replayed r = {0}, again = {.holes = true};
	struct journal *j = open_memory(m, after, &r, report_r);
	uint64_t last = journal_last(j);
	append_synced(j, 3);
	journal_close(&j);
	struct journal_report report;
	j = open_memory(m, after, &again, &report);
	if (again.count != r.count + 3 || again.last != last + 3 || report.gap || report.torn_bytes || report.aside)
		ck_abort_msg("%zu frames, then %zu up to %" PRIu64 " of %" PRIu64, r.count, again.count, again.last, last + 3);
	journal_close(&j);
	if (memory_disk_open_count(m))
		ck_abort_msg("a file is still open");
	return r;
}

/* ---- unfinished ends --------------------------------------------------- */

/* The last frame as a cut at `offset` leaves it, with what the sectors held before behind it. */
static void tear(struct memory_disk *m, uint64_t last, size_t offset, uint8_t rest)
{
	size_t at = place_of_frame(last);
	struct buf *b = memory_disk_file(m, "1.seg");
	memset(b->data + at + offset, rest, size_of_frame(last) - offset);
}

START_TEST(an_end_torn_anywhere_is_dropped)
{
	enum { LAST = 12 };
	struct memory_disk *whole = make(LAST, 4), *m = memory_disk_create();
	struct buf b = {0};
	frame_payload(LAST, &b);
	for (size_t offset = 0; offset < FRAME_HEAD_BYTES + b.len; offset++) {
		for (int garbage = 0; garbage < 2; garbage++) {
			memory_disk_copy(whole, m);
			tear(m, LAST, offset, garbage ? 0xa5 : 0);
			struct journal_report report;
			struct replayed r = go_on(m, 0, &report);
			if (r.last != LAST - 1 && !(r.last == LAST && offset + 8 > FRAME_HEAD_BYTES + b.len && !garbage))
				ck_abort_msg("torn at %zu: up to %d", offset, (int)r.last);
			ck_assert(!report.gap && report.aside == 0);
			if (offset >= FRAME_HEAD_BYTES && r.last == LAST - 1)
				ck_assert_uint_eq(report.torn_bytes, size_of_frame(LAST));
		}
	}
	ck_assert_uint_gt(b.len, 100);
	buf_finish(&b);
	memory_disk_destroy(&m);
	memory_disk_destroy(&whole);
}
END_TEST

START_TEST(a_file_cut_short_anywhere_gives_a_prefix)
{
	struct memory_disk *whole = make(12, 4), *m = memory_disk_create();
	size_t end = place_of_frame(13);
	for (size_t len = 0; len < end + 10; len += 3) {
		memory_disk_copy(whole, m);
		memory_disk_file(m, "1.seg")->len = len;
		struct journal_report report;
		struct replayed r = go_on(m, 0, &report);
		ck_assert(!report.gap);
		if (len < 24 || len >= 32) /* in between lies the salt, behind it are zeroes */
			ck_assert_uint_eq(report.aside, len > 0 && len < 32);
		if (r.last < 12)
			ck_assert_uint_lt(len, place_of_frame(r.last + 2));
	}
	memory_disk_destroy(&m);
	memory_disk_destroy(&whole);
}
END_TEST

/* A torn frame, and whole ones of the same group behind it: they must not come back
 * when frames of the same size take the torn one's place. */
START_TEST(the_rest_of_a_torn_group_never_joins_new_frames)
{
	struct memory_disk *m = make(4, 4);
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 8); /* 5..12 */
	journal_close(&j);
	memory_disk_file(m, "1.seg")->data[place_of_frame(6) + 5] ^= 1;
	struct replayed r = {0};
	struct journal_report report;
	j = open_memory(m, 0, &r, &report);
	ck_assert_uint_eq(r.last, 5);
	ck_assert(!report.gap);
	ck_assert_uint_eq(report.torn_bytes, place_of_frame(13) - place_of_frame(6));
	append_synced(j, 1);
	journal_close(&j);
	expect_frames(m, 0, 6);
	memory_disk_destroy(&m);
}
END_TEST

/* ---- damage ------------------------------------------------------------ */

START_TEST(a_bit_flipped_anywhere_leaves_a_prefix)
{
	enum { LAST = 48, GROUP = 6 };
	struct memory_disk *whole = make(LAST, GROUP), *m = memory_disk_create();
	size_t files = count_files(whole, ".seg");
	ck_assert_uint_ge(files, 3);
	for (size_t file = 0; file < files; file++) {
		for (size_t at = 0; at < SMALL_SEGMENT; at++) {
			memory_disk_copy(whole, m);
			memory_disk_file(m, memory_disk_name(whole, file))->data[at] ^= (uint8_t)(1 << at % 8);
			struct journal_report report;
			struct replayed r = go_on(m, 0, &report);
			if (r.last == LAST) /* a byte that nothing needs */
				continue;
			bool header = at < SEGMENT_HEADER_BYTES;
			size_t aside = count_files(m, ".damaged");
			/* nothing vouches for the last group, unless a new segment began in it */
			if (!header && !report.gap && r.last < LAST - GROUP)
				ck_abort_msg("file %zu, byte %zu: up to %d", file, at, (int)r.last);
			/* and without its head the last frame is not seen at all */
			if (!report.gap && !header && !report.torn_bytes && r.last != LAST - 1)
				ck_abort_msg("file %zu, byte %zu: nothing is told", file, at);
			if (report.aside != aside || (aside > 0) != (report.gap || header))
				ck_abort_msg("file %zu, byte %zu: %zu files aside", file, at, aside);
		}
	}
	memory_disk_destroy(&m);
	memory_disk_destroy(&whole);
}
END_TEST

START_TEST(what_follows_a_gap_is_put_aside_whole)
{
	struct memory_disk *m = make(60, 10), *before = memory_disk_create();
	size_t files = count_files(m, ".seg");
	ck_assert_uint_ge(files, 4);
	memory_disk_file(m, "1.seg")->data[place_of_frame(5) + 1] ^= 0x10;
	memory_disk_copy(m, before);
	struct replayed r = {0};
	struct journal_report report;
	struct journal *j = open_memory(m, 0, &r, &report);
	ck_assert_uint_eq(r.last, 4);
	ck_assert(report.gap);
	ck_assert_uint_eq(report.aside, files);
	ck_assert_uint_eq(journal_last(j), 60); /* numbers go on behind all that were seen */
	for (size_t i = 0; i < files; i++) { /* not a byte of it is lost */
		char name[80];
		ck_assert_int_eq(str_format(name, sizeof name, "%s.damaged", memory_disk_name(before, i)), 0);
		const struct buf *old = memory_disk_file(before, memory_disk_name(before, i));
		ck_assert_ptr_nonnull(memory_disk_file(m, name));
		ck_assert(span_equal(buf_span(memory_disk_file(m, name)), buf_span(old)));
	}
	append_synced(j, 2);
	journal_release(j, 4);
	append_synced(j, 20);
	journal_close(&j);
	r = (struct replayed){.holes = true};
	j = open_memory(m, 4, &r, &report);
	ck_assert(!report.gap);
	ck_assert_uint_eq(r.last, 82);
	journal_close(&j);
	memory_disk_destroy(&m);
	memory_disk_destroy(&before);
}
END_TEST

START_TEST(a_lost_segment_is_a_gap)
{
	struct memory_disk *m = make(100, 10);
	const struct disk *disk = memory_disk_table(m);
	ck_assert_int_eq(disk->remove(disk->ctx, 0, memory_disk_name(m, 1)), 0);
	struct journal_report report;
	struct replayed r = go_on(m, 0, &report);
	ck_assert_uint_gt(r.last, 0);
	ck_assert_uint_lt(r.last, 40);
	ck_assert(report.gap);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(damage_in_what_is_durable_elsewhere_does_not_matter)
{
	struct memory_disk *m = make(100, 10), *copy = memory_disk_create();
	memory_disk_copy(m, copy);
	memory_disk_file(m, "1.seg")->data[place_of_frame(5) + 1] ^= 0x10;
	struct journal_report report;
	struct replayed r = go_on(m, 50, &report);
	ck_assert_uint_eq(r.last, 100);
	ck_assert(!report.gap);
	memory_disk_destroy(&m);
	memory_disk_destroy(&copy);
}
END_TEST

START_TEST(an_after_older_than_what_was_released_is_a_gap)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 100);
	journal_release(j, 80);
	append_synced(j, 30);
	journal_close(&j);
	expect_frames(m, 80, 130);
	struct journal_report report;
	struct replayed r = go_on(m, 0, &report);
	ck_assert(report.gap);
	ck_assert_uint_eq(r.count, 0);
	ck_assert_uint_gt(report.aside, 0);
	memory_disk_destroy(&m);
}
END_TEST

/* ---- stale and foreign segments ----------------------------------------- */

START_TEST(a_segment_of_a_former_life_is_none)
{
	struct memory_disk *m = make(15, 5);
	struct buf old = {0};
	ck_assert_int_eq(buf_append(&old, memory_disk_file(m, "1.seg")->data, SMALL_SEGMENT), 0);
	struct journal *j = open_memory(m, 15, NULL, NULL); /* 1.seg is a spare now */
	for (size_t frames = 1; frames < 16; frames++) {
		append_synced(j, 1);
		/* the new header, its frames, and the old ones behind them */
		ck_assert(memcmp(memory_disk_file(m, "1.seg")->data, old.data, SEGMENT_HEADER_BYTES) != 0);
		expect_frames(m, 15, 15 + frames);
	}
	journal_close(&j);
	/* the new header alone, and the old one over new frames */
	struct buf *now = memory_disk_file(m, "1.seg");
	struct buf both = {0};
	ck_assert_int_eq(buf_append(&both, now->data, SEGMENT_HEADER_BYTES), 0);
	ck_assert_int_eq(buf_append(&both, old.data + both.len, SMALL_SEGMENT - both.len), 0);
	struct memory_disk *alone = memory_disk_create();
	memory_disk_put(alone, "1.seg", both.data, both.len);
	expect_frames(alone, 15, 15);
	memcpy(both.data, old.data, SEGMENT_HEADER_BYTES);
	memcpy(both.data + SEGMENT_HEADER_BYTES, now->data + SEGMENT_HEADER_BYTES, 4096);
	memory_disk_put(alone, "1.seg", both.data, both.len);
	expect_frames(alone, 15, 15);
	memory_disk_destroy(&alone);
	memory_disk_destroy(&m);
	buf_finish(&both);
	buf_finish(&old);
}
END_TEST

START_TEST(frames_of_another_journal_are_none)
{
	struct memory_disk *m = make(5, 5), *other = make(10, 5);
	size_t from = place_of_frame(6), to = place_of_frame(11);
	memcpy(memory_disk_file(m, "1.seg")->data + from, memory_disk_file(other, "1.seg")->data + from, to - from);
	expect_frames(m, 0, 5);
	memory_disk_destroy(&other);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(a_segment_that_is_there_twice_is_replayed_once)
{
	struct memory_disk *m = make(60, 10);
	const struct buf *b = memory_disk_file(m, "1.seg");
	memory_disk_put(m, "90.seg", b->data, b->len);
	expect_frames(m, 0, 60);
	struct journal_report report;
	ck_assert_uint_eq(go_on(m, 0, &report).last, 60);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(files_that_are_no_segments_are_put_aside)
{
	struct memory_disk *m = make(20, 10);
	static const uint8_t zeroes[SMALL_SEGMENT];
	memory_disk_put(m, "50.seg", "not one of ours", 15);
	memory_disk_put(m, "51.seg", "", 0);
	memory_disk_put(m, "52.seg", zeroes, 100); /* the power went while it was made */
	memory_disk_put(m, "53.seg", zeroes, sizeof zeroes);
	struct journal_report report;
	ck_assert_uint_eq(go_on(m, 0, &report).last, 20);
	ck_assert_uint_eq(report.aside, 1);
	ck_assert_ptr_nonnull(memory_disk_file(m, "50.seg.damaged"));
	ck_assert_ptr_null(memory_disk_file(m, "51.seg"));
	ck_assert_ptr_null(memory_disk_file(m, "52.seg"));
	ck_assert_ptr_nonnull(memory_disk_file(m, "53.seg"));
	memory_disk_destroy(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_end_torn_anywhere_is_dropped,
		a_file_cut_short_anywhere_gives_a_prefix,
		the_rest_of_a_torn_group_never_joins_new_frames,
		a_bit_flipped_anywhere_leaves_a_prefix,
		what_follows_a_gap_is_put_aside_whole,
		a_lost_segment_is_a_gap,
		damage_in_what_is_durable_elsewhere_does_not_matter,
		an_after_older_than_what_was_released_is_a_gap,
		a_segment_of_a_former_life_is_none,
		frames_of_another_journal_are_none,
		a_segment_that_is_there_twice_is_replayed_once,
		files_that_are_no_segments_are_put_aside,
	};
	return suite_run("journal damage", tests, sizeof tests / sizeof tests[0]);
}
