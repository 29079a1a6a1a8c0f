/* Appending to the journal, making it durable, and the life of its segments. On the
 * thread that owns the journal; blocks on the disk. Knows neither samples nor SQLite.
 *
 * A segment is synced before anything goes to the next one, so only the newest segment can have an
 * unfinished end. A segment whose sync failed is closed for ever: the system may have dropped its
 * dirty pages and would call the next sync a success. */
#include "db/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/journal_private.h"

enum { PAGE_BYTES = 4096 };

/* ---- opening and closing ----------------------------------------------- */

/* Makes the directory, durable in its parent, and opens it. */
static int open_dir(struct journal *j, const char *path)
{
	const struct disk *disk = j->dir.disk;
	int made = disk->make_dir(disk->ctx, path, 0700);
	if (made < 0 && made != -EEXIST)
		return segment_error(made);
	j->dir.fd = disk->open(disk->ctx, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (j->dir.fd < 0)
		return segment_error(j->dir.fd);
	int parent = disk->open(disk->ctx, j->dir.fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (parent < 0)
		return segment_error(parent);
	int err = segment_error(disk->sync(disk->ctx, parent));
	disk->close(disk->ctx, parent);
	return err;
}

int journal_open(const struct journal_config *config,
		 int (*replay)(void *ctx, uint64_t seq, struct span payload), void *ctx,
		 struct journal_report *report_r, struct journal **journal_r, char message_r[512])
{
	*journal_r = NULL;
	*report_r = (struct journal_report){0};
	message_r[0] = 0;
	struct journal *j = calloc(1, sizeof *j);
	if (!j) {
		(void)str_copy(message_r, 512, "no memory for the journal");
		return ERR_NOMEM;
	}
	j->dir.disk = config->disk ? config->disk : &disk_system;
	j->dir.fd = j->fd = -1;
	j->segment_bytes = config->segment_bytes ? config->segment_bytes : JOURNAL_SEGMENT_BYTES;
	j->last = j->durable = j->released = config->after;
	j->next_number = 1;
	int err = open_dir(j, config->dir);
	if (err)
		(void)str_format(message_r, 512, "cannot open the journal's directory %.300s: %s", config->dir,
				 err_text(err));
	else
		err = journal_recover(j, config, replay, ctx, report_r, message_r);
	if (err)
		journal_close(&j);
	*journal_r = j;
	return err;
}

void journal_close(struct journal **journal)
{
	struct journal *j = *journal;
	*journal = NULL;
	if (!j)
		return;
	journal_end_current(j);
	if (j->dir.fd >= 0)
		j->dir.disk->close(j->dir.disk->ctx, j->dir.fd);
	buf_finish(&j->frame);
	free(j->live);
	free(j);
}

/* ---- segments ---------------------------------------------------------- */

int journal_reserve_live(struct journal *j)
{
	if (j->live_count < j->live_cap)
		return 0;
	size_t cap = j->live_cap ? 2 * j->live_cap : 16;
	struct segment *live = realloc(j->live, cap * sizeof *live);
	if (!live)
		return ERR_NOMEM;
	j->live = live;
	j->live_cap = cap;
	return 0;
}

int journal_take_segment(struct journal *j, size_t need, struct segment *seg_r, int *fd_r)
{
	need += SEGMENT_HEADER_BYTES;
	if (j->spare_count && need <= j->segment_bytes) {
		*seg_r = j->spare[--j->spare_count]; /* one that does not open is not tried again */
		return segment_open(&j->dir, seg_r, fd_r);
	}
	size_t size = need > j->segment_bytes ? (need + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES : j->segment_bytes;
	return segment_create(&j->dir, j->next_number++, size, seg_r, fd_r);
}

void journal_retire(struct journal *j, const struct segment *seg)
{
	if (j->spare_count < JOURNAL_SPARE_SEGMENTS && seg->size == j->segment_bytes && !seg->distrusted)
		j->spare[j->spare_count++] = *seg;
	else
		(void)segment_remove(&j->dir, seg);
}

void journal_end_current(struct journal *j)
{
	if (j->fd >= 0)
		j->dir.disk->close(j->dir.disk->ctx, j->fd);
	j->fd = -1;
	j->unsynced = false;
}

static struct segment *current(struct journal *j)
{
	return &j->live[j->live_count - 1];
}

int journal_sync_current(struct journal *j)
{
	if (!j->unsynced)
		return 0;
	int err = segment_sync(&j->dir, j->fd);
	if (err) {
		current(j)->distrusted = true;
		journal_end_current(j);
		return err;
	}
	j->unsynced = false;
	j->durable = j->last;
	j->stats.syncs++;
	return 0;
}

/* Begins a segment that has room for `need` bytes. The old one is finished first. */
static int rotate(struct journal *j, size_t need)
{
	int err = journal_sync_current(j);
	if (err) {
		j->pending_error = err;
		return err;
	}
	err = journal_reserve_live(j);
	struct segment seg;
	int fd;
	if (!err)
		err = journal_take_segment(j, need, &seg, &fd);
	if (err)
		return err;
	err = segment_begin(&j->dir, fd, &seg, j->next_number++);
	if (err) {
		j->dir.disk->close(j->dir.disk->ctx, fd);
		journal_retire(j, &seg);
		return err;
	}
	journal_end_current(j);
	j->live[j->live_count++] = seg;
	j->fd = fd;
	return 0;
}

/* ---- appending --------------------------------------------------------- */

static int write_frame(struct journal *j, struct span payload)
{
	struct segment *seg = current(j);
	size_t size = frame_size(payload.len);
	j->frame.len = 0;
	int err = buf_reserve(&j->frame, size);
	if (err)
		return err;
	frame_encode(j->frame.data, segment_seed(&seg->life), j->last + 1, j->durable, payload);
	if (seg->dirty < seg->end + size)
		seg->dirty = seg->end + size;
	return segment_write(&j->dir, j->fd, span_of(j->frame.data, size), seg->end);
}

int journal_append(struct journal *j, struct span payload, uint64_t *seq_r)
{
	if (payload.len > JOURNAL_PAYLOAD_MAX)
		return ERR_TOO_LARGE;
	if (j->last >= JOURNAL_NUMBER_MAX)
		return ERR_IO;
	size_t size = frame_size(payload.len);
	int err = 0;
	if (j->fd < 0 || current(j)->end + size > current(j)->size)
		err = rotate(j, size);
	if (!err)
		err = write_frame(j, payload);
	if (err)
		return err;
	struct segment *seg = current(j);
	seg->end += size;
	seg->last = ++j->last;
	if (!seg->first)
		seg->first = seg->last;
	j->unsynced = true;
	j->stats.frames++;
	j->stats.payload_bytes += payload.len;
	*seq_r = j->last;
	return 0;
}

int journal_sync(struct journal *j)
{
	int err = j->pending_error;
	j->pending_error = 0;
	return err ? err : journal_sync_current(j);
}

void journal_prepare(struct journal *j)
{
	size_t wanted = j->fd >= 0 ? 1 : 2; /* without a current one, the first is that */
	while (j->spare_count < wanted) {
		struct segment seg;
		int fd;
		if (segment_create(&j->dir, j->next_number++, j->segment_bytes, &seg, &fd))
			return;
		j->dir.disk->close(j->dir.disk->ctx, fd);
		journal_retire(j, &seg);
	}
}

/* ---- releasing --------------------------------------------------------- */

void journal_release(struct journal *j, uint64_t seq)
{
	if (seq > j->released)
		j->released = seq;
	size_t ended = j->live_count - (j->fd >= 0), gone = 0;
	while (gone < ended && j->live[gone].last <= j->released)
		journal_retire(j, &j->live[gone++]);
	if (gone) {
		memmove(j->live, j->live + gone, (j->live_count - gone) * sizeof *j->live);
		j->live_count -= gone;
	}
}

/* ---- figures ----------------------------------------------------------- */

uint64_t journal_last(const struct journal *j)
{
	return j->last;
}

void journal_stats_get(const struct journal *j, struct journal_stats *stats_r)
{
	*stats_r = j->stats;
	stats_r->written_bytes = j->dir.written_bytes;
	stats_r->segments = j->live_count + j->spare_count;
	stats_r->live_segments = 0;
	for (size_t i = 0; i < j->live_count; i++)
		stats_r->live_segments += j->live[i].last > j->released;
}
