/* The common part of imports. The importing thread; blocks where the sink does. */
#include "history/importer.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "base/str.h"

enum { PROGRESS_ROWS = 4096, QUOTE_SIZE = 41 };

struct import_series {
	struct map_node node;
	char label[HISTORY_LABEL_SIZE];
	struct history_series series; /* id 0 until the first sample */
	bool kind_known;
};

struct importer {
	struct history_sink sink;
	struct map series; /* import_series.node */
	struct import_progress progress;
	unsigned rows; /* since the sink was last told */
	size_t count;
	struct sample batch[IMPORT_BATCH];
};

int importer_create(const struct history_sink *sink, struct importer **imp_r)
{
	*imp_r = calloc(1, sizeof **imp_r);
	if (!*imp_r)
		return ERR_NOMEM;
	(*imp_r)->sink = *sink;
	return 0;
}

void importer_destroy(struct importer **imp)
{
	struct importer *i = *imp;
	if (!i)
		return;
	for (struct map_node *node = map_next(&i->series, NULL), *next; node; node = next) {
		next = map_next(&i->series, node);
		free(container_of(node, struct import_series, node));
	}
	map_finish(&i->series);
	free(i);
	*imp = NULL;
}

struct import_series *importer_find(struct importer *imp, struct span label)
{
	struct map_node *node = map_get(&imp->series, label);
	return node ? container_of(node, struct import_series, node) : NULL;
}

int importer_add(struct importer *imp, const char *label, const struct history_series *wanted, bool kind_known,
		 struct import_series **series_r)
{
	struct import_series *s = calloc(1, sizeof *s);
	int err = s ? str_copy(s->label, sizeof s->label, label) : ERR_NOMEM;
	char own_label[HISTORY_LABEL_SIZE];
	history_label(wanted, own_label);
	if (!err)
		err = imp->sink.find(imp->sink.ctx, label, &s->series);
	if (err == ERR_NOT_FOUND) /* an earlier import may have made it */
		err = imp->sink.find(imp->sink.ctx, own_label, &s->series);
	if (!err)
		s->kind_known = true;
	if (err == ERR_NOT_FOUND) {
		s->series = *wanted;
		s->series.id = 0;
		s->kind_known = kind_known;
		err = 0;
	}
	if (!err)
		err = map_put(&imp->series, &s->node, span_str(s->label));
	if (err)
		free(s);
	*series_r = err ? NULL : s;
	return err;
}

void importer_quote(char *dst, size_t size, struct span text)
{
	size_t i = 0;
	for (; i < text.len && i < size - 1; i++)
		dst[i] = text.data[i] >= 0x20 && text.data[i] < 0x7f ? (char)text.data[i] : '?';
	dst[i] = 0;
	if (i < text.len && size > 4)
		memcpy(dst + size - 4, "...", 4);
}

void importer_skip(struct importer *imp, uint64_t rows, const char *reason)
{
	struct import_progress *p = &imp->progress;
	p->skipped += rows;
	if (p->error_count < IMPORT_ERRORS_MAX) /* what does not fit is cut */
		str_format(p->errors[p->error_count++], IMPORT_ERROR_SIZE, "%s", reason);
}

/* ---- values ------------------------------------------------------------ */

enum meaning { MEANS_NOTHING, MEANS_NUMBER, MEANS_ON_OFF, MEANS_TEXT };

static bool is_word(struct span text, const char *word)
{
	return text.len == strlen(word) && (text.len == 0 || strncasecmp((const char *)text.data, word, text.len) == 0);
}

