/* CSV files as people upload them, into a history in memory: whole, and in the pieces that the first byte chooses. Both
 * must come to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "history/csv_import.h"
#include "history/time_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	int64_t series;
	uint64_t samples, words;
};

static int find(void *ctx, const char *label, struct history_series *series_r)
{
	(void)ctx;
	*series_r = (struct history_series){.id = 1, .kind = SERIES_GAUGE};
	return strcmp(label, "a/b") == 0 ? 0 : ERR_NOT_FOUND;
}

static int64_t make(void *ctx, const struct history_series *wanted)
{
	struct tally *t = ctx;
	if (wanted->id || !wanted->topic[0] || strlen(wanted->topic) >= sizeof wanted->topic)
		abort();
	return 2 + t->series++;
}

static int word(void *ctx, int64_t series, struct span text, double *code_r)
{
	struct tally *t = ctx;
	if (series < 1 || text.len == 0 || text.len >= HISTORY_WORD_SIZE)
		abort();
	*code_r = (double)t->words++;
	return t->words % 8 ? 0 : ERR_FULL;
}

static int append(void *ctx, const struct sample *samples, size_t count)
{
	struct tally *t = ctx;
	for (size_t i = 0; i < count; i++)
		if (samples[i].series < 1 || samples[i].at.ms < TIME_TEXT_FIRST_MS || samples[i].at.ms > TIME_TEXT_LAST_MS)
			abort();
	t->samples += count;
	return 0;
}

static int progress(void *ctx, const struct import_progress *p)
{
	(void)ctx;
	return p->error_count > IMPORT_ERRORS_MAX;
}

static struct tally import(struct span text, size_t piece)
{
	struct tally tally = {0};
	struct history_sink sink = {find, make, word, append, progress, &tally};
	struct importer *imp;
	struct csv_import *c;
	int err = 0;
	if (importer_create(&sink, &imp) || csv_import_create(imp, "x", text.len, &c))
		abort();
	while (!err && text.len) {
		size_t len = text.len < piece ? text.len : piece;
		err = csv_import_feed(c, span_of(text.data, len));
		text = span_of(text.data + len, text.len - len);
	}
	if (!err)
		err = csv_import_end(c);
	if (err && err != ERR_MALFORMED)
		abort();
	if (err && !csv_import_message(c)[0])
		abort();
	csv_import_destroy(&c);
	importer_destroy(&imp);
	return tally;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct span text = span_of(data + 1, size - 1);
	struct tally whole = import(text, size), pieces = import(text, 1 + data[0] % 64);
	if (whole.samples != pieces.samples || whole.words != pieces.words || whole.series != pieces.series)
		abort();
	return 0;
}
