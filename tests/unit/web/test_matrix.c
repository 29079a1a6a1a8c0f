/* The matrix: every route with every kind of caller, against the table of samples. A route without a row fails it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "harness.h"
#include "samples.h"
#include "support/suite.h"
#include "web/bearer.h"

/* Who the callers are. */
static const struct {
	const char *title, *name; /* name: of the account; NULL: none */
	int scope;                /* of the token, -1: a session */
} callers[] = {
	[NOBODY] = {"nobody", NULL, -1},
	[VIEWER] = {"viewer", "vera", -1},
	[GUEST_INSIDE] = {"guest of the hall", "hanna", -1},
	[GUEST_OUTSIDE] = {"guest of the cellar", "curt", -1},
	[ADULT] = {"adult", "adam", -1},
	[OWNER] = {"owner", "olga", -1},
	[LOCAL] = {"local socket", NULL, -1},
	[TOKEN_OF_READ] = {"token that reads", "olga", TOKEN_READ},
	[TOKEN_OF_CONTROL] = {"token that controls", "olga", TOKEN_CONTROL},
	[TOKEN_OF_ADMIN] = {"token of an admin", "olga", TOKEN_ADMIN},
	[TOKEN_OF_VIEWER] = {"admin token of a viewer", "vera", TOKEN_ADMIN},
	[TOKEN_OF_GUEST] = {"admin token of the cellar's guest", "curt", TOKEN_ADMIN},
	[TOKEN_WRONG] = {"wrong token", NULL, -1},
	[MUST_CHANGE] = {"owner with another's password", "mona", -1},
	[CROSS] = {"owner's cookie from elsewhere", "olga", -1},
	[FORM] = {"owner's cookie in a form", "olga", -1},
};

struct matrix {
	struct harness h;
	char tokens[WHO_COUNT][BEARER_CHARS + 1];
	int64_t spares; /* made so far */
};

static int64_t account_of(struct harness *h, const char *name)
{
	struct account a;
	ck_assert_int_eq(store_account_by_name(h->store, name, &a), 0);
	return a.id;
}

static void make_tokens(struct matrix *m)
{
	for (enum who who = 0; who < WHO_COUNT; who++) {
		if (callers[who].scope < 0)
			continue;
		struct api_token t = {.account = account_of(&m->h, callers[who].name), .name = "sample",
				      .scope = (enum token_scope)callers[who].scope};
		bearer_make(m->tokens[who], t.token_hash);
		ck_assert_int_eq(store_token_add(m->h.store, &t, NULL), 0);
	}
	uint8_t unknown[32];
	bearer_make(m->tokens[TOKEN_WRONG], unknown);
}

static void start(struct matrix *m)
{
	static const bool yes = true;
	*m = (struct matrix){0};
	harness_start(&m->h, true);
	harness_device(&m->h, "lamp", "Hall", 1);
	harness_account(&m->h, "hanna", ROLE_GUEST, "Hall");
	harness_account(&m->h, "curt", ROLE_GUEST, "Cellar");
	int64_t mona = harness_account(&m->h, "mona", ROLE_OWNER, NULL);
	ck_assert_int_eq(store_account_change(m->h.store, mona, &(struct account_change){.must_change = &yes}), 0);
	make_tokens(m);
}

static int64_t make_user(struct matrix *m)
{
	char name[32];
	str_format(name, sizeof name, "spare %lld", (long long)m->spares);
	return harness_account(&m->h, name, ROLE_VIEWER, NULL);
}

/* Its id are the hash's first 16 bytes: the number. */
static void make_session(struct matrix *m, int64_t account)
{
	struct web_session w = {.account = account, .created_at = clock_wall(), .used_at = clock_wall()};
	for (int i = 0; i < 8; i++)
		w.token_hash[15 - i] = (uint8_t)(m->spares >> (8 * i));
	ck_assert_int_eq(store_session_put(m->h.store, &w, NULL), 0);
}

static int64_t make_token(struct matrix *m, int64_t account)
{
	struct api_token t = {.account = account, .name = "spare"};
	int64_t id;
	memcpy(t.token_hash, &m->spares, sizeof m->spares);
	ck_assert_int_eq(store_token_add(m->h.store, &t, &id), 0);
	return id;
}

/* Copies text; its "%lld" becomes the number, or that in 32 hexadecimal digits. */
static void fill_in(const char *text, bool hex, int64_t number, char text_r[128])
{
	char digits[40];
	const char *place = strstr(text, "%lld");
	if (hex)
		str_format(digits, sizeof digits, "%032llx", (unsigned long long)number);
	else
		str_format(digits, sizeof digits, "%lld", (long long)number);
	if (place)
		str_format(text_r, 128, "%.*s%s%s", (int)(place - text), text, digits, place + 4);
	else
		str_copy(text_r, 128, text);
}

