/* The history of alerts. Pool threads. The store has it in order, newest first, so a page is read from there and goes no
 * further than it must. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/list.h"
#include "web/live.h"
#include "web/operation.h"
#include "web/problem.h"
#include "web/routes.h"

enum { BLOCK = 200 }; /* read at a time */

struct page {
	const struct request *rq;
	json_t *alerts;
	size_t limit, seen;
	int64_t since, last; /* last: id of the last one seen */
	int64_t end;         /* id of the last one taken */
	bool over;           /* the rest is too old */
	bool more;           /* there is one behind the page */
};

static bool is_wanted(const struct page *page, const struct alert *a)
{
	const char *device = request_query(page->rq, "device"), *kind = request_query(page->rq, "kind");
	return list_filter_bool(page->rq, "open", a->closed_at.ms == 0) && (!device || strcmp(device, a->device) == 0) &&
	       (!kind || strcmp(kind, a->kind) == 0);
}

static void take(void *ctx, const struct alert *a)
{
	struct page *page = ctx;
	page->seen++;
	page->last = a->id;
	page->over = page->over || a->opened_at.ms < page->since; /* ids grow with time */
	if (page->over || page->more || !is_wanted(page, a))
		return;
	page->more = json_array_size(page->alerts) == page->limit;
	if (page->more)
		return;
	page->end = a->id;
	json_t *closed = a->closed_at.ms ? json_integer(a->closed_at.ms) : json_null();
	json_array_append_new(page->alerts, json_pack("{s:I, s:s, s:s, s:s, s:I, s:o}", "id", (json_int_t)a->id, "device",
						      a->device, "kind", a->kind, "text", a->text, "opened",
						      (json_int_t)a->opened_at.ms, "closed", closed));
}

static int read_page(struct store *store, struct page *page, int64_t before)
{
	int err;
	page->last = before;
	do {
		page->seen = 0;
		err = store_alert_each(store, page->last, BLOCK, take, page);
	} while (!err && page->seen == BLOCK && !page->more && !page->over);
	return err;
}

/* Behind which id the page begins: the cursor's, or the parameter before. */
static bool read_before(const struct request *rq, int64_t *before_r, struct response *rs)
{
	char key[LIST_KEY_SIZE];
	*before_r = 0;
	if (list_cursor_read("alerts", rq, key, rs))
		return false;
	(void)request_query_int(rq, "before", 0, INT64_MAX, before_r); /* was checked, as all parameters */
	if (key[0] && str_to_int(key, 1, INT64_MAX, before_r)) {
		problem_field(rs, 422, "cursor", "The cursor is none of this list.");
		return false;
	}
	return true;
}

static void answer(struct page *page, const char *live, struct response *rs)
{
	char key[LIST_KEY_SIZE], next[REQUEST_QUERY_SIZE];
	if (page->more) {
		str_format(key, sizeof key, "%lld", (long long)page->end);
		list_lead_on("alerts", page->rq, key, next, rs);
	}
	response_json(rs, 200, json_pack("{s:o, s:s, s:s*}", "alerts", page->alerts, "cursor", live, "next", page->more ? next : NULL));
}

void api_alerts_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t before, limit = ALERTS_STANDARD;
	char live[LIVE_ID_SIZE];
	struct page page = {.rq = rq, .since = INT64_MIN};
	if (!read_before(rq, &before, rs))
		return;
	(void)request_query_int(rq, "limit", 1, ALERTS_MAX, &limit);
	(void)request_query_int(rq, "since", INT64_MIN, INT64_MAX, &page.since);
	page.limit = (size_t)limit;
	page.alerts = json_array();
	live_cursor(sv->live, live);
	int err = read_page(sv->store, &page, before);
	if (!err) {
		answer(&page, live, rs);
		return;
	}
	json_decref(page.alerts);
	problem_from_err(rs, err, "alert");
}
