/* The pure parts of the desk: limits, ids, descriptions, pending exchanges. */
#include <check.h>
#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "enrolment/device_id.h"
#include "enrolment/limits.h"
#include "enrolment/meta.h"
#include "enrolment/pending.h"
#include "support/suite.h"

static struct mono_ms at(int64_t ms)
{
	return (struct mono_ms){1000000 + ms};
}

START_TEST(a_meter_admits_bursts_and_the_rate)
{
	const struct rate rate = {.interval_ms = 100, .burst = 3};
	struct meter m = {0};
	ck_assert(meter_admit(&m, rate, at(0)) && meter_admit(&m, rate, at(0)) && meter_admit(&m, rate, at(0)));
	ck_assert(!meter_admit(&m, rate, at(0)));
	ck_assert(!meter_admit(&m, rate, at(99)));
	ck_assert(meter_admit(&m, rate, at(100)));
	ck_assert(!meter_admit(&m, rate, at(100)));
	size_t admitted = 0; /* asked all the time, it keeps the rate */
	for (int64_t t = 101; t <= 10100; t++)
		admitted += meter_admit(&m, rate, at(t));
	ck_assert_uint_eq(admitted, 100);
	ck_assert(meter_admit(&m, rate, at(1000000)) && meter_admit(&m, rate, at(1000000)) &&
		  meter_admit(&m, rate, at(1000000)) && !meter_admit(&m, rate, at(1000000)));
}
END_TEST

