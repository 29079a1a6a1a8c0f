/* Filling and asking one store; see bulk.h. One thread, beside those of the store. */
#include "bulk.h"

#include <math.h>

#include "base/err.h"
#include "measure.h"

enum { BATCH = 1000, ASKED = 20 };

struct stopwatch {
	double cpu_s, wall_s;
};

static struct stopwatch stopwatch_start(void)
{
	return (struct stopwatch){measure_process_cpu_s(), measure_now_s()};
}

/* Appends all samples. *making_r gets the time that it took to make them, which is CPU of this thread. */
static int append_all(const struct peer_ops *peer, void *self, struct household *h, uint64_t *samples_r, double *making_r)
{
	static struct sample batch[BATCH];
	*samples_r = 0;
	*making_r = 0;
	for (;;) {
		double start = measure_thread_cpu_s();
		size_t count = household_fill(h, batch, BATCH);
		*making_r += measure_thread_cpu_s() - start;
		if (count == 0)
			return 0;
		int err = peer->append(self, batch, count);
		if (err)
			return err;
		*samples_r += count;
	}
}

static int fill_open(const struct bulk *b, void *self, struct household *h, struct bulk_cost *cost_r)
{
	double making;
	struct stopwatch start = stopwatch_start();
	int err = append_all(b->peer, self, h, &cost_r->samples, &making);
	if (!err)
		err = b->peer->settle(self);
	struct stopwatch end = stopwatch_start();
	cost_r->cpu_s = end.cpu_s - start.cpu_s - making;
	cost_r->wall_s = end.wall_s - start.wall_s - making;
	cost_r->written_bytes = b->written ? b->written(self) : NAN;
	return err;
}

int bulk_fill(const struct bulk *b, const struct household_config *config, struct bulk_cost *cost_r, void **self_r)
{
	struct household *h = household_create(config);
	if (!h)
		return ERR_NOMEM;
	int err = b->peer->open(b->dir, self_r);
	if (!err) {
		err = fill_open(b, *self_r, h, cost_r);
		b->peer->close(self_r);
	}
	household_destroy(&h);
	if (err)
		return err;
	struct disk_use use = measure_disk_use(b->dir, b->peer->files);
	cost_r->file_bytes = (double)use.file_bytes;
	cost_r->block_bytes = (double)use.block_bytes;
	return b->peer->open(b->dir, self_r);
}

static int ask_once(const struct peer_ops *peer, void *self, const struct question *q, struct answer *answer_r)
{
	return q->width == 0 ? peer->raw(self, &q->window, answer_r) : peer->buckets(self, &q->window, q->width, answer_r);
}

int bulk_ask(const struct peer_ops *peer, void *self, const struct question *q, struct answer *answer_r, double *ms_r)
{
	double ms[ASKED], begin = measure_now_s();
	size_t count = 0;
	int err = ask_once(peer, self, q, answer_r);
	while (!err && count < ASKED && (count == 0 || measure_now_s() - begin < 5)) {
		double start = measure_now_s();
		err = ask_once(peer, self, q, answer_r);
		ms[count++] = (measure_now_s() - start) * 1000;
	}
	if (!err)
		*ms_r = measure_quantiles(ms, count).p50;
	return err;
}
