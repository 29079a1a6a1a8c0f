/* Reading a device's description of itself. Any thread. The bytes are a stranger's
 * who knows a code, so nothing in them is trusted but their length (T1_MAX_META_BYTES). */
#include "enrolment/meta.h"

#include <jansson.h>

#include "base/err.h"

/* Copies the member as far as it fits, without half a character at the end. */
static void take_text(const json_t *object, const char *key, char *dst, size_t size)
{
	const char *s = json_string_value(json_object_get(object, key));
	dst[0] = 0;
	if (!s)
		return;
	size_t len = strnlen(s, size);
	if (len == size)
		for (len = size - 1; len && ((unsigned char)s[len] & 0xc0) == 0x80;)
			len--;
	for (size_t i = 0; i < len; i++)
		dst[i] = (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? ' ' : s[i];
	dst[len] = 0;
}

int meta_parse(struct span json, struct meta *meta_r)
{
	*meta_r = (struct meta){0};
	if (json.len == 0)
		return 0;
	/* jansson refuses invalid UTF-8, \u0000 and endless nesting */
	json_t *object = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return ERR_MALFORMED;
	}
	take_text(object, "name", meta_r->name, sizeof meta_r->name);
	take_text(object, "model", meta_r->model, sizeof meta_r->model);
	take_text(object, "manufacturer", meta_r->manufacturer, sizeof meta_r->manufacturer);
	take_text(object, "sw_version", meta_r->sw_version, sizeof meta_r->sw_version);
	json_decref(object);
	return 0;
}
