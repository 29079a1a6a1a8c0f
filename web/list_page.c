/* Pages of the store's lists. Pool threads. */
#include "web/list_page.h"

#include "base/str.h"
#include "web/list.h"
#include "web/problem.h"
#include "web/routes.h"

bool list_page_begin(struct list_page *page, const char *name, const struct request *rq, int64_t standard, int64_t max,
		     struct response *rs)
{
	char key[LIST_KEY_SIZE];
	int64_t limit = standard;
	*page = (struct list_page){.name = name, .rq = rq};
	if (list_cursor_read(name, rq, key, rs))
		return false;
	if (key[0] && str_to_int(key, 1, INT64_MAX, &page->last)) {
		problem_field(rs, 422, "cursor", "The cursor is none of this list.");
		return false;
	}
	(void)request_query_int(rq, "limit", 1, max, &limit); /* was checked, as all parameters */
	page->limit = (size_t)limit;
	return true;
}

bool list_page_takes(struct list_page *page, int64_t id, bool wanted)
{
	page->seen++;
	page->last = id;
	if (page->over || page->more || !wanted)
		return false;
	page->more = json_array_size(page->items) == page->limit;
	if (!page->more)
		page->end = id;
	return !page->more;
}

static void write_page(struct list_page *page, struct response *rs)
{
	char key[LIST_KEY_SIZE], next[REQUEST_QUERY_SIZE];
	if (page->more) {
		str_format(key, sizeof key, "%lld", (long long)page->end);
		list_lead_on(page->name, page->rq, key, next, rs);
	}
	response_json(rs, 200, json_pack("{s:o, s:s, s:s*}", page->name, page->items, "cursor", page->live, "next", page->more ? next : NULL));
}

void list_page_answer(struct list_page *page, const struct web_services *sv,
		      int (*read)(struct store *store, struct list_page *page, int64_t before), const char *thing, struct response *rs)
{
	page->items = json_array();
	live_cursor(sv->live, page->live);
	int err = sight_open(sv, page->rq, &page->sight);
	do {
		page->seen = 0;
		err = err ? err : read(sv->store, page, page->last);
	} while (!err && page->seen == LIST_PAGE_BLOCK && !page->more && !page->over);
	sight_finish(&page->sight);
	if (!err) {
		write_page(page, rs);
		return;
	}
	json_decref(page->items);
	problem_from_err(rs, err, thing);
}
