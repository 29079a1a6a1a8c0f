/* Pages of lists. The items are JSON text already: each is parsed to be judged and ordered, and passed on as it was written. Any
 * thread; knows no resource. */
#include "web/list.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/json_out.h"
#include "web/problem.h"
#include "web/routes.h"

struct item {
	struct span text; /* borrowed */
	char key[LIST_KEY_SIZE];
};

struct items {
	struct item *list; /* owned */
	size_t count, cap;
};

/* ---- cursors --------------------------------------------------------------- */

int list_cursor_read(const char *name, const struct request *rq, char key_r[LIST_KEY_SIZE], struct response *rs)
{
	const char *cursor = request_query(rq, "cursor");
	char text[REQUEST_QUERY_SIZE];
	size_t len = 0, name_len = strlen(name);
	key_r[0] = 0;
	if (!cursor)
		return 0;
	int bad = sodium_base642bin((uint8_t *)text, sizeof text - 1, cursor, strlen(cursor), NULL, &len, NULL,
				    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	text[bad ? 0 : len] = 0;
	if (!bad && strlen(text) == len && len > name_len + 1 && strncmp(text, name, name_len) == 0 && text[name_len] == '/' &&
	    str_copy(key_r, LIST_KEY_SIZE, text + name_len + 1) == 0)
		return 0;
	problem_field(rs, 422, "cursor", "The cursor is none of this list. Take \"next\" of the page before, or none to begin.");
	return ERR_INVALID;
}

/* The request's own address with another cursor. The values were checked and are the client's own; what is no plain letter is encoded. */
static int append_query(struct buf *url, const struct request *rq)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	int err = 0;
	for (size_t i = 0; i < rq->query_count && !err; i++) {
		if (strcmp(rq->query[i].name, "cursor") == 0)
			continue;
		err = buf_printf(url, "%s=", rq->query[i].name);
		for (const char *c = rq->query[i].value; *c && !err; c++)
			err = strchr(plain, *c) ? buf_append(url, c, 1) : buf_printf(url, "%%%02X", (unsigned char)*c);
		if (!err)
			err = buf_append_str(url, "&");
	}
	return err;
}

void list_lead_on(const char *name, const struct request *rq, const char *key, char cursor_r[REQUEST_QUERY_SIZE], struct response *rs)
{
	char text[REQUEST_QUERY_SIZE / 4 * 3];
	struct buf url = {0};
	str_format(text, sizeof text, "%s/%s", name, key);
	sodium_bin2base64(cursor_r, REQUEST_QUERY_SIZE, (const uint8_t *)text, strlen(text), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	/* a relative reference: the client resolves it against what it asked for (RFC 8288 §3.1) */
	if (append_query(&url, rq) == 0 && url.len + strlen(cursor_r) + sizeof "<?cursor=>; rel=\"next\"" <= RESPONSE_VALUE_SIZE)
		response_header(rs, "Link", "<?%scursor=%s>; rel=\"next\"", url.len ? buf_cstr(&url) : "", cursor_r);
	buf_finish(&url);
}

/* ---- items ----------------------------------------------------------------- */

static int append_key(char key[LIST_KEY_SIZE], const json_t *value)
{
	size_t used = strlen(key);
	const char *gap = used ? "/" : "";
	if (json_is_string(value))
		return str_format(key + used, LIST_KEY_SIZE - used, "%s%s", gap, json_string_value(value));
	return str_format(key + used, LIST_KEY_SIZE - used, "%s%019lld", gap, (long long)json_integer_value(value));
}

static int add(struct items *items, const struct list *list, const json_t *json, struct span text)
{
	if (items->count == items->cap) {
		size_t cap = items->cap ? 2 * items->cap : 64;
		struct item *bigger = reallocarray(items->list, cap, sizeof *bigger);
		if (!bigger)
			return ERR_NOMEM;
		items->list = bigger;
		items->cap = cap;
	}
	struct item *item = &items->list[items->count++];
	item->text = text;
	item->key[0] = 0;
	int err = append_key(item->key, json_object_get(json, list->order[0]));
	return !err && list->order[1] ? append_key(item->key, json_object_get(json, list->order[1])) : err;
}

/* The length of the object that text begins with: braces outside of strings. */
static size_t object_len(struct span text)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '{')
			depth++;
		else if (!quoted && c == '}' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Takes the items apart, those that are wanted behind `after`. */
static int collect(const struct list *list, const struct request *rq, const struct buf *text, const char *after, struct items *items)
{
	int err = 0;
	for (size_t at = 0; at < text->len && !err;) {
		if (text->data[at] != '{') { /* brackets and commas */
			at++;
			continue;
		}
		struct span object = span_of(text->data + at, object_len(span_of(text->data + at, text->len - at)));
		json_t *json = json_loadb((const char *)object.data, object.len, 0, NULL);
		if (!json)
			return object.len ? ERR_NOMEM : ERR_MALFORMED;
		if (!list->wanted || list->wanted(rq, json)) {
			err = add(items, list, json, object);
			int order = err || !after[0] ? 0 : strcmp(items->list[items->count - 1].key, after);
			if (!err && after[0] && (list->descending ? order >= 0 : order <= 0))
				items->count--;
		}
		json_decref(json);
		at += object.len;
	}
	return err;
}

static int ascending(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->key, ((const struct item *)b)->key);
}

