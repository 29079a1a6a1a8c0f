/* Full disks: who was told of success finds it, who was told of failure may try
 * again, and the store recovers by itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "support.h"

static void put_series(struct store *s)
{
	struct series series = {.id = 1, .device = "meter", .entity = "power"};
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

enum { BATCH = 40000, BATCHES = 45 }; /* more than the journal's segments hold */

static void fill_batch(struct sample *batch, int number)
{
	for (int i = 0; i < BATCH; i++)
		batch[i] = (struct sample){1, {number * BATCH + i}, sin(number * BATCH + i)};
}

/* Exactly the batches that succeeded are there, whole. */
static void assert_exactly(struct store *s, const int *results)
{
	static struct datum data[BATCH];
	for (int b = 0; b < BATCHES; b++) {
		size_t count = test_samples(s, &(struct shelf_range){1, b * BATCH, (b + 1) * BATCH}, data, BATCH);
		ck_assert_msg(count == (results[b] == 0 ? BATCH : 0), "batch %d: %zu samples, result %d", b, count, results[b]);
	}
}

static size_t count_failed(const int *results)
{
	size_t failed = 0;
	for (int b = 0; b < BATCHES; b++) {
		ck_assert(results[b] == 0 || results[b] == ERR_DISK_FULL);
		failed += results[b] != 0;
	}
	return failed;
}

/* ---- a disk that is really full ---------------------------------------- */

static bool mount_small_disk(void)
{
	if (mount("none", test_dir, "tmpfs", 0, "size=48m,mode=0700") == 0)
		return true;
	perror("skipped: a small tmpfs cannot be mounted (needs root)");
	return false;
}

/* Leaves no room but what the store has already. */
static void fill_disk(void)
{
	char path[TEST_PATH_SIZE];
	test_path(path, "filler");
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
	ck_assert_int_ge(fd, 0);
	static const char zeroes[4096];
	while (write(fd, zeroes, sizeof zeroes) > 0)
		;
	close(fd);
}

static void free_disk(void)
{
	char path[TEST_PATH_SIZE];
	test_path(path, "filler");
	ck_assert_int_eq(unlink(path), 0);
}

static void write_until_full(struct store *s, int *results)
{
	static struct sample batch[BATCH];
	for (int b = 0; b < BATCHES; b++) {
		if (b == 10)
			fill_disk();
		fill_batch(batch, b);
		results[b] = store_append(s, batch, BATCH, NULL);
	}
}

START_TEST(full_disk_gives_no_false_success)
{
	if (!mount_small_disk())
		return;
	struct store *s = test_open();
	put_series(s);
	int results[BATCHES];
	write_until_full(s, results);
	ck_assert_uint_gt(count_failed(results), 0);
	static uint8_t large[65536];
	/* The store gives what room it can to the file system, so that something small may pass; but then it is there. */
	int err = store_setting_put(s, "large", span_of(large, sizeof large), NULL);
	ck_assert(err == 0 || err == ERR_DISK_FULL);
	struct buf value = {0};
	ck_assert_int_eq(store_setting_get(s, "large", &value), err ? ERR_NOT_FOUND : 0);
	buf_finish(&value);
	struct store_stats stats;
	store_stats_get(s, &stats);
	ck_assert(stats.disk_full || results[BATCHES - 1] == 0);
	assert_exactly(s, results);

	free_disk();
	static struct sample batch[BATCH];
	ck_assert_int_eq(store_seal(s, false), 0);
	for (int b = BATCHES - 5; b < BATCHES; b++) {
		fill_batch(batch, b);
		ck_assert_int_eq(store_append(s, batch, BATCH, NULL), 0);
		results[b] = 0;
	}
	ck_assert_int_eq(store_setting_put(s, "large", span_of(large, sizeof large), NULL), 0);
	store_stats_get(s, &stats);
	ck_assert(!stats.disk_full);
	store_close(&s);
	s = test_open(); /* and all that was acknowledged is in the files */
	assert_exactly(s, results);
	store_close(&s);
	ck_assert_int_eq(umount(test_dir), 0);
}
END_TEST

