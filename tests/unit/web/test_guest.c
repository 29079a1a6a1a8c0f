/* What a guest sees: lists, exports, alerts and live events of the chosen rooms, and not a word of any other. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "db/history.h"
#include "harness.h"
#include "support/suite.h"
#include "web/live.h"
#include "web/live_points.h"

/* A lamp in the hall (series 1), a heater in the cellar (2), a clock in no room (3); curt is the cellar's guest. */
static void start(struct harness *h, char guest_r[80])
{
	harness_start(h, true);
	harness_device(h, "lamp", "Hall", 1);
	harness_device(h, "heater", "Cellar", 2);
	harness_device(h, "clock", "", 3);
	struct series topic = {.id = 4, .topic = "a/b"};
	ck_assert_int_eq(store_series_put(h->store, &topic, NULL), 0);
	harness_account(h, "curt", ROLE_GUEST, "Cellar");
	harness_login(h, "curt", guest_r);
}

static void expect(struct harness *h, const char *cookie, const char *path, const char *there, const char *const *absent)
{
	struct reply reply = harness_api(h, "GET", path, cookie, NULL);
	ck_assert_msg(reply.status == 200, "%s: %d", path, reply.status);
	ck_assert_msg(strstr(reply.body, there) != NULL, "%s lacks %s: %s", path, there, reply.body);
	for (; *absent; absent++)
		ck_assert_msg(!strstr(reply.body, *absent), "%s tells of %s: %s", path, *absent, reply.body);
	reply_finish(&reply);
}

START_TEST(lists_are_of_the_rooms)
{
	static const char *const others[] = {"lamp", "clock", "a/b", NULL}, *const nothing[] = {NULL};
	struct harness h;
	char guest[80], viewer[80];
	start(&h, guest);
	harness_login(&h, "vera", viewer);
	expect(&h, guest, "/api/v1/series", "\"device\":\"heater\"", others);
	expect(&h, guest, "/api/v1/export", "heater/value", others);
	expect(&h, guest, "/api/v1/export?device=heater", "heater/value", others);
	expect(&h, guest, "/api/v1/series/2/points?from=0&to=2000", "21.5", others);
	expect(&h, guest, "/api/v1/devices", "{\"devices\":[]", others); /* the house of pretence has the lamp alone */
	expect(&h, viewer, "/api/v1/series", "\"device\":\"lamp\"", nothing);
	expect(&h, viewer, "/api/v1/series", "\"topic\":\"a/b\"", nothing);
	expect(&h, viewer, "/api/v1/export", "lamp/value", nothing);
	static const char *const hidden[] = {
		"/api/v1/devices/lamp", "/api/v1/series/1/points", "/api/v1/series/1/timeline", "/api/v1/series/1/export", "/api/v1/series/3/points",
		"/api/v1/series/3/points?from=first", "/api/v1/series/4/points", "/api/v1/export?device=lamp", "/api/v1/series/99/points"};
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
		struct reply reply = harness_api(&h, "GET", hidden[i], guest, NULL);
		ck_assert_msg(reply.status == 404, "%s: %d", hidden[i], reply.status);
		reply_finish(&reply);
	}
	harness_stop(&h);
}
END_TEST

START_TEST(what_is_hidden_reads_as_what_is_not)
{
	struct harness h;
	char guest[80];
	start(&h, guest);
	static const char *const pairs[][2] = {{"/api/v1/devices/lamp", "/api/v1/devices/nosuch"},
					       {"/api/v1/series/1/points", "/api/v1/series/99/points"},
					       {"/api/v1/series/1/timeline", "/api/v1/series/99/timeline"},
					       {"/api/v1/series/1/export", "/api/v1/series/99/export"},
					       {"/api/v1/export?device=lamp", "/api/v1/export?device=nosuch"}};
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct reply hidden = harness_api(&h, "GET", pairs[i][0], guest, NULL), none = harness_api(&h, "GET", pairs[i][1], guest, NULL);
		ck_assert_int_eq(hidden.status, none.status);
		char *path = strstr(hidden.body, "\"instance\""); /* which is what was asked for */
		ck_assert_ptr_nonnull(path);
		ck_assert_mem_eq(hidden.body, none.body, (size_t)(path - hidden.body));
		reply_finish(&hidden);
		reply_finish(&none);
	}
	harness_stop(&h);
}
END_TEST

