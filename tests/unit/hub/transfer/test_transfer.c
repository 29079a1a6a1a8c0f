/* The import that runs: its states, its file, back-pressure from the store, and its end from outside. */
#include "transfer/transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "support/fake_history.h"
#include "support/scratch.h"
#include "support/suite.h"

struct bench {
	struct scratch scratch;
	struct store *store;
	struct transfer *transfer;
	struct transfer_port port;
	char status[4096];
	bool lazy; /* the house has not yet told the store */
};

/* As the house would. */
static int64_t make_series(void *ctx, const struct series *wanted)
{
	struct bench *b = ctx;
	struct series series = *wanted;
	ck_assert_int_eq(wanted->id, 0);
	for (series.id = 1; store_series_get(b->store, series.id, &(struct series){0}) == 0; series.id++)
		;
	if (!b->lazy)
		ck_assert_int_eq(store_series_put(b->store, &series, NULL), 0);
	return series.id;
}

static void bench_start(struct bench *b)
{
	b->lazy = false;
	scratch_create(&b->scratch);
	b->store = fake_history_create();
	struct transfer_config config = {b->store, b->scratch.path, make_series, b};
	ck_assert_int_eq(transfer_create(&config, &b->transfer), 0);
	b->port = transfer_port(b->transfer);
}

static void bench_stop(struct bench *b)
{
	transfer_destroy(&b->transfer);
	ck_assert_int_ne(access(scratch_path(&b->scratch, "import.tmp"), F_OK), 0);
	fake_history_destroy(&b->store);
	scratch_remove(&b->scratch);
}

static int start(struct bench *b, const char *format, const char *series, const char *text)
{
	const char *path = scratch_path(&b->scratch, "upload-1");
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	struct transfer_import request = {path, strlen(text), format, series, "olga"};
	return b->port.import_start(b->port.ctx, &request);
}

static const char *status(struct bench *b)
{
	struct buf json = {0};
	ck_assert_int_eq(b->port.import_status(b->port.ctx, &json), 0);
	str_copy_span(b->status, sizeof b->status, buf_span(&json));
	buf_finish(&json);
	return b->status;
}

/* Waits until the import is no longer running. */
static const char *outcome(struct bench *b)
{
	while (strstr(status(b), "\"state\":\"running\""))
		usleep(1000);
	return b->status;
}

#define EXPECT(text, part) ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text)

static char *rows(int count)
{
	struct buf text = {0};
	buf_append_str(&text, "time,series,value\n");
	for (int i = 0; i < count; i++)
		buf_printf(&text, "%d,s%d,%d\n", 1000 + i / 2, i % 2, i);
	return (char *)(uintptr_t)buf_cstr(&text);
}

START_TEST(imports_and_tells)
{
	struct bench b;
	bench_start(&b);
	ck_assert_str_eq(status(&b), "{\"state\":\"none\"}");
	ck_assert_int_eq(b.port.import_cancel(b.port.ctx), ERR_NOT_FOUND);
	ck_assert_int_eq(start(&b, "odt", "", ""), ERR_INVALID);
	ck_assert_int_eq(start(&b, "csv", "7", ""), ERR_NOT_FOUND);
	ck_assert_int_eq(start(&b, "csv", "", "time,series,value\n1000,a,1\n1001,b,x\n1002,a,y\n1003,a,unknown\n"), 0);
	EXPECT(outcome(&b), "\"state\":\"done\",\"format\":\"csv\",\"by\":\"olga\"");
	EXPECT(b.status, "\"done\":60,\"total\":60,\"samples\":2,\"series\":2,\"empty\":1,\"skipped\":1,\"errors\":["
			 "\"Line 4: \\\"y\\\" does not go into a, which takes numbers.\"],\"message\":null}");
	ck_assert_uint_eq(fake_history_count(b.store), 2);
	/* what the hub makes of it, out again */
	struct history_series series;
	ck_assert_int_eq(b.port.source.series_get(b.port.source.ctx, 1, &series), 0);
	ck_assert_str_eq(series.topic, "import:a");
	/* into a series by its id, and the next import after the first */
	ck_assert_int_eq(start(&b, "csv", "1", "time,value\n2000,5\n"), 0);
	EXPECT(outcome(&b), "\"samples\":1,\"series\":1");
	ck_assert_int_ne(b.port.source.series_get(b.port.source.ctx, 3, &series), 0);
	ck_assert_int_eq(start(&b, "csv", "", "what\n"), 0);
	EXPECT(outcome(&b), "\"state\":\"failed\"");
	EXPECT(b.status, "\"message\":\"Line 1, which must name the columns, names no column of times");
	ck_assert_int_eq(start(&b, "homeassistant", "", "what\n"), 0);
	EXPECT(outcome(&b), "\"message\":\"This is no database of Home Assistant");
	bench_stop(&b);
}
END_TEST

