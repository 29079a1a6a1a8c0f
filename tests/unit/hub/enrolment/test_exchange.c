/* The exchange over a real store, with lib/enrol's device side: who gets
 * credentials, who is refused, and what a lost message, a second device, a
 * limit or a restart does to it. */
#include <check.h>
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "desk_fixture.h"
#include "support/suite.h"

static const char lamp_meta[] = "{\"name\":\"lamp\",\"model\":\"Lamp 3000\",\"manufacturer\":\"Acme\","
				"\"sw_version\":\"1.2\",\"mac\":\"02:00:00:00:00:01\"}";

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct device_record stored(struct desk_fixture *f, const char *id)
{
	struct device_record record;
	ck_assert_int_eq(store_device_get(f->store, id, &record), 0);
	device_record_finish(&record);
	return record;
}

START_TEST(a_device_gets_its_credentials)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "Köksbord lampa", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);

	json_t *body = device_body(&d);
	char root[64];
	ck_assert_uint_eq(strlen(d.token), 64);
	ck_assert_int_eq(strncmp(d.id, "koksbord-lampa-", 15), 0);
	ck_assert_str_eq(text_of(body, "user"), d.id);
	ck_assert_str_eq(text_of(body, "ca"), "-----BEGIN CERTIFICATE-----\nMII\n");
	ck_assert_str_eq(text_of(body, "hub_id"), "abcdefghjk");
	ck_assert_int_eq(str_format(root, sizeof root, "tomte/%s", d.id), 0);
	ck_assert_str_eq(text_of(body, "topic_root"), root);
	const json_t *list = json_object_get(body, "endpoints");
	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_str_eq(json_string_value(json_array_get(list, 0)), "mqtts://192.0.2.1:8883");
	ck_assert_int_eq(json_integer_value(json_object_get(body, "time")), f.wall);
	json_decref(body);

	ck_assert_uint_eq(f.enrolments, 1);
	ck_assert_str_eq(f.enrolled, d.id);
	device_assert_stored(&f, &d);
	struct device_record record = stored(&f, d.id);
	ck_assert_str_eq(record.name, "Köksbord lampa");
	ck_assert_str_eq(record.area, "Kitchen");
	ck_assert_str_eq(record.model, "Lamp 3000");
	ck_assert_str_eq(record.manufacturer, "Acme");
	ck_assert_str_eq(record.sw_version, "1.2");
	ck_assert_int_eq(record.enrolled_at.ms, f.wall);
	uint8_t secret[64], public[32];
	crypto_sign_seed_keypair(public, secret, d.seed);
	ck_assert_mem_eq(record.identity, public, 32);

	char event[128];
	ck_assert_int_eq(str_format(event, sizeof event, "{\"kid\":\"%s\",\"state\":\"claimed\",\"device\":\"%s\"}", code.kid,
				    d.id), 0);
	ck_assert_str_eq(f.key_event, event);
	code_assert_state(&f, &code, "claimed");
	ck_assert_uint_eq(fixture_count_files_with(&f, span_str(d.token)), 0);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(without_a_note_the_device_names_itself)
{
	static const struct { const char *meta, *slug, *name; } cases[] = {
		{lamp_meta, "lamp-", "lamp"},
		{"{\"model\":\"Lamp 3000\"}", "lamp-3000-", "Lamp 3000"},
		{"", "device-", NULL},
		{"{\"name\":7,\"model\":null}", "device-", NULL},
	};
	struct desk_fixture f;
	fixture_create(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct code code;
		struct device d;
		code_make(&f, 0, "", &code);
		device_init(&d, cases[i].meta);
		ck_assert_int_eq(device_join(&f, &d, &code), 0);
		ck_assert_int_eq(strncmp(d.id, cases[i].slug, strlen(cases[i].slug)), 0);
		ck_assert_uint_eq(strlen(d.id), strlen(cases[i].slug) + 6);
		ck_assert_str_eq(stored(&f, d.id).name, cases[i].name ? cases[i].name : d.id);
		device_finish(&d);
	}
	fixture_destroy(&f);
}
END_TEST

