/* What the codec of chunks makes of household data: bytes a sample by kind of series, and
 * the CPU that encoding and decoding take. Its one argument is a file of 24-byte records
 * {int64 ms, double, uint32 series, uint32 zero}. Chunks end with the day. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "db/chunk.h"

enum { SERIES = 200, DAY_MS = 86400000, BATCH = 4096 };

struct record {
	int64_t at;
	double value;
	uint32_t series, zero;
};

struct series {
	struct datum *data;
	size_t count, cap;
};

struct totals {
	const char *name;
	unsigned below; /* series of this kind have smaller numbers */
	uint64_t samples, bytes, chunks;
	double encode_s, decode_s;
};

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_chunk: %s\n", what);
	exit(EXIT_FAILURE);
}

static void add(struct series *s, struct datum datum)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : BATCH;
		s->data = realloc(s->data, s->cap * sizeof *s->data);
		if (!s->data)
			die("out of memory");
	}
	s->data[s->count++] = datum;
}

static void load(const char *path, struct series all[SERIES])
{
	FILE *f = fopen(path, "rb");
	if (!f)
		die("cannot open the file of records");
	static struct record batch[BATCH];
	size_t got;
	while ((got = fread(batch, sizeof batch[0], BATCH, f)) > 0)
		for (size_t i = 0; i < got; i++)
			if (batch[i].series < SERIES)
				add(&all[batch[i].series], (struct datum){batch[i].at, batch[i].value});
	fclose(f);
}

static void measure(const struct datum *data, size_t count, struct totals *t)
{
	struct buf out = {0};
	static struct datum back[CHUNK_MAX];
	size_t back_count;
	double start = cpu_s();
	if (chunk_encode(data, count, &out) != 0)
		die("encoding failed");
	double middle = cpu_s();
	if (chunk_decode(buf_span(&out), back, &back_count) != 0)
		die("decoding failed");
	double end = cpu_s();
	if (back_count != count || memcmp(back, data, count * sizeof *data) != 0)
		die("samples came back changed");
	t->encode_s += middle - start;
	t->decode_s += end - middle;
	t->samples += count;
	t->bytes += out.len;
	t->chunks++;
	buf_finish(&out);
}

/* Cuts each day into equal parts of at most limit samples. */
static void measure_series(const struct series *s, size_t limit, struct totals *t)
{
	for (size_t from = 0, to; from < s->count; from = to) {
		for (to = from; to < s->count && s->data[to].at / DAY_MS == s->data[from].at / DAY_MS;)
			to++;
		size_t day = to - from, parts = (day + limit - 1) / limit;
		for (size_t i = 0; i < parts; i++)
			measure(s->data + from + i * day / parts, (i + 1) * day / parts - i * day / parts, t);
	}
}

static void print(const struct totals *t)
{
	double n = (double)t->samples;
	printf("%-12s %9.0f samples %6.0f chunks %8.4f bytes a sample, encode %6.1f ns, decode %6.1f ns\n", t->name, n,
	       (double)t->chunks, (double)t->bytes / n, t->encode_s * 1e9 / n, t->decode_s * 1e9 / n);
}

int main(int argc, char **argv)
{
	static struct series all[SERIES];
	static struct totals kinds[] = {
		{"temperature", 60, 0, 0, 0, 0, 0}, {"humidity", 100, 0, 0, 0, 0, 0}, {"power", 124, 0, 0, 0, 0, 0},
		{"switch", 154, 0, 0, 0, 0, 0},     {"signal", 180, 0, 0, 0, 0, 0},   {"counter", 194, 0, 0, 0, 0, 0},
		{"noise", SERIES, 0, 0, 0, 0, 0},
	};
	if (argc < 2)
		die("which file of records?");
	size_t limit = argc > 2 ? strtoul(argv[2], NULL, 10) : CHUNK_MAX;
	if (limit < 1 || limit > CHUNK_MAX)
		die("that many samples do not fit a chunk");
	load(argv[1], all);
	struct totals sum = {"all", 0, 0, 0, 0, 0, 0};
	unsigned series = 0;
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		struct totals *t = &kinds[k];
		for (; series < t->below; series++)
			measure_series(&all[series], limit, t);
		print(t);
		sum.samples += t->samples;
		sum.bytes += t->bytes;
		sum.chunks += t->chunks;
		sum.encode_s += t->encode_s;
		sum.decode_s += t->decode_s;
	}
	print(&sum);
	for (size_t i = 0; i < SERIES; i++)
		free(all[i].data);
	return EXIT_SUCCESS;
}
