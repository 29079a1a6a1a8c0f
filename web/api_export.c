/* History as files. Pool threads: the walk is lib/history's, a block at a time. */
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "history/export.h"
#include "history/time_text.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/sight.h"

static int produce(void *ctx, struct buf *out)
{
	return history_export_produce(ctx, RESPONSE_BLOCK_BYTES, out);
}

static void destroy(void *ctx)
{
	struct history_export *export = ctx;
	history_export_destroy(&export);
}

static int parse_query(const struct request *rq, struct export_query *q_r)
{
	const char *format = request_query(rq, "format"), *device = request_query(rq, "device");
	*q_r = (struct export_query){.format = HISTORY_CSV, .from_ms = TIME_TEXT_FIRST_MS, .to_ms = TIME_TEXT_LAST_MS};
	if (format && history_format_find(format, &q_r->format))
		return ERR_INVALID;
	if (request_query_int(rq, "from", TIME_TEXT_FIRST_MS, TIME_TEXT_LAST_MS, &q_r->from_ms) ||
	    request_query_int(rq, "to", TIME_TEXT_FIRST_MS, TIME_TEXT_LAST_MS, &q_r->to_ms) || q_r->from_ms >= q_r->to_ms)
		return ERR_INVALID;
	if (device && (!str_id_valid(span_str(device), MODEL_ID_MAX) || str_copy(q_r->device, sizeof q_r->device, device)))
		return ERR_NOT_FOUND;
	return 0;
}

/* What browsers save it as: "tomte-kitchen-temperature-2024-05-01.csv". */
static void name_file(const struct web_services *sv, const struct export_query *q, struct response *rs)
{
	char what[HISTORY_LABEL_SIZE] = "history", date[TIME_TEXT_SIZE];
	struct history_series series;
	const struct history_source *source = &sv->ports.transfer.source;
	if (q->device[0])
		str_copy(what, sizeof what, q->device);
	if (q->series && source->series_get(source->ctx, q->series, &series) == 0)
		history_label(&series, what);
	for (char *c = what; *c; c++)
		if (!str_id_valid(span_of(c, 1), 1))
			*c = '-';
	time_to_text(clock_wall().ms, date);
	response_header(rs, "Content-Disposition", "attachment; filename=\"tomte-%.80s-%.10s.%s\"", what, date,
			history_format_extension(q->format));
}

static bool wants(void *ctx, const struct history_series *series)
{
	return sight_sees(ctx, series->device);
}

/* Begins the export of what the asker may see. */
static int begin(const struct web_services *sv, const struct request *rq, struct export_query *q, struct history_export **export_r)
{
	struct sight sight;
	int err = sight_open(sv, rq, &sight);
	q->wants = wants;
	q->wants_ctx = &sight;
	if (!err)
		err = history_export_create(&sv->ports.transfer.source, q, export_r);
	sight_finish(&sight);
	return err;
}

static void answer(const struct web_services *sv, const struct request *rq, struct export_query *q, int err, struct response *rs)
{
	struct history_export *export = NULL;
	if (!err)
		err = begin(sv, rq, q, &export);
	if (err == ERR_INVALID) {
		problem(rs, 422, "from and to are milliseconds since 1970 with from before to; format is " HISTORY_FORMATS ".");
		return;
	}
	if (err) {
		problem_from_err(rs, err, q->device[0] ? "device with samples" : "series");
		return;
	}
	rs->status = 200;
	rs->content_type = history_format_type(q->format);
	rs->producer = (struct response_producer){produce, destroy, export};
	name_file(sv, q, rs);
}

void api_export(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct export_query q;
	int err = parse_query(rq, &q);
	answer(sv, rq, &q, err, rs);
}

void api_series_export(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct export_query q;
	int err = parse_query(rq, &q);
	if (str_to_int(rq->params[0], 1, INT64_MAX, &q.series))
		err = ERR_NOT_FOUND;
	q.device[0] = 0;
	answer(sv, rq, &q, err, rs);
}
