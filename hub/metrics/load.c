/* Moving averages. Pure arithmetic. */
#include "metrics/load.h"

#include <math.h>

static const double windows_s[METRICS_WINDOWS] = {60, 300, 900};

static void update_one(struct load_averages *a, uint64_t happened, double passed_s)
{
	double per_minute = (double)happened * 60 / passed_s;
	for (unsigned w = 0; w < METRICS_WINDOWS; w++)
		a->per_minute[w] = per_minute + exp(-passed_s / windows_s[w]) * (a->per_minute[w] - per_minute);
}

static void show(const struct load_averages *a, uint64_t hundredths_r[METRICS_WINDOWS])
{
	for (unsigned w = 0; w < METRICS_WINDOWS; w++)
		hundredths_r[w] = (uint64_t)llround(a->per_minute[w] * 100);
}

#define UPDATE(field, source, topic) update_one(a++, stats->source - load->before.source, passed_s);
#define SHOW(field, source, topic) show(a++, load_r->field);

void load_update(struct load *load, const struct broker_stats *stats, struct mono_ms now, struct metrics_load *load_r)
{
	double passed_s = (double)mono_diff_ms(load->at, now) / 1000;
	struct load_averages *a = load->averages;
	if (load->at.ms && passed_s > 0) {
		METRICS_LOAD(UPDATE)
	}
	a = load->averages;
	METRICS_LOAD(SHOW)
	if (!load->at.ms || passed_s > 0) {
		load->at = now;
		load->before = *stats;
	}
}
