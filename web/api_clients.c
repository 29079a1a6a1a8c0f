/* Devices and programs of others: who may log in to MQTT and use which topics; and devices that the owner describes by hand. What
 * they are is decided behind the ports. Pool threads; a password never reaches a log. */
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "model/topics.h"
#include "thread/thread.h"
#include "web/audit.h"
#include "web/etag.h"
#include "web/list.h"
#include "web/problem.h"
#include "web/routes.h"

static bool is_wanted(const struct request *rq, const json_t *client)
{
	static const char *const searched[] = {"name", "title", NULL};
	return list_filter_text(rq, client, "kind") && list_filter_words(rq, client, searched);
}

void api_clients_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "clients", .order = {"name"}, .wanted = is_wanted};
	struct buf clients = {0};
	int err = sv->ports.client.clients(sv->ports.client.ctx, &clients);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		list_answer(&list, rq, &clients, NULL, rs);
	buf_finish(&clients);
}

void api_client_add(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = sv->ports.client.add(sv->ports.client.ctx, rq->bytes, &rs->body);
	if (err == ERR_INVALID)
		problem_from_port(rs, "title", "This cannot be done as it stands there.");
	else if (err == ERR_EXISTS)
		problem_field(rs, 409, "name", "A client or a device has this user name already.");
	else if (err == ERR_FULL)
		problem(rs, 409, "There are as many clients as there may be. Remove one first.");
	else if (err)
		problem_from_err(rs, err, "client");
	if (err)
		return;
	const char *title = json_string_value(json_object_get(rq->body, "title"));
	audit(sv, rq->identity.name, "client_added", title ? title : "");
	response_json_text(rs, 201, 0);
}

/* The client, and the tag of what an edit can change of it. */
static int read_client(const struct web_services *sv, const char *name, struct buf *json, char tag_r[ETAG_SIZE])
{
	static const char *const edited[] = {"name", "title", "topics", NULL};
	int err = sv->ports.client.get(sv->ports.client.ctx, name, json);
	if (err)
		return err;
	etag_make_members(json, edited, tag_r);
	return 0;
}

void api_client_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	char tag[ETAG_SIZE];
	int err = read_client(sv, rq->params[0], &rs->body, tag);
	if (err) {
		problem_from_err(rs, err, "client");
		return;
	}
	response_json_text(rs, 200, 0);
	etag_add(rs, tag);
}

/* Compares and changes. Returns 0, or an error with the problem in rs. */
static int edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	char tag[ETAG_SIZE];
	struct buf now = {0};
	int err = read_client(sv, rq->params[0], &now, tag);
	buf_finish(&now);
	if (!err && !etag_fits(rq, tag, rs))
		return ERR_STATE;
	if (!err)
		err = sv->ports.client.edit(sv->ports.client.ctx, rq->params[0], rq->bytes, &rs->body);
	if (err == ERR_INVALID)
		problem_from_port(rs, "topics", "This cannot be done as it stands there.");
	else if (err)
		problem_from_err(rs, err, "client");
	return err;
}

void api_client_edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	lock_take(sv->edits);
	int err = edit(sv, rq, rs);
	lock_release(sv->edits);
	if (err)
		return;
	audit(sv, rq->identity.name, "client_edited", rq->params[0]);
	rs->body.len = 0;
	api_client_get(sv, rq, rs);
}

void api_client_password(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	lock_take(sv->edits); /* of its topics, too: an edit at the same time would bring the old password back */
	int err = sv->ports.client.renew(sv->ports.client.ctx, rq->params[0], &rs->body);
	lock_release(sv->edits);
	if (err) {
		problem_from_err(rs, err, "client");
		return;
	}
	audit(sv, rq->identity.name, "client_password", rq->params[0]);
	response_json_text(rs, 200, 0);
}

void api_client_remove(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = sv->ports.client.remove(sv->ports.client.ctx, rq->params[0]);
	if (err) {
		problem_from_err(rs, err, "client");
		return;
	}
	audit(sv, rq->identity.name, "client_removed", rq->params[0]);
	response_empty(rs, 204);
}

/* ---- MQTT without encryption --------------------------------------------------- */

static void answer_open(const struct web_services *sv, struct response *rs)
{
	int err = sv->ports.mqtt.open(sv->ports.mqtt.ctx, &rs->body);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		response_json_text(rs, 200, 0);
}

void api_open_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	answer_open(sv, rs);
}

void api_open_put(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const json_t *allowed = json_object_get(rq->body, "allowed");
	if (!json_is_boolean(allowed)) {
		problem_field(rs, 422, "allowed", "Either true or false.");
		return;
	}
	lock_take(sv->edits);
	int err = sv->ports.mqtt.set_open(sv->ports.mqtt.ctx, json_is_true(allowed));
	lock_release(sv->edits);
	if (err == ERR_STATE)
		problem(rs, 409, "The settings' file decides this: see plain_address and plain_port there.");
	else if (err == ERR_BUSY)
		problem(rs, 409, "Another program uses the port on this machine, perhaps another broker.");
	else if (err)
		problem_from_err(rs, err, "setting");
	if (err)
		return;
	audit(sv, rq->identity.name, json_is_true(allowed) ? "mqtt_opened" : "mqtt_closed", "");
	answer_open(sv, rs);
}

/* ---- devices by hand --------------------------------------------------------- */

static void answer_described(const struct web_services *sv, const struct request *rq, int err, int status, struct response *rs)
{
	if (err == ERR_INVALID)
		problem_from_port(rs, "components", "This cannot be done as it stands there.");
	else if (err == ERR_STATE)
		problem(rs, 409, "This device describes itself.");
	else if (err)
		problem_from_err(rs, err, "device");
	if (err)
		return;
	audit(sv, rq->identity.name, "device_described", "");
	response_json_text(rs, status, 0);
}

void api_device_add(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = sv->ports.house.describe(sv->ports.house.ctx, NULL, rq->bytes, &rs->body);
	answer_described(sv, rq, err, 201, rs);
}

void api_device_describe(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!str_id_valid(span_str(rq->params[0]), MODEL_ID_MAX)) {
		problem_from_err(rs, ERR_NOT_FOUND, "device");
		return;
	}
	int err = sv->ports.house.describe(sv->ports.house.ctx, rq->params[0], rq->bytes, &rs->body);
	answer_described(sv, rq, err, 200, rs);
}

void api_device_description(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = str_id_valid(span_str(rq->params[0]), MODEL_ID_MAX)
			  ? sv->ports.house.description(sv->ports.house.ctx, rq->params[0], &rs->body)
			  : ERR_NOT_FOUND;
	if (err)
		problem_from_err(rs, err, "device");
	else
		response_json_text(rs, 200, 0);
}
