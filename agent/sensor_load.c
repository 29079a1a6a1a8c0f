/* How busy the machine is: /proc/loadavg, and the share of time in /proc/stat that
 * its processors were not idle between two readings (proc(5)). */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "sensor.h"

static const struct entity_class load = {NULL, "measurement", NULL, "mdi:gauge", 2, true};
static const struct entity_class usage = {NULL, "measurement", "%", "mdi:cpu-64-bit", 0, true};

enum { AVERAGES = 3, STAT_FIELDS = 8, STAT_IDLE = 3, STAT_IOWAIT = 4 };

struct load_state {
	const struct kernel *kernel;       /* borrowed */
	struct entity *averages[AVERAGES]; /* 1, 5, 15 minutes; NULL when the table was full */
	struct entity *usage;              /* NULL when there is no /proc/stat */
	double busy, total;                /* ticks at the last reading */
};

/* The next word of *text, which moves behind it; empty at the end of the line. */
static struct span next_word(const char **text)
{
	*text += strspn(*text, " \t");
	size_t len = strcspn(*text, " \t\n");
	struct span word = span_of(*text, len);
	*text += len;
	return word;
}

static void read_averages(struct load_state *state)
{
	char text[128];
	const char *rest = text;
	int err = kernel_read_line(state->kernel, "/proc/loadavg", text, sizeof text);
	for (size_t i = 0; i < AVERAGES; i++) {
		double value = 0;
		if (!err)
			err = str_to_double(next_word(&rest), &value);
		if (!state->averages[i])
			continue;
		if (err)
			entity_forget(state->averages[i]);
		else
			entity_set(state->averages[i], value, 0, 1e6);
	}
}

/* Ticks since the start: all, and those that were not idle. guest times are
 * counted in user time already. */
static int read_ticks(const struct kernel *kernel, double *busy_r, double *total_r)
{
	char text[512];
	const char *rest = text;
	int err = kernel_read_text(kernel, "/proc/stat", text, sizeof text);
	if (err || !span_is(next_word(&rest), "cpu"))
		return err ? err : ERR_MALFORMED;
	*busy_r = *total_r = 0;
	for (int i = 0; i < STAT_FIELDS; i++) {
		double ticks;
		if (str_to_double(next_word(&rest), &ticks) || ticks < 0)
			return ERR_MALFORMED;
		*total_r += ticks;
		if (i != STAT_IDLE && i != STAT_IOWAIT)
			*busy_r += ticks;
	}
	return 0;
}

static void read_usage(struct load_state *state)
{
	double busy, total;
	if (!state->usage)
		return;
	if (read_ticks(state->kernel, &busy, &total)) {
		entity_forget(state->usage);
		return;
	}
	double passed = total - state->total;
	if (passed > 0)
		entity_set(state->usage, 100 * (busy - state->busy) / passed, 0, 100);
	state->busy = busy;
	state->total = total;
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	static const char *const keys[AVERAGES] = {"load_1m", "load_5m", "load_15m"};
	static const char *const names[AVERAGES] = {"Load (1 min)", "Load (5 min)", "Load (15 min)"};
	bool has_averages = kernel_exists(setup->kernel, "/proc/loadavg");
	bool has_stat = kernel_exists(setup->kernel, "/proc/stat");
	if (!has_averages && !has_stat)
		return ERR_NOT_FOUND;
	struct load_state *state = calloc(1, sizeof *state);
	if (!state)
		return ERR_NOMEM;
	state->kernel = setup->kernel;
	if (has_stat)
		state->usage = entities_add(setup->entities, ENTITY_SENSOR, "cpu_usage", "CPU usage", &usage);
	for (size_t i = 0; has_averages && i < AVERAGES; i++)
		state->averages[i] = entities_add(setup->entities, ENTITY_SENSOR, keys[i], names[i], &load);
	*state_r = state;
	return 0;
}

static void take_readings(void *state, struct mono_ms now)
{
	(void)now;
	read_averages(state);
	read_usage(state);
}

const struct sensor_ops sensor_load = {"load", create, take_readings, free};
