/* The description as a whole, made once at the hub's start. Any thread. */
#include "web/openapi.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/json_out.h"
#include "web/gzip.h"
#include "web/operation.h"
#include "web/problem.h"

static const char about[] =
	"The API of a tomte hub: all that its pages can do, and nothing else.\n\n"
	"**Values.** Times are milliseconds since 1970, UTC. Texts are UTF-8; lengths count its bytes. Unknown members of an answer are to be "
	"ignored: later versions add some.\n\n"
	"**Who asks.** Log in and send the cookie along: what changes something needs the header `X-Tomte: 1` then, and a browser's `Origin` must "
	"be the hub's own. Or make an API token and send it as `Authorization: Bearer …`: it may what its scope and its account's role allow both, "
	"but not manage passwords, people, sessions and tokens. A guest sees and controls what stands in its rooms; the rest is not there. `tomtectl` and other programs of root and group tomte use the hub's Unix socket and need no login. Each operation "
	"says whom it is for in `x-access`: a role may do what is for lesser ones.\n\n"
	"**Lists** answer at most `limit` items in an order that does not change. Where there are more, the header `Link` and the member "
	"`next` lead on; a cursor stays good when items are added or removed. Parameters that a list does not know are refused.\n\n"
	"**Edits.** An answer with an `ETag` can be edited with that in `If-Match`: when somebody else was faster, the answer is 412 and "
	"nothing is changed. Without `If-Match` the edit goes through.\n\n"
	"**Errors** are problems (RFC 9457, `application/problem+json`): `detail` is for people, `field` names the parameter or member that "
	"is wrong, `type` leads to a page that explains the kind. Only what is no HTTP at all, or has headers of more than some 12 KB, is "
	"refused by the HTTP library before this API sees it, with 400, 413, 414 or 431 and text/html.";

/* ---- components ------------------------------------------------------------ */

static const char parameters[] =
	"\"parameters\":{"
	"\"Tomte\":{\"name\":\"X-Tomte\",\"in\":\"header\",\"required\":true,\"description\":\"Says that no foreign page sends this; not needed on "
	"the Unix socket.\",\"schema\":{\"type\":\"string\",\"const\":\"1\"}},"
	"\"IfMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,\"description\":\"The ETag of what is to be edited: 412 when it has "
	"changed since.\",\"schema\":{\"type\":\"string\",\"maxLength\":127}},"
	"\"IfNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\",\"required\":false,\"description\":\"An ETag from before: 304 when it still "
	"holds.\",\"schema\":{\"type\":\"string\",\"maxLength\":127}}}";

static const char headers[] =
	"\"headers\":{"
	"\"ETag\":{\"description\":\"Changes with what it stands for (RFC 9110 §8.8.3).\",\"schema\":{\"type\":\"string\"}},"
	"\"Link\":{\"description\":\"Where there is a next page: <…>; rel=\\\"next\\\" (RFC 8288), relative to what was asked for.\","
	"\"schema\":{\"type\":\"string\"}},"
	"\"RetryAfter\":{\"description\":\"Seconds to wait.\",\"schema\":{\"type\":\"integer\"}}}";

static const char schemes[] =
	"\"securitySchemes\":{"
	"\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"__Host-tomte\",\"description\":\"A session, begun by /api/v1/login. The words "
	"in a requirement are the least role: viewer, adult, owner. Over plain HTTP the cookie is called tomte.\"},"
	"\"metricsToken\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"The token of /metrics in the hub's settings.\"},"
	"\"socket\":{\"type\":\"http\",\"scheme\":\"peer\",\"description\":\"No header: who connects to the hub's Unix socket as root or as a member "
	"of group tomte is known by that (SO_PEERCRED).\"}}";

static void problems(struct json_out *o)
{
	size_t count;
	const struct problem_kind *kinds = problem_kinds(&count);
	json_out_key(o, "responses");
	json_out_raw(o, "{");
	for (size_t i = 0; i < count; i++) {
		json_out_key(o, kinds[i].name);
		json_out_raw(o, "{");
		json_out_member_string(o, "description", kinds[i].text);
		json_out_member_int(o, "x-status", kinds[i].status);
		json_out_member_string(o, "x-type", kinds[i].type);
		if (kinds[i].waits) {
			json_out_key(o, "headers");
			json_out_raw(o, "{\"Retry-After\":");
			openapi_ref(o, "headers", "RetryAfter");
			json_out_raw(o, "}");
		}
		json_out_key(o, "content");
		json_out_raw(o, "{\"application/problem+json\":{\"schema\":");
		openapi_ref(o, "schemas", "Problem");
		json_out_raw(o, "}}}");
	}
	json_out_raw(o, "}");
}

