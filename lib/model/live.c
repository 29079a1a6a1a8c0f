/* Giving a buffer's memory to the live port. Any thread. */
#include "model/live.h"

#include <stddef.h>

void live_post(const struct live_port *live, const char *name, struct json_out *o)
{
	if (o->err != 0 || !live->post || !buf_cstr(o->buf)) {
		buf_finish(o->buf);
		return;
	}
	char *json = (char *)o->buf->data;
	*o->buf = (struct buf){0};
	live->post(live->ctx, name, json);
}
