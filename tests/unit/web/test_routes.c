/* Finding routes, the token of /metrics, and what handlers answer. Who may use which is test_matrix.c's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "harness.h"
#include "samples.h"
#include "web/metrics.h"
#include "web/routes.h"

static void with_token(struct web_config *config)
{
	config->metrics_token = "correct horse battery staple";
}

static struct reply call_with(struct harness *h, const char *path, const char *authorization)
{
	char headers[512];
	snprintf(headers, sizeof headers, "X-Tomte: 1\r\nAuthorization: %s\r\n", authorization);
	return harness_call(h, &(struct call){.method = "GET", .path = path, .headers = headers});
}

START_TEST(a_token_reads_metrics_and_nothing_else)
{
	struct harness h;
	harness_start_with(&h, true, with_token);
	struct reply reply = call_with(&h, "/metrics", "Bearer correct horse battery staple");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply_header(&reply, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
	ck_assert_str_eq(reply.body, "# HELP x y\n# TYPE x counter\nx 3\n");
	reply_finish(&reply);
	char long_one[400];
	memset(long_one, 'x', sizeof long_one);
	memcpy(long_one, "Bearer ", 7);
	long_one[sizeof long_one - 1] = 0;
	const char *const wrong[] = {"Bearer correct horse battery stapl", "Bearer correct horse battery staple2", "Bearer ",
				     "Basic correct horse battery staple", "correct horse battery staple", long_one};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		reply = call_with(&h, "/metrics", wrong[i]);
		ck_assert_msg(reply.status == 401, "%s: %d", wrong[i], reply.status);
		reply_finish(&reply);
	}
	size_t count;
	const struct route *routes = routes_all(&count);
	for (size_t i = 0; i < count; i++) {
		if (routes[i].access == ACCESS_ANYONE || routes[i].access == ACCESS_METRICS || strcmp(routes[i].method, "GET") != 0)
			continue;
		reply = call_with(&h, sample_of(&routes[i])->path, "Bearer correct horse battery staple");
		ck_assert_msg(reply.status == 401, "%s: %d", routes[i].path, reply.status);
		reply_finish(&reply);
	}
	harness_stop(&h);
}
END_TEST

START_TEST(without_a_token_no_token_fits)
{
	struct harness h;
	harness_start(&h, true);
	struct reply reply = call_with(&h, "/metrics", "Bearer ");
	ck_assert_int_eq(reply.status, 401);
	reply_finish(&reply);
	harness_stop(&h);
	struct metrics_token token = {0};
	ck_assert_int_eq(metrics_token_set(&token, "fifteen letters"), ERR_INVALID);
	ck_assert(!token.set);
	ck_assert(!metrics_token_fits(&token, &(struct request){.bearer = "fifteen letters"}));
}
END_TEST

START_TEST(finds_routes)
{
	const struct route *route;
	char params[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE], allow[ROUTE_ALLOW_SIZE];
	ck_assert_int_eq(routes_find("POST", "/api/v1/devices/a/entities/b/command", &route, params, allow), 0);
	ck_assert_str_eq(params[0], "a");
	ck_assert_str_eq(params[1], "b");
	ck_assert_int_eq(routes_find("GET", "/api/v1/devices/", &route, params, allow), ERR_NOT_FOUND);
	ck_assert_int_eq(routes_find("GET", "/api/v1/devices/a/", &route, params, allow), ERR_NOT_FOUND);
	ck_assert_int_eq(routes_find("GET", "", &route, params, allow), ERR_NOT_FOUND);
	char path[128] = "/api/v1/devices/";
	memset(path + strlen(path), 'x', 70);
	ck_assert_int_eq(routes_find("GET", path, &route, params, allow), ERR_NOT_FOUND);
	ck_assert_int_eq(routes_find("PUT", "/api/v1/keys", &route, params, allow), ERR_UNSUPPORTED);
	ck_assert_str_eq(allow, "GET, HEAD, POST");
}
END_TEST

static struct reply command(struct harness *h, const char *cookie, const char *device, const char *body)
{
	char path[128];
	snprintf(path, sizeof path, "/api/v1/devices/%s/entities/light/command", device);
	return harness_api(h, "POST", path, cookie, body);
}

START_TEST(commands_reach_the_house)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "adam", cookie);
	struct reply reply = command(&h, cookie, "lamp", "{\"value\":{\"state\":\"ON\",\"brightness\":128}}");
	ck_assert_int_eq(reply.status, 202);
	ck_assert_str_eq(h.last_command, "lamp/light {\"state\":\"ON\",\"brightness\":128} by adam");
	reply_finish(&reply);
	static const struct {
		const char *device, *body;
		int err, status;
	} cases[] = {
		{"lamp", "{\"value\":1}", ERR_STATE, 409},       {"lamp", "{\"value\":1}", ERR_UNSUPPORTED, 422},
		{"lamp", "{\"value\":1}", ERR_INVALID, 422},     {"lamp", "{\"value\":1}", ERR_NOMEM, 500},
		{"lamp", "{}", 0, 422},                          {"nothing", "{\"value\":1}", 0, 404},
		{"a.b", "{\"value\":1}", 0, 404},                {"lamp", "{\"value\":null}", 0, 202},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		h.house_err = cases[i].err;
		reply = command(&h, cookie, cases[i].device, cases[i].body);
		ck_assert_msg(reply.status == cases[i].status, "%zu: %d", i, reply.status);
		if (cases[i].err == ERR_INVALID)
			ck_assert_ptr_nonnull(strstr(reply.body, "The lamp has no such colour."));
		reply_finish(&reply);
	}
	harness_stop(&h);
}
END_TEST

START_TEST(only_what_waits_is_taken_back)
{
	static const struct {
		const char *path, *who;
		int status;
		const char *told;
	} cases[] = {
		{"5", "adam", 200, "\"state\":\"cancelled\""}, {"6", "adam", 409, "\"code\":\"command_sent\""},
		{"3", "adam", 409, "\"code\":\"command_over\""}, {"4", "adam", 404, "\"code\":\"missing\""},
		{"x", "adam", 404, "\"code\":\"missing\""}, {"5", "gina", 200, "\"state\":\"cancelled\""},
		{"7", "gina", 403, "\"code\":\"command_of_another\""}, {"5", "curt", 404, "\"code\":\"missing\""},
		{"3", "curt", 404, "\"code\":\"missing\""}, {"5", "vera", 403, "\"code\":\"role\""},
	};
	const struct command_record over = {.id = 3, .device = "lamp", .entity = "light", .value = "1", .by = "ada", .state = COMMAND_CONFIRMED};
	struct harness h;
	harness_start(&h, true);
	harness_device(&h, "lamp", "Hall", 1);
	harness_account(&h, "gina", ROLE_GUEST, "Hall");
	harness_account(&h, "curt", ROLE_GUEST, "Cellar");
	ck_assert_int_eq(store_command_put(h.store, &over, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char cookie[80], path[64];
		harness_login(&h, cases[i].who, cookie);
		snprintf(path, sizeof path, "/api/v1/commands/%s", cases[i].path);
		struct reply reply = harness_api(&h, "DELETE", path, cookie, NULL);
		ck_assert_msg(reply.status == cases[i].status, "%zu: %d", i, reply.status);
		ck_assert_msg(strstr(reply.body, cases[i].told) != NULL, "%zu: %s", i, reply.body);
		reply_finish(&reply);
	}
	ck_assert_str_eq(h.last_command, "cancel 5 by gina own");
	harness_stop(&h);
}
END_TEST

START_TEST(answers_have_the_agreed_form)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "olga", cookie);
	static const struct {
		const char *method, *path, *body, *part;
	} cases[] = {
		{"GET", "/api/v1/session", NULL, "{\"user\":{\"name\":\"olga\",\"role\":\"owner\"},\"hub\":{\"hub_id\":\"abcdefghjk\""},
		{"GET", "/api/v1/devices", NULL, "{\"devices\":[{\"id\":\"lamp\",\"name\":\"Lamp\"}],\"cursor\":\""},
		{"GET", "/api/v1/users", NULL, "\"name\":\"vera\",\"role\":\"viewer\""},
		{"GET", "/api/v1/health", NULL, "\"broker\":{\"connections\":3}"},
		{"POST", "/api/v1/keys", "{}", "<svg xmlns="},
		{"POST", "/api/v1/keys", "{\"host\":\"Hub.local\"}", "TOMTE1:AAAAA:hub.local:8080"},
		{"POST", "/api/v1/keys", "{\"ttl_s\":59}", "\"field\":\"ttl_s\""},
		{"PATCH", "/api/v1/devices/lamp", "{\"name\":\"\"}", "\"field\":\"name\""},
		{"GET", "/api/v1/series/1/points?from=5&to=5", NULL, "\"status\":422"},
		{"GET", "/api/v1/series/1/points?width=4097", NULL, "\"status\":422"},
		{"GET", "/api/v1/series/x/points", NULL, "\"status\":404"},
		{"GET", "/api/v1/series/9/export", NULL, "\"status\":404"},
		{"GET", "/api/v1/export?device=shed", NULL, "There is no such device with samples."},
		{"GET", "/api/v1/export?format=xml", NULL, "format is csv, jsonl or influx."},
		{"GET", "/api/v1/export?from=5&to=5", NULL, "\"status\":422"},
		{"GET", "/api/v1/export", NULL, "time,series,unit,value\r\n"},
		{"GET", "/api/v1/import", NULL, "\"state\":\"none\""},
		{"DELETE", "/api/v1/import", NULL, "There is no such import running."},
		{"GET", "/api/v1/series/9/points", NULL, "\"status\":404"},
		{"GET", "/api/v1/series/9/points?from=first", NULL, "\"status\":404"},
		{"GET", "/api/v1/series/9/timeline", NULL, "\"status\":404"},
		{"GET", "/api/v1/series/9/timeline?width=1", NULL, "\"status\":422"},
		{"PUT", "/api/v1/history", "{\"raw_days\":0}", "\"field\":\"raw_days\""},
		{"PUT", "/api/v1/history", "{\"rollup_years\":\"5\"}", "\"field\":\"rollup_years\""},
		{"PUT", "/api/v1/history", "{\"max_bytes\":1}", "\"field\":\"max_bytes\""},
		{"PUT", "/api/v1/history", "{\"sd_saver\":1}", "\"field\":\"sd_saver\""},
		{"GET", "/api/v1/series", NULL, "{\"series\":[],\"cursor\":\""},
		{"PATCH", "/api/v1/series/2", "{}", "\"status\":404"},
		{"PATCH", "/api/v1/series/x", "{}", "\"status\":404"},
		{"GET", "/api/v1/rules", NULL, "{\"rules\":[{\"id\":7}]}"},
		{"POST", "/api/v1/rules", "{\"filter\":\"a#\"}", "\"detail\":\"A filter is a filter.\",\"field\":\"filter\""},
		{"POST", "/api/v1/rules", "{\"filter\":\"twin\"}", "\"status\":409"},
		{"POST", "/api/v1/rules", "{\"filter\":\"many\"}", "Remove one first."},
		{"DELETE", "/api/v1/rules/8", NULL, "There is no such rule."},
		{"DELETE", "/api/v1/rules/x", NULL, "There is no such rule."},
		{"GET", "/api/v1/alerts?limit=201", NULL, "\"status\":422"},
		{"DELETE", "/api/v1/keys/xyz", NULL, "\"status\":404"},
		{"GET", "/api/v1/devices/nothing", NULL,
		 "{\"type\":\"/problems/not-found\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"There is no such device.\",\"code\":\"missing\","
		 "\"instance\":\"/api/v1/devices/nothing\"}"},
		{"GET", "/api/v1/devices?limit=0", NULL, "\"detail\":\"limit is a whole number from 1 to 1000.\",\"field\":\"limit\""},
		{"GET", "/api/v1/devices?online=yes", NULL, "\"detail\":\"online is true or false.\",\"field\":\"online\""},
		{"GET", "/api/v1/devices?lmit=1", NULL,
		 "This address takes area, online, component, q, limit or cursor.\",\"field\":\"lmit\""},
		{"GET", "/api/v1/health?x", NULL, "This address takes none."},
		{"GET", "/api/v1/users?limit=2", NULL, "\"next\":\""},
		{"GET", "/api/v1/users?role=viewer", NULL, "{\"users\":[{\"id\":3,\"name\":\"vera\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reply reply = harness_api(&h, cases[i].method, cases[i].path, cookie, cases[i].body);
		ck_assert_msg(strstr(reply.body, cases[i].part) != NULL, "%s: %s", cases[i].path, reply.body);
		reply_finish(&reply);
	}
	harness_stop(&h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("web/routes");
	TCase *tcase = tcase_create("routes");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, finds_routes);
	tcase_add_test(tcase, a_token_reads_metrics_and_nothing_else);
	tcase_add_test(tcase, without_a_token_no_token_fits);
	tcase_add_test(tcase, commands_reach_the_house);
	tcase_add_test(tcase, only_what_waits_is_taken_back);
	tcase_add_test(tcase, answers_have_the_agreed_form);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