static void components(struct json_out *o)
{
	json_out_key(o, "components");
	json_out_raw(o, "{");
	openapi_schemas(o);
	json_out_raw(o, ",");
	json_out_raw(o, parameters);
	json_out_raw(o, ",");
	json_out_raw(o, headers);
	problems(o);
	json_out_raw(o, ",");
	json_out_raw(o, schemes);
	json_out_raw(o, "}");
}

/* ---- paths ----------------------------------------------------------------- */

static bool is_first(const struct route *routes, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(routes[k].path, routes[i].path) == 0)
			return false;
	return true;
}

/* A path's methods stand together, wherever their rows do. */
static void path(struct json_out *o, const struct route *routes, size_t first, size_t count)
{
	json_out_key(o, routes[first].path);
	json_out_raw(o, "{");
	for (size_t i = first; i < count; i++) {
		char method[8];
		if (strcmp(routes[i].path, routes[first].path) != 0 || str_copy(method, sizeof method, routes[i].method))
			continue;
		for (char *c = method; *c; c++)
			*c = (char)(*c | 0x20); /* lower case */
		json_out_key(o, method);
		openapi_operation(o, &routes[i]);
	}
	json_out_raw(o, "}");
}

static void paths(struct json_out *o)
{
	size_t count;
	const struct route *routes = routes_all(&count);
	json_out_key(o, "paths");
	json_out_raw(o, "{");
	for (size_t i = 0; i < count; i++)
		if (is_first(routes, i))
			path(o, routes, i, count);
	json_out_raw(o, "}");
}

static void groups(struct json_out *o)
{
	size_t count;
	const struct operation_group *group = operation_groups(&count);
	json_out_key(o, "tags");
	json_out_raw(o, "[");
	for (size_t i = 0; i < count; i++) {
		json_out_next(o);
		json_out_raw(o, "{");
		json_out_member_string(o, "name", group[i].name);
		json_out_member_string(o, "description", group[i].text);
		json_out_raw(o, "}");
	}
	json_out_raw(o, "]");
}

/* ---- the whole ------------------------------------------------------------- */

static int describe(const struct hub_info *hub, struct buf *text)
{
	struct json_out o = {.buf = text};
	json_out_raw(&o, "{\"openapi\":\"3.1.1\",\"info\":{");
	json_out_member_string(&o, "title", "tomte");
	json_out_member_string(&o, "version", hub->version);
	json_out_member_string(&o, "description", about);
	json_out_raw(&o, "},\"servers\":[{\"url\":\"/\"}]");
	groups(&o);
	paths(&o);
	components(&o);
	json_out_raw(&o, "}");
	return o.err;
}

static void tag(struct openapi_body *body)
{
	uint8_t hash[16];
	char hex[2 * sizeof hash + 1];
	crypto_generichash(hash, sizeof hash, body->bytes.data, body->bytes.len, NULL, 0);
	str_to_hex(hex, hash, sizeof hash);
	str_format(body->etag, sizeof body->etag, "\"%s\"", hex);
}

int openapi_create(const struct hub_info *hub, struct openapi **openapi_r)
{
	struct openapi *openapi = calloc(1, sizeof *openapi);
	int err = openapi ? describe(hub, &openapi->plain.bytes) : ERR_NOMEM;
	if (!err)
		err = gzip_append(&openapi->gzip.bytes, buf_span(&openapi->plain.bytes), GZIP_SMALL);
	if (err) {
		openapi_destroy(&openapi);
		return err;
	}
	tag(&openapi->plain);
	tag(&openapi->gzip);
	*openapi_r = openapi;
	return 0;
}

void openapi_destroy(struct openapi **openapi)
{
	if (!*openapi)
		return;
	buf_finish(&(*openapi)->plain.bytes);
	buf_finish(&(*openapi)->gzip.bytes);
	free(*openapi);
	*openapi = NULL;
}
