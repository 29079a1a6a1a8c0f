/* One route as an Operation Object: who may, what it takes, what it answers. Any thread. */
#include <string.h>

#include "base/str.h"
#include "model/json_out.h"
#include "web/openapi.h"
#include "web/operation.h"
#include "web/problem.h"

/* ---- who may --------------------------------------------------------------- */

static const char *const access_names[] = {
	[ACCESS_ANYONE] = "anyone", [ACCESS_VIEWER] = "viewer", [ACCESS_ADULT] = "adult", [ACCESS_RESIDENT] = "resident",
	[ACCESS_OWNER] = "owner",   [ACCESS_METRICS] = "metrics", [ACCESS_LOCAL] = "local",
};

/* Roles stand in the requirement as OpenAPI 3.1 allows: the least one that will do. */
static void security(struct json_out *o, enum access access)
{
	static const char *const requirements[] = {
		[ACCESS_ANYONE] = "[]",
		[ACCESS_VIEWER] = "[{\"session\":[\"viewer\"]},{\"socket\":[]}]",
		[ACCESS_ADULT] = "[{\"session\":[\"adult\"]},{\"socket\":[]}]",
		[ACCESS_RESIDENT] = "[{\"session\":[\"adult\"]},{\"socket\":[]}]",
		[ACCESS_OWNER] = "[{\"session\":[\"owner\"]},{\"socket\":[]}]",
		[ACCESS_METRICS] = "[{\"session\":[\"owner\"]},{\"socket\":[]},{\"metricsToken\":[]}]",
		[ACCESS_LOCAL] = "[{\"socket\":[]}]",
	};
	json_out_key(o, "security");
	json_out_raw(o, requirements[access]);
	json_out_member_string(o, "x-access", access_names[access]);
}

/* ---- what it takes --------------------------------------------------------- */

static bool is_api(const struct route *route)
{
	return strncmp(route->path, "/api/", strlen("/api/")) == 0;
}

static bool changes(const struct route *route)
{
	return strcmp(route->method, "GET") != 0;
}

static void parameters(struct json_out *o, const struct route *route, const struct operation *op)
{
	json_out_key(o, "parameters");
	json_out_raw(o, "[");
	for (size_t i = 0; i < op->parameter_count; i++) {
		const struct field *v = &op->parameters[i];
		bool path = operation_in_path(route, v);
		json_out_next(o);
		json_out_raw(o, "{");
		json_out_member_string(o, "name", v->name);
		json_out_member_string(o, "in", path ? "path" : "query");
		json_out_member_bool(o, "required", path || !(v->flags & FIELD_OPTIONAL));
		json_out_member_string(o, "description", v->text);
		json_out_key(o, "schema");
		openapi_field(o, v);
		json_out_raw(o, "}");
	}
	if (changes(route) && is_api(route)) {
		json_out_next(o);
		openapi_ref(o, "parameters", "Tomte");
	}
	if (op->flags & OPERATION_IF_MATCH) {
		json_out_next(o);
		openapi_ref(o, "parameters", "IfMatch");
	}
	if (op->flags & OPERATION_CACHED) {
		json_out_next(o);
		openapi_ref(o, "parameters", "IfNoneMatch");
	}
	json_out_raw(o, "]");
}

static void body(struct json_out *o, const struct route *route, const struct operation *op)
{
	bool bytes = route->flags & (ROUTE_UPLOAD | ROUTE_BYTES);
	if (!op->body && !bytes)
		return;
	json_out_key(o, "requestBody");
	json_out_raw(o, "{\"required\":true,\"content\":{");
	json_out_key(o, bytes ? "application/octet-stream" : "application/json");
	if (bytes) {
		json_out_raw(o, "{}");
	} else {
		json_out_raw(o, "{\"schema\":");
		openapi_ref(o, "schemas", op->body);
		json_out_raw(o, "}");
	}
	json_out_raw(o, "}}");
}

/* ---- what it answers ------------------------------------------------------- */

static void list_schema(struct json_out *o, const struct operation *op)
{
	json_out_raw(o, "{\"type\":\"object\",\"properties\":{");
	json_out_key(o, op->list);
	json_out_raw(o, "{\"type\":\"array\",\"items\":");
	openapi_ref(o, "schemas", op->answer);
	json_out_raw(o, "}");
	if (op->flags & OPERATION_LIVE)
		json_out_raw(o, ",\"cursor\":{\"type\":\"string\",\"description\":\"Where /api/v1/live goes on from this state of things.\"}");
	json_out_raw(o, ",\"next\":{\"type\":\"string\",\"description\":\"The parameter `cursor` of the next page; absent when this is the last.\"}}");
	json_out_raw(o, ",\"required\":[");
	json_out_string(o, op->list);
	json_out_raw(o, op->flags & OPERATION_LIVE ? ",\"cursor\"]}" : "]}");
}

