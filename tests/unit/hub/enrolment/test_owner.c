/* What the owner does with keys: the answers in JSON, the bounds, the QR text,
 * revoking and approving. */
#include <check.h>
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "desk_fixture.h"
#include "support/suite.h"

static int make(struct desk_fixture *f, const struct enrol_key_request *request, json_t **json_r)
{
	struct buf text = {0};
	int err = f->port.key_new(f->port.ctx, request, &text);
	if (err)
		ck_assert_uint_eq(text.len, 0);
	else
		*json_r = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	buf_finish(&text);
	return err;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

START_TEST(a_new_key_is_shown_once)
{
	struct desk_fixture f;
	json_t *key = NULL;
	fixture_create(&f);
	const struct enrol_key_request request = {.note = "Lamp \"1\"", .area = "Kök", .host = "Hub.Local", .by = "anna"};
	ck_assert_int_eq(make(&f, &request, &key), 0);
	struct enrol_qr qr;
	uint8_t parsed[ENROL_KEY_BYTES], psk[ENROL_PSK_BYTES], kid[ENROL_KID_BYTES];
	char hex[2 * ENROL_KID_BYTES + 1], event[128];
	ck_assert_int_eq(enrol_code_parse(span_str(text_of(key, "code")), parsed), 0);
	enrol_key_derive(parsed, psk, kid);
	str_to_hex(hex, kid, sizeof kid);
	ck_assert_str_eq(text_of(key, "kid"), hex);
	ck_assert_int_eq(enrol_qr_parse(span_str(text_of(key, "qr")), &qr), 0);
	ck_assert_mem_eq(qr.key, parsed, sizeof parsed);
	ck_assert_str_eq(qr.host, "hub.local");
	ck_assert_uint_eq(qr.port, 8080);
	ck_assert_int_eq(json_integer_value(json_object_get(key, "expires")), f.wall + 15 * 60 * 1000);
	ck_assert_str_eq(text_of(key, "note"), "Lamp \"1\"");
	ck_assert_str_eq(text_of(key, "area"), "Kök");
	ck_assert(json_is_false(json_object_get(key, "needs_approval")));
	ck_assert_uint_eq(json_object_size(key), 7);
	ck_assert_int_eq(str_format(event, sizeof event, "{\"kid\":\"%s\",\"state\":\"new\",\"device\":null}", hex), 0);
	ck_assert_str_eq(f.key_event, event);
	fixture_settle(&f);
	ck_assert_uint_gt(fixture_count_files_with(&f, span_str("key_created")), 0);
	ck_assert_uint_eq(fixture_count_files_with(&f, span_str(text_of(key, "code"))), 0);
	ck_assert_uint_eq(fixture_count_files_with(&f, span_of(parsed, sizeof parsed)), 0);
	json_decref(key);
	fixture_destroy(&f);
}
END_TEST

START_TEST(bounds_of_a_request)
{
	char longest[MODEL_NAME_SIZE], longer[MODEL_NAME_SIZE + 1];
	memset(longest, 'x', sizeof longest - 1);
	memset(longer, 'x', sizeof longer - 1);
	longest[sizeof longest - 1] = longer[sizeof longer - 1] = 0;
	const struct { struct enrol_key_request request; int err; bool approval; } cases[] = {
		{{.ttl_s = 60}, 0, false},
		{{.ttl_s = 3600}, 0, false},
		{{.ttl_s = 3601}, 0, true},
		{{.ttl_s = 86400}, 0, true},
		{{.note = longest, .area = longest}, 0, false},
		{{.ttl_s = 59}, ERR_INVALID, false},
		{{.ttl_s = 86401}, ERR_INVALID, false},
		{{.ttl_s = -1}, ERR_INVALID, false},
		{{.ttl_s = INT64_MAX}, ERR_INVALID, false},
		{{.note = longer}, ERR_INVALID, false},
		{{.area = longer}, ERR_INVALID, false},
		{{.note = "\xff"}, ERR_INVALID, false},
		{{.area = "\xc3"}, ERR_INVALID, false},
	};
	struct desk_fixture f;
	fixture_create(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *key = NULL;
		ck_assert_int_eq(make(&f, &cases[i].request, &key), cases[i].err);
		if (key)
			ck_assert_int_eq(json_is_true(json_object_get(key, "needs_approval")), cases[i].approval);
		json_decref(key);
	}
	fixture_destroy(&f);
}
END_TEST

START_TEST(the_host_in_the_qr_code)
{
	static const struct { const char *host, *expected; } cases[] = {
		{"192.0.2.5", "192.0.2.5"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"2001:DB8::1", "2001:db8::1"},
		/* none, or what cannot stand there: the first endpoint's */
		{"", "192.0.2.1"},
		{NULL, "192.0.2.1"},
		{"hub/evil", "192.0.2.1"},
		{"h ub", "192.0.2.1"},
		{"[]", "192.0.2.1"},
	};
	struct desk_fixture f;
	fixture_create(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct enrol_key_request request = {.host = cases[i].host};
		struct enrol_qr qr;
		json_t *key = NULL;
		ck_assert_int_eq(make(&f, &request, &key), 0);
		ck_assert_int_eq(enrol_qr_parse(span_str(text_of(key, "qr")), &qr), 0);
		ck_assert_str_eq(qr.host, cases[i].expected);
		json_decref(key);
	}
	fixture_destroy(&f);
}
END_TEST

START_TEST(sixty_four_live_keys_at_most)
{
	struct desk_fixture f;
	struct code code;
	const struct enrol_key_request request = {0};
	json_t *key = NULL;
	fixture_create(&f);
	for (int i = 0; i < 64; i++)
		code_make(&f, 0, "", &code);
	ck_assert_int_eq(make(&f, &request, &key), ERR_FULL);
	ck_assert_int_eq(f.port.key_revoke(f.port.ctx, code.kid), 0);
	code_make(&f, 0, "", &code);
	ck_assert_int_eq(make(&f, &request, &key), ERR_FULL);
	fixture_pass(&f, 16 * 60 * 1000);
	enrolment_tick(f.desk);
	code_make(&f, 0, "", &code);
	fixture_destroy(&f);
}
END_TEST

START_TEST(keys_are_listed_for_a_day_after_their_end)
{
	struct desk_fixture f;
	struct code older, newer;
	struct buf text = {0};
	fixture_create(&f);
	ck_assert_int_eq(f.port.keys(f.port.ctx, &text), 0);
	ck_assert_str_eq(buf_cstr(&text), "[]");
	code_make(&f, 0, "older", &older);
	fixture_pass(&f, 1);
	code_make(&f, 3600, "newer", &newer);
	text.len = 0;
	ck_assert_int_eq(f.port.keys(f.port.ctx, &text), 0);
	json_t *keys = json_loadb((const char *)text.data, text.len, 0, NULL);
	ck_assert_uint_eq(json_array_size(keys), 2);
	const json_t *first = json_array_get(keys, 0);
	ck_assert_str_eq(text_of(first, "note"), "newer");
	ck_assert_str_eq(text_of(first, "area"), "Kitchen");
	ck_assert_int_eq(json_integer_value(json_object_get(first, "created")), f.wall);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "expires")), f.wall + 3600000);
	ck_assert(json_is_null(json_object_get(first, "fingerprint")));
	ck_assert(json_is_null(json_object_get(first, "device")));
	ck_assert_uint_eq(json_object_size(first), 11);
	json_decref(keys);

	ck_assert_int_eq(f.port.key_revoke(f.port.ctx, older.kid), 0);
	fixture_pass(&f, 24 * 3600 * 1000);
	code_assert_state(&f, &older, "revoked");
	code_assert_state(&f, &newer, "new"); /* live in the store until a tick */
	fixture_pass(&f, 1);
	ck_assert_ptr_null(code_row(&f, &older));
	enrolment_tick(f.desk);
	fixture_settle(&f);
	code_assert_state(&f, &newer, "expired");
	buf_finish(&text);
	fixture_destroy(&f);
}
END_TEST

