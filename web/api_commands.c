/* What was asked of devices and what became of it. Pool threads. The store has it in order, newest first, so a page is read
 * from there and goes no further than it must. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/command.h"
#include "web/list.h"
#include "web/live.h"
#include "web/operation.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/sight.h"

enum { BLOCK = 200 }; /* read at a time */

struct page {
	const struct request *rq;
	struct sight sight;
	json_t *commands;
	size_t limit, seen;
	int64_t last, end; /* id of the last one seen, and of the last one taken */
	bool more;         /* there is one behind the page */
};

static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *command_json(const struct command_record *c)
{
	json_t *took = c->took_ms >= 0 ? json_integer(c->took_ms) : json_null();
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:o, s:s, s:I, s:o}", "id", (json_int_t)c->id, "device", c->device, "entity",
			 c->entity, "value", json_loads(c->value, JSON_DECODE_ANY, NULL), "state", command_state_name(c->state),
			 "reason", text_or_null(c->reason), "by", c->by, "at", (json_int_t)c->asked_at.ms, "took_ms", took);
}

static void take(void *ctx, const struct command_record *c)
{
	struct page *page = ctx;
	const char *state = request_query(page->rq, "state");
	page->seen++;
	page->last = c->id;
	if (page->more || !sight_sees(&page->sight, c->device) || (state && strcmp(state, command_state_name(c->state)) != 0))
		return;
	page->more = json_array_size(page->commands) == page->limit;
	if (page->more)
		return;
	page->end = c->id;
	json_array_append_new(page->commands, command_json(c));
}

static int read_page(struct store *store, struct page *page, int64_t before)
{
	struct command_filter filter = {.device = request_query(page->rq, "device"), .entity = request_query(page->rq, "entity"), .limit = BLOCK};
	int err;
	page->last = before;
	do {
		page->seen = 0;
		filter.before = page->last;
		err = store_command_each(store, &filter, take, page);
	} while (!err && page->seen == BLOCK && !page->more);
	return err;
}

static bool read_before(const struct request *rq, int64_t *before_r, struct response *rs)
{
	char key[LIST_KEY_SIZE];
	*before_r = 0;
	if (list_cursor_read("commands", rq, key, rs))
		return false;
	if (!key[0] || str_to_int(key, 1, INT64_MAX, before_r) == 0)
		return true;
	problem_field(rs, 422, "cursor", "The cursor is none of this list.");
	return false;
}

static void answer(struct page *page, const char *live, struct response *rs)
{
	char key[LIST_KEY_SIZE], next[REQUEST_QUERY_SIZE];
	if (page->more) {
		str_format(key, sizeof key, "%lld", (long long)page->end);
		list_lead_on("commands", page->rq, key, next, rs);
	}
	response_json(rs, 200, json_pack("{s:o, s:s, s:s*}", "commands", page->commands, "cursor", live, "next", page->more ? next : NULL));
}

void api_commands_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t before, limit = COMMANDS_STANDARD;
	char live[LIVE_ID_SIZE];
	struct page page = {.rq = rq};
	if (!read_before(rq, &before, rs))
		return;
	(void)request_query_int(rq, "limit", 1, COMMANDS_MAX, &limit); /* was checked, as all parameters */
	page.limit = (size_t)limit;
	page.commands = json_array();
	live_cursor(sv->live, live);
	int err = sight_open(sv, rq, &page.sight);
	if (!err)
		err = read_page(sv->store, &page, before);
	sight_finish(&page.sight);
	if (!err) {
		answer(&page, live, rs);
		return;
	}
	json_decref(page.commands);
	problem_from_err(rs, err, "command");
}
