/* Reads and checks a backup's file. Any thread; blocks as its source and sink do. Nothing of the bytes is believed:
 * an archive that is not to the last byte what backup.c writes is refused. */
#include "db/archive_read.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/migrate.h"

enum { BLOCK_BYTES = 256 * 1024 };

struct reading_archive {
	const struct archive_source *source;
	const struct archive_sink *sink;
	struct archive_info *info;
	char *message;
	struct buf sums; /* what the sums' file must say */
	uint8_t block[BLOCK_BYTES];
};

#define tell(r, ...) ((void)str_format((r)->message, STORE_MESSAGE_SIZE, __VA_ARGS__))

static int refuse_short(struct reading_archive *r)
{
	tell(r, "The backup ends too early: it was not written or copied to its end. Use another one.");
	return ERR_DAMAGED;
}

static int refuse_changed(struct reading_archive *r, const char *name)
{
	tell(r, "The backup is damaged: %s in it is not what was saved. Use another one.", name);
	return ERR_DAMAGED;
}

/* Reads exactly len bytes. */
static int read_all(struct reading_archive *r, void *data, size_t len)
{
	uint8_t *to = data;
	while (len) {
		size_t got = 0;
		int err = r->source->read(r->source->ctx, to, len, &got);
		if (err) {
			tell(r, "The backup cannot be read: %s.", err_text(err));
			return err;
		}
		if (!got)
			return refuse_short(r);
		to += got;
		len -= got;
	}
	return 0;
}

/* Reads zeroes: of padding, or of the end. */
static int read_zeroes(struct reading_archive *r, size_t len, const char *name)
{
	uint8_t zeroes[2 * ARCHIVE_BLOCK];
	int err = read_all(r, zeroes, len);
	if (!err && len && !sodium_is_zero(zeroes, len))
		err = refuse_changed(r, name);
	return err;
}

/* The header of the entry that must come next. */
static int read_header(struct reading_archive *r, const char *name, uint64_t *bytes_r)
{
	uint8_t header[ARCHIVE_BLOCK];
	int err = read_all(r, header, sizeof header);
	if (!err && !archive_header_parse(header, name, bytes_r))
		err = refuse_changed(r, name);
	return err;
}

/* ---- the entries ------------------------------------------------------- */

static int note_sum(struct reading_archive *r, const char *name, crypto_generichash_state *hash)
{
	uint8_t sum[ARCHIVE_SUM_BYTES];
	crypto_generichash_final(hash, sum, sizeof sum);
	return archive_sum_append(&r->sums, name, sum);
}

static int refuse_newer(struct reading_archive *r)
{
	tell(r, "The backup was made by a newer tomte (%s). Bring this one to that version first.",
	     r->info->version[0] ? r->info->version : "its version is not known here");
	return ERR_NEWER;
}

static int read_manifest(struct reading_archive *r)
{
	uint64_t bytes;
	crypto_generichash_state hash;
	int err = read_header(r, ARCHIVE_MANIFEST, &bytes);
	if (!err && bytes > ARCHIVE_MANIFEST_MAX)
		err = ERR_DAMAGED;
	if (err == ERR_DAMAGED)
		tell(r, "This is no backup of a tomte hub, or one that is damaged at its beginning.");
	if (err)
		return err;
	err = read_all(r, r->block, (size_t)bytes);
	if (!err)
		err = read_zeroes(r, archive_padding(bytes), ARCHIVE_MANIFEST);
	if (err)
		return err;
	crypto_generichash_init(&hash, NULL, 0, ARCHIVE_SUM_BYTES);
	crypto_generichash_update(&hash, r->block, bytes);
	err = archive_manifest_parse(span_of(r->block, (size_t)bytes), r->info);
	if (err == ERR_NEWER)
		return refuse_newer(r);
	return err ? refuse_changed(r, ARCHIVE_MANIFEST) : note_sum(r, ARCHIVE_MANIFEST, &hash);
}

/* The file format of SQLite, §1.3: the schema's version stands in the database's first page. */
static int check_schema(struct reading_archive *r, const struct archive_file *file, struct span first)
{
	enum { AT_VERSION = 60, HEADER_SIZE = 100 };
	if (first.len < HEADER_SIZE || memcmp(first.data, "SQLite format 3", 16) != 0)
		return refuse_changed(r, file->name);
	const uint8_t *at = first.data + AT_VERSION;
	uint64_t version = (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3];
	return version > file->schema->first + file->schema->count - 1 ? refuse_newer(r) : 0;
}

