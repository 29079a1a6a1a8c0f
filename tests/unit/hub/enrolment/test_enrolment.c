/* The desk's life: its identity on the disk, what it refuses to start with,
 * erased devices, and many threads at once. */
#include <check.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "desk_fixture.h"
#include "support/suite.h"

static void read_identity(struct desk_fixture *f, uint8_t seed_r[32])
{
	struct buf content = {0};
	ck_assert_int_eq(buf_read_file(&content, scratch_path(&f->dir, "identity.key"), 100), 0);
	ck_assert_uint_eq(content.len, 32);
	memcpy(seed_r, content.data, 32);
	buf_finish(&content);
}

START_TEST(the_identity_is_made_once)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	struct stat st;
	uint8_t first[32], second[32], public[32], secret[64];
	fixture_create(&f);
	read_identity(&f, first);
	ck_assert_int_eq(stat(scratch_path(&f.dir, "identity.key"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert(!sodium_is_zero(first, sizeof first));
	fixture_restart(&f);
	read_identity(&f, second);
	ck_assert_mem_eq(first, second, sizeof first);
	/* and it is the one that devices meet */
	crypto_sign_seed_keypair(public, secret, first);
	code_make(&f, 0, "", &code);
	device_init(&d, "");
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	ck_assert_mem_eq(d.t1.hub_public, public, sizeof public);
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

static int create_with(struct desk_fixture *f, const char *ca_pem, char message_r[256])
{
	static const char *const endpoints[] = {NULL};
	const struct enrolment_config config = {
		.store = f->store, .state_dir = f->dir.path, .hub = {.hub_id = "x", .ca_pem = ca_pem}, .endpoints = endpoints};
	struct enrolment *desk = NULL;
	int err = enrolment_create(&config, &desk, message_r);
	enrolment_destroy(&desk);
	return err;
}

static void write_identity(struct desk_fixture *f, size_t len, mode_t mode)
{
	static const uint8_t bytes[64];
	const char *path = scratch_path(&f->dir, "identity.key");
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

START_TEST(what_the_desk_does_not_start_with)
{
	struct desk_fixture f;
	char message[256] = "", huge[9000];
	fixture_create(&f);
	ck_assert_int_eq(create_with(&f, "ca", message), 0);
	write_identity(&f, 31, 0600);
	ck_assert_int_eq(create_with(&f, "ca", message), ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(message, "identity.key"));
	write_identity(&f, 33, 0600);
	ck_assert_int_eq(create_with(&f, "ca", message), ERR_DAMAGED);
	write_identity(&f, 0, 0600);
	ck_assert_int_eq(create_with(&f, "ca", message), ERR_DAMAGED);
	write_identity(&f, 32, 0640);
	ck_assert_int_eq(create_with(&f, "ca", message), ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(message, "600"));
	write_identity(&f, 32, 0600);
	ck_assert_int_eq(create_with(&f, "ca", message), 0);
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = 0;
	ck_assert_int_eq(create_with(&f, huge, message), ERR_TOO_LARGE);
	ck_assert_ptr_nonnull(strstr(message, "fit"));
	enrolment_destroy(&(struct enrolment *){NULL});
	fixture_destroy(&f);
}
END_TEST

START_TEST(an_erased_device_leaves_no_key)
{
	struct desk_fixture f;
	struct code code;
	struct device d;
	fixture_create(&f);
	code_make(&f, 0, "Garden lamp", &code);
	device_init(&d, "");
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	fixture_pass(&f, 1000);
	ck_assert_int_eq(device_begin(&f, &d, &code), 0); /* half an exchange */
	enrolment_device_erased(f.desk, "nobody");
	enrolment_device_erased(f.desk, d.id);
	ck_assert_int_eq(store_device_erase(f.store, d.id, NULL), 0);
	ck_assert_int_eq(device_end(&f, &d), ERR_NOT_FOUND);
	ck_assert_int_eq(device_join(&f, &d, &code), ERR_NOT_FOUND);
	enrolment_tick(f.desk);
	enrolment_bound(f.desk, d.id);
	fixture_settle(&f);
	ck_assert_ptr_null(code_row(&f, &code));
	ck_assert_uint_eq(fixture_count_files_with(&f, span_str("Garden lamp")), 0);
	ck_assert_uint_eq(fixture_count_files_with(&f, span_str(d.id)), 0);

	/* erased while the end of its key is on its way to the disk */
	code_make(&f, 0, "Shed", &code);
	ck_assert_int_eq(device_join(&f, &d, &code), 0);
	enrolment_bound(f.desk, d.id);
	enrolment_device_erased(f.desk, d.id);
	ck_assert_int_eq(store_device_erase(f.store, d.id, NULL), 0);
	ck_assert_ptr_null(code_row(&f, &code));
	device_finish(&d);
	fixture_destroy(&f);
}
END_TEST

enum { THREADS = 4, ROUNDS = 8 };

struct worker {
	struct desk_fixture *f;
	pthread_t thread;
	char address[32];
};

/* A household's worth of devices at once: each has its code, one in two is bound. */
static void *enrol_some(void *arg)
{
	struct worker *w = arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct code code;
		struct device d;
		code_make(w->f, 0, "lamp", &code);
		device_init(&d, "");
		d.address = w->address;
		int err;
		while ((err = device_join(w->f, &d, &code)) == ERR_AGAIN)
			;
		ck_assert_int_eq(err, 0);
		device_assert_stored(w->f, &d);
		if (i % 2)
			enrolment_bound(w->f->desk, d.id);
		else
			ck_assert_int_eq(w->f->port.key_revoke(w->f->port.ctx, code.kid), 0);
		enrolment_tick(w->f->desk);
		device_finish(&d);
	}
	return NULL;
}

static void count_device(void *ctx, const struct device_record *d)
{
	(void)d;
	++*(size_t *)ctx;
}

START_TEST(many_threads)
{
	struct desk_fixture f;
	struct worker workers[THREADS];
	fixture_create(&f);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i].f = &f;
		ck_assert_int_eq(str_format(workers[i].address, sizeof workers[i].address, "192.0.2.%zu", i), 0);
		ck_assert_int_eq(thread_start(&workers[i].thread, "worker", enrol_some, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	size_t devices = 0;
	ck_assert_int_eq(store_device_each(f.store, count_device, &devices), 0);
	ck_assert_uint_eq(devices, THREADS * ROUNDS);
	ck_assert_uint_eq(f.enrolments, THREADS * ROUNDS);
	ck_assert_uint_eq(f.key_events, 3 * THREADS * ROUNDS);
	fixture_destroy(&f);
}
END_TEST

/* One code, one device, the same M3 from all sides: one answer. */
struct rival {
	struct desk_fixture *f;
	pthread_t thread;
	struct span m3;
	int err;
};

static void *send_m3(void *arg)
{
	struct rival *r = arg;
	struct buf reply = {0};
	r->err = r->f->port.step2(r->f->port.ctx, "x", r->m3, &reply);
	buf_finish(&reply);
	return NULL;
}

START_TEST(equal_messages_at_once_get_one_answer)
{
	struct desk_fixture f;
	struct rival rivals[THREADS];
	fixture_create(&f);
	for (int round = 0; round < 5; round++) {
		struct code code;
		struct device d;
		code_make(&f, 0, "lamp", &code);
		device_init(&d, "");
		fixture_pass(&f, 1000);
		ck_assert_int_eq(device_begin(&f, &d, &code), 0);
		size_t answered = 0;
		for (size_t i = 0; i < THREADS; i++) {
			rivals[i] = (struct rival){.f = &f, .m3 = span_of(d.m3, d.m3_len)};
			ck_assert_int_eq(thread_start(&rivals[i].thread, "rival", send_m3, &rivals[i]), 0);
		}
		for (size_t i = 0; i < THREADS; i++) {
			pthread_join(rivals[i].thread, NULL);
			ck_assert(rivals[i].err == 0 || rivals[i].err == ERR_NOT_FOUND);
			answered += rivals[i].err == 0;
		}
		ck_assert_uint_eq(answered, 1);
		device_finish(&d);
	}
	fixture_destroy(&f);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		the_identity_is_made_once,
		what_the_desk_does_not_start_with,
		an_erased_device_leaves_no_key,
		many_threads,
		equal_messages_at_once_get_one_answer,
	};
	return suite_run("enrolment/enrolment", tests, sizeof tests / sizeof *tests);
}