START_TEST(alerts_are_found_behind_those_of_others)
{
	static const char *const others[] = {"lamp", "house", NULL};
	struct harness h;
	char guest[80];
	start(&h, guest);
	for (int64_t id = 1; id <= 450; id++) { /* more than are read at once */
		struct alert a = {.id = id, .kind = "offline", .text = "of the lamp", .opened_at = {id}};
		str_copy(a.device, sizeof a.device, id % 100 == 7 ? "heater" : id % 2 ? "lamp" : "");
		str_copy(a.text, sizeof a.text, id % 100 == 7 ? "the cellar" : id % 2 ? "of the lamp" : "of the house");
		ck_assert_int_eq(store_alert_put(h.store, &a, NULL), 0);
	}
	expect(&h, guest, "/api/v1/alerts?limit=3", "\"id\":207", others);
	struct reply three = harness_api(&h, "GET", "/api/v1/alerts?limit=3", guest, NULL);
	ck_assert_ptr_nonnull(strstr(three.body, "\"id\":407"));
	ck_assert_ptr_null(strstr(three.body, "\"id\":107"));
	reply_finish(&three);
	expect(&h, guest, "/api/v1/alerts?limit=3&before=207", "\"id\":7,", others);
	harness_stop(&h);
}
END_TEST

/* ---- live events --------------------------------------------------------- */

static int open_stream(struct harness *h, const char *cookie, struct buf *got)
{
	char text[256];
	int fd = harness_connect(h, NULL);
	snprintf(text, sizeof text, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n", cookie);
	harness_send(fd, text);
	ck_assert(harness_wait_for(fd, got, "retry: 1000\n\n"));
	return fd;
}

static void post(struct harness *h, const char *name, const char *device, const char *json)
{
	h->live.post(h->live.ctx, name, device, strdup(json));
}

START_TEST(live_events_are_of_the_rooms)
{
	struct harness h;
	char guest[80], viewer[80];
	struct buf got = {0}, all = {0};
	start(&h, guest);
	harness_login(&h, "vera", viewer);
	int fd = open_stream(&h, guest, &got), house = open_stream(&h, viewer, &all);
	post(&h, "state", "lamp", "{\"of\":\"lamp 1\"}");
	post(&h, "state", "clock", "{\"of\":\"clock 1\"}");
	post(&h, "alert", "", "{\"of\":\"disk\"}");
	post(&h, "key", NULL, "{\"of\":\"key\"}");
	post(&h, "state", "nobody knows", "{\"of\":\"nobody\"}");
	post(&h, "points", NULL, "{\"points\":[[1,5,1],[2,5,21.5],[3,5,3],[4,5,\"a]\\\"[\"],[2,6,\"wo]r\\\"d\"],[9,9,9]]}");
	post(&h, "points", NULL, "{\"points\":[[1,7,1]]}");
	post(&h, "state", "heater", "{\"of\":\"heater 1\"}");
	ck_assert(harness_wait_for(fd, &got, "{\"of\":\"heater 1\"}"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&got), "data: {\"points\":[[2,5,21.5],[2,6,\"wo]r\\\"d\"]]}\n\n"));
	static const char *const others[] = {"lamp", "clock", "disk", "key", "nobody", "[1,", "[9,", "event: gone"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_msg(!strstr(buf_cstr(&got), others[i]), "%s in %s", others[i], buf_cstr(&got));
	ck_assert(harness_wait_for(house, &all, "{\"of\":\"heater 1\"}"));
	for (size_t i = 0; i + 1 < sizeof others / sizeof others[0]; i++)
		ck_assert_msg(strstr(buf_cstr(&all), others[i]) != NULL, "no %s", others[i]);
	close(fd);
	close(house);
	buf_finish(&got);
	buf_finish(&all);
	harness_stop(&h);
}
END_TEST

START_TEST(what_moves_away_is_gone)
{
	struct harness h;
	char guest[80], viewer[80];
	struct buf got = {0}, all = {0};
	start(&h, guest);
	harness_login(&h, "vera", viewer);
	int fd = open_stream(&h, guest, &got), house = open_stream(&h, viewer, &all);
	h.live.place(h.live.ctx, "heater", "Attic");
	post(&h, "device", "heater", "{\"room\":\"Attic\"}");
	h.live.place(h.live.ctx, "lamp", "Cellar");
	post(&h, "device", "lamp", "{\"room\":\"Cellar\"}");
	ck_assert(harness_wait_for(fd, &got, "{\"room\":\"Cellar\"}"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&got), "event: gone\ndata: {\"id\":\"heater\"}\n\n"));
	ck_assert_ptr_null(strstr(buf_cstr(&got), "Attic"));
	ck_assert_ptr_null(strstr(buf_cstr(&got), "{\"id\":\"lamp\"}"));
	post(&h, "gone", NULL, "{\"id\":\"lamp\"}"); /* as the house does when it erases a device */
	h.live.place(h.live.ctx, "lamp", NULL);
	ck_assert(harness_wait_for(fd, &got, "event: gone\ndata: {\"id\":\"lamp\"}\n\n"));
	post(&h, "state", "clock", "{\"of\":\"clock 1\"}");
	ck_assert(harness_wait_for(house, &all, "{\"of\":\"clock 1\"}"));
	const char *gone = strstr(buf_cstr(&all), "event: gone");
	ck_assert_ptr_nonnull(gone);
	ck_assert_ptr_null(strstr(gone + 1, "event: gone")); /* who sees all hears of the erasure alone, once */
	close(fd);
	close(house);
	buf_finish(&got);
	buf_finish(&all);
	harness_stop(&h);
}
END_TEST

