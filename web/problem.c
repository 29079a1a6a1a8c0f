/* Problems (RFC 9457). Any thread; knows statuses and sentences, nothing else. */
#include "web/problem.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

/* Made of literals, so that it works without memory. */
static const char last_resort[] = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
				  "\"detail\":\"The hub is out of memory.\",\"code\":\"memory\"}";

static const struct {
	int status;
	const char *title;
} titles[] = {
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{421, "Misdirected Request"},
	{422, "Unprocessable Content"},
	{426, "Upgrade Required"},
	{429, "Too Many Requests"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
	{507, "Insufficient Storage"},
};

const char *problem_title(int status)
{
	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

void problem_coded(struct response *rs, int status, const char *code, const char *field, const char *detail)
{
	response_clear(rs);
	rs->status = status;
	rs->content_type = "application/problem+json";
	json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s*, s:s*}", "type", "about:blank", "title",
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
