/* Pages of lists: order, cursors, filters, and items passed on as they were written. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"
#include "web/etag.h"
#include "web/list.h"
#include "web/parameters.h"
#include "web/routes.h"

static void ask(struct request *rq, const char *name, const char *value)
{
	struct query_pair *pair = &rq->query[rq->query_count++];
	snprintf(pair->name, sizeof pair->name, "%s", name);
	snprintf(pair->value, sizeof pair->value, "%s", value);
}

/* Answers and returns the body; *next_r is the cursor, "" on the last page. */
static char *answer(const struct list *list, const struct request *rq, const char *items, char next_r[REQUEST_QUERY_SIZE])
{
	static char text[4096];
	struct buf buf = {0};
	struct response rs = {0};
	ck_assert_int_eq(buf_append_str(&buf, items), 0);
	list_answer(list, rq, &buf, NULL, &rs);
	ck_assert_msg(rs.status == 200, "%s", buf_cstr(&rs.body));
	snprintf(text, sizeof text, "%s", buf_cstr(&rs.body));
	json_t *json = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(json);
	const char *next = json_string_value(json_object_get(json, "next"));
	snprintf(next_r, REQUEST_QUERY_SIZE, "%s", next ? next : "");
	ck_assert_int_eq(rs.header_count, next ? 1 : 0);
	if (next)
		ck_assert_ptr_nonnull(strstr(rs.headers[0].value, next));
	json_decref(json);
	response_finish(&rs);
	buf_finish(&buf);
	return text;
}

START_TEST(items_are_ordered_and_passed_on)
{
	static const struct list list = {.name = "things", .order = {"id"}};
	static const char items[] = "[{\"id\":\"b\",\"x\":21.45,\"s\":\"}{\\\"\\\\\"},\n {\"id\":\"a\",\"deep\":{\"c\":[{}]}}]";
	struct request rq = {0};
	char next[REQUEST_QUERY_SIZE];
	ck_assert_str_eq(answer(&list, &rq, items, next),
			 "{\"things\":[{\"id\":\"a\",\"deep\":{\"c\":[{}]}},{\"id\":\"b\",\"x\":21.45,\"s\":\"}{\\\"\\\\\"}]}");
	ck_assert_str_eq(answer(&list, &rq, "[]", next), "{\"things\":[]}");
}
END_TEST

START_TEST(numbers_are_no_words)
{
	static const struct list list = {.name = "things", .order = {"at", "id"}, .descending = true};
	static const char items[] = "[{\"at\":9,\"id\":\"a\"},{\"at\":10,\"id\":\"a\"},{\"at\":10,\"id\":\"b\"},{\"at\":1767225600000,\"id\":\"c\"}]";
	static const char *const pages[] = {
		"{\"at\":1767225600000,\"id\":\"c\"}", "{\"at\":10,\"id\":\"b\"}", "{\"at\":10,\"id\":\"a\"}", "{\"at\":9,\"id\":\"a\"}"};
	char next[REQUEST_QUERY_SIZE] = "";
	for (size_t i = 0; i < 4; i++) {
		struct request rq = {0};
		ask(&rq, "limit", "1");
		if (next[0])
			ask(&rq, "cursor", next);
		ck_assert_ptr_nonnull(strstr(answer(&list, &rq, items, next), pages[i]));
		ck_assert_int_eq(next[0] == 0, i == 3);
	}
}
END_TEST

START_TEST(a_cursor_outlives_its_item)
{
	static const struct list list = {.name = "things", .order = {"id"}};
	char next[REQUEST_QUERY_SIZE];
	struct request rq = {0};
	ask(&rq, "limit", "2");
	answer(&list, &rq, "[{\"id\":1},{\"id\":2},{\"id\":3}]", next);
	ask(&rq, "cursor", next);
	/* 2 is gone, 0 and 4 are new */
	ck_assert_str_eq(answer(&list, &rq, "[{\"id\":0},{\"id\":1},{\"id\":3},{\"id\":4}]", next), "{\"things\":[{\"id\":3},{\"id\":4}]}");
}
END_TEST

START_TEST(strange_cursors_are_refused)
{
	static const struct list list = {.name = "things", .order = {"id"}};
	/* no base64; nothing; "other/x"; "things/"; "things/" and NULs; a cursor of /live */
	static const char *const cursors[] = {"%%", "", "b3RoZXIveA", "dGhpbmdzLw", "dGhpbmdzLwAA", "1-1"};
	for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
		struct request rq = {0};
		struct response rs = {0};
		struct buf items = {0};
		ask(&rq, "cursor", cursors[i]);
		list_answer(&list, &rq, &items, NULL, &rs);
		ck_assert_msg(rs.status == 422, "%s", cursors[i]);
		ck_assert_ptr_nonnull(strstr(buf_cstr(&rs.body), "\"field\":\"cursor\""));
		response_finish(&rs);
	}
}
END_TEST

