/* Making an answer. Any thread; knows nothing of sockets. */
#include "web/response.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/problem.h"

void response_finish(struct response *rs)
{
	if (!rs)
		return;
	buf_finish(&rs->body);
	if (rs->producer.destroy)
		rs->producer.destroy(rs->producer.ctx);
	*rs = (struct response){0};
}

void response_clear(struct response *rs)
{
	response_finish(rs);
}

void response_header(struct response *rs, const char *name, const char *format, ...)
{
	assert(rs->header_count < RESPONSE_HEADERS_MAX);
	struct response_header *header = &rs->headers[rs->header_count++];
	header->name = name;
	va_list args;
	va_start(args, format);
	int len = vsnprintf(header->value, sizeof header->value, format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof header->value);
	(void)len;
}

void response_json(struct response *rs, int status, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!text) {
		problem_coded(rs, 500, "memory", NULL, "The hub is out of memory.");
		return;
	}
	buf_finish(&rs->body);
	size_t len = strlen(text);
	rs->body = (struct buf){(uint8_t *)text, len, len + 1};
	response_json_text(rs, status, 0);
}

void response_json_text(struct response *rs, int status, int err)
{
	if (err) {
		problem_from_err(rs, err, "answer");
		return;
	}
	rs->status = status;
	rs->content_type = "application/json";
}

void response_empty(struct response *rs, int status)
{
	buf_finish(&rs->body);
	rs->status = status;
	rs->content_type = NULL;
}