START_TEST(the_first_login_burns_the_key)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	ck_assert_uint_gt(fixture_count_files_with(&f, span_of(code.psk, sizeof code.psk)), 0);
	enrolment_bound(f.desk, "another-device");
	fixture_settle(&f);
	code_assert_state(&f, &code, "claimed");

	enrolment_bound(f.desk, d.id);
	ck_assert_ptr_nonnull(strstr(f.key_event, "\"bound\""));
	fixture_settle(&f);
	code_assert_state(&f, &code, "bound");
	ck_assert_uint_eq(fixture_count_files_with(&f, span_of(code.psk, sizeof code.psk)), 0);

	/* nobody uses it again, not even the same device, nor after a restart */
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_DENIED);
	fixture_restart(&f);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_DENIED);
	size_t events = f.key_events;
	enrolment_bound(f.desk, d.id);
	ck_assert_uint_eq(f.key_events, events);
	device_assert_stored(&f, &d);
	ck_assert_uint_gt(fixture_count_files_with(&f, span_str("key_bound")), 0);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_lost_answer_only_repeats_the_exchange)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	char id[MODEL_ID_SIZE], token[65];
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	memcpy(id, d.id, sizeof id);
	memcpy(token, d.token, sizeof token);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(device_join(&f, &d, &code), 0);
		ck_assert_str_eq(d.id, id);
		ck_assert_str_ne(d.token, token);
		device_assert_stored(&f, &d); /* the new token is the one that counts */
	}
	ck_assert_uint_eq(f.alerts, 0);
	ck_assert_uint_eq(f.enrolments, 4);
	ck_assert_uint_eq(f.key_events, 2); /* new, claimed */
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(replays_are_worth_nothing)
{
	struct desk_fixture f;
	struct code code;
	struct device d, other;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	struct buf reply = {0};
	ck_assert_int_eq(f.port.step2(f.port.ctx, "x", span_of(d.m3, d.m3_len), &reply), ERR_NOT_FOUND);
	/* a recorded M1 gets an answer, but the recorded M3 does not fit to it */
	ck_assert_int_eq(f.port.step1(f.port.ctx, "x", span_of(d.m1, sizeof d.m1), &reply), 0);
	uint8_t m3[sizeof d.m3];
	memcpy(m3, d.m3, d.m3_len);
	memcpy(m3 + 4, reply.data + 4, T1_SID_BYTES);
	struct buf none = {0};
	ck_assert_int_eq(f.port.step2(f.port.ctx, "x", span_of(m3, d.m3_len), &none), ERR_CRYPTO);
	ck_assert_uint_eq(none.len, 0);
	buf_finish(&none);
	buf_finish(&reply);
	device_assert_stored(&f, &d); /* its token is still good */
	ck_assert_uint_eq(f.enrolments, 1);

	/* a forged M3 does not end the exchange of the genuine one */
	device_init(&other, lamp_meta);
	code_make(&f, 0, "lamp", &code);
	fixture_pass(&f, 2000);
	ck_assert_int_eq(device_begin(&f, &other, &code), 0);
	for (size_t i = 12; i < other.m3_len; i += 17) {
		other.m3[i] ^= 1;
		ck_assert_int_eq(device_end(&f, &other), ERR_CRYPTO);
		other.m3[i] ^= 1;
	}
	ck_assert_int_eq(device_end(&f, &other), 0);
	device_finish(&d);
	device_finish(&other);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_second_device_is_refused_and_told)
{
	struct desk_fixture f;
	struct code code;
	struct device first, second;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&first, lamp_meta);
	device_init(&second, lamp_meta);
	second.address = "192.0.2.66";
	ck_assert_int_eq(device_join(&f, &first, &code), 0);
	ck_assert_int_eq(device_join(&f, &second, &code), ERR_DENIED);
	ck_assert_uint_eq(f.alerts, 1);
	ck_assert_ptr_nonnull(strstr(f.alert, "192.0.2.66"));
	ck_assert_ptr_null(strstr(f.alert, first.id)); /* alerts outlive erased devices */
	ck_assert_int_eq(device_join(&f, &second, &code), ERR_DENIED);
	ck_assert_uint_eq(f.alerts, 1); /* not for each try */
	fixture_pass(&f, 60000);
	ck_assert_int_eq(device_join(&f, &second, &code), ERR_DENIED);
	ck_assert_uint_eq(f.alerts, 2);
	ck_assert_uint_eq(f.enrolments, 1);
	device_assert_stored(&f, &first);
	ck_assert_int_eq(device_join(&f, &first, &code), 0);
	fixture_settle(&f);
	ck_assert_uint_gt(fixture_count_files_with(&f, span_str("key_refused")), 0);

	/* it does not get in after a restart either */
	fixture_restart(&f);
	ck_assert_int_eq(device_join(&f, &second, &code), ERR_DENIED);
	ck_assert_int_eq(device_join(&f, &first, &code), 0);
	device_finish(&first);
	device_finish(&second);
	fixture_destroy(&f);
}
END_TEST

