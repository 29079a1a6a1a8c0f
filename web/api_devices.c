/* Devices and their commands: the house does the work, this file checks what
 * comes from outside and names the errors. Pool threads. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/topics.h"
#include "thread/thread.h"
#include "web/audit.h"
#include "web/etag.h"
#include "web/list.h"
#include "web/live.h"
#include "web/operation.h"
#include "web/order.h"
#include "web/problem.h"
#include "web/routes.h"

enum { DEVICE_CLASS_MAX = 47 };

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

/* Whether one of the device's entities is of this kind. */
static bool has_component(const json_t *device, const char *component)
{
	size_t i;
	json_t *entity;
	json_array_foreach(json_object_get(device, "entities"), i, entity) {
		const char *is = json_string_value(json_object_get(entity, "component"));
		if (is && strcmp(is, component) == 0)
			return true;
	}
	return false;
}

static bool is_wanted(const struct request *rq, const json_t *device)
{
	static const char *const searched[] = {"id", "name", "area", "model", "manufacturer", NULL};
	const char *component = request_query(rq, "component");
	return list_filter_text(rq, device, "area") && list_filter_bool(rq, "online", json_is_true(json_object_get(device, "online"))) &&
	       list_filter_words(rq, device, searched) && (!component || has_component(device, component));
}

void api_devices_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "devices", .order = {"id"}, .wanted = is_wanted};
	char cursor[LIVE_ID_SIZE];
	struct buf devices = {0};
	live_cursor(sv->live, cursor); /* before the data: what happens in between comes twice, never not at all */
	int err = sv->ports.house.devices(sv->ports.house.ctx, &rq->identity.rooms, &devices);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		list_answer(&list, rq, &devices, cursor, rs);
	buf_finish(&devices);
}

/* The device, and the tag of what an edit can change of it. */
static int read_device(const struct web_services *sv, const struct request *rq, struct buf *json, char tag_r[ETAG_SIZE])
{
	static const char *const edited[] = {"id", "name", "area", NULL};
	int err = sv->ports.house.device(sv->ports.house.ctx, &rq->identity.rooms, rq->params[0], json);
	if (err)
		return err;
	etag_make_members(json, edited, tag_r);
	return 0;
}

static void answer_device(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	char tag[ETAG_SIZE];
	int err = read_device(sv, rq, &rs->body, tag);
	if (err) {
		problem_from_err(rs, err, "device");
		return;
	}
	response_json_text(rs, 200, 0);
	etag_add(rs, tag);
}

void api_device_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (ids_ok(rq, 1, rs))
		answer_device(sv, rq, rs);
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

/* Compares and changes. Returns 0, or an error with the problem in rs. */
static int edit(const struct web_services *sv, const struct request *rq, const char *name, const char *area, struct response *rs)
{
	char tag[ETAG_SIZE];
	struct buf now = {0};
	int err = read_device(sv, rq, &now, tag);
	buf_finish(&now);
	if (!err && !etag_fits(rq, tag, rs))
		return ERR_STATE;
	if (!err)
		err = sv->ports.house.edit(sv->ports.house.ctx, rq->params[0], name, area);
	if (err)
		problem_from_err(rs, err, "device");
	return err;
}

void api_device_edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const char *name, *area;
	if (!ids_ok(rq, 1, rs) || !optional_name(rq, "name", 1, &name, rs) || !optional_name(rq, "area", 0, &area, rs))
		return;
	lock_take(sv->edits);
	int err = edit(sv, rq, name, area, rs);
	lock_release(sv->edits);
	if (err)
		return;
	/* no id: erasing a device later must leave no trace of it */
	audit(sv, rq->identity.name, "device_edited", "");
	answer_device(sv, rq, rs);
}

void api_device_entity_edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const char *device_class = request_text(rq, "device_class", 1, DEVICE_CLASS_MAX);
	if (!ids_ok(rq, 2, rs))
		return;
	if (!device_class && !json_is_null(json_object_get(rq->body, "device_class"))) {
		problem_coded(rs, 422, "device_class", "device_class", "A device class is a word, or null for what the device says.");
		return;
	}
	int err = sv->ports.house.classify(sv->ports.house.ctx, rq->params[0], rq->params[1], device_class ? device_class : "");
	if (err == ERR_INVALID) {
		problem_coded(rs, 422, "device_class", "device_class", "An entity of this kind has no such class.");
		return;
	}
	if (err) {
		problem_from_err(rs, err, "entity");
		return;
	}
	audit(sv, rq->identity.name, "device_edited", "");
	answer_device(sv, rq, rs);
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

void api_device_command(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!ids_ok(rq, 2, rs))
		return;
	struct order order;
	if (!order_read(rq, true, &order, rs))
		return;
	const struct house_command command = {.device = rq->params[0], .entity = rq->params[1], .value_json = order.value_json,
					      .by = rq->identity.name, .wait_s = order.wait_s, .rooms = &rq->identity.rooms};
	int err = sv->ports.house.command(sv->ports.house.ctx, &command, &rs->body);
	free(order.value_json);
	if (err == ERR_INVALID)
		problem_from_port(rs, "value", "The entity cannot take this value.");
	else if (err == ERR_UNSUPPORTED)
		problem_coded(rs, 422, "reports_only", NULL, "This entity only reports; it takes no commands.");
	else if (err == ERR_STATE)
		problem_conflict_from_port(rs, "The device is offline. Check its power and network, then try again.");
	else if (err)
		problem_from_err(rs, err, "device or entity");
	else
		response_json_text(rs, 202, 0);
}