START_TEST(what_cannot_be_revoked_or_approved)
{
	static const char *const strange[] = {"", "0123", "0123456789abcdef", "0123456789abcdeg", "0123456789abcdef00"};
	struct desk_fixture f;
	struct code code;
	fixture_create(&f);
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
		ck_assert_int_eq(f.port.key_revoke(f.port.ctx, strange[i]), ERR_NOT_FOUND);
		ck_assert_int_eq(f.port.key_approve(f.port.ctx, strange[i]), ERR_NOT_FOUND);
	}
	code_make(&f, 0, "", &code);
	ck_assert_int_eq(f.port.key_revoke(f.port.ctx, code.kid), 0);
	ck_assert_int_eq(f.port.key_revoke(f.port.ctx, code.kid), ERR_STATE);
	ck_assert_int_eq(f.port.key_approve(f.port.ctx, code.kid), ERR_STATE);
	fixture_restart(&f);
	ck_assert_int_eq(f.port.key_revoke(f.port.ctx, code.kid), ERR_STATE);
	fixture_destroy(&f);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		a_new_key_is_shown_once,
		bounds_of_a_request,
		the_host_in_the_qr_code,
		sixty_four_live_keys_at_most,
		keys_are_listed_for_a_day_after_their_end,
		what_cannot_be_revoked_or_approved,
	};
	return suite_run("enrolment/owner", tests, sizeof tests / sizeof *tests);
}
