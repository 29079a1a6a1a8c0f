/* Erasing what is released from the journal's files. On the journal's thread;
 * blocks on the disk. Knows no payload.
 *
 * Released frames that share a segment with others cannot be overwritten in place: a power cut would
 * leave the others behind a broken one. The others are copied to a segment that takes the
 * old one's place (and number) first; opening skips frames that it meets twice. */
#include <string.h>

#include "base/err.h"
#include "db/journal_private.h"

/* Leaves zeroes and a fresh header, so that no crash leaves a file without one. */
static int wipe_file(struct journal *j, struct segment *seg, int fd)
{
	size_t dirty = seg->dirty;
	int err = segment_begin(&j->dir, fd, seg, j->next_number++);
	if (!err)
		err = segment_zero(&j->dir, fd, SEGMENT_HEADER_BYTES, dirty);
	if (!err)
		err = segment_sync(&j->dir, fd);
	if (!err)
		seg->dirty = SEGMENT_HEADER_BYTES;
	return err;
}

/* Opens, wipes, closes. */
static int wipe_closed(struct journal *j, struct segment *seg)
{
	int fd;
	int err = segment_open(&j->dir, seg, &fd);
	if (err)
		return err;
	err = wipe_file(j, seg, fd);
	j->dir.disk->close(j->dir.disk->ctx, fd);
	return err;
}

static int wipe_spares(struct journal *j)
{
	int err = 0;
	for (size_t i = 0; !err && i < j->spare_count; i++)
		if (j->spare[i].dirty > SEGMENT_HEADER_BYTES)
			err = wipe_closed(j, &j->spare[i]);
	return err;
}

/* Writes the frames of `from`, whose content is given, that are not released. */
static int copy_frames(struct journal *j, const struct segment *from, struct span content, struct segment *to, int fd)
{
	struct frame_head head;
	struct span payload;
	int err = 0;
	for (size_t at = SEGMENT_HEADER_BYTES; !err && at < from->end; at += frame_size(payload.len)) {
		if (!frame_decode(span_of(content.data + at, content.len - at), segment_seed(&from->life), &head, &payload))
			return ERR_IO;
		if (head.seq <= j->released)
			continue;
		size_t size = frame_size(payload.len);
		j->frame.len = 0;
		err = buf_reserve(&j->frame, size);
		if (err)
			break;
		frame_encode(j->frame.data, segment_seed(&to->life), head.seq, head.durable, payload);
		to->dirty = to->end + size > to->dirty ? to->end + size : to->dirty;
		err = segment_write(&j->dir, fd, span_of(j->frame.data, size), to->end);
		to->end += size;
		to->first = to->first ? to->first : head.seq;
		to->last = head.seq;
	}
	return err ? err : segment_sync(&j->dir, fd);
}

/* Makes the durable copy of a segment that takes its place. */
static int make_copy(struct journal *j, const struct segment *old, int old_fd, struct segment *copy_r, int *fd_r)
{
	struct buf content = {0};
	int err = segment_load(&j->dir, old_fd, old, &content);
	if (!err)
		err = journal_take_segment(j, old->size - SEGMENT_HEADER_BYTES, copy_r, fd_r);
	if (!err) {
		err = segment_begin(&j->dir, *fd_r, copy_r, old->life.number);
		if (!err)
			err = copy_frames(j, old, buf_span(&content), copy_r, *fd_r);
		if (err) {
			j->dir.disk->close(j->dir.disk->ctx, *fd_r);
			copy_r->distrusted = true;
			journal_retire(j, copy_r);
		}
	}
	buf_finish(&content);
	return err;
}

/* Puts a copy without the released frames into the place of live segment i and wipes the old file. */
static int replace(struct journal *j, size_t i)
{
	struct segment old = j->live[i], copy;
	bool is_current = j->fd >= 0 && i == j->live_count - 1;
	int old_fd, fd;
	int err = segment_open(&j->dir, &old, &old_fd);
	if (err)
		return err;
	err = make_copy(j, &old, old_fd, &copy, &fd);
	if (!err) {
		if (is_current) {
			journal_end_current(j);
			j->fd = fd;
		} else {
			j->dir.disk->close(j->dir.disk->ctx, fd);
		}
		j->live[i] = copy;
		err = wipe_file(j, &old, old_fd);
		old.distrusted = old.distrusted || err;
		journal_retire(j, &old);
	}
	j->dir.disk->close(j->dir.disk->ctx, old_fd);
	return err;
}

/* The current segment, when all of its frames are released: wiped, it begins a new life later. */
static int wipe_current(struct journal *j)
{
	struct segment *seg = &j->live[j->live_count - 1];
	int err = wipe_file(j, seg, j->fd);
	seg->distrusted = seg->distrusted || err;
	journal_end_current(j);
	journal_retire(j, seg);
	j->live_count--;
	return err;
}

/* Wipes what lies behind the last frame of live segment i: the rest of a former life. */
static int wipe_rest(struct journal *j, size_t i)
{
	struct segment *seg = &j->live[i];
	bool is_current = j->fd >= 0 && i == j->live_count - 1;
	int fd = j->fd, err = 0;
	if (!is_current)
		err = segment_open(&j->dir, seg, &fd);
	if (err)
		return err;
	err = segment_zero(&j->dir, fd, seg->end, seg->dirty);
	if (!err)
		err = segment_sync(&j->dir, fd);
	if (!err)
		seg->dirty = seg->end;
	if (!is_current)
		j->dir.disk->close(j->dir.disk->ctx, fd);
	else if (err)
		journal_end_current(j);
	seg->distrusted = seg->distrusted || err;
	return err;
}

static int wipe_live(struct journal *j, size_t i)
{
	const struct segment *seg = &j->live[i];
	if (seg->first && seg->first <= j->released)
		return replace(j, i);
	return seg->dirty > seg->end ? wipe_rest(j, i) : 0;
}

int journal_wipe(struct journal *j)
{
	int err = journal_sync(j);
	if (!err && j->fd >= 0 && j->live[j->live_count - 1].last <= j->released)
		err = wipe_current(j);
	if (!err)
		err = wipe_spares(j);
	for (size_t i = 0; !err && i < j->live_count; i++)
		err = wipe_live(j, i);
	return err ? err : wipe_spares(j);
}
