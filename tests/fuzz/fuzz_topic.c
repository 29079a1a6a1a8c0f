/* Two lines, each a topic name or filter: validity, matching and covering must
 * agree with the slow and obvious way of saying the same. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mqtt/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LEVELS = 300, MAX_BYTES = 256 };

struct levels {
	struct span level[MAX_LEVELS];
	size_t count;
};

static void check(bool truth)
{
	if (!truth)
		abort();
}

static struct levels split(struct span s)
{
	struct levels all = {.count = 0};
	size_t start = 0;
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.data[i] != '/')
			continue;
		all.level[all.count++] = span_of(s.data + start, i - start);
		start = i + 1;
	}
	return all;
}

/* Decodes one code point in the plainest way; 0 when there is none. */
static uint32_t decode_utf8(const uint8_t *p, size_t left, size_t *len_r)
{
	static const uint32_t smallest[] = {0, 1, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	if (len == 0 || len > left)
		return 0;
	uint32_t c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	*len_r = len;
	return c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : c;
}

static bool slow_utf8_valid(struct span s)
{
	for (size_t i = 0, len; i < s.len; i += len)
		if (decode_utf8(s.data + i, s.len - i, &len) == 0)
			return false;
	return true;
}

static bool contains(struct span s, char c)
{
	return s.len > 0 && memchr(s.data, c, s.len) != NULL;
}

static bool slow_name_valid(struct span s)
{
	return s.len > 0 && slow_utf8_valid(s) && !contains(s, '+') && !contains(s, '#');
}

static bool slow_plain_filter_valid(struct span s)
{
	if (s.len == 0 || !slow_utf8_valid(s))
		return false;
	struct levels all = split(s);
	for (size_t i = 0; i < all.count; i++) {
		if (contains(all.level[i], '+') && !span_is(all.level[i], "+"))
			return false;
		if (contains(all.level[i], '#') && (!span_is(all.level[i], "#") || i + 1 != all.count))
			return false;
	}
	return true;
}

static bool slow_filter_valid(struct span s)
{
	struct levels all = split(s);
	if (all.count < 2 || !span_is(all.level[0], "$share"))
		return slow_plain_filter_valid(s);
	if (all.count < 3)
		return false;
	const uint8_t *rest = all.level[2].data;
	return slow_name_valid(all.level[1]) &&
	       slow_plain_filter_valid(span_of(rest, (size_t)(s.data + s.len - rest)));
}

static bool slow_matches(struct span filter, struct span name)
{
	struct levels f = split(filter), n = split(name);
	bool leading_wildcard = span_is(f.level[0], "+") || span_is(f.level[0], "#");
	if (leading_wildcard && name.data[0] == '$')
		return false;
	for (size_t i = 0; i < f.count; i++) {
		if (span_is(f.level[i], "#"))
			return true; /* all levels before it have matched */
		if (i >= n.count)
			return false;
		if (!span_is(f.level[i], "+") && !span_equal(f.level[i], n.level[i]))
			return false;
		if (i + 1 == n.count && i + 2 == f.count && span_is(f.level[i + 1], "#"))
			return true; /* the parent */
	}
	return f.count == n.count;
}

/* A filter is covered if the other matches its most general topics: each '+'
 * a name that occurs nowhere else, '#' as many of them as may matter. */
static bool slow_covers(struct span outer, struct span inner)
{
	static uint8_t text[(MAX_BYTES + 2) * (2 * MAX_BYTES + 8)];
	uint8_t fresh[MAX_BYTES + 1];
	memset(fresh, 'z', sizeof fresh);
	struct span unique = span_of(fresh, outer.len + 1);
	struct levels in = split(inner);
	bool tail = span_is(in.level[in.count - 1], "#");
	size_t most = tail ? split(outer).count + 1 : 0;
	for (size_t more = 0; more <= most; more++) {
		size_t len = 0, levels = 0;
		for (size_t i = 0; i + tail < in.count + more; i++, levels++) {
			bool literal = i + tail < in.count && !span_is(in.level[i], "+");
			if (levels > 0)
				text[len++] = '/';
			struct span s = literal ? in.level[i] : unique;
			memcpy(text + len, s.data, s.len);
			len += s.len;
		}
		struct span topic = span_of(text, len);
		if (len == 0)
			continue; /* no such topic */
		check(slow_matches(inner, topic) && topic_matches(inner, topic));
		if (!slow_matches(outer, topic))
			return false;
	}
	return true;
}

static void check_validity(struct span s)
{
	check(utf8_valid(s) == slow_utf8_valid(s));
	check(topic_name_valid(s) == slow_name_valid(s));
	check(topic_filter_valid(s) == slow_filter_valid(s));
	struct levels all = split(s);
	struct span rest = s, level;
	bool done = false;
	size_t count = 0;
	while (topic_next_level(&rest, &done, &level)) {
		check(count < all.count && span_equal(level, all.level[count]));
		count++;
	}
	check(count == all.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	if (!newline || size > MAX_BYTES)
		return 0;
	struct span a = span_of(data, (size_t)(newline - data));
	struct span b = span_of(newline + 1, size - a.len - 1);
	check_validity(a);
	check_validity(b);
	struct span name, filter;
	if (!topic_filter_valid(a) || topic_split_shared(a, &name, &filter))
		return 0;
	if (topic_name_valid(b))
		check(topic_matches(a, b) == slow_matches(a, b));
	if (topic_filter_valid(b) && !topic_split_shared(b, &name, &filter))
		check(topic_filter_covers(a, b) == slow_covers(a, b));
	return 0;
}
