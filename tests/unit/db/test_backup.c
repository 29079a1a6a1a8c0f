/* Backups: of a store that is being written to, to the last acknowledged sample; refused when a byte is wrong; restored so that
 * a kill leaves one state or the other. Calls to the system are counted through the linker (--wrap), to die or fail at each. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "db/archive_read.h"
#include "db/backup.h"
#include "db/backup_private.h"
#include "db/history.h"
#include "db/restore.h"
#include "db/restore_private.h"
#include "db/schema.h"
#include "db/store_private.h"
#include "support.h"
#include "support/effort.h"

/* ---- the system, with faults ------------------------------------------- */

static _Atomic int steps_left = -1;   /* renames, syncs and removals until the process dies; -1: never */
static _Atomic int64_t room_left = -1; /* bytes until write(2) finds the disk full; -1: never */
static _Atomic int64_t clock_ahead;

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
struct mono_ms __real_clock_mono(void);
struct mono_ms __wrap_clock_mono(void);

static void step(void)
{
	if (steps_left > 0 && --steps_left == 0)
		_exit(9);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	step();
	int result = __real_renameat(from_fd, from, to_fd, to);
	step();
	return result;
}

int __wrap_fsync(int fd)
{
	step();
	return __real_fsync(fd);
}

int __wrap_unlinkat(int fd, const char *name, int flags)
{
	step();
	int result = __real_unlinkat(fd, name, flags);
	step();
	return result;
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	if (room_left >= 0 && (room_left -= (int64_t)len) < 0) {
		errno = ENOSPC;
		return -1;
	}
	return __real_write(fd, data, len);
}

struct mono_ms __wrap_clock_mono(void)
{
	return mono_add_ms(__real_clock_mono(), clock_ahead);
}

/* ---- a hub with something to lose -------------------------------------- */

enum { SERIES = 3, SAMPLES = 20000 };

/* Below test_dir: the hub's state, a fresh directory, and the archive. */
static char state[TEST_PATH_SIZE], fresh[TEST_PATH_SIZE], archive[TEST_PATH_SIZE];

static void make_paths(void)
{
	test_path(state, "state");
	test_path(fresh, "fresh");
	test_path(archive, "backup.tar");
}

static struct store *open_at(const char *dir)
{
	struct store *s;
	char message[512];
	int err = store_open(&(struct store_options){.state_dir = dir}, &s, message);
	ck_assert_msg(err == 0, "store_open %s: %d %s", dir, err, message);
	return s;
}

static double value_of(int64_t i)
{
	return i % 977 == 0 ? -0.0 : (double)(i * 7919 % 100003) / 64 + 1e-9 * (double)(i % 3);
}

static void append(struct store *s, int64_t first, int64_t count)
{
	struct sample samples[512];
	while (count > 0) {
		size_t n = count < 512 ? (size_t)count : 512;
		for (size_t i = 0; i < n; i++)
			samples[i] = (struct sample){1 + (first + (int64_t)i) % SERIES, {1700000000000 + 137 * (first + (int64_t)i)},
						     value_of(first + (int64_t)i)};
		ck_assert_int_eq(store_append(s, samples, n, NULL), 0);
		first += (int64_t)n;
		count -= (int64_t)n;
	}
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[TEST_PATH_SIZE + 32];
	ck_assert_int_eq(str_format(path, sizeof path, "%s/%s", dir, name), 0);
	ck_assert_int_eq(file_replace(path, span_str(text), 0600), 0);
}

static void put_keys(const char *dir, const char *whose)
{
	char path[TEST_PATH_SIZE + 32];
	ck_assert_int_eq(str_format(path, sizeof path, "%s/pki", dir), 0);
	ck_assert_int_eq(file_make_dir(path, 0700), 0);
	put_file(dir, "pki/ca.key", whose);
	put_file(dir, "identity.key", whose);
}

static void put_records(struct store *s, const char *hub, const char *device)
{
	struct account a = {.name = "astrid", .password = "$argon2id$not really", .role = ROLE_OWNER, .created_at = {5}};
	struct device_record d = {.enrolled_at = {7}, .token_hash = {1, 2, 3}};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, device), 0);
	ck_assert_int_eq(store_account_add(s, &a, false, NULL), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	ck_assert_int_eq(store_setting_put(s, "hub-id", span_str(hub), NULL), 0);
}

static void put_series(struct store *s)
{
	for (int i = 1; i <= SERIES; i++) {
		struct series series = {.id = i, .device = "meter", .entity = {(char)('a' + i)}};
		ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
	}
}

