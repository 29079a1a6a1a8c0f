/* Writing JSON text with a sticky error. Any thread; allocates only through
 * the caller's buffer. */
#include "model/json_out.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

static void append(struct json_out *o, const void *data, size_t len)
{
	if (o->err == 0)
		o->err = buf_append(o->buf, data, len);
}

void json_out_raw(struct json_out *o, const char *text)
{
	append(o, text, strlen(text));
}

void json_out_next(struct json_out *o)
{
	uint8_t last = o->buf->len ? o->buf->data[o->buf->len - 1] : '[';
	if (last != '[' && last != '{')
		append(o, ",", 1);
}

void json_out_key(struct json_out *o, const char *key)
{
	json_out_next(o);
	append(o, "\"", 1);
	json_out_raw(o, key);
	append(o, "\":", 2);
}

/* Writes the escape of one byte that may not stand in a string. */
static void append_escape(struct json_out *o, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	switch (c) {
	case '"': append(o, "\\\"", 2); return;
	case '\\': append(o, "\\\\", 2); return;
	case '\n': append(o, "\\n", 2); return;
	case '\t': append(o, "\\t", 2); return;
	default: append(o, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
	}
}

void json_out_string(struct json_out *o, const char *s)
{
	if (!s) {
		json_out_raw(o, "null");
		return;
	}
	append(o, "\"", 1);
	const char *run = s; /* start of bytes that need no escape */
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		append(o, run, (size_t)(s - run));
		append_escape(o, c);
		run = s + 1;
	}
	append(o, run, (size_t)(s - run));
	append(o, "\"", 1);
}

void json_out_number(struct json_out *o, double value)
{
	char text[32];
	str_from_double(text, sizeof text, value);
	json_out_raw(o, text);
}

void json_out_int(struct json_out *o, int64_t value)
{
	char text[24];
	int err = str_format(text, sizeof text, "%lld", (long long)value);
	if (err != 0)
		o->err = err;
	json_out_raw(o, text);
}

void json_out_bool(struct json_out *o, bool value)
{
	json_out_raw(o, value ? "true" : "false");
}

void json_out_member_string(struct json_out *o, const char *key, const char *s)
{
	json_out_key(o, key);
	json_out_string(o, s);
}

void json_out_member_int(struct json_out *o, const char *key, int64_t value)
{
	json_out_key(o, key);
	json_out_int(o, value);
}

void json_out_member_bool(struct json_out *o, const char *key, bool value)
{
	json_out_key(o, key);
	json_out_bool(o, value);
}

void json_out_member_text(struct json_out *o, const char *key, const char *s)
{
	json_out_member_string(o, key, s[0] ? s : NULL);
}

void json_out_member_time(struct json_out *o, const char *key, struct wall_ms at)
{
	json_out_key(o, key);
	if (at.ms == 0)
		json_out_raw(o, "null");
	else
		json_out_int(o, at.ms);
}
