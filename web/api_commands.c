/* Commands: what was asked of devices and what became of it, and what is asked of everything of a kind in a room. Pool threads. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/command.h"
#include "model/component.h"
#include "web/audit.h"
#include "web/list_page.h"
#include "web/operation.h"
#include "web/order.h"
#include "web/problem.h"
#include "web/routes.h"

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *time_or_null(struct wall_ms at)
{
	return at.ms ? json_integer(at.ms) : json_null();
}

static json_t *command_json(const struct command_record *c)
{
	json_t *took = c->took_ms >= 0 ? json_integer(c->took_ms) : json_null();
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:o, s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "id", (json_int_t)c->id, "device", c->device, "entity",
			 c->entity, "value", json_loads(c->value, JSON_DECODE_ANY, NULL), "state", command_state_name(c->state),
			 "reason", text_or_null(c->reason), "by", c->by, "cause",
			 command_cause_name(c->cause), "cause_name", text_or_null(c->cause_name), "at", (json_int_t)c->asked_at.ms, "took_ms", took, "until",
			 time_or_null(command_waits_until(c)), "expires", time_or_null(command_waits_until(c)));
}

static void take(void *ctx, const struct command_record *c)
{
	struct list_page *page = ctx;
	const char *state = request_query(page->rq, "state"), *cause = request_query(page->rq, "cause");
	bool wanted = sight_sees(&page->sight, c->device) && (!state || strcmp(state, command_state_name(c->state)) == 0) &&
		      (!cause || strcmp(cause, command_cause_name(c->cause)) == 0);
	if (list_page_takes(page, c->id, wanted))
		json_array_append_new(page->items, command_json(c));
}

static int read_block(struct store *store, struct list_page *page, int64_t before)
{
	const struct command_filter filter = {.device = request_query(page->rq, "device"), .entity = request_query(page->rq, "entity"),
					      .before = before, .limit = LIST_PAGE_BLOCK};
	return store_command_each(store, &filter, take, page);
}

void api_commands_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct list_page page;
	if (list_page_begin(&page, "commands", rq, COMMANDS_STANDARD, COMMANDS_MAX, rs))
		list_page_answer(&page, sv, read_block, "command", rs);
}

/* ---- taking one back ----------------------------------------------------------- */

struct search {
	const struct sight *sight;
	int64_t id;
	bool found;
};

static void compare(void *ctx, const struct command_record *c)
{
	struct search *search = ctx;
	search->found = search->found || (c->id == search->id && sight_sees(search->sight, c->device));
}

/* Whether the store has a command of this id that the asker may see. Those under way the house alone knows. */
static int find(const struct web_services *sv, const struct request *rq, int64_t id, bool *found_r)
{
	struct sight sight;
	int err = sight_open(sv, rq, &sight);
	struct search search = {.sight = &sight, .id = id};
	const struct command_filter filter = {.before = id + 1, .limit = 1};
	if (!err)
		err = store_command_each(sv->store, &filter, compare, &search);
	sight_finish(&sight);
	*found_r = search.found;
	return err;
}

/* The house has none of this id that waits. */
static void refuse_cancel(const struct web_services *sv, const struct request *rq, int64_t id, struct response *rs)
{
	bool over = false;
	int err = find(sv, rq, id, &over);
	if (over)
		problem_coded(rs, 409, "command_over", NULL, "It is over already.");
	else
		problem_from_err(rs, err ? err : ERR_NOT_FOUND, "command");
}

void api_command_cancel(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct house_cancel cancel = {.by = rq->identity.name, .own = rq->identity.role == ROLE_GUEST, .rooms = &rq->identity.rooms};
	if (str_to_int(rq->params[0], 1, INT64_MAX - 1, &cancel.id) != 0) {
		problem_from_err(rs, ERR_NOT_FOUND, "command");
		return;
	}
	int err = sv->ports.house.cancel(sv->ports.house.ctx, &cancel, &rs->body);
	if (err == ERR_NOT_FOUND) {
		refuse_cancel(sv, rq, cancel.id, rs);
	} else if (err == ERR_STATE) {
		problem_coded(rs, 409, "command_sent", NULL, "It has been sent, and cannot be taken back. Ask for what shall be instead.");
	} else if (err == ERR_DENIED) {
		problem_coded(rs, 403, "command_of_another", NULL, "Somebody else has asked for this; a guest takes back its own commands.");
	} else if (err) {
		problem_from_err(rs, err, "command");
	} else {
		audit(sv, rq->identity.name, "command_cancelled", rq->params[0]);
		response_json_text(rs, 200, 0);
	}
}

/* ---- everything of a kind ---------------------------------------------------- */

/* Adds the kind of entities; false: nothing of this name takes commands. */
static bool add_component(const json_t *json, unsigned *components)
{
	const char *name = json_string_value(json);
	enum component component = name ? component_parse(span_str(name)) : COMPONENT_OTHER;
	*components |= 1u << component;
	return component != COMPONENT_OTHER && component != COMPONENT_SENSOR && component != COMPONENT_BINARY_SENSOR &&
	       component != COMPONENT_EVENT;
}

/* "component", "components", or both. False: the problem is in rs. */
static bool read_components(const struct request *rq, unsigned *components_r, struct response *rs)
{
	static const char explained[] = "Say of what kind: light, switch, cover, fan, climate, lock, number, select, text, button or update.";
	const json_t *one = json_object_get(rq->body, "component"), *many = json_object_get(rq->body, "components"), *each;
	size_t i;
	*components_r = 0;
	bool ok = (one || json_array_size(many) > 0) && (!one || add_component(one, components_r));
	if (!ok || (many && !json_is_array(many))) {
		problem_field(rs, 422, ok ? "components" : "component", explained);
		return false;
	}
	json_array_foreach((json_t *)(uintptr_t)many, i, each)
		if (!add_component(each, components_r)) {
			problem_field(rs, 422, "components", explained);
			return false;
		}
	return true;
}

/* The room, or NULL for the house. False: the problem is in rs. */
static bool read_area(const struct request *rq, const char **area_r, struct response *rs)
{
	*area_r = request_text(rq, "area", 0, MODEL_NAME_SIZE - 1);
	if (*area_r || !json_object_get(rq->body, "area"))
		return true;
	problem_coded(rs, 422, "label", "area", "A room's name has at most 127 printable characters.");
	return false;
}

void api_commands_send(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct house_many many = {.by = rq->identity.name, .rooms = &rq->identity.rooms};
	struct order order;
	if (!read_area(rq, &many.area, rs) || !read_components(rq, &many.components, rs) || !order_read(rq, true, &order, rs))
		return;
	many.value_json = order.value_json;
	many.wait_s = order.wait_s;
	int err = sv->ports.house.command_many(sv->ports.house.ctx, &many, &rs->body);
	free(order.value_json);
	if (err)
		problem_from_err(rs, err, "room");
	else
		response_json_text(rs, 202, 0);
}
