/* Large answers and large bodies: blocks made as the client takes them, uploads in a file; slow, vanishing
 * and forbidden clients, and the stop in between. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "harness.h"
#include "history/export.h"
#include "support/memory_history.h"
#include "support/suite.h"

enum { SAMPLES = 150000, SLOW = 8 };

static void fill(struct harness *h, int count)
{
	struct history_series series = {.device = "kitchen", .entity = "temperature", .unit = "°C"};
	int64_t id = memory_add_series(h->history, &series);
	size_t sorted;
	for (int i = 0; i < count; i++)
		memory_add_sample(h->history, id, 1714564800000 + i * 1000LL, 20 + i % 100 / 10.0);
	memory_samples(h->history, id, &sorted); /* pool threads only read */
}

static struct buf export_directly(struct harness *h)
{
	struct history_source source = memory_source(h->history);
	struct export_query q = {.to_ms = INT64_MAX / 4};
	struct history_export *export;
	struct buf text = {0};
	ck_assert_int_eq(history_export_create(&source, &q, &export), 0);
	for (size_t before = 1; text.len != before;) {
		before = text.len;
		ck_assert_int_eq(history_export_produce(export, 1 << 20, &text), 0);
	}
	history_export_destroy(&export);
	return text;
}

static void ask_for_export(struct harness *h, int fd, const char *cookie)
{
	char text[512];
	snprintf(text, sizeof text, "GET /api/v1/export HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nConnection: close\r\n\r\n",
		 h->http_port, cookie);
	harness_send(fd, text);
}

START_TEST(exports_block_by_block)
{
	struct harness h;
	char cookie[80];
	harness_start(&h, true);
	fill(&h, SAMPLES);
	harness_login(&h, "vera", cookie);
	struct buf wanted = export_directly(&h);
	ck_assert_uint_gt(wanted.len, 50 * 65536);
	h.history->scans = 0;
	struct reply reply = harness_api(&h, "GET", "/api/v1/series/1/export", cookie, NULL);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply_header(&reply, "Transfer-Encoding"), "chunked");
	ck_assert_str_eq(reply_header(&reply, "Content-Type"), "text/csv; charset=utf-8; header=present");
	const char *name = reply_header(&reply, "Content-Disposition");
	ck_assert_msg(strncmp(name, "attachment; filename=\"tomte-kitchen-temperature-2", 49) == 0, "%s", name);
	ck_assert_str_eq(reply.body, buf_cstr(&wanted));
	ck_assert_uint_ge(h.history->scans, wanted.len / (65536 + 4096));
	reply_finish(&reply);
	/* HEAD makes nothing */
	h.history->scans = 0;
	reply = harness_api(&h, "HEAD", "/api/v1/export", cookie, NULL);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_uint_eq(h.history->scans, 0);
	reply_finish(&reply);
	buf_finish(&wanted);
	harness_stop(&h);
}
END_TEST

START_TEST(slow_clients_hold_no_thread)
{
	struct harness h;
	char cookie[80];
	int fds[SLOW];
	harness_start(&h, true);
	fill(&h, SAMPLES);
	harness_login(&h, "vera", cookie);
	struct buf got = {0};
	for (int i = 0; i < SLOW; i++) { /* twice the pool; none reads on */
		fds[i] = harness_connect(&h, NULL);
		ask_for_export(&h, fds[i], cookie);
		got.len = 0;
		ck_assert(harness_wait_for(fds[i], &got, "time,series,unit,value"));
	}
	for (int i = 0; i < 20; i++) {
		struct reply reply = harness_api(&h, "GET", "/api/v1/devices", cookie, NULL);
		ck_assert_int_eq(reply.status, 200);
		reply_finish(&reply);
	}
	for (int i = 0; i < SLOW / 2; i++) /* some go away */
		close(fds[i]);
	struct reply reply = harness_receive(fds[SLOW - 1]); /* one takes the rest */
	ck_assert_uint_gt(reply.raw.len, 1000000);
	ck_assert_ptr_nonnull(strstr((char *)reply.raw.data + reply.raw.len - 5, "0\r\n\r\n"));
	reply_finish(&reply);
	harness_stop(&h); /* with the others at it */
	for (int i = SLOW / 2; i < SLOW; i++)
		close(fds[i]);
	buf_finish(&got);
}
END_TEST

