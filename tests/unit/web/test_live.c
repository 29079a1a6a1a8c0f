/* Live events: resume without gap or duplicate, slow clients, ends. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "harness.h"
#include "web/live.h"

static char *json_number(int n)
{
	char *text = malloc(32);
	snprintf(text, 32, "{\"n\":%d}", n);
	return text;
}

static const struct rooms all_rooms = {.all = true};
static const struct live_reader everything = {&all_rooms, 1};

/* ---- the ring --------------------------------------------------------- */

START_TEST(ring_keeps_the_newest)
{
	struct live *live;
	ck_assert_int_eq(live_create(&live), 0);
	struct live_port port = live_port(live);
	char start[LIVE_ID_SIZE];
	live_cursor(live, start);
	uint64_t cursor, behind;
	ck_assert_int_eq(live_parse(live, start, &cursor), 0);
	for (int i = 1; i <= LIVE_EVENTS_MAX; i++)
		port.post(port.ctx, "state", NULL, json_number(i));
	ck_assert_int_eq(live_parse(live, start, &behind), 0); /* the whole ring is still behind it */
	port.post(port.ctx, "state", NULL, json_number(LIVE_EVENTS_MAX + 1));
	ck_assert_int_eq(live_parse(live, start, &behind), ERR_NOT_FOUND);

	struct buf out = {0};
	ck_assert_int_eq(live_read(live, &everything, &cursor, 1000, &out), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "event: reset\ndata: {}\n\n"));
	ck_assert_uint_eq(cursor, live_newest(live));
	buf_finish(&out);

	/* big events drop many small ones */
	for (int i = 0; i < 8; i++) {
		char *big = malloc(200001);
		memset(big, 'x', 200000);
		big[200000] = 0;
		port.post(port.ctx, "device", NULL, big);
	}
	char id[LIVE_ID_SIZE];
	live_cursor(live, id);
	uint64_t newest;
	ck_assert_int_eq(live_parse(live, id, &newest), 0);
	cursor = newest - 5;
	ck_assert_int_eq(live_read(live, &everything, &cursor, 1000, &out), 0);
	ck_assert_uint_eq(cursor, newest - 4); /* always at least one, however large */
	cursor = newest - 8;
	out.len = 0;
	ck_assert_int_eq(live_read(live, &everything, &cursor, 1000, &out), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "event: reset\n"));
	buf_finish(&out);
	live_destroy(&live);
}
END_TEST

