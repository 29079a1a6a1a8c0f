/* UTF-8 validation, eight bytes at a time while they are ASCII, which topics
 * nearly always are. Any thread; part of the firmware, so no libc but string.h. */
#include "base/utf8.h"

/* RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t utf8_sequence(const uint8_t *p, size_t left)
{
	uint8_t c = p[0], low = 0x80, high = 0xbf;
	size_t len;
	if (c < 0x80)
		return c ? 1 : 0;
	if (c >= 0xc2 && c <= 0xdf)
		len = 2;
	else if (c >= 0xe0 && c <= 0xef)
		len = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		len = 4;
	else
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (left < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Whether the eight bytes at p are all in 1..0x7f. */
static bool is_ascii_8(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	uint64_t zero_byte = (v - UINT64_C(0x0101010101010101)) & ~v;
	return ((v | zero_byte) & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_valid(struct span s)
{
	for (size_t i = 0; i < s.len;) {
		size_t left = s.len - i;
		if (left >= 8 && is_ascii_8(s.data + i)) {
			i += 8;
			continue;
		}
		size_t len = utf8_sequence(s.data + i, left);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

bool utf8_text_valid(struct span s)
{
	while (s.len > 0) {
		const uint8_t *nul = memchr(s.data, 0, s.len);
		size_t len = nul ? (size_t)(nul - s.data) : s.len;
		if (!utf8_valid(span_of(s.data, len)))
			return false;
		s = nul ? span_of(nul + 1, s.len - len - 1) : span_of(NULL, 0);
	}
	return true;
}
