/* The import that runs, and the answers about it. Its file is read on its own thread, since it takes minutes; the web's
 * threads start, watch and stop it. Knows neither HTTP nor SQLite. */
#include "transfer/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/import.h"
#include "history/csv_import.h"
#include "model/json_out.h"
#include "transfer/transfer_private.h"

enum { PIECE_BYTES = 65536 };

enum state { STATE_NONE, STATE_RUNNING, STATE_DONE, STATE_FAILED, STATE_CANCELLED };

struct transfer {
	struct transfer_config config;
	char path[256]; /* of the file that is imported */
	struct lock lock; /* guards the rest, but for the inlet, which has its own */
	enum state state;
	bool thread_made; /* and not yet joined */
	pthread_t thread;
	struct inlet inlet; /* initialised once a first import has begun */
	bool inlet_made;
	bool homeassistant;
	uint64_t bytes;
	char series[HISTORY_LABEL_SIZE], by[64];
	char message[256]; /* why it failed */
	struct wall_ms started, ended;
};

/* ---- the import's thread ----------------------------------------------- */

static int read_csv(struct transfer *t, int fd, struct csv_import *c)
{
	uint8_t *piece = malloc(PIECE_BYTES);
	int err = piece ? 0 : ERR_NOMEM;
	while (!err) {
		ssize_t len = read(fd, piece, PIECE_BYTES);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			err = len < 0 ? err_from_errno(errno) : csv_import_end(c);
			break;
		}
		err = csv_import_feed(c, span_of(piece, (size_t)len));
	}
	free(piece);
	if (err == ERR_MALFORMED)
		str_copy(t->message, sizeof t->message, csv_import_message(c));
	return err;
}