enum { ALERTS_MOST = 20000 };

struct told {
	int64_t ids[ALERTS_MOST + 1];
	size_t count;
	bool closed; /* the newest */
};

static void on_alert(void *ctx, const struct alert *a)
{
	struct told *told = ctx;
	if (told->count == 0)
		told->closed = a->closed_at.ms != 0;
	told->ids[told->count++] = a->id;
}

/* All of them are told, each once, the newest first. */
static bool assert_told(struct store *s, int64_t newest)
{
	static struct told told;
	told.count = 0;
	ck_assert_int_eq(store_alert_each(s, 0, ALERTS_MOST, on_alert, &told), 0);
	ck_assert_int_eq((int64_t)told.count, newest);
	for (size_t i = 0; i < told.count; i++)
		ck_assert_int_eq(told.ids[i], newest - (int64_t)i);
	bool closed = told.closed;
	told.count = 0;
	ck_assert_int_eq(store_alert_each(s, newest, 2, on_alert, &told), 0);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_int_eq(told.ids[0], newest - 1);
	return closed;
}

START_TEST(alerts_are_told_while_there_is_no_room_for_them)
{
	if (!mount_small_disk())
		return;
	struct store *s = test_open();
	struct alert a = {.id = 0, .device = "pi", .kind = "disk", .opened_at = {1700000000000}};
	memset(a.text, 'x', sizeof a.text - 1);
	int err = 0;
	while (err == 0 && a.id < ALERTS_MOST) {
		if (++a.id > 3) /* so that some have a row */
			fill_disk();
		err = store_alert_put(s, &a, NULL);
	}
	ck_assert_int_eq(err, ERR_DISK_FULL);
	ck_assert(!assert_told(s, a.id));
	a.closed_at.ms = a.opened_at.ms + 1;
	ck_assert_int_eq(store_alert_put(s, &a, NULL), ERR_DISK_FULL);
	ck_assert(assert_told(s, a.id));
	struct alert old = a; /* of one that has a row */
	old.id -= 1;
	(void)store_alert_put(s, &old, NULL);
	ck_assert(assert_told(s, a.id));
	free_disk();
	ck_assert_int_eq(store_alert_put(s, &old, NULL), 0);
	ck_assert_int_eq(store_alert_put(s, &a, NULL), 0);
	ck_assert(assert_told(s, a.id));
	store_close(&s);
	s = test_open();
	ck_assert(assert_told(s, a.id));
	store_close(&s);
	ck_assert_int_eq(umount(test_dir), 0);
}
END_TEST

START_TEST(open_on_a_full_disk_is_told)
{
	if (!mount_small_disk())
		return;
	fill_disk();
	char message[512];
	ck_assert_int_eq(test_open_fails(message), ERR_DISK_FULL);
	free_disk();
	struct store *s = test_open();
	store_close(&s);
	ck_assert_int_eq(umount(test_dir), 0);
}
END_TEST

/* What is held back for that day lets it start. */
START_TEST(open_on_a_full_disk_takes_the_ballast)
{
	if (!mount_small_disk())
		return;
	struct store *s = test_open();
	store_close(&s);
	char path[TEST_PATH_SIZE];
	test_path(path, "ballast");
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
	ck_assert_int_eq(posix_fallocate(fd, 0, 4 << 20), 0);
	close(fd);
	fill_disk();
	s = test_open();
	ck_assert_int_ne(access(path, F_OK), 0);
	store_close(&s);
	ck_assert_int_eq(umount(test_dir), 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, full_disk_gives_no_false_success);
	tcase_add_test(tc, alerts_are_told_while_there_is_no_room_for_them);
	tcase_add_test(tc, open_on_a_full_disk_is_told);
	tcase_add_test(tc, open_on_a_full_disk_takes_the_ballast);
}

int main(void)
{
	return test_run("full", add);
}
