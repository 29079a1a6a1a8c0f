/* The server as a client meets it: pages, methods, gates, bodies, connections. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "harness.h"
#include "web/hosts.h"

static struct reply get(struct harness *h, const char *path, const char *headers)
{
	return harness_call(h, &(struct call){.method = "GET", .path = path, .headers = headers});
}

static void expect_get(struct harness *h, const char *path, int status)
{
	struct reply reply = get(h, path, NULL);
	ck_assert_msg(reply.status == status, "%s: %d instead of %d", path, reply.status, status);
	ck_assert_ptr_nonnull(reply_header(&reply, "Content-Security-Policy"));
	ck_assert_ptr_null(reply_header(&reply, "Server"));
	reply_finish(&reply);
}

START_TEST(serves_pages_and_assets)
{
	struct harness h;
	harness_start(&h, true);
	const char *pages[] = {"/", "/setup", "/login", "/devices/lamp", "/add", "/alerts", "/settings", "/explorer", "/explorer/broker"};
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct reply reply = get(&h, pages[i], NULL);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_ptr_nonnull(strstr(reply.body, "<title>pages"));
		ck_assert_str_eq(reply_header(&reply, "Content-Type"), "text/html; charset=utf-8");
		ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "no-cache");
		reply_finish(&reply);
	}
	expect_get(&h, "/static/app.js", 200);
	const char *nowhere[] = {"/x", "/devices/", "/devices/a/b", "/static/", "/static/.hidden", "/static/app.jsx",
				 "/static/../setup-token", "/static/%2e%2e/setup-token", "/static/..%2fsetup-token",
				 "/../setup-token", "//etc/passwd", "/static/app.js%00.css", "/api/v1/nothing", "/api",
				 "/static/app.js.gz"};
	for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
		expect_get(&h, nowhere[i], 404);
	harness_stop(&h);
}
END_TEST

START_TEST(assets_are_cached_and_packed)
{
	struct harness h;
	harness_start(&h, true);
	struct reply plain = get(&h, "/static/app.js", NULL);
	ck_assert_str_eq(plain.body, "the plain script");
	char tag[64], headers[128];
	snprintf(tag, sizeof tag, "%s", reply_header(&plain, "ETag"));
	snprintf(headers, sizeof headers, "If-None-Match: \"x\", %s\r\n", tag);
	struct reply again = get(&h, "/static/app.js", headers);
	ck_assert_int_eq(again.status, 304);
	ck_assert_str_eq(again.body, "");
	struct reply packed = get(&h, "/static/app.js", "Accept-Encoding: br, gzip;q=0.5\r\n");
	ck_assert_str_eq(packed.body, "the packed script");
	ck_assert_str_eq(reply_header(&packed, "Content-Encoding"), "gzip");
	ck_assert_str_ne(reply_header(&packed, "ETag"), tag);
	struct reply refused = get(&h, "/static/app.js", "Accept-Encoding: gzip;q=0\r\n");
	ck_assert_str_eq(refused.body, "the plain script");
	struct reply vendor = get(&h, "/static/vendor/lib-1.2.css", NULL);
	ck_assert_str_eq(reply_header(&vendor, "Cache-Control"), "public, max-age=31536000, immutable");
	ck_assert_str_eq(reply_header(&vendor, "Content-Type"), "text/css; charset=utf-8");
	reply_finish(&plain);
	reply_finish(&again);
	reply_finish(&packed);
	reply_finish(&refused);
	reply_finish(&vendor);
	vendor = get(&h, "/static/vendor/lib.css", NULL); /* an upgrade must be seen */
	ck_assert_str_eq(reply_header(&vendor, "Cache-Control"), "no-cache");
	reply_finish(&vendor);
	harness_stop(&h);
}
END_TEST

