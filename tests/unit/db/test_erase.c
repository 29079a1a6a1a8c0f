/* Erasure: what was erased is in none of the files, bytes and all; the rest is untouched. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/homes.h"
#include "support.h"

enum { OTHERS = 60, SAMPLES = 400 };

#define NAME "Farmors-hemliga-lampa"
#define DISCOVERY "{\"hemlig\":\"upptaeckt\"}"
static const double secret_value = 12345.678901;

static bool holds_text(const char *text)
{
	return test_files_hold(text, strlen(text));
}

/* The secret series' chunk, as it lies in the file. */
static void read_chunk(struct buf *chunk_r)
{
	struct conn *conn;
	char path[TEST_PATH_SIZE];
	test_path(path, "telemetry.db");
	ck_assert_int_eq(conn_open_reader(path, &conn), 0);
	struct query q;
	query_begin(&q, conn, "SELECT data FROM chunk WHERE (id >> 16) & 134217727 = ?");
	query_put_int(&q, OTHERS / 2);
	ck_assert(query_next(&q));
	struct span data = query_take_span(&q);
	ck_assert_int_eq(buf_append(chunk_r, data.data, data.len), 0);
	query_end(&q);
	conn_close(&conn);
}

static void put_device(struct store *s, const char *id, const char *name, const char *discovery)
{
	struct device_record d = {.online = true};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(str_copy(d.name, sizeof d.name, name), 0);
	if (strcmp(name, NAME) == 0) {
		d.scram.iterations = 4096;
		memcpy(d.scram.stored_key, "verifierare", sizeof "verifierare");
	}
	d.discovery = (char *)(uintptr_t)discovery; /* borrowed, not written */
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static void put_series(struct store *s, int64_t id, const char *device, const char *entity)
{
	struct series series = {.id = id};
	ck_assert_int_eq(str_copy(series.device, sizeof series.device, device), 0);
	ck_assert_int_eq(str_copy(series.entity, sizeof series.entity, entity), 0);
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

static void ignore(void *ctx, int err)
{
	(void)ctx;
	ck_assert_int_eq(err, 0);
}

/* Of the secret series, which is noisy: its chunk shall fill more than a page. */
static double secret(int k)
{
	return secret_value + sin(k);
}

/* A house with the secret device in the middle, written in an order that splits pages. */
static void furnish(struct store *s)
{
	put_device(s, "sekretlampa", NAME, DISCOVERY);
	put_series(s, OTHERS / 2, "sekretlampa", "hemligsensor");
	for (int i = 1; i <= OTHERS; i++) {
		int n = i * 17 % (OTHERS + 1); /* 61 is prime: each once */
		char id[32];
		ck_assert_int_eq(str_format(id, sizeof id, "device-%d", n), 0);
		put_device(s, id, "some name that fills the pages up and makes them split", "{\"other\":true}");
		if (n != OTHERS / 2)
			put_series(s, n, id, "power");
	}
	struct sample batch[OTHERS];
	for (int k = 0; k < SAMPLES; k++) {
		for (int i = 1; i <= OTHERS; i++) {
			int n = i * 17 % (OTHERS + 1);
			batch[i - 1] = (struct sample){n, {1000 * (int64_t)(k * 7919 % SAMPLES)}, n == OTHERS / 2 ? secret(k) : n + k * 0.1};
		}
		ck_assert_int_eq(store_append(s, batch, OTHERS, k % 40 ? &(struct store_done){.fn = ignore, .ctx = NULL} : NULL), 0);
	}
}

static void put_home(struct store *s)
{
	const struct account anna = {.name = "Anna", .password = "x", .role = ROLE_OWNER};
	struct home home = {0};
	int64_t id;
	ck_assert_int_eq(store_account_add(s, &anna, false, &id), 0);
	ck_assert_int_eq(home_add_card(&home.favourites, &(struct home_card){"sekretlampa", "hemligsensor"}), 0);
	ck_assert_int_eq(store_home_put(s, id, &home, NULL), 0);
	home_finish(&home);
}

static void put_rest(struct store *s)
{
	put_home(s);
	struct alert alert = {.id = 1, .device = "sekretlampa", .kind = "offline", .text = NAME " is gone", .opened_at = {1}};
	ck_assert_int_eq(store_alert_put(s, &alert, NULL), 0);
	struct key_record key = {.kid = {1}, .state = KEY_BOUND, .note = NAME, .device_id = "sekretlampa"};
	ck_assert_int_eq(store_key_put(s, &key, NULL), 0);
	ck_assert_int_eq(store_audit(s, "sekretlampa", "enrolled", NAME, NULL), 0);
	bool lost = true;
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(store_device_change(s, "sekretlampa", &(struct device_change){.lost = &lost, .discovery = DISCOVERY},
						     &(struct store_done){.fn = ignore, .ctx = NULL}), 0);
}

static const char *const traces[] = {NAME, "hemlig", "sekretlampa", "hemligsensor", "verifierare"};

static void assert_traces(bool there)
{
	for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
		ck_assert_msg(holds_text(traces[i]) == there, "'%s' is %s", traces[i], there ? "missing" : "still there");
}

static void assert_others(struct store *s)
{
	struct sample latest;
	struct device_record d;
	for (int i = 1; i <= OTHERS; i++) {
		ck_assert_int_eq(store_latest(s, i, &latest), i == OTHERS / 2 ? ERR_NOT_FOUND : 0);
	}
	static struct datum data[SAMPLES];
	for (int i = 1; i <= OTHERS; i++) {
		if (i != OTHERS / 2)
			ck_assert_uint_eq(test_samples(s, &(struct shelf_range){i, 0, 1000 * SAMPLES}, data, SAMPLES), SAMPLES);
	}
	ck_assert_int_eq(store_device_get(s, "device-7", &d), 0);
	ck_assert_str_eq(d.discovery, "{\"other\":true}");
	device_record_finish(&d);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM device"), OTHERS);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM audit WHERE who = 'erased device'"), 1);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM erasure"), 0);
}

