/* The format of a backup's file: headers of ustar, the manifest, the table of what goes in. Pure, any thread;
 * knows neither disks nor databases. */
#include "db/archive.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/schema.h"

static const struct archive_file files[] = {
	{"hub.db", &schema_hub},
	{"broker.db", &schema_broker},
	{"telemetry.db", &schema_telemetry},
	{"identity.key", NULL}, /* with which it signs enrolments */
	{"pki/ca.key", NULL},   /* the authority that the house's devices and browsers trust */
	{"pki/ca.pem", NULL},
	{"pki/hub.key", NULL},
	{"pki/hub.pem", NULL},
};
_Static_assert(sizeof files / sizeof *files <= ARCHIVE_FILES_MAX, "room for all");

const struct archive_file *archive_files(size_t *count_r)
{
	*count_r = sizeof files / sizeof *files;
	return files;
}

const struct archive_file *archive_file_find(struct span name)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (span_is(name, files[i].name))
			return &files[i];
	return NULL;
}

uint64_t archive_info_bytes(const struct archive_info *info)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < info->count; i++)
		bytes += info->files[i].bytes;
	return bytes;
}

/* ---- the manifest ------------------------------------------------------ */

int archive_manifest_append(struct buf *out, const struct archive_info *info)
{
	int err = buf_printf(out, "tomte-backup %d\ntomte %s\nhub %s\ncreated %" PRId64 "\nhistory %s\n", ARCHIVE_FORMAT,
			     info->version, info->hub, info->created_ms, info->elsewhere ? "elsewhere" : "here");
	for (size_t i = 0; i < info->count && !err; i++)
		err = buf_printf(out, "file %" PRIu64 " %s\n", info->files[i].bytes, info->files[i].file->name);
	return err;
}

/* Cuts what stands before the first `end` off text. Returns false when there is none. */
static bool cut(struct span *text, char end, struct span *word_r)
{
	const uint8_t *at = text->len ? memchr(text->data, end, text->len) : NULL;
	if (!at)
		return false;
	*word_r = span_of(text->data, (size_t)(at - text->data));
	*text = span_of(at + 1, text->len - word_r->len - 1);
	return true;
}

static int parse_int(struct span text, int64_t *value_r)
{
	char digits[24];
	return str_copy_span(digits, sizeof digits, text) || str_to_int(digits, 0, INT64_MAX, value_r) ? ERR_DAMAGED : 0;
}

/* Files come in the table's order, none twice. */
static int parse_file(struct span rest, struct archive_info *info)
{
	struct span size;
	int64_t bytes;
	if (!cut(&rest, ' ', &size) || parse_int(size, &bytes) || info->count == ARCHIVE_FILES_MAX)
		return ERR_DAMAGED;
	const struct archive_file *file = archive_file_find(rest);
	if (!file || (info->count && file <= info->files[info->count - 1].file) ||
	    (uint64_t)bytes > INT64_MAX - archive_info_bytes(info))
		return ERR_DAMAGED;
	info->files[info->count].file = file;
	info->files[info->count++].bytes = (uint64_t)bytes;
	return 0;
}

static int parse_line(struct span line, struct archive_info *info)
{
	struct span name;
	if (!cut(&line, ' ', &name))
		return ERR_DAMAGED;
	if (span_is(name, "tomte"))
		return str_copy_span(info->version, sizeof info->version, line);
	if (span_is(name, "hub"))
		return str_copy_span(info->hub, sizeof info->hub, line);
	if (span_is(name, "created"))
		return parse_int(line, &info->created_ms);
	if (span_is(name, "history"))
		info->elsewhere = !span_is(line, "here");
	return span_is(name, "file") ? parse_file(line, info) : 0;
}

/* All databases must be in. */
static bool is_whole(const struct archive_info *info)
{
	size_t present = 0, wanted = 0;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		wanted += files[i].schema != NULL;
	for (size_t i = 0; i < info->count; i++)
		present += info->files[i].file->schema != NULL;
	return present == wanted;
}

int archive_manifest_parse(struct span text, struct archive_info *info_r)
{
	struct span line, word;
	int64_t format;
	*info_r = (struct archive_info){0};
	if (!cut(&text, '\n', &line) || !cut(&line, ' ', &word) || !span_is(word, "tomte-backup") || parse_int(line, &format) ||
	    format < 1)
		return ERR_DAMAGED;
	int err = 0;
	while (!err && cut(&text, '\n', &line)) {
		err = parse_line(line, info_r);
		if (format > ARCHIVE_FORMAT && info_r->version[0]) /* of that one nothing else is known */
			return ERR_NEWER;
	}
	if (format > ARCHIVE_FORMAT)
		return ERR_NEWER;
	return err || text.len || !is_whole(info_r) ? ERR_DAMAGED : 0;
}

