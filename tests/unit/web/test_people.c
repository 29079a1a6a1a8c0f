/* People, their sessions and tokens: what the handlers do beyond letting the right ones in. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "harness.h"
#include "support/suite.h"
#include "web/limiter.h"

enum { ADAM = 2, VERA = 3 }; /* of the harness's accounts */

/* One call with a session; checks the status and answers the body as JSON (NULL: none). The caller's. */
static json_t *call(struct harness *h, const char *cookie, const char *line, const char *body, int status)
{
	char method[8], path[128];
	ck_assert_int_eq(sscanf(line, "%7s %127s", method, path), 2);
	struct reply reply = harness_api(h, method, path, cookie, body);
	ck_assert_msg(reply.status == status, "%s: %d instead of %d: %s", line, reply.status, status, reply.body);
	json_t *json = reply.body && reply.body[0] ? json_loads(reply.body, 0, NULL) : NULL;
	reply_finish(&reply);
	return json;
}

static void expect(struct harness *h, const char *cookie, const char *line, const char *body, int status)
{
	json_decref(call(h, cookie, line, body, status));
}

static struct reply with_token(struct harness *h, const char *token, const char *method, const char *path, const char *from)
{
	char headers[256];
	snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", token);
	return harness_call(h, &(struct call){.method = method, .path = path, .headers = headers, .from = from});
}

static int status_with(struct harness *h, const char *token, const char *method, const char *path)
{
	struct reply reply = with_token(h, token, method, path, NULL);
	int status = reply.status;
	reply_finish(&reply);
	return status;
}

/* ---- people ------------------------------------------------------------- */

START_TEST(an_owner_adds_people)
{
	struct harness h;
	char olga[80];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	json_t *gus = call(&h, olga, "POST /api/v1/users",
			   "{\"name\":\"gus\",\"password\":\"password of gus\",\"role\":\"guest\",\"rooms\":[\"Hall\",\"Attic\",\"Hall\"]}", 201);
	ck_assert_str_eq(json_string_value(json_object_get(gus, "role")), "guest");
	ck_assert_uint_eq(json_array_size(json_object_get(gus, "rooms")), 2);
	ck_assert(json_is_true(json_object_get(gus, "must_change")));
	json_decref(gus);
	static const struct {
		const char *body, *field;
		int status;
	} wrong[] = {
		{"{\"name\":\"Gus\",\"password\":\"password of gus\",\"role\":\"adult\"}", "name", 409},
		{"{\"name\":\" x\",\"password\":\"12345678\",\"role\":\"adult\"}", "name", 422},
		{"{\"name\":\"x\",\"password\":\"1234567\",\"role\":\"adult\"}", "password", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\",\"role\":\"king\"}", "role", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\"}", "role", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\",\"role\":\"adult\",\"rooms\":[\"Hall\"]}", "rooms", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\",\"role\":\"guest\",\"rooms\":[\"a\\nb\"]}", "rooms", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\",\"role\":\"guest\",\"rooms\":\"Hall\"}", "rooms", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\",\"role\":\"guest\",\"rooms\":[7]}", "rooms", 422},
		{"{\"name\":\"x\",\"password\":\"12345678\",\"role\":\"adult\",\"must_change\":1}", "must_change", 422},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		json_t *problem = call(&h, olga, "POST /api/v1/users", wrong[i].body, wrong[i].status);
		ck_assert_str_eq(json_string_value(json_object_get(problem, "field")), wrong[i].field);
		json_decref(problem);
	}
	json_t *all = call(&h, olga, "GET /api/v1/users", NULL, 200);
	ck_assert_uint_eq(json_array_size(json_object_get(all, "users")), 4);
	ck_assert(json_is_null(json_object_get(json_array_get(json_object_get(all, "users"), 0), "rooms")));
	json_decref(all);
	harness_stop(&h);
}
END_TEST

