/* Reading a request: query arguments, members of the body, and the bounded JSON
 * parser in front of them. Any thread; knows nothing of HTTP. */
#include "web/request.h"

#include "base/err.h"
#include "base/str.h"

enum { JSON_DEPTH_MAX = 16 };

const char *request_query(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->query_count; i++)
		if (strcmp(rq->query[i].name, name) == 0)
			return rq->query[i].value;
	return NULL;
}

int request_query_int(const struct request *rq, const char *name, int64_t min, int64_t max, int64_t *value_r)
{
	const char *text = request_query(rq, name);
	return text ? str_to_int(text, min, max, value_r) : 0;
}

const char *request_text(const struct request *rq, const char *name, size_t min, size_t max)
{
	const json_t *member = json_object_get(rq->body, name);
	if (!json_is_string(member))
		return NULL;
	const char *text = json_string_value(member);
	size_t len = json_string_length(member);
	if (len < min || len > max)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return NULL;
	return text;
}

/* jansson recurses per level, up to 2048 of them: measure before it sees them. */
static bool too_deep(struct span text)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

int request_parse_json(struct span bytes, json_t **body_r, char reason_r[128])
{
	if (too_deep(bytes)) {
		str_copy(reason_r, 128, "The JSON is nested too deeply.");
		return ERR_MALFORMED;
	}
	json_error_t error;
	json_t *body = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, &error);
	if (!body) {
		str_format(reason_r, 128, "The body is no valid JSON (line %d, column %d).", error.line,
			   error.column);
		return ERR_MALFORMED;
	}
	if (!json_is_object(body)) {
		json_decref(body);
		str_copy(reason_r, 128, "The body must be a JSON object.");
		return ERR_MALFORMED;
	}
	*body_r = body;
	return 0;
}
