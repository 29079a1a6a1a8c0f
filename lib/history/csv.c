/* Splitting CSV into records and these into fields. Pure; one thread at a time. Knows nothing of
 * what the columns mean. */
#include "history/csv.h"

#include <string.h>

#include "base/err.h"

enum state {
	FIELD_START, /* a quote here opens a quoted field */
	PLAIN,
	QUOTED,
	QUOTE_SEEN, /* within a quoted field: its end, or the first of two */
};

void csv_finish(struct csv *csv)
{
	buf_finish(&csv->record);
}

static bool separates(const struct csv *csv, uint8_t c)
{
	return csv->separator ? c == (uint8_t)csv->separator : c == ',' || c == ';' || c == '\t';
}

static enum state next_state(const struct csv *csv, uint8_t c)
{
	switch (csv->state) {
	case QUOTED:
		return c == '"' ? QUOTE_SEEN : QUOTED;
	case QUOTE_SEEN:
		if (c == '"')
			return QUOTED;
		break;
	case FIELD_START:
		if (c == '"')
			return QUOTED;
		break;
	default:
		break;
	}
	return separates(csv, c) ? FIELD_START : PLAIN;
}

/* What the record holds most of, outside quotes. */
static char find_separator(struct span record)
{
	static const char candidates[] = {',', ';', '\t'};
	size_t counts[sizeof candidates] = {0}, best = 0;
	bool quoted = false;
	for (size_t i = 0; i < record.len; i++) {
		if (record.data[i] == '"')
			quoted = !quoted;
		for (size_t c = 0; !quoted && c < sizeof candidates; c++)
			counts[c] += record.data[i] == (uint8_t)candidates[c];
	}
	for (size_t c = 1; c < sizeof candidates; c++)
		if (counts[c] > counts[best])
			best = c;
	return candidates[best];
}

/* Takes one field off the record, unquoted where it lies; *more_r: a separator followed. */
static bool take_field(struct span *record, char separator, struct span *field_r, bool *more_r)
{
	uint8_t *data = (uint8_t *)(uintptr_t)record->data; /* of csv->record, ours */
	size_t i = 0, len = 0;
	if (record->len && data[0] == '"') {
		for (i = 1; i < record->len; i++) {
			if (data[i] == '"' && (i + 1 == record->len || data[i + 1] != '"'))
				break;
			i += data[i] == '"';
			data[len++] = data[i];
		}
		i++; /* the closing quote */
		if (i < record->len && data[i] != (uint8_t)separator)
			return false;
	} else {
		const uint8_t *end = record->len ? memchr(data, separator, record->len) : NULL;
		i = len = end ? (size_t)(end - data) : record->len;
	}
	*field_r = span_of(data, len);
	*more_r = i < record->len;
	*record = *more_r ? span_of(data + i + 1, record->len - i - 1) : (struct span){0};
	return true;
}

static void split(const struct csv *csv, struct span record, struct csv_row *row)
{
	bool more = true;
	while (more) {
		if (row->count == CSV_FIELDS_MAX) {
			row->problem = "it has more than 64 columns";
			break;
		}
		if (!take_field(&record, csv->separator, &row->fields[row->count++], &more)) {
			row->problem = "something follows a closing quote";
			break;
		}
	}
	if (row->problem)
		row->count = 0;
}

/* The record is complete. */
static int hand_over(struct csv *csv, int (*row)(void *ctx, const struct csv_row *row), void *ctx)
{
	struct span record = buf_span(&csv->record);
	struct csv_row r = {.line = csv->begun};
	static const uint8_t bom[] = {0xef, 0xbb, 0xbf};
	if (csv->begun == 1 && span_starts(record, span_of(bom, sizeof bom)))
		record = span_of(record.data + sizeof bom, record.len - sizeof bom);
	if (record.len && record.data[record.len - 1] == '\r')
		record.len--;
	bool too_long = csv->too_long, open = csv->state == QUOTED;
	csv->record.len = 0;
	csv->begun = 0;
	csv->too_long = false;
	csv->state = FIELD_START;
	if (record.len == 0 && !too_long)
		return 0;
	if (too_long)
		r.problem = "it is longer than 16 KiB; is a quote left open?";
	else if (open)
		r.problem = "a quote is left open";
	else if (!csv->separator)
		csv->separator = find_separator(record);
	if (!r.problem)
		split(csv, record, &r);
	return row(ctx, &r);
}

int csv_feed(struct csv *csv, struct span piece, int (*row)(void *ctx, const struct csv_row *row), void *ctx)
{
	if (csv->line == 0)
		csv->line = 1;
	for (size_t i = 0; i < piece.len; i++) {
		uint8_t c = piece.data[i];
		/* a byte order mark is no field's first character; the quote behind it is */
		bool mark = csv->line == 1 && csv->record.len < 3 && c >= 0xbb;
		if (csv->begun == 0)
			csv->begun = csv->line;
		csv->line += c == '\n';
		if (c == '\n' && (csv->state != QUOTED || csv->too_long)) {
			int err = hand_over(csv, row, ctx);
			if (err)
				return err;
			continue;
		}
		if (csv->record.len >= CSV_RECORD_MAX)
			csv->too_long = true;
		if (csv->too_long) /* up to the next line end */
			continue;
		if (!mark)
			csv->state = next_state(csv, c);
		if (buf_append(&csv->record, &c, 1))
			return ERR_NOMEM;
	}
	return 0;
}

int csv_end(struct csv *csv, int (*row)(void *ctx, const struct csv_row *row), void *ctx)
{
	return csv->begun ? hand_over(csv, row, ctx) : 0;
}
