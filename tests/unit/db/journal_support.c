/* Shared by the tests of the journal; see journal_support.h. What is called a million
 * times does without ck_assert, which writes a file each time. */
#include "journal_support.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void frame_payload(uint64_t seq, struct buf *b)
{
	uint64_t x = seq * UINT64_C(0x9e3779b97f4a7c15);
	size_t len = (x >> 40) % 900;
	b->len = 0;
	if (buf_reserve(b, len + 8))
		abort();
	for (size_t i = 0; i < len; i += 8) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		memcpy(b->data + i, &x, 8);
	}
	b->len = len;
}

int replay_check(void *ctx, uint64_t seq, struct span payload)
{
	struct replayed *r = ctx;
	uint64_t expected = (r->last ? r->last : r->after) + 1;
	if (seq != expected && !(r->holes && seq > expected))
		ck_abort_msg("frame %lu came where %lu was due", (unsigned long)seq, (unsigned long)expected);
	struct buf b = {0};
	frame_payload(seq, &b);
	if (!span_equal(payload, buf_span(&b)))
		ck_abort_msg("frame %lu is not what was appended", (unsigned long)seq);
	buf_finish(&b);
	r->last = seq;
	r->count++;
	return 0;
}

struct journal *open_on(const struct disk *disk, const char *dir, uint64_t after, struct replayed *replayed_r,
			struct journal_report *report_r)
{
	struct journal_config config = {.dir = dir, .disk = disk, .segment_bytes = SMALL_SEGMENT, .after = after};
	struct replayed ignored = {0};
	struct journal_report report;
	struct journal *j;
	char message[512];
	replayed_r = replayed_r ? replayed_r : &ignored;
	*replayed_r = (struct replayed){.after = after, .holes = replayed_r->holes};
	int err = journal_open(&config, replay_check, replayed_r, &report, &j, message);
	if (err)
		ck_abort_msg("journal_open: %d %s", err, message);
	if (report.frames != replayed_r->count || report.last != replayed_r->last)
		ck_abort_msg("the report does not agree with what was replayed");
	if (report_r)
		*report_r = report;
	return j;
}

struct journal *open_memory(struct memory_disk *m, uint64_t after, struct replayed *replayed_r,
			    struct journal_report *report_r)
{
	return open_on(memory_disk_table(m), "journal", after, replayed_r, report_r);
}

int append_next(struct journal *j)
{
	struct buf b = {0};
	uint64_t expected = journal_last(j) + 1, seq = 0;
	frame_payload(expected, &b);
	int err = journal_append(j, buf_span(&b), &seq);
	buf_finish(&b);
	if (seq != (err ? 0 : expected) || journal_last(j) != expected - (err != 0))
		ck_abort_msg("frame %lu got the number %lu", (unsigned long)expected, (unsigned long)seq);
	return err;
}

void append_synced(struct journal *j, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (append_next(j))
			ck_abort_msg("cannot append");
	if (journal_sync(j))
		ck_abort_msg("cannot sync");
}

void expect_frames(const struct memory_disk *m, uint64_t after, uint64_t last)
{
	struct memory_disk *copy = memory_disk_create();
	memory_disk_copy(m, copy);
	struct replayed r = {0};
	struct journal_report report;
	struct journal *j = open_memory(copy, after, &r, &report);
	ck_assert_uint_eq(r.last ? r.last : after, last);
	ck_assert(!report.gap);
	ck_assert_uint_eq(report.aside, 0);
	journal_close(&j);
	ck_assert_uint_eq(memory_disk_open_count(copy), 0);
	memory_disk_destroy(&copy);
}

bool memory_holds(struct memory_disk *m, const void *bytes, size_t len)
{
	const char *name;
	for (size_t i = 0; (name = memory_disk_name(m, i)); i++) {
		const struct buf *b = memory_disk_file(m, name);
		if (b->len && memmem(b->data, b->len, bytes, len))
			return true;
	}
	return false;
}

size_t count_files(struct memory_disk *m, const char *end)
{
	const char *name;
	size_t count = 0, len = strlen(end);
	for (size_t i = 0; (name = memory_disk_name(m, i)); i++)
		count += strlen(name) >= len && strcmp(name + strlen(name) - len, end) == 0;
	return count;
}