int archive_sum_append(struct buf *out, const char *name, const uint8_t sum[ARCHIVE_SUM_BYTES])
{
	char hex[2 * ARCHIVE_SUM_BYTES + 1];
	str_to_hex(hex, sum, ARCHIVE_SUM_BYTES);
	return buf_printf(out, "%s  %s\n", hex, name); /* as b2sum(1) */
}

/* ---- ustar ------------------------------------------------------------- */

/* POSIX.1-2017, pax, "ustar Interchange Format". */
enum {
	AT_NAME = 0, AT_MODE = 100, AT_UID = 108, AT_GID = 116, AT_SIZE = 124, AT_MTIME = 136, AT_SUM = 148, AT_TYPE = 156,
	AT_MAGIC = 257, AT_VERSION = 263,
	ID_DIGITS = 7, LONG_DIGITS = 11, SUM_DIGITS = 6,
};

static void put_octal(uint8_t *at, int digits, uint64_t value)
{
	for (int i = digits - 1; i >= 0; i--, value >>= 3)
		at[i] = (uint8_t)('0' + (value & 7));
}

/* More than 8 GiB do not fit the eleven digits: then, as GNU's and all other tar's of today, a number to base 256. */
static void put_size(uint8_t *at, uint64_t bytes)
{
	if (bytes >> 3 * LONG_DIGITS == 0) {
		put_octal(at, LONG_DIGITS, bytes);
		return;
	}
	at[0] = 0x80;
	for (int i = LONG_DIGITS; i >= LONG_DIGITS - 7; i--, bytes >>= 8)
		at[i] = (uint8_t)bytes;
}

static uint64_t take_octal(const uint8_t *at, int digits)
{
	uint64_t value = 0;
	for (int i = 0; i < digits; i++)
		value = value << 3 | (at[i] & 7);
	return value;
}

static uint64_t take_size(const uint8_t *at)
{
	uint64_t bytes = 0;
	if (at[0] != 0x80)
		return take_octal(at, LONG_DIGITS);
	for (int i = LONG_DIGITS - 7; i <= LONG_DIGITS; i++)
		bytes = bytes << 8 | at[i];
	return bytes;
}

void archive_header_make(uint8_t block_r[ARCHIVE_BLOCK], const char *name, uint64_t bytes, int64_t mtime_s)
{
	memset(block_r, 0, ARCHIVE_BLOCK);
	memcpy(block_r + AT_NAME, name, strnlen(name, AT_MODE - 1));
	put_octal(block_r + AT_MODE, ID_DIGITS, 0600);
	put_octal(block_r + AT_UID, ID_DIGITS, 0);
	put_octal(block_r + AT_GID, ID_DIGITS, 0);
	put_size(block_r + AT_SIZE, bytes);
	put_octal(block_r + AT_MTIME, LONG_DIGITS, mtime_s > 0 ? (uint64_t)mtime_s : 0);
	block_r[AT_TYPE] = '0';
	memcpy(block_r + AT_MAGIC, "ustar", 6);
	memcpy(block_r + AT_VERSION, "00", 2);
	memset(block_r + AT_SUM, ' ', 8); /* as which the sum's own field counts */
	uint64_t sum = 0;
	for (size_t i = 0; i < ARCHIVE_BLOCK; i++)
		sum += block_r[i];
	put_octal(block_r + AT_SUM, SUM_DIGITS, sum);
	block_r[AT_SUM + SUM_DIGITS] = 0;
}

bool archive_header_parse(const uint8_t block[ARCHIVE_BLOCK], const char *name, uint64_t *bytes_r)
{
	uint8_t same[ARCHIVE_BLOCK];
	*bytes_r = take_size(block + AT_SIZE);
	archive_header_make(same, name, *bytes_r, (int64_t)take_octal(block + AT_MTIME, LONG_DIGITS));
	return memcmp(block, same, sizeof same) == 0;
}

size_t archive_padding(uint64_t bytes)
{
	return (size_t)(-bytes % ARCHIVE_BLOCK);
}
