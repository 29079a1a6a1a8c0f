/* Texts with values in them: format % values and the filter format, which are C's printf, and the method format with its
 * {0:>5.1f}. Widths and precisions have at most two digits. Pure. */
#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "device/template_private.h"

/* ---- % and the filter format: printf ---- */

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
	char digits[64], text[256]; /* 64 binary ones; of width and precision, two digits each, and more */
	uint64_t magnitude = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
	unsigned base = (c->letter | 0x20) == 'x' ? 16 : c->letter == 'o' ? 8 : c->letter == 'b' ? 2 : 10;
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

/* ---- the method format ---- */

/* [[fill]align][sign][#][0][width][,][.precision][type] */
struct spec {
	struct span fill;
	char align, sign, group, type; /* 0: not said */
	bool alternate;
	int width, precision;
};

static bool is_align(uint8_t c)
{
	return c == '<' || c == '>' || c == '^' || c == '=';
}

/* The character at the start of s, when it is one of these. */
static char take_one(struct span *s, const char *of)
{
	if (s->len == 0 || !s->data[0] || !strchr(of, s->data[0]))
		return 0;
	char c = (char)s->data[0];
	*s = span_of(s->data + 1, s->len - 1);
	return c;
}

static bool read_spec(struct span s, struct spec *spec)
{
	*spec = (struct spec){.fill = span_str(" "), .precision = -1};
	size_t first = s.len ? template_character(s) : 0, at = 0;
	if (s.len > first && is_align(s.data[first])) {
		spec->fill = span_of(s.data, first);
		s = span_of(s.data + first, s.len - first);
	}
	spec->align = take_one(&s, "<>^=");
	spec->sign = take_one(&s, "+- ");
	spec->alternate = take_one(&s, "#");
	if (take_one(&s, "0") && !spec->align) {
		spec->fill = span_str("0");
		spec->align = '=';
	}
	if (!read_small(s, &at, &spec->width))
		return false;
	s = span_of(s.data + at, s.len - at);
	spec->group = take_one(&s, ",_");
	if (take_one(&s, ".")) {
		at = 0;
		if (!read_small(s, &at, &spec->precision) || at == 0)
			return false;
		s = span_of(s.data + at, s.len - at);
	}
	spec->type = take_one(&s, "sdbxXofFeEgG%");
	return s.len == 0 && !(spec->group && (spec->fill.data[0] == '0' || !strchr("df", spec->type ? spec->type : 'd')));
}

static int put_fill(struct render *r, const struct spec *spec, size_t times)
{
	int err = 0;
	for (; times > 0 && err == 0; times--)
		err = template_put(r, spec->fill.data, spec->fill.len);
	return err;
}

/* Puts a body between its fill; a "=" fills behind the sign. */
static int put_aligned(struct render *r, const struct spec *spec, struct span body, char align)
{
	struct datum v = datum_string(body);
	size_t length, sign = align == '=' && body.len && strchr("+- ", body.data[0]) ? 1 : 0;
	int err = template_length(r, &v, &length);
	size_t missing = (size_t)spec->width > length ? (size_t)spec->width - length : 0;
	size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
	if (err == 0)
		err = template_put(r, body.data, sign);
	if (err == 0)
		err = put_fill(r, spec, left);
	if (err == 0)
		err = template_put(r, body.data + sign, body.len - sign);
	return err ? err : put_fill(r, spec, missing - left);
}

/* Puts a number's text with a separator at each thousand of its whole part. */
static int put_grouped(struct render *r, struct span s, char separator)
{
	size_t start = s.len && (s.data[0] < '0' || s.data[0] > '9'), end = start;
	while (end < s.len && s.data[end] >= '0' && s.data[end] <= '9')
		end++;
	int err = 0;
	for (size_t i = 0; i < s.len && err == 0; i++) {
		if (i > start && i < end && (end - i) % 3 == 0)
			err = template_put(r, &separator, 1);
		if (err == 0)
			err = template_put(r, s.data + i, 1);
	}
	return err;
}

