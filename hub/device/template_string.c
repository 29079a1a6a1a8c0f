/* Texts of templates: white space, letters with two cases, and printf's formats. Texts are UTF-8; what Python does by
 * Unicode's tables is done here for the alphabets that have two cases and are in common use. Pure. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "device/template_private.h"

/* ---- white space ---- */

/* The two- and three-byte sequences that are white space: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, … */
static size_t wide_space(struct span s)
{
	if (s.len >= 2 && s.data[0] == 0xc2 && (s.data[1] == 0x85 || s.data[1] == 0xa0))
		return 2;
	if (s.len < 3)
		return 0;
	uint32_t code = (uint32_t)s.data[0] << 16 | (uint32_t)s.data[1] << 8 | s.data[2];
	bool space = code == 0xe19a80 || (code >= 0xe28080 && code <= 0xe2808a) || code == 0xe280a8 || code == 0xe280a9 ||
		     code == 0xe280af || code == 0xe2819f || code == 0xe38080;
	return space ? 3 : 0;
}

size_t template_space(struct span s)
{
	if (s.len == 0)
		return 0;
	uint8_t c = s.data[0];
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
	return wide_space(s);
}

struct span template_strip(struct span s, bool start, bool end)
{
	for (size_t len; start && (len = template_space(s)) > 0;)
		s = span_of(s.data + len, s.len - len);
	while (end && s.len > 0) {
		size_t len = 1;
		while (len < s.len && len < 3 && (s.data[s.len - len] & 0xc0) == 0x80)
			len++;
		if (template_space(span_of(s.data + s.len - len, len)) != len)
			break;
		s.len -= len;
	}
	return s;
}

/* ---- letters ---- */

/* Letters whose small ones lie `by` behind the large ones. */
static const struct {
	uint32_t first, last; /* large ones */
	uint32_t by;
} alphabets[] = {
	{0x41, 0x5a, 32},   {0xc0, 0xd6, 32},	{0xd8, 0xde, 32},  {0x388, 0x38a, 37}, {0x391, 0x3a1, 32},
	{0x3a3, 0x3ab, 32}, {0x400, 0x40f, 80}, {0x410, 0x42f, 32}, {0x531, 0x556, 48},
};

/* Ranges in which large and small ones take turns, the large ones at even or at odd code points. */
static const struct {
	uint32_t first, last;
} turns[] = {{0x100, 0x12f}, {0x132, 0x137}, {0x139, 0x148}, {0x14a, 0x177}, {0x179, 0x17e}, {0x460, 0x481},
	     {0x48a, 0x4bf}, {0x4d0, 0x52f}, {0x1e00, 0x1e95}, {0x1ea0, 0x1eff}};

static uint32_t change_case(uint32_t code, bool upper)
{
	for (size_t i = 0; i < sizeof alphabets / sizeof alphabets[0]; i++) {
		uint32_t first = alphabets[i].first, last = alphabets[i].last, by = alphabets[i].by;
		if (!upper && code >= first && code <= last)
			return code + by;
		if (upper && code >= first + by && code <= last + by)
			return code - by;
	}
	for (size_t i = 0; i < sizeof turns / sizeof turns[0] && code >= 0x100; i++) {
		if (code < turns[i].first || code > turns[i].last)
			continue;
		bool is_upper = (code - turns[i].first) % 2 == 0;
		return is_upper == upper ? code : upper ? code - 1 : code + 1;
	}
	return code;
}

static bool has_case(uint32_t code)
{
	return change_case(code, true) != code || change_case(code, false) != code || code == 0xdf;
}

/* Whether the next letter is large, after this character. */
static bool large_after(uint32_t code, enum letters letters)
{
	if (letters == LETTERS_TITLE) /* Jinja2's filter */
		return code == '-' || code == '(' || code == '{' || code == '[' || code == '<' || code == ' ' ||
		       (code >= '\t' && code <= '\r') || (code >= 0x1c && code <= 0x1f) || code == 0xa0;
	return letters == LETTERS_UPPER || (letters == LETTERS_TITLE_METHOD && !has_case(code));
}

int template_letters(struct render *r, struct span s, enum letters letters, struct datum *v_r)
{
	size_t mark = r->out->len;
	int err = 0;
	bool large = letters != LETTERS_LOWER;
	for (size_t at = 0, len; at < s.len && err == 0; at += len) {
		len = template_character(span_of(s.data + at, s.len - at));
		uint8_t bytes[4];
		uint32_t code = s.data[at];
		if (len == 2)
			code = (code & 0x1f) << 6 | (s.data[at + 1] & 0x3f);
		else if (len == 3)
			code = (code & 0xf) << 12 | (uint32_t)(s.data[at + 1] & 0x3f) << 6 | (s.data[at + 2] & 0x3f);
		bool sharp_s = code == 0xdf && large; /* has no large letter of its own */
		if (len == 4)
			err = template_put(r, s.data + at, len);
		else if (sharp_s)
			err = template_put(r, letters == LETTERS_UPPER ? "SS" : "Ss", 2);
		else
			err = template_put(r, bytes, template_encode(change_case(code, large), bytes));
		large = large_after(code, letters);
	}
	return err ? err : template_take(r, mark, v_r);
}

/* ---- printf ---- */

struct conversion {
	char flags[8], letter;
	int width, precision; /* -1: none */
};

/* Reads a number of at most two digits at *at. */
static bool read_small(struct span s, size_t *at, int *number)
{
	int value = 0, digits = 0;
	for (; *at < s.len && s.data[*at] >= '0' && s.data[*at] <= '9'; (*at)++, digits++)
		value = digits < 3 ? value * 10 + s.data[*at] - '0' : value;
	*number = digits ? value : *number;
	return digits < 3;
}

