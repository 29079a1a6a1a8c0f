/* Home pages of people: each has the own, a guest only of what it sees, edits do not undo each other, and open pages hear of them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "harness.h"
#include "support/suite.h"

#define HOME "/api/v1/me/home"
static const char empty[] = "{\"favourites\":[],\"rooms\":[]}";
static const char arranged[] = "{\"favourites\":[{\"device\":\"heater\",\"entity\":\"power\"},{\"device\":\"lamp\",\"entity\":\"light\"}],"
			       "\"rooms\":[{\"area\":\"Hall\",\"cards\":[{\"device\":\"lamp\"},{\"device\":\"lamp\",\"entity\":\"light\"}]},"
			       "{\"area\":\"\",\"cards\":[]},{\"area\":\"Cellar\",\"cards\":[{\"device\":\"heater\"}]}]}";
static const char of_the_cellar[] = "{\"favourites\":[{\"device\":\"heater\",\"entity\":\"power\"}],"
				    "\"rooms\":[{\"area\":\"Cellar\",\"cards\":[{\"device\":\"heater\"}]}]}";

static void start(struct harness *h)
{
	harness_start(h, true);
	harness_device(h, "lamp", "Hall", 1);
	harness_device(h, "heater", "Cellar", 2);
}

static void expect(struct harness *h, const char *cookie, const char *want)
{
	struct reply reply = harness_api(h, "GET", HOME, cookie, NULL);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply.body, want);
	reply_finish(&reply);
}

/* Puts, with If-Match unless tag is NULL; tag_r, when not NULL, gets the new one. */
static void put(struct harness *h, const char *cookie, const char *tag, const char *body, int status, char tag_r[64])
{
	char headers[512];
	snprintf(headers, sizeof headers, "X-Tomte: 1\r\nContent-Type: application/json\r\nCookie: %s\r\n%s%s%s", cookie, tag ? "If-Match: " : "",
		 tag ? tag : "", tag ? "\r\n" : "");
	struct reply reply = harness_call(h, &(struct call){.method = "PUT", .path = HOME, .headers = headers, .body = body});
	ck_assert_msg(reply.status == status, "%d instead of %d: %s", reply.status, status, reply.body);
	if (tag_r)
		ck_assert_int_eq(str_copy(tag_r, 64, reply_header(&reply, "ETag")), 0);
	reply_finish(&reply);
}

START_TEST(each_has_the_own)
{
	struct harness h;
	char olga[80], vera[80];
	start(&h);
	harness_login(&h, "olga", olga);
	harness_login(&h, "vera", vera); /* a viewer arranges her page, too */
	expect(&h, olga, empty);
	put(&h, olga, NULL, arranged, 200, NULL);
	expect(&h, olga, arranged);
	expect(&h, vera, empty);
	put(&h, vera, NULL, of_the_cellar, 200, NULL);
	expect(&h, vera, of_the_cellar);
	expect(&h, olga, arranged);
	harness_stop(&h);
}
END_TEST

START_TEST(guests_get_what_they_see)
{
	struct harness h;
	char curt[80];
	start(&h);
	int64_t id = harness_account(&h, "curt", ROLE_GUEST, "Cellar");
	harness_login(&h, "curt", curt);
	put(&h, curt, NULL, arranged, 200, NULL);
	expect(&h, curt, of_the_cellar);
	/* who sees more for a while, and arranges that, has it no longer when it is over */
	struct rooms both = {0}, one = {0};
	ck_assert_int_eq(rooms_add(&both, span_str("Cellar")), 0);
	ck_assert_int_eq(rooms_add(&both, span_str("Hall")), 0);
	ck_assert_int_eq(rooms_add(&one, span_str("Cellar")), 0);
	ck_assert_int_eq(store_account_change(h.store, id, &(struct account_change){.rooms = &both}), 0);
	expect(&h, curt, of_the_cellar); /* nothing of the other room was kept from him */
	put(&h, curt, NULL, arranged, 200, NULL);
	ck_assert_int_eq(store_account_change(h.store, id, &(struct account_change){.rooms = &one}), 0);
	expect(&h, curt, of_the_cellar);
	harness_stop(&h);
}
END_TEST

