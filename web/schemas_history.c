/* The objects of series, their points and files; lib/model/ports.h says who makes rules, api_series.c what points are. */
#include "db/history.h"
#include "web/operation.h"
#include "web/policy.h"

#define KINDS "gauge|counter|binary|text"
#define PRESETS "all|changes|interval|deadband|nothing"
enum { DAYS_MOST = 36500, YEARS_MOST = 1000, WEEK_MS = 604800000 };

static const struct field recorder[] = {
	{"preset", FIELD_CHOICE, .text = "What is kept of the reports.", .of = PRESETS},
	{"interval_ms", FIELD_INT, FIELD_OPTIONAL, .text = "interval: at most one in so long; else: one in so long at least, 0: none.", .min = 0, .max = WEEK_MS},
	{"deadband", FIELD_NUMBER, FIELD_OPTIONAL, .text = "deadband: the least change, in the series' unit."},
};

static const struct field latest[] = {
	{"at", FIELD_TIME, .text = "When it was reported."},
	{"value", FIELD_OBJECT, .text = "The number, or the word.", .of = "Sample"},
};

static const struct field series[] = {
	{"id", FIELD_INT, .text = "For ever the same."},
	{"device", FIELD_ID, FIELD_NULL, .text = "Whose it is; null: a topic's."},
	{"entity", FIELD_ID, FIELD_NULL, .text = "What it records of that."},
	{"topic", FIELD_TEXT, FIELD_NULL, .text = "Of MQTT, when it is no device's."},
	{"path", FIELD_TEXT, FIELD_NULL, .text = "Where the value stands in a JSON message; empty: the message is the value."},
	{"kind", FIELD_CHOICE, .text = "What the values are.", .of = KINDS},
	{"unit", FIELD_TEXT, FIELD_NULL, .text = "Of the values."},
	{"device_class", FIELD_TEXT, FIELD_NULL, .text = "What is measured, such as temperature."},
	{"resolution_ms", FIELD_INT, .text = "The usual pause between samples; 0: not known."},
	{"recorder", FIELD_OBJECT, .text = "What is kept of the reports.", .of = "Recorder"},
	{"raw_days", FIELD_INT, .text = "How long each sample is kept; 0: as the house's policy says, -1: for ever."},
	{"rollup_years", FIELD_INT, .text = "How long summaries are kept; 0 and -1 likewise."},
	{"latest", FIELD_OBJECT, FIELD_NULL, .text = "The newest sample.", .of = "Latest"},
	{"today", FIELD_INT, .text = "Samples taken today."},
};

