/* A history in memory. Of samples with the same series and time the later one counts. */
#include "support/memory_history.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void memory_history_init(struct memory_history *m)
{
	memset(m, 0, sizeof *m);
	m->samples = calloc(MEMORY_SAMPLES_MAX, sizeof *m->samples);
	m->words_allowed = MEMORY_WORDS_MAX;
	ck_assert_ptr_nonnull(m->samples);
}

void memory_history_finish(struct memory_history *m)
{
	free(m->samples);
	m->samples = NULL;
}

int64_t memory_add_series(struct memory_history *m, const struct history_series *series)
{
	ck_assert_uint_lt(m->series_count, MEMORY_SERIES_MAX);
	m->series[m->series_count] = *series;
	m->series[m->series_count].id = (int64_t)m->series_count + 1;
	return (int64_t)++m->series_count;
}

void memory_add_sample(struct memory_history *m, int64_t series, int64_t at_ms, double value)
{
	ck_assert_uint_lt(m->count, MEMORY_SAMPLES_MAX);
	m->samples[m->count++] = (struct sample){series, {at_ms}, value};
	m->sorted = false;
}

static int compare(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	return x->at.ms < y->at.ms ? -1 : x->at.ms > y->at.ms;
}

static void sort(struct memory_history *m)
{
	if (m->sorted)
		return;
	qsort(m->samples, m->count, sizeof *m->samples, compare); /* glibc's merges: stable */
	size_t kept = 0;
	for (size_t i = 0; i < m->count; i++) {
		if (kept && compare(&m->samples[kept - 1], &m->samples[i]) == 0)
			kept--;
		m->samples[kept++] = m->samples[i];
	}
	m->count = kept;
	m->sorted = true;
}

const struct sample *memory_samples(struct memory_history *m, int64_t series, size_t *count_r)
{
	sort(m);
	size_t first = 0;
	while (first < m->count && m->samples[first].series < series)
		first++;
	*count_r = 0;
	while (first + *count_r < m->count && m->samples[first + *count_r].series == series)
		++*count_r;
	return m->samples + first;
}

int64_t memory_find(struct memory_history *m, const char *label)
{
	char other[HISTORY_LABEL_SIZE];
	for (size_t i = 0; i < m->series_count; i++) {
		history_label(&m->series[i], other);
		if (strcmp(other, label) == 0)
			return m->series[i].id;
	}
	return 0;
}

static int series_each(void *ctx, void (*each)(void *each_ctx, const struct history_series *series), void *each_ctx)
{
	struct memory_history *m = ctx;
	for (size_t i = 0; i < m->series_count; i++)
		each(each_ctx, &m->series[i]);
	return 0;
}

static int series_get(void *ctx, int64_t id, struct history_series *series_r)
{
	struct memory_history *m = ctx;
	if (id < 1 || (size_t)id > m->series_count)
		return ERR_NOT_FOUND;
	*series_r = m->series[id - 1];
	return 0;
}

static int scan(void *ctx, int64_t series, int64_t from_ms, int64_t to_ms,
		int (*each)(void *each_ctx, const struct sample *samples, size_t count), void *each_ctx)
{
	struct memory_history *m = ctx;
	size_t count, piece = m->scan_piece ? m->scan_piece : 1000;
	const struct sample *samples = memory_samples(m, series, &count);
	if (++m->scans >= m->scan_fails_after && m->scan_fails_after)
		return ERR_IO;
	while (count && samples->at.ms < from_ms) {
		samples++;
		count--;
	}
	while (count && samples[count - 1].at.ms >= to_ms)
		count--;
	for (; count; samples += piece, count -= piece) {
		if (piece > count)
			piece = count;
		int err = each(each_ctx, samples, piece);
		if (err)
			return err;
	}
	return 0;
}

static int word_text(void *ctx, int64_t series, double code, char text_r[HISTORY_WORD_SIZE])
{
	struct memory_history *m = ctx;
	(void)series;
	if (code < 0 || code >= (double)m->word_count)
		return ERR_NOT_FOUND;
	memcpy(text_r, m->words[(size_t)code], HISTORY_WORD_SIZE);
	return 0;
}

struct history_source memory_source(struct memory_history *m)
{
	return (struct history_source){series_each, series_get, scan, word_text, m};
}

static int find(void *ctx, const char *label, struct history_series *series_r)
{
	int64_t id = memory_find(ctx, label);
	return id ? series_get(ctx, id, series_r) : ERR_NOT_FOUND;
}

static int64_t make(void *ctx, const struct history_series *wanted)
{
	return memory_add_series(ctx, wanted);
}

static int word_code(void *ctx, int64_t series, struct span text, double *code_r)
{
	struct memory_history *m = ctx;
	(void)series;
	size_t i = 0;
	while (i < m->word_count && !span_is(text, m->words[i]))
		i++;
	if (i == m->words_allowed)
		return ERR_FULL;
	if (i == m->word_count) {
		memcpy(m->words[i], text.data, text.len);
		m->word_count++;
	}
	*code_r = (double)i;
	return 0;
}

static int append(void *ctx, const struct sample *samples, size_t count)
{
	struct memory_history *m = ctx;
	ck_assert_uint_le(count, IMPORT_BATCH);
	m->appends++;
	for (size_t i = 0; i < count && !m->append_err; i++)
		memory_add_sample(m, samples[i].series, samples[i].at.ms, samples[i].value);
	return m->append_err;
}

static int progress(void *ctx, const struct import_progress *p)
{
	struct memory_history *m = ctx;
	m->progress = *p;
	return m->cancel;
}

struct history_sink memory_sink(struct memory_history *m)
{
	return (struct history_sink){find, make, word_code, append, progress, m};
}