START_TEST(of_two_exchanges_under_way_one_device_wins)
{
	struct desk_fixture f;
	struct code code;
	struct device a, b;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&a, lamp_meta);
	device_init(&b, lamp_meta);
	ck_assert_int_eq(device_begin(&f, &a, &code), 0);
	ck_assert_int_eq(device_begin(&f, &b, &code), 0);
	ck_assert_int_eq(device_end(&f, &b), 0);
	ck_assert_int_eq(device_end(&f, &a), ERR_DENIED);
	ck_assert_uint_eq(f.enrolments, 1);
	device_finish(&a);
	device_finish(&b);
	fixture_destroy(&f);
}
END_TEST

START_TEST(an_expired_key_is_refused)
{
	struct desk_fixture f;
	struct code code, other;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	fixture_pass(&f, 15 * 60 * 1000 - 1);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	fixture_pass(&f, 1); /* between M2 and M3, before any tick */
	ck_assert_int_eq(device_end(&f, &d), ERR_EXPIRED);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_EXPIRED);
	code_assert_state(&f, &code, "new");
	code_make(&f, 60, "other", &other);
	enrolment_tick(f.desk);
	ck_assert_ptr_nonnull(strstr(f.key_event, "\"expired\""));
	fixture_settle(&f);
	code_assert_state(&f, &code, "expired");
	code_assert_state(&f, &other, "new");
	ck_assert_uint_eq(fixture_count_files_with(&f, span_of(code.psk, sizeof code.psk)), 0);
	ck_assert_uint_gt(fixture_count_files_with(&f, span_of(other.psk, sizeof other.psk)), 0);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_EXPIRED);
	fixture_restart(&f);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_EXPIRED);
	ck_assert_uint_eq(f.enrolments, 0);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_revoked_key_is_refused)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	ck_assert_int_eq(f.port.key_revoke(f.port.ctx, code.kid), 0);
	ck_assert_ptr_nonnull(strstr(f.key_event, "\"revoked\""));
	code_assert_state(&f, &code, "revoked");
	ck_assert_uint_eq(fixture_count_files_with(&f, span_of(code.psk, sizeof code.psk)), 0);
	ck_assert_int_eq(device_end(&f, &d), ERR_NOT_FOUND); /* the exchange went with it */
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_DENIED);
	ck_assert_uint_eq(f.enrolments, 0);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(unknown_codes_and_malformed_messages)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	struct buf reply = {0};
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	struct code unknown = code;
	enrol_key_generate(unknown.key);
	ck_assert_int_eq(device_join(&f, &d, &unknown), ERR_NOT_FOUND);
	for (size_t len = 0; len < T1_M1_BYTES; len++)
		ck_assert_int_eq(f.port.step1(f.port.ctx, "x", span_of(d.m1, len), &reply), ERR_MALFORMED);
	memset(d.m3, 0xff, sizeof d.m3);
	for (size_t len = 0; len < 200; len++)
		ck_assert_int_eq(f.port.step2(f.port.ctx, "x", span_of(d.m3, len), &reply), ERR_MALFORMED);
	/* a share of low order */
	fixture_pass(&f, 1000);
	t1_device_m1(&d.t1, code.key, d.m1);
	memset(d.m1 + 12, 0, 32);
	ck_assert_int_eq(f.port.step1(f.port.ctx, "x", span_of(d.m1, sizeof d.m1), &reply), ERR_CRYPTO);
	ck_assert_uint_eq(reply.len, 0);
	/* an authentic device that describes itself badly */
	static const char *const bad[] = {"[]", "{", "{\"name\":\"\xff\"}", "{\"a\":1,\"a\":2}", "nonsense"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		d.meta = bad[i];
		ck_assert_int_eq(device_join(&f, &d, &code), ERR_MALFORMED);
	}
	code_assert_state(&f, &code, "new");
	buf_finish(&reply);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(long_lived_keys_await_an_approval)
{
	struct desk_fixture f;
	struct code code;
	struct device d, other;
	fixture_create(&f);
	code_make(&f, 3601, "lamp", &code);
	device_init(&d, lamp_meta);
	device_init(&other, lamp_meta);
	ck_assert_int_eq(f.port.key_approve(f.port.ctx, code.kid), ERR_STATE); /* whom? */
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(f.key_event, "\"claimed\",\"device\":null"));

	char fingerprint[ENROL_FINGERPRINT_SIZE];
	uint8_t secret[64], public[32];
	crypto_sign_seed_keypair(public, secret, d.seed);
	enrol_fingerprint(fingerprint, public);
	json_t *row = code_row(&f, &code);
	ck_assert_str_eq(text_of(row, "fingerprint"), fingerprint);
	ck_assert(json_is_true(json_object_get(row, "needs_approval")));
	ck_assert(json_is_false(json_object_get(row, "approved")));
	ck_assert(json_is_null(json_object_get(row, "device")));
	json_decref(row);

	size_t events = f.key_events;
	ck_assert_int_eq(device_end(&f, &d), ERR_BUSY); /* the same M3 again */
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_BUSY);
	ck_assert_uint_eq(f.key_events, events);
	ck_assert_uint_eq(f.enrolments, 0);
	ck_assert_int_eq(device_join(&f, &other, &code), ERR_DENIED);
	ck_assert_uint_eq(f.alerts, 1);
	fixture_restart(&f); /* the claim is remembered */
	ck_assert_int_eq(device_join(&f, &other, &code), ERR_DENIED);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_BUSY);

	ck_assert_int_eq(f.port.key_approve(f.port.ctx, code.kid), 0);
	ck_assert_int_eq(f.port.key_approve(f.port.ctx, code.kid), ERR_STATE);
	ck_assert_int_eq(device_join(&f, &other, &code), ERR_DENIED);
	d.m3[d.m3_len - 1] ^= 1; /* nobody else ends the exchange that waits */
	ck_assert_int_eq(device_end(&f, &d), ERR_CRYPTO);
	d.m3[d.m3_len - 1] ^= 1;
	ck_assert_int_eq(device_end(&f, &d), 0); /* the same M3 once more */
	device_assert_stored(&f, &d);
	ck_assert_int_eq(device_end(&f, &d), ERR_NOT_FOUND);
	fixture_restart(&f); /* the approval is remembered */
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	device_assert_stored(&f, &d);
	device_finish(&d);
	device_finish(&other);
	fixture_destroy(&f);
}
END_TEST