static void events(struct json_out *o)
{
	size_t count;
	const struct live_event *event = live_events(&count);
	json_out_key(o, "x-events");
	json_out_raw(o, "{");
	for (size_t i = 0; i < count; i++) {
		json_out_key(o, event[i].name);
		json_out_raw(o, "{");
		json_out_member_string(o, "description", event[i].text);
		json_out_key(o, "schema");
		openapi_ref(o, "schemas", event[i].schema);
		json_out_raw(o, "}");
	}
	json_out_raw(o, "}");
}

/* answer_type may name several: "text/csv|application/jsonl". */
static void content(struct json_out *o, const struct operation *op)
{
	if (!op->answer && !op->answer_type)
		return;
	json_out_key(o, "content");
	json_out_raw(o, "{");
	if (op->answer) {
		json_out_key(o, "application/json");
		json_out_raw(o, "{\"schema\":");
		if (op->flags & OPERATION_PAGED)
			list_schema(o, op);
		else
			openapi_ref(o, "schemas", op->answer);
		json_out_raw(o, "}");
	}
	for (const char *t = op->answer_type; t && *t;) {
		char name[64];
		size_t len = strcspn(t, "|");
		(void)str_copy_span(name, sizeof name, span_of(t, len));
		json_out_key(o, name);
		json_out_raw(o, strncmp(name, "text/", 5) == 0 ? "{\"schema\":{\"type\":\"string\"}}" : "{}");
		t += len + (t[len] == '|');
	}
	json_out_raw(o, "}");
	if (op->answer_type && strcmp(op->answer_type, "text/event-stream") == 0)
		events(o);
}

static void headers(struct json_out *o, const struct operation *op)
{
	json_out_key(o, "headers");
	json_out_raw(o, "{");
	if (op->flags & (OPERATION_ETAG | OPERATION_CACHED)) {
		json_out_key(o, "ETag");
		openapi_ref(o, "headers", "ETag");
	}
	if (op->flags & OPERATION_PAGED) {
		json_out_key(o, "Link");
		openapi_ref(o, "headers", "Link");
	}
	json_out_raw(o, "}");
}

static void success(struct json_out *o, const struct operation *op)
{
	char status[8];
	str_format(status, sizeof status, "%d", op->status);
	json_out_key(o, status);
	json_out_raw(o, "{");
	json_out_member_string(o, "description", problem_title(op->status));
	if (op->flags & (OPERATION_ETAG | OPERATION_CACHED | OPERATION_PAGED))
		headers(o, op);
	content(o, op);
	json_out_raw(o, "}");
	if (op->flags & OPERATION_CACHED)
		json_out_raw(o, ",\"304\":{\"description\":\"Not Modified\"}");
}

static bool names(const struct operation *op, int status)
{
	for (size_t i = 0; i < OPERATION_ERRORS_MAX; i++)
		if (op->errors[i] == status)
			return true;
	return false;
}

static bool takes_query(const struct route *route, const struct operation *op)
{
	return is_api(route) || op->parameter_count;
}

/* What follows from the route itself, and what the operation adds. */
static bool may_answer(const struct route *route, const struct operation *op, int status)
{
	bool takes_body = route->flags & (ROUTE_JSON | ROUTE_BYTES | ROUTE_UPLOAD);
	if (names(op, status))
		return true;
	switch (status) {
	case 400: return route->flags & ROUTE_JSON;
	case 401: return route->access != ACCESS_ANYONE;
	case 403: return route->access > ACCESS_VIEWER || (changes(route)); /* role; header, origin */
	case 412: return op->flags & OPERATION_IF_MATCH;
	case 413: return takes_body;
	case 421: return true; /* the name of the host */
	case 422: return takes_query(route, op) || op->body;
	case 429: return op->flags & OPERATION_TRIES;
	case 500:
	case 503: return true;
	case 507: return changes(route) && is_api(route);
	default: return false;
	}
}

static void responses(struct json_out *o, const struct route *route, const struct operation *op)
{
	size_t count;
	const struct problem_kind *kinds = problem_kinds(&count);
	json_out_key(o, "responses");
	json_out_raw(o, "{");
	success(o, op);
	for (size_t i = 0; i < count; i++) {
		char status[8];
		if (!may_answer(route, op, kinds[i].status))
			continue;
		str_format(status, sizeof status, "%d", kinds[i].status);
		json_out_key(o, status);
		openapi_ref(o, "responses", kinds[i].name);
	}
	json_out_raw(o, "}");
}

void openapi_operation(struct json_out *o, const struct route *route)
{
	const struct operation *op = operation_of(route);
	json_out_raw(o, "{");
	json_out_member_string(o, "summary", route->text);
	if (op) { /* a test finds routes without */
		json_out_member_string(o, "operationId", op->id);
		json_out_key(o, "tags");
		json_out_raw(o, "[");
		json_out_string(o, op->group);
		json_out_raw(o, "]");
		if (op->text)
			json_out_member_string(o, "description", op->text);
		parameters(o, route, op);
		body(o, route, op);
		responses(o, route, op);
	}
	security(o, route->access);
	json_out_raw(o, "}");
}
