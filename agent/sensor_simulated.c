/* Simulated thermometers, door contacts and power meters, for demonstrations and
 * tests: slow curves with a little noise. Every value is a function of the seed,
 * which the entity's id makes, and the time since the driver was created, so that two runs
 * see the same. No claim to randomness: nothing here is a secret. */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "sensor.h"

static const struct entity_class temperature = {"temperature", "measurement", "°C", NULL, 1, false};
static const struct entity_class humidity = {"humidity", "measurement", "%", NULL, 0, false};
static const struct entity_class door = {"door", NULL, NULL, NULL, -1, false};
static const struct entity_class power = {"power", "measurement", "W", NULL, 0, false};
static const struct entity_class energy = {"energy", "total_increasing", "kWh", NULL, 3, false};

enum { MAX_SIMULATED = 3 * SETTINGS_MAX_LIST };

struct simulated {
	bool started;
	struct mono_ms start, last;
	size_t count;
	struct thing {
		/* sets the thing's entities for t seconds since the start, dt since the last reading */
		void (*read)(struct thing *thing, double t, double dt);
		uint64_t seed;
		struct entity *first, *second; /* borrowed; second may be NULL */
		double sum;                    /* of the power meter, kWh */
	} items[MAX_SIMULATED];
};

/* A number in 0..1 for each (seed, step): the finaliser of SplitMix64. */
static double noise(uint64_t seed, double step)
{
	uint64_t x = seed + (uint64_t)(int64_t)step * UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return (double)(x >> 11) / (double)(UINT64_C(1) << 53);
}

/* Noise that drifts from one step to the next instead of jumping, -1..1. */
static double drift(uint64_t seed, double t, double step_s)
{
	double step = floor(t / step_s), part = t / step_s - step;
	double a = noise(seed, step), b = noise(seed, step + 1);
	double smooth = part * part * (3 - 2 * part);
	return 2 * (a + (b - a) * smooth) - 1;
}

/* Rounds to what a cheap sensor resolves. */
static double round_to(double value, double digits)
{
	return round(value * digits) / digits;
}

static void read_thermometer(struct thing *thing, double t, double dt)
{
	(void)dt;
	double warmth = 0.8 * sin(2 * M_PI * (t / 2400 + noise(thing->seed, -1)));
	double degrees = 21 + warmth + 0.6 * drift(thing->seed, t, 300) + 0.1 * drift(thing->seed + 1, t, 7);
	entity_set(thing->first, round_to(degrees, 100), -50, 80);
	if (thing->second) /* the same water in warmer air */
		entity_set(thing->second, round_to(46 - 4 * (degrees - 21) + drift(thing->seed + 2, t, 60), 10), 0, 100);
}

static void read_door(struct thing *thing, double t, double dt)
{
	(void)dt;
	/* open in about one of six half minutes */
	entity_set(thing->first, noise(thing->seed, floor(t / 30)) < 0.16, 0, 1);
}

static void read_power(struct thing *thing, double t, double dt)
{
	double watts = 85 + 12 * drift(thing->seed, t, 200) + 2 * drift(thing->seed + 1, t, 5);
	if (fmod(t / 900 + noise(thing->seed, -1), 1) < 0.4)
		watts += 95; /* the refrigerator */
	if (noise(thing->seed + 2, floor(t / 120)) < 0.08)
		watts += 1900; /* the kettle */
	entity_set(thing->first, round_to(watts, 10), 0, 100000);
	thing->sum += watts * dt / 3.6e6;
	if (thing->second)
		entity_set(thing->second, round_to(thing->sum, 10000), 0, 1e9);
}

/* FNV-1a over the id. */
static uint64_t make_seed(const char *id)
{
	uint64_t seed = UINT64_C(0xcbf29ce484222325);
	for (; *id; id++)
		seed = (seed ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
	return seed;
}

static void add_thing(struct simulated *s, struct entity *first, struct entity *second,
		      void (*read)(struct thing *, double, double))
{
	if (first)
		s->items[s->count++] = (struct thing){read, make_seed(first->id), first, second, 0};
}

static struct entity *add_entity(const struct sensor_setup *setup, const char *name, const char *what,
				 enum entity_kind kind, const struct entity_class *class)
{
	char text[SETTINGS_ITEM_SIZE + 32];
	str_format(text, sizeof text, "%s%s%s", name, what[0] ? " " : "", what);
	return entities_add(setup->entities, kind, text, text, class);
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	struct simulated *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_NOMEM;
	const struct conf *conf = setup->conf;
	for (size_t i = 0; i < conf->thermometers.count; i++) {
		const char *name = conf->thermometers.items[i];
		struct entity *first = add_entity(setup, name, "", ENTITY_SENSOR, &temperature);
		add_thing(s, first, add_entity(setup, name, "humidity", ENTITY_SENSOR, &humidity), read_thermometer);
	}
	for (size_t i = 0; i < conf->doors.count; i++)
		add_thing(s, add_entity(setup, conf->doors.items[i], "", ENTITY_BINARY_SENSOR, &door), NULL, read_door);
	for (size_t i = 0; i < conf->powers.count; i++) {
		const char *name = conf->powers.items[i];
		struct entity *first = add_entity(setup, name, "", ENTITY_SENSOR, &power);
		add_thing(s, first, add_entity(setup, name, "energy", ENTITY_SENSOR, &energy), read_power);
	}
	if (s->count == 0) {
		free(s);
		return ERR_NOT_FOUND;
	}
	*state_r = s;
	return 0;
}

static void take_readings(void *state, struct mono_ms now)
{
	struct simulated *s = state;
	if (!s->started) {
		s->started = true;
		s->start = s->last = now;
	}
	double t = (double)mono_diff_ms(s->start, now) / 1000, dt = (double)mono_diff_ms(s->last, now) / 1000;
	for (size_t i = 0; i < s->count; i++)
		s->items[i].read(&s->items[i], t, dt);
	s->last = now;
}

const struct sensor_ops sensor_simulated = {"simulated", create, take_readings, free};