/* Writes the sample's path, with what it is about made. */
static void write_path(struct matrix *m, const struct sample_call *sample, enum who who, char path_r[128])
{
	int64_t account = account_of(&m->h, callers[who].name ? callers[who].name : "olga"), id = ++m->spares;
	if (sample->spare == SPARE_USER)
		id = make_user(m);
	else if (sample->spare == SPARE_SESSION)
		make_session(m, account);
	else if (sample->spare == SPARE_TOKEN)
		id = make_token(m, account);
	fill_in(sample->path, sample->spare == SPARE_SESSION, id, path_r);
}

static void write_headers(struct matrix *m, const struct route *route, enum who who, char headers_r[512])
{
	char cookie[80] = "", who_line[160] = "";
	if (m->tokens[who][0])
		str_format(who_line, sizeof who_line, "Authorization: Bearer %s\r\n", m->tokens[who]);
	else if (callers[who].name)
		harness_login(&m->h, callers[who].name, cookie);
	if (cookie[0])
		str_format(who_line, sizeof who_line, "Cookie: %s\r\n", cookie);
	/* a token needs no header of ours, a form cannot send it */
	const char *ours = m->tokens[who][0] || who == FORM ? "" : "X-Tomte: 1\r\n";
	const char *origin = who == CROSS ? "Origin: https://elsewhere.example\r\n" : "";
	str_format(headers_r, 512, "%s%s%sContent-Type: application/%s\r\n", ours, origin, who_line,
		   route->flags & ROUTE_UPLOAD ? "octet-stream" : "json");
}

static int call_as(struct matrix *m, const struct route *route, const struct sample_call *sample, enum who who)
{
	char path[128], headers[512], body[128], from[32];
	write_path(m, sample, who, path);
	write_headers(m, route, who, headers);
	if (sample->body)
		fill_in(sample->body, false, m->spares, body);
	/* wrong tokens of one address are soon answered 429: test_tokens.c's to see */
	str_format(from, sizeof from, "127.0.%d.%d", who + 1, (int)(m->spares % 200) + 1);
	bool live = strcmp(route->path, "/api/v1/live") == 0; /* a HEAD is judged like a GET, and ends */
	struct reply reply = harness_call(&m->h, &(struct call){.method = live ? "HEAD" : route->method, .path = path, .headers = headers,
								.body = sample->body ? body : NULL, .local = who == LOCAL, .from = from});
	int status = reply.status;
	if (status == 401 && !live) /* nothing is revealed */
		ck_assert(strstr(reply.body, "Log in first.") || strstr(reply.body, "The name or the password is wrong.") ||
			  strstr(reply.body, "This token is not valid"));
	if (status == 401 && who == TOKEN_WRONG)
		ck_assert_str_eq(reply_header(&reply, "WWW-Authenticate"), "Bearer error=\"invalid_token\"");
	bool kept = strstr(route->path, "/points") || strstr(route->path, "/timeline") || strstr(route->path, "/openapi");
	ck_assert_str_eq(reply_header(&reply, "Cache-Control"), kept && status == 200 ? "no-cache" : "no-store");
	reply_finish(&reply);
	return status;
}

START_TEST(every_route_with_every_caller)
{
	struct matrix m;
	size_t count, wrong = 0;
	start(&m);
	const struct route *routes = routes_all(&count);
	ck_assert_uint_eq(count, sample_count());
	for (size_t i = 0; i < count; i++)
		for (enum who who = 0; who < WHO_COUNT; who++) {
			const struct sample_call *sample = sample_of(&routes[i]);
			int status = call_as(&m, &routes[i], sample, who);
			if (status == sample->status[who])
				continue;
			wrong++;
			fprintf(stderr, "%s %s as %s: %d instead of %d\n", routes[i].method, routes[i].path, callers[who].title, status,
				sample->status[who]);
		}
	harness_stop(&m.h);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(before_set_up_nothing_answers)
{
	struct harness h;
	size_t count;
	harness_start(&h, false);
	const struct route *routes = routes_all(&count);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(routes[i].path, "/api/", 5) != 0 || strcmp(routes[i].path, "/api/v1/setup") == 0)
			continue;
		const struct sample_call *sample = sample_of(&routes[i]);
		char headers[128];
		str_format(headers, sizeof headers, "X-Tomte: 1\r\nContent-Type: application/%s\r\n",
			   routes[i].flags & ROUTE_UPLOAD ? "octet-stream" : "json");
		struct reply reply = harness_call(&h, &(struct call){.method = routes[i].method, .path = sample->path, .headers = headers,
								     .body = sample->body});
		ck_assert_msg(reply.status == 401, "%s %s: %d", routes[i].method, routes[i].path, reply.status);
		reply_finish(&reply);
	}
	harness_stop(&h);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_route_with_every_caller, before_set_up_nothing_answers};
	return suite_run("web/matrix", tests, sizeof tests / sizeof tests[0]);
}
