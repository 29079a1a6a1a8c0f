/* The owner's wishes about recording: each member has a function that reads it, in a table. Pure,
 * any thread; what the wishes do is the sampler's and the rules' business. */
#include "ingest/wishes.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "ingest/path.h"
#include "mqtt/topic.h"

enum { DAYS_MAX = 36500, YEARS_MAX = 1000 };
static const int64_t interval_max_ms = INT64_C(7) * 24 * 3600 * 1000;

/* A member: read returns NULL, or what is wrong. */
struct member {
	const char *name;
	const char *(*read)(const json_t *value, void *target);
};

/* Reads every member of an object through the table. */
static int read_object(const json_t *object, const struct member *members, size_t count, void *target,
		       struct wish_error *error_r)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		size_t i = 0;
		while (i < count && strcmp(members[i].name, key) != 0)
			i++;
		*error_r = (struct wish_error){i < count ? members[i].name : NULL, "There is no such member."};
		if (i == count || (error_r->detail = members[i].read(value, target)))
			return ERR_INVALID;
	}
	return 0;
}

static bool read_int(const json_t *value, int64_t min, int64_t max, int64_t *value_r)
{
	*value_r = json_integer_value(value);
	return json_is_integer(value) && *value_r >= min && *value_r <= max;
}

/* A text without control characters that fits. */
static bool read_text(const json_t *value, char *dst, size_t size)
{
	const char *text = json_string_value(value);
	if (!text || strlen(text) != json_string_length(value))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return str_copy(dst, size, text) == 0;
}

static const char *read_unit(const json_t *value, char unit_r[SERIES_UNIT_SIZE])
{
	return read_text(value, unit_r, SERIES_UNIT_SIZE) ? NULL : "A unit has at most 31 printable bytes.";
}

static const char *read_class(const json_t *value, char class_r[SERIES_CLASS_SIZE])
{
	return read_text(value, class_r, SERIES_CLASS_SIZE) ? NULL : "A class has at most 47 printable bytes.";
}

/* ---- the recorder --------------------------------------------------------- */

static const char *read_preset(const json_t *value, void *target)
{
	struct recorder *r = target;
	const char *name = json_string_value(value);
	return name && recorder_preset_parse(span_str(name), &r->preset) == 0
		       ? NULL
		       : "A preset is all, changes, interval, deadband or nothing.";
}

static const char *read_interval(const json_t *value, void *target)
{
	struct recorder *r = target;
	return read_int(value, 0, interval_max_ms, &r->interval_ms) ? NULL : "An interval is 0 to 604800000 ms, a week.";
}

static const char *read_deadband(const json_t *value, void *target)
{
	struct recorder *r = target;
	r->deadband = json_number_value(value);
	return json_is_number(value) && isfinite(r->deadband) && r->deadband >= 0 ? NULL
										   : "A deadband is a number from 0 on.";
}

static const char *read_recorder(const json_t *value, struct recorder *recorder_r)
{
	static const struct member members[] = {
		{"preset", read_preset},
		{"interval_ms", read_interval},
		{"deadband", read_deadband},
	};
	struct wish_error error;
	*recorder_r = (struct recorder){0};
	if (!json_is_object(value) || !json_object_get(value, "preset"))
		return "A recorder is an object with a preset.";
	if (read_object(value, members, sizeof members / sizeof members[0], recorder_r, &error) != 0)
		return error.detail;
	if (recorder_r->preset == RECORD_INTERVAL && recorder_r->interval_ms == 0)
		return "The preset interval needs interval_ms.";
	if (recorder_r->preset == RECORD_DEADBAND && recorder_r->deadband == 0)
		return "The preset deadband needs a deadband above 0.";
	return NULL;
}

/* ---- series ----------------------------------------------------------------- */

static const char *wish_recorder(const json_t *value, void *target)
{
	struct series_wish *wish = target;
	wish->recorder = true;
	return read_recorder(value, &wish->to.recorder);
}

static const char *wish_raw_days(const json_t *value, void *target)
{
	struct series_wish *wish = target;
	int64_t days;
	wish->raw_days = read_int(value, -1, DAYS_MAX, &days);
	wish->to.raw_days = (int32_t)days;
	return wish->raw_days ? NULL : "Days are 0 (as the house), -1 (for ever) or 1 to 36500.";
}

static const char *wish_rollup_years(const json_t *value, void *target)
{
	struct series_wish *wish = target;
	int64_t years;
	wish->rollup_years = read_int(value, -1, YEARS_MAX, &years);
	wish->to.rollup_years = (int32_t)years;
	return wish->rollup_years ? NULL : "Years are 0 (as the house), -1 (for ever) or 1 to 1000.";
}

static const char *wish_resolution(const json_t *value, void *target)
{
	struct series_wish *wish = target;
	wish->resolution_ms = read_int(value, 0, interval_max_ms, &wish->to.resolution_ms);
	return wish->resolution_ms ? NULL : "A resolution is 0 (not known) to 604800000 ms, a week.";
}

