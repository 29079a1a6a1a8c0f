/* Strings. Any thread. */
#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

int str_copy_span(char *dst, size_t size, struct span s)
{
	dst[0] = 0;
	if (s.len >= size)
		return ERR_TOO_LARGE;
	if (s.len && memchr(s.data, 0, s.len))
		return ERR_MALFORMED;
	if (s.len)
		memcpy(dst, s.data, s.len);
	dst[s.len] = 0;
	return 0;
}

int str_copy(char *dst, size_t size, const char *s)
{
	return str_copy_span(dst, size, span_str(s));
}

int str_format(char *dst, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(dst, size, format, args);
	va_end(args);
	return len >= 0 && (size_t)len < size ? 0 : ERR_TOO_LARGE;
}

int str_to_int(const char *s, int64_t min, int64_t max, int64_t *value_r)
{
	if (!((*s >= '0' && *s <= '9') || (*s == '-' && s[1] >= '0' && s[1] <= '9')))
		return ERR_INVALID;
	char *end;
	errno = 0;
	long long value = strtoll(s, &end, 10);
	if (errno || *end || value < min || value > max)
		return ERR_INVALID;
	*value_r = value;
	return 0;
}

/* Numbers on the wire have a point, whatever the user's locale says. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int str_to_double(struct span s, double *value_r)
{
	while (s.len && is_space(s.data[0]))
		s = span_of(s.data + 1, s.len - 1);
	while (s.len && is_space(s.data[s.len - 1]))
		s.len--;
	char text[64];
	if (s.len == 0 || str_copy_span(text, sizeof text, s))
		return ERR_INVALID;
	/* strtod also takes hexadecimal, "inf" and "nan": not numbers on our wires */
	for (const char *c = text; *c; c++)
		if (!strchr("0123456789+-.eE", *c))
			return ERR_INVALID;
	pthread_once(&c_locale_once, make_c_locale);
	char *end;
	double value = strtod_l(text, &end, c_locale);
	if (*end || end == text || !isfinite(value))
		return ERR_INVALID;
	*value_r = value;
	return 0;
}

/* What sensors say has few decimals: value is then an integer over a power of
 * ten, and dividing again proves it, because that division is exactly rounded. Up to 15
 * digits this is the text that "%.15g" would give, at a tenth of the time. */
static bool format_decimal(char *dst, size_t size, double value)
{
	static const double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
	double magnitude = fabs(value);
	if (magnitude >= 1e15 || magnitude < 1e-4)
		return false;
	for (int decimals = 0; decimals < 7 && magnitude * powers[decimals] < 1e15; decimals++) {
		int64_t scaled = (int64_t)(magnitude * powers[decimals] + 0.5);
		if ((double)scaled / powers[decimals] != magnitude)
			continue;
		int64_t power = (int64_t)powers[decimals];
		const char *sign = value < 0 ? "-" : "";
		if (decimals == 0)
			return str_format(dst, size, "%s%lld", sign, (long long)scaled) == 0;
		return str_format(dst, size, "%s%lld.%0*lld", sign, (long long)(scaled / power), decimals,
				  (long long)(scaled % power)) == 0;
	}
	return false;
}

void str_from_double(char *dst, size_t size, double value)
{
	if (!isfinite(value)) {
		str_copy(dst, size, "null");
		return;
	}
	if (format_decimal(dst, size, value))
		return;
	pthread_once(&c_locale_once, make_c_locale);
	locale_t before = uselocale(c_locale);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(dst, size, "%.*g", digits, value);
		if (strtod(dst, NULL) == value)
			break;
	}
	uselocale(before);
}

bool str_is_printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

bool str_id_valid(struct span s, size_t max)
{
	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-'))
			return false;
	}
	return true;
}

void str_to_hex(char *dst, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		*dst++ = digits[data[i] >> 4];
		*dst++ = digits[data[i] & 15];
	}
	*dst = 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int str_from_hex(const char *s, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(s[2 * i]);
		int low = high < 0 ? -1 : hex_digit(s[2 * i + 1]);
		if (low < 0)
			return ERR_INVALID;
		data[i] = (uint8_t)(high << 4 | low);
	}
	return s[2 * len] ? ERR_INVALID : 0;
}
