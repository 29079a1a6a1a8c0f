/* Building a description: jansson with its failures gathered in one place. */
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/dialect_private.h"

void form_set(struct form *f, json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		f->failed = true;
}

void form_setf(struct form *f, json_t *object, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	form_set(f, object, key, json_vsprintf(format, args));
	va_end(args);
}

static void set_text(struct form *f, json_t *object, const char *key, const char *text)
{
	if (text && text[0])
		form_set(f, object, key, json_string(text));
}

void form_init(struct form *f, const char *name, const char *manufacturer, const char *model, const char *sw_version)
{
	*f = (struct form){.root = json_object(), .components = json_object()};
	json_t *device = json_object();
	f->failed = !f->root;
	set_text(f, device, "name", name);
	set_text(f, device, "manufacturer", manufacturer);
	set_text(f, device, "model", model);
	set_text(f, device, "sw_version", sw_version);
	form_set(f, f->root, "device", device);
	form_set(f, f->root, "components", f->components);
}

void form_drop(struct form *f)
{
	json_decref(f->root);
	*f = (struct form){0};
}

int form_finish(struct form *f, json_t **root_r)
{
	bool failed = f->failed;
	*root_r = NULL;
	if (!failed)
		*root_r = f->root;
	else
		json_decref(f->root);
	*f = (struct form){0};
	return failed ? ERR_NOMEM : 0;
}

json_t *form_component(struct form *f, const char *native, const char *platform, const char *name)
{
	char id[MODEL_ID_SIZE];
	form_id(id, native);
	f->made++;
	json_t *object = json_object();
	form_set(f, object, "platform", json_string(platform));
	form_set(f, object, "name", name ? json_string(name) : json_null());
	form_set(f, f->components, id, object);
	return f->failed ? NULL : object;
}

/* The list under a key of the root, made when there is none. */
static json_t *list(struct form *f, const char *key)
{
	if (!json_object_get(f->root, key))
		form_set(f, f->root, key, json_array());
	return json_object_get(f->root, key);
}

static json_t *append(struct form *f, const char *key)
{
	json_t *object = json_object();
	if (json_array_append_new(list(f, key), object) != 0)
		f->failed = true;
	return f->failed ? NULL : object;
}

void form_availability(struct form *f, const char *topic, const char *available, const char *unavailable,
		       const char *value_template)
{
	json_t *object = append(f, "availability");
	set_text(f, object, "topic", topic);
	set_text(f, object, "payload_available", available);
	set_text(f, object, "payload_not_available", unavailable);
	set_text(f, object, "value_template", value_template);
}

void form_availability_mode(struct form *f, const char *mode)
{
	set_text(f, f->root, "availability_mode", mode);
}

static void set_message(struct form *f, json_t *object, const char *topic, const char *payload)
{
	form_set(f, object, "topic", json_string(topic));
	form_set(f, object, "payload", json_string(payload));
}

void form_ask(struct form *f, const char *topic, const char *payload)
{
	set_message(f, append(f, "asks"), topic, payload);
}

void form_leave(struct form *f, const char *topic, const char *payload)
{
	json_t *object = json_object();
	set_message(f, object, topic, payload);
	form_set(f, f->root, "leave", object);
}

/* FNV-1a, 32 bits. */
static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;
	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

void form_id(char id_r[MODEL_ID_SIZE], const char *native)
{
	enum { HASH_LEN = 9 }; /* "_" and 8 digits */
	bool odd = false, some = false;
	size_t n = 0;
	for (const char *s = native; *s; s++) {
		bool fits = str_id_valid(span_of((const uint8_t *)s, 1), 1);
		odd |= !fits && *s != ' ';
		some |= fits && *s != '_';
		if (n < MODEL_ID_MAX)
			id_r[n++] = fits ? *s : '_';
		else
			odd = true;
	}
	if ((odd || !some) && n > MODEL_ID_MAX - HASH_LEN)
		n = MODEL_ID_MAX - HASH_LEN;
	id_r[n] = 0;
	if (odd || !some)
		(void)str_format(id_r + n, MODEL_ID_SIZE - n, "_%08x", (unsigned)hash_of(native)); /* there is room */
}

void form_fit(char *dst, size_t size, const char *text)
{
	size_t len = strlen(text);
	if (len >= size)
		for (len = size - 1; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80;)
			len--;
	memcpy(dst, text, len);
	dst[len] = 0;
}
