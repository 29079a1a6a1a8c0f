/* What is in a device's place: a key for other hardware of ours, another device of others, its credentials renewed or revoked. What
 * that means is decided behind the ports. Pool threads; a code never reaches a log. */
#include "base/err.h"
#include "base/str.h"
#include "model/topics.h"
#include "web/audit.h"
#include "web/key_answer.h"
#include "web/list.h"
#include "web/problem.h"
#include "web/routes.h"

/* Answers 404 when the path's id is none. */
static bool id_ok(const struct request *rq, struct response *rs)
{
	if (str_id_valid(span_str(rq->params[0]), MODEL_ID_MAX))
		return true;
	problem_from_err(rs, ERR_NOT_FOUND, "device");
	return false;
}

void api_device_key(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct enrol_key_request key = {.by = rq->identity.name, .replaces = rq->params[0], .note = "", .area = ""};
	if (id_ok(rq, rs) && key_read_ttl(rq, &key, rs))
		key_answer(sv, rq, &key, rs);
}

/* ---- credentials --------------------------------------------------------- */

void api_device_renew(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!id_ok(rq, rs))
		return;
	int err = sv->ports.enrol.renew(sv->ports.enrol.ctx, rq->params[0], rq->identity.name, &rs->body);
	if (err == ERR_UNSUPPORTED)
		problem_coded(rs, 422, "not_renewable", NULL,
			      "This device cannot renew its credentials by itself. Make a code for it, and enter that on the device.");
	else if (err == ERR_STATE)
		problem_coded(rs, 409, "offline", NULL, "The device is offline. Check its power and network, then try again.");
	else if (err == ERR_FULL)
		problem_coded(rs, 409, "keys_full", NULL, "There are too many live keys. Revoke one first.");
	else if (err)
		problem_from_err(rs, err, "device");
	else
		response_json_text(rs, 202, 0); /* the audit log has it with the key */
}

void api_device_revoke(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!id_ok(rq, rs))
		return;
	int err = sv->ports.house.revoke(sv->ports.house.ctx, rq->params[0]);
	if (err == ERR_UNSUPPORTED)
		problem_coded(rs, 422, "of_others", NULL, "This device has no credentials of its own: it is reached through an MQTT user.");
	else if (err)
		problem_from_err(rs, err, "device");
	if (err)
		return;
	audit(sv, rq->identity.name, "credentials_revoked", ""); /* no id, as when it is edited */
	response_empty(rs, 204);
}

/* ---- another device of others ------------------------------------------------- */

static int ask_replace(const struct web_services *sv, const struct request *rq, const char *with, bool try, struct response *rs)
{
	int err = str_id_valid(span_str(with), MODEL_ID_MAX)
			  ? sv->ports.house.replace(sv->ports.house.ctx, rq->params[0], with, try, &rs->body)
			  : ERR_NOT_FOUND;
	if (err == ERR_UNSUPPORTED)
		problem_coded(rs, 422, "not_replaceable", "with",
			      "Only devices of others can take each other's place like this. For one of tomte's own, make a code.");
	else if (err)
		problem_from_err(rs, err, "device");
	else
		response_json_text(rs, 200, 0);
	return err;
}

void api_device_replacement(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const char *with = request_query(rq, "with");
	struct buf device = {0};
	if (!id_ok(rq, rs))
		return;
	int err = with ? 0 : sv->ports.house.device(sv->ports.house.ctx, &rq->identity.rooms, rq->params[0], &device);
	buf_finish(&device);
	if (with)
		(void)ask_replace(sv, rq, with, true, rs);
	else if (err)
		problem_from_err(rs, err, "device");
	else
		problem_field(rs, 422, "with", "The id of a device is wanted here.");
}

void api_device_replace(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const char *with = request_text(rq, "with", 1, MODEL_ID_MAX);
	if (!id_ok(rq, rs))
		return;
	if (!with) {
		problem_field(rs, 422, "with", "The id of a device is wanted here.");
		return;
	}
	if (ask_replace(sv, rq, with, false, rs) == 0)
		audit(sv, rq->identity.name, "device_merged", "");
}

/* ---- those that are gone -------------------------------------------------------- */

static bool is_wanted(const struct request *rq, const json_t *device)
{
	static const char *const searched[] = {"id", "name", "area", "model", NULL};
	return list_filter_words(rq, device, searched);
}

void api_former_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "devices", .order = {"id"}, .wanted = is_wanted};
	struct buf devices = {0};
	int err = sv->ports.house.former(sv->ports.house.ctx, &devices);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		list_answer(&list, rq, &devices, NULL, rs);
	buf_finish(&devices);
}
