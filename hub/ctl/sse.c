/* The event-stream format (HTML Standard §9.2.6), without what the hub never
 * sends: a byte order mark and lone carriage returns. */
#include "ctl/sse.h"

#include <string.h>

#include "base/err.h"

void sse_finish(struct sse *sse)
{
	buf_finish(&sse->line);
	buf_finish(&sse->name);
	buf_finish(&sse->data);
}

/* The value of the line's field, or NULL when it is another. */
static const char *field(const char *line, const char *name)
{
	size_t len = strlen(name);
	if (strncmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + (line[len + 1] == ' ');
}

static int set(struct buf *buf, const char *text)
{
	buf->len = 0;
	return buf_append_str(buf, text);
}

static int dispatch(struct sse *sse, int (*on_event)(void *ctx, const char *name, const char *data), void *ctx)
{
	int result = 0;
	if (sse->data.len) {
		const char *name = sse->name.len ? buf_cstr(&sse->name) : "message", *data = buf_cstr(&sse->data);
		result = name && data ? on_event(ctx, name, data) : ERR_NOMEM;
	}
	sse->name.len = sse->data.len = 0;
	return result;
}

static int take_line(struct sse *sse, int (*on_event)(void *ctx, const char *name, const char *data), void *ctx)
{
	if (sse->line.len && sse->line.data[sse->line.len - 1] == '\r')
		sse->line.len--;
	const char *line = buf_cstr(&sse->line), *value;
	if (!line)
		return ERR_NOMEM;
	if (*line == 0)
		return dispatch(sse, on_event, ctx);
	if ((value = field(line, "event")) != NULL)
		return set(&sse->name, value);
	if ((value = field(line, "data")) == NULL)
		return 0;
	if (sse->data.len && buf_append(&sse->data, "\n", 1))
		return ERR_NOMEM;
	return buf_append_str(&sse->data, value);
}

int sse_feed(struct sse *sse, struct span piece, int (*on_event)(void *ctx, const char *name, const char *data),
	     void *ctx)
{
	while (piece.len) {
		const uint8_t *end = memchr(piece.data, '\n', piece.len);
		size_t len = end ? (size_t)(end - piece.data) : piece.len;
		if (buf_append(&sse->line, piece.data, len))
			return ERR_NOMEM;
		if (!end)
			return 0;
		int result = take_line(sse, on_event, ctx);
		sse->line.len = 0;
		if (result)
			return result;
		piece = span_of(end + 1, piece.len - len - 1);
	}
	return 0;
}