START_TEST(other_rights_start_the_page_anew)
{
	struct harness h;
	char guest[80], owner[80], resume[128];
	struct buf got = {0}, rest = {0};
	start(&h, guest);
	harness_login(&h, "olga", owner);
	int fd = open_stream(&h, guest, &got);
	post(&h, "state", "heater", "{\"n\":1}");
	ck_assert(harness_wait_for(fd, &got, "{\"n\":1}"));
	const char *id = strstr(buf_cstr(&got), "id: ");
	ck_assert_int_eq(str_copy_span(resume, sizeof resume, span_of(id + 4, strcspn(id + 4, "\n"))), 0);
	struct reply reply = harness_api(&h, "PATCH", "/api/v1/users/4", owner, "{\"rooms\":[\"Hall\"]}");
	ck_assert_int_eq(reply.status, 200);
	reply_finish(&reply);
	/* the stream ends; whether the reset still went out on it or not, the next one has it */
	while (harness_wait_for(fd, &got, "never"))
		;
	close(fd);
	fd = harness_connect(&h, NULL);
	char text[512];
	snprintf(text, sizeof text, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\nLast-Event-ID: %s\r\n\r\n", guest, resume);
	harness_send(fd, text);
	ck_assert(harness_wait_for(fd, &rest, "event: reset\n"));
	post(&h, "state", "heater", "{\"n\":2}");
	post(&h, "state", "lamp", "{\"n\":3}");
	ck_assert(harness_wait_for(fd, &rest, "{\"n\":3}"));
	ck_assert_ptr_null(strstr(buf_cstr(&rest), "{\"n\":2}"));
	close(fd);
	buf_finish(&got);
	buf_finish(&rest);
	harness_stop(&h);
}
END_TEST

START_TEST(odd_points_are_left_out)
{
	struct places places = {0};
	struct rooms rooms = {0};
	char before[MODEL_NAME_SIZE];
	ck_assert_int_eq(rooms_add(&rooms, span_str("Hall")), 0);
	ck_assert_int_eq(places_put_device(&places, "lamp", "Hall", before), 0);
	ck_assert_int_eq(places_put_series(&places, 1, "lamp"), 0);
	static const char *const odd[] = {"", "data: {}\n\n", "data: {\"points\":[]}\n\n", "data: {\"points\":[[1,2", "data: {\"points\":[[1,\"a]\n\n",
					  "data: {\"points\":[[2,1,1]]}\n\n", "data: {\"points\":[[99999999999999999999,1]]}\n\n",
					  "data: {\"points\":[[-1,1]]}\n\n"};
	struct buf out = {0};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		ck_assert_int_eq(live_append_points(span_str(odd[i]), &places, &rooms, &out), 0);
		ck_assert_msg(out.len == 0, "%s", odd[i]);
	}
	const char *whole = "id: 1\nevent: points\ndata: {\"points\":[[1,1,null],[2,1,1],[1,2,\"\\\\\"]]}\n\n";
	ck_assert_int_eq(live_append_points(span_str(whole), &places, &rooms, &out), 0);
	ck_assert_str_eq(buf_cstr(&out), "id: 1\nevent: points\ndata: {\"points\":[[1,1,null],[1,2,\"\\\\\"]]}\n\n");
	out.len = 0;
	ck_assert_int_eq(places_put_series(&places, 1, NULL), 0);
	ck_assert_int_eq(live_append_points(span_str(whole), &places, &rooms, &out), 0);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(places_put_device(&places, "lamp", NULL, before), 0);
	ck_assert_str_eq(before, "Hall");
	ck_assert(!places_sees_device(&places, &rooms, "lamp"));
	buf_finish(&out);
	places_finish(&places);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lists_are_of_the_rooms, what_is_hidden_reads_as_what_is_not, alerts_are_found_behind_those_of_others,
		live_events_are_of_the_rooms, what_moves_away_is_gone, other_rights_start_the_page_anew, odd_points_are_left_out,
	};
	return suite_run("web/guest", tests, sizeof tests / sizeof tests[0]);
}
