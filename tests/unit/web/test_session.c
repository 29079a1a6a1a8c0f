/* Set-up, login, sessions and their limits. */
#include <check.h>
#include <curl/curl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "certificate.h"
#include "harness.h"
#include "web/limiter.h"

static int status_of(struct harness *h, const char *method, const char *path, const char *cookie, const char *body)
{
	struct reply reply = harness_api(h, method, path, cookie, body);
	int status = reply.status;
	reply_finish(&reply);
	return status;
}

static bool token_file(const struct harness *h, struct stat *st)
{
	char path[128];
	snprintf(path, sizeof path, "%s/setup-token", h->dir);
	return stat(path, st) == 0;
}

START_TEST(set_up_once_with_the_token)
{
	struct harness h;
	struct stat st;
	char body[256];
	harness_start(&h, false);
	ck_assert(token_file(&h, &st));
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_uint_eq(strlen(h.token), 32);

	struct reply link = harness_call(&h, &(struct call){.method = "GET", .path = "/api/v1/setup-link", .local = true});
	snprintf(body, sizeof body, "https://127.0.0.1:8443/setup#%s", h.token);
	ck_assert_ptr_nonnull(strstr(link.body, body));
	reply_finish(&link);

	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/setup", NULL,
				   "{\"token\":\"00000000000000000000000000000000\",\"name\":\"olga\",\"password\":\"long enough\"}"),
			 403);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/setup", NULL, "{}"), 403);
	snprintf(body, sizeof body, "{\"token\":\"%s\",\"name\":\"olga\",\"password\":\"short\"}", h.token);
	struct reply weak = harness_api(&h, "POST", "/api/v1/setup", NULL, body);
	ck_assert_int_eq(weak.status, 422);
	ck_assert_ptr_nonnull(strstr(weak.body, "\"field\":\"password\""));
	reply_finish(&weak);
	snprintf(body, sizeof body, "{\"token\":\"%s\",\"name\":\"\",\"password\":\"long enough\"}", h.token);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/setup", NULL, body), 422);
	ck_assert_int_eq(h.hashed, 0);

	snprintf(body, sizeof body, "{\"token\":\"%s\",\"name\":\"olga\",\"password\":\"long enough\"}", h.token);
	struct reply made = harness_api(&h, "POST", "/api/v1/setup", NULL, body);
	ck_assert_int_eq(made.status, 201);
	ck_assert_ptr_nonnull(strstr(made.body, "\"role\":\"owner\""));
	char cookie[80];
	const char *set = reply_header(&made, "Set-Cookie");
	str_copy_span(cookie, sizeof cookie, span_of(set, strcspn(set, ";")));
	reply_finish(&made);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", cookie, NULL), 200);
	ck_assert(!token_file(&h, &st));
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/setup", NULL, body), 409);
	harness_stop(&h);
}
END_TEST

START_TEST(sessions_end)
{
	struct harness h;
	harness_start(&h, true);
	char first[80], second[80], third[80];
	harness_login(&h, "olga", first);
	harness_login(&h, "olga", second);
	harness_login(&h, "olga", third);
	ck_assert_str_ne(first, second);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/logout", first, NULL), 204);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", first, NULL), 401);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", second, NULL), 200);

	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/password", second,
				   "{\"old\":\"wrong\",\"new\":\"something new\"}"), 401);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/password", second,
				   "{\"old\":\"password of olga\",\"new\":\"short\"}"), 422);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/password", second,
				   "{\"old\":\"password of olga\",\"new\":\"something new\"}"), 204);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", second, NULL), 200);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", third, NULL), 401);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/login", NULL,
				   "{\"name\":\"OLGA\",\"password\":\"something new\"}"), 200);
	harness_stop(&h);
}
END_TEST

static int status_of_session(struct harness *h, int64_t created_days, int64_t used_days)
{
	static const int64_t day_ms = 24LL * 60 * 60 * 1000;
	static char digit = '0';
	char cookie[80] = "tomte=";
	memset(cookie + 6, digit++, 64);
	cookie[70] = 0;
	int64_t now = clock_wall().ms;
	struct web_session session = {.account = 1, .created_at = {now - created_days * day_ms},
				      .used_at = {now - used_days * day_ms}};
	crypto_generichash(session.token_hash, 32, (const uint8_t *)cookie + 6, 64, NULL, 0);
	ck_assert_int_eq(store_session_put(h->store, &session, NULL), 0);
	return status_of(h, "GET", "/api/v1/devices", cookie, NULL);
}