START_TEST(roles_and_rooms_change)
{
	struct harness h;
	char olga[80], vera[80];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	harness_login(&h, "vera", vera);
	expect(&h, vera, "POST /api/v1/devices/lamp/entities/light/command", "{\"value\":1}", 403);
	expect(&h, olga, "PATCH /api/v1/users/3", "{\"role\":\"adult\"}", 200);
	expect(&h, vera, "POST /api/v1/devices/lamp/entities/light/command", "{\"value\":1}", 202); /* with the session she had */
	expect(&h, olga, "PATCH /api/v1/users/3", "{\"rooms\":[\"Hall\"]}", 422);
	json_t *user = call(&h, olga, "PATCH /api/v1/users/3", "{\"role\":\"guest\",\"rooms\":[\"Cellar\"]}", 200);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(user, "rooms"), 0)), "Cellar");
	json_decref(user);
	expect(&h, vera, "GET /api/v1/devices/lamp", NULL, 404);
	expect(&h, olga, "PATCH /api/v1/users/3", "{\"rooms\":[\"Hall\"]}", 200);
	expect(&h, vera, "GET /api/v1/devices/lamp", NULL, 200);
	expect(&h, olga, "PATCH /api/v1/users/3", "{\"role\":\"viewer\"}", 200);
	user = call(&h, olga, "PATCH /api/v1/users/3", "{\"role\":\"guest\"}", 200);
	ck_assert_uint_eq(json_array_size(json_object_get(user, "rooms")), 0); /* none came back */
	json_decref(user);
	expect(&h, olga, "PATCH /api/v1/users/3", "{\"name\":\"Vera of the hall\"}", 200);
	json_t *who = call(&h, vera, "GET /api/v1/session", NULL, 200);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(who, "user"), "name")), "Vera of the hall");
	json_decref(who);
	expect(&h, olga, "PATCH /api/v1/users/3", "{\"name\":\"ADAM\"}", 409);
	expect(&h, olga, "PATCH /api/v1/users/99", "{}", 404);
	expect(&h, olga, "PATCH /api/v1/users/x", "{}", 404);
	harness_stop(&h);
}
END_TEST

START_TEST(one_owner_remains)
{
	struct harness h;
	char olga[80];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	json_t *problem = call(&h, olga, "PATCH /api/v1/users/1", "{\"role\":\"adult\"}", 409);
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(problem, "detail")), "only owner"));
	json_decref(problem);
	expect(&h, olga, "DELETE /api/v1/users/1", NULL, 409);
	expect(&h, olga, "PATCH /api/v1/users/2", "{\"role\":\"owner\"}", 200);
	expect(&h, olga, "DELETE /api/v1/users/1", NULL, 204);
	expect(&h, olga, "GET /api/v1/session", NULL, 401); /* her session went with her */
	harness_stop(&h);
}
END_TEST

START_TEST(a_password_of_others_is_changed_first)
{
	struct harness h;
	char olga[80], vera[80];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	harness_login(&h, "vera", vera);
	json_t *token = call(&h, vera, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"read\"}", 201);
	expect(&h, olga, "PUT /api/v1/users/3/password", "{\"password\":\"given by olga\"}", 204);
	expect(&h, vera, "GET /api/v1/session", NULL, 401);
	ck_assert_int_eq(status_with(&h, json_string_value(json_object_get(token, "token")), "GET", "/api/v1/devices"), 401);
	json_decref(token);

	struct reply reply = harness_api(&h, "POST", "/api/v1/login", NULL, "{\"name\":\"vera\",\"password\":\"given by olga\"}");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_nonnull(strstr(reply.body, "\"must_change\":true"));
	const char *cookie = reply_header(&reply, "Set-Cookie");
	ck_assert_int_eq(str_copy_span(vera, sizeof vera, span_of(cookie, strcspn(cookie, ";"))), 0);
	reply_finish(&reply);
	expect(&h, vera, "GET /api/v1/devices", NULL, 403);
	expect(&h, vera, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"read\"}", 403);
	expect(&h, vera, "POST /api/v1/password", "{\"old\":\"given by olga\",\"new\":\"given by olga\"}", 422);
	expect(&h, vera, "POST /api/v1/password", "{\"old\":\"given by olga\",\"new\":\"chosen by vera\"}", 204);
	expect(&h, vera, "GET /api/v1/devices", NULL, 200);
	expect(&h, olga, "PUT /api/v1/users/1/password", "{\"password\":\"without the old\"}", 409);
	harness_stop(&h);
}
END_TEST

/* ---- sessions ------------------------------------------------------------ */

START_TEST(sessions_are_listed_and_ended)
{
	struct harness h;
	char here[80], there[80], third[80], adam[80], line[128];
	harness_start(&h, true);
	harness_login(&h, "vera", here);
	harness_login(&h, "vera", there);
	harness_login(&h, "vera", third);
	harness_login(&h, "adam", adam);
	json_t *answer = call(&h, here, "GET /api/v1/sessions", NULL, 200), *list = json_object_get(answer, "sessions"), *one;
	ck_assert_uint_eq(json_array_size(list), 3);
	const char *other = NULL;
	size_t i, current = 0;
	json_array_foreach(list, i, one) {
		ck_assert_str_eq(json_string_value(json_object_get(one, "address")), "127.0.0.1");
		if (json_is_true(json_object_get(one, "current")))
			current++;
		else
			other = json_string_value(json_object_get(one, "id"));
	}
	ck_assert_uint_eq(current, 1);
	snprintf(line, sizeof line, "DELETE /api/v1/sessions/%s", other);
	expect(&h, adam, line, NULL, 404); /* not his */
	expect(&h, here, line, NULL, 204);
	expect(&h, here, line, NULL, 404);
	expect(&h, here, "DELETE /api/v1/sessions/x", NULL, 404);
	json_decref(answer);
	answer = call(&h, here, "GET /api/v1/sessions", NULL, 200);
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "sessions")), 2);
	json_decref(answer);
	expect(&h, here, "DELETE /api/v1/sessions", NULL, 204);
	expect(&h, here, "GET /api/v1/devices", NULL, 200);
	expect(&h, there, "GET /api/v1/devices", NULL, 401);
	expect(&h, third, "GET /api/v1/devices", NULL, 401);
	expect(&h, adam, "GET /api/v1/devices", NULL, 200);
	harness_stop(&h);
}
END_TEST

