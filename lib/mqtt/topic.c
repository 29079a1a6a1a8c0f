/* Topic names and filters, compared byte by byte in place. Any thread, no
 * state, no allocation; part of the firmware. Knows nothing of who may do what. */
#include "mqtt/topic.h"

#include "base/utf8.h"

enum { TOPIC_MAX_BYTES = 65535 }; /* MQTT-4.7.3-3 */

static const char SHARE_PREFIX[] = "$share/";

/* Whether the eight bytes at p are ASCII and neither NUL, '+' nor '#'. Taking one from each byte sets the top bit of a byte
 * that was zero, and one byte borrows from the next only when it was. '#' with the bit 8 is '+', and nothing else is. */
static bool is_plain_8(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t v;
	memcpy(&v, p, sizeof v);
	uint64_t wildcards = (v | ones * 8) ^ ones * '+'; /* zero where one is */
	return ((v | (v - ones) | (wildcards - ones)) & ones * 0x80) == 0;
}

bool topic_name_valid(struct span s)
{
	if (s.len == 0 || s.len > TOPIC_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.len;) {
		size_t left = s.len - i;
		if (left >= 8 && is_plain_8(s.data + i)) {
			i += 8;
			continue;
		}
		/* the last few bytes in one step, some of them a second time */
		if (left < 8 && s.len >= 8 && is_plain_8(s.data + s.len - 8))
			return true;
		size_t len = utf8_sequence(s.data + i, left);
		if (len == 0 || s.data[i] == '+' || s.data[i] == '#')
			return false;
		i += len;
	}
	return true;
}

static bool is_wildcard(uint8_t c)
{
	return c == '+' || c == '#';
}

bool topic_has_wildcard(struct span s)
{
	return s.len && (memchr(s.data, '+', s.len) || memchr(s.data, '#', s.len));
}

/* MQTT-4.7.1-1 ('#' last and alone in its level), MQTT-4.7.1-2 ('+' alone). */
static bool plain_filter_valid(struct span s)
{
	if (s.len == 0 || s.len > TOPIC_MAX_BYTES || !utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_wildcard(s.data[i]))
			continue;
		if (i > 0 && s.data[i - 1] != '/')
			return false;
		if (i + 1 < s.len && (s.data[i] == '#' || s.data[i + 1] != '/'))
			return false;
	}
	return true;
}

bool topic_split_shared(struct span s, struct span *name_r, struct span *filter_r)
{
	const size_t prefix = sizeof SHARE_PREFIX - 1;
	if (!span_starts(s, span_of(SHARE_PREFIX, prefix)))
		return false;
	struct span rest = span_of(s.data + prefix, s.len - prefix);
	const uint8_t *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
	if (!slash)
		return false;
	size_t name_len = (size_t)(slash - rest.data);
	*name_r = span_of(rest.data, name_len);
	*filter_r = span_of(slash + 1, rest.len - name_len - 1);
	return name_len > 0;
}

bool topic_filter_valid(struct span s)
{
	if (s.len > TOPIC_MAX_BYTES)
		return false;
	if (!span_starts(s, span_str(SHARE_PREFIX)))
		return plain_filter_valid(s);
	/* MQTT-4.8.2-1: a name of one character or more; MQTT-4.8.2-2: without
	 * wildcards, and a slash and a filter behind it */
	struct span name, filter;
	if (!topic_split_shared(s, &name, &filter) || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (is_wildcard(name.data[i]))
			return false;
	return plain_filter_valid(filter);
}

bool topic_matches(struct span filter, struct span name)
{
	if (filter.len == 0 || name.len == 0)
		return false;
	if (name.data[0] == '$' && is_wildcard(filter.data[0])) /* MQTT-4.7.2-1 */
		return false;
	size_t f = 0, n = 0;
	while (f < filter.len) {
		uint8_t c = filter.data[f];
		if (c == '#')
			return true;
		if (c == '+') {
			while (n < name.len && name.data[n] != '/')
				n++;
			f++;
			continue;
		}
		if (n == name.len) /* "sport/#" also matches "sport", §4.7.1.2 */
			return c == '/' && f + 2 == filter.len && filter.data[f + 1] == '#';
		if (name.data[n] != c)
			return false;
		f++;
		n++;
	}
	return n == name.len;
}

bool topic_next_level(struct span *rest, bool *done, struct span *level_r)
{
	if (*done)
		return false;
	const uint8_t *slash = rest->len ? memchr(rest->data, '/', rest->len) : NULL;
	if (!slash) {
		*done = true;
		*level_r = *rest;
		return true;
	}
	size_t len = (size_t)(slash - rest->data);
	*level_r = span_of(rest->data, len);
	*rest = span_of(slash + 1, rest->len - len - 1);
	return true;
}

bool topic_filter_covers(struct span outer, struct span inner)
{
	if (outer.len == 0 || inner.len == 0)
		return false;
	/* a leading wildcard reaches no '$' topic, and such a filter no other */
	if (inner.data[0] == '$' && is_wildcard(outer.data[0]))
		return false;
	/* there is no empty topic, so these two have no parent to match */
	if (span_is(inner, "#"))
		inner = span_str("+/#");
	else if (span_is(inner, "/#"))
		inner = span_str("/+/#");
	bool outer_done = false, inner_done = false;
	struct span o, i;
	while (topic_next_level(&outer, &outer_done, &o)) {
		if (span_is(o, "#")) /* also when inner has ended: "a/#" matches "a" */
			return true;
		if (!topic_next_level(&inner, &inner_done, &i) || span_is(i, "#"))
			return false;
		if (!span_is(o, "+") && !span_equal(o, i))
			return false;
	}
	return inner_done;
}
