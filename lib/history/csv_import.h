/* Importing a CSV file. Its first line names the columns, in any order and case; others are passed over:
 *
 *   time | timestamp | date | datetime | last_changed | last_updated   when: see time_text.h
 *   value | state | mean                                               what: see importer_take
 *   series | entity_id | name                                          whose, if it is not one series' file: see history_label
 *   unit | unit_of_measurement                                         of new series
 *
 * A series that the hub does not have is made: "homeassistant:<entity_id>" from a column entity_id, else "import:<name>". */
#ifndef HISTORY_CSV_IMPORT_H
#define HISTORY_CSV_IMPORT_H

#include "base/buf.h"
#include "history/importer.h"

struct csv_import;

/* Begins. imp is borrowed; series: label of the series that a file without such a column is of, "" for none;
 * total: bytes of the file, 0 when not known. Returns 0 or ERR_NOMEM. */
int csv_import_create(struct importer *imp, const char *series, uint64_t total, struct csv_import **c_r);
void csv_import_destroy(struct csv_import **c);

/* Takes the next piece of the file. Returns 0, ERR_MALFORMED (the columns: csv_import_message says what is wrong and what is
 * allowed), or an error of the importer. */
int csv_import_feed(struct csv_import *c, struct span piece);

/* The end of the file; hands on the rest. Returns as csv_import_feed. */
int csv_import_end(struct csv_import *c);

/* After ERR_MALFORMED: a sentence for people. Borrowed. */
const char *csv_import_message(const struct csv_import *c);

#endif
