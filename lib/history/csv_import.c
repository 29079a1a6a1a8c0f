/* What the columns of a CSV file mean, and its rows. The importing thread. */
#include "history/csv_import.h"

#include <stdlib.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"
#include "history/csv.h"
#include "history/format.h"
#include "history/time_text.h"

enum column { COLUMN_TIME, COLUMN_VALUE, COLUMN_SERIES, COLUMN_UNIT, COLUMN_COUNT };

enum { NO_COLUMN = -1, NAMES_MAX = 7 };

static const char *const column_names[COLUMN_COUNT][NAMES_MAX] = {
	/* the better name first: a file may have several */
	[COLUMN_TIME] = {"time", "timestamp", "last_updated", "last_changed", "datetime", "date"},
	[COLUMN_VALUE] = {"value", "state", "mean"},
	[COLUMN_SERIES] = {"series", "entity_id", "name"},
	[COLUMN_UNIT] = {"unit", "unit_of_measurement"},
};

struct csv_import {
	struct importer *imp; /* borrowed */
	struct csv csv;
	uint64_t done, total;
	int columns[COLUMN_COUNT]; /* index, or NO_COLUMN */
	bool header_read, homeassistant;
	char series[HISTORY_LABEL_SIZE];
	char message[256];
};

int csv_import_create(struct importer *imp, const char *series, uint64_t total, struct csv_import **c_r)
{
	struct csv_import *c = calloc(1, sizeof *c);
	*c_r = c;
	if (!c)
		return ERR_NOMEM;
	c->imp = imp;
	c->total = total;
	str_copy(c->series, sizeof c->series, series);
	return 0;
}

void csv_import_destroy(struct csv_import **c)
{
	if (!*c)
		return;
	csv_finish(&(*c)->csv);
	free(*c);
	*c = NULL;
}

const char *csv_import_message(const struct csv_import *c)
{
	return c->message;
}

static struct span trim(struct span text)
{
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

static bool is_name(struct span field, const char *name)
{
	field = trim(field);
	return field.len && field.len == strlen(name) && strncasecmp((const char *)field.data, name, field.len) == 0;
}

static int find_column(const struct csv_row *row, const char *const names[NAMES_MAX])
{
	for (size_t n = 0; n < NAMES_MAX && names[n]; n++)
		for (size_t i = 0; i < row->count; i++)
			if (is_name(row->fields[i], names[n]))
				return (int)i;
	return NO_COLUMN;
}

static int take_header(struct csv_import *c, const struct csv_row *row)
{
	for (int column = 0; column < COLUMN_COUNT; column++)
		c->columns[column] = find_column(row, column_names[column]);
	c->header_read = true;
	int series = c->columns[COLUMN_SERIES];
	c->homeassistant = series != NO_COLUMN && is_name(row->fields[series], "entity_id");
	const char *missing = NULL;
	if (row->problem)
		missing = "cannot be read";
	else if (c->columns[COLUMN_TIME] == NO_COLUMN)
		missing = "names no column of times: time, timestamp, last_changed or last_updated";
	else if (c->columns[COLUMN_VALUE] == NO_COLUMN)
		missing = "names no column of values: value, state or mean";
	else if (series == NO_COLUMN && !c->series[0])
		missing = "names no column of series (series or entity_id); name the series that the file is of";
	if (!missing)
		return 0;
	str_format(c->message, sizeof c->message, "Line %llu, which must name the columns, %s%s%s.", (unsigned long long)row->line,
		   missing, row->problem ? ": " : "", row->problem ? row->problem : "");
	return ERR_MALFORMED;
}

static struct span field(const struct csv_import *c, const struct csv_row *row, enum column column)
{
	int i = c->columns[column];
	return i != NO_COLUMN && (size_t)i < row->count ? history_csv_unguard(row->fields[i]) : (struct span){0};
}

/* The series of a row; *reason_r says why there is none. Returns 0, ERR_MALFORMED or an error that ends the import. */
static int series_of(struct csv_import *c, const struct csv_row *row, struct import_series **series_r,
		     const char **reason_r)
{
	struct span label = trim(field(c, row, COLUMN_SERIES));
	if (c->columns[COLUMN_SERIES] == NO_COLUMN)
		label = span_str(c->series);
	*series_r = importer_find(c->imp, label);
	if (*series_r)
		return 0;
	char text[HISTORY_LABEL_SIZE];
	struct history_series wanted = {0};
	if (label.len == 0 || label.len > 240 || !str_utf8_valid(label) || str_copy_span(text, sizeof text, label)) {
		*reason_r = label.len ? "its series has a name longer than 240 bytes, or not in UTF-8" : "it names no series";
		return ERR_MALFORMED;
	}
	str_format(wanted.topic, sizeof wanted.topic, "%s:%s", c->homeassistant ? "homeassistant" : "import", text);
	struct span unit = field(c, row, COLUMN_UNIT);
	if (str_utf8_valid(unit)) /* one that is too long is left out */
		str_copy_span(wanted.unit, sizeof wanted.unit, unit);
	return importer_add(c->imp, text, &wanted, false, series_r);
}

static int take_row(struct csv_import *c, const struct csv_row *row, char reason_r[IMPORT_ERROR_SIZE])
{
	struct import_series *series = NULL;
	const char *why = row->problem;
	int64_t at = 0;
	int err = why ? ERR_MALFORMED : time_from_text(trim(field(c, row, COLUMN_TIME)), &at);
	if (!why && err == ERR_UNSUPPORTED)
		why = "its time has no zone: append Z for UTC, or an offset like +02:00";
	else if (!why && err == ERR_INVALID)
		why = "its time is not within the years 544 to 3395";
	else if (!why && err)
		why = "its time is none: write 2024-05-01T12:00:00Z, or seconds or milliseconds since 1970";
	if (!err)
		err = series_of(c, row, &series, &why);
	if (!err)
		return importer_take(c->imp, series, at, trim(field(c, row, COLUMN_VALUE)), reason_r);
	if (why)
		str_copy(reason_r, IMPORT_ERROR_SIZE, why);
	return why ? ERR_MALFORMED : err;
}

static int on_row(void *ctx, const struct csv_row *row)
{
	struct csv_import *c = ctx;
	if (!c->header_read)
		return take_header(c, row);
	char reason[IMPORT_ERROR_SIZE] = "", text[IMPORT_ERROR_SIZE + 32];
	int err = take_row(c, row, reason);
	if (err == ERR_MALFORMED) {
		str_format(text, sizeof text, "Line %llu: %s.", (unsigned long long)row->line, reason);
		importer_skip(c->imp, 1, text);
		err = 0;
	}
	return err ? err : importer_advance(c->imp, c->done, c->total, false);
}

int csv_import_feed(struct csv_import *c, struct span piece)
{
	c->done += piece.len;
	return csv_feed(&c->csv, piece, on_row, c);
}

int csv_import_end(struct csv_import *c)
{
	int err = csv_end(&c->csv, on_row, c);
	if (!err && !c->header_read) {
		str_copy(c->message, sizeof c->message, "The file is empty: its first line must name the columns.");
		err = ERR_MALFORMED;
	}
	return err ? err : importer_advance(c->imp, c->done, c->total, true);
}
