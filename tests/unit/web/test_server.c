/* The server as a client meets it: pages, methods, gates, bodies, connections. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/str.h"
#include "harness.h"
#include "web/hosts.h"
#include "web/pages.h"

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
	const char *pages[] = {"/", "/setup", "/login", "/devices/lamp", "/add", "/add/other", "/alerts", "/charts", "/more", "/scenes", "/settings", "/settings/people", "/trust", "/explorer",
			       "/explorer/broker"};
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
				 "/static/app.js.gz", "/static/app.js.br"};
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
	struct reply tight = get(&h, "/static/app.js", "Accept-Encoding: gzip, deflate, br\r\n");
	ck_assert_str_eq(tight.body, "the tight script");
	ck_assert_str_eq(reply_header(&tight, "Content-Encoding"), "br");
	reply_finish(&tight);
	struct reply packed = get(&h, "/static/app.js", "Accept-Encoding: zstd, gzip;q=0.5\r\n");
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

/* The version that the pages of this hub name their files by. */
static void read_version(struct harness *h, char version_r[17])
{
	struct reply page = get(h, "/", NULL);
	const char *script = strstr(page.body, "<script src=\"/static/");
	ck_assert_ptr_nonnull(script);
	ck_assert_int_eq(sscanf(script, "<script src=\"/static/%16[0-9a-f]/app.js\"></script><img src=", version_r), 1);
	ck_assert_uint_eq(strlen(version_r), 16);
	char image[64];
	snprintf(image, sizeof image, "<img src=\"/static/%s/a.svg\">", version_r);
	ck_assert_ptr_nonnull(strstr(page.body, image));
	reply_finish(&page);
}

START_TEST(long_answers_are_compressed)
{
	struct harness h;
	harness_start(&h, true);
	struct reply plain = get(&h, "/ca.json", NULL);
	ck_assert_ptr_null(reply_header(&plain, "Content-Encoding"));
	const size_t len = strlen(plain.body);
	ck_assert_uint_gt(len, 1024);
	struct reply packed = get(&h, "/ca.json", "Accept-Encoding: br, gzip\r\n");
	ck_assert_str_eq(reply_header(&packed, "Content-Encoding"), "gzip");
	ck_assert_str_eq(reply_header(&packed, "Vary"), "Accept-Encoding");
	ck_assert_str_eq(reply_header(&packed, "Cache-Control"), "no-store");
	unsigned char *text = calloc(1, len + 2);
	z_stream z = {.next_in = (unsigned char *)packed.body, .avail_in = (uInt)(packed.raw.len - (size_t)(packed.body - (char *)packed.raw.data)),
		      .next_out = text, .avail_out = (uInt)len + 1};
	ck_assert_int_eq(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	ck_assert_str_eq((char *)text, plain.body);
	free(text);
	struct reply brief = get(&h, "/api/v1/session", "Accept-Encoding: gzip\r\n");
	ck_assert_ptr_null(reply_header(&brief, "Content-Encoding"));
	reply_finish(&plain);
	reply_finish(&packed);
	reply_finish(&brief);
	harness_stop(&h);
}
END_TEST

START_TEST(files_of_this_version_are_kept_for_ever)
{
	struct harness h;
	harness_start(&h, true);
	char version[17], path[80];
	read_version(&h, version);
	snprintf(path, sizeof path, "/static/%s/app.js", version);
	struct reply reply = get(&h, path, "Accept-Encoding: gzip\r\n");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply.body, "the packed script");
	ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "public, max-age=31536000, immutable");
	reply_finish(&reply);
	version[0] = version[0] == 'a' ? 'b' : 'a'; /* of another hub, or of before an upgrade */
	const char *names[] = {"app.js", "index.html", ""};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "/static/%s/%s", version, names[i]);
		expect_get(&h, path, 404);
	}
	harness_stop(&h);
}
END_TEST

START_TEST(another_content_is_another_version)
{
	struct harness h;
	harness_start(&h, true);
	char before[17], after[17], pages[128], message[256];
	read_version(&h, before);
	snprintf(pages, sizeof pages, "%s/pages", h.dir);
	struct pages *same, *other;
	ck_assert_int_eq(pages_create(pages, &same, message), 0);
	ck_assert_str_eq(pages_version(same), before);
	snprintf(message, sizeof message, "%s/app.js", pages);
	FILE *file = fopen(message, "a");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fputc(';', file), ';');
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(pages_create(pages, &other, message), 0);
	str_copy(after, sizeof after, pages_version(other));
	ck_assert_str_ne(after, before);
	pages_destroy(&same);
	pages_destroy(&other);
	harness_stop(&h);
}
END_TEST

START_TEST(the_service_worker_knows_its_version)
{
	struct harness h;
	harness_start(&h, true);
	char version[17], begin[64];
	read_version(&h, version);
	struct reply worker = get(&h, "/sw.js", NULL);
	ck_assert_int_eq(worker.status, 200);
	ck_assert_str_eq(reply_header(&worker, "Cache-Control"), "no-cache");
	ck_assert_str_eq(reply_header(&worker, "Content-Type"), "text/javascript; charset=utf-8");
	snprintf(begin, sizeof begin, "self.TOMTE = {\"version\":\"%s\",\"files\":[", version);
	ck_assert(strncmp(worker.body, begin, strlen(begin)) == 0);
	const char *in[] = {"\"app.js\"", "\"vendor/lib.css\"", "\"js/text.js\"", "\"/devices/{}\"", "]};\nwork();"};
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
		ck_assert_msg(strstr(worker.body, in[i]) != NULL, "%s is not in %s", in[i], worker.body);
	const char *out[] = {"sw.js", "text.en.js", "index.html", "app.js.gz", "app.js.br", ".hidden"};
	for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
		ck_assert_msg(strstr(worker.body, out[i]) == NULL, "%s is in %s", out[i], worker.body);
	reply_finish(&worker);
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
	const char *script = strstr(page.body, "/static/");
	char path[128];
	ck_assert_ptr_nonnull(script);
	snprintf(path, sizeof path, "%.*s/app.js", (int)strlen("/static/0123456789abcdef"), script);
	call.path = path; /* what the page is made of */
	struct reply asset = harness_call(&h, &call);
	ck_assert_str_eq(asset.body, "the plain script");
	call.path = "/ca.json";
	struct reply trust = harness_call(&h, &call);
	snprintf(link, sizeof link, "\"ca_url\":\"http://%s:8080/ca.pem\"", address);
	ck_assert_msg(strstr(trust.body, link) != NULL, "no %s in %s", link, trust.body);
	ck_assert_ptr_nonnull(strstr(trust.body, "<svg "));
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
	reply_finish(&asset);
	reply_finish(&trust);
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
	tcase_add_test(tcase, long_answers_are_compressed);
	tcase_add_test(tcase, files_of_this_version_are_kept_for_ever);
	tcase_add_test(tcase, another_content_is_another_version);
	tcase_add_test(tcase, the_service_worker_knows_its_version);
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
