/* What strangers and owners send about recording: paths, payloads, wishes. A path that is taken has one
 * form, which is a path again; a value is finite or fits a word. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/payload.h"
#include "ingest/wishes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_payload(const struct path *path, struct span bytes)
{
	static const enum series_kind kinds[] = {SERIES_GAUGE, SERIES_COUNTER, SERIES_BINARY, SERIES_TEXT};
	struct payload payload = {.bytes = bytes};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct value value;
		if (payload_read(&payload, path, kinds[i], &value) != 0)
			continue;
		assert((value.kind == VALUE_TEXT) == (kinds[i] == SERIES_TEXT));
		assert(value.kind == VALUE_TEXT ? strlen(value.text) <= STORE_WORD_MAX : isfinite(value.number));
	}
	payload_finish(&payload);
}

/* The first line is a path, the rest a payload. */
static void use_path(const char *text, struct span payload)
{
	struct path path;
	const char *message;
	char form[SERIES_PATH_SIZE], again[SERIES_PATH_SIZE];
	if (path_parse(text, &path, &message) != 0) {
		assert(message);
		return;
	}
	use_payload(&path, payload);
	if (path_format(&path, form) != 0)
		return;
	assert(path_parse(form, &path, &message) == 0);
	assert(path_format(&path, again) == 0 && strcmp(form, again) == 0);
}

static void use_wishes(struct span json)
{
	struct series_wish wish;
	struct record_rule rule;
	struct wish_error error;
	if (series_wish_parse(json, &wish, &error) != 0)
		assert(error.detail);
	if (record_rule_parse(json, &rule, &error) != 0)
		assert(error.detail);
	else
		assert(rule.filter[0] && strlen(rule.path) < SERIES_PATH_SIZE && rule.recorder.deadband >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_of(size ? data : (const uint8_t *)"", size);
	const uint8_t *end = memchr(all.data, '\n', size);
	size_t line = end ? (size_t)(end - all.data) : 0;
	char *text = calloc(1, line + 1);
	if (!text)
		return 0;
	memcpy(text, all.data, line);
	use_path(text, span_of(all.data + line, size - line));
	use_wishes(all);
	free(text);
	return 0;
}
