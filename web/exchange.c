/* One request: libmicrohttpd's callbacks collect it, the gate and the route
 * table judge it, the pool works on it while the connection is suspended, and
 * the answer goes out when it is resumed. Web's thread, except exchange_work.
 * Handlers see only struct request and struct response. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/gate.h"
#include "web/gzip.h"
#include "web/login.h"
#include "web/metrics.h"
#include "web/parameters.h"
#include "web/peer.h"
#include "web/problem.h"
#include "web/server_private.h"

enum {
	/* A body that is too large is still read a little, so that the client sees
	 * the answer instead of a reset. */
	DROPPED_MAX = 65536,
};

void exchange_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
			 enum MHD_ConnectionNotificationCode toe)
{
	struct endpoint *endpoint = cls;
	struct web *web = endpoint->web;
	if (toe == MHD_CONNECTION_NOTIFY_CLOSED) {
		struct conn *conn = *socket_context;
		if (!conn)
			return;
		list_remove(&conn->link);
		endpoint->connections--;
		atomic_fetch_sub(&web->counters.connections, 1);
		free(conn);
		*socket_context = NULL;
		return;
	}
	struct conn *conn = calloc(1, sizeof *conn);
	*socket_context = conn;
	if (!conn) /* its requests are refused */
		return;
	conn->endpoint = endpoint;
	conn->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	conn->deadline = mono_add_ms(web->now, web->request_ms);
	conn->peer.transport = endpoint->transport;
	peer_identify(conn->fd, &conn->peer);
	list_append(&web->conns, &conn->link);
	endpoint->connections++;
	atomic_fetch_add(&web->counters.connections, 1);
}

static const char *header(struct MHD_Connection *mhd, const char *name)
{
	return MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, name);
}

/* RFC 6750 §2.1; NULL for none. */
static const char *bearer_token(struct MHD_Connection *mhd)
{
	static const char scheme[] = "Bearer ";
	const char *authorization = header(mhd, "Authorization");
	return authorization && strncasecmp(authorization, scheme, strlen(scheme)) == 0 ? authorization + strlen(scheme) : NULL;
}

static enum MHD_Result copy_argument(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	struct request *rq = cls;
	struct query_pair pair;
	if (rq->query_count == REQUEST_QUERY_MAX || str_copy(pair.name, sizeof pair.name, key) ||
	    str_copy(pair.value, sizeof pair.value, value ? value : ""))
		rq->query_odd = true;
	else
		rq->query[rq->query_count++] = pair;
	return MHD_YES;
}