/* A hub in `state`, open. */
static struct store *make_hub(int64_t samples)
{
	make_paths();
	struct store *s = open_at(state);
	put_series(s);
	put_records(s, "testhub", "meter");
	put_keys(state, "ours");
	append(s, 0, samples);
	return s;
}

static int take_to(struct store *s, const char *path, char *message)
{
	struct backup *b;
	int err = backup_begin(s, &b, message);
	if (!err)
		err = backup_write(b, &(struct backup_target){.path = path}, message);
	backup_end(&b);
	return err;
}

static void take(struct store *s)
{
	char message[512];
	int err = take_to(s, archive, message);
	ck_assert_msg(err == 0, "backup: %d %s", err, message);
}

static int restore(const char *dir, bool force, char *message)
{
	struct restore_report report;
	return restore_run(&(struct restore_options){archive, dir, force}, &report, message);
}

static void restore_well(const char *dir)
{
	char message[512];
	int err = restore(dir, false, message);
	ck_assert_msg(err == 0, "restore: %d %s", err, message);
}

/* ---- what is there ----------------------------------------------------- */

struct scanned {
	int64_t series, next, count;
};

static int check_samples(void *ctx, const struct sample *samples, size_t count)
{
	struct scanned *seen = ctx;
	for (size_t i = 0; i < count; i++, seen->next += SERIES, seen->count++) {
		double wanted = value_of(seen->next);
		ck_assert_int_eq(samples[i].at.ms, 1700000000000 + 137 * seen->next);
		ck_assert_msg(memcmp(&samples[i].value, &wanted, sizeof wanted) == 0, "sample %lld", (long long)seen->next);
	}
	return 0;
}

/* How many samples there are: the first so many, with every bit of theirs. */
static int64_t count_samples(struct store *s)
{
	int64_t count = 0;
	for (int64_t i = 0; i < SERIES; i++) {
		struct scanned seen = {.series = 1 + i, .next = i};
		struct scan_query q = {1 + i, {HISTORY_FIRST_MS}, {HISTORY_LAST_MS}, check_samples, &seen};
		ck_assert_int_eq(store_scan(s, &q), 0);
		count += seen.count;
	}
	return count;
}

static void check_records(struct store *s, const char *hub, const char *device)
{
	struct account a;
	struct device_record d;
	struct buf id = {0};
	ck_assert_int_eq(store_account_by_name(s, "Astrid", &a), 0);
	ck_assert_str_eq(a.password, "$argon2id$not really");
	ck_assert_int_eq(store_device_get(s, device, &d), 0);
	ck_assert_int_eq(d.token_hash[2], 3);
	device_record_finish(&d);
	ck_assert_int_eq(store_setting_get(s, "hub-id", &id), 0);
	ck_assert(span_is(buf_span(&id), hub));
	buf_finish(&id);
}

static void check_file(const char *dir, const char *name, const char *text)
{
	char path[TEST_PATH_SIZE + 32];
	struct buf b = {0};
	struct stat st;
	ck_assert_int_eq(str_format(path, sizeof path, "%s/%s", dir, name), 0);
	ck_assert_int_eq(buf_read_file(&b, path, 4096), 0);
	ck_assert(span_is(buf_span(&b), text));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	buf_finish(&b);
}

static bool there(const char *dir, const char *name)
{
	char path[TEST_PATH_SIZE + 64];
	ck_assert_int_eq(str_format(path, sizeof path, "%s/%s", dir, name), 0);
	return access(path, F_OK) == 0;
}

/* ---- taking and restoring ---------------------------------------------- */

