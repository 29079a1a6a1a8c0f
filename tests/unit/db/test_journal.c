/* The journal on a disk that works: appending, replaying, the life of segments, erasing. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "db/journal_frame.h"
#include "journal_support.h"
#include "support/scratch.h"
#include "support/suite.h"

static struct journal_stats stats_of(const struct journal *j)
{
	struct journal_stats stats;
	journal_stats_get(j, &stats);
	return stats;
}

START_TEST(frames_come_back_in_order)
{
	struct memory_disk *m = memory_disk_create();
	struct journal_report report;
	struct journal *j = open_memory(m, 0, NULL, &report);
	ck_assert_uint_eq(journal_last(j), 0);
	ck_assert_uint_eq(report.first, 0);
	ck_assert_uint_eq(memory_disk_name(m, 0) != NULL, 0); /* nothing is written before it must be */
	append_synced(j, 5);
	append_synced(j, 0);
	append_synced(j, 1);
	ck_assert_uint_eq(stats_of(j).syncs, 2);
	ck_assert_uint_eq(stats_of(j).frames, 6);
	journal_close(&j);
	ck_assert_ptr_null(j);
	struct replayed r = {0};
	j = open_memory(m, 2, &r, &report);
	ck_assert_uint_eq(r.count, 4);
	ck_assert_uint_eq(report.first, 3);
	ck_assert_uint_eq(report.last, 6);
	ck_assert_uint_eq(report.torn_bytes, 0);
	ck_assert_uint_eq(journal_last(j), 6);
	append_synced(j, 3);
	journal_close(&j);
	expect_frames(m, 0, 9);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(prepared_segments_are_used)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	journal_prepare(j);
	journal_prepare(j); /* once is enough */
	ck_assert_uint_eq(count_files(m, ".seg"), 2);
	uint64_t written = stats_of(j).written_bytes;
	size_t frames = 0;
	for (; stats_of(j).live_segments < 2; frames++)
		append_synced(j, 1);
	ck_assert_uint_eq(count_files(m, ".seg"), 2);
	ck_assert_uint_lt(stats_of(j).written_bytes - written, frames * 2 * 4096 + 4096); /* and not zeroed now */
	journal_prepare(j);
	ck_assert_uint_eq(count_files(m, ".seg"), 3);
	journal_close(&j);
	expect_frames(m, 0, frames);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(segments_follow_each_other)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	for (int i = 0; i < 20; i++)
		append_synced(j, 10);
	struct journal_stats stats = stats_of(j);
	ck_assert_uint_ge(stats.segments, 200 * 450 / SMALL_SEGMENT);
	ck_assert_uint_eq(stats.live_segments, stats.segments);
	ck_assert_uint_eq(stats.segments, count_files(m, ".seg"));
	const char *name;
	for (size_t i = 0; (name = memory_disk_name(m, i)); i++)
		ck_assert_uint_eq(memory_disk_file(m, name)->len, SMALL_SEGMENT);
	expect_frames(m, 0, 200); /* while it is open, as after a crash of the process */
	journal_close(&j);
	expect_frames(m, 0, 200);
	expect_frames(m, 77, 200);
	expect_frames(m, 200, 200);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(released_segments_are_used_again)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	for (uint64_t i = 1; i <= 200; i++) {
		append_synced(j, 10);
		journal_release(j, i * 10 - 5);
		ck_assert_uint_le(stats_of(j).segments, 2 + JOURNAL_SPARE_SEGMENTS);
		ck_assert_uint_eq(stats_of(j).segments, count_files(m, ".seg"));
		expect_frames(m, i * 10 - 5, i * 10);
	}
	journal_release(j, 2000);
	ck_assert_uint_eq(stats_of(j).live_segments, 0);
	journal_close(&j);
	expect_frames(m, 2000, 2000);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(many_segments_released_at_once_leave_two_spares)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 300);
	ck_assert_uint_gt(count_files(m, ".seg"), 10);
	journal_close(&j);
	j = open_memory(m, 300, NULL, NULL); /* the opening cleans up */
	ck_assert_uint_eq(count_files(m, ".seg"), JOURNAL_SPARE_SEGMENTS);
	append_synced(j, 300);
	expect_frames(m, 300, 600);
	journal_release(j, 600);
	ck_assert_uint_eq(count_files(m, ".seg"), 1 + JOURNAL_SPARE_SEGMENTS);
	journal_close(&j);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(opening_often_does_not_grow)
{
	struct memory_disk *m = memory_disk_create();
	for (uint64_t i = 1; i <= 12; i++) { /* 12 frames of 450 bytes fit one segment */
		struct replayed r = {0};
		struct journal *j = open_memory(m, 0, &r, NULL);
		ck_assert_uint_eq(r.count, i - 1);
		append_synced(j, 1);
		journal_close(&j);
	}
	ck_assert_uint_eq(count_files(m, ""), 1);
	memory_disk_destroy(&m);
}
END_TEST

