/* Opening the journal: finds the segments, replays what is not durable elsewhere,
 * and leaves a directory on which nothing stale can ever look like a frame. On the thread that
 * opens; blocks on the disk. Knows no payload.
 *
 * A frame counts if all frames that it vouches for (its `durable`) have been reached. One
 * that vouches for a frame that is not there proves that the disk lost something: a gap.
 * What cannot be read and is vouched for by nobody was never acknowledged: an unfinished end. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/journal_private.h"

/* A file larger than any that we make is none of ours. */
enum { FILE_BYTES_MAX = 2 * JOURNAL_PAYLOAD_MAX };

/* A segment file and what was found in it. */
struct found {
	struct segment seg;
	bool foreign;       /* not zeroes, and no header: nothing in it can be checked */
	uint64_t known;     /* those of its frames up to here are on the disk: frames written later say so */
	uint64_t remnant;   /* the highest frame of this life behind the unreadable one; 0: none */
	size_t remnant_end; /* where the last of those ends */
};

struct recovery {
	struct journal *j;
	int (*replay)(void *ctx, uint64_t seq, struct span payload);
	void *ctx;
	struct journal_report *report;
	char *message;
	struct found *found; /* owned */
	size_t count, cap;
	struct found *newest; /* that frames were found in; NULL: none yet */
	struct buf content;   /* of one segment */
	uint64_t reached;     /* frames up to here are replayed or durable elsewhere */
	uint64_t max_seq, max_durable; /* that any frame not replayed speaks of */
	int err;              /* of listing */
};

static int fail(struct recovery *r, const struct segment *seg, const char *doing, int err)
{
	(void)str_format(r->message, 512, "cannot %s segment %" PRIu64 ".seg of the journal: %s", doing, seg->file,
			 err_text(err));
	return err;
}

/* ---- finding ----------------------------------------------------------- */

static void on_name(void *ctx, const char *name)
{
	struct recovery *r = ctx;
	bool damaged;
	uint64_t number = segment_number_of(name, &damaged);
	if (number >= r->j->next_number)
		r->j->next_number = number + 1;
	if (!number || damaged || r->err)
		return;
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		struct found *found = realloc(r->found, cap * sizeof *found);
		if (!found) {
			r->err = ERR_NOMEM;
			return;
		}
		r->found = found;
		r->cap = cap;
	}
	r->found[r->count++] = (struct found){.seg = {.file = number, .end = SEGMENT_HEADER_BYTES}};
}

/* Reads size and header of a file that is open. */
static int read_header(struct recovery *r, struct found *f, int fd)
{
	const struct disk *disk = r->j->dir.disk;
	off_t size = disk->size(disk->ctx, fd);
	if (size < 0)
		return segment_error(size);
	f->seg.size = (size_t)size;
	f->foreign = size > FILE_BYTES_MAX;
	uint8_t header[SEGMENT_HEADER_BYTES] = {0};
	size_t len;
	int err = segment_read(&r->j->dir, fd, header, sizeof header, &len);
	if (!err)
		err = segment_header_decode(header, &f->seg.life);
	if (f->seg.life.number >= r->j->next_number)
		r->j->next_number = f->seg.life.number + 1;
	return err == ERR_DAMAGED ? 0 : err;
}

/* Two with one number are an old segment and what a wipe copied of it: either may come first. */
static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct found *)a)->seg.life.number, y = ((const struct found *)b)->seg.life.number;
	return (x > y) - (x < y);
}

static int find(struct recovery *r)
{
	struct segment_dir *dir = &r->j->dir;
	int result = dir->disk->list(dir->disk->ctx, dir->fd, on_name, r);
	int err = r->err ? r->err : segment_error(result);
	if (err)
		(void)str_format(r->message, 512, "cannot list the journal's directory: %s", err_text(err));
	for (size_t i = 0; !err && i < r->count; i++) {
		int fd;
		err = segment_open(dir, &r->found[i].seg, &fd);
		if (!err) {
			err = read_header(r, &r->found[i], fd);
			dir->disk->close(dir->disk->ctx, fd);
		}
		if (err)
			fail(r, &r->found[i].seg, "use", err);
	}
	if (!err && r->count)
		qsort(r->found, r->count, sizeof *r->found, by_number);
	return err;
}

/* ---- replaying --------------------------------------------------------- */

/* Looks for frames of this life from the segment's end on: those behind an
 * unreadable one, or all of a segment that is refused. */