static const char *wish_unit(const json_t *value, void *target)
{
	struct series_wish *wish = target;
	wish->unit = true;
	return read_unit(value, wish->to.unit);
}

static const char *wish_class(const json_t *value, void *target)
{
	struct series_wish *wish = target;
	wish->device_class = true;
	return read_class(value, wish->to.device_class);
}

/* Parses an object and reads its members; target is the caller's, begun. */
static int parse(struct span json, const struct member *members, size_t count, void *target,
		 struct wish_error *error_r)
{
	json_t *root = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
	int err = ERR_INVALID;
	*error_r = (struct wish_error){NULL, "Send one JSON object."};
	if (json_is_object(root))
		err = read_object(root, members, count, target, error_r);
	json_decref(root);
	return err;
}

int series_wish_parse(struct span json, struct series_wish *wish_r, struct wish_error *error_r)
{
	static const struct member members[] = {
		{"recorder", wish_recorder},         {"raw_days", wish_raw_days}, {"rollup_years", wish_rollup_years},
		{"resolution_ms", wish_resolution}, {"unit", wish_unit},         {"device_class", wish_class},
	};
	*wish_r = (struct series_wish){0};
	return parse(json, members, sizeof members / sizeof members[0], wish_r, error_r);
}

int series_wish_apply(const struct series_wish *wish, struct series *series, struct wish_error *error_r)
{
	if (series->device[0] && (wish->unit || wish->device_class)) {
		*error_r = (struct wish_error){wish->unit ? "unit" : "device_class",
					       "The device says what its series measures."};
		return ERR_INVALID;
	}
	if (series->kind == SERIES_TEXT && wish->recorder && wish->to.recorder.preset == RECORD_DEADBAND) {
		*error_r = (struct wish_error){"recorder", "Words have no distance for a deadband."};
		return ERR_INVALID;
	}
	if (wish->recorder)
		series->recorder = wish->to.recorder;
	if (wish->raw_days)
		series->raw_days = wish->to.raw_days;
	if (wish->rollup_years)
		series->rollup_years = wish->to.rollup_years;
	if (wish->resolution_ms)
		series->resolution_ms = wish->to.resolution_ms;
	if (wish->unit)
		memcpy(series->unit, wish->to.unit, sizeof series->unit);
	if (wish->device_class)
		memcpy(series->device_class, wish->to.device_class, sizeof series->device_class);
	return 0;
}

/* ---- rules ------------------------------------------------------------------ */

static const char *rule_filter(const json_t *value, void *target)
{
	struct record_rule *rule = target;
	struct span name, rest;
	if (!read_text(value, rule->filter, sizeof rule->filter) || !topic_filter_valid(span_str(rule->filter)) ||
	    topic_split_shared(span_str(rule->filter), &name, &rest))
		return "A filter is an MQTT topic filter of at most 255 bytes, not a shared one.";
	return NULL;
}

static const char *rule_path(const json_t *value, void *target)
{
	struct record_rule *rule = target;
	struct path path;
	const char *message;
	if (!read_text(value, rule->path, sizeof rule->path))
		return "A path has at most 95 printable bytes.";
	if (path_parse(rule->path, &path, &message) != 0)
		return message;
	return path_format(&path, rule->path) == 0 ? NULL : "The path is too long.";
}

static const char *rule_name(const json_t *value, void *target)
{
	struct record_rule *rule = target;
	return read_text(value, rule->name, sizeof rule->name) ? NULL : "A name has at most 127 printable bytes.";
}

static const char *rule_kind(const json_t *value, void *target)
{
	struct record_rule *rule = target;
	const char *name = json_string_value(value);
	return name && series_kind_parse(span_str(name), &rule->kind) == 0 ? NULL
									    : "A kind is gauge, counter, binary or text.";
}

static const char *rule_unit(const json_t *value, void *target)
{
	return read_unit(value, ((struct record_rule *)target)->unit);
}

static const char *rule_class(const json_t *value, void *target)
{
	return read_class(value, ((struct record_rule *)target)->device_class);
}

static const char *rule_recorder(const json_t *value, void *target)
{
	return read_recorder(value, &((struct record_rule *)target)->recorder);
}

int record_rule_parse(struct span json, struct record_rule *rule_r, struct wish_error *error_r)
{
	static const struct member members[] = {
		{"filter", rule_filter}, {"path", rule_path},          {"name", rule_name},         {"kind", rule_kind},
		{"unit", rule_unit},     {"device_class", rule_class}, {"recorder", rule_recorder},
	};
	*rule_r = (struct record_rule){0};
	int err = parse(json, members, sizeof members / sizeof members[0], rule_r, error_r);
	if (err != 0)
		return err;
	if (!rule_r->filter[0]) {
		*error_r = (struct wish_error){"filter", "A rule needs a topic filter."};
		return ERR_INVALID;
	}
	if (rule_r->kind == SERIES_TEXT && rule_r->recorder.preset == RECORD_DEADBAND) {
		*error_r = (struct wish_error){"recorder", "Words have no distance for a deadband."};
		return ERR_INVALID;
	}
	return 0;
}
