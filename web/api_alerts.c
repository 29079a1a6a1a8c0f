/* The history of alerts. Pool threads. */
#include <string.h>

#include "web/list.h"
#include "web/list_page.h"
#include "web/operation.h"
#include "web/routes.h"

static bool is_wanted(const struct list_page *page, const struct alert *a)
{
	const char *device = request_query(page->rq, "device"), *kind = request_query(page->rq, "kind");
	return sight_sees(&page->sight, a->device) && list_filter_bool(page->rq, "open", a->closed_at.ms == 0) && (!device || strcmp(device, a->device) == 0) &&
	       (!kind || strcmp(kind, a->kind) == 0);
}

static void take(void *ctx, const struct alert *a)
{
	struct list_page *page = ctx;
	int64_t since = INT64_MIN;
	(void)request_query_int(page->rq, "since", INT64_MIN, INT64_MAX, &since); /* was checked, as all parameters */
	page->over = page->over || a->opened_at.ms < since; /* ids grow with time */
	if (!list_page_takes(page, a->id, is_wanted(page, a)))
		return;
	json_t *closed = a->closed_at.ms ? json_integer(a->closed_at.ms) : json_null();
	json_array_append_new(page->items, json_pack("{s:I, s:s, s:s, s:s, s:I, s:o}", "id", (json_int_t)a->id, "device",
						     a->device, "kind", a->kind, "text", a->text, "opened",
						     (json_int_t)a->opened_at.ms, "closed", closed));
}

static int read_block(struct store *store, struct list_page *page, int64_t before)
{
	return store_alert_each(store, before, LIST_PAGE_BLOCK, take, page);
}

void api_alerts_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct list_page page;
	if (!list_page_begin(&page, "alerts", rq, ALERTS_STANDARD, ALERTS_MAX, rs))
		return;
	if (!page.last) /* a cursor goes before it */
		(void)request_query_int(rq, "before", 0, INT64_MAX, &page.last);
	list_page_answer(&page, sv, read_block, "alert", rs);
}