static int put_number(struct render *r, const struct spec *spec, const struct datum *v)
{
	double real = 0;
	int64_t integer = 0;
	size_t mark = r->out->len, flags = 0;
	struct datum body;
	char type = spec->type ? spec->type : v->kind == KIND_REAL ? 'r' : 'd';
	struct conversion c = {.precision = spec->precision, .letter = type == '%' ? 'f' : type};
	if (spec->sign == '+' || spec->sign == ' ')
		c.flags[flags++] = spec->sign;
	if (spec->alternate)
		c.flags[flags++] = '#';
	template_is_number(v, &real);
	bool whole = strchr("dbxXo", type) != NULL;
	if (type == 's' || (whole && (!template_is_integer(v, &integer) || spec->precision >= 0)) ||
	    (type == 'r' && spec->precision >= 0))
		return template_wrong(r, "has a format that does not fit its value");
	int err = 0;
	if (type == 'r' && flags && spec->sign && !signbit(real))
		err = template_put(r, &spec->sign, 1);
	if (err == 0)
		err = type == 'r' ? template_put_real(r, real, false)
		      : whole	  ? put_integer_conversion(r, &c, integer)
				  : put_real_conversion(r, &c, type == '%' ? real * 100 : real);
	if (err == 0 && type == '%')
		err = template_put(r, "%", 1);
	if (err == 0)
		err = template_take(r, mark, &body);
	if (err == 0 && spec->group) {
		err = put_grouped(r, body.string, spec->group);
		if (err == 0)
			err = template_take(r, mark, &body);
	}
	return err ? err : put_aligned(r, spec, body.string, spec->align ? spec->align : '>');
}

static int put_formatted(struct render *r, struct span text, const struct datum *v)
{
	struct spec spec;
	double real;
	if (text.len == 0)
		return template_put_text(r, v);
	if (!read_spec(text, &spec))
		return template_wrong(r, "has a format that is not understood");
	if (v->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "formats a value that is not there");
	if (template_is_number(v, &real))
		return put_number(r, &spec, v);
	if (v->kind != KIND_STRING || (spec.type && spec.type != 's') || spec.sign || spec.alternate || spec.group ||
	    spec.align == '=')
		return template_wrong(r, "has a format that does not fit its value");
	struct conversion c = {.precision = spec.precision};
	size_t mark = r->out->len;
	struct datum body;
	int err = put_padded(r, &c, v->string);
	if (err == 0)
		err = template_take(r, mark, &body);
	return err ? err : put_aligned(r, &spec, body.string, spec.align ? spec.align : '<');
}

/* Reads the field at *at, behind its brace: [number][:spec]}. */
static bool read_field(struct span s, size_t *at, int *number, struct span *spec)
{
	const uint8_t *end = *at < s.len ? memchr(s.data + *at, '}', s.len - *at) : NULL;
	if (!end || !read_small(s, at, number))
		return false;
	size_t stop = (size_t)(end - s.data);
	*spec = span_of(NULL, 0);
	if (*at < stop && s.data[*at] == ':')
		*spec = span_of(s.data + *at + 1, stop - *at - 1);
	else if (*at != stop)
		return false;
	*at = stop + 1;
	return true;
}

int template_format_braces(struct render *r, struct span s, const struct datum *args, size_t count, struct datum *v_r)
{
	size_t mark = r->out->len, at = 0;
	int err = 0, next = 0;
	while (at < s.len && err == 0) {
		uint8_t c = s.data[at++];
		bool twice = at < s.len && s.data[at] == c;
		if ((c != '{' && c != '}') || twice) {
			err = template_put(r, &c, 1);
			at += twice && (c == '{' || c == '}');
			continue;
		}
		int number = -1;
		struct span spec;
		if (c == '}' || !read_field(s, &at, &number, &spec))
			return template_wrong(r, "has a format that is not understood");
		if (number < 0)
			number = next++;
		if ((size_t)number >= count)
			return template_wrong(r, "has too few values for its format");
		err = put_formatted(r, spec, &args[number]);
	}
	return err ? err : template_take(r, mark, v_r);
}
