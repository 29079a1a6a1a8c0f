/* The words for presets and kinds, as tables. Any thread. */
#include "model/recorder.h"

#include "base/err.h"

static const char *const presets[] = {
	[RECORD_ALL] = "all",
	[RECORD_CHANGES] = "changes",
	[RECORD_INTERVAL] = "interval",
	[RECORD_DEADBAND] = "deadband",
	[RECORD_NOTHING] = "nothing",
};

static const char *const kinds[] = {
	[SERIES_GAUGE] = "gauge",
	[SERIES_COUNTER] = "counter",
	[SERIES_BINARY] = "binary",
	[SERIES_TEXT] = "text",
};

enum { PRESETS = sizeof presets / sizeof presets[0], KINDS = sizeof kinds / sizeof kinds[0] };

static const char *word(const char *const *words, size_t count, unsigned i)
{
	return i < count ? words[i] : "unknown";
}

/* The place of the word; count when there is none. */
static size_t place(const char *const *words, size_t count, struct span name)
{
	size_t i = 0;
	while (i < count && !span_is(name, words[i]))
		i++;
	return i;
}

const char *recorder_preset_name(enum recorder_preset preset)
{
	return word(presets, PRESETS, preset);
}

int recorder_preset_parse(struct span name, enum recorder_preset *preset_r)
{
	size_t i = place(presets, PRESETS, name);
	if (i == PRESETS)
		return ERR_INVALID;
	*preset_r = (enum recorder_preset)i;
	return 0;
}

void recorder_json(struct json_out *o, const struct recorder *r)
{
	json_out_raw(o, "{");
	json_out_member_string(o, "preset", recorder_preset_name(r->preset));
	json_out_member_int(o, "interval_ms", r->interval_ms);
	json_out_key(o, "deadband");
	json_out_number(o, r->deadband);
	json_out_raw(o, "}");
}

const char *series_kind_name(enum series_kind kind)
{
	return word(kinds, KINDS, kind);
}

int series_kind_parse(struct span name, enum series_kind *kind_r)
{
	size_t i = place(kinds, KINDS, name);
	if (i == KINDS)
		return ERR_INVALID;
	*kind_r = (enum series_kind)i;
	return 0;
}
