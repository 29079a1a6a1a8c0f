/* Prints the household (household.h) for other stores, in order of time.
 *
 * usage: household_print FORMAT DAYS [SEED]
 *   influx       line protocol, ms: household,series=<n> value=<v> <ms>
 *   openmetrics  household{series="<n>"} <v> <s>
 *   records      binary, { int64 ms, double, uint32 series from 0, uint32 0 } in the machine's byte order */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "household.h"

static void print_influx(const struct sample *s)
{
	char value[32];
	str_from_double(value, sizeof value, s->value);
	printf("household,series=%" PRId64 " value=%s %" PRId64 "\n", s->series, value, s->at.ms);
}

static void print_openmetrics(const struct sample *s)
{
	char value[32];
	str_from_double(value, sizeof value, s->value);
	printf("household{series=\"%" PRId64 "\"} %s %" PRId64 ".%03" PRId64 "\n", s->series, value, s->at.ms / 1000, s->at.ms % 1000);
}

static void print_record(const struct sample *s)
{
	struct record {
		int64_t at;
		double value;
		uint32_t series, unused;
	} record = {s->at.ms, s->value, (uint32_t)s->series - 1, 0};
	fwrite(&record, sizeof record, 1, stdout);
}

static const struct format {
	const char *name, *head, *tail;
	void (*print)(const struct sample *sample);
} formats[] = {
	{"influx", "", "", print_influx},
	{"openmetrics", "# TYPE household gauge\n", "# EOF\n", print_openmetrics},
	{"records", "", "", print_record},
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct household_config config = {.scale = 1, .jitter = true, .seed = 1};
	const struct format *format = argc > 1 ? find_format(argv[1]) : NULL;
	int64_t seed = 1;
	if (!format || argc < 3 || argc > 4 || str_to_int(argv[2], 1, 100000, &config.days) ||
	    (argc > 3 && str_to_int(argv[3], 0, INT64_MAX, &seed))) {
		fprintf(stderr, "usage: household_print influx|openmetrics|records DAYS [SEED]\n");
		return 2;
	}
	config.seed = (uint64_t)seed;
	struct household *h = household_create(&config);
	if (!h)
		return 1;
	fputs(format->head, stdout);
	for (struct sample sample; household_next(h, &sample);)
		format->print(&sample);
	fputs(format->tail, stdout);
	household_destroy(&h);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