static void expect(struct harness *h, const char *method, const char *path, int status, const char *allow)
{
	struct reply reply = harness_api(h, method, path, NULL, NULL);
	ck_assert_msg(reply.status == status, "%s %s: %d instead of %d", method, path, reply.status, status);
	const char *allowed = reply_header(&reply, "Allow");
	if (allow)
		ck_assert_str_eq(allowed, allow);
	else
		ck_assert_ptr_null(allowed);
	if (strcmp(method, "HEAD") == 0)
		ck_assert_str_eq(reply.body, "");
	reply_finish(&reply);
}

START_TEST(methods)
{
	struct harness h;
	harness_start(&h, true);
	expect(&h, "HEAD", "/", 200, NULL);
	expect(&h, "HEAD", "/ca.pem", 200, NULL);
	expect(&h, "HEAD", "/api/v1/live", 401, NULL);
	expect(&h, "POST", "/", 405, "GET, HEAD");
	expect(&h, "DELETE", "/static/app.js", 405, "GET, HEAD");
	expect(&h, "PUT", "/api/v1/devices/lamp", 405, "GET, HEAD, PATCH, DELETE");
	expect(&h, "BREW", "/api/v1/login", 405, "POST");
	expect(&h, "OPTIONS", "/api/v1/keys", 204, "GET, HEAD, POST");
	expect(&h, "POST", "/api/v1/nothing", 404, NULL);
	char cookie[80];
	harness_login(&h, "olga", cookie);
	struct reply head = harness_api(&h, "HEAD", "/api/v1/live", cookie, NULL);
	ck_assert_int_eq(head.status, 200); /* and the connection ends: no stream */
	reply_finish(&head);
	harness_stop(&h);
}
END_TEST

static int status_with(struct harness *h, const char *host, const char *headers, const char *body)
{
	struct reply reply = harness_call(h, &(struct call){.method = "POST", .path = "/api/v1/login", .host = host,
							     .headers = headers, .body = body});
	int status = reply.status;
	if (status >= 400)
		ck_assert_str_eq(reply_header(&reply, "Content-Type"), "application/problem+json");
	reply_finish(&reply);
	return status;
}

static void allow_more(struct web_config *config)
{
	config->hosts = "Hub.Example.org, other";
}

START_TEST(refuses_foreign_hosts_and_origins)
{
	struct harness h;
	harness_start_with(&h, true, allow_more);
	static const char body[] = "{\"name\":\"olga\",\"password\":\"password of olga\"}";
	static const char json[] = "X-Tomte: 1\r\nContent-Type: application/json\r\n";
	const char *ours[] = {"localhost", "LOCALHOST:8080", "192.0.2.7", "[::1]:8443", "abcdefghjk.tomte.home.arpa",
			      "hub.example.org", "other:8080", "localhost."};
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		ck_assert_msg(status_with(&h, ours[i], json, body) == 200, "%s", ours[i]);
	const char *foreign[] = {"evil.example", "localhost.evil.example", "1.2.3.4.evil.example", "example.org",
				 "x.abcdefghjk.tomte.home.arpa"};
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		ck_assert_int_eq(status_with(&h, foreign[i], json, body), 421);
	const char *malformed[] = {"", "[::1", "a b", "<script>", ":80"};
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
		ck_assert_int_eq(status_with(&h, malformed[i], json, body), 400);

	char headers[256];
	snprintf(headers, sizeof headers, "%sOrigin: http://127.0.0.1:%d\r\n", json, h.http_port);
	ck_assert_int_eq(status_with(&h, NULL, headers, body), 200);
	const char *origins[] = {"http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"};
	for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
		snprintf(headers, sizeof headers, "%sOrigin: %s\r\n", json, origins[i]);
		ck_assert_int_eq(status_with(&h, NULL, headers, body), 403);
	}
	ck_assert_int_eq(status_with(&h, NULL, "Content-Type: application/json\r\n", body), 403);
	ck_assert_int_eq(status_with(&h, NULL, "X-Tomte: 0\r\nContent-Type: application/json\r\n", body), 403);
	ck_assert_int_eq(status_with(&h, NULL, "X-Tomte: 1\r\nContent-Type: text/plain\r\n", body), 403);
	ck_assert_int_eq(status_with(&h, NULL, "X-Tomte: 1\r\n", body), 403);
	harness_stop(&h);
}
END_TEST

