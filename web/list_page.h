/* A page of a list that the store tells in order of id, newest first: read from there in blocks, and no further than it must.
 * By the convention of list.h. */
#ifndef WEB_LIST_PAGE_H
#define WEB_LIST_PAGE_H

#include "web/live.h"
#include "web/request.h"
#include "web/response.h"
#include "web/sight.h"

enum { LIST_PAGE_BLOCK = 200 }; /* read at a time */

struct list_page {
	const char *name; /* of the member with the items */
	const struct request *rq;
	struct sight sight;
	json_t *items;
	size_t limit, seen;   /* seen: in this block */
	int64_t last, end;    /* id of the last one seen, and of the last one taken */
	bool over;            /* the caller wants nothing of the rest */
	bool more;            /* there is one behind the page */
	char live[LIVE_ID_SIZE];
};

/* Begins behind the request's cursor. False: it is none of this list, and rs has the problem. */
bool list_page_begin(struct list_page *page, const char *name, const struct request *rq, int64_t standard, int64_t max,
		     struct response *rs);

/* The store has told one: whether it is to be appended to items. */
bool list_page_takes(struct list_page *page, int64_t id, bool wanted);

/* Reads and answers. read: tells at most LIST_PAGE_BLOCK with ids below before (0: from the newest) to what calls list_page_takes;
 * returns 0 or the store's error. thing: as in problem_from_err. */
void list_page_answer(struct list_page *page, const struct web_services *sv,
		      int (*read)(struct store *store, struct list_page *page, int64_t before), const char *thing, struct response *rs);

#endif
