/* The desk over a store whose disk fails on demand: nothing is promised that is
 * not on the disk, nobody is locked out by the failure, and ends of keys are written as soon as it can be.
 * A stand-in for libdb, which tells the results on threads of their own, as the real one does. */
#include <check.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "enrol/t1.h"
#include "enrolment/enrolment.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "thread/thread.h"

struct store {
	struct key_record key; /* the only one */
	bool has_key;
	struct device_record device;
	bool has_device;
	int refuse; /* writes are not even taken */
	int fail;   /* writes are taken and end with this */
	size_t writes;
	/* the callback that the test lets come later */
	bool hold;
	struct store_done held;
	size_t enrolments, key_events;
	bool known;          /* the device of the last claim */
	char audited[32];    /* the last event of the audit log */
	size_t audits;
	char order[320];     /* the last code that was sent to a device */
	struct lock lock; /* guards calls */
	pthread_cond_t idle;
	size_t calls; /* of callbacks, under way */
};

struct call {
	struct store *store;
	struct store_done done;
	int err;
};

static void *run_call(void *arg)
{
	struct call call = *(struct call *)arg;
	free(arg);
	call.done.fn(call.done.ctx, call.err);
	lock_take(&call.store->lock);
	if (--call.store->calls == 0)
		pthread_cond_broadcast(&call.store->idle);
	lock_release(&call.store->lock);
	return NULL;
}

static void settle(struct store *s)
{
	lock_take(&s->lock);
	while (s->calls)
		pthread_cond_wait(&s->idle, &s->lock.mutex);
	lock_release(&s->lock);
}

/* What a write is answered. Returns false when nothing is to be stored. */
static bool write_to(struct store *s, const struct store_done *done, int *err_r)
{
	*err_r = s->refuse;
	if (s->refuse)
		return false;
	s->writes++;
	if (s->hold)
		s->held = *done;
	return s->fail == 0;
}

static int finish(struct store *s, const struct store_done *done, int err)
{
	pthread_t thread;
	if (err || s->hold)
		return err;
	struct call *call = malloc(sizeof *call);
	ck_assert_ptr_nonnull(call);
	*call = (struct call){s, *done, s->fail};
	lock_take(&s->lock);
	s->calls++;
	lock_release(&s->lock);
	ck_assert_int_eq(thread_start(&thread, "store", run_call, call), 0);
	pthread_detach(thread);
	return 0;
}

int store_key_put(struct store *s, const struct key_record *k, const struct store_done *done)
{
	int err;
	if (write_to(s, done, &err)) {
		s->key = *k;
		s->has_key = true;
	}
	return finish(s, done, err);
}

int store_key_claim(struct store *s, const struct key_record *k, const struct device_record *d, bool known, const struct store_done *done)
{
	int err;
	s->known = known;
	if (write_to(s, done, &err)) {
		s->key = *k;
		s->device = *d;
		s->has_device = true;
	}
	return finish(s, done, err);
}

int store_key_get(struct store *s, const uint8_t kid[8], struct key_record *k_r)
{
	if (!s->has_key || memcmp(kid, s->key.kid, 8) != 0)
		return ERR_NOT_FOUND;
	*k_r = s->key;
	return 0;
}

int store_key_each(struct store *s, void (*each)(void *ctx, const struct key_record *k), void *ctx)
{
	if (s->has_key)
		each(ctx, &s->key);
	return 0;
}

int store_device_each(struct store *s, void (*each)(void *ctx, const struct device_record *d), void *ctx)
{
	if (s->has_device)
		each(ctx, &s->device);
	return 0;
}

int store_device_get(struct store *s, const char *id, struct device_record *d_r)
{
	if (!s->has_device || strcmp(id, s->device.id) != 0)
		return ERR_NOT_FOUND;
	*d_r = s->device;
	return 0;
}

void device_record_finish(struct device_record *d)
{
	(void)d;
}

int store_audit(struct store *s, const char *who, const char *event, const char *detail, const struct store_done *done)
{
	(void)who;
	(void)detail;
	ck_assert_int_eq(str_copy(s->audited, sizeof s->audited, event), 0);
	s->audits++;
	if (!s->refuse)
		done->fn(done->ctx, s->fail);
	return s->refuse;
}

/* ---- a desk over it ---------------------------------------------------- */

static struct mono_ms now_mono(void *ctx)
{
	/* each look is a second later: limits are not the matter here */
	int64_t *ms = ctx;
	*ms += 1000;
	return (struct mono_ms){*ms};
}

