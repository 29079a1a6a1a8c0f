/* Lists, all by one convention: `limit` items at most, in an order of their own, and where there are more a cursor that leads on: in
 * the header Link (RFC 8288, rel="next") and as "next" in the body. A cursor names the item that it stands behind, so that what is
 * added or removed in between neither repeats an item nor hides one. */
#ifndef WEB_LIST_H
#define WEB_LIST_H

#include "web/request.h"
#include "web/response.h"

enum { LIST_STANDARD = 500, LIST_MAX = 1000, LIST_KEY_SIZE = 96 };

/* The two parameters of a list, for the tables of operation.h. */
#define LIST_PARAMETERS(standard_, max_) \
	{"limit", FIELD_INT, FIELD_OPTIONAL, .text = "How many items at most.", .min = 1, .max = (max_), .standard = (standard_)}, \
	{"cursor", FIELD_TEXT, FIELD_OPTIONAL, .text = "Goes on behind this item: `next` of the page before.", .min = 1, .max = REQUEST_QUERY_SIZE - 1}

struct list {
	const char *name;     /* of the member with the items; cursors of other lists are refused */
	const char *order[2]; /* members of an item, texts or numbers from 0 on, that order the list; together they are unique. [1] may be NULL */
	bool descending;
	/* Whether the item is asked for. NULL: all are. */
	bool (*wanted)(const struct request *rq, const json_t *item);
};

/* Answers the items that the request wants. items: JSON text of an array of objects; they are passed on as they are.
 * live: a cursor for /live, answered as "cursor", or NULL. */
void list_answer(const struct list *list, const struct request *rq, const struct buf *items, const char *live, struct response *rs);

/* The place behind which the request wants to go on, "" for the beginning. Returns 0, or ERR_INVALID with the problem in rs:
 * the cursor is none of this list. For lists that come in pages already. */
int list_cursor_read(const char *name, const struct request *rq, char key_r[LIST_KEY_SIZE], struct response *rs);

/* Leads on behind key: adds the header, and writes the cursor. */
void list_lead_on(const char *name, const struct request *rq, const char *key, char cursor_r[REQUEST_QUERY_SIZE], struct response *rs);

/* Filters: whether the parameter is absent, or the item's member of that name is this text, this word of true and false. */
bool list_filter_text(const struct request *rq, const json_t *item, const char *name);
bool list_filter_bool(const struct request *rq, const char *name, bool is);

/* Whether the parameter q is absent, or a part of one of the members, whatever the case of ASCII letters. members: NULL behind the last. */
bool list_filter_words(const struct request *rq, const json_t *item, const char *const *members);

#endif
