/* Making device ids out of what people and devices call them. Any thread. */
#include "enrolment/device_id.h"

#include <string.h>

#include "base/rand.h"
#include "base/utf8.h"

enum { RANDOM_CHARS = 6, SLUG_MAX = MODEL_ID_MAX - 1 - RANDOM_CHARS };

/* The letter nearest to U+00C0..U+00FF, '-' for the two signs among them. */
static char latin_letter(unsigned code)
{
	static const char letters[] = "aaaaaaaceeeeiiiidnooooo-ouuuuyts"
				      "aaaaaaaceeeeiiiidnooooo-ouuuuyty";
	_Static_assert(sizeof letters == 65, "one for each");
	return letters[code - 0xc0];
}

static char slug_char(const uint8_t *p, size_t len)
{
	if (len == 2 && p[0] == 0xc3)
		return latin_letter(0xc0u + (p[1] & 0x3fu));
	char c = (char)p[0];
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

/* Runs of all else become one dash, none at the ends. Returns the length. */
static size_t make_slug(char slug_r[SLUG_MAX], const char *name)
{
	size_t len = 0;
	bool gap = false;
	const uint8_t *p = (const uint8_t *)name;
	for (size_t left = strlen(name); left && len < SLUG_MAX;) {
		size_t step = utf8_sequence(p, left);
		if (!step)
			step = 1;
		char c = slug_char(p, step);
		p += step;
		left -= step;
		if (c == '-') {
			gap = len > 0;
			continue;
		}
		if (gap && len + 1 == SLUG_MAX)
			break;
		if (gap)
			slug_r[len++] = '-';
		gap = false;
		slug_r[len++] = c;
	}
	return len;
}

void device_id_make(char id_r[MODEL_ID_SIZE], const char *const *names)
{
	static const char fallback[] = "device";
	size_t len = 0;
	while (*names && !len)
		len = make_slug(id_r, *names++);
	if (!len) {
		len = sizeof fallback - 1;
		memcpy(id_r, fallback, len);
	}
	id_r[len++] = '-';
	rand_name(id_r + len, RANDOM_CHARS);
}
