/* The codec of chunks alone: bytes and time a sample, and that every bit comes back. One thread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/chunk.h"
#include "household.h"
#include "ingest.h"
#include "measure.h"

enum { DAY_MAX = 100000 }; /* samples of one series in a day; the fastest has 86,400 */

struct course {
	struct datum *data; /* DAY_MAX of each series, one behind the other */
	size_t counts[HOUSEHOLD_SERIES];
	struct buf chunks;
	uint64_t samples;
	double encode_s, decode_s;
};

static void fill(struct course *c, struct household *h)
{
	for (struct sample s; household_next(h, &s);) {
		size_t series = (size_t)s.series - 1;
		if (c->counts[series] < DAY_MAX)
			c->data[series * DAY_MAX + c->counts[series]++] = (struct datum){s.at.ms, s.value};
	}
}

/* Encodes one chunk behind the others and decodes it again. */
static int run_chunk(struct course *c, const struct datum *data, size_t count)
{
	static struct datum back[CHUNK_MAX];
	size_t before = c->chunks.len, got = 0;
	double start = measure_thread_cpu_s();
	int err = chunk_encode(data, count, &c->chunks);
	double encoded = measure_thread_cpu_s();
	if (!err)
		err = chunk_decode(span_of(c->chunks.data + before, c->chunks.len - before), back, &got);
	c->decode_s += measure_thread_cpu_s() - encoded;
	c->encode_s += encoded - start;
	c->samples += count;
	if (!err && (got != count || memcmp(back, data, count * sizeof *data) != 0))
		err = ERR_DAMAGED;
	return err;
}

static int run_all(struct course *c)
{
	int err = 0;
	for (size_t series = 0; series < HOUSEHOLD_SERIES; series++)
		for (size_t at = 0, left = c->counts[series]; left > 0 && !err;) {
			size_t count = left < CHUNK_MAX ? left : CHUNK_MAX;
			err = run_chunk(c, &c->data[series * DAY_MAX + at], count);
			at += count;
			left -= count;
		}
	return err;
}

int codec_cost_measure(struct codec_cost *cost_r)
{
	struct course c = {.data = calloc((size_t)HOUSEHOLD_SERIES * DAY_MAX, sizeof *c.data)};
	struct household *h = household_create(&(struct household_config){.days = 1, .scale = 1, .jitter = true, .seed = 1});
	int err = ERR_NOMEM;
	if (c.data && h) {
		fill(&c, h);
		err = run_all(&c);
	}
	if (!err) {
		double n = (double)c.samples;
		*cost_r = (struct codec_cost){(double)c.chunks.len / n, c.encode_s / n * 1e9, c.decode_s / n * 1e9};
	}
	household_destroy(&h);
	buf_finish(&c.chunks);
	free(c.data);
	return err;
}