START_TEST(an_hour_needs_no_approval)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 3600, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(f.port.key_approve(f.port.ctx, code.kid), ERR_STATE);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	ck_assert_int_eq(f.port.key_approve(f.port.ctx, code.kid), ERR_STATE);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(five_a_second_in_all_two_from_one_address)
{
	static const char *const addresses[] = {"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2", "2001:db8::1",
						"2001:db8::2"};
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	for (size_t i = 0; i < 5; i++) {
		d.address = addresses[i];
		ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	}
	d.address = addresses[5]; /* the sixth in all */
	ck_assert_int_eq(device_begin(&f, &d, &code), ERR_AGAIN);
	fixture_pass(&f, 199);
	d.address = "192.0.2.3";
	ck_assert_int_eq(device_begin(&f, &d, &code), ERR_AGAIN);
	fixture_pass(&f, 1);
	d.address = "192.0.2.4";
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);

	fixture_pass(&f, 10000);
	d.address = "192.0.2.5";
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	ck_assert_int_eq(device_begin(&f, &d, &code), ERR_AGAIN);
	fixture_pass(&f, 500);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	ck_assert_int_eq(device_end(&f, &d), 0);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(nobody_can_lock_an_owner_out)
{
	struct desk_fixture f;
	struct code code;
	struct device d, stranger;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	device_init(&stranger, lamp_meta);
	/* many wrong codes from everywhere do not use up the turns of those who have one */
	struct code unknown = code;
	enrol_key_generate(unknown.key);
	for (unsigned i = 0; i < 300; i++) {
		char address[32];
		ck_assert_int_eq(str_format(address, sizeof address, "10.0.%u.%u", i / 250, i % 250), 0);
		stranger.address = address;
		ck_assert_int_eq(device_begin(&f, &stranger, &unknown), ERR_NOT_FOUND);
	}
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	/* nor do exchanges that are begun and left: the oldest go */
	fixture_pass(&f, 1000);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	for (int i = 0; i < 31; i++) {
		fixture_pass(&f, 500);
		ck_assert_int_eq(device_begin(&f, &stranger, &code), 0);
	}
	struct device late;
	device_init(&late, lamp_meta);
	late.address = "192.0.2.9";
	memcpy(late.seed, d.seed, sizeof d.seed);
	ck_assert_int_eq(device_begin(&f, &late, &code), 0);
	ck_assert_int_eq(device_end(&f, &late), 0);
	ck_assert_int_eq(device_end(&f, &d), ERR_NOT_FOUND);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	device_finish(&d);
	device_finish(&late);
	device_finish(&stranger);
	fixture_destroy(&f);
}
END_TEST

