/* Streams of live events: each is a cursor into the ring. A stream that has
 * sent all is suspended and costs nothing; new events wake it. Web's thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/server_private.h"

enum { CHUNK_BYTES = 65536 };

struct stream {
	struct list link; /* web.streams */
	struct exchange *ex;
	uint64_t cursor;
	struct buf out; /* formatted, of which `sent` bytes are gone */
	size_t sent;
	bool suspended, ending;
	struct mono_ms wrote; /* when something was last sent */
	struct watch watch;
};

const struct conn *stream_conn(const struct stream *stream)
{
	return stream->ex->conn;
}

const struct identity *stream_identity(const struct stream *stream)
{
	return &stream->ex->rq.identity;
}

static void wake(struct stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->ex->mhd);
}

/* Puts what comes next into out. Returns false when there is nothing. */
static bool refill(struct stream *stream)
{
	struct web *web = stream->ex->web;
	stream->out.len = stream->sent = 0;
	const struct identity *who = &stream->ex->rq.identity;
	const struct live_reader reader = {&who->rooms, who->account};
	if (live_read(web->services.live, &reader, &stream->cursor, CHUNK_BYTES, &stream->out))
		return false; /* no memory now: the next event tries again */
	if (stream->out.len == 0 && mono_diff_ms(stream->wrote, web->now) >= web->beat_ms)
		(void)live_append_beat(web->services.live, stream->cursor, &stream->out);
	return stream->out.len > 0;
}

static ssize_t read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)pos;
	struct stream *stream = cls;
	if (stream->ending)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (stream->sent == stream->out.len && !refill(stream)) {
		stream->suspended = true;
		MHD_suspend_connection(stream->ex->mhd);
		return 0;
	}
	size_t len = stream->out.len - stream->sent;
	if (len > max)
		len = max;
	memcpy(buf, stream->out.data + stream->sent, len);
	stream->sent += len;
	stream->wrote = stream->ex->web->now;
	return (ssize_t)len;
}

static void on_hangup(struct watch *watch, uint32_t events)
{
	(void)events;
	struct stream *stream = container_of(watch, struct stream, watch);
	stream->ending = true;
	wake(stream);
}

/* A suspended connection is out of libmicrohttpd's sight; watch for its end. */
static void watch_hangup(struct stream *stream)
{
	stream->watch.ready = on_hangup;
	struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = &stream->watch};
	if (epoll_ctl(stream->ex->web->epoll_fd, EPOLL_CTL_ADD, stream->ex->conn->fd, &event))
		log_debug("web", "a stream's end will show late: %s", strerror(errno));
}

static struct stream *make(struct exchange *ex)
{
	struct stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		return NULL;
	stream->ex = ex;
	stream->cursor = ex->rs.cursor;
	stream->wrote = ex->web->now;
	/* the first bytes tell the browser that it is connected */
	int err = buf_append_str(&stream->out, "retry: 1000\n\n");
	if (!err && ex->rs.stream_reset)
		err = live_append_reset(ex->web->services.live, stream->cursor, &stream->out);
	if (err) {
		buf_finish(&stream->out);
		free(stream);
		return NULL;
	}
	list_append(&ex->web->streams, &stream->link);
	ex->web->stream_count++;
	atomic_fetch_add(&ex->web->counters.streams, 1);
	ex->stream = stream;
	return stream;
}

enum MHD_Result stream_start(struct exchange *ex)
{
	if (ex->web->stream_count >= STREAMS_MAX || ex->web->stopping) {
		problem_coded(&ex->rs, 503, "streams", NULL, "Too many pages are open. Close some.");
		response_header(&ex->rs, "Retry-After", "5");
		return exchange_answer(ex);
	}
	struct stream *stream = make(ex);
	struct MHD_Response *response =
		stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, read_stream, stream, NULL) : NULL;
	bool ok = response && exchange_add_headers(response, &ex->rs) &&
		  MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
		  MHD_add_response_header(response, "X-Accel-Buffering", "no") == MHD_YES;
	enum MHD_Result queued = ok ? MHD_queue_response(ex->mhd, 200, response) : MHD_NO;
	if (response)
		MHD_destroy_response(response);
	if (queued)
		watch_hangup(stream);
	ex->state = EXCHANGE_ANSWERED;
	return queued;
}

void stream_finish(struct exchange *ex)
{
	struct stream *stream = ex->stream;
	if (!stream)
		return;
	/* the connection may live on for another request */
	epoll_ctl(ex->web->epoll_fd, EPOLL_CTL_DEL, ex->conn->fd, NULL);
	list_remove(&stream->link);
	ex->web->stream_count--;
	atomic_fetch_sub(&ex->web->counters.streams, 1);
	buf_finish(&stream->out);
	free(stream);
	ex->stream = NULL;
}

void stream_wake_all(struct web *web)
{
	uint64_t newest = live_newest(web->services.live);
	list_each(stream, &web->streams, struct stream, link)
		if (stream->cursor < newest)
			wake(stream);
}

void stream_beat(struct web *web)
{
	int64_t now = clock_wall().ms;
	list_each(stream, &web->streams, struct stream, link) {
		int64_t ends = stream->ex->rq.identity.ends_at.ms;
		if (ends && now >= ends)
			stream->ending = true;
		if (stream->ending || mono_diff_ms(stream->wrote, web->now) >= web->beat_ms)
			wake(stream);
	}
}

void stream_end(struct web *web, bool (*gone)(const struct stream *stream, const void *ctx), const void *ctx)
{
	list_each(stream, &web->streams, struct stream, link)
		if (gone(stream, ctx)) {
			stream->ending = true;
			wake(stream);
		}
}