START_TEST(refuses_bad_bodies)
{
	struct harness h;
	harness_start(&h, true);
	static const char json[] = "X-Tomte: 1\r\nContent-Type: application/json; charset=utf-8\r\n";
	const char *bad[] = {"{", "[]", "null", "\"x\"", "{\"name\":\"a\",\"name\":\"b\"}", "{\"a\":\"\xff\"}", "{}x",
			     "{\"a\":1e999}", "{\"a\":\"\\u0000\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(status_with(&h, NULL, json, bad[i]) == 400, "%s", bad[i]);
	char deep[2048];
	memset(deep, '[', sizeof deep - 1);
	memcpy(deep, "{\"a\":", 5);
	deep[sizeof deep - 1] = 0;
	ck_assert_int_eq(status_with(&h, NULL, json, deep), 400);
	const char *incomplete[] = {"{}", "{\"name\":1,\"password\":\"x\"}", "{\"name\":\"olga\"}",
				    "{\"name\":\"a\\nb\",\"password\":\"x\"}"};
	for (size_t i = 0; i < sizeof incomplete / sizeof incomplete[0]; i++)
		ck_assert_int_eq(status_with(&h, NULL, json, incomplete[i]), 422);
	char *large = malloc(200001);
	memset(large, ' ', 200000);
	large[200000] = 0;
	ck_assert_int_eq(status_with(&h, NULL, json, large), 413);
	large[5000] = 0;
	ck_assert_int_eq(status_with(&h, NULL, json, large), 413);
	free(large);
	/* a body of unknown length that never ends is cut off */
	int fd = harness_connect(&h, NULL);
	harness_send(fd, "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nX-Tomte: 1\r\n"
			 "Transfer-Encoding: chunked\r\n\r\n");
	char chunk[4200];
	memset(chunk, 'x', sizeof chunk);
	memcpy(chunk, "1000\r\n", 6);
	memcpy(chunk + 6 + 4096, "\r\n", 3);
	for (int i = 0; i < 100; i++)
		harness_send(fd, chunk);
	struct reply cut = harness_receive(fd);
	ck_assert_int_eq(cut.status, 0);
	reply_finish(&cut);
	close(fd);
	harness_stop(&h);
}
END_TEST

START_TEST(keeps_100_connections_alive)
{
	struct harness h;
	harness_start(&h, true);
	enum { CONNECTIONS = 100 };
	int fds[CONNECTIONS];
	for (int i = 0; i < CONNECTIONS; i++)
		fds[i] = harness_connect(&h, NULL);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < CONNECTIONS; i++)
			harness_send(fds[i], "GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n");
		for (int i = 0; i < CONNECTIONS; i++) {
			struct buf got = {0};
			ck_assert(harness_wait_for(fds[i], &got, "Log in first"));
			buf_finish(&got);
		}
	}
	for (int i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	harness_stop(&h);
}
END_TEST

static void few(struct web_config *config)
{
	config->max_per_address = 3;
	config->count_loopback = true;
}