START_TEST(an_exchange_lasts_half_a_minute)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	fixture_pass(&f, 29999);
	enrolment_tick(f.desk);
	ck_assert_int_eq(device_end(&f, &d), 0);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	fixture_pass(&f, 30000);
	ck_assert_int_eq(device_end(&f, &d), ERR_NOT_FOUND);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_restart_between_the_steps)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0);
	fixture_restart(&f);
	ck_assert_int_eq(device_end(&f, &d), ERR_NOT_FOUND);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	char id[MODEL_ID_SIZE];
	memcpy(id, d.id, sizeof id);
	fixture_restart(&f); /* M4 got lost: the claim is still this device's */
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	ck_assert_str_eq(d.id, id);
	enrolment_bound(f.desk, d.id);
	fixture_settle(&f);
	code_assert_state(&f, &code, "bound");
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_device_that_is_being_erased_stays_out)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	struct device_record record;
	const bool revoked = true;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	char id[MODEL_ID_SIZE];
	memcpy(id, d.id, sizeof id);
	enrolment_bound(f.desk, id);
	ck_assert_int_eq(store_device_change(f.store, id, &(struct device_change){.revoked = &revoked}, NULL), 0);
	code_make(&f, 0, "Something else", &code);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_NOT_FOUND);
	code_assert_state(&f, &code, "new");
	ck_assert_int_eq(store_device_erase(f.store, id, NULL), 0);
	ck_assert_int_eq(device_join(&f, &d, &code), 0); /* it is a new one by now */
	ck_assert_str_ne(d.id, id);
	ck_assert_int_eq(store_device_get(f.store, id, &record), ERR_NOT_FOUND);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_device_that_joins_again_stays_itself)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	char id[MODEL_ID_SIZE], token[65];
	fixture_create(&f);
	code_make(&f, 0, "lamp", &code);
	device_init(&d, lamp_meta);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	enrolment_bound(f.desk, d.id);
	memcpy(id, d.id, sizeof id);
	memcpy(token, d.token, sizeof token);
	const struct device_change change = {.name = "Window", .area = "Attic", .discovery = "{\"dev\":1}"};
	ck_assert_int_eq(store_device_change(f.store, id, &change, NULL), 0);

	struct code second;
	code_make(&f, 0, "Something else", &second);
	d.meta = "{\"model\":\"Lamp 4000\",\"sw_version\":\"2.0\"}";
	ck_assert_int_eq(device_join(&f, &d, &second), 0);
	ck_assert_str_eq(d.id, id);
	ck_assert_str_ne(d.token, token);
	device_assert_stored(&f, &d);
	struct device_record record;
	ck_assert_int_eq(store_device_get(f.store, id, &record), 0);
	ck_assert_str_eq(record.name, "Window");
	ck_assert_str_eq(record.area, "Attic");
	ck_assert_str_eq(record.model, "Lamp 4000");
	ck_assert_str_eq(record.sw_version, "2.0");
	ck_assert_str_eq(record.discovery, "{\"dev\":1}");
	device_record_finish(&record);
	enrolment_bound(f.desk, id);
	fixture_settle(&f);
	code_assert_state(&f, &second, "bound");
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(two_codes_make_one_device_of_one_identity)
{
	struct desk_fixture f;
	struct code a, b;
	struct device first, again;
	fixture_create(&f);
	code_make(&f, 0, "lamp", &a);
	code_make(&f, 0, "lamp", &b);
	device_init(&first, lamp_meta);
	device_init(&again, lamp_meta);
	memcpy(again.seed, first.seed, sizeof first.seed);
	ck_assert_int_eq(device_join(&f, &first, &a), 0);
	ck_assert_int_eq(device_join(&f, &again, &b), 0);
	ck_assert_str_eq(first.id, again.id);
	enrolment_bound(f.desk, first.id); /* burns both: both were this device's */
	fixture_settle(&f);
	code_assert_state(&f, &a, "bound");
	code_assert_state(&f, &b, "bound");
	device_finish(&first);
	device_finish(&again);
	fixture_destroy(&f);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		a_device_gets_its_credentials,
		without_a_note_the_device_names_itself,
		the_first_login_burns_the_key,
		a_lost_answer_only_repeats_the_exchange,
		replays_are_worth_nothing,
		a_second_device_is_refused_and_told,
		of_two_exchanges_under_way_one_device_wins,
		an_expired_key_is_refused,
		a_revoked_key_is_refused,
		unknown_codes_and_malformed_messages,
		long_lived_keys_await_an_approval,
		an_hour_needs_no_approval,
		five_a_second_in_all_two_from_one_address,
		nobody_can_lock_an_owner_out,
		an_exchange_lasts_half_a_minute,
		a_restart_between_the_steps,
		a_device_that_is_being_erased_stays_out,
		a_device_that_joins_again_stays_itself,
		two_codes_make_one_device_of_one_identity,
	};
	return suite_run("enrolment/exchange", tests, sizeof tests / sizeof *tests);
}