static struct wall_ms now_wall(void *ctx)
{
	(void)ctx;
	return (struct wall_ms){1700000000000};
}

static void on_key(void *ctx, char *json)
{
	struct store *s = ctx;
	s->key_events++;
	free(json);
}

static void on_enrolled(void *ctx, const struct enrolment_news *news)
{
	struct store *s = ctx;
	ck_assert_str_eq(news->device_id, s->device.id);
	s->enrolments++;
}

static int on_order(void *ctx, const char *device_id, const char *code)
{
	struct store *s = ctx;
	ck_assert_str_eq(device_id, s->device.id);
	return str_copy(s->order, sizeof s->order, code);
}

struct bench {
	struct scratch dir;
	struct store store;
	int64_t mono;
	struct enrolment *desk;
	struct enrol_port port;
	uint8_t key[ENROL_KEY_BYTES];
	char kid[2 * ENROL_KID_BYTES + 1];
};

static void bench_create_at(struct bench *b, const char *const *endpoints)
{
	char message[256];
	*b = (struct bench){.mono = 1000};
	scratch_create(&b->dir);
	lock_init(&b->store.lock, "store");
	pthread_cond_init(&b->store.idle, NULL);
	const struct enrolment_config config = {
		.store = &b->store,
		.state_dir = b->dir.path,
		.hub = {.hub_id = "x", .ca_pem = "ca", .http_port = 8080},
		.endpoints = endpoints,
		.events = {.key_changed = on_key, .device_enrolled = on_enrolled, .order_renewal = on_order, .ctx = &b->store},
		.clock = {now_mono, now_wall, &b->mono},
	};
	ck_assert_int_eq(enrolment_create(&config, &b->desk, message), 0);
	b->port = enrolment_port(b->desk);
}

static void bench_create(struct bench *b)
{
	static const char *const endpoints[] = {"mqtts://hub.local:8883", NULL};
	bench_create_at(b, endpoints);
}

static void bench_destroy(struct bench *b)
{
	enrolment_destroy(&b->desk);
	settle(&b->store);
	pthread_cond_destroy(&b->store.idle);
	lock_finish(&b->store.lock);
	scratch_remove(&b->dir);
}

/* Copies a text out of an answer; start is its name with all up to the value. */
static void take_member(const char *json, const char *start, char *dst, size_t size)
{
	const char *value = strstr(json, start);
	ck_assert_ptr_nonnull(value);
	value += strlen(start);
	ck_assert_int_eq(str_copy_span(dst, size, span_of(value, strcspn(value, "\""))), 0);
}

static int make_key(struct bench *b, int64_t ttl_s)
{
	const struct enrol_key_request request = {.ttl_s = ttl_s};
	struct buf json = {0};
	char code[ENROL_CODE_SIZE];
	int err = b->port.key_new(b->port.ctx, &request, &json);
	if (!err) {
		take_member(buf_cstr(&json), "\"code\":\"", code, sizeof code);
		take_member(buf_cstr(&json), "\"kid\":\"", b->kid, sizeof b->kid);
		ck_assert_int_eq(enrol_code_parse(span_str(code), b->key), 0);
	}
	buf_finish(&json);
	return err;
}

static int join(struct bench *b, const uint8_t seed[32])
{
	struct t1_device t1 = {0};
	uint8_t m1[T1_M1_BYTES], m3[T1_M3_BASE_BYTES];
	size_t m3_len;
	struct buf m2 = {0}, m4 = {0};
	t1_device_m1(&t1, b->key, m1);
	int err = b->port.step1(b->port.ctx, "x", span_of(m1, sizeof m1), &m2);
	if (!err) {
		ck_assert_int_eq(t1_device_m2(&t1, buf_span(&m2)), 0);
		ck_assert_int_eq(t1_device_m3(&t1, seed, span_of(NULL, 0), m3, &m3_len), 0);
		err = b->port.step2(b->port.ctx, "x", span_of(m3, m3_len), &m4);
	}
	ck_assert((m4.len > 0) == (err == 0));
	buf_finish(&m2);
	buf_finish(&m4);
	t1_device_finish(&t1);
	return err;
}

/* A tick whose writes have ended. */
static void tick(struct bench *b)
{
	enrolment_tick(b->desk);
	settle(&b->store);
}

static const uint8_t first[32] = {1}, second[32] = {2};

