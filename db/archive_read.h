/* Reading a backup's file: in one go from its beginning to its end, so that it may come through a pipe. */
#ifndef DB_ARCHIVE_READ_H
#define DB_ARCHIVE_READ_H

#include "db/archive.h"

struct archive_source {
	/* Reads at most len bytes; *got_r 0 is the end. Returns 0 or an error. */
	int (*read)(void *ctx, void *data, size_t len, size_t *got_r);
	void *ctx;
};

/* Where the files go as they are read: before anything of them is known to be sound. All may block. */
struct archive_sink {
	/* The manifest has been read. */
	int (*begin)(void *ctx, const struct archive_info *info);
	/* The next of info's files; then its bytes; then its end. */
	int (*file)(void *ctx, const struct archive_file *file);
	int (*data)(void *ctx, struct span bytes);
	int (*end)(void *ctx);
	void *ctx;
};

/* Reads the archive and checks every byte of it. sink may be NULL: it is only checked. info_r is what the manifest
 * said, as far as that was read. message_r (512 bytes): a sentence on failure, but for the sink's. Returns 0, ERR_DAMAGED (truncated, changed, or no
 * backup at all), ERR_NEWER, ERR_NOMEM, or an error of source or sink. */
int archive_read(const struct archive_source *source, const struct archive_sink *sink, struct archive_info *info_r,
		 char message_r[512]);

#endif
