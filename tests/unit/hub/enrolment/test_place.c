/* Keys for a device's place: other hardware takes it, the same renews its credentials, and whoever is not meant is refused. */
#include <check.h>
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "desk_fixture.h"
#include "support/suite.h"

static const char meta[] = "{\"name\":\"board\",\"model\":\"Board 2\",\"sw_version\":\"2.0\"}";

static struct device_record stored(struct desk_fixture *f, const char *id)
{
	struct device_record record;
	ck_assert_int_eq(store_device_get(f->store, id, &record), 0);
	device_record_finish(&record);
	return record;
}

/* A device that has joined with a code of its own. */
static void join(struct desk_fixture *f, struct device *d, const char *name)
{
	struct code code;
	code_make(f, 0, name, &code);
	device_init(d, meta);
	ck_assert_int_eq(device_join(f, d, &code), 0);
	enrolment_bound(f->desk, d->id);
}

static int place_key(struct desk_fixture *f, const char *device, struct code *code_r)
{
	const struct enrol_key_request request = {.note = "", .area = "", .replaces = device, .by = "anna"};
	struct buf text = {0};
	int err = f->port.key_new(f->port.ctx, &request, &text);
	json_t *key = err ? NULL : json_loadb((const char *)text.data, text.len, 0, NULL);
	if (key) {
		ck_assert_int_eq(str_copy(code_r->text, sizeof code_r->text, json_string_value(json_object_get(key, "code"))), 0);
		ck_assert_int_eq(str_copy(code_r->kid, sizeof code_r->kid, json_string_value(json_object_get(key, "kid"))), 0);
		ck_assert_int_eq(enrol_code_parse(span_str(code_r->text), code_r->key), 0);
		uint8_t kid[ENROL_KID_BYTES];
		enrol_key_derive(code_r->key, code_r->psk, kid);
	}
	json_decref(key);
	buf_finish(&text);
	return err;
}

START_TEST(other_hardware_takes_the_place)
{
	struct desk_fixture f;
	struct device old, fresh;
	struct code code;
	fixture_create(&f);
	join(&f, &old, "Shed");
	struct device_record before = stored(&f, old.id);
	ck_assert_int_eq(place_key(&f, old.id, &code), 0);
	device_init(&fresh, meta);
	ck_assert_int_eq(device_join(&f, &fresh, &code), 0);
	ck_assert_str_eq(fresh.id, old.id);
	ck_assert_str_ne(fresh.token, old.token);
	device_assert_stored(&f, &fresh);
	struct device_record after = stored(&f, old.id);
	ck_assert_str_eq(after.name, "Shed");
	ck_assert_str_eq(after.area, before.area);
	ck_assert_str_eq(after.sw_version, "2.0");
	ck_assert_mem_ne(after.identity, before.identity, sizeof after.identity);
	ck_assert(f.replaced);
	ck_assert_str_eq(f.moved, "");
	fixture_settle(&f);
	ck_assert_uint_gt(fixture_count_files_with(&f, span_str("device_replaced")), 0);

	/* A lost answer is asked for again: it is the same hardware by then. */
	ck_assert_int_eq(device_join(&f, &fresh, &code), 0);
	ck_assert(!f.replaced);
	device_assert_stored(&f, &fresh);
	enrolment_bound(f.desk, fresh.id);
	fixture_settle(&f);
	code_assert_state(&f, &code, "bound");

	/* The one before is a stranger from now on. */
	ck_assert_int_eq(device_begin(&f, &old, &code), ERR_DENIED);
	device_finish(&old);
	device_finish(&fresh);
	fixture_destroy(&f);
}
END_TEST

START_TEST(hardware_that_was_another_device_leaves_that)
{
	struct desk_fixture f;
	struct device shed, spare;
	struct code code;
	static const uint8_t nobody[32];
	fixture_create(&f);
	join(&f, &shed, "Shed");
	join(&f, &spare, "Spare");
	char spare_id[MODEL_ID_SIZE];
	memcpy(spare_id, spare.id, sizeof spare_id);
	struct device_record before = stored(&f, spare_id);
	ck_assert_int_eq(place_key(&f, shed.id, &code), 0);
	ck_assert_int_eq(device_join(&f, &spare, &code), 0);
	ck_assert_str_eq(spare.id, shed.id);
	ck_assert_str_eq(f.moved, spare_id);
	struct device_record left = stored(&f, spare_id);
	ck_assert_mem_eq(left.identity, nobody, sizeof nobody);
	ck_assert_mem_ne(left.token_hash, before.token_hash, sizeof left.token_hash);
	ck_assert_uint_eq(left.scram.iterations, 0);
	device_finish(&shed);
	device_finish(&spare);
	fixture_destroy(&f);
}
END_TEST