/* ---- sizes ------------------------------------------------------------- */

static int replay_length(void *ctx, uint64_t seq, struct span payload)
{
	size_t *lengths = ctx;
	lengths[seq] = payload.len;
	return 0;
}

START_TEST(large_frames_get_segments_of_their_own_size)
{
	struct memory_disk *m = memory_disk_create();
	static const size_t lengths[] = {10, 100000, 0, SMALL_SEGMENT - SEGMENT_HEADER_BYTES - FRAME_HEAD_BYTES,
					 SMALL_SEGMENT - SEGMENT_HEADER_BYTES - FRAME_HEAD_BYTES + 1, 12345, 20};
	enum { COUNT = sizeof lengths / sizeof lengths[0] };
	static uint8_t bytes[100000];
	memset(bytes, 'x', sizeof bytes);
	struct journal *j = open_memory(m, 0, NULL, NULL);
	uint64_t seq;
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(journal_append(j, span_of(bytes, lengths[i]), &seq), 0);
	ck_assert_int_eq(journal_append(j, span_of(bytes, JOURNAL_PAYLOAD_MAX + 1u), &seq), ERR_TOO_LARGE);
	ck_assert_int_eq(journal_sync(j), 0);
	journal_close(&j);
	struct journal_config config = {.dir = "journal", .disk = memory_disk_table(m), .segment_bytes = SMALL_SEGMENT};
	struct journal_report report;
	char message[512];
	size_t found[COUNT + 1] = {0};
	ck_assert_int_eq(journal_open(&config, replay_length, found, &report, &j, message), 0);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_uint_eq(found[i + 1], lengths[i]);
	journal_close(&j);
	j = open_memory(m, COUNT, NULL, NULL);
	const char *name;
	for (size_t i = 0; (name = memory_disk_name(m, i)); i++) /* none of another size is kept */
		ck_assert_uint_eq(memory_disk_file(m, name)->len, SMALL_SEGMENT);
	journal_close(&j);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(what_is_written_is_counted_in_blocks)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	uint64_t seq;
	uint8_t bytes[1000] = {1};
	ck_assert_int_eq(journal_append(j, span_of(bytes, 100), &seq), 0);
	ck_assert_int_eq(journal_append(j, span_of(bytes, 100), &seq), 0);
	ck_assert_int_eq(journal_sync(j), 0);
	ck_assert_uint_eq(stats_of(j).written_bytes, SMALL_SEGMENT + 4096);
	ck_assert_int_eq(journal_append(j, span_of(bytes, 100), &seq), 0);
	ck_assert_int_eq(journal_sync(j), 0);
	ck_assert_uint_eq(stats_of(j).written_bytes, SMALL_SEGMENT + 2 * 4096);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(journal_append(j, span_of(bytes, sizeof bytes), &seq), 0);
	ck_assert_int_eq(journal_sync(j), 0); /* the end of the first block and the second */
	ck_assert_uint_eq(stats_of(j).written_bytes, SMALL_SEGMENT + 4 * 4096);
	ck_assert_uint_eq(stats_of(j).payload_bytes, 4300);
	journal_close(&j);
	memory_disk_destroy(&m);
}
END_TEST

