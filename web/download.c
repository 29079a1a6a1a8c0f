/* Answers that are made while they are sent: the pool makes a block, the web's thread sends it, and only when
 * the client has taken it the next is asked for. While the pool works the connection is suspended; while the client
 * dawdles, no thread waits and one block is in memory. Web's thread, but for produce(). */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "web/problem.h"
#include "web/server_private.h"

struct download {
	struct list link; /* web.downloads */
	struct exchange *ex;
	struct buf out; /* the block, of which `sent` bytes are gone; the pool's while it works */
	size_t sent;
	int err;
	bool ended, waiting; /* waiting: suspended, since the pool was full */
};

/* Web's thread: the block is there. */
static void produced(struct mail *mail, void *owner)
{
	struct web *web = owner;
	struct exchange *ex = container_of(mail, struct exchange, mail);
	struct download *d = ex->download;
	if (d->err)
		log_warning("web", "%s: the answer to %s ends early: %s", ex->rq.peer.address, ex->rq.route->path, err_text(d->err));
	ex->conn->deadline = mono_add_ms(web->now, ANSWER_TIMEOUT_MS);
	exchange_resume(ex, EXCHANGE_ANSWERED);
}

static void produce(struct pool_job *job)
{
	struct exchange *ex = container_of(job, struct exchange, job);
	struct download *d = ex->download;
	d->err = ex->rs.producer.produce(ex->rs.producer.ctx, &d->out);
	d->ended = d->err == 0 && d->out.len == 0;
	exchange_deliver(ex, produced);
}

/* Asks the pool for the next block, now or when it has room. Suspends. */
static void ask(struct download *d)
{
	d->out.len = d->sent = 0;
	if (exchange_submit(d->ex, produce) == 0)
		return;
	d->waiting = true;
	MHD_suspend_connection(d->ex->mhd);
}

static ssize_t read_download(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)pos;
	struct download *d = cls;
	if (d->err || d->ex->web->stopping) /* the missing last chunk tells the client */
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (d->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (d->sent == d->out.len) {
		ask(d);
		return 0;
	}
	size_t len = d->out.len - d->sent;
	if (len > max)
		len = max;
	memcpy(buf, d->out.data + d->sent, len);
	d->sent += len;
	return (ssize_t)len;
}

static struct download *make(struct exchange *ex)
{
	struct download *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->ex = ex;
	d->out = ex->rs.body; /* the first block */
	d->ended = d->out.len == 0;
	ex->rs.body = (struct buf){0};
	list_append(&ex->web->downloads, &d->link);
	ex->web->download_count++;
	ex->download = d;
	return d;
}

enum MHD_Result download_start(struct exchange *ex)
{
	if (ex->web->download_count >= DOWNLOADS_MAX || ex->web->stopping) {
		problem_coded(&ex->rs, 503, "downloads", NULL, "Too many files are being fetched. Wait until one is done.");
		response_header(&ex->rs, "Retry-After", "5");
		return exchange_answer(ex);
	}
	struct download *d = make(ex);
	struct MHD_Response *response = d ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, RESPONSE_BLOCK_BYTES,
									      read_download, d, NULL)
					  : NULL;
	bool ok = response && exchange_add_headers(response, &ex->rs) &&
		  MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
	enum MHD_Result queued = ok ? MHD_queue_response(ex->mhd, (unsigned)ex->rs.status, response) : MHD_NO;
	if (response)
		MHD_destroy_response(response);
	ex->state = EXCHANGE_ANSWERED;
	ex->conn->deadline = mono_add_ms(ex->web->now, ANSWER_TIMEOUT_MS);
	return queued;
}

void download_finish(struct exchange *ex)
{
	struct download *d = ex->download;
	if (!d)
		return;
	list_remove(&d->link);
	ex->web->download_count--;
	buf_finish(&d->out);
	free(d);
	ex->download = NULL;
}

void download_retry(struct web *web)
{
	list_each(d, &web->downloads, struct download, link)
		if (d->waiting) { /* libmicrohttpd asks again */
			d->waiting = false;
			MHD_resume_connection(d->ex->mhd);
		}
}