static void note_remnants(struct recovery *r, struct found *f, uint32_t seed)
{
	size_t at = f->seg.end;
	while (at < f->seg.dirty) {
		struct span rest = span_of(r->content.data + at, r->content.len - at);
		struct frame_head head;
		if (!frame_head_decode(rest, seed, &head) || head.seq <= r->reached) {
			at += FRAME_ALIGN;
			continue;
		}
		r->max_seq = head.seq > r->max_seq ? head.seq : r->max_seq;
		r->max_durable = head.durable > r->max_durable ? head.durable : r->max_durable;
		f->remnant = head.seq > f->remnant ? head.seq : f->remnant;
		size_t size = frame_size(head.length) < rest.len ? frame_size(head.length) : rest.len;
		f->remnant_end = at + size > f->remnant_end ? at + size : f->remnant_end;
		at += FRAME_HEAD_BYTES; /* and not its size: a frame may have been begun over the rest of another */
	}
}

/* Replays one frame that may be behind what is reached. */
static int replay_frame(struct recovery *r, const struct frame_head *head, struct span payload)
{
	if (head->seq <= r->reached)
		return 0;
	int err = r->replay(r->ctx, head->seq, payload);
	if (err) {
		(void)str_format(r->message, 512, "cannot take frame %" PRIu64 " of the journal: %s", head->seq,
				 err_text(err));
		return err;
	}
	r->reached = head->seq;
	if (!r->report->frames++)
		r->report->first = head->seq;
	r->report->last = head->seq;
	r->report->bytes += payload.len;
	return 0;
}

/* What a good frame tells of the ones before it. Only the first frame of a segment vouches for
 * the segment before: later ones have numbers past those whose sync failed. */
static void note_good(struct recovery *r, struct found *f, const struct frame_head *head)
{
	struct found *vouched = f->seg.last ? f : r->newest;
	if (vouched && head->durable > vouched->known)
		vouched->known = head->durable;
	f->seg.first = f->seg.first ? f->seg.first : head->seq;
	f->seg.last = head->seq;
	f->seg.end += frame_size(head->length);
	r->newest = f;
}

/* Replays the segment in r->content up to the first frame that is not whole or
 * that lies behind a gap. */
static int replay_frames(struct recovery *r, struct found *f, uint32_t seed)
{
	struct segment *seg = &f->seg;
	struct frame_head head;
	struct span payload;
	while (seg->end < seg->dirty &&
	       frame_decode(span_of(r->content.data + seg->end, r->content.len - seg->end), seed, &head, &payload) &&
	       (!seg->last || head.seq == seg->last + 1)) {
		if (head.seq > r->reached && head.durable > r->reached)
			return 0;
		int err = replay_frame(r, &head, payload);
		if (err)
			return err;
		note_good(r, f, &head);
	}
	return 0;
}

static size_t end_of_data(const struct buf *content)
{
	size_t end = content->len;
	while (end && !content->data[end - 1])
		end--;
	return end;
}

static int load(struct recovery *r, struct segment *seg)
{
	struct segment_dir *dir = &r->j->dir;
	int fd;
	int err = segment_open(dir, seg, &fd);
	if (err)
		return fail(r, seg, "open", err);
	err = segment_load(dir, fd, seg, &r->content);
	dir->disk->close(dir->disk->ctx, fd);
	return err ? fail(r, seg, "read", err) : 0;
}

static int replay_segment(struct recovery *r, struct found *f)
{
	if (f->foreign)
		return 0;
	int err = load(r, &f->seg);
	if (err)
		return err;
	f->seg.dirty = end_of_data(&r->content);
	f->foreign = !f->seg.life.number && f->seg.dirty;
	if (!f->seg.life.number)
		return 0;
	uint32_t seed = segment_seed(&f->seg.life);
	err = replay_frames(r, f, seed);
	if (!err)
		note_remnants(r, f, seed);
	return err;
}

/* ---- settling ---------------------------------------------------------- */

/* The place of the first frame behind `known`; the segment is in r->content. */
static size_t place_behind(const struct recovery *r, const struct found *f)
{
	size_t at = SEGMENT_HEADER_BYTES;
	struct frame_head head;
	while (at < f->seg.end &&
	       frame_head_decode(span_of(r->content.data + at, r->content.len - at), segment_seed(&f->seg.life), &head) &&
	       head.seq <= f->known)
		at += frame_size(head.length);
	return at;
}