/* ---- tokens -------------------------------------------------------------- */

START_TEST(a_token_is_shown_once_and_works_until_revoked)
{
	struct harness h;
	char adam[80], vera[80], line[64];
	harness_start(&h, true);
	harness_login(&h, "adam", adam);
	harness_login(&h, "vera", vera);
	json_t *made = call(&h, adam, "POST /api/v1/tokens", "{\"name\":\"wall panel\",\"scope\":\"control\",\"days\":30}", 201);
	const char *token = json_string_value(json_object_get(made, "token"));
	ck_assert(strncmp(token, "tomte_", 6) == 0 && strlen(token) == 46);
	ck_assert_int_eq(json_integer_value(json_object_get(made, "expires")) - json_integer_value(json_object_get(made, "created")), 30LL * 86400000);
	ck_assert(json_is_null(json_object_get(made, "used")));
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices"), 200);
	ck_assert_int_eq(status_with(&h, token, "POST", "/api/v1/logout"), 403);
	ck_assert_int_eq(store_setting_put(h.store, "x", span_str("x"), NULL), 0); /* what was noted before is on the disk */
	struct reply list = harness_api(&h, "GET", "/api/v1/tokens", adam, NULL);
	ck_assert_ptr_null(strstr(list.body, token));
	ck_assert_ptr_null(strstr(list.body, token + 6));
	ck_assert_ptr_nonnull(strstr(list.body, "\"name\":\"wall panel\",\"scope\":\"control\""));
	ck_assert_ptr_null(strstr(list.body, "\"used\":null")); /* its use was noted */
	reply_finish(&list);
	snprintf(line, sizeof line, "DELETE /api/v1/tokens/%lld", (long long)json_integer_value(json_object_get(made, "id")));
	expect(&h, vera, line, NULL, 404);
	expect(&h, adam, line, NULL, 204);
	expect(&h, adam, line, NULL, 404);
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices"), 401);
	json_decref(made);
	harness_stop(&h);
}
END_TEST

START_TEST(a_token_is_never_more_than_its_owner)
{
	struct harness h;
	char olga[80], adam[80];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	harness_login(&h, "adam", adam);
	expect(&h, adam, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"admin\"}", 422);
	json_t *made = call(&h, adam, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"control\"}", 201);
	const char *token = json_string_value(json_object_get(made, "token"));
	ck_assert_int_eq(status_with(&h, token, "POST", "/api/v1/devices/lamp/entities/light/command"), 422); /* it lacks a value */
	expect(&h, olga, "PATCH /api/v1/users/2", "{\"role\":\"viewer\"}", 200);
	ck_assert_int_eq(status_with(&h, token, "POST", "/api/v1/devices/lamp/entities/light/command"), 403);
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices/lamp"), 200);
	expect(&h, olga, "PATCH /api/v1/users/2", "{\"role\":\"guest\",\"rooms\":[\"Cellar\"]}", 200);
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices/lamp"), 404);
	json_t *all = call(&h, olga, "GET /api/v1/tokens?all=1", NULL, 200);
	ck_assert_uint_eq(json_array_size(json_object_get(all, "tokens")), 1);
	json_decref(all);
	expect(&h, adam, "GET /api/v1/tokens?all=1", NULL, 403);
	expect(&h, olga, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"read\",\"account\":2}", 403);
	expect(&h, olga, "DELETE /api/v1/users/2", NULL, 204);
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices/lamp"), 401);
	json_decref(made);
	harness_stop(&h);
}
END_TEST