START_TEST(all_comes_back_on_a_fresh_hub)
{
	struct store *s = make_hub(SAMPLES);
	take(s);
	append(s, SAMPLES, 3); /* the store goes on */
	store_close(&s);
	struct stat st;
	ck_assert_int_eq(stat(archive, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert(!there(test_dir, "backup.tar.part"));

	char message[512];
	struct restore_report report;
	ck_assert_int_eq(restore_verify(archive, &report, message), 0);
	ck_assert_str_eq(report.hub, "testhub");
	ck_assert_int_eq(restore_run(&(struct restore_options){archive, fresh, false}, &report, message), 0);
	ck_assert_str_eq(report.aside, "");
	s = open_at(fresh);
	ck_assert_int_eq(count_samples(s), SAMPLES);
	check_records(s, "testhub", "meter");
	check_file(fresh, "pki/ca.key", "ours");
	check_file(fresh, "identity.key", "ours");
	append(s, SAMPLES, 3); /* and so does the restored one, also over a restart */
	store_close(&s);
	s = open_at(fresh);
	ck_assert_int_eq(count_samples(s), SAMPLES + 3);
	store_close(&s);
}
END_TEST

START_TEST(common_tools_take_it_apart)
{
	struct store *s = make_hub(100);
	take(s);
	store_close(&s);
	char command[4 * TEST_PATH_SIZE];
	ck_assert_int_eq(str_format(command, sizeof command, "cd %s && mkdir out && cd out && tar xf %s && b2sum --quiet -c B2SUMS && "
							     "test $(wc -l <B2SUMS) = 6", test_dir, archive), 0);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

struct appender {
	struct store *store;
	_Atomic int64_t acked;
	_Atomic bool stop;
};

static void *keep_appending(void *arg)
{
	struct appender *a = arg;
	while (!atomic_load(&a->stop)) {
		append(a->store, a->acked, 40);
		a->acked += 40;
		ck_assert_int_eq(store_setting_put(a->store, "n", span_str("a value"), NULL), 0);
	}
	return NULL;
}

START_TEST(consistent_while_it_is_written_to)
{
	struct store *s = make_hub(SAMPLES);
	struct appender a = {.store = s, .acked = SAMPLES};
	pthread_t thread;
	ck_assert_int_eq(pthread_create(&thread, NULL, keep_appending, &a), 0);
	for (int round = 0; round < 5; round++) {
		int64_t before = a.acked, enough = before + 400;
		take(s);
		int64_t after = a.acked + 40;
		char dir[TEST_PATH_SIZE + 8];
		ck_assert_int_eq(str_format(dir, sizeof dir, "%s%d", fresh, round), 0);
		restore_well(dir);
		struct store *restored = open_at(dir);
		int64_t count = count_samples(restored);
		ck_assert_int_ge(count, before);
		ck_assert_int_le(count, after);
		check_records(restored, "testhub", "meter");
		store_close(&restored);
		while (a.acked < enough)
			sched_yield();
	}
	atomic_store(&a.stop, true);
	pthread_join(thread, NULL);
	store_close(&s);
}
END_TEST

START_TEST(one_at_a_time_and_erasing_waits_for_it)
{
	struct store *s = make_hub(2000);
	char message[512];
	struct backup *b, *second;
	ck_assert_int_eq(backup_begin(s, &b, message), 0);
	ck_assert_int_eq(backup_begin(s, &second, message), ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(message, "already"));
	ck_assert_ptr_null(second);

	struct appender a = {.store = s, .acked = 2000};
	pthread_t thread;
	ck_assert_int_eq(pthread_create(&thread, NULL, keep_appending, &a), 0);
	while (a.acked < 4000)
		sched_yield();
	ck_assert_int_eq(store_seal(s, true), 0); /* moves nothing into the files */
	ck_assert_int_eq(backup_write(b, &(struct backup_target){.path = archive}, message), 0);
	struct stat st;
	ck_assert_int_eq(stat(archive, &st), 0);
	ck_assert_uint_eq((uint64_t)st.st_size, backup_bytes(b));
	atomic_store(&a.stop, true);
	pthread_join(thread, NULL);
	backup_end(&b);
	ck_assert_int_eq(store_device_erase(s, "meter", NULL), 0);
	ck_assert_int_eq(backup_begin(s, &b, message), 0); /* again */
	backup_end(&b);
	store_close(&s);
	restore_well(fresh);
	s = open_at(fresh);
	ck_assert_int_eq(count_samples(s), 2000);
	store_close(&s);
}
END_TEST

static void note_erased(void *ctx, int err)
{
	ck_assert_int_eq(err, 0);
	waiter_signal(ctx);
}

static int nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

START_TEST(erasing_ends_when_the_backup_has)
{
	struct store *s = make_hub(2000);
	char message[512];
	struct backup *b;
	struct buf out = {0};
	struct waiter erased;
	waiter_init(&erased);
	ck_assert_int_eq(backup_begin(s, &b, message), 0);
	ck_assert_int_eq(store_device_erase(s, "meter", &(struct store_done){.fn = note_erased, .ctx = &erased}), 0);
	ck_assert_int_eq(store_setting_put(s, "n", span_str("behind it"), NULL), 0);
	sealer_poke(s->sealer);
	ck_assert_int_eq(sealer_run(s->sealer, nothing, NULL), 0);
	ck_assert_int_eq(erased.signalled, 0);
	do {
		out.len = 0;
		ck_assert_int_eq(backup_take(b, 4096, &out), 0);
	} while (out.len);
	backup_end(&b);
	waiter_wait(&erased);
	waiter_finish(&erased);
	buf_finish(&out);
	store_close(&s);
}
END_TEST

START_TEST(cancelled_when_nobody_takes)
{
	struct store *s = make_hub(2000);
	char message[512];
	struct backup *b;
	struct buf out = {0};
	ck_assert_int_eq(backup_begin(s, &b, message), 0);
	ck_assert_int_eq(backup_take(b, 4096, &out), 0);
	clock_ahead = 5 * 60 * 1000;
	backup_cancel_idle(s);
	ck_assert_int_eq(backup_take(b, 4096, &out), 0);
	ck_assert(sealer_checkpoints_forbidden(s->sealer));
	clock_ahead = 16 * 60 * 1000;
	backup_cancel_idle(s);
	ck_assert(!sealer_checkpoints_forbidden(s->sealer));
	ck_assert_int_eq(backup_take(b, 1 << 20, &out), ERR_TIMEOUT);
	take(s); /* another may begin */
	ck_assert_int_eq(backup_take(b, 1 << 20, &out), ERR_TIMEOUT);
	backup_end(&b);
	clock_ahead = 0;
	buf_finish(&out);
	store_close(&s);
}
END_TEST

/* The guard against a mistake of ours: something moved a log into a file meanwhile. */
START_TEST(given_up_when_a_database_changes)
{
	struct store *s = make_hub(2000);
	char message[512];
	struct backup *b;
	ck_assert_int_eq(backup_begin(s, &b, message), 0);
	append(s, 2000, 2000);
	ck_assert_int_eq(store_seal(s, false), 0);
	ck_assert_int_eq(shelf_flush(s->local), 0);
	ck_assert_int_eq(backup_write(b, &(struct backup_target){.path = archive}, message), ERR_DAMAGED);
	ck_assert(!there(test_dir, "backup.tar") && !there(test_dir, "backup.tar.part"));
	backup_end(&b);
	store_close(&s);
}
END_TEST

START_TEST(full_target_leaves_no_half_file)
{
	struct store *s = make_hub(SAMPLES);
	char message[512];
	take(s);
	struct stat good, now;
	ck_assert_int_eq(stat(archive, &good), 0);
	for (int64_t room = 0; room < good.st_size; room += 40000) {
		room_left = room;
		int err = take_to(s, archive, message);
		room_left = -1;
		ck_assert_int_eq(err, ERR_DISK_FULL);
		ck_assert_ptr_nonnull(strstr(message, "not enough room"));
		ck_assert(!there(test_dir, "backup.tar.part"));
	}
	ck_assert_int_eq(stat(archive, &now), 0);
	ck_assert_uint_eq(good.st_ino, now.st_ino); /* the one from before is still there */
	store_close(&s);
}
END_TEST

/* ---- archives that are refused ----------------------------------------- */

struct bytes {
	struct span left;
};

static int read_bytes(void *ctx, void *data, size_t len, size_t *got_r)
{
	struct bytes *b = ctx;
	*got_r = len < b->left.len ? len : b->left.len;
	memcpy(data, b->left.data, *got_r);
	b->left = span_of(b->left.data + *got_r, b->left.len - *got_r);
	return 0;
}

static int check_bytes(const void *data, size_t len, char *message)
{
	struct bytes bytes = {span_of(data, len)};
	struct archive_info info;
	int err = archive_read(&(struct archive_source){read_bytes, &bytes}, NULL, &info, message);
	ck_assert_msg((err == 0) == (message[0] == 0), "%d '%s'", err, message);
	return err;
}

static void read_archive_file(struct buf *b)
{
	struct store *s = make_hub(300);
	take(s);
	store_close(&s);
	ck_assert_int_eq(buf_read_file(b, archive, 64 << 20), 0);
}

START_TEST(any_changed_byte_is_refused)
{
	struct buf b = {0};
	char message[512];
	read_archive_file(&b);
	ck_assert_int_eq(check_bytes(b.data, b.len, message), 0);
	for (size_t i = 0; i < b.len; i += i < 2000 || i > b.len - 2600 ? EFFORT_PART : 211) {
		uint8_t bit = (uint8_t)(1 << i % 8);
		b.data[i] ^= bit;
		int err = check_bytes(b.data, b.len, message);
		ck_assert_msg(err == ERR_DAMAGED || err == ERR_NEWER, "byte %zu: %d", i, err);
		b.data[i] ^= bit;
	}
	buf_finish(&b);
}
END_TEST

START_TEST(any_truncation_is_refused)
{
	struct buf b = {0};
	char message[512];
	read_archive_file(&b);
	for (size_t len = 0; len < b.len; len += len < 2000 || len > b.len - 2600 ? EFFORT_PART : 499)
		ck_assert_int_eq(check_bytes(b.data, len, message), ERR_DAMAGED);
	ck_assert_int_eq(buf_append(&b, "", 1), 0);
	ck_assert_int_eq(check_bytes(b.data, b.len, message), ERR_DAMAGED);
	buf_finish(&b);
}
END_TEST

START_TEST(damage_is_found_before_anything_is_touched)
{
	struct buf b = {0};
	char message[512];
	read_archive_file(&b);
	b.data[b.len / 2] ^= 4;
	ck_assert_int_eq(file_replace(archive, buf_span(&b), 0600), 0);
	buf_finish(&b);
	ck_assert_int_eq(restore(state, true, message), ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(message, "Use another one"));
	ck_assert(!there(state, RESTORE_PART));
	struct store *s = open_at(state);
	ck_assert_int_eq(count_samples(s), 300);
	store_close(&s);
}
END_TEST

static void add_entry(struct buf *out, const char *name, struct span text)
{
	uint8_t header[ARCHIVE_BLOCK];
	static const uint8_t zeroes[2 * ARCHIVE_BLOCK];
	archive_header_make(header, name, text.len, 1);
	ck_assert_int_eq(buf_append(out, header, sizeof header), 0);
	ck_assert_int_eq(buf_append(out, text.data, text.len), 0);
	ck_assert_int_eq(buf_append(out, zeroes, archive_padding(text.len)), 0);
}

START_TEST(newer_ones_are_refused)
{
	static const char manifest[] = "tomte-backup 2\nsomething else\ntomte 9.1\nmore\n";
	struct buf b = {0};
	char message[512];
	add_entry(&b, ARCHIVE_MANIFEST, span_str(manifest));
	ck_assert_int_eq(check_bytes(b.data, b.len, message), ERR_NEWER);
	ck_assert_ptr_nonnull(strstr(message, "newer tomte (9.1)"));
	b.len = 0;

	static const char now[] = "tomte-backup 1\nfuture word\ntomte 0.9\nhub h\nhistory here\nfile 512 hub.db\nfile 512 broker.db\n"
				  "file 512 telemetry.db\n";
	uint8_t database[512] = "SQLite format 3";
	database[63] = (uint8_t)(schema_hub.first + schema_hub.count); /* its user_version */
	add_entry(&b, ARCHIVE_MANIFEST, span_str(now));
	add_entry(&b, "hub.db", span_of(database, sizeof database));
	ck_assert_int_eq(check_bytes(b.data, b.len, message), ERR_NEWER);
	ck_assert_ptr_nonnull(strstr(message, "newer tomte (0.9)"));
	buf_finish(&b);
}
END_TEST

START_TEST(sizes_of_any_magnitude_fit)
{
	static const uint64_t sizes[] = {0, 1, 511, 512, (1ULL << 33) - 1, 1ULL << 33, 1ULL << 40, INT64_MAX};
	uint8_t header[ARCHIVE_BLOCK];
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint64_t bytes;
		archive_header_make(header, "telemetry.db", sizes[i], 1800000000);
		ck_assert(archive_header_parse(header, "telemetry.db", &bytes));
		ck_assert_uint_eq(bytes, sizes[i]);
		ck_assert(!archive_header_parse(header, "hub.db", &bytes));
	}
}
END_TEST

/* ---- over an old state ------------------------------------------------- */

/* Another hub in `fresh`, closed. */
static void make_other_hub(void)
{
	struct store *s = open_at(fresh);
	put_series(s);
	put_records(s, "otherhub", "lamp");
	put_keys(fresh, "theirs");
	append(s, 0, 30);
	store_close(&s);
}

START_TEST(refused_while_a_hub_runs_there)
{
	struct store *s = make_hub(30);
	char message[512];
	take(s);
	ck_assert_int_eq(restore(state, true, message), ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(message, "Stop it first"));
	store_close(&s);
	restore_well(state); /* its own needs no force */
}
END_TEST

START_TEST(old_state_is_kept_aside)
{
	struct store *s = make_hub(300);
	char message[512];
	struct restore_report report;
	take(s);
	store_close(&s);
	make_other_hub();
	put_file(fresh, "notes.txt", "the owner's");
	ck_assert_int_eq(restore(fresh, false, message), ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(message, "--force"));
	ck_assert(!there(fresh, RESTORE_PART));
	ck_assert_int_eq(restore_run(&(struct restore_options){archive, fresh, true}, &report, message), 0);
	ck_assert_ptr_nonnull(strstr(report.aside, "before-restore-"));
	check_file(report.aside, "pki/ca.key", "theirs");
	check_file(fresh, "pki/ca.key", "ours");
	check_file(fresh, "notes.txt", "the owner's");
	s = open_at(fresh);
	check_records(s, "testhub", "meter");
	ck_assert_int_eq(count_samples(s), 300);
	store_close(&s);
	s = open_at(report.aside); /* it is a whole state */
	check_records(s, "otherhub", "lamp");
	store_close(&s);
}
END_TEST

/* A damaged state is no reason to ask for force: its backup is wanted. */
START_TEST(restores_over_damage)
{
	struct store *s = make_hub(300);
	take(s);
	store_close(&s);
	put_file(state, "hub.db", "no database");
	restore_well(state);
	s = open_at(state);
	ck_assert_int_eq(count_samples(s), 300);
	store_close(&s);
}
END_TEST

/* Restores in a child that dies at its nth step. Returns whether it had fewer. */
static bool restore_and_die(int n)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char message[512];
		steps_left = n;
		if (restore(fresh, true, message) == 0)
			_exit(0);
		fprintf(stderr, "%s\n", message);
		_exit(1);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_msg(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9, "%d", WEXITSTATUS(status));
	return WEXITSTATUS(status) == 0;
}

/* Either of the two, whole, and nothing of the restore's own left. */
static bool is_restored(void)
{
	struct store *s = open_at(fresh);
	bool restored = count_samples(s) == 300;
	if (!restored)
		ck_assert_int_eq(count_samples(s), 30);
	check_records(s, restored ? "testhub" : "otherhub", restored ? "meter" : "lamp");
	store_close(&s);
	check_file(fresh, "pki/ca.key", restored ? "ours" : "theirs");
	check_file(fresh, "identity.key", restored ? "ours" : "theirs");
	ck_assert(!there(fresh, RESTORE_PART) && !there(fresh, RESTORE_READY) && !there(fresh, RESTORE_MOVE));
	return restored;
}

START_TEST(killed_at_any_step_leaves_one_state)
{
	struct store *s = make_hub(300);
	take(s);
	store_close(&s);
	bool over = false, was_restored = false;
	int olds = 0, news = 0;
	for (int n = 1; !over; n++) {
		char command[2 * TEST_PATH_SIZE];
		ck_assert_int_eq(str_format(command, sizeof command, "rm -rf '%s'", fresh), 0);
		ck_assert_int_eq(system(command), 0);
		make_other_hub();
		over = restore_and_die(n);
		bool restored = is_restored();
		ck_assert_msg(restored || !was_restored, "step %d", n); /* there is one moment of decision */
		was_restored = restored;
		*(restored ? &news : &olds) += 1;
		ck_assert_int_lt(n, 300);
	}
	ck_assert_int_gt(olds, 5);
	ck_assert_int_gt(news, 15);
}
END_TEST

/* A restore that finishes an interrupted one first. */
START_TEST(restored_again_after_a_kill)
{
	struct store *s = make_hub(300);
	take(s);
	store_close(&s);
	make_other_hub();
	for (int n = 3; n < 60; n += 7)
		restore_and_die(n);
	restore_well(fresh);
	ck_assert(is_restored());
}
END_TEST

/* ---- by the clock ------------------------------------------------------ */

START_TEST(rotation_keeps_the_newest)
{
	char dir[TEST_PATH_SIZE];
	test_path(dir, "disk");
	ck_assert_int_eq(file_make_dir(dir, 0700), 0);
	static const char *const names[] = {"tomte-h1-20260101-030000.tar", "tomte-h1-20260102-030000.tar", "tomte-h1-20260103-030001.tar",
					    "tomte-h1-20260103-030000.tar", "tomte-h1-20250103-030000.tar.part",
					    /* not the hub's, or not made by it */
					    "tomte-h2-20250103-030000.tar", "tomte-h1-20250103.tar", "tomte-h1-2025a103-030000.tar",
					    "tomte-h1-20250103-030000.tar.gz", "holiday.jpg"};
	enum { COUNT = sizeof names / sizeof *names, FIRST_FOREIGN = 5 };
	for (int i = 0; i < COUNT; i++)
		put_file(dir, names[i], "x");
	ck_assert_int_eq(backup_rotate(dir, "h1", 2), 0);
	static const bool stays[FIRST_FOREIGN] = {false, false, true, true, false};
	for (int i = 0; i < COUNT; i++)
		ck_assert_msg(there(dir, names[i]) == (i >= FIRST_FOREIGN || stays[i]), "%s", names[i]);
}
END_TEST

#define HOUR 3600000LL

START_TEST(due_once_a_day_from_its_hour_on)
{
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	struct backup_schedule s = {.path = "/x", .hour = 3, .keep = 7};
	int64_t day = 1800000000000 / (24 * HOUR) * (24 * HOUR);
	ck_assert(backup_is_due(&s, 0, 0, day)); /* never made yet */
	ck_assert(!backup_is_due(&s, day + 3 * HOUR, 0, day + 5 * HOUR));
	ck_assert(!backup_is_due(&s, day + 3 * HOUR, 0, day + 26 * HOUR));
	ck_assert(backup_is_due(&s, day + 3 * HOUR, 0, day + 27 * HOUR));
	ck_assert(backup_is_due(&s, day + 3 * HOUR, 0, day + 90 * HOUR)); /* the hub was off */
	ck_assert(!backup_is_due(&s, day, day + 27 * HOUR, day + 27 * HOUR + 60000)); /* failed a minute ago */
	ck_assert(backup_is_due(&s, day, day + 27 * HOUR, day + 28 * HOUR));
	ck_assert(backup_is_due(&s, day + 900 * HOUR, 0, day + 3 * HOUR)); /* the clock was wrong */
	s.path[0] = 0;
	ck_assert(!backup_is_due(&s, 0, 0, day));
}
END_TEST

static int put_schedule(struct store *s, const char *path, char *message)
{
	struct backup_schedule schedule = {.hour = 4, .keep = 2};
	ck_assert_int_eq(str_copy(schedule.path, sizeof schedule.path, path), 0);
	return backup_schedule_put(s, &schedule, message);
}

START_TEST(schedules_that_cannot_work_are_refused)
{
	struct store *s = make_hub(30);
	char message[512], inside[TEST_PATH_SIZE + 8];
	struct backup_schedule schedule;
	ck_assert_int_eq(put_schedule(s, "backups", message), ERR_INVALID);
	ck_assert_int_eq(put_schedule(s, "/proc/nowhere", message), ERR_NOT_FOUND);
	ck_assert_int_eq(str_format(inside, sizeof inside, "%s/pki", state), 0);
	ck_assert_int_eq(put_schedule(s, inside, message), ERR_INVALID);
	ck_assert_int_eq(put_schedule(s, state, message), ERR_INVALID);
	ck_assert_int_eq(put_schedule(s, "/proc", message), ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(message, "ReadWritePaths=/proc"));
	ck_assert_int_eq(backup_now(s), ERR_STATE);
	ck_assert_int_eq(backup_schedule_get(s, &schedule), 0);
	ck_assert_str_eq(schedule.path, "");
	ck_assert_int_eq(schedule.hour, 3);
	ck_assert_int_eq(schedule.keep, 7);
	schedule.hour = 24;
	ck_assert_int_eq(backup_schedule_put(s, &schedule, message), ERR_INVALID);
	store_close(&s);
}
END_TEST

/* What the alert says, and a count that grows with each change. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	char text[512];
	int count;
} alert = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void on_alert(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	ck_assert_str_eq(kind, "backup");
	pthread_mutex_lock(&alert.mutex);
	ck_assert_int_eq(str_format(alert.text, sizeof alert.text, "%s", text ? text : ""), 0);
	alert.count++;
	pthread_cond_broadcast(&alert.changed);
	pthread_mutex_unlock(&alert.mutex);
}

static void wait_for_alerts(int count)
{
	pthread_mutex_lock(&alert.mutex);
	while (alert.count < count)
		pthread_cond_wait(&alert.changed, &alert.mutex);
	pthread_mutex_unlock(&alert.mutex);
}

static void backup_now_and_wait(struct store *s)
{
	struct backup_last last;
	int err;
	while ((err = backup_now(s)) == ERR_BUSY)
		sched_yield();
	ck_assert_int_eq(err, 0);
	do {
		sched_yield();
		ck_assert_int_eq(backup_last_get(s, &last), 0);
	} while (last.running);
}

START_TEST(scheduled_ones_rotate_tell_and_recover)
{
	struct store *s = make_hub(300);
	char message[512], dir[TEST_PATH_SIZE], away[TEST_PATH_SIZE];
	struct backup_last last;
	struct restore_report report;
	store_events_set(s, &(struct store_events){.alert = on_alert});
	test_path(dir, "disk");
	test_path(away, "away");
	ck_assert_int_eq(file_make_dir(dir, 0700), 0);
	put_file(dir, "tomte-testhub-20200101-000000.tar", "x");
	put_file(dir, "tomte-testhub-20200102-000000.tar", "x");
	ck_assert_int_eq(put_schedule(s, dir, message), 0);
	backup_now_and_wait(s);
	ck_assert_int_eq(backup_last_get(s, &last), 0);
	ck_assert_str_eq(last.error, "");
	ck_assert_int_gt(last.at, 0);
	ck_assert_int_eq(restore_verify(last.path, &report, message), 0);
	ck_assert(!there(dir, "tomte-testhub-20200101-000000.tar"));
	ck_assert(there(dir, "tomte-testhub-20200102-000000.tar"));

	ck_assert_int_eq(rename(dir, away), 0); /* the disk is unplugged */
	backup_now_and_wait(s);
	wait_for_alerts(1);
	ck_assert_ptr_nonnull(strstr(alert.text, "no directory"));
	int64_t good = last.at;
	ck_assert_int_eq(backup_last_get(s, &last), 0);
	ck_assert_str_eq(last.error, alert.text);
	ck_assert_int_eq(last.at, good);

	store_close(&s); /* the alert outlives a restart, and ends with the next success */
	ck_assert_int_eq(rename(away, dir), 0);
	s = open_at(state);
	store_events_set(s, &(struct store_events){.alert = on_alert});
	backup_now_and_wait(s);
	ck_assert_int_eq(backup_last_get(s, &last), 0);
	ck_assert_str_eq(last.error, "");
	store_close(&s);
	ck_assert_str_eq(alert.count % 2 ? "" : alert.text, "");
}
END_TEST

