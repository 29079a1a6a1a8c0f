/* What a backup's file looks like: a ustar archive, so that ordinary tools take it apart in need (`tar xf FILE &&
 * b2sum -c B2SUMS`). The manifest comes first, then the state's files, then their BLAKE2b sums; two blocks of zeroes
 * end it. Nothing is compressed: chunks are already. Pure; any thread.
 *
 * The manifest is lines of words: "tomte-backup 1", "tomte <version>", "hub <id>", "created <ms>", "history here|elsewhere", and
 * "file <bytes> <name>" for each file in order. A reader passes over lines of other names; what they must not
 * pass over raises the format's number. */
#ifndef DB_ARCHIVE_H
#define DB_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	ARCHIVE_FORMAT = 1,
	ARCHIVE_BLOCK = 512,
	ARCHIVE_SUM_BYTES = 64, /* BLAKE2b-512, as b2sum(1) */
	ARCHIVE_FILES_MAX = 8,
	ARCHIVE_MANIFEST_MAX = 4096,
};

#define ARCHIVE_MANIFEST "tomte-backup.txt"
#define ARCHIVE_SUMS "B2SUMS"

struct schema;

/* One of the files that make a hub what it is for its owner and its devices. */
struct archive_file {
	const char *name;            /* within the state directory */
	const struct schema *schema; /* of a database, which is always there; NULL for others, which may be missing */
};

/* The table of them, in the archive's order; ARCHIVE_FILES_MAX at most. */
const struct archive_file *archive_files(size_t *count_r);

/* The one with the name; NULL when there is none. */
const struct archive_file *archive_file_find(struct span name);

/* What the manifest says. */
struct archive_info {
	int64_t created_ms;
	char hub[32], version[32]; /* the hub's id, and the program's version */
	bool elsewhere;            /* history lies on a database server and is not in here but for what waits to go there */
	size_t count;
	struct {
		const struct archive_file *file;
		uint64_t bytes;
	} files[ARCHIVE_FILES_MAX];
};

/* Bytes of all files together. */
uint64_t archive_info_bytes(const struct archive_info *info);

/* Appends the manifest. Returns 0 or ERR_NOMEM. */
int archive_manifest_append(struct buf *out, const struct archive_info *info);

/* Reads a manifest. Returns 0, ERR_NEWER (info_r->version is set), or ERR_DAMAGED. */
int archive_manifest_parse(struct span text, struct archive_info *info_r);

/* Appends a line of ARCHIVE_SUMS. Returns 0 or ERR_NOMEM. */
int archive_sum_append(struct buf *out, const char *name, const uint8_t sum[ARCHIVE_SUM_BYTES]);

/* An entry's header: name of at most 99 bytes, size, time of change in seconds. */
void archive_header_make(uint8_t block_r[ARCHIVE_BLOCK], const char *name, uint64_t bytes, int64_t mtime_s);

/* Whether the block is exactly the header of an entry with the name as archive_header_make makes it. */
bool archive_header_parse(const uint8_t block[ARCHIVE_BLOCK], const char *name, uint64_t *bytes_r);

/* Zeroes that follow so many bytes, up to a whole block. */
size_t archive_padding(uint64_t bytes);

#endif