/* ---- opening ----------------------------------------------------------- */

START_TEST(numbers_go_on_behind_what_is_durable_elsewhere)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 1000, NULL, NULL);
	ck_assert_uint_eq(journal_last(j), 1000);
	append_synced(j, 5);
	journal_close(&j);
	expect_frames(m, 1000, 1005);
	j = open_memory(m, 5000, NULL, NULL);
	append_synced(j, 5);
	journal_close(&j);
	expect_frames(m, 5000, 5005);
	expect_frames(m, 5003, 5005);
	memory_disk_destroy(&m);
}
END_TEST

static int replay_refuses(void *ctx, uint64_t seq, struct span payload)
{
	(void)ctx, (void)payload;
	return seq == 3 ? ERR_BUSY : 0;
}

static int open_fails(struct memory_disk *m, char message_r[512])
{
	struct journal_config config = {.dir = "journal", .disk = memory_disk_table(m), .segment_bytes = SMALL_SEGMENT};
	struct journal_report report;
	struct journal *j = (struct journal *)m;
	int err = journal_open(&config, replay_refuses, NULL, &report, &j, message_r);
	ck_assert_ptr_null(j);
	ck_assert_uint_gt(strlen(message_r), 20);
	ck_assert_uint_eq(memory_disk_open_count(m), 0);
	return err;
}