START_TEST(each_address_has_its_own_meter)
{
	const struct rate rate = {.interval_ms = 1000, .burst = 1};
	struct address_meters m = {0};
	static const struct { const char *address; bool admitted; } cases[] = {
		{"192.0.2.1", true}, {"192.0.2.1", false},
		{"192.0.2.2", true}, {"::ffff:192.0.2.2", false}, /* the same, as a dual socket sees it */
		{"::ffff:192.0.2.3", true},
		{"2001:db8::1", true}, {"2001:db8::2", false}, /* one network */
		{"2001:db8:0:1::1", true},
		{"", true}, {"unix", false}, /* what is no address counts as one */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(address_meters_admit(&m, cases[i].address, rate, at(0)) == cases[i].admitted, "%s",
			      cases[i].address);
	ck_assert(address_meters_admit(&m, "192.0.2.1", rate, at(1000)));
}
END_TEST

START_TEST(the_addresses_heard_last_are_remembered)
{
	const struct rate rate = {.interval_ms = 1000, .burst = 1};
	struct address_meters m = {0};
	char address[32];
	for (int64_t i = 0; i < LIMITS_ADDRESSES + 1; i++) {
		ck_assert_int_eq(str_format(address, sizeof address, "192.0.2.%d", (int)i), 0);
		ck_assert(address_meters_admit(&m, address, rate, at(i)));
	}
	ck_assert(!address_meters_admit(&m, address, rate, at(100)));     /* the newest */
	ck_assert(!address_meters_admit(&m, "192.0.2.1", rate, at(100))); /* the oldest but one */
	ck_assert(address_meters_admit(&m, "192.0.2.0", rate, at(100)));  /* made room */
}
END_TEST

START_TEST(ids_are_readable_and_unique)
{
	static const struct { const char *names[4], *slug; } cases[] = {
		{{"Kitchen lamp", NULL}, "kitchen-lamp"},
		{{"  --Köksbord / Ångström!  ", NULL}, "koksbord-angstrom"},
		{{"ÀÇÉÎÑÖØÜÝÞß àçéîñöøüýþÿ", NULL}, "aceinoouyts-aceinoouyty"},
		{{"3 × 4 ÷ 2", NULL}, "3-4-2"},
		{{"", "second", "third", NULL}, "second"},
		{{"日本", "灯", "x", NULL}, "x"},
		{{"日本 1", NULL}, "1"},
		{{"...", NULL}, "device"},
		{{NULL}, "device"},
		{{"abcdefghijklmnopqrstuvwxyz", NULL}, "abcdefghijklmnopqrstuvwxy"},
		{{"abcdefghijklmnopqrstuvwx yz", NULL}, "abcdefghijklmnopqrstuvwx"}, /* no dash before the dash */
		{{"abcdefghijklmnopqrstuvw xyz", NULL}, "abcdefghijklmnopqrstuvw-x"},
		{{"\xff\xfe broken \xc3", NULL}, "broken"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[MODEL_ID_SIZE], again[MODEL_ID_SIZE];
		size_t len = strlen(cases[i].slug);
		device_id_make(id, cases[i].names);
		device_id_make(again, cases[i].names);
		ck_assert_msg(strncmp(id, cases[i].slug, len) == 0, "%s for %s", id, cases[i].slug);
		ck_assert_msg(id[len] == '-' && strlen(id) == len + 7, "%s for %s", id, cases[i].slug);
		ck_assert(str_id_valid(span_str(id), MODEL_ID_MAX));
		ck_assert_str_ne(id, again);
	}
}
END_TEST

START_TEST(descriptions_of_devices)
{
	struct meta meta;
	static const char good[] = "{\"name\":\"Läm\\tp\\n\",\"model\":\"M\",\"manufacturer\":\"A\",\"sw_version\":\"1\","
				   "\"mac\":\"x\",\"more\":[1,{}]}";
	ck_assert_int_eq(meta_parse(span_str(good), &meta), 0);
	ck_assert_str_eq(meta.name, "Läm p ");
	ck_assert_str_eq(meta.model, "M");
	ck_assert_str_eq(meta.manufacturer, "A");
	ck_assert_str_eq(meta.sw_version, "1");
	ck_assert_int_eq(meta_parse(span_of(NULL, 0), &meta), 0);
	ck_assert_str_eq(meta.name, "");
	static const char *const bad[] = {"1", "null", "\"x\"", "[]", "{}x", "{\"name\":\"\\u0000\"}", "{\"name\":\"\xc3\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(meta_parse(span_str(bad[i]), &meta), ERR_MALFORMED);
	char nested[900];
	memset(nested, '[', sizeof nested);
	ck_assert_int_eq(meta_parse(span_of(nested, sizeof nested), &meta), ERR_MALFORMED);
}
END_TEST

/* Names that are too long are cut between characters, wherever that falls. */
START_TEST(long_names_are_cut_to_whole_characters)
{
	for (size_t lead = 0; lead < 4; lead++) {
		struct meta meta;
		struct buf json = {0};
		ck_assert_int_eq(buf_printf(&json, "{\"name\":\"%.*s", (int)lead, "xxx"), 0);
		for (int i = 0; i < 50; i++)
			ck_assert_int_eq(buf_append_str(&json, "火"), 0);
		ck_assert_int_eq(buf_append_str(&json, "\"}"), 0);
		ck_assert_int_eq(meta_parse(buf_span(&json), &meta), 0);
		ck_assert(str_utf8_valid(span_str(meta.name)));
		ck_assert_uint_eq(strlen(meta.name), lead + (MODEL_NAME_SIZE - 1 - lead) / 3 * 3);
		buf_finish(&json);
	}
}
END_TEST

static struct exchange exchange_with(uint8_t sid, uint8_t kid)
{
	struct exchange x = {0};
	memset(x.t1.sid, sid, sizeof x.t1.sid);
	memset(x.kid, kid, sizeof x.kid);
	return x;
}

static bool has(struct pending *p, uint8_t sid, struct mono_ms now)
{
	const struct exchange x = exchange_with(sid, 0);
	return pending_find(p, x.t1.sid, now) != NULL;
}

START_TEST(pending_exchanges)
{
	struct pending p = {0};
	for (uint8_t i = 0; i < PENDING_MAX; i++) {
		const struct exchange x = exchange_with((uint8_t)(i + 1), i % 2);
		pending_add(&p, &x, at(i));
	}
	ck_assert(has(&p, 1, at(31)));
	struct exchange x = exchange_with(100, 2);
	pending_add(&p, &x, at(40)); /* the oldest goes */
	ck_assert(!has(&p, 1, at(40)) && has(&p, 2, at(40)) && has(&p, 100, at(40)));
	ck_assert(!has(&p, 0, at(40))); /* an empty place is no exchange */
	pending_drop(&p, x.t1.sid);
	ck_assert(!has(&p, 100, at(40)));
	pending_drop_key(&p, exchange_with(0, 1).kid);
	ck_assert(!has(&p, 2, at(40)) && has(&p, 3, at(40)));
	ck_assert(has(&p, 3, at(2 + PENDING_MS - 1)));
	ck_assert(!has(&p, 3, at(2 + PENDING_MS)));
	ck_assert(has(&p, 5, at(2 + PENDING_MS)));
	pending_expire(&p, at(100 + PENDING_MS));
	ck_assert(sodium_is_zero((const uint8_t *)&p, sizeof p)); /* nothing is left of any */
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		a_meter_admits_bursts_and_the_rate,
		each_address_has_its_own_meter,
		the_addresses_heard_last_are_remembered,
		ids_are_readable_and_unique,
		descriptions_of_devices,
		long_names_are_cut_to_whole_characters,
		pending_exchanges,
	};
	return suite_run("enrolment/parts", tests, sizeof tests / sizeof *tests);
}
