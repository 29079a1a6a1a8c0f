/* Giving a buffer's memory to the live port. Any thread. */
#include "model/live.h"

#include <stddef.h>

void live_post_about(const struct live_port *live, const char *name, const char *device, struct json_out *o)
{
	if (o->err != 0 || !live->post || !buf_cstr(o->buf)) {
		buf_finish(o->buf);
		return;
	}
	char *json = (char *)o->buf->data;
	*o->buf = (struct buf){0};
	live->post(live->ctx, name, device, json);
}

void live_post(const struct live_port *live, const char *name, struct json_out *o)
{
	live_post_about(live, name, NULL, o);
}

void live_place(const struct live_port *live, const char *device, const char *room)
{
	if (live->place)
		live->place(live->ctx, device, room);
}

void live_series(const struct live_port *live, int64_t series, const char *device)
{
	if (live->series)
		live->series(live->ctx, series, device);
}