START_TEST(an_error_of_the_replay_ends_the_opening)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 5);
	journal_close(&j);
	char message[512];
	ck_assert_int_eq(open_fails(m, message), ERR_BUSY);
	expect_frames(m, 0, 5);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(a_newer_format_is_left_alone)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 5);
	journal_close(&j);
	/* version 2 with its right CRC: such a header was made once, by hand */
	static const uint8_t newer[SEGMENT_HEADER_BYTES] = {'t', 'o', 'm', 't', 'e', 'j', 'n', 'l', 0xbe, 0x71, 0xa7, 0xaf,
							    2, 0, 0, 0, 7};
	struct segment_life life;
	ck_assert_int_eq(segment_header_decode(newer, &life), ERR_NEWER);
	memory_disk_put(m, "7.seg", newer, sizeof newer);
	char message[512];
	ck_assert_int_eq(open_fails(m, message), ERR_NEWER);
	ck_assert_ptr_nonnull(strstr(message, "7.seg"));
	ck_assert_ptr_nonnull(memory_disk_file(m, "7.seg"));
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(other_files_stay)
{
	struct memory_disk *m = memory_disk_create();
	static const char *const names[] = {"notes.txt", "x.seg", "-1.seg", "0.seg", "01.seg", "1.seg.old", ".seg",
					    "99999999999999999999.seg", "7.seg.damaged"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		memory_disk_put(m, names[i], "hello", 5);
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 30);
	journal_close(&j);
	expect_frames(m, 0, 30);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_uint_eq(memory_disk_file(m, names[i])->len, 5);
	ck_assert_ptr_nonnull(memory_disk_file(m, "8.seg")); /* never the name of one that was put aside */
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(the_directory_is_made)
{
	struct scratch scratch;
	scratch_create(&scratch);
	const char *dir = scratch_path(&scratch, "journal");
	struct journal *j = open_on(NULL, dir, 0, NULL, NULL);
	append_synced(j, 100);
	journal_close(&j);
	struct stat st;
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat(scratch_path(&scratch, "journal/1.seg"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, SMALL_SEGMENT);
	struct replayed r = {0};
	j = open_on(NULL, dir, 50, &r, NULL);
	ck_assert_uint_eq(r.last, 100);
	ck_assert_int_eq(journal_wipe(j), 0);
	journal_close(&j);
	j = open_on(NULL, dir, 50, &r, NULL);
	ck_assert_uint_eq(r.last, 100);
	journal_close(&j);
	scratch_remove(&scratch);
}
END_TEST

START_TEST(a_directory_that_cannot_be_is_told)
{
	char path[5000];
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = 0;
	struct journal_config config = {.dir = path};
	struct journal_report report;
	struct journal *j;
	char message[512];
	ck_assert_int_eq(journal_open(&config, replay_check, NULL, &report, &j, message), ERR_IO);
	ck_assert_ptr_null(j);
	ck_assert_ptr_nonnull(strstr(message, "directory"));
	config.dir = "/nonexistent/journal";
	ck_assert_int_eq(journal_open(&config, replay_check, NULL, &report, &j, message), ERR_IO);
	ck_assert_ptr_nonnull(strstr(message, "/nonexistent/journal"));
	journal_close(&j);
}
END_TEST

/* ---- erasing ----------------------------------------------------------- */

/* Whether anything of the frame's payload is on the disk. */
static bool trace_of(struct memory_disk *m, uint64_t seq)
{
	struct buf b = {0};
	frame_payload(seq, &b);
	bool found = false;
	for (size_t at = 0; at + 16 <= b.len && !found; at += 16)
		found = memory_holds(m, b.data + at, 16);
	buf_finish(&b);
	return found;
}

START_TEST(wiping_leaves_no_trace_of_what_is_released)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	uint64_t last = 0;
	for (uint64_t round = 1; round <= 8; round++) {
		append_synced(j, 5 * round);
		last += 5 * round;
		uint64_t released = last - 3 * (round % 4); /* now and then all of it */
		journal_release(j, released);
		ck_assert_int_eq(append_next(j), 0); /* not synced yet */
		last++;
		ck_assert_int_eq(journal_wipe(j), 0);
		for (uint64_t seq = 1; seq <= released; seq++)
			ck_assert_msg(!trace_of(m, seq), "frame %d of %d", (int)seq, (int)released);
		expect_frames(m, released, last);
		ck_assert_uint_le(stats_of(j).segments, 9);
		ck_assert_uint_eq(stats_of(j).segments, count_files(m, ".seg"));
	}
	journal_release(j, last);
	journal_close(&j);
	j = open_memory(m, last, NULL, NULL); /* what was left by another life of the process */
	ck_assert_int_eq(journal_wipe(j), 0);
	for (uint64_t seq = 1; seq <= last; seq++)
		ck_assert(!trace_of(m, seq));
	uint64_t written = stats_of(j).written_bytes;
	ck_assert_int_eq(journal_wipe(j), 0);
	ck_assert_uint_eq(stats_of(j).written_bytes, written); /* nothing left to do */
	append_synced(j, 20);
	journal_close(&j);
	expect_frames(m, last, last + 20);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(wiping_reaches_what_lies_behind_live_frames)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 60);
	journal_release(j, 60);
	for (uint64_t last = 61; last < 140; last++) { /* into segments that hold the old frames */
		append_synced(j, 1);
		ck_assert_int_eq(journal_wipe(j), 0);
		for (uint64_t seq = 1; seq <= 60; seq++)
			ck_assert(!trace_of(m, seq));
		expect_frames(m, 60, last);
	}
	journal_close(&j);
	memory_disk_destroy(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		frames_come_back_in_order,
		prepared_segments_are_used, segments_follow_each_other,
		released_segments_are_used_again,
		many_segments_released_at_once_leave_two_spares,
		opening_often_does_not_grow,
		large_frames_get_segments_of_their_own_size,
		what_is_written_is_counted_in_blocks,
		numbers_go_on_behind_what_is_durable_elsewhere,
		an_error_of_the_replay_ends_the_opening,
		a_newer_format_is_left_alone,
		other_files_stay,
		the_directory_is_made,
		a_directory_that_cannot_be_is_told,
		wiping_leaves_no_trace_of_what_is_released,
		wiping_reaches_what_lies_behind_live_frames,
	};
	return suite_run("journal", tests, sizeof tests / sizeof tests[0]);
}
