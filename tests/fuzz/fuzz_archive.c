/* A backup's file: what is accepted has come through the sink whole and in order; nothing is read outside of it. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/archive_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

struct seen {
	struct span left;
	const struct archive_info *info;
	size_t files; /* that have ended */
	bool open;
	uint64_t bytes; /* of the open one */
};

/* In uneven pieces, as a pipe gives them. */
static int read_piece(void *ctx, void *data, size_t len, size_t *got_r)
{
	struct seen *seen = ctx;
	size_t most = seen->left.len % 700 + 1;
	*got_r = len < most ? len : most;
	if (*got_r > seen->left.len)
		*got_r = seen->left.len;
	if (*got_r)
		memcpy(data, seen->left.data, *got_r);
	seen->left = span_of(seen->left.data + *got_r, seen->left.len - *got_r);
	return 0;
}

static int begin(void *ctx, const struct archive_info *info)
{
	struct seen *seen = ctx;
	check(!seen->info && info->count <= ARCHIVE_FILES_MAX && archive_info_bytes(info) <= INT64_MAX);
	seen->info = info;
	return 0;
}

static int file(void *ctx, const struct archive_file *file)
{
	struct seen *seen = ctx;
	check(!seen->open && seen->files < seen->info->count && seen->info->files[seen->files].file == file);
	seen->open = true;
	seen->bytes = 0;
	return 0;
}

static int take(void *ctx, struct span bytes)
{
	struct seen *seen = ctx;
	check(seen->open && bytes.len);
	seen->bytes += bytes.len;
	check(seen->bytes <= seen->info->files[seen->files].bytes);
	return 0;
}

static int end(void *ctx)
{
	struct seen *seen = ctx;
	check(seen->open && seen->bytes == seen->info->files[seen->files].bytes);
	seen->open = false;
	seen->files++;
	return 0;
}

/* A manifest says the same when it is written anew. */
static void check_manifest(struct span text)
{
	struct archive_info info, again;
	struct buf out = {0};
	if (archive_manifest_parse(text, &info) != 0)
		return;
	check(archive_manifest_append(&out, &info) == 0 && archive_manifest_parse(buf_span(&out), &again) == 0);
	check(again.count == info.count && again.created_ms == info.created_ms && strcmp(again.hub, info.hub) == 0 &&
	      archive_info_bytes(&again) == archive_info_bytes(&info));
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive_info info;
	struct seen seen = {.left = span_of(data, size)};
	char message[512];
	int err = archive_read(&(struct archive_source){read_piece, &seen}, &(struct archive_sink){begin, file, take, end, &seen}, &info,
			       message);
	check(err == 0 || err == ERR_DAMAGED || err == ERR_NEWER);
	check((err == 0) == (message[0] == 0));
	check(err || (seen.files == info.count && !seen.open && !seen.left.len));
	check_manifest(span_of(data, size));
	return 0;
}
