/* The body of M4: all that a device needs to live with this hub. Any thread. */
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "enrolment/enrolment_private.h"
#include "model/json_out.h"

void wipe_buf(struct buf *b)
{
	if (b->data)
		sodium_memzero(b->data, b->cap);
	buf_finish(b);
}

int answer_make(const struct enrolment *desk, const char *device_id, const char *token, struct buf *body)
{
	char root[MODEL_TOPIC_SIZE];
	struct json_out out = {.buf = body};
	/* In one piece from the start: growing would leave copies of the token behind. */
	int err = buf_reserve(body, T1_MAX_M4_BYTES);
	if (!err)
		err = str_format(root, sizeof root, TOPIC_ROOT "/%s", device_id);
	if (err)
		return err;
	json_out_raw(&out, "{");
	json_out_member_string(&out, "device_id", device_id);
	json_out_member_string(&out, "user", device_id);
	json_out_member_string(&out, "token", token);
	json_out_member_string(&out, "ca", desk->config.hub.ca_pem);
	json_out_member_string(&out, "hub_id", desk->config.hub.hub_id);
	json_out_key(&out, "endpoints");
	json_out_raw(&out, "[");
	for (const char *const *endpoint = desk->config.endpoints; *endpoint; endpoint++) {
		json_out_next(&out);
		json_out_string(&out, *endpoint);
	}
	json_out_raw(&out, "]");
	json_out_member_string(&out, "topic_root", root);
	json_out_member_int(&out, "time", desk_wall(desk).ms);
	json_out_raw(&out, "}");
	return out.err;
}