START_TEST(sessions_expire)
{
	struct harness h;
	harness_start(&h, true);
	ck_assert_int_eq(status_of_session(&h, 100, 29), 200);
	ck_assert_int_eq(status_of_session(&h, 100, 31), 401);
	ck_assert_int_eq(status_of_session(&h, 179, 1), 200);
	ck_assert_int_eq(status_of_session(&h, 181, 1), 401);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", "tomte=x", NULL), 401);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", "__Host-tomte=0000", NULL), 401);
	harness_stop(&h);
}
END_TEST

START_TEST(guessing_is_slow_and_cheap)
{
	struct harness h;
	harness_start(&h, true);
	int denied = 0, refused = 0;
	for (int i = 0; i < 1000; i++) {
		/* unknown users cost the same and count the same */
		struct reply reply = harness_api(&h, "POST", "/api/v1/login", NULL,
						 i % 2 ? "{\"name\":\"olga\",\"password\":\"guess\"}"
						       : "{\"name\":\"nobody\",\"password\":\"guess\"}");
		denied += reply.status == 401;
		refused += reply.status == 429;
		if (reply.status == 429)
			ck_assert_int_ge(atoi(reply_header(&reply, "Retry-After")), 1);
		reply_finish(&reply);
	}
	ck_assert_int_eq(denied + refused, 1000);
	ck_assert_int_ge(h.verified, 2);
	ck_assert_int_le(h.verified, 20);
	harness_stop(&h);
}
END_TEST

START_TEST(guessing_the_token_is_slow)
{
	struct harness h;
	harness_start(&h, false);
	int wrong = 0, refused = 0;
	for (int i = 0; i < 50; i++) {
		int status = status_of(&h, "POST", "/api/v1/setup", NULL, "{\"token\":\"00000000000000000000000000000000\"}");
		wrong += status == 403;
		refused += status == 429;
	}
	ck_assert_int_eq(wrong + refused, 50);
	ck_assert_int_le(wrong, 20);
	harness_stop(&h);
}
END_TEST

START_TEST(a_busy_desk_is_no_wrong_password)
{
	struct harness h;
	harness_start(&h, true);
	static const char body[] = "{\"name\":\"olga\",\"password\":\"password of olga\"}";
	h.verify_err = ERR_BUSY;
	for (int i = 0; i < 30; i++) { /* more than the bucket holds */
		struct reply reply = harness_api(&h, "POST", "/api/v1/login", NULL, body);
		ck_assert_int_eq(reply.status, 429);
		ck_assert_ptr_nonnull(reply_header(&reply, "Retry-After"));
		reply_finish(&reply);
	}
	h.verify_err = 0;
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/login", NULL, body), 200);
	harness_stop(&h);
}
END_TEST

START_TEST(buckets_refill)
{
	struct limiter *limiter;
	ck_assert_int_eq(limiter_create(&limiter), 0);
	int taken = 0;
	for (int64_t ms = 1; ms <= 60000; ms += 60)
		taken += limiter_take(limiter, "192.0.2.1", (struct mono_ms){ms}) == 0;
	ck_assert_int_ge(taken, LIMITER_BURST);
	ck_assert_int_le(taken, 18);
	ck_assert_int_eq(limiter_take(limiter, "192.0.2.2", (struct mono_ms){60000}), 0);
	/* one /64 is one guesser */
	for (int i = 0; i < LIMITER_BURST; i++) {
		char address[64];
		snprintf(address, sizeof address, "2001:db8::%d", i + 1);
		ck_assert_int_eq(limiter_take(limiter, address, (struct mono_ms){60000}), 0);
	}
	ck_assert_int_gt(limiter_take(limiter, "2001:db8::ffff", (struct mono_ms){60000}), 0);
	ck_assert_int_eq(limiter_take(limiter, "2001:db8:0:1::1", (struct mono_ms){60000}), 0);
	limiter_give_back(limiter, "2001:db8::1", (struct mono_ms){60000});
	ck_assert_int_eq(limiter_take(limiter, "2001:db8::2", (struct mono_ms){60000}), 0);
	limiter_destroy(&limiter);
}
END_TEST

