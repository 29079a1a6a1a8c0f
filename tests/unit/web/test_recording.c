/* The list of series and the wishes about recording, as the handlers answer them: over a store in
 * memory and ports that are made up. */
#include <check.h>
#include <string.h>

#include "base/err.h"
#include "support/fake_store.h"
#include "support/suite.h"
#include "thread/thread.h"
#include "web/live.h"
#include "web/routes.h"

static struct store *store;
static struct live *live;
static struct web_services services;
static struct lock edits;
static int port_err;
static char wished[128];

static int edit(void *ctx, int64_t id, struct span wish, struct buf *json)
{
	(void)ctx;
	ck_assert_int_lt(wish.len, sizeof wished);
	memcpy(wished, wish.data, wish.len);
	wished[wish.len] = 0;
	if (port_err == ERR_INVALID)
		ck_assert_int_eq(buf_append_str(json, "{\"field\":\"unit\",\"detail\":\"No.\"}"), 0);
	return id == 99 ? ERR_NOT_FOUND : port_err;
}

static void set_up(void)
{
	store = fake_store_create();
	ck_assert_int_eq(live_create(&live), 0);
	port_err = 0;
	lock_init(&edits, "edits");
	services = (struct web_services){.store = store, .live = live, .edits = &edits, .ports = {.history = {.series_edit = edit}}};
	const struct series series[] = {
		{.id = 1, .device = "pi", .entity = "cpu", .unit = "°C", .device_class = "temperature", .raw_days = 30,
		 .recorder = {.preset = RECORD_DEADBAND, .interval_ms = 60000, .deadband = 0.5}},
		{.id = 2, .topic = "tele/\"x\"", .path = "$.mode", .kind = SERIES_TEXT},
		{.id = 3, .topic = "quiet", .kind = SERIES_BINARY, .rollup_years = -1, .resolution_ms = 1000},
	};
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(store_series_put(store, &series[i], NULL), 0);
	double eco;
	ck_assert_int_eq(store_word_code(store, 2, span_str("eco"), &eco), 0);
	const struct sample samples[] = {{1, {1000}, 21.5}, {2, {2000}, eco}, {1, {3000}, 22}};
	ck_assert_int_eq(store_append(store, samples, 3, NULL), 0);
}

static void tear_down(void)
{
	fake_store_destroy(&store);
	live_destroy(&live);
	lock_finish(&edits);
}

#define CPU \
	"{\"id\":1,\"device\":\"pi\",\"entity\":\"cpu\",\"topic\":null,\"path\":null,\"kind\":\"gauge\",\"unit\":\"°C\"," \
	"\"device_class\":\"temperature\",\"resolution_ms\":0,\"recorder\":{\"preset\":\"deadband\",\"interval_ms\":60000," \
	"\"deadband\":0.5},\"raw_days\":30,\"rollup_years\":0,\"latest\":{\"at\":3000,\"value\":22},\"today\":2}"
#define RECORDER "\"recorder\":{\"preset\":\"all\",\"interval_ms\":0,\"deadband\":0}"

START_TEST(series_are_listed)
{
	set_up();
	struct request rq = {0};
	struct response rs = {0};
	api_series_list(&services, &rq, &rs);
	ck_assert_int_eq(rs.status, 200);
	static const char expected[] =
		"{\"series\":[" CPU ","
		"{\"id\":2,\"device\":null,\"entity\":null,\"topic\":\"tele/\\\"x\\\"\",\"path\":\"$.mode\",\"kind\":\"text\","
		"\"unit\":null,\"device_class\":null,\"resolution_ms\":0," RECORDER ",\"raw_days\":0,\"rollup_years\":0,"
		"\"latest\":{\"at\":2000,\"value\":\"eco\"},\"today\":1},"
		"{\"id\":3,\"device\":null,\"entity\":null,\"topic\":\"quiet\",\"path\":\"\",\"kind\":\"binary\","
		"\"unit\":null,\"device_class\":null,\"resolution_ms\":1000," RECORDER ",\"raw_days\":0,\"rollup_years\":-1,"
		"\"latest\":null,\"today\":0}],\"cursor\":\"";
	const char *text = buf_cstr(&rs.body);
	ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
	response_finish(&rs);
	tear_down();
}
END_TEST

START_TEST(wishes_reach_the_house)
{
	set_up();
	static const struct {
		const char *id;
		int err, status;
		const char *part;
	} cases[] = {
		{"1", 0, 200, CPU},
		{"99", 0, 404, "There is no such series."},
		{"x", 0, 404, "There is no such series."},
		{"1", ERR_INVALID, 422, "\"detail\":\"No.\",\"field\":\"unit\""},
		{"1", ERR_DISK_FULL, 507, "disk is full"},
		{"1", ERR_CLOSED, 503, "stopping"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct request rq = {.bytes = span_str("{\"raw_days\":30}")};
		struct response rs = {0};
		memcpy(rq.params[0], cases[i].id, strlen(cases[i].id) + 1);
		port_err = cases[i].err;
		api_series_edit(&services, &rq, &rs);
		ck_assert_int_eq(rs.status, cases[i].status);
		ck_assert_msg(strstr(buf_cstr(&rs.body), cases[i].part) != NULL, "%zu: %s", i, buf_cstr(&rs.body));
		ck_assert_str_eq(wished, "{\"raw_days\":30}");
		response_finish(&rs);
	}
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {series_are_listed, wishes_reach_the_house};
	return suite_run("web/recording", tests, sizeof tests / sizeof tests[0]);
}