START_TEST(ring_takes_odd_events)
{
	struct live *live;
	ck_assert_int_eq(live_create(&live), 0);
	struct live_port port = live_port(live);
	port.post(port.ctx, "state", NULL, strdup("{\"a\":\n1,\r\n\"b\":2}"));
	char *huge = calloc(1, LIVE_EVENT_BYTES_MAX + 2);
	memset(huge, 'x', LIVE_EVENT_BYTES_MAX + 1);
	port.post(port.ctx, "device", NULL, huge);
	struct buf out = {0};
	uint64_t cursor = 0;
	ck_assert_int_eq(live_read(live, &everything, &cursor, 65536, &out), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "data: {\"a\": 1,  \"b\":2}\n\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "event: reset\ndata: {}\n\n"));
	uint64_t number;
	const char *foreign[] = {"", "x", "00000000-1", "-", "-1", "99999999999999999999999"};
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		ck_assert_int_eq(live_parse(live, foreign[i], &number), ERR_NOT_FOUND);
	buf_finish(&out);
	live_destroy(&live);
}
END_TEST

/* ---- streams ---------------------------------------------------------- */

static void ask(struct harness *h, int fd, const char *cookie, const char *more)
{
	(void)h;
	char text[512];
	snprintf(text, sizeof text, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n%s\r\n", cookie, more);
	harness_send(fd, text);
}

static int open_stream(struct harness *h, const char *cookie, const char *more, struct buf *got)
{
	int fd = harness_connect(h, NULL);
	ask(h, fd, cookie, more);
	ck_assert(harness_wait_for(fd, got, "retry: 1000\n\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(got), "200 OK"));
	return fd;
}

enum { POSTERS = 4, EVENTS_EACH = 500, CUTS = 20 };

struct poster {
	struct live_port live;
	int number;
};

static void *post_events(void *arg)
{
	struct poster *poster = arg;
	for (int i = 0; i < EVENTS_EACH; i++) {
		char *text = malloc(64);
		snprintf(text, 64, "{\"poster\":%d,\"n\":%d}", poster->number, i);
		poster->live.post(poster->live.ctx, "state", NULL, text);
	}
	return NULL;
}

struct seen {
	int next[POSTERS]; /* what must come from each */
	int total;
	char last_id[64];
};

/* Checks the whole events in got and drops them. */
static void check_events(struct buf *got, struct seen *seen)
{
	for (;;) {
		char *text = (char *)(uintptr_t)buf_cstr(got);
		char *id = strstr(text, "id: "), *end = id ? strstr(id, "\n\n") : NULL;
		if (!end)
			return;
		int poster, n;
		char name[16];
		ck_assert_int_eq(sscanf(id, "id: %63s\nevent: %15s\ndata: {\"poster\":%d,\"n\":%d}", seen->last_id, name,
					&poster, &n), 4);
		ck_assert_str_eq(name, "state");
		ck_assert_msg(n == seen->next[poster], "poster %d: %d instead of %d", poster, n, seen->next[poster]);
		seen->next[poster]++;
		seen->total++;
		buf_consume(got, (size_t)(end + 2 - text));
	}
}

/* The body of a chunked answer, taken apart as it arrives. */
struct chunks {
	struct buf raw;  /* not yet decoded */
	bool in_body;
	size_t left;     /* of the present chunk, with its line end */
};

static void decode(struct chunks *c, const void *data, size_t len, struct buf *out)
{
	ck_assert_int_eq(buf_append(&c->raw, data, len), 0);
	for (;;) {
		char *text = (char *)(uintptr_t)buf_cstr(&c->raw), *end;
		if (!c->in_body) {
			if (!(end = strstr(text, "\r\n\r\n")))
				return;
			c->in_body = true;
			buf_consume(&c->raw, (size_t)(end + 4 - text));
		} else if (c->left == 0) {
			if (!(end = strstr(text, "\r\n")))
				return;
			c->left = strtoul(text, NULL, 16) + 2;
			buf_consume(&c->raw, (size_t)(end + 2 - text));
		} else {
			if (c->raw.len < c->left)
				return;
			ck_assert_int_eq(buf_append(out, text, c->left - 2), 0);
			buf_consume(&c->raw, c->left);
			c->left = 0;
		}
	}
}

/* One connection from where the last one broke, for at least `wanted` events. */
static void read_a_while(struct harness *h, const char *cookie, struct seen *seen, int wanted)
{
	struct chunks chunks = {0};
	struct buf got = {0};
	char resume[128] = "", piece[4096];
	if (seen->last_id[0])
		snprintf(resume, sizeof resume, "Last-Event-ID: %s\r\n", seen->last_id);
	int fd = harness_connect(h, NULL);
	ask(h, fd, cookie, resume);
	int before = seen->total;
	while (seen->total - before < wanted && seen->total < POSTERS * EVENTS_EACH) {
		ssize_t n = recv(fd, piece, sizeof piece, 0);
		ck_assert_int_gt(n, 0);
		decode(&chunks, piece, (size_t)n, &got);
		check_events(&got, seen);
	}
	close(fd);
	buf_finish(&got);
	buf_finish(&chunks.raw);
}

START_TEST(resumes_without_gap_or_duplicate)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "vera", cookie);
	struct seen seen = {0};
	/* the first id comes from an answer, as a page gets it */
	struct reply devices = harness_api(&h, "GET", "/api/v1/devices", cookie, NULL);
	const char *cursor = strstr(devices.body, "\"cursor\":\"") + strlen("\"cursor\":\"");
	str_copy_span(seen.last_id, sizeof seen.last_id, span_of(cursor, strcspn(cursor, "\"")));
	reply_finish(&devices);

	pthread_t threads[POSTERS];
	struct poster posters[POSTERS];
	for (int i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){h.live, i};
		pthread_create(&threads[i], NULL, post_events, &posters[i]);
	}
	while (seen.total < POSTERS * EVENTS_EACH)
		read_a_while(&h, cookie, &seen, POSTERS * EVENTS_EACH / CUTS);
	for (int i = 0; i < POSTERS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(seen.next[i], EVENTS_EACH);
	}
	harness_stop(&h);
}
END_TEST

START_TEST(a_foreign_cursor_gets_a_reset)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "vera", cookie);
	h.live.post(h.live.ctx, "state", NULL, json_number(1));
	struct buf got = {0};
	int fd = open_stream(&h, cookie, "Last-Event-ID: 00000000-7\r\n", &got);
	ck_assert(harness_wait_for(fd, &got, "event: reset\ndata: {}\n\n"));
	h.live.post(h.live.ctx, "state", NULL, json_number(2));
	ck_assert(harness_wait_for(fd, &got, "{\"n\":2}"));
	ck_assert_ptr_null(strstr(buf_cstr(&got), "{\"n\":1}"));
	close(fd);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

START_TEST(a_slow_client_is_told_and_holds_up_nobody)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "vera", cookie);
	struct buf slow_got = {0}, fast_got = {0};
	int slow = open_stream(&h, cookie, "", &slow_got);
	/* far more than sockets and the ring hold, while the slow one does not read */
	for (int i = 0; i < 200; i++) {
		char *big = malloc(100001);
		memset(big, 'x', 100000);
		big[100000] = 0;
		h.live.post(h.live.ctx, "device", NULL, big);
		if (i % 4 == 0) { /* let it write what it can, or it would see only the end */
			struct reply reply = harness_api(&h, "GET", "/api/v1/session", cookie, NULL);
			reply_finish(&reply);
		}
	}
	int fast = open_stream(&h, cookie, "", &fast_got);
	h.live.post(h.live.ctx, "state", NULL, json_number(77));
	ck_assert(harness_wait_for(fast, &fast_got, "{\"n\":77}"));
	ck_assert(harness_wait_for(slow, &slow_got, "event: reset"));
	close(slow);
	close(fast);
	buf_finish(&slow_got);
	buf_finish(&fast_got);
	harness_stop(&h);
}
END_TEST

