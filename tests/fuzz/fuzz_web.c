/* What the web makes of foreign text: host names, paths, JSON bodies, live
 * cursors, queries. The first byte chooses the parser. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/hosts.h"
#include "web/list.h"
#include "web/live.h"
#include "web/parameters.h"
#include "web/request.h"
#include "web/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_path(const char *text)
{
	const struct route *route;
	char params[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE], allow[ROUTE_ALLOW_SIZE];
	if (routes_find("GET", text, &route, params, allow) == 0 && !route)
		abort();
}

static void fuzz_json(const uint8_t *data, size_t size)
{
	struct request rq = {0};
	char reason[128];
	if (request_parse_json(span_of(data, size), &rq.body, reason))
		return;
	if (!json_is_object(rq.body))
		abort();
	const char *text = request_text(&rq, "name", 1, 63);
	if (text && (strlen(text) < 1 || strlen(text) > 63))
		abort();
	json_decref(rq.body);
}

static void fuzz_cursor(const char *text)
{
	struct live *live;
	uint64_t cursor;
	if (live_create(&live))
		return;
	if (live_parse(live, text, &cursor) == 0 && cursor != 0)
		abort(); /* there was no event yet */
	live_destroy(&live);
}

/* "name=value&name=value": whatever the table lets through, the list must take or refuse. */
static void fuzz_query(char *text)
{
	static const struct list list = {.name = "devices", .order = {"id"}};
	static const char items[] = "[{\"id\":\"a\"},{\"id\":\"b\"}]";
	struct request rq = {0};
	struct response rs = {0};
	struct buf buf = {0};
	char params[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE], allow[ROUTE_ALLOW_SIZE];
	for (char *pair = strsep(&text, "&"); pair && rq.query_count < REQUEST_QUERY_MAX; pair = strsep(&text, "&")) {
		char *value = strchr(pair, '=');
		if (value)
			*value++ = 0;
		struct query_pair *to = &rq.query[rq.query_count++];
		if (str_copy(to->name, sizeof to->name, pair) || str_copy(to->value, sizeof to->value, value ? value : ""))
			rq.query_odd = true;
	}
	if (routes_find("GET", "/api/v1/devices", &rq.route, params, allow) || buf_append_str(&buf, items))
		abort();
	bool fits = parameters_fit(&rq, &rs);
	if (fits)
		list_answer(&list, &rq, &buf, NULL, &rs);
	if (fits ? rs.status != 200 && rs.status != 422 : rs.status != 422)
		abort();
	json_t *answer = json_loadb((const char *)rs.body.data, rs.body.len, 0, NULL);
	if (!answer)
		abort();
	json_decref(answer);
	response_finish(&rs);
	buf_finish(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	char host[256], *text = calloc(1, size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	switch (data[0] % 5) {
	case 0: hosts_parse(text, host); break;
	case 1: fuzz_path(text); break;
	case 2: fuzz_json(data + 1, size - 1); break;
	case 3: fuzz_cursor(text); break;
	default: fuzz_query(text); break;
	}
	free(text);
	return 0;
}