static int read_data(struct reading_archive *r, const struct archive_file *file, uint64_t bytes)
{
	crypto_generichash_state hash;
	int err = 0;
	bool is_first = true;
	crypto_generichash_init(&hash, NULL, 0, ARCHIVE_SUM_BYTES);
	do {
		size_t len = bytes < BLOCK_BYTES ? (size_t)bytes : BLOCK_BYTES;
		const struct span block = span_of(r->block, len);
		err = read_all(r, r->block, len);
		if (!err && is_first && file->schema)
			err = check_schema(r, file, block);
		crypto_generichash_update(&hash, r->block, len);
		if (!err && r->sink && len)
			err = r->sink->data(r->sink->ctx, block);
		is_first = false;
		bytes -= len;
	} while (bytes && !err);
	return err ? err : note_sum(r, file->name, &hash);
}

static int read_file(struct reading_archive *r, size_t i)
{
	const struct archive_file *file = r->info->files[i].file;
	uint64_t bytes;
	int err = read_header(r, file->name, &bytes);
	if (!err && bytes != r->info->files[i].bytes)
		err = refuse_changed(r, file->name);
	if (!err && r->sink)
		err = r->sink->file(r->sink->ctx, file);
	if (!err)
		err = read_data(r, file, bytes);
	if (!err && r->sink)
		err = r->sink->end(r->sink->ctx);
	return err ? err : read_zeroes(r, archive_padding(bytes), file->name);
}

/* What was read has the sums that were written, and nothing follows. */
static int read_sums(struct reading_archive *r)
{
	uint64_t bytes;
	int err = read_header(r, ARCHIVE_SUMS, &bytes);
	if (!err && bytes != r->sums.len)
		err = refuse_changed(r, ARCHIVE_SUMS);
	if (!err)
		err = read_all(r, r->block, r->sums.len);
	const uint8_t *line = r->sums.data;
	for (size_t at = 0; !err && at < r->sums.len;) {
		const uint8_t *end = memchr(line + at, '\n', r->sums.len - at);
		size_t len = (size_t)(end + 1 - line) - at;
		const char *name = (const char *)line + at + 2 * ARCHIVE_SUM_BYTES + 2;
		if (memcmp(line + at, r->block + at, len) != 0) {
			char text[64] = "";
			(void)str_copy_span(text, sizeof text, span_of(name, len - 2 * ARCHIVE_SUM_BYTES - 3));
			err = refuse_changed(r, text);
		}
		at += len;
	}
	if (!err)
		err = read_zeroes(r, archive_padding(bytes), ARCHIVE_SUMS);
	return err ? err : read_zeroes(r, 2 * ARCHIVE_BLOCK, "the end");
}

static int read_end(struct reading_archive *r)
{
	size_t got = 0;
	uint8_t more;
	int err = r->source->read(r->source->ctx, &more, 1, &got);
	if (err)
		tell(r, "The backup cannot be read: %s.", err_text(err));
	return err ? err : got ? refuse_changed(r, "the end") : 0;
}

static int read_all_entries(struct reading_archive *r)
{
	int err = read_manifest(r);
	if (!err && r->sink)
		err = r->sink->begin(r->sink->ctx, r->info);
	for (size_t i = 0; i < r->info->count && !err; i++)
		err = read_file(r, i);
	if (!err)
		err = read_sums(r);
	return err ? err : read_end(r);
}

int archive_read(const struct archive_source *source, const struct archive_sink *sink, struct archive_info *info_r,
		 char message_r[STORE_MESSAGE_SIZE])
{
	message_r[0] = 0;
	*info_r = (struct archive_info){0};
	struct reading_archive *r = calloc(1, sizeof *r);
	if (!r || sodium_init() < 0) {
		free(r);
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "There is no memory to read the backup.");
		return ERR_NOMEM;
	}
	r->source = source;
	r->sink = sink;
	r->info = info_r;
	r->message = message_r;
	int err = read_all_entries(r);
	buf_finish(&r->sums);
	sodium_memzero(r->block, sizeof r->block); /* keys were in it */
	free(r);
	return err;
}
