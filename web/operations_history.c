/* What the routes of series and their files take and answer. */
#include "db/history.h"
#include "history/export.h"
#include "history/time_text.h"
#include "web/list.h"
#include "web/operation.h"

static const struct field series_list[] = {
	{"device", FIELD_ID, FIELD_OPTIONAL, .text = "Only those of this device."},
	{"entity", FIELD_ID, FIELD_OPTIONAL, .text = "Only those of entities with this id."},
	{"of", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those of devices, or of topics that belong to no device.", .of = "devices|topics"},
	{"kind", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those of this kind.", .of = "gauge|counter|binary|text"},
	{"device_class", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only what measures this, such as temperature.", .min = 1, .max = SERIES_CLASS_SIZE - 1},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in device, entity or topic.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

#define SERIES_PARAMETER {"id", FIELD_INT, .text = "The series.", .min = 1, .max = INT64_MAX}
static const struct field series[] = {SERIES_PARAMETER};

static const struct field window[] = {
	SERIES_PARAMETER,
	{"from", FIELD_TIME, FIELD_OPTIONAL, .text = "Where the window begins; first: where history does. An hour before `to` when absent.", .of = "first"},
	{"to", FIELD_TIME, FIELD_OPTIONAL, .text = "Where it ends; now when absent."},
	{"width", FIELD_INT, FIELD_OPTIONAL, .text = "How many at most.", .min = POINTS_LEAST, .max = STORE_MAX_BUCKETS, .standard = POINTS_STANDARD},
	{"buckets", FIELD_INT, FIELD_OPTIONAL, .text = "1: buckets also where samples would fit.", .min = 0, .max = 1},
};

#define FILE_TYPES "text/csv|application/x-ndjson|text/plain"
#define FILE_PARAMETERS \
	{"format", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Of the file; csv when absent.", .of = "csv|jsonl|influx"}, \
	{"from", FIELD_INT, FIELD_OPTIONAL, .text = "Only samples from then on, ms since 1970.", .min = TIME_TEXT_FIRST_MS, .max = TIME_TEXT_LAST_MS}, \
	{"to", FIELD_INT, FIELD_OPTIONAL, .text = "Only samples before then, ms since 1970.", .min = TIME_TEXT_FIRST_MS, .max = TIME_TEXT_LAST_MS}

static const struct field series_file[] = {SERIES_PARAMETER, FILE_PARAMETERS};

static const struct field file[] = {
	{"device", FIELD_ID, FIELD_OPTIONAL, .text = "Only the series of this device."},
	FILE_PARAMETERS,
};

static const struct field import[] = {
	{"format", FIELD_CHOICE, .text = "Of the file; homeassistant: its database home-assistant_v2.db.", .of = "csv|homeassistant"},
	{"series", FIELD_TEXT, FIELD_OPTIONAL, .text = "Where a CSV file without a column `series` goes.", .max = REQUEST_QUERY_SIZE - 1},
};

static const struct field rule_list[] = {
	{"kind", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those of this kind.", .of = "gauge|counter|binary|text"},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in name or filter.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field rule[] = {
	{"id", FIELD_INT, .text = "The rule.", .min = 1, .max = INT64_MAX},
};

static const struct operation items[] = {
	{.handle = api_series_list, .id = "listSeries", .group = "History", PARAMETERS(series_list), .status = 200, .answer = "Series",
	 .list = "series", .flags = OPERATION_PAGED | OPERATION_LIVE},
	{.handle = api_series_get, .id = "getSeries", .group = "History", PARAMETERS(series), .status = 200, .answer = "Series",
	 .flags = OPERATION_ETAG, .errors = {404}, .text = "The ETag stands for what an edit can change, not for samples."},
	{.handle = api_series_edit, .id = "editSeries", .group = "History", PARAMETERS(series), .body = "SeriesEdit", .status = 200,
	 .answer = "Series", .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .errors = {404}, .text = "What is left out stays as it is."},
	{.handle = api_series_points, .id = "getPoints", .group = "History", PARAMETERS(window), .status = 200, .answer = "Points",
	 .flags = OPERATION_CACHED, .errors = {404},
	 .text = "Samples where they fit (`raw`), else buckets. A window that can hardly change any more is `settled`, has an ETag and may be kept for an hour."},
	{.handle = api_series_timeline, .id = "getTimeline", .group = "History", PARAMETERS(window), .status = 200, .answer = "Timeline",
	 .flags = OPERATION_CACHED, .errors = {404}},
	{.handle = api_series_export, .id = "exportSeries", .group = "History", PARAMETERS(series_file), .status = 200, .answer_type = FILE_TYPES,
	 .errors = {404}},
	{.handle = api_export, .id = "exportAll", .group = "History", PARAMETERS(file), .status = 200, .answer_type = FILE_TYPES, .errors = {404}},
	{.handle = api_import_start, .id = "startImport", .group = "History", PARAMETERS(import), .status = 202, .answer = "Import",
	 .errors = {404, 409}, .text = "The body is the file. 409: another import is running."},
	{.handle = api_import_status, .id = "getImport", .group = "History", .status = 200, .answer = "Import"},
	{.handle = api_import_cancel, .id = "stopImport", .group = "History", .status = 204, .errors = {404}},
	{.handle = api_history_get, .id = "getHistory", .group = "History", .status = 200, .answer = "History", .flags = OPERATION_ETAG,
	 .text = "The ETag stands for the policy."},
	{.handle = api_history_put, .id = "setHistory", .group = "History", .body = "Policy", .status = 200, .answer = "Policy",
	 .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .text = "What is left out stays as it is."},
	{.handle = api_rules_list, .id = "listRules", .group = "History", PARAMETERS(rule_list), .status = 200, .answer = "Rule",
	 .list = "rules", .flags = OPERATION_PAGED},
	{.handle = api_rule_add, .id = "addRule", .group = "History", .body = "RuleWish", .status = 201, .answer = "Rule", .errors = {409}},
	{.handle = api_rule_remove, .id = "removeRule", .group = "History", PARAMETERS(rule), .status = 204, .errors = {404}},
};

const struct operations operations_history = {items, COUNT_OF(items)};