static enum meaning understand(struct span text, double *value_r)
{
	static const struct {
		const char *word;
		enum meaning meaning;
		double value;
	} words[] = {
		{"", MEANS_NOTHING, 0},       {"unknown", MEANS_NOTHING, 0},   {"unavailable", MEANS_NOTHING, 0},
		{"none", MEANS_NOTHING, 0},   {"null", MEANS_NOTHING, 0},      {"on", MEANS_ON_OFF, 1},
		{"off", MEANS_ON_OFF, 0},     {"true", MEANS_ON_OFF, 1},       {"false", MEANS_ON_OFF, 0},
		{"nan", MEANS_NUMBER, NAN},   {"infinity", MEANS_NUMBER, INFINITY}, {"-infinity", MEANS_NUMBER, -INFINITY},
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (is_word(text, words[i].word)) {
			*value_r = words[i].value;
			return words[i].meaning;
		}
	return str_to_double(text, value_r) ? MEANS_TEXT : MEANS_NUMBER;
}

bool importer_is_empty(struct span text)
{
	double value;
	return understand(text, &value) == MEANS_NOTHING;
}

void importer_count_empty(struct importer *imp)
{
	imp->progress.empty++;
}

static const char *kind_wants(enum series_kind kind)
{
	return kind == SERIES_BINARY ? "on or off" : "numbers";
}

/* Makes the series when this is its first sample. */
static int ensure(struct importer *imp, struct import_series *s)
{
	if (s->series.id == 0) {
		int64_t id = imp->sink.make(imp->sink.ctx, &s->series);
		if (id <= 0)
			return id ? (int)id : ERR_STATE;
		s->series.id = id;
	}
	return 0;
}

static int put(struct importer *imp, struct import_series *s, int64_t at_ms, double value)
{
	if (imp->count == IMPORT_BATCH) { /* the caller forgot to advance: still correct */
		int err = importer_advance(imp, imp->progress.done, imp->progress.total, true);
		if (err)
			return err;
	}
	imp->batch[imp->count++] = (struct sample){s->series.id, {at_ms}, value};
	return 0;
}

static int take_word(struct importer *imp, struct import_series *s, int64_t at_ms, struct span text,
		     char reason_r[IMPORT_ERROR_SIZE])
{
	double code;
	if (text.len >= HISTORY_WORD_SIZE || !str_utf8_valid(text)) {
		str_format(reason_r, IMPORT_ERROR_SIZE, "a text of %.60s is %s", s->label,
			   text.len >= HISTORY_WORD_SIZE ? "longer than 255 bytes" : "no valid UTF-8");
		return ERR_MALFORMED;
	}
	int err = ensure(imp, s);
	if (!err)
		err = imp->sink.word(imp->sink.ctx, s->series.id, text, &code);
	if (err == ERR_FULL || err == ERR_TOO_LARGE) {
		str_format(reason_r, IMPORT_ERROR_SIZE, "%.60s has too many different texts", s->label);
		return ERR_MALFORMED;
	}
	return err ? err : put(imp, s, at_ms, code);
}

int importer_take(struct importer *imp, struct import_series *s, int64_t at_ms, struct span text,
		  char reason_r[IMPORT_ERROR_SIZE])
{
	double value = 0;
	enum meaning meaning = understand(text, &value);
	if (meaning == MEANS_NOTHING) {
		imp->progress.empty++;
		return 0;
	}
	if (!s->kind_known) {
		s->series.kind = meaning == MEANS_TEXT     ? SERIES_TEXT
				 : meaning == MEANS_ON_OFF ? SERIES_BINARY
							   : SERIES_GAUGE;
		s->kind_known = true;
	}
	if (s->series.kind == SERIES_TEXT)
		return take_word(imp, s, at_ms, text, reason_r);
	bool fits = meaning == MEANS_NUMBER || meaning == MEANS_ON_OFF;
	if (s->series.kind == SERIES_BINARY)
		fits = meaning == MEANS_ON_OFF || (meaning == MEANS_NUMBER && (value == 0 || value == 1));
	if (!fits) {
		char quoted[QUOTE_SIZE];
		importer_quote(quoted, sizeof quoted, text);
		str_format(reason_r, IMPORT_ERROR_SIZE, "\"%s\" does not go into %.60s, which takes %s", quoted, s->label,
			   kind_wants(s->series.kind));
		return ERR_MALFORMED;
	}
	int err = ensure(imp, s);
	return err ? err : put(imp, s, at_ms, value);
}

int importer_take_number(struct importer *imp, struct import_series *s, int64_t at_ms, double value,
			 char reason_r[IMPORT_ERROR_SIZE])
{
	if (s->kind_known && (s->series.kind == SERIES_TEXT || s->series.kind == SERIES_BINARY)) {
		str_format(reason_r, IMPORT_ERROR_SIZE, "numbers do not go into %.60s, which takes %s", s->label,
			   s->series.kind == SERIES_TEXT ? "texts" : "on or off");
		return ERR_MALFORMED;
	}
	s->kind_known = true; /* a gauge, unless wanted said otherwise */
	int err = ensure(imp, s);
	return err ? err : put(imp, s, at_ms, value);
}

/* ---- batches ----------------------------------------------------------- */

static int flush_batch(struct importer *imp)
{
	int err = imp->count ? imp->sink.append(imp->sink.ctx, imp->batch, imp->count) : 0;
	if (!err)
		imp->progress.samples += imp->count;
	imp->count = 0;
	return err;
}

static uint64_t count_series(const struct importer *imp)
{
	uint64_t count = 0;
	for (struct map_node *node = map_next(&imp->series, NULL); node; node = map_next(&imp->series, node))
		count += container_of(node, struct import_series, node)->series.id != 0;
	return count;
}

int importer_advance(struct importer *imp, uint64_t done, uint64_t total, bool flush)
{
	imp->progress.done = done;
	imp->progress.total = total;
	bool tell = flush || ++imp->rows >= PROGRESS_ROWS;
	int err = flush || imp->count == IMPORT_BATCH ? flush_batch(imp) : 0;
	if (err || !tell)
		return err;
	imp->rows = 0;
	imp->progress.series = count_series(imp);
	return imp->sink.progress(imp->sink.ctx, &imp->progress) ? ERR_CLOSED : 0;
}

const struct import_progress *importer_progress(const struct importer *imp)
{
	return &imp->progress;
}