START_TEST(limits_connections_per_address)
{
	struct harness h;
	harness_start_with(&h, true, few);
	int fds[4];
	for (int i = 0; i < 4; i++) {
		fds[i] = harness_connect(&h, NULL);
		harness_send(fds[i], "GET /ca.pem HTTP/1.1\r\nHost: localhost\r\n\r\n");
		struct buf got = {0};
		ck_assert_int_eq(harness_wait_for(fds[i], &got, "END CERTIFICATE"), i < 3);
		buf_finish(&got);
	}
	ck_assert_uint_eq(web_stats_get(h.web).limit_address, 1);
	close(fds[0]); /* its place is free again, as soon as the server has seen the end */
	bool served = false;
	for (int i = 0; i < 100 && !served; i++) {
		int fd = harness_connect(&h, NULL);
		harness_send(fd, "GET /ca.pem HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		struct reply reply = harness_receive(fd);
		served = reply.status == 200;
		reply_finish(&reply);
		close(fd);
	}
	ck_assert(served);
	for (int i = 1; i < 4; i++)
		close(fds[i]);
	harness_stop(&h);
}
END_TEST

static void few_in_all(struct web_config *config)
{
	config->max_connections = 3;
	config->max_per_address = 1; /* of which this machine knows nothing */
}

START_TEST(limits_connections)
{
	struct harness h;
	harness_start_with(&h, true, few_in_all);
	int fds[5];
	for (int i = 0; i < 5; i++) {
		fds[i] = harness_connect(&h, NULL);
		harness_send(fds[i], "GET /ca.pem HTTP/1.1\r\nHost: localhost\r\n\r\n");
		struct buf got = {0};
		ck_assert_int_eq(harness_wait_for(fds[i], &got, "END CERTIFICATE"), i < 3);
		buf_finish(&got);
	}
	ck_assert_uint_eq(web_stats_get(h.web).limit_connections, 2);
	ck_assert_uint_eq(web_stats_get(h.web).limit_address, 0);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	harness_stop(&h);
}
END_TEST

static void everywhere(struct web_config *config)
{
	config->address = "*";
}

START_TEST(plain_http_from_others_leads_to_https)
{
	char address[64];
	hosts_primary_address("*", address, sizeof address);
	if (!address[0]) /* a machine with loopback only: nothing to test from */
		return;
	struct harness h;
	harness_start_with(&h, true, everywhere);
	struct call call = {.method = "GET", .path = "/login", .address = address, .host = address};
	struct reply page = harness_call(&h, &call);
	char link[128];
	snprintf(link, sizeof link, "href=\"https://%s:8443/\"", address);
	ck_assert_int_eq(page.status, 200);
	ck_assert_ptr_nonnull(strstr(page.body, link));
	call.path = "/api/v1/session";
	struct reply api = harness_call(&h, &call);
	ck_assert_int_eq(api.status, 403);
	call.path = "/ca.pem";
	struct reply ca = harness_call(&h, &call);
	ck_assert_ptr_nonnull(strstr(ca.body, "BEGIN CERTIFICATE"));
	call = (struct call){.method = "POST", .path = "/enrol/1", .address = address, .host = address, .body = "hello"};
	struct reply enrol = harness_call(&h, &call);
	ck_assert_int_eq(enrol.status, 200);
	ck_assert_str_eq(enrol.body, "hello");
	ck_assert_str_eq(h.last_enrol, address);
	reply_finish(&page);
	reply_finish(&api);
	reply_finish(&ca);
	reply_finish(&enrol);
	harness_stop(&h);
}
END_TEST

START_TEST(enrolment_says_little)
{
	struct harness h;
	harness_start(&h, true);
	static const struct {
		const char *message;
		int status;
	} cases[] = {{"fine", 200}, {"wrong", 403}, {"malformed", 400}, {"unapproved", 409}, {"again", 429}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reply reply = harness_call(&h, &(struct call){.method = "POST", .path = "/enrol/2",
								      .body = cases[i].message});
		ck_assert_int_eq(reply.status, cases[i].status);
		if (reply.status == 429)
			ck_assert_ptr_nonnull(reply_header(&reply, "Retry-After"));
		reply_finish(&reply);
	}
	harness_stop(&h);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("web/server");
	TCase *tcase = tcase_create("server");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, serves_pages_and_assets);
	tcase_add_test(tcase, assets_are_cached_and_packed);
	tcase_add_test(tcase, methods);
	tcase_add_test(tcase, refuses_foreign_hosts_and_origins);
	tcase_add_test(tcase, refuses_bad_bodies);
	tcase_add_test(tcase, keeps_100_connections_alive);
	tcase_add_test(tcase, limits_connections_per_address);
	tcase_add_test(tcase, limits_connections);
	tcase_add_test(tcase, plain_http_from_others_leads_to_https);
	tcase_add_test(tcase, enrolment_says_little);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