START_TEST(good_ones_stay_when_there_is_damage)
{
	struct store *s = make_hub(30);
	char message[512], dir[TEST_PATH_SIZE];
	test_path(dir, "disk");
	ck_assert_int_eq(file_make_dir(dir, 0700), 0);
	for (int i = 1; i <= 3; i++) {
		char name[64];
		ck_assert_int_eq(str_format(name, sizeof name, "tomte-testhub-2020010%d-000000.tar", i), 0);
		put_file(dir, name, "x");
	}
	ck_assert_int_eq(put_schedule(s, dir, message), 0);
	store_alert(s, "damage", "It is damaged.");
	backup_now_and_wait(s);
	ck_assert(there(dir, "tomte-testhub-20200101-000000.tar"));
	store_alert(s, "damage", NULL);
	backup_now_and_wait(s);
	ck_assert(!there(dir, "tomte-testhub-20200101-000000.tar"));
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, all_comes_back_on_a_fresh_hub);
	tcase_add_test(tc, common_tools_take_it_apart);
	tcase_add_test(tc, consistent_while_it_is_written_to);
	tcase_add_test(tc, one_at_a_time_and_erasing_waits_for_it);
	tcase_add_test(tc, erasing_ends_when_the_backup_has);
	tcase_add_test(tc, cancelled_when_nobody_takes);
	tcase_add_test(tc, given_up_when_a_database_changes);
	tcase_add_test(tc, full_target_leaves_no_half_file);
	tcase_add_test(tc, any_changed_byte_is_refused);
	tcase_add_test(tc, any_truncation_is_refused);
	tcase_add_test(tc, damage_is_found_before_anything_is_touched);
	tcase_add_test(tc, newer_ones_are_refused);
	tcase_add_test(tc, sizes_of_any_magnitude_fit);
	tcase_add_test(tc, refused_while_a_hub_runs_there);
	tcase_add_test(tc, old_state_is_kept_aside);
	tcase_add_test(tc, restores_over_damage);
	tcase_add_test(tc, killed_at_any_step_leaves_one_state);
	tcase_add_test(tc, restored_again_after_a_kill);
	tcase_add_test(tc, rotation_keeps_the_newest);
	tcase_add_test(tc, due_once_a_day_from_its_hour_on);
	tcase_add_test(tc, schedules_that_cannot_work_are_refused);
	tcase_add_test(tc, scheduled_ones_rotate_tell_and_recover);
	tcase_add_test(tc, good_ones_stay_when_there_is_damage);
}

int main(void)
{
	return test_run("backup", add);
}
