/* Formatting for people. Knows nothing of the hub. */
#include "ctl/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"

static const int64_t minute_ms = 60 * 1000, hour_ms = 60 * 60 * 1000, day_ms = 24LL * 60 * 60 * 1000;

const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	return text ? text : "";
}

void text_print(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		/* U+0080 to U+009F are control characters as well */
		bool c1 = *c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
		if (*c < 0x20 || *c == 0x7f || c1)
			fputc('?', out);
		else
			fputc(*c, out);
		c += c1;
	}
}

size_t text_width(const char *text)
{
	size_t width = 0;
	for (; text && *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void print_cell(FILE *out, const char *text, size_t width, bool last)
{
	if (text)
		text_print(out, text);
	for (size_t i = text_width(text); !last && i < width + 2; i++)
		fputc(' ', out);
}

void text_table(FILE *out, const char *const *headings, json_t *rows)
{
	size_t widths[TEXT_COLUMNS_MAX] = {0}, columns = 0, i;
	json_t *row;
	for (; headings[columns]; columns++)
		widths[columns] = text_width(headings[columns]);
	json_array_foreach(rows, i, row)
		for (size_t c = 0; c < columns; c++) {
			size_t width = text_width(json_string_value(json_array_get(row, c)));
			widths[c] = width > widths[c] ? width : widths[c];
		}
	for (size_t c = 0; c < columns; c++)
		print_cell(out, headings[c], widths[c], c + 1 == columns);
	fputc('\n', out);
	json_array_foreach(rows, i, row) {
		for (size_t c = 0; c < columns; c++)
			print_cell(out, json_string_value(json_array_get(row, c)), widths[c], c + 1 == columns);
		fputc('\n', out);
	}
	json_decref(rows);
}

static void span_of_time(char *text, size_t size, int64_t ms)
{
	if (ms < 2 * hour_ms)
		str_format(text, size, "%lld min", (long long)(ms / minute_ms));
	else if (ms < 2 * day_ms)
		str_format(text, size, "%lld h", (long long)(ms / hour_ms));
	else
		str_format(text, size, "%lld days", (long long)(ms / day_ms));
}

void text_ago(char *text, size_t size, int64_t then_ms, int64_t now_ms)
{
	char span[32];
	if (then_ms == 0) {
		str_copy(text, size, "never");
	} else if (now_ms - then_ms < minute_ms) {
		str_copy(text, size, "now");
	} else {
		span_of_time(span, sizeof span, now_ms - then_ms);
		str_format(text, size, "%s ago", span);
	}
}

void text_until(char *text, size_t size, int64_t then_ms, int64_t now_ms)
{
	char span[32];
	if (then_ms <= now_ms) {
		str_copy(text, size, "over");
		return;
	}
	span_of_time(span, sizeof span, then_ms - now_ms + minute_ms - 1);
	str_format(text, size, "in %s", span);
}

void text_value(char *text, size_t size, const json_t *value)
{
	if (json_is_string(value)) {
		str_format(text, size, "%s", json_string_value(value));
	} else if (json_is_real(value)) {
		str_from_double(text, size, json_real_value(value));
	} else if (!value || json_is_null(value)) {
		str_copy(text, size, "–");
	} else {
		char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		str_format(text, size, "%s", dump ? dump : "?"); /* cut when it is long */
		free(dump);
	}
}

void text_fingerprint(FILE *out, const char *text)
{
	enum { LINE = 16 * 3 }; /* sixteen pairs with their colons */
	size_t len = text ? strlen(text) : 0;
	if (len == 0)
		fputs("  The hub does not say. Is it older than this tomtectl?\n", out);
	for (size_t at = 0; at < len; at += LINE) {
		fputs("  ", out);
		for (size_t i = at; i < len && i < at + LINE; i++)
			fputc((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'F') || text[i] == ':' ? text[i] : '?', out);
		fputc('\n', out);
	}
}

int text_duration(const char *text, int64_t *seconds_r)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char digits[24];
	size_t len = strspn(text, "0123456789");
	int64_t factor = text[len] == 0 ? 1 : 0, number;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (text[len] == units[i].unit && text[len + 1] == 0)
			factor = units[i].seconds;
	if (!factor || str_copy_span(digits, sizeof digits, span_of(text, len)) ||
	    str_to_int(digits, 0, INT32_MAX, &number))
		return ERR_INVALID;
	*seconds_r = number * factor;
	return 0;
}

json_t *text_to_value(const char *text)
{
	if (strcasecmp(text, "on") == 0)
		return json_string("ON");
	if (strcasecmp(text, "off") == 0)
		return json_string("OFF");
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	return value ? value : json_string(text);
}

int text_url(char *url, size_t size, const char *text)
{
	static const char plain[] = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	int err = 0;
	for (; !err && *text; text++) {
		size_t len = strlen(url);
		err = strchr(plain, *text) ? str_format(url + len, size - len, "%c", *text)
					   : str_format(url + len, size - len, "%%%02X", (unsigned char)*text);
	}
	return err;
}

void text_bytes(char *text, size_t size, uint64_t bytes)
{
	if (bytes < 1000000)
		str_format(text, size, "%.1f kB", (double)bytes / 1e3);
	else if (bytes < 1000000000)
		str_format(text, size, "%.1f MB", (double)bytes / 1e6);
	else
		str_format(text, size, "%.2f GB", (double)bytes / 1e9);
}