START_TEST(tokens_end_and_are_asked_for_properly)
{
	struct harness h;
	char vera[80];
	harness_start(&h, true);
	harness_login(&h, "vera", vera);
	static const char *const wrong[] = {"{\"name\":\"\",\"scope\":\"read\"}", "{\"name\":\"x\"}", "{\"name\":\"x\",\"scope\":\"all\"}",
					    "{\"name\":\"x\",\"scope\":\"read\",\"days\":0}", "{\"name\":\"x\",\"scope\":\"read\",\"days\":3651}",
					    "{\"name\":\"x\",\"scope\":\"read\",\"days\":\"1\"}"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		expect(&h, vera, "POST /api/v1/tokens", wrong[i], 422);
	for (int i = 0; i < TOKENS_MAX; i++)
		expect(&h, vera, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"read\",\"days\":null}", 201);
	expect(&h, vera, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"read\"}", 409);
	/* the socket makes tokens for an account */
	struct reply reply = harness_call(&h, &(struct call){.method = "POST", .path = "/api/v1/tokens", .local = true,
							     .headers = "Content-Type: application/json\r\n",
							     .body = "{\"account\":2,\"name\":\"x\",\"scope\":\"control\"}"});
	ck_assert_int_eq(reply.status, 201);
	json_t *made = json_loads(reply.body, 0, NULL);
	reply_finish(&reply);
	ck_assert_int_eq(json_integer_value(json_object_get(made, "account")), ADAM);
	const char *token = json_string_value(json_object_get(made, "token"));
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices"), 200);
	json_decref(made);
	harness_stop(&h);
}
END_TEST

START_TEST(an_expired_token_is_nobodys)
{
	struct harness h;
	harness_start(&h, true);
	struct api_token t = {.account = VERA, .name = "x", .created_at = {1}, .expires_at = {clock_wall().ms - 1}};
	/* BLAKE2b-256 of the token, as web/bearer.h has it, made by another program */
	ck_assert_int_eq(str_from_hex("147740aa5afbeb497ae4aad3f88e4c4adf3082419c2ad74f5627e151f968e397", t.token_hash, 32), 0);
	int64_t id;
	ck_assert_int_eq(store_token_add(h.store, &t, &id), 0);
	ck_assert_int_eq(status_with(&h, "tomte_0000000000000000000000000000000000000000", "GET", "/api/v1/devices"), 401);
	/* with time left the same one works: it was the time */
	ck_assert_int_eq(store_token_remove(h.store, id), 0);
	t.expires_at.ms += 3600000;
	ck_assert_int_eq(store_token_add(h.store, &t, NULL), 0);
	ck_assert_int_eq(status_with(&h, "tomte_0000000000000000000000000000000000000000", "GET", "/api/v1/devices"), 200);
	harness_stop(&h);
}
END_TEST

START_TEST(wrong_tokens_are_limited_and_shut_nobody_out)
{
	struct harness h;
	char vera[80];
	harness_start(&h, true);
	harness_login(&h, "vera", vera);
	json_t *made = call(&h, vera, "POST /api/v1/tokens", "{\"name\":\"x\",\"scope\":\"read\"}", 201);
	const char *token = json_string_value(json_object_get(made, "token"));
	int denied = 0, limited = 0;
	for (int i = 0; i < 4 * LIMITER_BURST; i++) {
		struct reply reply = with_token(&h, "tomte_wrong", "GET", "/api/v1/devices", NULL);
		denied += reply.status == 401;
		limited += reply.status == 429;
		if (reply.status == 429)
			ck_assert_int_ge(atoi(reply_header(&reply, "Retry-After")), 1);
		reply_finish(&reply);
	}
	ck_assert_int_eq(denied + limited, 4 * LIMITER_BURST);
	ck_assert_int_ge(denied, LIMITER_BURST);
	ck_assert_int_ge(limited, LIMITER_BURST);
	ck_assert_int_eq(status_with(&h, token, "GET", "/api/v1/devices"), 200);
	char again[80];
	harness_login(&h, "vera", again); /* and passwords have a limit of their own */
	json_decref(made);
	harness_stop(&h);
}
END_TEST

START_TEST(a_token_beats_the_cookie_beside_it)
{
	struct harness h;
	char olga[80], headers[256];
	harness_start(&h, true);
	harness_login(&h, "olga", olga);
	static const char *const tokens[] = {"tomte_wrong", "", "x"};
	for (size_t i = 0; i < 3; i++) {
		snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\nCookie: %s\r\n", tokens[i], olga);
		struct reply reply = harness_call(&h, &(struct call){.method = "DELETE", .path = "/api/v1/devices/lamp", .headers = headers});
		ck_assert_int_eq(reply.status, 401);
		reply_finish(&reply);
	}
	ck_assert_int_eq(h.erased, 0);
	harness_stop(&h);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_owner_adds_people,
		roles_and_rooms_change,
		one_owner_remains,
		a_password_of_others_is_changed_first,
		sessions_are_listed_and_ended,
		a_token_is_shown_once_and_works_until_revoked,
		a_token_is_never_more_than_its_owner,
		tokens_end_and_are_asked_for_properly,
		an_expired_token_is_nobodys,
		wrong_tokens_are_limited_and_shut_nobody_out,
		a_token_beats_the_cookie_beside_it,
	};
	return suite_run("web/people", tests, sizeof tests / sizeof tests[0]);
}
