/* Problems (RFC 9457). Any thread; knows statuses and sentences, nothing else. */
#include "web/problem.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* Made of literals, so that it works without memory. */
static const char last_resort[] = "{\"type\":\"/problems/internal\",\"title\":\"Internal Server Error\",\"status\":500,"
				  "\"detail\":\"The hub is out of memory.\",\"code\":\"memory\"}";

static const char problem_type[] = "application/problem+json";

static const struct problem_kind kinds[] = {
	{400, "Malformed", "Bad Request", "/problems/malformed", "The request cannot be read: its body is no JSON object, or its host no name.", false},
	{401, "NotLoggedIn", "Unauthorized", "/problems/not-logged-in", "Nobody is logged in, or a name, password or token is wrong.", false},
	{403, "Forbidden", "Forbidden", "/problems/forbidden",
	 "The account may not do this, the header X-Tomte is missing, or a foreign page sent it.", false},
	{404, "NotFound", "Not Found", "/problems/not-found", "There is nothing at this address, or no longer.", false},
	{405, "NoSuchMethod", "Method Not Allowed", "/problems/no-such-method", "The address does not take this method; Allow names those that it takes.",
	 false},
	{409, "Conflict", "Conflict", "/problems/conflict", "What is asked for cannot be done in the state that things are in.", false},
	{412, "Changed", "Precondition Failed", "/problems/changed", "It has been changed since it was read: read it again, and edit that.", false},
	{413, "TooLarge", "Content Too Large", "/problems/too-large", "The body is larger than this address takes.", false},
	{421, "UnknownHost", "Misdirected Request", "/problems/unknown-host", "The hub does not know itself by this host name.", false},
	{422, "Invalid", "Unprocessable Content", "/problems/invalid", "A parameter or a member of the body is missing or out of bounds; field names it.",
	 false},
	{426, "UpgradeRequired", "Upgrade Required", "/problems/upgrade-required", "This address speaks WebSocket only.", false},
	{429, "TooMany", "Too Many Requests", "/problems/too-many", "Too many attempts: wait.", true},
	{500, "Internal", "Internal Server Error", "/problems/internal", "The hub has failed. Its log says more.", false},
	{503, "Busy", "Service Unavailable", "/problems/busy", "The hub is busy, starting or stopping.", true},
	{507, "DiskFull", "Insufficient Storage", "/problems/disk-full", "The hub's disk is full.", false},
};

/* Statuses that are no problems. */
static const struct {
	int status;
	const char *title;
} titles[] = {
	{101, "Switching Protocols"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
};

const struct problem_kind *problem_kinds(size_t *count_r)
{
	*count_r = sizeof kinds / sizeof kinds[0];
	return kinds;
}

static const struct problem_kind *kind_of(int status)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].status == status)
			return &kinds[i];
	return NULL;
}

const char *problem_title(int status)
{
	const struct problem_kind *kind = kind_of(status);
	if (kind)
		return kind->title;
	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

void problem_coded(struct response *rs, int status, const char *code, const char *field, const char *detail)
{
	const struct problem_kind *kind = kind_of(status);
	response_clear(rs);
	rs->status = status;
	rs->content_type = problem_type;
	json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s*, s:s*}", "type", kind ? kind->type : "about:blank", "title",
				 problem_title(status), "status", status, "detail", detail, "code", code, "field", field);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (text) {
		size_t len = strlen(text);
		rs->body = (struct buf){(uint8_t *)text, len, len + 1};
		return;
	}
	rs->status = 500;
	if (buf_append_str(&rs->body, last_resort))
		rs->content_type = NULL;
}

void problem_field(struct response *rs, int status, const char *field, const char *detail)
{
	problem_coded(rs, status, NULL, field, detail);
}

void problem(struct response *rs, int status, const char *detail)
{
	problem_coded(rs, status, NULL, NULL, detail);
}

/* What a port has put into the answer's body becomes a problem. */
static void from_port(struct response *rs, int status, const char *field, const char *detail)
{
	json_t *reason = json_loadb((const char *)rs->body.data, rs->body.len, 0, NULL);
	const char *theirs = json_string_value(json_object_get(reason, "field")), *says = json_string_value(json_object_get(reason, "detail"));
	const char *code = json_string_value(json_object_get(reason, "code"));
	problem_coded(rs, status, code, theirs ? theirs : field, says ? says : detail);
	json_decref(reason);
}

void problem_from_port(struct response *rs, const char *field, const char *detail)
{
	from_port(rs, 422, field, detail);
}

void problem_conflict_from_port(struct response *rs, const char *detail)
{
	from_port(rs, 409, NULL, detail);
}

void problem_instance(struct response *rs, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	if (rs->content_type != problem_type || rs->body.len == 0)
		return;
	size_t len = rs->body.len--; /* the closing brace */
	int err = buf_append_str(&rs->body, ",\"instance\":\"");
	for (; *path && !err; path++)
		err = strchr(plain, *path) ? buf_append(&rs->body, path, 1) : buf_printf(&rs->body, "%%%02X", (unsigned char)*path);
	if (!err)
		err = buf_append_str(&rs->body, "\"}");
	if (!err)
		return;
	rs->body.len = len; /* without it: there is no memory */
	rs->body.data[len - 1] = '}';
}

void problem_too_many(struct response *rs, int retry_after_s)
{
	problem_coded(rs, 429, "too_many", NULL, "Too many attempts. Wait a moment and try again.");
	response_header(rs, "Retry-After", "%d", retry_after_s);
}

void problem_from_err(struct response *rs, int err, const char *what)
{
	char detail[128];
	switch (err) {
	case ERR_NOT_FOUND:
		str_format(detail, sizeof detail, "There is no such %s.", what);
		problem_coded(rs, 404, "missing", NULL, detail);
		break;
	case ERR_EXISTS:
		str_format(detail, sizeof detail, "There is such a %s already.", what);
		problem_coded(rs, 409, "exists", NULL, detail);
		break;
	case ERR_STATE:
		str_format(detail, sizeof detail, "The %s is not in a state that allows this.", what);
		problem_coded(rs, 409, "state", NULL, detail);
		break;
	case ERR_INVALID:
	case ERR_UNSUPPORTED:
		str_format(detail, sizeof detail, "The %s cannot take this value.", what);
		problem_coded(rs, 422, "invalid", NULL, detail);
		break;
	case ERR_BUSY:
	case ERR_AGAIN:
	case ERR_FULL:
		problem_too_many(rs, 2);
		break;
	case ERR_DISK_FULL:
		problem_coded(rs, 507, "disk_full", NULL, "The hub's disk is full. Make room and try again.");
		break;
	case ERR_CLOSED:
		problem_coded(rs, 503, "stopping", NULL, "The hub is stopping. Try again in a moment.");
		break;
	default:
		str_format(detail, sizeof detail, "The hub could not do this (%s). Its log says more.", err_text(err));
		problem_coded(rs, 500, "internal", NULL, detail);
		break;
	}
}
