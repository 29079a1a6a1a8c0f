/* Samples as plain rows (series, at): appending on the writer thread, the
 * newest of a series on any. What a later journal with chunks replaces is this
 * file and points.c. */
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

struct append_op {
	struct op op; /* op.samples is the count */
	struct sample samples[];
};

/* Whether the series exists. Its row may come from the open transaction: a
 * rollback empties the cache. */
static int find_series(struct write *write, int64_t id)
{
	int64_t *known = &write->known_series[(uint64_t)id % (sizeof write->known_series / sizeof *write->known_series)];
	if (*known == id)
		return 0;
	struct query q;
	query_begin(&q, write->conn[BASE_TELEMETRY], "SELECT 1 FROM series WHERE id = ?");
	query_put_int(&q, id);
	bool found = query_next(&q);
	int err = query_end(&q);
	if (err)
		return err;
	if (!found)
		return ERR_NOT_FOUND;
	*known = id;
	return 0;
}

static int insert(struct conn *conn, const struct sample *sample)
{
	struct query q;
	query_begin(&q, conn, "INSERT INTO sample (series, at, value) VALUES (?, ?, ?) "
			      "ON CONFLICT DO UPDATE SET value = excluded.value");
	query_put_int(&q, sample->series);
	query_put_int(&q, sample->at.ms);
	query_put_real(&q, sample->value);
	return query_run(&q);
}

/* Takes what belongs to a known series: a device erased a moment ago must not
 * cost the others of the batch their samples. */
static int apply_append(struct op *op, struct write *write)
{
	const struct append_op *append = container_of(op, struct append_op, op);
	for (size_t i = 0; i < op->samples; i++) {
		int err = find_series(write, append->samples[i].series);
		if (err == ERR_NOT_FOUND) {
			op->skipped++;
			continue;
		}
		if (!err)
			err = insert(write->conn[BASE_TELEMETRY], &append->samples[i]);
		if (err)
			return err;
	}
	return 0;
}

int store_append(struct store *s, const struct sample *samples, size_t count, const struct store_done *done)
{
	static const struct op_kind kind = {.base = BASE_TELEMETRY, .patient = true, .plain = true, .apply = apply_append};
	if (count > STORE_QUEUE_MAX)
		return ERR_FULL;
	for (size_t i = 0; i < count; i++) {
		if (samples[i].series <= 0 || !isfinite(samples[i].value))
			return ERR_INVALID;
	}
	struct append_op *append = op_create(&kind, sizeof *append + count * sizeof *samples);
	if (!append)
		return ERR_NOMEM;
	append->op.samples = count;
	if (count)
		memcpy(append->samples, samples, count * sizeof *samples);
	return writer_submit(s->writer, &append->op, done);
}

int store_latest(struct store *s, int64_t series, struct sample *sample_r)
{
	struct reading r;
	reading_begin(&r, s, BASE_TELEMETRY, "SELECT at, value FROM sample WHERE series = ? ORDER BY at DESC LIMIT 1");
	query_put_int(&r.q, series);
	bool found = query_next(&r.q);
	if (found) {
		sample_r->series = series;
		sample_r->at.ms = query_take_int(&r.q);
		sample_r->value = query_take_real(&r.q);
	}
	return reading_end_found(&r, found);
}