static int descending(const void *a, const void *b)
{
	return ascending(b, a);
}

static int write_page(const struct list *list, const struct items *items, size_t count, const char *live, const char *next, struct response *rs)
{
	struct json_out o = {.buf = &rs->body};
	json_out_raw(&o, "{");
	json_out_key(&o, list->name);
	json_out_raw(&o, "[");
	for (size_t i = 0; i < count && !o.err; i++) {
		json_out_next(&o);
		if (!o.err)
			o.err = buf_append(o.buf, items->list[i].text.data, items->list[i].text.len);
	}
	json_out_raw(&o, "]");
	if (live)
		json_out_member_string(&o, "cursor", live);
	if (next)
		json_out_member_string(&o, "next", next);
	json_out_raw(&o, "}");
	return o.err;
}

void list_answer(const struct list *list, const struct request *rq, const struct buf *text, const char *live, struct response *rs)
{
	struct items items = {0};
	char after[LIST_KEY_SIZE], cursor[REQUEST_QUERY_SIZE];
	int64_t limit = LIST_STANDARD;
	if (list_cursor_read(list->name, rq, after, rs))
		return;
	(void)request_query_int(rq, "limit", 1, LIST_MAX, &limit); /* was checked */
	int err = collect(list, rq, text, after, &items);
	if (!err && items.count)
		qsort(items.list, items.count, sizeof *items.list, list->descending ? descending : ascending);
	size_t count = items.count < (size_t)limit ? items.count : (size_t)limit;
	bool more = count < items.count;
	if (!err && more)
		list_lead_on(list->name, rq, items.list[count - 1].key, cursor, rs);
	if (!err)
		err = write_page(list, &items, count, live, more ? cursor : NULL, rs);
	free(items.list);
	response_json_text(rs, 200, err);
}

/* ---- filters --------------------------------------------------------------- */

bool list_filter_text(const struct request *rq, const json_t *item, const char *name)
{
	const char *wanted = request_query(rq, name), *is = json_string_value(json_object_get(item, name));
	return !wanted || strcmp(wanted, is ? is : "") == 0;
}

bool list_filter_bool(const struct request *rq, const char *name, bool is)
{
	const char *wanted = request_query(rq, name);
	return !wanted || (strcmp(wanted, "true") == 0) == is;
}

bool list_filter_words(const struct request *rq, const json_t *item, const char *const *members)
{
	const char *q = request_query(rq, "q");
	bool found = !q;
	for (; *members && !found; members++) {
		const char *text = json_string_value(json_object_get(item, *members));
		found = text && strcasestr(text, q) != NULL;
	}
	return found;
}