START_TEST(waits_for_a_store_without_room)
{
	struct bench b;
	char *text = rows(55000);
	bench_start(&b);
	fake_history_full(b.store, 2); /* every other append is refused */
	ck_assert_int_eq(start(&b, "csv", "", text), 0);
	EXPECT(outcome(&b), "\"state\":\"done\"");
	EXPECT(b.status, "\"samples\":55000,");
	ck_assert_uint_eq(fake_history_count(b.store), 55000);
	bench_stop(&b);
	free(text);
}
END_TEST

START_TEST(a_series_is_there_before_its_samples)
{
	struct bench b;
	struct history_series series;
	bench_start(&b);
	b.lazy = true;
	ck_assert_int_eq(start(&b, "csv", "", "time,series,value\n1000,a,1\n1001,b,word\n"), 0);
	EXPECT(outcome(&b), "\"state\":\"done\"");
	ck_assert_int_eq(b.port.source.series_get(b.port.source.ctx, 2, &series), 0);
	ck_assert_str_eq(series.topic, "import:b");
	ck_assert_int_eq(series.kind, SERIES_TEXT);
	bench_stop(&b);
}
END_TEST

START_TEST(keeps_few_batches_on_their_way)
{
	struct bench b;
	char *text = rows(95000);
	bench_start(&b);
	fake_history_hold(b.store, true);
	ck_assert_int_eq(start(&b, "csv", "", text), 0);
	while (fake_history_count(b.store) < 40000)
		usleep(1000);
	ck_assert_int_eq(start(&b, "csv", "", "time,value\n"), ERR_BUSY);
	EXPECT(status(&b), "\"state\":\"running\"");
	fake_history_hold(b.store, false);
	EXPECT(outcome(&b), "\"samples\":95000,");
	ck_assert_uint_le(fake_history_most_waiting(b.store), 4);
	bench_stop(&b);
	free(text);
}
END_TEST

START_TEST(ends_from_outside)
{
	struct bench b;
	char *text = rows(95000);
	bench_start(&b);
	fake_history_hold(b.store, true);
	ck_assert_int_eq(start(&b, "csv", "", text), 0);
	while (fake_history_count(b.store) < 40000)
		usleep(1000);
	ck_assert_int_eq(b.port.import_cancel(b.port.ctx), 0);
	fake_history_hold(b.store, false);
	EXPECT(outcome(&b), "\"state\":\"cancelled\"");
	ck_assert_uint_eq(fake_history_count(b.store), 40000);
	/* the disk fails */
	fake_history_fail(b.store, ERR_DISK_FULL);
	ck_assert_int_eq(start(&b, "csv", "", text), 0);
	EXPECT(outcome(&b), "\"message\":\"The import ended: disk full.\"");
	fake_history_fail(b.store, 0);
	/* the hub stops */
	ck_assert_int_eq(start(&b, "csv", "", text), 0);
	bench_stop(&b);
	free(text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {imports_and_tells, waits_for_a_store_without_room,
				      a_series_is_there_before_its_samples, keeps_few_batches_on_their_way,
				      ends_from_outside};
	return suite_run("transfer", tests, sizeof tests / sizeof tests[0]);
}
