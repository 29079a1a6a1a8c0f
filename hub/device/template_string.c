/* Texts of templates: white space and letters with two cases. Texts are UTF-8; what Python does by Unicode's tables is
 * done here for the alphabets that have two cases and are in common use. Pure. */
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