static void quick_beat(struct web_config *config)
{
	config->beat_ms = 1;
}

START_TEST(silence_is_broken_by_beats)
{
	struct harness h;
	harness_start_with(&h, true, quick_beat);
	char cookie[80];
	harness_login(&h, "vera", cookie);
	struct buf got = {0};
	int fd = open_stream(&h, cookie, "", &got);
	ck_assert(harness_wait_for(fd, &got, ": beat\n\n"));
	close(fd);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

static bool ended_cleanly(int fd, struct buf *got)
{
	/* the last chunk, then the connection may live on or end */
	return harness_wait_for(fd, got, "\r\n0\r\n\r\n");
}

START_TEST(streams_end_with_the_session_and_the_server)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80], other[80];
	harness_login(&h, "vera", cookie);
	harness_login(&h, "vera", other);
	struct buf got = {0}, other_got = {0};
	int fd = open_stream(&h, cookie, "", &got);
	int other_fd = open_stream(&h, other, "", &other_got);
	struct reply out = harness_api(&h, "POST", "/api/v1/logout", cookie, NULL);
	ck_assert_int_eq(out.status, 204);
	reply_finish(&out);
	ck_assert(ended_cleanly(fd, &got));
	h.live.post(h.live.ctx, "state", NULL, json_number(5));
	ck_assert(harness_wait_for(other_fd, &other_got, "{\"n\":5}"));
	web_stop(h.web);
	ck_assert(ended_cleanly(other_fd, &other_got));
	close(fd);
	close(other_fd);
	buf_finish(&got);
	buf_finish(&other_got);
	harness_stop(&h);
}
END_TEST

START_TEST(streams_are_counted)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "vera", cookie);
	enum { STREAMS = 64 };
	int fds[STREAMS];
	for (int i = 0; i < STREAMS; i++) {
		struct buf got = {0};
		fds[i] = open_stream(&h, cookie, "", &got);
		buf_finish(&got);
	}
	int fd = harness_connect(&h, NULL);
	struct buf got = {0};
	ask(&h, fd, cookie, "");
	ck_assert(harness_wait_for(fd, &got, "503 Service Unavailable"));
	ck_assert(harness_wait_for(fd, &got, "Too many pages"));
	got.len = 0;
	/* one goes: its place is free as soon as the server sees it, without waiting for a beat */
	close(fds[0]);
	bool served = false;
	for (int i = 0; i < 200 && !served; i++) {
		ask(&h, fd, cookie, "");
		ck_assert(harness_wait_for(fd, &got, "HTTP/1.1 "));
		served = strstr(buf_cstr(&got), "200 OK") != NULL;
		if (!served)
			ck_assert(harness_wait_for(fd, &got, "Too many pages"));
		got.len = 0;
	}
	ck_assert(served);
	for (int i = 1; i < STREAMS; i++)
		close(fds[i]);
	close(fd);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* ---- slow requests ---------------------------------------------------- */

static void short_patience(struct web_config *config)
{
	config->request_ms = 50;
}

START_TEST(dribbling_requests_are_cut_off)
{
	struct harness h;
	harness_start_with(&h, true, short_patience);
	int fd = harness_connect(&h, NULL);
	const char *request = "GET / HTTP/1.1\r\nHost: localhost\r\nX-";
	harness_send(fd, request);
	/* a byte now and then is activity, and yet no request */
	struct buf got = {0};
	bool open = true;
	for (int i = 0; i < 200 && open; i++) {
		harness_send(fd, "a");
		char byte;
		usleep(20000);
		open = recv(fd, &byte, 1, MSG_DONTWAIT) < 0;
	}
	ck_assert(!open);
	buf_finish(&got);
	close(fd);
	harness_stop(&h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("web/live");
	TCase *tcase = tcase_create("live");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, ring_keeps_the_newest);
	tcase_add_test(tcase, ring_takes_odd_events);
	tcase_add_test(tcase, resumes_without_gap_or_duplicate);
	tcase_add_test(tcase, a_foreign_cursor_gets_a_reset);
	tcase_add_test(tcase, a_slow_client_is_told_and_holds_up_nobody);
	tcase_add_test(tcase, silence_is_broken_by_beats);
	tcase_add_test(tcase, streams_end_with_the_session_and_the_server);
	tcase_add_test(tcase, streams_are_counted);
	tcase_add_test(tcase, dribbling_requests_are_cut_off);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
