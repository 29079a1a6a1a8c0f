/* Taking a backup. The moment that it shows is made on the sealer's thread; the copying runs on the caller's, at its
 * pace. Knows the archive's form and the store's threads, not where the bytes go. */
#include "db/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/archive.h"
#include "db/backup_private.h"
#include "db/migrate.h"
#include "db/store_private.h"

enum {
	CHECKPOINT_TRIES = 3,          /* each waits for readers, see conn.c */
	IDLE_LIMIT_MS = 10 * 60 * 1000,
	READ_BYTES = 64 * 1024,
};

struct source {
	int fd;
	struct timespec changed; /* as it was when the files came to rest */
};

struct backup {
	struct store *store;    /* borrowed */
	struct archive_info info;
	struct source sources[ARCHIVE_FILES_MAX];
	struct buf manifest, sums;
	/* What comes next: the manifest, info.files[next], the sums, the end. */
	enum { AT_MANIFEST, AT_FILE, AT_SUMS, AT_END } at;
	size_t next;
	uint64_t done; /* bytes of that file */
	crypto_generichash_state hash;
	int err;       /* sticks */

	/* Under the desk's lock. */
	bool busy, cancelled;
	struct mono_ms moved_at; /* something was taken */
};

#define tell(message, ...) ((void)str_format(message, STORE_MESSAGE_SIZE, __VA_ARGS__))

/* ---- the moment, sealer's thread --------------------------------------- */