START_TEST(a_stop_breaks_exports_off)
{
	struct harness h;
	char cookie[80];
	harness_start(&h, true);
	fill(&h, SAMPLES);
	harness_login(&h, "vera", cookie);
	int fd = harness_connect(&h, NULL), small = 4096;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	ask_for_export(&h, fd, cookie);
	struct buf got = {0};
	ck_assert(harness_wait_for(fd, &got, "time,series,unit,value"));
	web_stop(h.web);
	while (harness_wait_for(fd, &got, "no such text"))
		;
	ck_assert_ptr_null(strstr(buf_cstr(&got) + got.len - 5, "0\r\n\r\n"));
	close(fd);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

START_TEST(failures_are_seen)
{
	struct harness h;
	char cookie[80];
	harness_start(&h, true);
	fill(&h, SAMPLES);
	harness_login(&h, "vera", cookie);
	h.history->scan_fails_after = 1; /* at once: a problem */
	struct reply reply = harness_api(&h, "GET", "/api/v1/export", cookie, NULL);
	ck_assert_int_eq(reply.status, 500);
	ck_assert_str_eq(reply_header(&reply, "Content-Type"), "application/problem+json");
	reply_finish(&reply);
	h.history->scans = 0;
	h.history->scan_fails_after = 5; /* on the way: the last chunk is missing */
	int fd = harness_connect(&h, NULL);
	ask_for_export(&h, fd, cookie);
	struct buf got = {0};
	while (harness_wait_for(fd, &got, "no such text"))
		;
	ck_assert_uint_gt(got.len, 3 * 65536);
	ck_assert_ptr_null(strstr(buf_cstr(&got) + got.len - 5, "0\r\n\r\n"));
	close(fd);
	buf_finish(&got);
	harness_stop(&h);
}
END_TEST

/* ---- uploads ----------------------------------------------------------- */

static size_t count_uploads(const struct harness *h)
{
	size_t count = 0;
	DIR *dir = opendir(h->dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += strncmp(entry->d_name, "upload-", 7) == 0;
	closedir(dir);
	return count;
}

static struct reply upload(struct harness *h, const char *path, const char *cookie, const char *more, const char *body)
{
	char headers[256];
	snprintf(headers, sizeof headers, "X-Tomte: 1\r\nContent-Type: application/octet-stream\r\nCookie: %s\r\n%s", cookie, more);
	return harness_call(h, &(struct call){.method = "POST", .path = path, .headers = headers, .body = body});
}

START_TEST(uploads_go_through_a_file)
{
	struct harness h;
	char cookie[80], taken[128];
	harness_start(&h, true);
	harness_login(&h, "olga", cookie);
	size_t size = 5 * 1024 * 1024 + 123;
	char *body = malloc(size + 1);
	unsigned sum = 0;
	for (size_t i = 0; i < size; i++) {
		body[i] = (char)('a' + i % 23 + i / 65536 % 3);
		sum = sum * 31 + (uint8_t)body[i];
	}
	body[size] = 0;
	struct reply reply = upload(&h, "/api/v1/import?format=csv&series=kitchen/temp", cookie, "", body);
	ck_assert_int_eq(reply.status, 202);
	ck_assert_ptr_nonnull(strstr(reply.body, "\"state\":\"done\""));
	reply_finish(&reply);
	ck_assert_int_eq(h.import_bytes, (long)size);
	ck_assert_uint_eq(h.import_sum, sum);
	ck_assert_str_eq(h.import_said, "csv kitchen/temp by olga");
	ck_assert_uint_eq(count_uploads(&h), 0);
	/* a handler that keeps it */
	h.import_takes = true;
	reply = upload(&h, "/api/v1/import?format=homeassistant", cookie, "Expect: 100-continue\r\n", body);
	ck_assert_uint_eq(strncmp((char *)reply.raw.data, "HTTP/1.1 100", 12), 0);
	reply_finish(&reply);
	struct stat st;
	snprintf(taken, sizeof taken, "%s/taken", h.dir);
	ck_assert_int_eq(stat(taken, &st), 0);
	ck_assert_int_eq(st.st_size, (long)size);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_uint_eq(count_uploads(&h), 0);
	/* and those that end in nothing */
	h.import_err = ERR_BUSY;
	reply = upload(&h, "/api/v1/import?format=csv", cookie, "", "x");
	ck_assert_int_eq(reply.status, 409);
	reply_finish(&reply);
	reply = upload(&h, "/api/v1/import?format=odt", cookie, "", "x");
	ck_assert_int_eq(reply.status, 422);
	reply_finish(&reply);
	ck_assert_uint_eq(count_uploads(&h), 0);
	free(body);
	harness_stop(&h);
}
END_TEST

/* The answer to an upload whose body does not come: the head alone. */
static int judge(struct harness *h, const char *cookie, const char *headers)
{
	char text[640];
	int fd = harness_connect(h, NULL);
	snprintf(text, sizeof text,
		 "POST /api/v1/import?format=csv HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nContent-Length: 1000000\r\n"
		 "Expect: 100-continue\r\n%s\r\n", h->http_port, cookie, headers);
	harness_send(fd, text);
	struct buf got = {0};
	ck_assert(harness_wait_for(fd, &got, "\r\n\r\n"));
	int status = atoi(buf_cstr(&got) + strlen("HTTP/1.1 "));
	buf_finish(&got);
	close(fd);
	return status;
}

START_TEST(uploads_are_judged_before_they_come)
{
	struct harness h;
	char vera[80], olga[80];
	harness_start(&h, true);
	harness_login(&h, "vera", vera);
	harness_login(&h, "olga", olga);
	static const char good[] = "X-Tomte: 1\r\nContent-Type: application/octet-stream\r\n";
	ck_assert_int_eq(judge(&h, "", good), 401);
	ck_assert_int_eq(judge(&h, vera, good), 403);
	ck_assert_int_eq(judge(&h, olga, "Content-Type: application/octet-stream\r\n"), 403);
	ck_assert_int_eq(judge(&h, olga, "X-Tomte: 1\r\nContent-Type: text/plain\r\n"), 403);
	ck_assert_int_eq(judge(&h, olga, "X-Tomte: 1\r\nContent-Type: application/octet-stream\r\nOrigin: http://evil\r\n"), 403);
	ck_assert_int_eq(judge(&h, olga, good), 100);
	harness_stop(&h);
	ck_assert_int_eq(h.import_bytes, 0);
}
END_TEST

START_TEST(broken_uploads_leave_nothing)
{
	struct harness h;
	char olga[80], text[640];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	int fd = harness_connect(&h, NULL);
	snprintf(text, sizeof text,
		 "POST /api/v1/import?format=csv HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nX-Tomte: 1\r\n"
		 "Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n",
		 h.http_port, olga);
	harness_send(fd, text);
	struct buf got = {0};
	ck_assert(harness_wait_for(fd, &got, "100 Continue"));
	ck_assert_uint_eq(count_uploads(&h), 1);
	harness_send(fd, "half of it");
	close(fd);
	web_stop(h.web); /* it waits for what is on its way */
	web_destroy(&h.web);
	ck_assert_uint_eq(count_uploads(&h), 0);
	ck_assert_int_eq(h.import_bytes, 0);
	harness_stop(&h);
	buf_finish(&got);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {exports_block_by_block, slow_clients_hold_no_thread, a_stop_breaks_exports_off,
				      failures_are_seen, uploads_go_through_a_file, uploads_are_judged_before_they_come,
				      broken_uploads_leave_nothing};
	return suite_run("web/transfer", tests, sizeof tests / sizeof tests[0]);
}