/* Reads what follows a "%". */
static bool read_conversion(struct span s, size_t *at, struct conversion *c)
{
	size_t flags = 0;
	*c = (struct conversion){.width = 0, .precision = -1};
	for (; *at < s.len && s.data[*at] && strchr("-+ #0", s.data[*at]); (*at)++)
		if (flags < sizeof c->flags - 1)
			c->flags[flags++] = (char)s.data[*at];
	if (!read_small(s, at, &c->width))
		return false;
	if (*at < s.len && s.data[*at] == '.') {
		(*at)++;
		c->precision = 0;
		if (!read_small(s, at, &c->precision))
			return false;
	}
	if (*at == s.len)
		return false;
	c->letter = (char)s.data[(*at)++];
	return true;
}

static bool has_flag(const struct conversion *c, char flag)
{
	return strchr(c->flags, flag) != NULL;
}

/* Puts text with spaces up to the width. */
static int put_padded(struct render *r, const struct conversion *c, struct span text)
{
	size_t length = 0, spaces;
	static const char blank[100] = "                                                                               "
				       "                    ";
	struct span rest = text;
	while (rest.len > 0 && (c->precision < 0 || length < (size_t)c->precision)) {
		size_t len = template_character(rest);
		rest = span_of(rest.data + len, rest.len - len);
		length++;
	}
	text.len -= rest.len;
	spaces = length < (size_t)c->width ? (size_t)c->width - length : 0;
	int err = has_flag(c, '-') ? 0 : template_put(r, blank, spaces);
	if (err == 0)
		err = template_put(r, text.data, text.len);
	return err || !has_flag(c, '-') ? err : template_put(r, blank, spaces);
}

static int put_real_conversion(struct render *r, const struct conversion *c, double real)
{
	char format[24], text[512];
	if (fabs(real) >= 1e300 && isfinite(real))
		return template_fail(r, ERR_TOO_LARGE, "formats a number that is too large");
	int cut = str_format(format, sizeof format, "%%%s*.*%c", c->flags, c->letter);
	(void)cut;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int len = snprintf(text, sizeof text, format, c->width, c->precision < 0 ? 6 : c->precision, real);
#pragma GCC diagnostic pop
	return template_put(r, text, (size_t)len);
}

static int put_integer_conversion(struct render *r, const struct conversion *c, int64_t integer)
{
	char digits[64], text[256];
	uint64_t magnitude = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
	unsigned base = (c->letter | 0x20) == 'x' ? 16 : c->letter == 'o' ? 8 : 10;
	size_t count = 0, len = 0, least = c->precision > 0 ? (size_t)c->precision : 1;
	for (; magnitude > 0 || count == 0; magnitude /= base)
		digits[count++] = (c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[magnitude % base];
	if (integer < 0 || has_flag(c, '+') || has_flag(c, ' '))
		text[len++] = integer < 0 ? '-' : has_flag(c, '+') ? '+' : ' ';
	if (has_flag(c, '#') && base != 10) {
		text[len++] = '0';
		text[len++] = c->letter;
	}
	if (has_flag(c, '0') && !has_flag(c, '-') && (size_t)c->width > len + least)
		least = (size_t)c->width - len;
	for (size_t i = count; i < least; i++)
		text[len++] = '0';
	while (count > 0)
		text[len++] = digits[--count];
	struct conversion padding = *c;
	padding.precision = -1;
	return put_padded(r, &padding, span_of(text, len));
}

/* Puts one argument. */
static int put_conversion(struct render *r, const struct conversion *c, const struct datum *v)
{
	double real;
	int64_t integer;
	struct span text;
	int err;
	if (v->kind == KIND_UNDEFINED && c->letter != 's')
		return template_fail(r, ERR_NOT_FOUND, "needs a number that is not there");
	switch (c->letter) {
	case 's':
		err = template_text(r, v, &text);
		return err ? err : put_padded(r, c, text);
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		if (template_is_integer(v, &integer))
			return put_integer_conversion(r, c, integer);
		if (v->kind != KIND_REAL || (c->letter | 0x20) == 'x' || c->letter == 'o')
			return template_wrong(r, "formats as an integer what is none");
		err = template_truncate(r, v->real, &integer);
		return err ? err : put_integer_conversion(r, c, integer);
	case 'f':
	case 'F':
	case 'e':
	case 'E':
	case 'g':
	case 'G':
		if (!template_is_number(v, &real))
			return template_wrong(r, "formats as a number what is none");
		return put_real_conversion(r, c, real);
	default: return template_wrong(r, "has a format with an unknown conversion");
	}
}

int template_format(struct render *r, struct span format, const struct datum *args, size_t count, struct datum *v_r)
{
	size_t mark = r->out->len, at = 0, used = 0;
	int err = 0;
	while (at < format.len && err == 0) {
		const uint8_t *percent = memchr(format.data + at, '%', format.len - at);
		size_t end = percent ? (size_t)(percent - format.data) : format.len;
		err = template_put(r, format.data + at, end - at);
		at = end;
		if (!percent || err != 0)
			break;
		struct conversion c;
		at++;
		if (!read_conversion(format, &at, &c))
			return template_wrong(r, "has a format that is not understood");
		if (c.letter == '%')
			err = template_put(r, "%", 1);
		else if (used == count)
			return template_wrong(r, "has too few values for its format");
		else
			err = put_conversion(r, &c, &args[used++]);
	}
	bool mapping = count == 1 && (args[0].kind > KIND_STRING || args[0].kind == KIND_UNDEFINED); /* may go unused */
	if (err == 0 && used < count && !mapping)
		return template_wrong(r, "has too many values for its format");
	return err ? err : template_take(r, mark, v_r);
}
