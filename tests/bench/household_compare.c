/* Shows that the household (household.h) is like other data: its statistics by class, beside those
 * of a file of records { int64 ms, double value, uint32 series from 0, uint32 unused } in the machine's
 * byte order, whose series are of the same classes in the same order.
 *
 * usage: household_compare DAYS [-e] [FILE]    -e: exact intervals, no jitter
 *
 * The figure to compare is the last: order-0 entropy of what a codec has left to write, the change of the
 * value in its last digit and the change of the pause between two samples. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "household.h"

/* ---- a histogram of integers, and its entropy -------------------------- */

struct histogram {
	struct bin {
		int64_t value;
		uint64_t count; /* 0: the bin is free */
	} *bins;
	size_t used, size; /* a power of two */
	uint64_t total;
};

static struct bin *histogram_find(const struct histogram *h, int64_t value)
{
	size_t i = (size_t)((uint64_t)value * 0x9e3779b97f4a7c15u >> 20) & (h->size - 1);
	while (h->bins[i].count && h->bins[i].value != value)
		i = (i + 1) & (h->size - 1);
	return &h->bins[i];
}

static void histogram_grow(struct histogram *h)
{
	struct histogram wider = {.size = h->size ? 2 * h->size : 1024, .used = h->used, .total = h->total};
	wider.bins = calloc(wider.size, sizeof *wider.bins);
	if (!wider.bins)
		abort();
	for (size_t i = 0; i < h->size; i++)
		if (h->bins[i].count)
			*histogram_find(&wider, h->bins[i].value) = h->bins[i];
	free(h->bins);
	*h = wider;
}

static void histogram_add(struct histogram *h, int64_t value)
{
	if (2 * h->used >= h->size)
		histogram_grow(h);
	struct bin *bin = histogram_find(h, value);
	h->used += bin->count == 0;
	*bin = (struct bin){value, bin->count + 1};
	h->total++;
}

/* In bits a value. */
static double histogram_entropy(const struct histogram *h)
{
	double bits = 0;
	for (size_t i = 0; i < h->size; i++)
		if (h->bins[i].count) {
			double share = (double)h->bins[i].count / (double)h->total;
			bits -= share * log2(share);
		}
	return bits;
}

/* ---- statistics -------------------------------------------------------- */

struct statistics {
	struct class_statistics {
		uint64_t samples, unchanged;
		double pause_square, pause_sum; /* of pauses against the usual one of the series, ms */
		double value_square, value_sum;
		struct histogram steps, pauses;
	} classes[HOUSEHOLD_CLASSES];
	struct last {
		uint64_t count;
		int64_t at, pause;
		double value;
	} last[HOUSEHOLD_SERIES];
};

/* A change of a value in units of its last digit; of the random doubles all bits count. */
static int64_t step_of(enum household_class class, double from, double to)
{
	static const double digits[HOUSEHOLD_CLASSES] = {10, 10, 10, 1, 1, 1000, 0};
	return digits[class] != 0 ? llround(to * digits[class]) - llround(from * digits[class]) : 0;
}

static void statistics_add(struct statistics *s, const struct sample *sample)
{
	enum household_class class = household_class_of(sample->series);
	struct class_statistics *c = &s->classes[class];
	struct last *last = &s->last[sample->series - 1];
	int64_t pause = sample->at.ms - last->at;
	c->samples++;
	c->value_sum += sample->value;
	c->value_square += sample->value * sample->value;
	if (last->count > 0) {
		c->unchanged += sample->value == last->value;
		histogram_add(&c->steps, step_of(class, last->value, sample->value));
	}
	if (last->count > 1) {
		double change = (double)(pause - last->pause);
		c->pause_square += change * change;
		histogram_add(&c->pauses, pause - last->pause);
	}
	*last = (struct last){last->count + 1, sample->at.ms, pause, sample->value};
}

static void statistics_print(const struct statistics *s, const char *title)
{
	double bytes = 0;
	uint64_t samples = 0;
	printf("%s\n\n| class | samples | unchanged | value, mean ± sd | pause changes by, rms ms | value, bits | time, bits | bytes a sample |\n"
	       "|---|---|---|---|---|---|---|---|\n", title);
	for (int i = 0; i < HOUSEHOLD_CLASSES; i++) {
		const struct class_statistics *c = &s->classes[i];
		double n = (double)c->samples, mean = c->value_sum / n;
		/* of the random doubles: sign, exponent and the first bits are common to neighbours */
		double value = i == HOUSEHOLD_NOISE ? 45 : histogram_entropy(&c->steps), time = histogram_entropy(&c->pauses);
		printf("| %s | %" PRIu64 " | %.1f %% | %.1f ± %.1f | %.1f | %.2f | %.2f | %.2f |\n",
		       household_class_info((enum household_class)i)->name, c->samples, 100 * (double)c->unchanged / n, mean,
		       sqrt(fmax(0, c->value_square / n - mean * mean)), sqrt(c->pause_square / n), value, time, (value + time) / 8);
		samples += c->samples;
		bytes += n * (value + time) / 8;
	}
	printf("| all | %" PRIu64 " | | | | | | %.3f |\n\n", samples, bytes / (double)samples);
}

static void statistics_finish(struct statistics *s)
{
	for (int i = 0; i < HOUSEHOLD_CLASSES; i++) {
		free(s->classes[i].steps.bins);
		free(s->classes[i].pauses.bins);
	}
}

/* ---- the two sources --------------------------------------------------- */

static int compare_household(const struct household_config *config)
{
	static struct statistics statistics;
	struct household *h = household_create(config);
	if (!h)
		return 1;
	for (struct sample sample; household_next(h, &sample);)
		statistics_add(&statistics, &sample);
	household_destroy(&h);
	statistics_print(&statistics, "household");
	statistics_finish(&statistics);
	return 0;
}

static int compare_file(const char *path)
{
	static struct statistics statistics;
	struct record {
		int64_t at;
		double value;
		uint32_t series, unused;
	} record;
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return 1;
	}
	int failed = 0;
	while (!failed && fread(&record, sizeof record, 1, file) == 1) {
		failed = record.series >= HOUSEHOLD_SERIES;
		if (!failed)
			statistics_add(&statistics, &(struct sample){record.series + 1, {record.at}, record.value});
	}
	fclose(file);
	if (failed)
		fprintf(stderr, "%s: not such records\n", path);
	else
		statistics_print(&statistics, "the file");
	statistics_finish(&statistics);
	return failed;
}

int main(int argc, char **argv)
{
	struct household_config config = {.scale = 1, .jitter = true, .seed = 1};
	int next = 2;
	if (argc < 2 || str_to_int(argv[1], 1, 100000, &config.days)) {
		fprintf(stderr, "usage: household_compare DAYS [-e] [FILE]\n");
		return 2;
	}
	if (next < argc && strcmp(argv[next], "-e") == 0) {
		config.jitter = false;
		next++;
	}
	int failed = compare_household(&config);
	return next < argc ? compare_file(argv[next]) | failed : failed;
}
