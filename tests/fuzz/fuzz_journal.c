/* The journal's files: whatever they hold, opening hands out whole frames in ascending order, and what is
 * appended then is found by the next opening, with all that was replayed and without any
 * damage left. The input is one file as it is (first byte 'f'), or else a list of steps that
 * write segments with right CRCs and wrong contents, where mutants get further. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/journal.h"
#include "db/journal_frame.h"
#include "support/memory_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT = 4096, SEGMENTS_MAX = 8 };

static void check(bool truth)
{
	if (!truth)
		abort();
}

/* ---- steps --------------------------------------------------------------- */

struct steps {
	struct memory_disk *disk;
	const uint8_t *data;
	size_t size, at;
	struct segment_life life;
	uint8_t segment[SEGMENT];
	size_t end;
	int segments;
};

static uint8_t next_byte(struct steps *s)
{
	return s->at < s->size ? s->data[s->at++] : 0;
}

static void put_segment(struct steps *s)
{
	char name[32];
	check(str_format(name, sizeof name, "%d.seg", ++s->segments) == 0);
	memory_disk_put(s->disk, name, s->segment, SEGMENT);
	memset(s->segment, 0, SEGMENT);
	s->end = 0;
}

static void begin_segment(struct steps *s)
{
	if (s->end && s->segments < SEGMENTS_MAX)
		put_segment(s);
	s->life.number = (uint64_t)next_byte(s) * (SEGMENTS_MAX + 1) + (uint64_t)s->segments; /* no two alike */
	s->life.salt = next_byte(s) % 4;
	segment_header_encode(s->segment, &s->life);
	s->end = SEGMENT_HEADER_BYTES;
}

static void put_frame(struct steps *s)
{
	static const uint8_t payload[256];
	uint64_t seq = next_byte(s), durable = next_byte(s), length = next_byte(s);
	if (seq == 255)
		seq = JOURNAL_NUMBER_MAX - durable % 2;
	if (s->end + frame_size(length) > SEGMENT)
		return;
	frame_encode(s->segment + s->end, segment_seed(&s->life), seq, durable, span_of(payload, length));
	s->end += frame_size(length);
}

static void change_byte(struct steps *s)
{
	size_t at = next_byte(s) << 8 | next_byte(s);
	s->segment[at % SEGMENT] ^= next_byte(s);
}

static void run_steps(struct steps *s)
{
	begin_segment(s);
	while (s->at < s->size) {
		switch (next_byte(s) % 8) {
		case 0: begin_segment(s); break;
		case 1: change_byte(s); break;
		case 2: s->end = SEGMENT_HEADER_BYTES + next_byte(s) * FRAME_ALIGN; break;
		default: put_frame(s); break;
		}
	}
	put_segment(s);
}

/* ---- opening ------------------------------------------------------------- */

struct seen {
	uint64_t after, last, sum;
	size_t count;
};

static int on_frame(void *ctx, uint64_t seq, struct span payload)
{
	struct seen *seen = ctx;
	for (size_t i = 0; i < payload.len; i++)
		seen->sum += payload.data[i]; /* all of it can be read */
	check(seq > seen->last && seq > seen->after);
	seen->last = seq;
	seen->count++;
	return 0;
}

static int open_it(struct memory_disk *m, struct seen *seen, struct journal_report *report_r, struct journal **j_r)
{
	struct journal_config config = {.dir = "journal", .disk = memory_disk_table(m), .segment_bytes = SEGMENT,
					.after = seen->after};
	char message[512];
	int err = journal_open(&config, on_frame, seen, report_r, j_r, message);
	check(err == 0 || err == ERR_NEWER || err == ERR_IO);
	check((err == 0) == (*j_r != NULL) && (err == 0 || message[0]));
	return err;
}

static void check_disk(struct memory_disk *m, uint64_t after)
{
	struct seen first = {.after = after}, second = {.after = after};
	struct journal_report report;
	struct journal *j;
	if (open_it(m, &first, &report, &j) == 0) {
		uint64_t seq;
		size_t appended = 0;
		for (int i = 0; i < 3; i++)
			appended += journal_append(j, span_of(&first, sizeof first), &seq) == 0;
		check(appended == 3 || journal_last(j) + 3 > JOURNAL_NUMBER_MAX);
		check(journal_sync(j) == 0);
		if (first.count % 2)
			check(journal_wipe(j) == 0);
		journal_close(&j);
		check(open_it(m, &second, &report, &j) == 0);
		check(second.count == first.count + appended && !report.gap && !report.aside && !report.torn_bytes);
	}
	journal_close(&j);
	check(memory_disk_open_count(m) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_disk *m = memory_disk_create();
	if (size && data[0] == 'f') {
		memory_disk_put(m, "1.seg", data + 1, size - 1);
		check_disk(m, 0);
	} else if (size) {
		struct steps steps = {.disk = m, .data = data, .size = size, .at = 1};
		run_steps(&steps);
		check_disk(m, data[0] % 16);
	}
	memory_disk_destroy(&m);
	return 0;
}
