/* What was asked of devices and what became of it. Pool threads. */
#include <string.h>

#include "model/command.h"
#include "web/list_page.h"
#include "web/operation.h"
#include "web/routes.h"

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
	struct list_page *page = ctx;
	const char *state = request_query(page->rq, "state");
	bool wanted = sight_sees(&page->sight, c->device) && (!state || strcmp(state, command_state_name(c->state)) == 0);
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