START_TEST(the_admin_sets_passwords)
{
	struct harness h;
	harness_start(&h, true);
	char cookie[80];
	harness_login(&h, "vera", cookie);
	struct call call = {.method = "PUT", .path = "/api/v1/users/3/password", .local = true,
			    .headers = "Content-Type: application/json\r\n", .body = "{\"password\":\"brand new one\"}"};
	struct reply set = harness_call(&h, &call);
	ck_assert_int_eq(set.status, 204);
	reply_finish(&set);
	ck_assert_int_eq(status_of(&h, "GET", "/api/v1/devices", cookie, NULL), 401);
	ck_assert_int_eq(status_of(&h, "POST", "/api/v1/login", NULL, "{\"name\":\"vera\",\"password\":\"brand new one\"}"),
			 200);
	call.path = "/api/v1/users/99/password";
	struct reply missing = harness_call(&h, &call);
	ck_assert_int_eq(missing.status, 404);
	reply_finish(&missing);
	harness_stop(&h);
}
END_TEST

/* ---- over TLS, with libcurl ------------------------------------------- */

static size_t keep(char *data, size_t size, size_t count, void *ctx)
{
	return buf_append(ctx, data, size * count) ? 0 : size * count;
}

static CURL *tls_client(struct harness *h, const char *ca, const char *path, struct buf *headers, struct buf *body)
{
	char url[128], file[128];
	snprintf(url, sizeof url, "https://127.0.0.1:%d%s", h->https_port, path);
	snprintf(file, sizeof file, "%s/ca.pem", h->dir);
	FILE *f = fopen(file, "w");
	fputs(ca, f);
	fclose(f);
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CAINFO, file);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
	return curl;
}

START_TEST(tls_cookie_and_certificate_reload)
{
	struct harness h;
	harness_start(&h, true);
	struct buf headers = {0}, body = {0};
	CURL *curl = tls_client(&h, buf_cstr(&h.certificate), "/api/v1/login", &headers, &body);
	struct curl_slist *lines = curl_slist_append(NULL, "X-Tomte: 1");
	lines = curl_slist_append(lines, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{\"name\":\"olga\",\"password\":\"password of olga\"}");
	ck_assert_int_eq(curl_easy_perform(curl), CURLE_OK);
	const char *cookie = strstr(buf_cstr(&headers), "Set-Cookie: __Host-tomte=");
	ck_assert_ptr_nonnull(cookie);
	ck_assert_ptr_nonnull(strstr(cookie, "; Path=/; Max-Age=15552000; HttpOnly; SameSite=Strict; Secure"));

	/* new connections see the new certificate; the open one goes on */
	struct buf certificate = {0}, key = {0};
	char message[256];
	certificate_make(&certificate, &key);
	ck_assert_int_eq(web_reload_certificate(h.web, span_str("nonsense"), span_str("nonsense"), message), ERR_MALFORMED);
	ck_assert_int_ne(message[0], 0);
	ck_assert_int_eq(web_reload_certificate(h.web, buf_span(&certificate), buf_span(&key), message), 0);
	ck_assert_int_eq(curl_easy_perform(curl), CURLE_OK);
	struct buf more = {0};
	CURL *fresh = tls_client(&h, buf_cstr(&certificate), "/ca.pem", &more, &more);
	ck_assert_int_eq(curl_easy_perform(fresh), CURLE_OK);
	CURL *stale = tls_client(&h, buf_cstr(&h.certificate), "/ca.pem", &more, &more);
	ck_assert_int_eq(curl_easy_perform(stale), CURLE_PEER_FAILED_VERIFICATION);
	curl_easy_cleanup(fresh);
	curl_easy_cleanup(stale);
	curl_easy_cleanup(curl);
	curl_slist_free_all(lines);
	buf_finish(&headers);
	buf_finish(&body);
	buf_finish(&more);
	buf_finish(&certificate);
	buf_finish(&key);
	harness_stop(&h);
}
END_TEST

int main(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	Suite *suite = suite_create("web/session");
	TCase *tcase = tcase_create("session");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, set_up_once_with_the_token);
	tcase_add_test(tcase, sessions_end);
	tcase_add_test(tcase, sessions_expire);
	tcase_add_test(tcase, guessing_is_slow_and_cheap);
	tcase_add_test(tcase, guessing_the_token_is_slow);
	tcase_add_test(tcase, a_busy_desk_is_no_wrong_password);
	tcase_add_test(tcase, buckets_refill);
	tcase_add_test(tcase, the_admin_sets_passwords);
	tcase_add_test(tcase, tls_cookie_and_certificate_reload);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
