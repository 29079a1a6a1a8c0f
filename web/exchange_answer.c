/* Sending an answer: our response becomes libmicrohttpd's, with the headers
 * that everything carries. Web's thread. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/problem.h"
#include "web/server_private.h"

static const struct {
	const char *name, *value;
} common_headers[] = {
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
	 "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"},
};

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

bool exchange_add_headers(struct MHD_Response *response, const struct response *rs)
{
	bool ok = true;
	for (size_t i = 0; i < sizeof common_headers / sizeof common_headers[0]; i++)
		ok = ok && add(response, common_headers[i].name, common_headers[i].value);
	if (rs->content_type)
		ok = ok && add(response, "Content-Type", rs->content_type);
	for (unsigned i = 0; i < rs->header_count; i++)
		ok = ok && add(response, rs->headers[i].name, rs->headers[i].value);
	return ok;
}

/* Queues and lets go of the response, made or not. */
static enum MHD_Result queue(struct exchange *ex, int status, struct MHD_Response *response, bool ok)
{
	enum MHD_Result queued = response && ok ? MHD_queue_response(ex->mhd, (unsigned)status, response) : MHD_NO;
	if (response)
		MHD_destroy_response(response);
	ex->state = EXCHANGE_ANSWERED;
	ex->conn->deadline = mono_add_ms(ex->web->now, ANSWER_TIMEOUT_MS);
	return queued;
}

enum MHD_Result exchange_answer(struct exchange *ex)
{
	struct response *rs = &ex->rs;
	problem_instance(rs, ex->url);
	struct MHD_Response *response =
		rs->body.len ? MHD_create_response_from_buffer_with_free_callback(rs->body.len, rs->body.data, free)
			     : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (response)
		rs->body = (struct buf){0}; /* libmicrohttpd's now */
	bool ok = response && exchange_add_headers(response, rs) && 
		  add(response, "Cache-Control", rs->caching ? rs->caching : "no-store");
	return queue(ex, rs->status, response, ok);
}

bool exchange_accepts(const char *accept, const char *coding)
{
	const size_t len = strlen(coding);
	for (; accept && *accept; accept += strcspn(accept, ","), accept += *accept == ',') {
		accept += strspn(accept, " \t");
		if (strncasecmp(accept, coding, len) != 0)
			continue;
		const char *q = accept + len + strspn(accept + len, " \t");
		if (*q == 0 || *q == ',')
			return true;
		if (*q == ';') { /* any weight but zero */
			q = strchr(q, '=');
			return q && strtod(q + 1, NULL) > 0;
		}
	}
	return false;
}

enum MHD_Result exchange_answer_page(struct exchange *ex, const struct page *page)
{
	const char *accept = MHD_lookup_connection_value(ex->mhd, MHD_HEADER_KIND, "Accept-Encoding");
	const char *known = MHD_lookup_connection_value(ex->mhd, MHD_HEADER_KIND, "If-None-Match");
	const char *coding = page->brotli.bytes.len && exchange_accepts(accept, "br") ? "br" :
			     page->gzip.bytes.len && exchange_accepts(accept, "gzip") ? "gzip" : NULL;
	const struct page_body *body = !coding ? &page->plain : coding[0] == 'b' ? &page->brotli : &page->gzip;
	bool fresh = known && (strstr(known, body->etag) || strcmp(known, "*") == 0);
	struct MHD_Response *response =
		fresh ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
		      : MHD_create_response_from_buffer(body->bytes.len, (void *)body->bytes.data, MHD_RESPMEM_PERSISTENT);
	ex->rs.content_type = fresh ? NULL : page->content_type;
	bool ok = response && exchange_add_headers(response, &ex->rs) && add(response, "ETag", body->etag) &&
		  add(response, "Vary", "Accept-Encoding") &&
		  add(response, "Cache-Control", page->immutable ? "public, max-age=31536000, immutable" : "no-cache") &&
		  (!coding || fresh || add(response, "Content-Encoding", coding));
	return queue(ex, fresh ? 304 : 200, response, ok);
}