START_TEST(one_key_a_place)
{
	struct desk_fixture f;
	struct device d, other;
	struct code first, second;
	fixture_create(&f);
	join(&f, &d, "Shed");
	ck_assert_int_eq(place_key(&f, d.id, &first), 0);
	ck_assert_int_eq(place_key(&f, d.id, &second), 0);
	fixture_settle(&f);
	code_assert_state(&f, &first, "revoked");
	code_assert_state(&f, &second, "new");
	device_init(&other, meta);
	ck_assert_int_eq(device_begin(&f, &other, &first), ERR_DENIED);
	enrolment_device_revoked(f.desk, d.id);
	fixture_settle(&f);
	code_assert_state(&f, &second, "revoked");
	ck_assert_int_eq(place_key(&f, "nobody", &first), ERR_NOT_FOUND);
	ck_assert_int_eq(place_key(&f, "longer-than-any-id-of-a-device-can-be", &first), ERR_NOT_FOUND);
	device_finish(&d);
	device_finish(&other);
	fixture_destroy(&f);
}
END_TEST

START_TEST(no_place_is_taken_that_is_gone)
{
	struct desk_fixture f;
	struct device d, other;
	struct code code;
	struct device_record gone;
	fixture_create(&f);
	join(&f, &d, "Shed");
	ck_assert_int_eq(place_key(&f, d.id, &code), 0);
	device_init(&other, meta);
	ck_assert_int_eq(device_begin(&f, &other, &code), 0);
	ck_assert_int_eq(store_device_erase(f.store, d.id, NULL), 0);
	ck_assert_int_eq(device_end(&f, &other), ERR_NOT_FOUND);
	ck_assert_int_eq(store_device_get(f.store, d.id, &gone), ERR_NOT_FOUND);
	device_finish(&d);
	device_finish(&other);
	fixture_destroy(&f);
}
END_TEST

static int renew(struct desk_fixture *f, const char *device, struct code *code_r)
{
	struct enrol_qr qr;
	struct buf text = {0};
	int err = f->port.renew(f->port.ctx, device, "anna", &text);
	json_t *answer = err ? NULL : json_loadb((const char *)text.data, text.len, 0, NULL);
	if (answer) {
		uint8_t kid[ENROL_KID_BYTES];
		ck_assert_int_eq(str_copy(code_r->kid, sizeof code_r->kid, json_string_value(json_object_get(answer, "kid"))), 0);
		ck_assert_int_eq(enrol_qr_parse(span_str(f->order), &qr), 0);
		memcpy(code_r->key, qr.key, sizeof qr.key);
		enrol_key_derive(code_r->key, code_r->psk, kid);
		ck_assert_uint_eq(fixture_count_files_with(f, span_of(qr.key, sizeof qr.key)), 0);
	}
	json_decref(answer);
	buf_finish(&text);
	return err;
}

START_TEST(only_the_device_itself_renews)
{
	struct desk_fixture f;
	struct device d, thief;
	struct code code;
	fixture_create(&f);
	join(&f, &d, "Shed");
	ck_assert_int_eq(renew(&f, d.id, &code), 0);
	ck_assert_str_eq(f.ordered, d.id);
	device_init(&thief, meta);
	ck_assert_int_eq(device_join(&f, &thief, &code), ERR_DENIED);
	ck_assert_uint_eq(f.alerts, 1);
	code_assert_state(&f, &code, "new");

	fixture_pass(&f, 23 * 3600 * INT64_C(1000)); /* it was without power for long, and needs no approval */
	struct device_record before = stored(&f, d.id);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	device_assert_stored(&f, &d);
	ck_assert_mem_eq(stored(&f, d.id).identity, before.identity, sizeof before.identity);
	ck_assert(!f.replaced);
	enrolment_bound(f.desk, d.id);
	fixture_settle(&f);
	code_assert_state(&f, &code, "bound");
	ck_assert_uint_gt(fixture_count_files_with(&f, span_str("credentials_renewed")), 0);
	device_finish(&d);
	device_finish(&thief);
	fixture_destroy(&f);
}
END_TEST