static const struct field series_edit[] = {
	{"recorder", FIELD_OBJECT, FIELD_OPTIONAL, .text = "What is kept of the reports.", .of = "Recorder"},
	{"raw_days", FIELD_INT, FIELD_OPTIONAL, .text = "How long each sample is kept; 0: as the house's policy says, -1: for ever.", .min = -1, .max = DAYS_MOST},
	{"rollup_years", FIELD_INT, FIELD_OPTIONAL, .text = "How long summaries are kept; 0 and -1 likewise.", .min = -1, .max = YEARS_MOST},
	{"resolution_ms", FIELD_INT, FIELD_OPTIONAL, .text = "The usual pause between samples; 0: not known.", .min = 0, .max = WEEK_MS},
	{"unit", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of a topic's series: a device says its own.", .max = SERIES_UNIT_SIZE - 1},
	{"device_class", FIELD_TEXT, FIELD_OPTIONAL, .text = "Likewise.", .max = SERIES_CLASS_SIZE - 1},
};

static const struct field points[] = {
	{"series", FIELD_INT, .text = "Whose points they are."},
	{"kind", FIELD_CHOICE, .text = "What the values are.", .of = KINDS},
	{"from", FIELD_TIME, .text = "Of the window."},
	{"to", FIELD_TIME, .text = "Of the window."},
	{"raw", FIELD_BOOL, .text = "The points are samples, else buckets."},
	{"length", FIELD_INT, .text = "Of a bucket, ms; 0: raw."},
	{"gap", FIELD_INT, .text = "A pause longer than so many ms is a gap; 0: a value holds until the next."},
	{"settled", FIELD_BOOL, .text = "Only late samples can still change this."},
	{"points", FIELD_OBJECT, FIELD_LIST, .text = "In order of time.", .of = "Point"},
	{"cursor", FIELD_TEXT, FIELD_OPTIONAL, .text = "Where /api/v1/live goes on; absent when settled."},
};

static const struct field timeline[] = {
	{"series", FIELD_INT, .text = "Whose states they are."},
	{"kind", FIELD_CHOICE, .text = "What the values are.", .of = KINDS},
	{"runs", FIELD_OBJECT, FIELD_LIST, .text = "In order of time, each beginning where the one before ends.", .of = "Run"},
	{"cursor", FIELD_TEXT, FIELD_OPTIONAL, .text = "Where /api/v1/live goes on; absent when settled."},
};

static const struct field import[] = {
	{"state", FIELD_CHOICE, .text = "none: there was none since the hub started.", .of = "none|running|done|failed|cancelled"},
	{"format", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of the file."},
	{"by", FIELD_TEXT, FIELD_OPTIONAL, .text = "Who started it."},
	{"started", FIELD_TIME, FIELD_OPTIONAL | FIELD_NULL, .text = "When it began."},
	{"ended", FIELD_TIME, FIELD_OPTIONAL | FIELD_NULL, .text = "When it ended."},
	{"done", FIELD_INT, FIELD_OPTIONAL, .text = "How far it is, of total."},
	{"total", FIELD_INT, FIELD_OPTIONAL, .text = "0: not known."},
	{"samples", FIELD_INT, FIELD_OPTIONAL, .text = "Taken in."},
	{"series", FIELD_INT, FIELD_OPTIONAL, .text = "That they belong to."},
	{"empty", FIELD_INT, FIELD_OPTIONAL, .text = "Lines without a value."},
	{"skipped", FIELD_INT, FIELD_OPTIONAL, .text = "Lines that could not be used."},
	{"errors", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "What was wrong with the first of them."},
	{"message", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULL, .text = "Why it failed."},
};

static const struct field noisy[] = {
	{"series", FIELD_INT, .text = "The series."},
	{"device", FIELD_ID, FIELD_NULL, .text = "Whose it is; null: a topic's."},
	{"entity", FIELD_ID, FIELD_NULL, .text = "What it records of that."},
	{"topic", FIELD_TEXT, FIELD_NULL, .text = "Of MQTT, when it is no device's."},
	{"path", FIELD_TEXT, FIELD_NULL, .text = "Where the value stands in a JSON message."},
	{"samples", FIELD_INT, .text = "Taken today."},
};

static const struct field room[] = {
	{"size", FIELD_INT, .text = "Bytes."},
	{"free", FIELD_INT, .text = "Bytes."},
};

static const struct field history[] = {
	{"bytes", FIELD_INT, .text = "What all of it takes."},
	{"samples", FIELD_INT, .text = "All that are kept one by one."},
	{"samples_a_day", FIELD_INT, FIELD_NULL, .text = "At today's pace; null: too early to say."},
	{"written_today", FIELD_INT, .text = "Bytes that went to the disk since midnight UTC, or the hub's start."},
	{"written_yesterday", FIELD_INT, .text = "The day before."},
	{"since", FIELD_TIME, .text = "When today's counting began."},
	{"bytes_a_day", FIELD_INT, FIELD_NULL, .text = "At today's pace; null: too early to say."},
	{"noisiest", FIELD_OBJECT, FIELD_LIST, .text = "The series with most samples today.", .of = "NoisySeries"},
	{"disk", FIELD_OBJECT, FIELD_NULL, .text = "That it lies on.", .of = "Room"},
	{"cycles", FIELD_INT, .text = "How often an SD card is supposed to bear being written full."},
	{"card_life_years", FIELD_NUMBER, FIELD_NULL, .text = "How long such a card of the disk's size would last at this pace."},
	{"policy", FIELD_OBJECT, .text = "How long it is kept.", .of = "Policy"},
};

static const struct field policy[] = {
	{"raw_days", FIELD_INT, FIELD_OPTIONAL, .text = "How long each sample is kept: 1 or more, or -1 for ever.", .min = -1, .max = DAYS_MOST},
	{"rollup_years", FIELD_INT, FIELD_OPTIONAL, .text = "How long summaries are kept, likewise.", .min = -1, .max = YEARS_MOST},
	{"max_bytes", FIELD_INT, FIELD_OPTIONAL, .text = "The bound of all, at least 16 MiB; 0: none.", .min = 0, .max = 1LL << 50},
	{"sd_saver", FIELD_BOOL, FIELD_OPTIONAL, .text = "Samples are gathered for 5 seconds before they are written."},
};

static const struct field rule[] = {
	{"id", FIELD_INT, .text = "For ever the same."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"filter", FIELD_TEXT, .text = "An MQTT topic filter."},
	{"path", FIELD_TEXT, .text = "JSONPath of one value (RFC 9535: names and indexes only); empty: the message is the value."},
	{"kind", FIELD_CHOICE, .text = "What the values are.", .of = KINDS},
	{"unit", FIELD_TEXT, FIELD_NULL, .text = "Of the values."},
	{"device_class", FIELD_TEXT, FIELD_NULL, .text = "What is measured, such as temperature."},
	{"recorder", FIELD_OBJECT, .text = "What is kept of the messages.", .of = "Recorder"},
	{"series", FIELD_INT, .text = "How many series it made."},
	{"full", FIELD_BOOL, .text = "It makes no more."},
	{"malformed", FIELD_INT, .text = "Messages that held no such value, since the hub started."},
};

static const struct field rule_wish[] = {
	{"filter", FIELD_TEXT, .text = "An MQTT topic filter, no shared one.", .min = 1, .max = 255},
	{"path", FIELD_TEXT, FIELD_OPTIONAL, .text = "JSONPath of one value; empty: the message is the value.", .max = SERIES_PATH_SIZE - 1},
	{"name", FIELD_TEXT, FIELD_OPTIONAL, .text = "For people.", .max = MODEL_NAME_SIZE - 1},
	{"kind", FIELD_CHOICE, FIELD_OPTIONAL, .text = "What the values are; gauge when absent.", .of = KINDS},
	{"unit", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of the values.", .max = SERIES_UNIT_SIZE - 1},
	{"device_class", FIELD_TEXT, FIELD_OPTIONAL, .text = "What is measured, such as temperature.", .max = SERIES_CLASS_SIZE - 1},
	{"recorder", FIELD_OBJECT, FIELD_OPTIONAL, .text = "What is kept of the messages.", .of = "Recorder"},
};

static const struct schema items[] = {
	{"Series", "What is recorded of an entity, or of a topic.", MEMBERS(series),
	 .example = "{\"id\":12,\"device\":\"d4kq8x\",\"entity\":\"temperature\",\"topic\":null,\"path\":null,\"kind\":\"gauge\",\"unit\":\"°C\","
		    "\"device_class\":\"temperature\",\"resolution_ms\":0,\"recorder\":{\"preset\":\"changes\",\"interval_ms\":0,\"deadband\":0},"
		    "\"raw_days\":0,\"rollup_years\":0,\"latest\":{\"at\":1767225600000,\"value\":21.5},\"today\":1440}"},
	{"Recorder", "What is kept of the reports.", MEMBERS(recorder), .example = "{\"preset\":\"interval\",\"interval_ms\":60000}"},
	{"Sample", "A number; of a text series the word.", .json = "\"type\":[\"number\",\"string\",\"null\"]", .example = "21.5"},
	{"Latest", "The newest sample.", MEMBERS(latest)},
	{"SeriesEdit", "What to change of a series.", MEMBERS(series_edit),
	 .example = "{\"recorder\":{\"preset\":\"deadband\",\"interval_ms\":600000,\"deadband\":0.5},\"raw_days\":90}"},
	{"Points", "A window of a series.", MEMBERS(points)},
	{"Point", "A sample [at, value], or a bucket [at, average, min, max, count], of a counter with its increase behind.",
	 .json = "\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"}],\"items\":{\"type\":[\"number\",\"null\"]},\"minItems\":2,\"maxItems\":6",
	 .example = "[1767225600000,21.5]"},
	{"Timeline", "The states of a series in a window.", MEMBERS(timeline)},
	{"Run", "One state: [from, to, value, changes, mixed]. mixed: several too short to be told apart, value is the last.",
	 .json = "\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"integer\"},{\"type\":[\"number\",\"string\",\"null\"]},"
		 "{\"type\":\"integer\"},{\"type\":\"boolean\"}],\"items\":false,\"minItems\":5",
	 .example = "[1767225600000,1767229200000,1,1,false]"},
	{"Import", "How far an import is.", MEMBERS(import)},
	{"NoisySeries", "A series with many samples.", MEMBERS(noisy)},
	{"Room", "A disk.", MEMBERS(room)},
	{"History", "What history costs.", MEMBERS(history)},
	{"Policy", "How long history is kept.", MEMBERS(policy),
	 .example = "{\"raw_days\":365,\"rollup_years\":-1,\"max_bytes\":4000000000,\"sd_saver\":true}"},
	{"Rule", "A topic that is recorded though it is no device's.", MEMBERS(rule)},
	{"RuleWish", "A rule to add.", MEMBERS(rule_wish), .example = "{\"filter\":\"tele/+/SENSOR\",\"path\":\"$.ENERGY.Power\",\"unit\":\"W\"}"},
};

const struct schemas schemas_history = {items, COUNT_OF(items)};