static void furnish_more(struct store *s)
{
	const struct sample late = {OTHERS / 2, {1000 * SAMPLES}, secret_value};
	ck_assert_int_eq(store_append(s, &late, 1, NULL), 0);
}

START_TEST(erased_device_leaves_no_trace)
{
	struct store *s = test_open();
	furnish(s);
	put_rest(s);
	ck_assert_int_eq(store_setting_put(s, "all", span_str("written"), NULL), 0);
	ck_assert_int_eq(store_seal(s, true), 0);
	struct buf chunk = {0};
	read_chunk(&chunk);
	furnish_more(s); /* and some that is in the journal only */
	assert_traces(true);
	ck_assert(test_files_hold(chunk.data, 64)); /* of a blob on several pages, a part on the first */
	ck_assert_int_eq(store_device_erase(s, "sekretlampa", NULL), 0);
	assert_traces(false); /* while the store is open: file and log */
	ck_assert(!test_files_hold(chunk.data, 64));
	ck_assert(!test_files_hold(chunk.data + chunk.len - 24, 24));
	buf_finish(&chunk);
	assert_others(s);
	ck_assert_int_eq(store_device_erase(s, "sekretlampa", NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_device_erase(s, "", NULL), ERR_NOT_FOUND);
	/* What still comes for it finds no series. */
	struct sample late = {OTHERS / 2, {1}, secret_value};
	ck_assert_int_eq(store_append(s, &late, 1, NULL), ERR_NOT_FOUND);
	store_close(&s);
	assert_traces(false);
}
END_TEST

/* What was put without waiting goes with the device that it was put for. */
START_TEST(series_on_its_way_is_erased_too)
{
	struct store *s = test_open();
	const struct store_done patient = {.fn = ignore, .ctx = NULL, .patient = true};
	for (int64_t id = 1; id <= 20; id++) {
		struct series series = {.id = id, .device = "sekretlampa", .entity = "power"};
		put_device(s, "sekretlampa", NAME, DISCOVERY);
		ck_assert_int_eq(store_series_put(s, &series, &patient), 0);
		ck_assert_int_eq(store_device_erase(s, "sekretlampa", NULL), 0);
		ck_assert_int_eq(store_append(s, NULL, 0, NULL), 0);
		ck_assert_int_eq(store_series_get(s, id, &series), ERR_NOT_FOUND);
	}
	store_close(&s);
	ck_assert(!holds_text("sekretlampa"));
}
END_TEST

static void await_erasures(void)
{
	while (test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM erasure"))
		usleep(10000);
}

START_TEST(an_id_is_free_when_its_last_trace_is_gone)
{
	struct store *s = test_open();
	put_device(s, "sekretlampa", NAME, DISCOVERY);
	ck_assert_int_eq(store_erasure_find(s, "sekretlampa"), ERR_NOT_FOUND);
	test_sql("hub.db", BASE_HUB, "INSERT INTO erasure VALUES ('sekretkanna')"); /* decided, and the sealer sleeps */
	ck_assert_int_eq(store_erasure_find(s, "sekretkanna"), 0);
	ck_assert_int_eq(store_erasure_find(s, "sekretlampa"), ERR_NOT_FOUND);
	ck_assert_int_eq(store_device_erase(s, "sekretlampa", NULL), 0);
	await_erasures();
	ck_assert_int_eq(store_erasure_find(s, "sekretkanna"), ERR_NOT_FOUND);
	ck_assert_int_eq(store_erasure_find(s, "sekretlampa"), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

/* The hub died between the decision and its end. */
START_TEST(erasure_is_finished_after_a_restart)
{
	struct store *s = test_open();
	furnish(s);
	put_rest(s);
	store_close(&s);
	test_sql("hub.db", BASE_HUB,
		 "PRAGMA foreign_keys = ON; DELETE FROM device WHERE id = 'sekretlampa'; DELETE FROM alert; DELETE FROM provisioning_key;"
		 "UPDATE audit SET who = 'erased device', detail = ''; INSERT INTO erasure VALUES ('sekretlampa')");
	ck_assert(holds_text("hemligsensor"));
	s = test_open();
	await_erasures();
	assert_traces(false);
	assert_others(s);
	store_close(&s);
}
END_TEST

struct under_eyes {
	struct store *s;
	int err;
};

static void erase_while_reading(void *ctx, const struct device_record *d)
{
	struct under_eyes *u = ctx;
	if (strcmp(d->id, "sekretlampa") == 0)
		u->err = store_device_erase(u->s, d->id, NULL);
}

/* A reader that does not end keeps the log alive: no false success, and the
 * next start finishes what this one could not. */
START_TEST(reader_in_the_way_is_told)
{
	struct store *s = test_open();
	furnish(s);
	put_rest(s);
	struct under_eyes u = {s, 1};
	ck_assert_int_eq(store_device_each(s, erase_while_reading, &u), 0);
	ck_assert_int_eq(u.err, ERR_BUSY);
	struct device_record d;
	ck_assert_int_eq(store_device_get(s, "sekretlampa", &d), ERR_NOT_FOUND);
	store_close(&s);
	s = test_open();
	await_erasures();
	assert_traces(false);
	assert_others(s);
	store_close(&s);
}
END_TEST

START_TEST(psk_is_wiped_with_its_key)
{
	struct store *s = test_open();
	static const enum key_state ends[] = {KEY_BOUND, KEY_EXPIRED, KEY_REVOKED};
	uint8_t psk[40][32];
	struct test_rand r = {42};
	for (size_t i = 0; i < 40; i++) {
		struct key_record k = {.state = i % 2 ? KEY_NEW : KEY_CLAIMED, .note = "a key"};
		for (size_t b = 0; b < 32; b++)
			psk[i][b] = (uint8_t)test_rand_next(&r);
		memcpy(k.psk, psk[i], 32);
		k.kid[0] = (uint8_t)(i * 23 % 40);
		ck_assert_int_eq(store_key_put(s, &k, NULL), 0);
		if (i % 8 == 2) /* it takes a while to look */
			ck_assert(test_files_hold(psk[i], 32));
	}
	for (size_t i = 0; i < 3; i++) {
		struct key_record k = {.state = ends[i]};
		k.kid[0] = (uint8_t)((i + 10) * 23 % 40);
		ck_assert_int_eq(store_key_put(s, &k, NULL), 0);
		ck_assert(!test_files_hold(psk[i + 10], 32));
		ck_assert(test_files_hold(psk[i + 20], 32)); /* the living keep theirs */
	}
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, erased_device_leaves_no_trace);
	tcase_add_test(tc, series_on_its_way_is_erased_too);
	tcase_add_test(tc, an_id_is_free_when_its_last_trace_is_gone);
	tcase_add_test(tc, erasure_is_finished_after_a_restart);
	tcase_add_test(tc, reader_in_the_way_is_told);
	tcase_add_test(tc, psk_is_wiped_with_its_key);
}

int main(void)
{
	return test_run("erase", add);
}
