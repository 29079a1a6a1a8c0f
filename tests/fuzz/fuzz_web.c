/* What the web makes of foreign text: host names, paths, JSON bodies, live
 * cursors. The first byte chooses the parser. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "web/hosts.h"
#include "web/live.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	char host[256], *text = calloc(1, size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	switch (data[0] % 4) {
	case 0: hosts_parse(text, host); break;
	case 1: fuzz_path(text); break;
	case 2: fuzz_json(data + 1, size - 1); break;
	default: fuzz_cursor(text); break;
	}
	free(text);
	return 0;
}
