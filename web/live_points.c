/* Takes points out of an event's text. Our own text, whose form is known: it is scanned, not parsed, since that is done under the
 * ring's lock for each guest. What looks otherwise ends the scan. */
#include "web/live_points.h"

#include <string.h>

static const char head[] = "data: {\"points\":[", tail[] = "]}\n\n";

/* The series at the beginning of "<id>,…"; 0 for none. */
static int64_t series_of(struct span point)
{
	int64_t id = 0;
	for (size_t i = 0; i < point.len && point.data[i] >= '0' && point.data[i] <= '9' && id < INT32_MAX; i++)
		id = 10 * id + (point.data[i] - '0');
	return id;
}

/* Takes the next "[…]" off rest, past a comma before it; a bracket in a word does not end it. Returns false behind the last. */
static bool next_point(struct span *rest, struct span *point_r)
{
	size_t i = rest->len && rest->data[0] == ',' ? 1 : 0, start = i;
	bool quoted = false;
	if (i >= rest->len || rest->data[i] != '[')
		return false;
	for (i++; i < rest->len; i++) {
		uint8_t c = rest->data[i];
		if (c == '\\' && quoted)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ']' && !quoted)
			break;
	}
	if (i >= rest->len)
		return false;
	*point_r = span_of(rest->data + start, i + 1 - start);
	*rest = span_of(rest->data + i + 1, rest->len - i - 1);
	return true;
}

int live_append_points(struct span event, const struct places *places, const struct rooms *rooms, struct buf *out)
{
	const uint8_t *data = memmem(event.data, event.len, head, strlen(head));
	if (!data)
		return 0;
	size_t before = (size_t)(data - event.data) + strlen(head), start = out->len, count = 0;
	struct span rest = span_of(event.data + before, event.len - before), point;
	int err = buf_append(out, event.data, before);
	while (!err && next_point(&rest, &point)) {
		if (!places_sees_series(places, rooms, series_of(span_of(point.data + 1, point.len - 1))))
			continue;
		if (count++)
			err = buf_append_str(out, ",");
		if (!err)
			err = buf_append(out, point.data, point.len);
	}
	if (!err)
		err = buf_append_str(out, tail);
	if (err || count == 0)
		out->len = start;
	return err;
}
