/* The household: 200 sources, each with its own random numbers, clock and physics, and a heap
 * that hands out whichever sample arrives next.
 *
 * What decides how well such data compresses is how many digits a sensor sends, how noisy the last one is,
 * how often a value stays the same, and how evenly the samples arrive. The figures here
 * are those of cheap sensors: noise of a fifth of the last digit in a temperature, of several digits in a power. */
#include "household.h"

#include <math.h>
#include <stdlib.h>

struct source {
	uint64_t random;     /* state of its generator */
	double spare;        /* the second of a pair of normal numbers */
	bool has_spare;
	enum household_class class;
	double interval_ms;  /* by its own clock */
	double rate;         /* what its clock runs at: 1 ± drift */
	double due_ms;       /* true time of the next measurement */
	int64_t arrives_ms;  /* when the hub hears of it */
	double level;        /* of what is measured, before noise */
	double load;         /* power when switched on; or what a counter counts */
	bool on;
	double toggles_ms;   /* a switch's next change */
};

struct household {
	struct household_config config;
	struct source sources[HOUSEHOLD_SERIES];
	int heap[HOUSEHOLD_SERIES]; /* indices of sources, the next to arrive on top */
};

/* ---- random numbers ---------------------------------------------------- */

/* SplitMix64: a counter, and a mixer of its bits. */
static uint64_t random_bits(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* In [0, 1). */
static double uniform(struct source *s)
{
	return (double)(random_bits(&s->random) >> 11) * 0x1p-53;
}

static bool chance(struct source *s, double probability)
{
	return uniform(s) < probability;
}

/* Exponential of mean 1. */
static double waiting(struct source *s)
{
	return -log(1 - uniform(s));
}

/* Standard normal, by Marsaglia's polar method. */
static double normal(struct source *s)
{
	double x, y, square;
	if (s->has_spare) {
		s->has_spare = false;
		return s->spare;
	}
	do {
		x = 2 * uniform(s) - 1;
		y = 2 * uniform(s) - 1;
		square = x * x + y * y;
	} while (square >= 1 || square == 0);
	double factor = sqrt(-2 * log(square) / square);
	s->spare = y * factor;
	s->has_spare = true;
	return x * factor;
}

/* ---- sensors ----------------------------------------------------------- */

/* -1 to 1 over the day, from `phase` radians on. */
static double daytime(const struct source *s, double phase)
{
	return sin(fmod((double)s->arrives_ms, HOUSEHOLD_DAY_MS) / HOUSEHOLD_DAY_MS * 2 * M_PI + phase);
}

/* Never -0, which no sensor sends. */
static double rounded(double value, double steps)
{
	return round(value * steps) / steps + 0.0;
}

static void temperature_begin(struct source *s)
{
	s->level = 15 + 10 * uniform(s);
}

/* A room wanders, and is drawn back to 20 degrees ± 3 over the day. */
static double temperature_read(struct source *s, double seconds)
{
	s->level += 0.012 * sqrt(seconds / 10) * normal(s) + 1e-5 * seconds * (20 + 3 * daytime(s, 0) - s->level);
	return rounded(s->level + 0.02 * normal(s), 10);
}

static void humidity_begin(struct source *s)
{
	s->level = 35 + 30 * uniform(s);
}

static double humidity_read(struct source *s, double seconds)
{
	s->level += 0.05 * sqrt(seconds / 10) * normal(s) + 2e-5 * seconds * (50 + 5 * daytime(s, 1) - s->level);
	return rounded(s->level + 0.05 * normal(s), 10);
}

static void power_begin(struct source *s)
{
	s->level = 20 + 100 * uniform(s); /* standby */
	s->load = 100 + 1900 * uniform(s);
}

/* An appliance is switched every quarter of an hour; its load trembles by 0.2 %. */
static double power_read(struct source *s, double seconds)
{
	if (chance(s, seconds / 900))
		s->on = !s->on;
	double watts = s->level + 0.3 * normal(s);
	if (s->on)
		watts += s->load * (1 + 0.002 * normal(s));
	return rounded(fmax(watts, 0), 10);
}

static double switch_read(struct source *s, double seconds)
{
	(void)seconds;
	return s->on;
}

static void rssi_begin(struct source *s)
{
	s->level = -45 - 40 * uniform(s);
}

/* Somebody moves a chair now and then. */
static double rssi_read(struct source *s, double seconds)
{
	(void)seconds;
	if (chance(s, 0.002))
		s->level += 4 * normal(s);
	if (s->level > -35)
		s->level = -40;
	if (s->level < -95)
		s->level = -90;
	return rounded(s->level + 1.5 * normal(s), 1);
}

static void energy_begin(struct source *s)
{
	s->level = 1000 * uniform(s);     /* kWh */
	s->load = 100 + 400 * uniform(s); /* W */
}

/* The load changes every half an hour, mostly to a small one. */
static double energy_read(struct source *s, double seconds)
{
	if (chance(s, seconds / 1800))
		s->load = 50 + 1500 * uniform(s) * uniform(s);
	s->level += s->load * (1 + 0.02 * normal(s)) * seconds / 3600 / 1000;
	return rounded(s->level, 1000);
}

static void noise_begin(struct source *s)
{
	s->level = 1000 + 20 * uniform(s);
}

static double noise_read(struct source *s, double seconds)
{
	(void)seconds;
	s->level += 0.01 * normal(s);
	return s->level + 0.3 * normal(s);
}

static const struct class_model {
	struct household_class_info info;
	int count;
	double intervals_s[4]; /* series take them in turn */
	void (*begin)(struct source *s);                   /* may be NULL */
	double (*read)(struct source *s, double seconds); /* seconds: between two measurements */
} models[HOUSEHOLD_CLASSES] = {
	[HOUSEHOLD_TEMPERATURE] = {{"temperature", "°C", SERIES_GAUGE}, 60, {10, 10, 10, 10}, temperature_begin, temperature_read},
	[HOUSEHOLD_HUMIDITY] = {{"humidity", "%", SERIES_GAUGE}, 40, {30, 30, 30, 30}, humidity_begin, humidity_read},
	[HOUSEHOLD_POWER] = {{"power", "W", SERIES_GAUGE}, 24, {1, 2, 3, 5}, power_begin, power_read},
	[HOUSEHOLD_SWITCH] = {{"switch", "", SERIES_BINARY}, 30, {60, 60, 60, 60}, NULL, switch_read},
	[HOUSEHOLD_RSSI] = {{"rssi", "dBm", SERIES_GAUGE}, 26, {30, 30, 30, 30}, rssi_begin, rssi_read},
	[HOUSEHOLD_ENERGY] = {{"energy", "kWh", SERIES_COUNTER}, 14, {10, 10, 10, 10}, energy_begin, energy_read},
	[HOUSEHOLD_NOISE] = {{"noise", "", SERIES_GAUGE}, 6, {10, 10, 10, 10}, noise_begin, noise_read},
};

/* The class of a series; *nth_r is its place among those of the class. */
static enum household_class locate(int64_t series, int *nth_r)
{
	int nth = (int)series - 1, class = 0;
	while (class < HOUSEHOLD_CLASSES - 1 && nth >= models[class].count)
		nth -= models[class++].count;
	*nth_r = nth;
	return (enum household_class)class;
}

enum household_class household_class_of(int64_t series)
{
	int nth;
	return locate(series, &nth);
}

const struct household_class_info *household_class_info(enum household_class class)
{
	return &models[class].info;
}

/* ---- time -------------------------------------------------------------- */

static double latency_ms(struct source *s)
{
	double ms = 8 * exp(0.8 * normal(s));
	return chance(s, 0.005) ? ms + 100 + 1500 * uniform(s) : ms;
}

/* The next measurement: an interval later, or earlier when a switch changes before. */
static void advance_due(const struct household *h, struct source *s)
{
	double next_ms = s->due_ms + s->interval_ms * s->rate;
	if (s->class == HOUSEHOLD_SWITCH && s->toggles_ms < next_ms) {
		next_ms = s->toggles_ms;
		s->on = !s->on;
		s->toggles_ms += (s->on ? 600e3 : 3600e3) * h->config.scale * waiting(s);
	}
	s->due_ms = next_ms;
}

/* The next sample that arrives, which is not before the last one did: a device's messages keep
 * their order. */
static void advance(const struct household *h, struct source *s)
{
	bool jitter = h->config.jitter;
	int64_t last_ms = s->arrives_ms;
	do
		advance_due(h, s);
	while (jitter && chance(s, 0.002));
	s->arrives_ms = (int64_t)(s->due_ms + (jitter ? latency_ms(s) : 0));
	if (s->arrives_ms <= last_ms)
		s->arrives_ms = last_ms + 1;
}

static void source_init(struct source *s, const struct household_config *config, int64_t series)
{
	int nth;
	*s = (struct source){.class = locate(series, &nth), .random = config->seed};
	s->random = random_bits(&s->random) ^ (uint64_t)series << 32;
	const struct class_model *model = &models[s->class];
	bool fast = (series == HOUSEHOLD_FAST_TEMPERATURE && config->fast_temperature) ||
		    (series == HOUSEHOLD_FAST_POWER && config->fast_power);
	s->interval_ms = 1000 * model->intervals_s[nth % 4] * (fast ? 1 : config->scale);
	s->rate = 1 + (config->jitter ? 1e-4 * normal(s) : 0);
	s->due_ms = HOUSEHOLD_START_MS + (config->jitter ? uniform(s) * s->interval_ms : 0);
	s->arrives_ms = (int64_t)s->due_ms;
	s->toggles_ms = s->due_ms + 3600e3 * waiting(s);
	if (model->begin)
		model->begin(s);
}

/* ---- the heap ---------------------------------------------------------- */

static bool sooner(const struct household *h, int a, int b)
{
	int64_t x = h->sources[a].arrives_ms, y = h->sources[b].arrives_ms;
	return x < y || (x == y && a < b);
}

static void sift_down(struct household *h, int at)
{
	int moved = h->heap[at];
	for (int child; (child = 2 * at + 1) < HOUSEHOLD_SERIES; at = child) {
		if (child + 1 < HOUSEHOLD_SERIES && sooner(h, h->heap[child + 1], h->heap[child]))
			child++;
		if (!sooner(h, h->heap[child], moved))
			break;
		h->heap[at] = h->heap[child];
	}
	h->heap[at] = moved;
}

struct household *household_create(const struct household_config *config)
{
	struct household *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->config = *config;
	for (int i = 0; i < HOUSEHOLD_SERIES; i++) {
		source_init(&h->sources[i], config, i + 1);
		h->heap[i] = i;
	}
	for (int i = HOUSEHOLD_SERIES / 2 - 1; i >= 0; i--)
		sift_down(h, i);
	return h;
}

void household_destroy(struct household **h)
{
	free(*h);
	*h = NULL;
}

bool household_next(struct household *h, struct sample *sample_r)
{
	struct source *s = &h->sources[h->heap[0]];
	if (s->arrives_ms >= HOUSEHOLD_START_MS + h->config.days * HOUSEHOLD_DAY_MS)
		return false;
	sample_r->series = h->heap[0] + 1;
	sample_r->at.ms = s->arrives_ms;
	sample_r->value = models[s->class].read(s, s->interval_ms / 1000);
	advance(h, s);
	sift_down(h, 0);
	return true;
}

size_t household_fill(struct household *h, struct sample *samples_r, size_t max)
{
	size_t count = 0;
	while (count < max && household_next(h, &samples_r[count]))
		count++;
	return count;
}
