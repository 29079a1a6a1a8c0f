/* Times in files. Pure; any thread; knows no time zone database, so a time must bring its offset. */
#include "history/time_text.h"

#include <math.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum { DAY_MS = 86400000 };

/* The proleptic Gregorian calendar in eras of 400 years that begin in March, so that the leap day comes last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t days, int *year_r, int *month_r, int *day_r)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* from March */
	*day_r = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	*month_r = (int)(month < 10 ? month + 3 : month - 9);
	*year_r = (int)(year_of_era + era * 400 + (*month_r <= 2));
}

static void put_digits(char *text, int digits, int64_t value)
{
	while (digits-- > 0) {
		text[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

void time_to_text(int64_t ms, char text_r[TIME_TEXT_SIZE])
{
	if (ms < TIME_TEXT_FIRST_MS)
		ms = TIME_TEXT_FIRST_MS;
	if (ms > TIME_TEXT_LAST_MS)
		ms = TIME_TEXT_LAST_MS;
	int64_t days = (ms >= 0 ? ms : ms - (DAY_MS - 1)) / DAY_MS, rest = ms - days * DAY_MS;
	int year, month, day;
	civil_from_days(days, &year, &month, &day);
	memcpy(text_r, "0000-00-00T00:00:00.000Z", TIME_TEXT_SIZE); /* printf would take most of an export's time */
	put_digits(text_r, 4, year);
	put_digits(text_r + 5, 2, month);
	put_digits(text_r + 8, 2, day);
	put_digits(text_r + 11, 2, rest / 3600000);
	put_digits(text_r + 14, 2, rest / 60000 % 60);
	put_digits(text_r + 17, 2, rest / 1000 % 60);
	put_digits(text_r + 20, 3, rest % 1000);
}

/* ---- reading ----------------------------------------------------------- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Takes exactly so many digits as a number in min..max. */
static bool take_number(struct span *text, size_t digits, int min, int max, int *value_r)
{
	int value = 0;
	if (text->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!is_digit(text->data[i]))
			return false;
		value = value * 10 + (text->data[i] - '0');
	}
	*text = span_of(text->data + digits, text->len - digits);
	*value_r = value;
	return value >= min && value <= max;
}

static bool take_char(struct span *text, const char *of)
{
	if (text->len == 0 || text->data[0] == 0 || !strchr(of, text->data[0]))
		return false;
	*text = span_of(text->data + 1, text->len - 1);
	return true;
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct span *text, int64_t *days_r)
{
	int year, month, day;
	if (!take_number(text, 4, 0, 9999, &year) || !take_char(text, "-") || !take_number(text, 2, 1, 12, &month) ||
	    !take_char(text, "-") || !take_number(text, 2, 1, 31, &day) || day > days_of_month(year, month))
		return false;
	*days_r = days_from_civil(year, month, day);
	return true;
}

/* hh:mm, hh:mm:ss, hh:mm:ss.fff… */
static bool take_time(struct span *text, int64_t *ms_r)
{
	int hour, minute, second = 0;
	if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ":") || !take_number(text, 2, 0, 59, &minute))
		return false;
	if (take_char(text, ":") && !take_number(text, 2, 0, 60, &second)) /* a leap second is the next minute's first */
		return false;
	*ms_r = ((hour * 60 + minute) * 60 + second) * 1000LL;
	if (!take_char(text, ".,"))
		return true;
	if (text->len == 0 || !is_digit(text->data[0]))
		return false;
	for (int scale = 100; text->len && is_digit(text->data[0]); scale /= 10) {
		*ms_r += (text->data[0] - '0') * scale;
		*text = span_of(text->data + 1, text->len - 1);
	}
	return true;
}

/* Z, +hh, +hhmm, +hh:mm; the whole rest. Returns 0, ERR_UNSUPPORTED (none) or ERR_MALFORMED. */
static int take_zone(struct span *text, int64_t *ms_r)
{
	int hour, minute = 0;
	take_char(text, " ");
	if (text->len == 0)
		return ERR_UNSUPPORTED;
	*ms_r = 0;
	if (take_char(text, "Zz"))
		return text->len ? ERR_MALFORMED : 0;
	bool west = text->data[0] == '-';
	if (!take_char(text, "+-") || !take_number(text, 2, 0, 23, &hour))
		return ERR_MALFORMED;
	if (text->len) {
		take_char(text, ":");
		if (!take_number(text, 2, 0, 59, &minute) || text->len)
			return ERR_MALFORMED;
	}
	*ms_r = (hour * 60 + minute) * (west ? -60000LL : 60000LL);
	return 0;
}

static int check(double ms, int64_t *ms_r)
{
	if (!(ms >= (double)TIME_TEXT_FIRST_MS && ms <= (double)TIME_TEXT_LAST_MS))
		return ERR_INVALID;
	*ms_r = (int64_t)ms;
	return 0;
}

int time_from_text(struct span text, int64_t *ms_r)
{
	double number;
	if (str_to_double(text, &number) == 0) /* below 1e11: seconds until the year 5138, else milliseconds from 1973 on */
		return check(fabs(number) < 1e11 ? floor(number * 1000 + 0.0005) : floor(number), ms_r);
	int64_t days, time, zone;
	if (!take_date(&text, &days) || !take_char(&text, "Tt ") || !take_time(&text, &time))
		return ERR_MALFORMED;
	int err = take_zone(&text, &zone);
	return err ? err : check((double)(days * DAY_MS + time - zone), ms_r);
}
