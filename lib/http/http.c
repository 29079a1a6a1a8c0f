/* One request, one answer, through libcurl. Blocks its caller's thread; knows
 * nothing of what is asked. No redirects, no proxies, no cookies: the servers
 * asked are tomte's own. */
#include "http/http.h"

#include <curl/curl.h>
#include <pthread.h>

#include "base/err.h"
#include "base/str.h"

struct transfer {
	struct http_answer *answer;
	size_t max_bytes;
	int (*on_data)(void *ctx, struct span piece); /* NULL: collect in answer */
	const struct http_pieces *pieces;             /* of http_transfer, or NULL */
	CURL *curl;
	void *ctx;
	bool ended; /* on_data has had enough */
	int err;    /* why take_piece stopped the transfer */
};

static pthread_once_t init_once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_piece(char *data, size_t size, size_t count, void *userdata)
{
	struct transfer *t = userdata;
	size_t len = size * count;
	long status = 0;
	if (t->pieces && t->pieces->take && curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
	    status < 400) {
		t->ended = t->pieces->take(t->pieces->ctx, span_of(data, len)) != 0;
		return t->ended ? CURL_WRITEFUNC_ERROR : len;
	}
	if (t->on_data) {
		t->ended = t->on_data(t->ctx, span_of(data, len)) != 0;
		return t->ended ? CURL_WRITEFUNC_ERROR : len;
	}
	if (len > t->max_bytes - t->answer->body.len)
		t->err = ERR_TOO_LARGE;
	else
		t->err = buf_append(&t->answer->body, data, len);
	return t->err ? CURL_WRITEFUNC_ERROR : len;
}

static size_t give_piece(char *data, size_t size, size_t count, void *userdata)
{
	struct transfer *t = userdata;
	long len = t->pieces->give(t->pieces->ctx, data, size * count);
	t->ended = len < 0;
	return len < 0 ? CURL_READFUNC_ABORT : (size_t)len;
}

static int err_from_curl(CURLcode code)
{
	switch (code) {
	case CURLE_OK: return 0;
	case CURLE_OPERATION_TIMEDOUT: return ERR_TIMEOUT;
	case CURLE_OUT_OF_MEMORY: return ERR_NOMEM;
	default: return ERR_IO;
	}
}

/* The request's own headers. Returns 0 or ERR_NOMEM; *list_r is the caller's. */
static int make_headers(const struct http_request *request, bool expect, struct curl_slist **list_r)
{
	/* "Expect:" would cost a round trip for bodies over 1 MB only, but some
	 * servers never answer it */
	struct curl_slist *list = curl_slist_append(NULL, expect ? "Expect: 100-continue" : "Expect:");
	if (!list)
		return ERR_NOMEM;
	*list_r = list;
	if (!request->content_type)
		return 0;
	char header[256];
	if (str_format(header, sizeof header, "Content-Type: %s", request->content_type))
		return ERR_TOO_LARGE;
	list = curl_slist_append(list, header);
	if (!list)
		return ERR_NOMEM;
	*list_r = list;
	return 0;
}

static void set_request(CURL *curl, const struct http_request *request, bool gives)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (request->unix_socket)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	if (request->content_type && !gives) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.len ? (const char *)request->body.data : "");
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

/* A long body: the server may refuse it before it is sent. */
static void set_pieces(CURL *curl, const struct http_request *request, struct transfer *transfer)
{
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)request->timeout_s);
	if (!transfer->pieces->give)
		return;
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->pieces->give_bytes);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_piece);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static int perform(const struct http_request *request, struct transfer *transfer, long timeout_s,
		   int *status_r, char message_r[256])
{
	char text[CURL_ERROR_SIZE] = "";
	message_r[0] = 0;
	pthread_once(&init_once, init_curl);
	CURL *curl = curl_easy_init();
	if (!curl)
		return ERR_NOMEM;
	struct curl_slist *headers = NULL;
	bool gives = transfer->pieces && transfer->pieces->give;
	int err = make_headers(request, gives, &headers);
	if (err)
		goto out;
	transfer->curl = curl;
	set_request(curl, request, gives);
	if (transfer->pieces)
		set_pieces(curl, request, transfer);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)request->timeout_s);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_piece);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	/* a stream's caller sees no status: an error page must not pass for events */
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, transfer->on_data ? 1L : 0L);
	CURLcode code = curl_easy_perform(curl);
	err = transfer->err ? transfer->err : err_from_curl(code);
	if (err) /* cut to 255 characters when it is longer */
		str_format(message_r, 256, "%s", text[0] ? text : curl_easy_strerror(code));
	long status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status_r)
		*status_r = (int)status;
out:
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return err;
}

int http_perform(const struct http_request *request, struct http_answer *answer_r, char message_r[256])
{
	*answer_r = (struct http_answer){0};
	struct transfer transfer = {.answer = answer_r, .max_bytes = request->max_answer_bytes};
	int err = perform(request, &transfer, request->timeout_s, &answer_r->status, message_r);
	if (err)
		buf_finish(&answer_r->body);
	return err;
}

int http_stream(const struct http_request *request, int (*on_data)(void *ctx, struct span piece),
		void *ctx, char message_r[256])
{
	struct transfer transfer = {.on_data = on_data, .ctx = ctx};
	/* no limit for the whole: a stream ends when one side has had enough */
	int err = perform(request, &transfer, 0, NULL, message_r);
	return transfer.ended ? 0 : err;
}

int http_transfer(const struct http_request *request, const struct http_pieces *pieces, struct http_answer *answer_r,
		  char message_r[256])
{
	*answer_r = (struct http_answer){0};
	struct transfer transfer = {.answer = answer_r, .max_bytes = request->max_answer_bytes, .pieces = pieces};
	int err = perform(request, &transfer, 0, &answer_r->status, message_r);
	if (err)
		buf_finish(&answer_r->body);
	return transfer.ended ? ERR_CLOSED : err;
}