START_TEST(an_edit_undoes_no_other)
{
	struct harness h;
	char olga[80], first[64], second[64];
	start(&h);
	harness_login(&h, "olga", olga);
	put(&h, olga, NULL, empty, 200, first);
	put(&h, olga, first, arranged, 200, second);
	ck_assert_str_ne(first, second);
	put(&h, olga, first, of_the_cellar, 412, NULL);
	expect(&h, olga, arranged);
	put(&h, olga, second, empty, 200, second);
	ck_assert_str_eq(first, second); /* it stands for what is there */
	harness_stop(&h);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const struct {
		const char *body, *field;
	} wrong[] = {
		{"{\"rooms\":[]}", "favourites"},
		{"{\"favourites\":[]}", "rooms"},
		{"{\"favourites\":{},\"rooms\":[]}", "favourites"},
		{"{\"favourites\":[7],\"rooms\":[]}", "favourites"},
		{"{\"favourites\":[{\"device\":\"lamp\"}],\"rooms\":[]}", "favourites"},
		{"{\"favourites\":[{\"device\":\"a/b\",\"entity\":\"light\"}],\"rooms\":[]}", "favourites"},
		{"{\"favourites\":[{\"device\":\"lamp\",\"entity\":\"\"}],\"rooms\":[]}", "favourites"},
		{"{\"favourites\":[],\"rooms\":[\"Hall\"]}", "rooms"},
		{"{\"favourites\":[],\"rooms\":[{\"area\":\"Hall\"}]}", "rooms"},
		{"{\"favourites\":[],\"rooms\":[{\"area\":7,\"cards\":[]}]}", "rooms"},
		{"{\"favourites\":[],\"rooms\":[{\"area\":\"a\\nb\",\"cards\":[]}]}", "rooms"},
		{"{\"favourites\":[],\"rooms\":[{\"area\":\"Hall\",\"cards\":[{\"device\":\"lamp\",\"entity\":null}]}]}", "rooms"},
		{"{\"favourites\":[],\"rooms\":[{\"area\":\"Hall\",\"cards\":[]},{\"area\":\"Hall\",\"cards\":[]}]}", "rooms"},
		{"{\"favourites\":[],\"rooms\":[{\"area\":\"Hall\",\"cards\":[{\"device\":\"lamp\"},{\"device\":\"lamp\"}]}]}", "rooms"},
	};
	struct harness h;
	char olga[80], member[64];
	start(&h);
	harness_login(&h, "olga", olga);
	put(&h, olga, NULL, arranged, 200, NULL);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct reply reply = harness_api(&h, "PUT", HOME, olga, wrong[i].body);
		ck_assert_msg(reply.status == 422, "%s: %d", wrong[i].body, reply.status);
		str_format(member, sizeof member, "\"field\":\"%s\"", wrong[i].field);
		ck_assert_msg(strstr(reply.body, member) != NULL, "%s: %s", wrong[i].body, reply.body);
		reply_finish(&reply);
	}
	struct buf many = {0};
	ck_assert_int_eq(buf_append_str(&many, "{\"rooms\":[],\"favourites\":[{\"device\":\"lamp\",\"entity\":\"e\"}"), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(buf_printf(&many, ",{\"device\":\"lamp\",\"entity\":\"e%d\"}", i), 0);
	ck_assert_int_eq(buf_append_str(&many, "]}"), 0);
	struct reply full = harness_api(&h, "PUT", HOME, olga, buf_cstr(&many));
	ck_assert_int_eq(full.status, 422);
	ck_assert_ptr_nonnull(strstr(full.body, "\"home_full\""));
	reply_finish(&full);
	buf_finish(&many);
	expect(&h, olga, arranged);
	harness_stop(&h);
}
END_TEST

static int follow(struct harness *h, const char *cookie, struct buf *got)
{
	char text[256];
	int fd = harness_connect(h, NULL);
	snprintf(text, sizeof text, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n", cookie);
	harness_send(fd, text);
	ck_assert(harness_wait_for(fd, got, "retry: 1000\n\n"));
	return fd;
}

START_TEST(the_persons_pages_are_told)
{
	struct harness h;
	char olga[80], adam[80], tag[64], event[128];
	struct buf hers = {0}, his = {0};
	start(&h);
	harness_login(&h, "olga", olga);
	harness_login(&h, "adam", adam);
	int page = follow(&h, olga, &hers), other = follow(&h, adam, &his);
	put(&h, olga, NULL, arranged, 200, tag);
	tag[strlen(tag) - 1] = 0; /* without its quotes, which JSON escapes */
	str_format(event, sizeof event, "event: home\ndata: {\"etag\":\"\\\"%s\\\"\"}\n\n", tag + 1);
	ck_assert(harness_wait_for(page, &hers, event));
	h.live.post(h.live.ctx, "device", "lamp", strdup("{\"of\":\"lamp\"}"));
	ck_assert(harness_wait_for(other, &his, "{\"of\":\"lamp\"}"));
	ck_assert_ptr_null(strstr(buf_cstr(&his), "event: home"));
	close(page);
	close(other);
	buf_finish(&hers);
	buf_finish(&his);
	harness_stop(&h);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_has_the_own, guests_get_what_they_see, an_edit_undoes_no_other, nonsense_is_refused, the_persons_pages_are_told,
	};
	return suite_run("web/home", tests, sizeof tests / sizeof tests[0]);
}