/* By a code for what it was before, the hardware could leave the place that it has taken. */
START_TEST(codes_of_the_device_before_end_with_it)
{
	struct desk_fixture f;
	struct device shed, spare;
	struct code place, own;
	fixture_create(&f);
	join(&f, &shed, "Shed");
	join(&f, &spare, "Spare");
	ck_assert_int_eq(renew(&f, spare.id, &own), 0);
	ck_assert_int_eq(place_key(&f, shed.id, &place), 0);
	ck_assert_int_eq(device_join(&f, &spare, &place), 0);
	ck_assert_str_eq(spare.id, shed.id);
	fixture_settle(&f);
	code_assert_state(&f, &own, "revoked");
	ck_assert_int_eq(device_join(&f, &spare, &own), ERR_DENIED);
	ck_assert_int_eq(device_join(&f, &spare, &place), 0);
	device_finish(&shed);
	device_finish(&spare);
	fixture_destroy(&f);
}
END_TEST

START_TEST(an_order_that_does_not_arrive_leaves_no_key)
{
	struct desk_fixture f;
	struct device d;
	struct code code;
	fixture_create(&f);
	join(&f, &d, "Shed");
	f.order_err = ERR_STATE;
	ck_assert_int_eq(renew(&f, d.id, &code), ERR_STATE);
	struct buf keys = {0};
	ck_assert_int_eq(f.port.keys(f.port.ctx, &keys), 0);
	ck_assert_ptr_null(strstr(buf_cstr(&keys), "\"state\":\"new\""));
	buf_finish(&keys);
	ck_assert_int_eq(renew(&f, "nobody", &code), ERR_NOT_FOUND);
	f.order_err = 0;
	ck_assert_int_eq(store_device_disown(f.store, d.id, NULL), 0);
	ck_assert_int_eq(renew(&f, d.id, &code), ERR_STATE);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

static void order_another(struct desk_fixture *f)
{
	struct buf text = {0};
	ck_assert_int_eq(f->port.renew(f->port.ctx, f->ordered, "ben", &text), 0);
	buf_finish(&text);
}

START_TEST(of_two_orders_at_once_the_newer_stays)
{
	struct desk_fixture f;
	struct device d;
	struct buf text = {0}, keys = {0};
	fixture_create(&f);
	join(&f, &d, "Shed");
	f.meanwhile = order_another;
	ck_assert_int_eq(f.port.renew(f.port.ctx, d.id, "anna", &text), 0);
	fixture_settle(&f);
	ck_assert_int_eq(f.port.keys(f.port.ctx, &keys), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&keys), "\"state\":\"new\""));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&keys), "\"state\":\"revoked\""));
	buf_finish(&text);
	buf_finish(&keys);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

START_TEST(a_restart_keeps_both_kinds)
{
	struct desk_fixture f;
	struct device shed, attic, fresh, thief;
	struct code place, own;
	fixture_create(&f);
	join(&f, &shed, "Shed");
	join(&f, &attic, "Attic");
	ck_assert_int_eq(place_key(&f, shed.id, &place), 0);
	ck_assert_int_eq(renew(&f, attic.id, &own), 0);
	fixture_restart(&f);
	device_init(&fresh, meta);
	device_init(&thief, meta);
	ck_assert_int_eq(device_join(&f, &fresh, &place), 0);
	ck_assert_str_eq(fresh.id, shed.id);
	ck_assert_int_eq(device_join(&f, &thief, &own), ERR_DENIED);
	ck_assert_int_eq(device_join(&f, &attic, &own), 0);
	device_finish(&shed);
	device_finish(&attic);
	device_finish(&fresh);
	device_finish(&thief);
	fixture_destroy(&f);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		other_hardware_takes_the_place,
		hardware_that_was_another_device_leaves_that,
		one_key_a_place,
		no_place_is_taken_that_is_gone,
		only_the_device_itself_renews,
		codes_of_the_device_before_end_with_it,
		an_order_that_does_not_arrive_leaves_no_key,
		of_two_orders_at_once_the_newer_stays,
		a_restart_keeps_both_kinds,
	};
	return suite_run("enrolment/place", tests, sizeof tests / sizeof *tests);
}