/* Copies printable characters; what else a client sends becomes '?'. */
static void copy_printable(char *dst, size_t size, const char *text)
{
	size_t i = 0;
	for (; text && text[i] && i < size - 1; i++)
		dst[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	dst[i] = 0;
}

static void copy_request(struct exchange *ex)
{
	struct request *rq = &ex->rq;
	MHD_get_connection_values(ex->mhd, MHD_GET_ARGUMENT_KIND, copy_argument, rq);
	const char *name = rq->peer.transport == TRANSPORT_TLS ? "__Host-tomte" : "tomte";
	const char *cookie = MHD_lookup_connection_value(ex->mhd, MHD_COOKIE_KIND, name);
	if (cookie && str_copy(rq->cookie, sizeof rq->cookie, cookie))
		rq->cookie[0] = 0; /* too long: none of ours */
	const char *bearer = bearer_token(ex->mhd);
	if (bearer && (!bearer[0] || str_copy(rq->bearer, sizeof rq->bearer, bearer)))
		str_copy(rq->bearer, sizeof rq->bearer, "?"); /* none of ours, but no less what is shown instead of a cookie */
	copy_printable(rq->user_agent, sizeof rq->user_agent, header(ex->mhd, "User-Agent"));
	copy_printable(rq->last_event_id, sizeof rq->last_event_id, header(ex->mhd, "Last-Event-ID"));
	copy_printable(rq->if_none_match, sizeof rq->if_none_match, header(ex->mhd, "If-None-Match"));
	copy_printable(rq->if_match, sizeof rq->if_match, header(ex->mhd, "If-Match"));
	rq->gzip = exchange_accepts(header(ex->mhd, "Accept-Encoding"), "gzip");
}

/* A token that is none. It is not written down: it may be one of another hub. */
static void refuse_token(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	atomic_fetch_add(&sv->counters->logins_failed, 1);
	audit(sv, rq->peer.address, "token_refused", "");
	problem(rs, 401, "This token is not valid, or not any more.");
	response_header(rs, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
}

bool exchange_admit(struct exchange *ex)
{
	const struct web_services *sv = &ex->web->services;
	struct request *rq = &ex->rq;
	int retry_s = 0;
	rq->reads_metrics = metrics_token_fits(&sv->metrics_token, rq);
	int err = login_identify(sv->login, rq, &retry_s);
	if (!err) {
		const struct refusal *refusal = route_authorize(rq->route, rq);
		if (!refusal)
			return parameters_fit(rq, &ex->rs);
		problem_coded(&ex->rs, refusal->status, refusal->code, NULL, refusal->detail);
	} else if (err == ERR_DENIED) {
		refuse_token(sv, rq, &ex->rs);
	} else if (err == ERR_BUSY) {
		problem_too_many(&ex->rs, retry_s);
	} else {
		problem_from_err(&ex->rs, err, "session");
		return false;
	}
	atomic_fetch_add(&sv->counters->refused, 1);
	return false;
}

/* The first block is made before the status is sent, so that what fails at once is told as a problem. */
static void produce_first(struct response *rs)
{
	int err = rs->producer.produce(rs->producer.ctx, &rs->body);
	if (err)
		problem_from_err(rs, err, "answer");
}

/* Long answers go out compressed: a list of devices shrinks to a tenth. One with an ETag is left as it is, as the tag is of
 * those very bytes. No page of others can make a browser ask with our cookie (SameSite), so that nobody learns a secret
 * from lengths. */
static void compress_answer(struct response *rs)
{
	enum { WORTH_BYTES = 1024 };
	if (rs->body.len < WORTH_BYTES || !rs->content_type || strcmp(rs->content_type, "application/json") != 0)
		return;
	for (unsigned i = 0; i < rs->header_count; i++)
		if (strcmp(rs->headers[i].name, "ETag") == 0 || strcmp(rs->headers[i].name, "Content-Encoding") == 0)
			return;
	struct buf packed = {0};
	if (gzip_append(&packed, buf_span(&rs->body), GZIP_QUICK) != 0) {
		buf_finish(&packed);
		return;
	}
	buf_finish(&rs->body);
	rs->body = packed;
	response_header(rs, "Content-Encoding", "gzip");
	response_header(rs, "Vary", "Accept-Encoding");
}

/* Pool thread: who asks, may they, and the handler. */
static void work(struct exchange *ex)
{
	struct request *rq = &ex->rq;
	if (!exchange_admit(ex))
		return;
	rq->bytes = buf_span(&ex->body);
	if ((rq->route->flags & ROUTE_JSON) && rq->bytes.len) {
		char reason[128];
		if (request_parse_json(rq->bytes, &rq->body, reason)) {
			problem(&ex->rs, 400, reason);
			return;
		}
	}
	rq->route->handle(&ex->web->services, rq, &ex->rs);
	if (ex->rs.producer.produce && !ex->head)
		produce_first(&ex->rs);
	else if (rq->gzip && !ex->rs.producer.produce)
		compress_answer(&ex->rs);
}

void exchange_resume(struct exchange *ex, enum exchange_state state)
{
	ex->web->working--;
	ex->state = state;
	MHD_resume_connection(ex->mhd);
}

/* Web's thread: the answer is there. */
void exchange_answered(struct mail *mail, void *owner)
{
	(void)owner;
	exchange_resume(container_of(mail, struct exchange, mail), EXCHANGE_READY);
}

void exchange_deliver(struct exchange *ex, void (*deliver)(struct mail *mail, void *owner))
{
	ex->mail.deliver = deliver;
	mailbox_post(&ex->web->mailbox, &ex->mail);
}

static void exchange_work(struct pool_job *job)
{
	struct exchange *ex = container_of(job, struct exchange, job);
	work(ex);
	exchange_deliver(ex, exchange_answered);
}

int exchange_submit(struct exchange *ex, void (*run)(struct pool_job *job))
{
	ex->job.run = run;
	if (ex->web->stopping || pool_submit(ex->web->pool, &ex->job))
		return ERR_BUSY;
	ex->state = EXCHANGE_WORKING;
	ex->conn->deadline.ms = 0;
	ex->web->working++;
	MHD_suspend_connection(ex->mhd);
	return 0;
}

enum MHD_Result exchange_submit_or_refuse(struct exchange *ex, void (*run)(struct pool_job *job))
{
	if (exchange_submit(ex, run) == 0)
		return MHD_YES;
	problem_coded(&ex->rs, 503, "busy", NULL, "The hub is busy. Try again in a moment.");
	response_header(&ex->rs, "Retry-After", "1");
	return exchange_answer(ex);
}

/* code NULL: none that a page knows. */
static enum MHD_Result refuse(struct exchange *ex, int status, const char *code, const char *detail)
{
	problem_coded(&ex->rs, status, code, NULL, detail);
	if (status == 405)
		response_header(&ex->rs, "Allow", "%s", ex->allow);
	return exchange_answer(ex);
}

/* What is no route: a page, an asset, or nothing. */
static enum MHD_Result serve_page(struct exchange *ex, const char *method, const char *path)
{
	const struct page *page = pages_find(ex->web->pages, path);
	if (!page)
		return refuse(ex, 404, "missing", "There is nothing at this address.");
	str_copy(ex->allow, sizeof ex->allow, "GET, HEAD");
	if (strcmp(method, "GET") != 0 && !ex->head)
		return refuse(ex, 405, NULL, "This address only shows a page.");
	return exchange_answer_page(ex, page);
}

static enum MHD_Result serve_restricted(struct exchange *ex, const char *method, const char *path)
{
	bool page = (strcmp(method, "GET") == 0 || ex->head) && strncmp(path, "/api/", strlen("/api/")) != 0 &&
		    ex->found == ERR_NOT_FOUND;
	if (page && strncmp(path, "/static/", strlen("/static/")) == 0)
		return serve_page(ex, method, path); /* what that page is made of */
	if (!page || ex->web->https_port == 0)
		return refuse(ex, 403, "plain_http", "This is not served over plain HTTP. Use https.");
	gate_https_page(ex->rq.host, ex->web->services.hub.https_port, pages_version(ex->web->pages), &ex->rs);
	return exchange_answer(ex);
}

static bool is_upload(const struct exchange *ex)
{
	return ex->rq.route && (ex->rq.route->flags & ROUTE_UPLOAD);
}

/* The whole request is here; of an upload, its headers. */
static enum MHD_Result dispatch(struct exchange *ex, const char *method, const char *path)
{
	struct MHD_Connection *mhd = ex->mhd;
	struct gate_headers headers = {
		.host = header(mhd, "Host"), .origin = header(mhd, "Origin"), .content_type = header(mhd, "Content-Type"),
		.tomte = header(mhd, "X-Tomte"), .bearer = bearer_token(mhd) != NULL, .has_body = ex->body.len > 0};
	atomic_fetch_add(&ex->web->counters.requests, 1);
	if (!gate_host(ex->web->services.hosts, &headers, &ex->rq, &ex->rs))
		return exchange_answer(ex);
	const struct route *route = ex->rq.route;
	if (gate_restricted(&ex->rq.peer, route, &ex->web->plain))
		return serve_restricted(ex, method, path);
	if (strcmp(method, "OPTIONS") == 0 && ex->found != ERR_NOT_FOUND) {
		response_header(&ex->rs, "Allow", "%s", ex->allow);
		response_empty(&ex->rs, 204);
		return exchange_answer(ex);
	}
	if (ex->dropped)
		return refuse(ex, 413, "too_large", "The request is too large.");
	if (ex->found == ERR_NOT_FOUND)
		return serve_page(ex, method, path);
	if (ex->found)
		return refuse(ex, 405, NULL, "This address does not take that method.");
	if (!gate_origin(route, &headers, &ex->rq, &ex->rs)) {
		atomic_fetch_add(&ex->web->counters.refused, 1);
		return exchange_answer(ex);
	}
	copy_request(ex);
	if (route->flags & ROUTE_UPGRADE)
		return upgrade_begin(ex, headers.origin != NULL);
	return is_upload(ex) ? upload_begin(ex) : exchange_submit_or_refuse(ex, exchange_work);
}

static struct exchange *begin(struct endpoint *endpoint, struct MHD_Connection *mhd, const char *url,
			      const char *method)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *ex = info->socket_context ? calloc(1, sizeof *ex) : NULL;
	if (!ex)
		return NULL;
	ex->web = endpoint->web;
	ex->web->exchanges++;
	ex->conn = info->socket_context;
	ex->conn->deadline = mono_add_ms(ex->web->now, ex->web->request_ms);
	ex->mhd = mhd;
	ex->head = strcmp(method, "HEAD") == 0;
	ex->rq.peer = ex->conn->peer;
	ex->found = routes_find(method, url, &ex->rq.route, ex->rq.params, ex->allow);
	ex->body_max = ex->rq.route ? ex->rq.route->body_max : 0;
	return ex;
}

static enum MHD_Result collect(struct exchange *ex, const char *data, size_t *size)
{
	if (ex->body.len + *size > ex->body_max)
		ex->dropped += *size;
	else if (buf_append(&ex->body, data, *size))
		return MHD_NO;
	*size = 0;
	return ex->dropped > DROPPED_MAX ? MHD_NO : MHD_YES;
}

/* Whether the client announces a body that we would not even skip. */
static bool announces_too_much(struct exchange *ex)
{
	const char *length = header(ex->mhd, "Content-Length");
	int64_t bytes;
	return length && (str_to_int(length, 0, INT64_MAX, &bytes) || (uint64_t)bytes > (uint64_t)ex->body_max + DROPPED_MAX);
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
				const char *version, const char *upload_data, size_t *upload_data_size,
				void **con_cls)
{
	struct exchange *ex = *con_cls;
	if (!ex) { /* the headers are here */
		ex = begin(cls, mhd, url, method);
		*con_cls = ex;
		if (!ex)
			return MHD_NO;
		ex->url = url;
		ex->http_1_1 = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
		if (announces_too_much(ex))
			return refuse(ex, 413, "too_large", "The request is too large.");
		return is_upload(ex) ? dispatch(ex, method, url) : MHD_YES;
	}
	ex->url = url;
	switch (ex->state) {
	case EXCHANGE_READING:
		return *upload_data_size ? collect(ex, upload_data, upload_data_size) : dispatch(ex, method, url);
	case EXCHANGE_READY:
		if (ex->rq.route->flags & ROUTE_UPGRADE)
			return upgrade_go_on(ex);
		if (ex->rs.stream && !ex->head)
			return stream_start(ex);
		return ex->rs.producer.produce && !ex->head ? download_start(ex) : exchange_answer(ex);
	case EXCHANGE_ADMITTED:
	case EXCHANGE_RECEIVING:
		return upload_receive(ex, upload_data, upload_data_size);
	default:
		return MHD_YES;
	}
}

void exchange_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode toe)
{
	(void)cls;
	(void)mhd;
	(void)toe;
	struct exchange *ex = *con_cls;
	if (!ex)
		return;
	ex->conn->deadline = mono_add_ms(ex->web->now, IDLE_TIMEOUT_MS);
	if (ex->state != EXCHANGE_UPGRADED)
		ex->web->exchanges--;
	stream_finish(ex);
	download_finish(ex);
	upload_finish(ex);
	upgrade_finish(ex);
	if (ex->rq.body)
		json_decref(ex->rq.body);
	buf_finish(&ex->body);
	response_finish(&ex->rs);
	free(ex);
	*con_cls = NULL;
}