static int open_source(struct backup *b, const struct archive_file *file)
{
	char path[PATH_MAX];
	struct stat st;
	int err = str_format(path, sizeof path, "%s/%s", b->store->dir, file->name);
	if (err)
		return err;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT && !file->schema ? 0 : err_from_errno(errno);
	if (fstat(fd, &st)) {
		err = err_from_errno(errno);
		close(fd);
		return err;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	b->sources[b->info.count] = (struct source){fd, st.st_mtim};
	b->info.files[b->info.count].file = file;
	b->info.files[b->info.count++].bytes = (uint64_t)st.st_size;
	return 0;
}

static void close_sources(struct backup *b)
{
	for (size_t i = 0; i < b->info.count; i++)
		close(b->sources[i].fd);
	b->info.count = 0;
}

static int open_sources(struct backup *b)
{
	size_t count;
	const struct archive_file *files = archive_files(&count);
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = open_source(b, &files[i]);
	if (err)
		close_sources(b);
	return err;
}

static void forbid(struct store *s, bool forbidden)
{
	writer_forbid_checkpoints(s->writer, forbidden);
	sealer_forbid_checkpoints(s->sealer, forbidden);
}

/* Nobody writes while this runs: the sealer's thread is here, the writer is held. */
static int rest(struct backup *b)
{
	struct store *s = b->store;
	writer_hold(s->writer);
	int err = writer_checkpoint(s->writer);
	if (!err)
		err = open_sources(b);
	if (!err)
		forbid(s, true);
	writer_release(s->writer);
	return err;
}

static int pause_and_open(void *ctx)
{
	struct backup *b = ctx;
	struct store *s = b->store;
	int err = sealer_seal(s->sealer, false);
	if (err)
		return err;
	for (int i = 0; i < CHECKPOINT_TRIES; i++) {
		err = session_store_checkpoint(s->sessions, true);
		if (!err)
			err = shelf_flush(s->local);
		if (!err)
			err = rest(b);
		if (err != ERR_BUSY)
			break;
	}
	b->info.created_ms = clock_wall().ms;
	return err;
}

/* ---- beginning and ending ---------------------------------------------- */

static int claim(struct backup *b)
{
	struct backup_desk *desk = &b->store->backups;
	lock_take(&desk->lock);
	bool taken = desk->running != NULL;
	if (!taken)
		desk->running = b;
	lock_release(&desk->lock);
	return taken ? ERR_EXISTS : 0;
}

/* Lets the databases go on, once. Under lock. */
static void let_go(struct backup_desk *desk, struct backup *b)
{
	if (desk->running != b)
		return;
	desk->running = NULL;
	forbid(b->store, false);
	sealer_poke(b->store->sealer); /* erasures have waited */
}

static int describe(struct backup *b)
{
	struct buf hub = {0};
	int err = store_setting_get(b->store, "hub-id", &hub);
	if (!err)
		err = str_copy_span(b->info.hub, sizeof b->info.hub, buf_span(&hub));
	else if (err == ERR_NOT_FOUND) /* never started as a hub */
		err = str_copy(b->info.hub, sizeof b->info.hub, "new");
	buf_finish(&hub);
	b->info.elsewhere = b->store->remote != NULL;
	return err ? err : str_copy(b->info.version, sizeof b->info.version, PACKAGE_VERSION);
}

static void explain(int err, char *message)
{
	switch (err) {
	case ERR_EXISTS:
		tell(message, "A backup is being taken already. Wait until it is done.");
		break;
	case ERR_BUSY:
		tell(message, "The databases were read without a pause, so that no moment for a backup was found. Try again.");
		break;
	case ERR_DISK_FULL:
		tell(message, "The hub's disk is full, so that the journal cannot be moved into the databases. Make room on it first.");
		break;
	default:
		tell(message, "The backup cannot be begun: %s.", err_text(err));
	}
}

int backup_begin(struct store *s, struct backup **backup_r, char message_r[STORE_MESSAGE_SIZE])
{
	message_r[0] = 0;
	*backup_r = NULL;
	struct backup *b = calloc(1, sizeof *b);
	if (!b || sodium_init() < 0) {
		free(b);
		explain(ERR_NOMEM, message_r);
		return ERR_NOMEM;
	}
	*b = (struct backup){.store = s, .busy = true};
	int err = claim(b);
	if (!err)
		err = describe(b);
	if (!err)
		err = sealer_run(s->sealer, pause_and_open, b);
	if (!err)
		err = archive_manifest_append(&b->manifest, &b->info);
	if (err) {
		explain(err, message_r);
		backup_end(&b);
		return err == ERR_EXISTS ? ERR_BUSY : err;
	}
	lock_take(&s->backups.lock);
	b->busy = false;
	b->moved_at = clock_mono();
	lock_release(&s->backups.lock);
	*backup_r = b;
	return 0;
}

void backup_end(struct backup **backup)
{
	struct backup *b = *backup;
	if (!b)
		return;
	struct backup_desk *desk = &b->store->backups;
	lock_take(&desk->lock);
	let_go(desk, b);
	lock_release(&desk->lock);
	close_sources(b);
	buf_finish(&b->manifest);
	buf_finish(&b->sums);
	free(b);
	*backup = NULL;
}

void backup_cancel_idle(struct store *s)
{
	struct backup_desk *desk = &s->backups;
	lock_take(&desk->lock);
	struct backup *b = desk->running;
	if (b && !b->busy && mono_diff_ms(b->moved_at, clock_mono()) >= IDLE_LIMIT_MS) {
		log_warning("store", "a backup was cancelled: nobody took from it for %d minutes", IDLE_LIMIT_MS / 60000);
		b->cancelled = true;
		let_go(desk, b);
	}
	lock_release(&desk->lock);
}

/* ---- the archive's bytes ----------------------------------------------- */

static int append_zeroes(struct buf *out, size_t len)
{
	static const uint8_t zeroes[2 * ARCHIVE_BLOCK];
	return buf_append(out, zeroes, len);
}

static int append_header(const struct backup *b, struct buf *out, const char *name, uint64_t bytes)
{
	uint8_t header[ARCHIVE_BLOCK];
	archive_header_make(header, name, bytes, b->info.created_ms / 1000);
	return buf_append(out, header, sizeof header);
}

/* An entry that is in memory. */
static int append_entry(const struct backup *b, struct buf *out, const char *name, struct span text)
{
	int err = append_header(b, out, name, text.len);
	if (!err)
		err = buf_append(out, text.data, text.len);
	return err ? err : append_zeroes(out, archive_padding(text.len));
}

static int append_sum(struct backup *b, const char *name)
{
	uint8_t sum[ARCHIVE_SUM_BYTES];
	crypto_generichash_final(&b->hash, sum, sizeof sum);
	return archive_sum_append(&b->sums, name, sum);
}

static void begin_file(struct backup *b)
{
	b->done = 0;
	crypto_generichash_init(&b->hash, NULL, 0, ARCHIVE_SUM_BYTES);
}

static int take_manifest(struct backup *b, struct buf *out)
{
	begin_file(b);
	crypto_generichash_update(&b->hash, b->manifest.data, b->manifest.len);
	int err = append_sum(b, ARCHIVE_MANIFEST);
	if (!err)
		err = append_entry(b, out, ARCHIVE_MANIFEST, buf_span(&b->manifest));
	begin_file(b);
	b->at = AT_FILE;
	return err;
}

static int read_some(struct backup *b, struct buf *out, uint64_t left)
{
	size_t len = left < READ_BYTES ? (size_t)left : READ_BYTES;
	int err = buf_reserve(out, len);
	if (err)
		return err;
	ssize_t got;
	do
		got = pread(b->sources[b->next].fd, out->data + out->len, len, (off_t)b->done);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got < 0 ? err_from_errno(errno) : ERR_DAMAGED; /* shorter than it was */
	crypto_generichash_update(&b->hash, out->data + out->len, (unsigned long long)got);
	out->len += (size_t)got;
	b->done += (uint64_t)got;
	return 0;
}

/* A database must be as it was when it came to rest. That it is, is what this file and its helpers are for: should it be
 * broken one day, no bad backup comes of it. */
static int check_unchanged(const struct backup *b)
{
	struct stat st;
	const struct source *source = &b->sources[b->next];
	if (!b->info.files[b->next].file->schema)
		return 0;
	if (fstat(source->fd, &st))
		return err_from_errno(errno);
	bool same = st.st_mtim.tv_sec == source->changed.tv_sec && st.st_mtim.tv_nsec == source->changed.tv_nsec &&
		    (uint64_t)st.st_size == b->info.files[b->next].bytes;
	return same ? 0 : ERR_DAMAGED;
}

static int take_file(struct backup *b, struct buf *out)
{
	const char *name = b->info.files[b->next].file->name;
	uint64_t bytes = b->info.files[b->next].bytes;
	int err = b->done ? 0 : append_header(b, out, name, bytes);
	if (!err && b->done < bytes)
		err = read_some(b, out, bytes - b->done);
	if (err || b->done < bytes)
		return err;
	err = check_unchanged(b);
	if (!err)
		err = append_sum(b, name);
	if (!err)
		err = append_zeroes(out, archive_padding(bytes));
	begin_file(b);
	if (++b->next == b->info.count)
		b->at = AT_SUMS;
	return err;
}

static int take_more(struct backup *b, struct buf *out)
{
	int err;
	switch (b->at) {
	case AT_MANIFEST:
		return take_manifest(b, out);
	case AT_FILE:
		return take_file(b, out);
	case AT_SUMS:
		b->at = AT_END;
		err = append_entry(b, out, ARCHIVE_SUMS, buf_span(&b->sums));
		return err ? err : append_zeroes(out, 2 * ARCHIVE_BLOCK);
	case AT_END:
		break;
	}
	return 0;
}

/* Notes that somebody takes, so that it is not cancelled under him. */
static int set_busy(struct backup *b, bool busy)
{
	struct backup_desk *desk = &b->store->backups;
	lock_take(&desk->lock);
	b->busy = busy;
	b->moved_at = clock_mono();
	int err = b->cancelled ? ERR_TIMEOUT : 0;
	lock_release(&desk->lock);
	return err;
}

int backup_take(struct backup *b, size_t most, struct buf *out)
{
	if (!b->err)
		b->err = set_busy(b, true);
	while (!b->err && out->len < most && b->at != AT_END)
		b->err = take_more(b, out);
	(void)set_busy(b, false); /* a cancelled one is told so the next time, if there is one */
	return b->err;
}

/* ---- about it ---------------------------------------------------------- */

static uint64_t entry_bytes(uint64_t bytes)
{
	return ARCHIVE_BLOCK + bytes + archive_padding(bytes);
}

uint64_t backup_bytes(const struct backup *b)
{
	enum { SUM_LINE = 2 * ARCHIVE_SUM_BYTES + 3 };
	uint64_t sums = SUM_LINE + strlen(ARCHIVE_MANIFEST), bytes = entry_bytes(b->manifest.len) + 2 * ARCHIVE_BLOCK;
	for (size_t i = 0; i < b->info.count; i++) {
		bytes += entry_bytes(b->info.files[i].bytes);
		sums += SUM_LINE + strlen(b->info.files[i].file->name);
	}
	return bytes + entry_bytes(sums);
}

void backup_name(const struct backup *b, char name_r[BACKUP_NAME_SIZE])
{
	char date[24] = "";
	time_t at = (time_t)(b->info.created_ms / 1000);
	struct tm tm;
	if (gmtime_r(&at, &tm))
		(void)strftime(date, sizeof date, "%Y%m%d-%H%M%S", &tm);
	(void)str_format(name_r, BACKUP_NAME_SIZE, "tomte-%.31s-%s.tar", b->info.hub, date);
}