static int import_csv(struct transfer *t, struct importer *imp)
{
	struct csv_import *c = NULL;
	int fd = open(t->path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? err_from_errno(errno) : csv_import_create(imp, t->series, t->bytes, &c);
	if (!err)
		err = read_csv(t, fd, c);
	csv_import_destroy(&c);
	if (fd >= 0)
		close(fd);
	return err;
}

static const char *format_of(const struct transfer *t)
{
	return t->homeassistant ? "homeassistant" : "csv";
}

static void finish(struct transfer *t, int err)
{
	const struct import_progress *p = &t->inlet.progress;
	lock_take(&t->lock);
	t->ended = clock_wall();
	t->state = !err ? STATE_DONE : err == ERR_CLOSED ? STATE_CANCELLED : STATE_FAILED;
	if (t->state == STATE_FAILED && !t->message[0])
		str_format(t->message, sizeof t->message, "The import ended: %s.", err_text(err));
	log_info("import", "%s by %s: %s, %llu samples, %llu rows skipped%s%s", format_of(t), t->by,
		 !err ? "done" : err == ERR_CLOSED ? "stopped" : "failed", (unsigned long long)p->samples,
		 (unsigned long long)p->skipped, t->message[0] ? ": " : "", t->message);
	lock_release(&t->lock);
}

static void *run(void *arg)
{
	struct transfer *t = arg;
	struct importer *imp;
	struct history_sink sink = inlet_sink(&t->inlet);
	int err = importer_create(&sink, &imp);
	if (!err)
		err = t->homeassistant ? import_homeassistant(t->path, imp, t->message) : import_csv(t, imp);
	int failed = inlet_settle(&t->inlet);
	if (!err)
		err = failed;
	if (imp) /* also what it came to when it failed */
		sink.progress(sink.ctx, importer_progress(imp));
	importer_destroy(&imp);
	unlink(t->path);
	finish(t, err);
	return NULL;
}

/* ---- the port: the web's pool threads ---------------------------------- */

/* The label of the series that a request names by id or label. */
static int resolve(struct transfer *t, const char *series, char label_r[HISTORY_LABEL_SIZE])
{
	int64_t id;
	if (str_to_int(series, 1, INT64_MAX, &id))
		return str_copy(label_r, HISTORY_LABEL_SIZE, series);
	struct history_series found;
	struct history_source source = source_of_store(t->config.store);
	int err = source.series_get(source.ctx, id, &found);
	if (!err)
		history_label(&found, label_r);
	return err;
}

/* With the lock held, no import running. */
static int begin(struct transfer *t, const struct transfer_import *request)
{
	char label[HISTORY_LABEL_SIZE];
	int err = resolve(t, request->series, label);
	if (err)
		return err;
	if (t->thread_made)
		pthread_join(t->thread, NULL); /* it has ended */
	t->thread_made = false;
	if (t->inlet_made)
		inlet_finish(&t->inlet);
	inlet_init(&t->inlet, &t->config);
	t->inlet_made = true;
	str_copy(t->series, sizeof t->series, label);
	if (rename(request->path, t->path))
		return err_from_errno(errno);
	t->bytes = request->bytes;
	t->homeassistant = strcmp(request->format, "homeassistant") == 0;
	if (str_copy(t->by, sizeof t->by, request->by))
		str_copy(t->by, sizeof t->by, "?");
	t->message[0] = 0;
	t->started = clock_wall();
	t->ended.ms = 0;
	err = thread_start(&t->thread, "import", run, t);
	t->thread_made = err == 0;
	t->state = err ? STATE_NONE : STATE_RUNNING;
	if (err)
		unlink(t->path);
	return err;
}

static int import_start(void *ctx, const struct transfer_import *request)
{
	struct transfer *t = ctx;
	if (strcmp(request->format, "csv") != 0 && strcmp(request->format, "homeassistant") != 0)
		return ERR_INVALID;
	lock_take(&t->lock);
	int err = t->state == STATE_RUNNING ? ERR_BUSY : begin(t, request);
	lock_release(&t->lock);
	return err;
}

static void append_counts(struct json_out *o, const struct import_progress *p)
{
	json_out_member_int(o, "done", (int64_t)p->done);
	json_out_member_int(o, "total", (int64_t)p->total);
	json_out_member_int(o, "samples", (int64_t)p->samples);
	json_out_member_int(o, "series", (int64_t)p->series);
	json_out_member_int(o, "empty", (int64_t)p->empty);
	json_out_member_int(o, "skipped", (int64_t)p->skipped);
	json_out_key(o, "errors");
	json_out_raw(o, "[");
	for (size_t i = 0; i < p->error_count; i++) {
		json_out_next(o);
		json_out_string(o, p->errors[i]);
	}
	json_out_raw(o, "]");
}

static int import_status(void *ctx, struct buf *json)
{
	static const char *const names[] = {"none", "running", "done", "failed", "cancelled"};
	struct transfer *t = ctx;
	struct json_out o = {.buf = json};
	struct import_progress progress = {0};
	lock_take(&t->lock);
	if (t->inlet_made) {
		lock_take(&t->inlet.lock);
		progress = t->inlet.progress;
		lock_release(&t->inlet.lock);
	}
	json_out_raw(&o, "{");
	json_out_member_string(&o, "state", names[t->state]);
	if (t->state != STATE_NONE) {
		json_out_member_string(&o, "format", format_of(t));
		json_out_member_string(&o, "by", t->by);
		json_out_member_time(&o, "started", t->started);
		json_out_member_time(&o, "ended", t->ended);
		append_counts(&o, &progress);
		json_out_member_text(&o, "message", t->state == STATE_RUNNING ? "" : t->message);
	}
	lock_release(&t->lock);
	json_out_raw(&o, "}");
	return o.err;
}

static int import_cancel(void *ctx)
{
	struct transfer *t = ctx;
	lock_take(&t->lock);
	bool running = t->state == STATE_RUNNING;
	if (running)
		inlet_close(&t->inlet);
	lock_release(&t->lock);
	return running ? 0 : ERR_NOT_FOUND;
}

struct transfer_port transfer_port(struct transfer *t)
{
	return (struct transfer_port){source_of_store(t->config.store), import_start, import_status, import_cancel, t};
}

/* ---- creation ---------------------------------------------------------- */

int transfer_create(const struct transfer_config *config, struct transfer **t_r)
{
	struct transfer *t = calloc(1, sizeof *t);
	*t_r = NULL;
	if (!t)
		return ERR_NOMEM;
	if (str_format(t->path, sizeof t->path, "%s/import.tmp", config->state_dir)) {
		free(t);
		return ERR_TOO_LARGE;
	}
	t->config = *config;
	t->config.state_dir = NULL; /* the caller's; path is all we need of it */
	lock_init(&t->lock, "transfer");
	unlink(t->path);
	*t_r = t;
	return 0;
}

void transfer_destroy(struct transfer **t)
{
	struct transfer *tr = *t;
	if (!tr)
		return;
	import_cancel(tr);
	if (tr->thread_made)
		pthread_join(tr->thread, NULL);
	if (tr->inlet_made)
		inlet_finish(&tr->inlet);
	lock_finish(&tr->lock);
	free(tr);
	*t = NULL;
}
