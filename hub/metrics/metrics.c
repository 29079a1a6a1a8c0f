/* The table of counters and the three forms in which it is shown. Pure: any
 * thread; it counts nothing itself. */
#include "metrics/metrics.h"

#include <string.h>

#include "base/err.h"

#define ROW(group, field, type, family, labels, topic, text) \
	{#group, #field, family, labels, topic, text, type, offsetof(struct metrics, group.field)},
#define BROKER_ROW(...) ROW(broker, __VA_ARGS__)
#define HOUSE_ROW(...) ROW(house, __VA_ARGS__)
#define STORE_ROW(...) ROW(store, __VA_ARGS__)
#define WEB_ROW(...) ROW(web, __VA_ARGS__)
#define PROCESS_ROW(...) ROW(process, __VA_ARGS__)
#define LOAD_ROW(field, topic, window, minutes) \
	{"load", #field, NULL, NULL, "load/" topic "/" minutes, "average of " minutes " a minute", METRIC_LOAD, \
	 offsetof(struct metrics, load.field[window])},
#define LOAD_ROWS(field, source, topic) \
	LOAD_ROW(field, topic, 0, "1min") LOAD_ROW(field, topic, 1, "5min") LOAD_ROW(field, topic, 2, "15min")

static const struct metric table[] = {
	METRICS_WORKER(BROKER_ROW)
	METRICS_BROKER(BROKER_ROW)
	METRICS_LIMITS(BROKER_ROW)
	METRICS_WEB_LIMITS(WEB_ROW) /* of the same family */
	METRICS_WEB(WEB_ROW)
	METRICS_LOAD(LOAD_ROWS)
	METRICS_HOUSE(HOUSE_ROW)
	METRICS_STORE(STORE_ROW)
	METRICS_PROCESS(PROCESS_ROW)
};

enum { TABLE_ROWS = sizeof table / sizeof table[0] };

const struct metric *metrics_table(size_t *count_r)
{
	*count_r = TABLE_ROWS;
	return table;
}

int metrics_payload(const struct metrics *m, const struct metric *row, struct buf *out)
{
	unsigned long long value = metrics_value(m, row);
	if (row->type == METRIC_LOAD)
		return buf_printf(out, "%llu.%02llu", value / 100, value % 100);
	return buf_printf(out, row->type == METRIC_AGE ? "%llu seconds" : "%llu", value);
}

static bool is_counter(const struct metric *row)
{
	return row->type == METRIC_COUNTER || row->type == METRIC_CPU;
}

static int put_head(const struct metric *row, struct buf *out)
{
	return buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->family, row->text, row->family,
			  is_counter(row) ? "counter" : "gauge");
}

static int put_sample(const struct metrics *m, const struct metric *row, struct buf *out)
{
	unsigned long long value = metrics_value(m, row);
	int err = row->labels ? buf_printf(out, "%s{%s} ", row->family, row->labels) : buf_printf(out, "%s ", row->family);
	if (err)
		return err;
	return row->type == METRIC_CPU ? buf_printf(out, "%llu.%03llu\n", value / 1000, value % 1000)
				       : buf_printf(out, "%llu\n", value);
}

int metrics_prometheus(const struct metrics *m, struct buf *out)
{
	int err = buf_append_str(out, "# HELP tomte_build_info the version that runs\n# TYPE tomte_build_info gauge\n"
				      "tomte_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	const char *family = "";
	for (size_t i = 0; i < TABLE_ROWS && !err; i++) {
		const struct metric *row = &table[i];
		if (!row->family)
			continue;
		if (strcmp(family, row->family) != 0)
			err = put_head(row, out);
		family = row->family;
		if (!err)
			err = put_sample(m, row, out);
	}
	return err;
}

int metrics_json(const struct metrics *m, struct buf *out)
{
	const char *group = NULL;
	int err = 0;
	for (size_t i = 0; i < TABLE_ROWS && !err; i++) {
		const struct metric *row = &table[i];
		if (!row->family)
			continue;
		bool first = !group || strcmp(group, row->group) != 0;
		if (first)
			err = buf_printf(out, "%s\"%s\":{", group ? "}," : "", row->group);
		group = row->group;
		if (!err)
			err = buf_printf(out, "%s\"%s\":%llu", first ? "" : ",", row->field,
					 (unsigned long long)metrics_value(m, row));
	}
	return err ? err : buf_append_str(out, "}");
}