/* Makes what was replayed of a segment durable, and what follows it harmless. Frames that no
 * later frame vouches for are written again: if their sync failed, the system may believe
 * that they are on the disk. Leaves the file open. */
static int settle(struct recovery *r, struct found *f, int *fd_r)
{
	struct segment_dir *dir = &r->j->dir;
	int err = load(r, &f->seg);
	if (err)
		return err;
	err = segment_open(dir, &f->seg, fd_r);
	if (err)
		return fail(r, &f->seg, "open", err);
	size_t from = place_behind(r, f);
	err = segment_write(dir, *fd_r, span_of(r->content.data + from, f->seg.end - from), from);
	if (!err)
		err = segment_zero(dir, *fd_r, f->seg.end, f->remnant_end);
	if (!err)
		err = segment_sync(dir, *fd_r);
	if (err) {
		dir->disk->close(dir->disk->ctx, *fd_r);
		return fail(r, &f->seg, "write", err);
	}
	return 0;
}

static int put_aside(struct recovery *r, struct found *f)
{
	r->report->aside++;
	int err = segment_put_aside(&r->j->dir, &f->seg);
	return err ? fail(r, &f->seg, "put aside", err) : 0;
}

/* A copy goes aside; what was replayed of the segment stays. */
static int copy_aside(struct recovery *r, struct found *f)
{
	r->report->aside++;
	int err = load(r, &f->seg);
	if (!err) {
		err = segment_copy_aside(&r->j->dir, &f->seg, buf_span(&r->content));
		if (!err)
			err = segment_dir_sync(&r->j->dir);
		if (err)
			fail(r, &f->seg, "copy", err);
	}
	return err;
}

/* Whether the segment is the one that appending may go on in: all before it is
 * there, and its last frame has the last number. */
static bool is_newest(const struct recovery *r, const struct found *f)
{
	return f->seg.last == r->j->last && !r->report->gap;
}

static int keep(struct recovery *r, struct found *f)
{
	struct journal *j = r->j;
	journal_end_current(j); /* a second segment with the last frame: of a wipe that did not end */
	int err = journal_reserve_live(j);
	if (!err && r->report->gap && f->remnant > r->reached)
		err = copy_aside(r, f);
	if (err)
		return err;
	if (f->seg.last > f->known || f->remnant) {
		int fd;
		err = settle(r, f, &fd);
		if (err)
			return err;
		if (is_newest(r, f))
			j->fd = fd;
		else
			j->dir.disk->close(j->dir.disk->ctx, fd);
	}
	j->live[j->live_count++] = f->seg;
	return 0;
}

static int settle_all(struct recovery *r)
{
	struct journal *j = r->j;
	int err = 0;
	for (size_t i = 0; !err && i < r->count; i++) {
		struct found *f = &r->found[i];
		bool lost = r->report->gap && f->remnant > r->reached;
		if (f->remnant && !lost) {
			r->report->torn_bytes += f->remnant_end - f->seg.end;
			f->seg.distrusted = f->seg.last <= j->released; /* not kept: it would be reported again */
		}
		if (f->seg.last > j->released)
			err = keep(r, f);
		else if (f->foreign || lost)
			err = put_aside(r, f);
		else
			journal_retire(j, &f->seg);
	}
	if (!err) {
		err = segment_dir_sync(&j->dir);
		if (err)
			(void)str_format(r->message, 512, "cannot sync the journal's directory: %s", err_text(err));
	}
	return err;
}

int journal_recover(struct journal *j, const struct journal_config *config,
		    int (*replay)(void *ctx, uint64_t seq, struct span payload), void *ctx,
		    struct journal_report *report, char message_r[512])
{
	struct recovery r = {.j = j, .replay = replay, .ctx = ctx, .report = report, .message = message_r,
			     .reached = config->after};
	int err = find(&r);
	for (size_t i = 0; !err && i < r.count; i++)
		err = replay_segment(&r, &r.found[i]);
	if (!err) {
		report->gap = r.max_durable > r.reached;
		j->durable = r.reached;
		j->last = report->gap && r.max_seq > r.reached ? r.max_seq : r.reached;
		if (j->last < config->beyond)
			j->last = config->beyond;
		err = settle_all(&r);
	}
	if (err && !message_r[0])
		(void)str_format(message_r, 512, "cannot open the journal: %s", err_text(err));
	buf_finish(&r.content);
	free(r.found);
	return err;
}
