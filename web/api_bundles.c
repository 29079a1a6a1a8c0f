/* Groups and scenes: the house does the work, this file checks what comes from outside and names the errors. Both kinds have the same
 * routes but for the word that makes them do something. Pool threads. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "thread/thread.h"
#include "web/audit.h"
#include "web/etag.h"
#include "web/list.h"
#include "web/live.h"
#include "web/operation.h"
#include "web/order.h"
#include "web/problem.h"
#include "web/routes.h"

static const struct kind {
	enum bundle_kind kind;
	const char *name, *list, *made, *edited, *removed; /* in answers, and in the audit log */
} kinds[] = {
	[BUNDLE_GROUP] = {BUNDLE_GROUP, "group", "groups", "group_made", "group_edited", "group_removed"},
	[BUNDLE_SCENE] = {BUNDLE_SCENE, "scene", "scenes", "scene_made", "scene_edited", "scene_removed"},
};

/* The number in the path; answers 404 when it is none. */
static bool id_of(const struct kind *kind, const struct request *rq, int64_t *id_r, struct response *rs)
{
	if (str_to_int(rq->params[0], 1, INT64_MAX, id_r) == 0)
		return true;
	problem_from_err(rs, ERR_NOT_FOUND, kind->name);
	return false;
}

/* The house's {"field":…,"detail":…} and other refusals become problems. */
static void refuse(const struct kind *kind, int err, struct response *rs)
{
	if (err == ERR_INVALID)
		problem_from_port(rs, NULL, "The hub cannot do this.");
	else if (err == ERR_EXISTS)
		problem_coded(rs, 409, "bundle_name", "name", "Another one has this name.");
	else if (err == ERR_FULL)
		problem_coded(rs, 409, "bundles_full", NULL, "There are as many as there may be. Remove one first.");
	else
		problem_from_err(rs, err, kind->name);
}

/* ---- reading ------------------------------------------------------------------ */

static bool names_area(const json_t *item, const char *area)
{
	size_t i;
	const json_t *one;
	json_array_foreach(json_object_get(item, "areas"), i, one)
		if (strcmp(json_string_value(one), area) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct request *rq, const json_t *item)
{
	static const char *const searched[] = {"name", NULL};
	const char *area = request_query(rq, "area");
	return (!area || names_area(item, area)) && list_filter_words(rq, item, searched);
}

static void answer_list(const struct kind *kind, const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct list list = {.name = kind->list, .order = {"id"}, .wanted = is_wanted};
	const struct bundle_port *port = &sv->ports.bundles;
	char cursor[LIVE_ID_SIZE];
	struct buf items = {0};
	live_cursor(sv->live, cursor);
	int err = port->list(port->ctx, kind->kind, &rq->identity.rooms, &items);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		list_answer(&list, rq, &items, cursor, rs);
	buf_finish(&items);
}

/* What an edit can change: what the members are doing is no part of it. */
static const char *const edited[] = {"id", "name", "members", NULL};

/* Answers the object that is in rs. */
static void answer_one(int status, struct response *rs)
{
	char tag[ETAG_SIZE];
	etag_make_members(&rs->body, edited, tag);
	response_json_text(rs, status, 0);
	etag_add(rs, tag);
}

static void get(const struct kind *kind, const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct bundle_port *port = &sv->ports.bundles;
	int64_t id;
	if (!id_of(kind, rq, &id, rs))
		return;
	int err = port->get(port->ctx, kind->kind, &rq->identity.rooms, id, &rs->body);
	if (err)
		problem_from_err(rs, err, kind->name);
	else
		answer_one(200, rs);
}

/* ---- changing ------------------------------------------------------------------- */

static void add(const struct kind *kind, const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct bundle_port *port = &sv->ports.bundles;
	int err = port->add(port->ctx, kind->kind, rq->bytes, &rs->body);
	if (err) {
		refuse(kind, err, rs);
		return;
	}
	audit(sv, rq->identity.name, kind->made, json_string_value(json_object_get(rq->body, "name")));
	answer_one(201, rs);
}

/* Compares and changes. Returns 0, or an error with the problem in rs. */
static int compare_and_edit(const struct kind *kind, const struct web_services *sv, const struct request *rq, int64_t id,
			    struct response *rs)
{
	const struct bundle_port *port = &sv->ports.bundles;
	struct buf now = {0};
	char tag[ETAG_SIZE];
	int err = port->get(port->ctx, kind->kind, &rq->identity.rooms, id, &now);
	if (!err)
		etag_make_members(&now, edited, tag);
	buf_finish(&now);
	if (!err && !etag_fits(rq, tag, rs))
		return ERR_STATE;
	if (!err)
		err = port->edit(port->ctx, kind->kind, id, rq->bytes, &rs->body);
	if (err)
		refuse(kind, err, rs);
	return err;
}

static void edit(const struct kind *kind, const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t id;
	if (!id_of(kind, rq, &id, rs))
		return;
	lock_take(sv->edits);
	int err = compare_and_edit(kind, sv, rq, id, rs);
	lock_release(sv->edits);
	if (err)
		return;
	audit(sv, rq->identity.name, kind->edited, rq->params[0]);
	answer_one(200, rs);
}

static void take_away(const struct kind *kind, const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct bundle_port *port = &sv->ports.bundles;
	int64_t id;
	if (!id_of(kind, rq, &id, rs))
		return;
	int err = port->remove(port->ctx, kind->kind, id);
	if (err) {
		problem_from_err(rs, err, kind->name);
		return;
	}
	audit(sv, rq->identity.name, kind->removed, rq->params[0]);
	response_empty(rs, 204);
}

/* ---- commanding -------------------------------------------------------------------- */

static void command(const struct kind *kind, const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct bundle_port *port = &sv->ports.bundles;
	struct order order;
	int64_t id;
	if (!id_of(kind, rq, &id, rs) || !order_read(rq, kind->kind == BUNDLE_GROUP, &order, rs))
		return;
	const struct house_many many = {
		.value_json = order.value_json, .by = rq->identity.name, .wait_s = order.wait_s, .rooms = &rq->identity.rooms};
	int err = port->command(port->ctx, kind->kind, id, &many, &rs->body);
	free(order.value_json);
	if (err)
		problem_from_err(rs, err, kind->name);
	else
		response_json_text(rs, 202, 0);
}

/* ---- the routes ---------------------------------------------------------------------- */

#define HANDLER(route, does, kind) \
	void route(const struct web_services *sv, const struct request *rq, struct response *rs) \
	{ \
		does(&kinds[kind], sv, rq, rs); \
	}

HANDLER(api_groups_list, answer_list, BUNDLE_GROUP)
HANDLER(api_group_get, get, BUNDLE_GROUP)
HANDLER(api_group_add, add, BUNDLE_GROUP)
HANDLER(api_group_edit, edit, BUNDLE_GROUP)
HANDLER(api_group_remove, take_away, BUNDLE_GROUP)
HANDLER(api_group_command, command, BUNDLE_GROUP)
HANDLER(api_scenes_list, answer_list, BUNDLE_SCENE)
HANDLER(api_scene_get, get, BUNDLE_SCENE)
HANDLER(api_scene_add, add, BUNDLE_SCENE)
HANDLER(api_scene_edit, edit, BUNDLE_SCENE)
HANDLER(api_scene_remove, take_away, BUNDLE_SCENE)
HANDLER(api_scene_apply, command, BUNDLE_SCENE)