START_TEST(a_key_that_is_not_stored_is_not_shown)
{
	struct bench b;
	bench_create(&b);
	b.store.fail = ERR_DISK_FULL;
	ck_assert_int_eq(make_key(&b, 0), ERR_DISK_FULL);
	b.store.fail = 0;
	b.store.refuse = ERR_CLOSED;
	ck_assert_int_eq(make_key(&b, 0), ERR_CLOSED);
	b.store.refuse = 0;
	ck_assert_uint_eq(b.store.key_events, 0);
	for (int i = 0; i < 64; i++) /* the failed ones take no place */
		ck_assert_int_eq(make_key(&b, 0), 0);
	ck_assert_int_eq(make_key(&b, 0), ERR_FULL);
	bench_destroy(&b);
}
END_TEST

START_TEST(a_claim_that_is_not_stored_gets_no_answer)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	b.store.fail = ERR_DISK_FULL;
	ck_assert_int_eq(join(&b, first), ERR_DISK_FULL);
	b.store.fail = 0;
	b.store.refuse = ERR_FULL;
	ck_assert_int_eq(join(&b, first), ERR_FULL);
	b.store.refuse = 0;
	ck_assert_uint_eq(b.store.enrolments, 0);
	ck_assert(!b.store.has_device);
	ck_assert_int_eq(join(&b, first), 0); /* once there is room */
	ck_assert_uint_eq(b.store.enrolments, 1);
	ck_assert_int_eq(b.store.key.state, KEY_CLAIMED);
	ck_assert_str_eq(b.store.key.device_id, b.store.device.id);
	ck_assert_str_eq(b.store.audited, "key_claimed"); /* as if there had been no other try */
	ck_assert_uint_eq(b.store.key_events, 2);
	size_t audits = b.store.audits;
	ck_assert_int_eq(join(&b, first), 0); /* its answer was lost */
	ck_assert_uint_eq(b.store.audits, audits);
	ck_assert_uint_eq(b.store.key_events, 2);
	ck_assert(b.store.known);
	bench_destroy(&b);
}
END_TEST

START_TEST(a_code_whose_claim_failed_is_anybodys_again)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	b.store.fail = ERR_NOT_FOUND; /* the device has been erased since */
	ck_assert_int_eq(join(&b, first), ERR_NOT_FOUND);
	b.store.fail = 0;
	ck_assert_int_eq(join(&b, second), 0);
	ck_assert_int_eq(join(&b, first), ERR_DENIED);
	bench_destroy(&b);
}
END_TEST

static int renew(struct bench *b)
{
	struct enrol_qr qr;
	struct buf json = {0};
	int err = b->port.renew(b->port.ctx, b->store.device.id, "anna", &json);
	buf_finish(&json);
	if (!err) {
		ck_assert_int_eq(enrol_qr_parse(span_str(b->store.order), &qr), 0);
		memcpy(b->key, qr.key, sizeof b->key);
	}
	return err;
}

START_TEST(a_renewal_that_is_not_stored_stays_the_devices)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	ck_assert_int_eq(join(&b, first), 0);
	enrolment_bound(b.desk, b.store.device.id);
	tick(&b);
	ck_assert_int_eq(renew(&b), 0);
	b.store.fail = ERR_DISK_FULL;
	ck_assert_int_eq(join(&b, first), ERR_DISK_FULL);
	b.store.fail = 0;
	ck_assert_int_eq(join(&b, second), ERR_DENIED);
	ck_assert_int_eq(join(&b, first), 0);
	ck_assert_str_eq(b.store.audited, "credentials_renewed");
	bench_destroy(&b);
}
END_TEST

START_TEST(no_order_leads_nowhere)
{
	static const char *const endpoints[] = {"mqtts://no_host:8883", NULL};
	struct bench b;
	bench_create_at(&b, endpoints);
	ck_assert_int_eq(make_key(&b, 0), 0);
	ck_assert_int_eq(join(&b, first), 0);
	ck_assert_int_eq(renew(&b), ERR_UNSUPPORTED);
	ck_assert_str_eq(b.store.order, "");
	bench_destroy(&b);
}
END_TEST

/* Also while its first record is not on the disk, an identity has one id. */
START_TEST(a_device_keeps_the_id_of_a_claim_under_way)
{
	struct bench b;
	char id[MODEL_ID_SIZE];
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	ck_assert_int_eq(join(&b, first), 0);
	memcpy(id, b.store.device.id, sizeof id);
	b.store.has_device = false; /* as if it were still on its way */
	ck_assert_int_eq(make_key(&b, 0), 0);
	ck_assert_int_eq(join(&b, first), 0);
	ck_assert_str_eq(b.store.device.id, id);
	bench_destroy(&b);
}
END_TEST

