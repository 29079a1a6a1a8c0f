/* Uploads: bodies too large for memory. The pool decides before the body comes whether this client may
 * send one, then writes it block by block into a file in the state directory, while the connection is suspended. The
 * handler is given the file. Web's thread, but for what pool jobs run. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "web/problem.h"
#include "web/server_private.h"

#define UPLOAD_PREFIX "upload-"

enum {
	BLOCK_BYTES = 65536,
	RESERVE_BYTES = 64 * 1024 * 1024, /* what the house's own writing is left with */
	DROPPED_MAX = 65536,
};

struct upload {
	char path[256]; /* "" until the file is there */
	int fd;         /* -1: closed */
	uint64_t expected, bytes; /* announced, 0: unknown; received */
	uint64_t dropped; /* behind what is too large */
};

static void close_file(struct upload *up)
{
	if (up->fd >= 0)
		close(up->fd);
	up->fd = -1;
}

static void problem_from_disk(struct response *rs, int err)
{
	problem_from_err(rs, err, "upload");
	log_warning("web", "an upload cannot be stored: %s", err_text(err));
}

/* ---- pool threads ------------------------------------------------------ */

static void open_file(struct exchange *ex)
{
	struct upload *up = ex->upload;
	const char *dir = ex->web->services.hub.state_dir;
	struct statvfs vfs;
	if (statvfs(dir, &vfs) == 0) {
		uint64_t room = (uint64_t)vfs.f_bavail * vfs.f_frsize;
		if (room < up->expected + RESERVE_BYTES) {
			char text[160];
			str_format(text, sizeof text, "The file has %llu MB; the hub's disk has room for %llu MB.",
				   (unsigned long long)(up->expected >> 20),
				   (unsigned long long)(room > RESERVE_BYTES ? (room - RESERVE_BYTES) >> 20 : 0));
			problem_coded(&ex->rs, 507, "disk_full", NULL, text);
			return;
		}
	}
	if (str_format(up->path, sizeof up->path, "%s/" UPLOAD_PREFIX "XXXXXX", dir)) {
		up->path[0] = 0;
		problem_from_disk(&ex->rs, ERR_TOO_LARGE);
		return;
	}
	up->fd = mkostemp(up->path, O_CLOEXEC); /* 0600 */
	if (up->fd < 0) {
		up->path[0] = 0;
		problem_from_disk(&ex->rs, err_from_errno(errno));
	}
}

/* Writes what has come. */
static void store_block(struct exchange *ex)
{
	int err = file_write_all(ex->upload->fd, buf_span(&ex->body));
	ex->body.len = 0;
	if (err)
		problem_from_disk(&ex->rs, err);
}

static void received(struct mail *mail, void *owner)
{
	struct web *web = owner;
	struct exchange *ex = container_of(mail, struct exchange, mail);
	ex->conn->deadline = mono_add_ms(web->now, web->request_ms);
	exchange_resume(ex, EXCHANGE_RECEIVING);
}

static void run_store(struct pool_job *job)
{
	struct exchange *ex = container_of(job, struct exchange, job);
	store_block(ex);
	exchange_deliver(ex, received);
}

static void admitted(struct mail *mail, void *owner)
{
	struct web *web = owner;
	struct exchange *ex = container_of(mail, struct exchange, mail);
	ex->conn->deadline = mono_add_ms(web->now, web->request_ms);
	exchange_resume(ex, ex->rs.status ? EXCHANGE_READY : EXCHANGE_ADMITTED);
}

static void run_admit(struct pool_job *job)
{
	struct exchange *ex = container_of(job, struct exchange, job);
	if (exchange_admit(ex))
		open_file(ex);
	exchange_deliver(ex, admitted);
}

static void answered(struct mail *mail, void *owner)
{
	(void)owner;
	exchange_resume(container_of(mail, struct exchange, mail), EXCHANGE_READY);
}

static void run_handler(struct pool_job *job)
{
	struct exchange *ex = container_of(job, struct exchange, job);
	struct upload *up = ex->upload;
	store_block(ex);
	close_file(up);
	if (!ex->rs.status) {
		ex->rq.upload = up->path;
		ex->rq.upload_bytes = up->bytes;
		ex->rq.route->handle(&ex->web->services, &ex->rq, &ex->rs);
	}
	unlink(up->path); /* gone already when the handler has taken it */
	up->path[0] = 0;
	exchange_deliver(ex, answered);
}

/* ---- the web's thread -------------------------------------------------- */

static enum MHD_Result busy(struct exchange *ex)
{
	problem_coded(&ex->rs, 503, "busy", NULL, "The hub is busy. Try again in a moment.");
	response_header(&ex->rs, "Retry-After", "1");
	return exchange_answer(ex);
}

enum MHD_Result upload_begin(struct exchange *ex)
{
	struct upload *up = ex->web->upload_count < UPLOADS_MAX ? calloc(1, sizeof *up) : NULL;
	const char *length = MHD_lookup_connection_value(ex->mhd, MHD_HEADER_KIND, "Content-Length");
	int64_t expected = 0;
	if (!up)
		return busy(ex);
	up->fd = -1;
	ex->upload = up;
	ex->web->upload_count++;
	if (length && str_to_int(length, 0, INT64_MAX, &expected) == 0)
		up->expected = (uint64_t)expected;
	return exchange_submit(ex, run_admit) ? busy(ex) : MHD_YES;
}

/* A refusal can only be sent when the body has been read: it is dropped until then. */
static enum MHD_Result drop(struct exchange *ex, size_t size)
{
	struct upload *up = ex->upload;
	up->dropped += size;
	return ex->rs.status == 413 && up->dropped > DROPPED_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result take(struct exchange *ex, const char *data, size_t size)
{
	struct upload *up = ex->upload;
	ex->conn->deadline = mono_add_ms(ex->web->now, ex->web->request_ms); /* for each piece, not for the whole */
	if (!ex->rs.status && up->bytes + size > ex->body_max)
		problem_coded(&ex->rs, 413, "too_large", NULL, "The file is too large.");
	if (ex->rs.status)
		return drop(ex, size);
	up->bytes += size;
	if (buf_append(&ex->body, data, size))
		return MHD_NO;
	if (ex->body.len < BLOCK_BYTES)
		return MHD_YES;
	if (exchange_submit(ex, run_store))
		return ex->web->stopping || ex->body.len > 4 * BLOCK_BYTES ? MHD_NO : MHD_YES; /* the pool is full: with the next piece */
	return MHD_YES;
}

enum MHD_Result upload_receive(struct exchange *ex, const char *data, size_t *size)
{
	bool first = ex->state == EXCHANGE_ADMITTED;
	ex->state = EXCHANGE_RECEIVING;
	if (*size) {
		enum MHD_Result result = take(ex, data, *size);
		*size = 0;
		return result;
	}
	if (first) /* the call for the headers is made again when that one was suspended */
		return MHD_YES;
	if (ex->rs.status)
		return exchange_answer(ex);
	return exchange_submit(ex, run_handler) ? busy(ex) : MHD_YES;
}

void upload_finish(struct exchange *ex)
{
	struct upload *up = ex->upload;
	if (!up)
		return;
	close_file(up);
	if (up->path[0]) /* the client went away in between */
		unlink(up->path);
	ex->web->upload_count--;
	free(up);
	ex->upload = NULL;
}

void upload_clean(const char *state_dir)
{
	DIR *dir = opendir(state_dir);
	if (!dir)
		return;
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		if (strncmp(entry->d_name, UPLOAD_PREFIX, strlen(UPLOAD_PREFIX)) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}