START_TEST(filters_compare)
{
	static const char *const members[] = {"name", "room", NULL};
	json_t *item = json_pack("{s:s, s:n, s:b}", "name", "Lamp", "room", "on", 1);
	struct request rq = {0};
	ck_assert(list_filter_text(&rq, item, "name"));
	ck_assert(list_filter_bool(&rq, "on", false));
	ck_assert(list_filter_words(&rq, item, members));
	ask(&rq, "name", "Lamp");
	ask(&rq, "room", "");
	ask(&rq, "on", "true");
	ask(&rq, "q", "AM");
	ck_assert(list_filter_text(&rq, item, "name"));
	ck_assert(list_filter_text(&rq, item, "room")); /* null is as good as empty */
	ck_assert(list_filter_bool(&rq, "on", true));
	ck_assert(!list_filter_bool(&rq, "on", false));
	ck_assert(list_filter_words(&rq, item, members));
	snprintf(rq.query[0].value, REQUEST_QUERY_SIZE, "lamp");
	snprintf(rq.query[3].value, REQUEST_QUERY_SIZE, "x");
	ck_assert(!list_filter_text(&rq, item, "name"));
	ck_assert(!list_filter_words(&rq, item, members));
	json_decref(item);
}
END_TEST

START_TEST(if_match_compares_strongly)
{
	char tag[ETAG_SIZE], other[ETAG_SIZE], header[128];
	etag_make(span_str("a"), tag);
	etag_make(span_str("b"), other);
	const struct {
		const char *format;
		bool fits;
	} cases[] = {{"", true}, {"*", true}, {"%s", true}, {"\"x\", %s", true}, {"%s , \"x\"", true}, {"W/%s", false}, {"\"x\"", false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct request rq = {0};
		struct response rs = {0};
		const char *at = strstr(cases[i].format, "%s");
		snprintf(header, sizeof header, "%.*s%s%s", at ? (int)(at - cases[i].format) : 0, cases[i].format, at ? tag : "",
			 at ? at + 2 : cases[i].format);
		snprintf(rq.if_match, sizeof rq.if_match, "%s", header);
		ck_assert_msg(etag_fits(&rq, tag, &rs) == cases[i].fits, "%s", header);
		ck_assert_int_eq(rs.status, cases[i].fits ? 0 : 412);
		response_finish(&rs);
		ck_assert(etag_fits(&rq, other, &rs) == (!at && cases[i].fits));
		response_finish(&rs);
	}
}
END_TEST

static const struct route *route_of(const char *path)
{
	const struct route *route;
	char params[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE], allow[ROUTE_ALLOW_SIZE];
	ck_assert_int_eq(routes_find("GET", path, &route, params, allow), 0);
	return route;
}

START_TEST(parameters_are_what_the_table_says)
{
	static const struct {
		const char *path, *name, *value, *part; /* NULL: fits */
	} cases[] = {
		{"/api/v1/devices", "limit", "1000", NULL},
		{"/api/v1/devices", "limit", "1001", "limit is a whole number from 1 to 1000."},
		{"/api/v1/devices", "limit", "1e2", "limit is a whole number"},
		{"/api/v1/devices", "q", "K\xc3\xbc" "che", NULL},
		{"/api/v1/devices", "q", "K\xfc" "che", "q is printable text."},
		{"/api/v1/devices", "q", "a\x7f", "q is printable text."},
		{"/api/v1/devices", "\xff", "", "There is no such parameter here."},
		{"/api/v1/devices/{id}", "id", "x", "This address takes none."}, /* it stands in the path */
		{"/api/v1/alerts", "device", "a b", "device is an id: letters, digits, _ and -."},
		{"/api/v1/alerts", "since", "-1", NULL},
		{"/api/v1/alerts", "since", "yesterday", "since is milliseconds since 1970."},
		{"/api/v1/series/1/points", "from", "first", NULL},
		{"/api/v1/series/1/points", "from", "last", "from is milliseconds since 1970, or first."},
		{"/api/v1/export", "format", "xml", "format is csv, jsonl or influx."},
		{"/api/v1/export", "format", "cs", "format is csv, jsonl or influx."},
		{"/ca.pem", "anything", "goes", NULL}, /* no route of the API */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct request rq = {.route = route_of(strcmp(cases[i].path, "/api/v1/devices/{id}") == 0 ? "/api/v1/devices/x" : cases[i].path)};
		struct response rs = {0};
		ask(&rq, cases[i].name, cases[i].value);
		ck_assert_msg(parameters_fit(&rq, &rs) == !cases[i].part, "%zu", i);
		ck_assert_int_eq(rs.status, cases[i].part ? 422 : 0);
		if (cases[i].part)
			ck_assert_msg(strstr(buf_cstr(&rs.body), cases[i].part) != NULL, "%s", buf_cstr(&rs.body));
		response_finish(&rs);
	}
	struct request rq = {.route = route_of("/api/v1/devices"), .query_odd = true};
	struct response rs = {0};
	ck_assert(!parameters_fit(&rq, &rs));
	response_finish(&rs);
	ask(&rq, "q", "a");
	ask(&rq, "q", "b");
	ck_assert(!parameters_fit(&rq, &rs));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&rs.body), "q can be given once."));
	response_finish(&rs);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {items_are_ordered_and_passed_on, numbers_are_no_words,       a_cursor_outlives_its_item,
				      strange_cursors_are_refused,     filters_compare,            if_match_compares_strongly,
				      parameters_are_what_the_table_says};
	return suite_run("web/list", tests, sizeof tests / sizeof tests[0]);
}
