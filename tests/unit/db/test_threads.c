/* Concurrency: readers see whole commits while the writer writes, and several
 * threads may write at once. Meant for the thread sanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "support.h"

enum { READERS = 4, WRITERS = 3, BATCHES = 150, BATCH = 20 };

struct shared {
	struct store *s;
	_Atomic bool ended;
	_Atomic uint64_t reads;
};

/* A batch is one commit: its samples appear together. */
static void read_once(struct shared *shared, int64_t series, int64_t *before)
{
	static _Thread_local struct datum data[BATCHES * BATCH];
	size_t count = test_samples(shared->s, &(struct shelf_range){series, 0, BATCHES * BATCH}, data, BATCHES * BATCH);
	ck_assert_uint_eq(count % BATCH, 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(data[i].at, (int64_t)i);
	struct sample latest;
	int err = store_latest(shared->s, series, &latest);
	ck_assert(err == 0 || (err == ERR_NOT_FOUND && count == 0));
	if (!err) {
		ck_assert_int_ge(latest.at.ms + 1, (int64_t)count);
		ck_assert_int_ge(latest.at.ms, *before);
		*before = latest.at.ms;
	}
}

static void check_device(void *ctx, const struct device_record *d)
{
	(void)ctx; /* written together, seen together */
	ck_assert(d->online == !d->lost);
	ck_assert_str_eq(d->name, d->online ? "on" : "off");
}

static void *reader(void *arg)
{
	struct shared *shared = arg;
	int64_t before[WRITERS] = {-1, -1, -1};
	while (!atomic_load(&shared->ended)) {
		for (int i = 0; i < WRITERS; i++)
			read_once(shared, i + 1, &before[i]);
		ck_assert_int_eq(store_device_each(shared->s, check_device, NULL), 0);
		struct store_stats stats;
		store_stats_get(shared->s, &stats);
		ck_assert_uint_eq(stats.errors, 0);
		atomic_fetch_add(&shared->reads, 1);
	}
	return NULL;
}

struct writing {
	struct shared *shared;
	int64_t series;
	_Atomic size_t done;
};

static void count_done(void *ctx, int err)
{
	ck_assert_int_eq(err, 0);
	atomic_fetch_add(&((struct writing *)ctx)->done, 1);
}

static void *writer(void *arg)
{
	struct writing *w = arg;
	char id[MODEL_ID_SIZE];
	ck_assert_int_eq(str_format(id, sizeof id, "device-%d", (int)w->series), 0);
	for (int b = 0; b < BATCHES; b++) {
		struct sample batch[BATCH];
		for (int i = 0; i < BATCH; i++)
			batch[i] = (struct sample){w->series, {b * BATCH + i}, b};
		ck_assert_int_eq(store_append(w->shared->s, batch, BATCH, &(struct store_done){.fn = count_done, .ctx = w}), 0);
		bool online = b % 2, lost = !online;
		struct device_change change = {.name = online ? "on" : "off", .online = &online, .lost = &lost};
		struct store_done done = {.fn = count_done, .ctx = w};
		if (b % 25 == 0)
			ck_assert_int_eq(store_seal(w->shared->s, b % 50 == 0), 0);
		ck_assert_int_eq(store_device_change(w->shared->s, id, &change, b % 10 ? &done : NULL), 0);
	}
	return NULL;
}

static void furnish(struct store *s)
{
	for (int i = 1; i <= WRITERS; i++) {
		struct series series = {.id = i, .entity = "power"};
		struct device_record d = {.name = "on", .online = true};
		ck_assert_int_eq(str_format(d.id, sizeof d.id, "device-%d", i), 0);
		ck_assert_int_eq(str_copy(series.device, sizeof series.device, d.id), 0);
		ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
		ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
	}
}

START_TEST(readers_while_writing)
{
	struct shared shared = {.s = test_open()};
	furnish(shared.s);
	pthread_t readers[READERS], writers[WRITERS];
	struct writing writing[WRITERS];
	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&readers[i], NULL, reader, &shared), 0);
	for (int i = 0; i < WRITERS; i++) {
		writing[i].shared = &shared;
		writing[i].series = i + 1;
		atomic_init(&writing[i].done, 0);
		ck_assert_int_eq(pthread_create(&writers[i], NULL, writer, &writing[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	ck_assert_int_eq(store_append(shared.s, NULL, 0, NULL), 0);
	atomic_store(&shared.ended, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	ck_assert_uint_gt(atomic_load(&shared.reads), 0);
	for (int i = 1; i <= WRITERS; i++) {
		struct sample latest;
		ck_assert_int_eq(store_latest(shared.s, i, &latest), 0);
		ck_assert_int_eq(latest.at.ms, BATCHES * BATCH - 1);
	}
	store_close(&shared.s);
	for (int i = 0; i < WRITERS; i++)
		ck_assert_uint_eq(atomic_load(&writing[i].done), BATCHES + BATCHES - BATCHES / 10);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, readers_while_writing);
}

int main(void)
{
	return test_run("threads", add);
}
