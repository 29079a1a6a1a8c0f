/* Devices and their commands: the house does the work, this file checks what
 * comes from outside and names the errors. Pool threads. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/topics.h"
#include "web/audit.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/routes.h"

/* Whether the path's ids are ids; answers 404 otherwise: nothing has such a name. */
static bool ids_ok(const struct request *rq, size_t count, struct response *rs)
{
	for (size_t i = 0; i < count; i++)
		if (!str_id_valid(span_str(rq->params[i]), MODEL_ID_MAX)) {
			problem_from_err(rs, ERR_NOT_FOUND, i == 0 ? "device" : "entity");
			return false;
		}
	return true;
}

void api_devices_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	char cursor[LIVE_ID_SIZE];
	live_cursor(sv->live, cursor); /* before the data: what happens in between comes twice, never not at all */
	int err = buf_append_str(&rs->body, "{\"devices\":");
	if (!err)
		err = sv->ports.house.devices(sv->ports.house.ctx, &rs->body);
	if (!err)
		err = buf_printf(&rs->body, ",\"cursor\":\"%s\"}", cursor);
	response_json_text(rs, 200, err);
}

static void answer_device(const struct web_services *sv, const char *id, struct response *rs)
{
	int err = sv->ports.house.device(sv->ports.house.ctx, id, &rs->body);
	if (err)
		problem_from_err(rs, err, "device");
	else
		response_json_text(rs, 200, 0);
}

void api_device_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (ids_ok(rq, 1, rs))
		answer_device(sv, rq->params[0], rs);
}

/* An optional text of the body: *text_r stays NULL when it is absent. */
static bool optional_name(const struct request *rq, const char *member, size_t min, const char **text_r,
			  struct response *rs)
{
	*text_r = NULL;
	if (!json_object_get(rq->body, member))
		return true;
	*text_r = request_text(rq, member, min, MODEL_NAME_SIZE - 1);
	if (*text_r)
		return true;
	problem_coded(rs, 422, "label", member, "A name has at most 127 printable characters.");
	return false;
}

void api_device_edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const char *name, *area;
	if (!ids_ok(rq, 1, rs) || !optional_name(rq, "name", 1, &name, rs) || !optional_name(rq, "area", 0, &area, rs))
		return;
	int err = sv->ports.house.edit(sv->ports.house.ctx, rq->params[0], name, area);
	if (err) {
		problem_from_err(rs, err, "device");
		return;
	}
	/* no id: erasing a device later must leave no trace of it */
	audit(sv, rq->identity.name, "device_edited", "");
	answer_device(sv, rq->params[0], rs);
}

void api_device_erase(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!ids_ok(rq, 1, rs))
		return;
	int err = sv->ports.house.erase(sv->ports.house.ctx, rq->params[0]);
	if (err) {
		problem_from_err(rs, err, "device");
		return;
	}
	/* erased means erased: not even the audit log keeps the device's id */
	audit(sv, rq->identity.name, "device_erased", "");
	response_empty(rs, 204);
}

/* The house's {"detail":"…"} becomes a problem. */
static void refuse_value(struct response *rs)
{
	json_t *reason = json_loadb((const char *)rs->body.data, rs->body.len, 0, NULL);
	const char *detail = json_string_value(json_object_get(reason, "detail"));
	problem_field(rs, 422, "value", detail ? detail : "The entity cannot take this value.");
	json_decref(reason);
}

void api_device_command(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!ids_ok(rq, 2, rs))
		return;
	const json_t *value = json_object_get(rq->body, "value");
	if (!value) {
		problem_field(rs, 422, "value", "Send the value that the entity shall take.");
		return;
	}
	char *value_json = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!value_json) {
		problem_from_err(rs, ERR_NOMEM, "command");
		return;
	}
	struct house_command command = {rq->params[0], rq->params[1], value_json, rq->identity.name};
	int err = sv->ports.house.command(sv->ports.house.ctx, &command, &rs->body);
	free(value_json);
	if (err == ERR_INVALID)
		refuse_value(rs);
	else if (err == ERR_UNSUPPORTED)
		problem_coded(rs, 422, "reports_only", NULL, "This entity only reports; it takes no commands.");
	else if (err == ERR_STATE)
		problem_coded(rs, 409, "offline", NULL, "The device is offline. Check its power and network, then try again.");
	else if (err)
		problem_from_err(rs, err, "device or entity");
	else
		response_json_text(rs, 202, 0);
}