START_TEST(a_wait_for_approval_that_is_not_stored_never_was)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 7200), 0);
	b.store.fail = ERR_IO;
	ck_assert_int_eq(join(&b, first), ERR_IO);
	b.store.fail = 0;
	b.store.refuse = ERR_FULL;
	ck_assert_int_eq(join(&b, first), ERR_FULL);
	b.store.refuse = 0;
	ck_assert_int_eq(b.port.key_approve(b.port.ctx, b.kid), ERR_STATE); /* the page shows no device */
	ck_assert_int_eq(join(&b, second), ERR_BUSY);
	ck_assert_int_eq(join(&b, first), ERR_DENIED);
	b.store.fail = ERR_IO;
	ck_assert_int_eq(b.port.key_approve(b.port.ctx, b.kid), ERR_IO);
	b.store.fail = 0;
	b.store.refuse = ERR_FULL;
	ck_assert_int_eq(b.port.key_approve(b.port.ctx, b.kid), ERR_FULL);
	b.store.refuse = 0;
	ck_assert_int_eq(join(&b, second), ERR_BUSY); /* still not approved */
	ck_assert_int_eq(b.port.key_approve(b.port.ctx, b.kid), 0);
	ck_assert_int_eq(join(&b, second), 0);
	bench_destroy(&b);
}
END_TEST

START_TEST(the_end_of_a_key_is_written_when_it_can_be)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	b.store.fail = ERR_DISK_FULL;
	ck_assert_int_eq(b.port.key_revoke(b.port.ctx, b.kid), ERR_DISK_FULL);
	ck_assert_int_eq(b.store.key.state, KEY_NEW);
	/* revoked all the same, until the desk is started anew */
	ck_assert_int_eq(join(&b, first), ERR_DENIED);
	tick(&b); /* fails again */
	b.store.refuse = ERR_FULL;
	tick(&b);
	b.store.refuse = 0;
	b.store.fail = 0;
	ck_assert_int_eq(b.store.key.state, KEY_NEW);
	tick(&b);
	ck_assert_int_eq(b.store.key.state, KEY_REVOKED);
	ck_assert(sodium_is_zero(b.store.key.psk, sizeof b.store.key.psk));
	size_t writes = b.store.writes;
	tick(&b);
	ck_assert_uint_eq(b.store.writes, writes); /* once is enough */
	bench_destroy(&b);
}
END_TEST

START_TEST(a_revocation_that_is_not_taken)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	b.store.refuse = ERR_FULL;
	ck_assert_int_eq(b.port.key_revoke(b.port.ctx, b.kid), ERR_FULL);
	b.store.refuse = 0;
	tick(&b);
	ck_assert_int_eq(b.store.key.state, KEY_REVOKED);
	bench_destroy(&b);
}
END_TEST

START_TEST(a_slow_end_is_written_once_and_erasure_forgets_it)
{
	struct bench b;
	bench_create(&b);
	ck_assert_int_eq(make_key(&b, 0), 0);
	ck_assert_int_eq(join(&b, first), 0);
	b.store.hold = true;
	size_t writes = b.store.writes;
	enrolment_bound(b.desk, b.store.device.id);
	enrolment_bound(b.desk, b.store.device.id);
	tick(&b);
	ck_assert_uint_eq(b.store.writes, writes + 1);
	enrolment_device_erased(b.desk, b.store.device.id);
	settle(&b.store);
	b.store.held.fn(b.store.held.ctx, ERR_DISK_FULL); /* it failed, but nobody wants it any more */
	b.store.hold = false;
	tick(&b);
	ck_assert_uint_eq(b.store.writes, writes + 1);
	bench_destroy(&b);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		a_key_that_is_not_stored_is_not_shown,
		a_claim_that_is_not_stored_gets_no_answer,
		a_code_whose_claim_failed_is_anybodys_again,
		a_renewal_that_is_not_stored_stays_the_devices,
		no_order_leads_nowhere,
		a_device_keeps_the_id_of_a_claim_under_way,
		a_wait_for_approval_that_is_not_stored_never_was,
		the_end_of_a_key_is_written_when_it_can_be,
		a_revocation_that_is_not_taken,
		a_slow_end_is_written_once_and_erasure_forgets_it,
	};
	return suite_run("enrolment/failing_store", tests, sizeof tests / sizeof *tests);
}
