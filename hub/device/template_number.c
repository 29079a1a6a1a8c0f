/* Numbers of templates: read from text and written as Python reads and writes them, and rounded half to even. Pure. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "device/template_private.h"

/* Python's words for what is no finite number. */
static bool read_word(struct span s, double *real_r)
{
	static const char *const words[] = {"inf", "infinity", "nan"};
	bool negative = s.len && s.data[0] == '-';
	if (s.len && (s.data[0] == '-' || s.data[0] == '+'))
		s = span_of(s.data + 1, s.len - 1);
	char word[16] = "";
	for (size_t i = 0; i < s.len && s.len < sizeof word; i++)
		word[i] = (char)(s.data[i] | 0x20);
	for (int i = 0; i < 3; i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		*real_r = i == 2 ? (double)NAN : (double)INFINITY;
		if (negative)
			*real_r = -*real_r;
		return true;
	}
	return false;
}

int template_to_real(struct render *r, const struct datum *v, bool *ok_r, double *real_r)
{
	*ok_r = true;
	if (v->kind == KIND_UNDEFINED)
		return template_fail(r, ERR_NOT_FOUND, "needs a number that is not there");
	if (template_is_number(v, real_r))
		return 0;
	struct span text = v->kind == KIND_STRING ? template_strip(v->string, true, true) : span_of(NULL, 0);
	*ok_r = str_to_double(text, real_r) == 0 || read_word(text, real_r);
	return 0;
}

int template_truncate(struct render *r, double value, int64_t *integer_r)
{
	if (isnan(value))
		return template_wrong(r, "makes an integer of what is not a number");
	if (!(value >= -0x1p63 && value < 0x1p63))
		return template_fail(r, ERR_TOO_LARGE, "makes an integer beyond 64 bits");
	*integer_r = (int64_t)value;
	return 0;
}

/* Reads int(text, base): "_" between digits and the base's prefix may be there. */
static bool read_integer(struct span s, int base, int64_t *integer_r)
{
	char digits[80], *end;
	size_t len = 0;
	s = template_strip(s, true, true);
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];
		if (c == '_' && i > 0 && i + 1 < s.len && s.data[i - 1] != '_' && s.data[i + 1] != '_')
			continue;
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool sign = i == 0 && (c == '-' || c == '+');
		if (len == sizeof digits - 1 || !(letter || sign || (c >= '0' && c <= '9')))
			return false;
		digits[len++] = (char)c;
	}
	digits[len] = 0;
	char *start = digits + (digits[0] == '-' || digits[0] == '+');
	char prefix = start[0] == '0' ? (char)(start[1] | 0x20) : 0;
	if ((base == 8 && prefix == 'o') || (base == 2 && prefix == 'b'))
		start[1] = '0';
	errno = 0;
	*integer_r = strtoll(digits, &end, base);
	return len > 0 && !errno && !*end && end != digits;
}

int template_to_integer(struct render *r, const struct datum *v, int base, bool *ok_r, int64_t *integer_r)
{
	double real;
	*ok_r = true;
	if (template_is_integer(v, integer_r))
		return 0;
	if (v->kind == KIND_STRING && read_integer(v->string, base, integer_r))
		return 0;
	int err = template_to_real(r, v, ok_r, &real);
	if (err != 0 || !*ok_r)
		return err;
	*ok_r = isfinite(real);
	return *ok_r ? template_truncate(r, real, integer_r) : 0;
}

/* printf rounds the exact value half to even, as Python does. */
double template_round(double value, int64_t digits)
{
	char text[DBL_MAX_10_EXP + 32];
	if (!isfinite(value) || (digits >= 0 && fabs(value) >= 0x1p52) || digits > 323)
		return value;
	if (digits < -DBL_MAX_10_EXP)
		return copysign(0, value);
	int whole = snprintf(text, sizeof text, "%.0f", trunc(fabs(value))), kept = whole + (int)digits;
	if (digits >= 0)
		snprintf(text, sizeof text, "%.*f", (int)digits, value);
	else if (kept > 0)
		snprintf(text, sizeof text, "%.*e", kept - 1, value);
	else /* to nothing, or to one in the first place that goes */
		return copysign(kept == 0 && fabs(value) * 2 > pow(10, whole) ? pow(10, whole) : 0, value);
	return strtod(text, NULL);
}

int template_put_real(struct render *r, double value, bool orjson)
{
	char shortest[32], digits[32], text[64];
	if (!isfinite(value)) {
		const char *word = orjson ? "null" : isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
		return template_put(r, word, strlen(word));
	}
	str_from_double(shortest, sizeof shortest, fabs(value));
	int count = 0, exponent = 0; /* value is 0.digits times ten to the exponent */
	bool point = false;
	const char *at = shortest;
	for (; *at && *at != 'e'; at++) {
		point |= *at == '.';
		if (*at == '.' || (*at == '0' && count == 0)) {
			exponent -= *at == '0' && point;
			continue;
		}
		digits[count++] = *at;
		exponent += !point;
	}
	if (*at == 'e')
		exponent += (int)strtol(at + 1, NULL, 10);
	while (count > 0 && digits[count - 1] == '0')
		count--;
	if (count == 0)
		exponent = 1;
	const char *sign = signbit(value) ? "-" : "";
	static const char zeros[] = "0000000000000000";
	int cut, whole = count < exponent ? count : exponent;
	if (exponent > 16 || exponent < -3)
		cut = str_format(text, sizeof text, orjson ? "%s%.1s%s%.*se%d" : "%s%.1s%s%.*se%+03d", sign, digits,
				 count > 1 ? "." : "", count - 1, digits + 1, exponent - 1);
	else if (exponent <= 0)
		cut = str_format(text, sizeof text, "%s0.%.*s%.*s", sign, -exponent, zeros, count, digits);
	else
		cut = str_format(text, sizeof text, "%s%.*s%.*s.%.*s", sign, whole, digits, exponent - whole, zeros,
				 count > whole ? count - whole : 1, count > whole ? digits + whole : zeros);
	(void)cut; /* 24 characters are the most */
	return template_put(r, text, strlen(text));
}
