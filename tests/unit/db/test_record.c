/* Records: everything comes back as it was written, and nothing forged reads astray. */
#include <math.h>
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"
#include "db/record.h"
#include "support/persist_equal.h"
#include "support/suite.h"

#define TEXT(s) {(const uint8_t *)(s), sizeof(s) - 1}

static uint64_t bits(double v)
{
	uint64_t b;
	memcpy(&b, &v, sizeof b);
	return b;
}

static double double_of(uint64_t b)
{
	double v;
	memcpy(&v, &b, sizeof v);
	return v;
}

/* xorshift64* */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* Reads the only record of b. */
static struct record only_record(const struct buf *b, enum record_type type)
{
	struct record_reader reader;
	struct record record, none;
	record_reader_init(&reader, buf_span(b));
	ck_assert_int_eq(record_next(&reader, &record), 0);
	ck_assert_int_eq((int)record.type, (int)type);
	ck_assert_int_eq(record_next(&reader, &none), ERR_NOT_FOUND);
	return record;
}

/* ---- samples ----------------------------------------------------------- */

/* Writes and reads the samples in steps of `step`, bit for bit. Returns the bytes. */
static size_t samples_round(const struct sample *samples, size_t count, size_t step)
{
	struct buf b = {0};
	ck_assert_int_eq(record_append_samples(&b, samples, count), 0);
	struct record record = only_record(&b, RECORD_SAMPLES);
	ck_assert_uint_eq(record.samples.count, count);
	struct sample *got = calloc(step, sizeof *got);
	ck_assert_ptr_nonnull(got);
	size_t seen = 0, taken;
	do {
		ck_assert_int_eq(record_take_samples(&record.samples, got, step, &taken), 0);
		for (size_t i = 0; i < taken; i++, seen++) {
			ck_assert_int_eq(got[i].series, samples[seen].series);
			ck_assert_int_eq(got[i].at.ms, samples[seen].at.ms);
			ck_assert_uint_eq(bits(got[i].value), bits(samples[seen].value));
		}
	} while (taken > 0);
	ck_assert_uint_eq(seen, count);
	size_t len = b.len;
	buf_finish(&b);
	free(got);
	return len;
}

START_TEST(samples_of_every_kind)
{
	const double values[] = {
		0.0, -0.0, 1, -1, 21.5, -21.5, 0.1, 0.1 + 0.2, 1e-6, 1e-7, 123456.789012, 1e15, -1e15, 1e300, -1e-300,
		(double)(1LL << 47), (double)((1LL << 47) - 1), 9007199254740993.0, 5e-324, 1.7976931348623157e308,
		HUGE_VAL, -HUGE_VAL, double_of(0x7ff8000000000000), double_of(0x7ff0000000000001), double_of(0xfff8deadbeef1234),
	};
	struct sample samples[sizeof values / sizeof *values];
	size_t count = sizeof values / sizeof *values;
	for (size_t i = 0; i < count; i++)
		samples[i] = (struct sample){(int64_t)(i * 7919 % 134217727 + 1), {1700000000000 - (int64_t)i * 777}, values[i]};
	for (size_t step = 1; step <= count + 1; step++)
		samples_round(samples, count, step);
	samples_round(samples, 0, 1);
}
END_TEST

START_TEST(samples_at_the_edges)
{
	const struct sample samples[] = {
		{(1LL << 60) - 1, {INT64_MIN}, 1}, {0, {INT64_MAX}, 2}, {1, {0}, 3}, {(1LL << 60) - 1, {INT64_MIN}, 4}};
	samples_round(samples, 4, 3);
	struct buf b = {0};
	const struct sample wrong[] = {{1, {0}, 1}, {1LL << 60, {0}, 1}, {-1, {0}, 1}};
	ck_assert_int_eq(record_append_samples(&b, wrong, 2), ERR_INVALID);
	ck_assert_int_eq(record_append_samples(&b, wrong + 2, 1), ERR_INVALID);
	ck_assert_uint_eq(b.len, 0);
	buf_finish(&b);
}
END_TEST

START_TEST(random_samples)
{
	uint64_t state = 42;
	static struct sample samples[5000];
	for (size_t i = 0; i < 5000; i++) {
		uint64_t shape = next_random(&state) % 3;
		double decimal = (double)((int64_t)(next_random(&state) % 2000000) - 1000000) / (shape == 1 ? 100.0 : 1000.0);
		samples[i] = (struct sample){(int64_t)(next_random(&state) >> 37) + 1,
					     {(int64_t)next_random(&state)},
					     shape == 0 ? double_of(next_random(&state)) : decimal};
	}
	samples_round(samples, 5000, 512);
}
END_TEST

/* 200 series of one decimal, 23 samples a second, a record a second: the house that the journal is measured with. */
START_TEST(a_house_is_small)
{
	enum { SECONDS = 2000, RATE = 23 };
	uint64_t state = 7;
	size_t bytes = 0;
	int64_t at = 1700000000000;
	for (size_t second = 0; second < SECONDS; second++) {
		struct sample samples[RATE];
		for (size_t i = 0; i < RATE; i++) {
			at += (int64_t)(next_random(&state) % 87);
			samples[i] = (struct sample){(int64_t)(next_random(&state) % 200) + 1,
						     {at},
						     (double)((int64_t)(next_random(&state) % 4000) - 400) / 10.0};
		}
		bytes += samples_round(samples, RATE, RATE);
	}
	double each = (double)bytes / (SECONDS * RATE);
	printf("%.2f bytes a sample in records of %d\n", each, RATE);
	ck_assert_msg(each <= 6.5, "%.2f bytes a sample", each);
}
END_TEST

/* ---- series and words -------------------------------------------------- */

static struct series full_series(void)
{
	struct series s = {.id = SERIES_ID_MAX, .kind = SERIES_TEXT, .raw_days = -1, .rollup_years = INT32_MAX,
			   .resolution_ms = 10000,
			   .recorder = {RECORD_DEADBAND, 60000, 0.25}};
	memset(s.device, 'd', sizeof s.device - 1);
	memset(s.entity, 'e', sizeof s.entity - 1);
	memset(s.topic, 't', sizeof s.topic - 1);
	memset(s.path, 'p', sizeof s.path - 1);
	memset(s.unit, 'u', sizeof s.unit - 1);
	memset(s.device_class, 'c', sizeof s.device_class - 1);
	return s;
}

static void check_series(const struct series *a, const struct series *b)
{
	ck_assert_int_eq(a->id, b->id);
	ck_assert_str_eq(a->device, b->device);
	ck_assert_str_eq(a->entity, b->entity);
	ck_assert_str_eq(a->topic, b->topic);
	ck_assert_str_eq(a->path, b->path);
	ck_assert_str_eq(a->unit, b->unit);
	ck_assert_str_eq(a->device_class, b->device_class);
	ck_assert_int_eq((int)a->kind, (int)b->kind);
	ck_assert_int_eq((int)a->recorder.preset, (int)b->recorder.preset);
	ck_assert_int_eq(a->recorder.interval_ms, b->recorder.interval_ms);
	ck_assert_uint_eq(bits(a->recorder.deadband), bits(b->recorder.deadband));
	ck_assert_int_eq(a->raw_days, b->raw_days);
	ck_assert_int_eq(a->rollup_years, b->rollup_years);
	ck_assert_int_eq(a->resolution_ms, b->resolution_ms);
}

START_TEST(series_and_words)
{
	struct series all[] = {full_series(), {.id = 1}};
	for (size_t i = 0; i < 2; i++) {
		struct buf b = {0};
		ck_assert_int_eq(record_append_series(&b, &all[i]), 0);
		struct record record = only_record(&b, RECORD_SERIES);
		check_series(&record.series, &all[i]);
		buf_finish(&b);
	}
	struct buf b = {0};
	ck_assert_int_eq(record_append_series_forget(&b, 77), 0);
	ck_assert_int_eq(only_record(&b, RECORD_SERIES_FORGET).forget, 77);
	b.len = 0;
	ck_assert_int_eq(record_append_word(&b, 5, -3, span_str("öppen")), 0);
	struct record_word word = only_record(&b, RECORD_WORD).word;
	ck_assert_int_eq(word.series, 5);
	ck_assert_int_eq(word.code, -3);
	ck_assert(span_is(word.text, "öppen"));
	buf_finish(&b);
}
END_TEST

START_TEST(a_series_that_is_none)
{
	struct buf b = {0};
	struct series s = full_series();
	s.kind = (enum series_kind)9;
	ck_assert_int_eq(record_append_series(&b, &s), ERR_INVALID);
	ck_assert_uint_eq(b.len, 0);
	s = full_series();
	s.recorder.preset = (enum recorder_preset)9;
	ck_assert_int_eq(record_append_series(&b, &s), ERR_INVALID);
	ck_assert_uint_eq(b.len, 0);
	buf_finish(&b);
}
END_TEST

/* ---- the broker's ------------------------------------------------------ */

#define MESSAGE {TEXT("a/b"), TEXT("\x01\x00"), TEXT("pay\0load"), 2, 5, {1700000000000}, {1800000000000}}
#define CLIENT .client = TEXT("client-1")

static const struct persist_change changes[] = {
	{PERSIST_RETAINED_SET, .retained = MESSAGE},
	{PERSIST_RETAINED_SET, .retained = {{NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0, {0}, {0}}},
	{PERSIST_RETAINED_CLEAR, .retained = {.topic = TEXT("a/b")}},
	{PERSIST_SESSION_PUT, CLIENT, .session = {UINT32_MAX, {1700000000123}, 5, TEXT("anna")}},
	{PERSIST_SESSION_END, CLIENT},
	{PERSIST_SUBSCRIPTION_PUT, CLIENT, .subscription = {TEXT("a/+/#"), 0x2e, 268435455}},
	{PERSIST_SUBSCRIPTION_REMOVE, CLIENT, .subscription = {.filter = TEXT("a/+/#")}},
	{PERSIST_QUEUE_APPEND, CLIENT, .queued = {INT64_MAX, 1, true, 77, MESSAGE}},
	{PERSIST_QUEUE_ACK, CLIENT, .queued = {.number = 12}},
	{PERSIST_QOS2_PUT, CLIENT, .qos2 = {65535, PERSIST_OUTGOING, 3, 12}},
	{PERSIST_QOS2_REMOVE, CLIENT, .qos2 = {.packet_id = 1, .direction = PERSIST_OUTGOING}},
	{PERSIST_WILL_PUT, CLIENT, .will = {MESSAGE, UINT32_MAX, {1700000000456}}},
	{PERSIST_WILL_CLEAR, CLIENT},
	{PERSIST_COMMAND_PUT,
	 .command = {TEXT("c1"), TEXT("lamp"), TEXT("light"), TEXT("{\"state\":\"ON\"}"), TEXT("anna"), 2, {1700000000789}}},
	{PERSIST_COMMAND_END, .command = {.id = TEXT("c1")}},
};
enum { CHANGES = sizeof changes / sizeof *changes };

START_TEST(changes_of_every_kind)
{
	struct buf b = {0};
	for (size_t i = 0; i < CHANGES; i++) {
		b.len = 0;
		ck_assert_int_eq(record_append_persist(&b, &changes[i]), 0);
		struct record record = only_record(&b, RECORD_PERSIST);
		ck_assert_msg(persist_equal(&record.persist, &changes[i]), "change %zu", i);
	}
	buf_finish(&b);
}
END_TEST

START_TEST(changes_out_of_range)
{
	const struct persist_change wrong[] = {
		{(enum persist_type)15, CLIENT},
		{(enum persist_type)30, CLIENT},
		{PERSIST_RETAINED_SET, .retained = {.qos = 3}},
		{PERSIST_QUEUE_APPEND, CLIENT, .queued = {.number = 0}},
		{PERSIST_QUEUE_APPEND, CLIENT, .queued = {.number = 1, .qos = 3}},
		{PERSIST_QUEUE_ACK, CLIENT, .queued = {.number = -1}},
		{PERSIST_QOS2_PUT, CLIENT, .qos2 = {.packet_id = 0}},
		{PERSIST_QOS2_REMOVE, CLIENT, .qos2 = {.packet_id = 1, .direction = 2}},
	};
	struct buf b = {0};
	ck_assert_int_eq(record_append_series_forget(&b, 1), 0);
	size_t before = b.len;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_msg(record_append_persist(&b, &wrong[i]) == ERR_INVALID, "change %zu", i);
		ck_assert_uint_eq(b.len, before);
	}
	buf_finish(&b);
}
END_TEST

/* ---- framing ----------------------------------------------------------- */

/* One record of each kind. */
static void append_all(struct buf *b)
{
	struct series series = full_series();
	const struct sample samples[] = {{1, {1700000000000}, 21.5}, {300, {1700000000040}, 1e300}};
	ck_assert_int_eq(record_append_samples(b, samples, 2), 0);
	ck_assert_int_eq(record_append_series(b, &series), 0);
	ck_assert_int_eq(record_append_series_forget(b, 1 << 20), 0);
	ck_assert_int_eq(record_append_word(b, 5, 1, span_str("open")), 0);
	for (size_t i = 0; i < CHANGES; i++)
		ck_assert_int_eq(record_append_persist(b, &changes[i]), 0);
}

/* Walks the whole payload, samples too; returns how it ended and counts the records before. */
static int walk(struct span payload, size_t *count_r)
{
	struct record_reader reader;
	struct record record;
	int err;
	record_reader_init(&reader, payload);
	for (*count_r = 0; (err = record_next(&reader, &record)) == 0; ++*count_r) {
		if (record.type != RECORD_SAMPLES)
			continue;
		struct sample samples[8];
		size_t taken;
		do {
			err = record_take_samples(&record.samples, samples, 8, &taken);
			if (err)
				return err;
		} while (taken > 0);
	}
	return err;
}

static int walk_copy(const uint8_t *data, size_t len, size_t *count_r)
{
	uint8_t *exact = malloc(len ? len : 1); /* so that the sanitizer sees a read past the end */
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, data, len);
	int err = walk(span_of(exact, len), count_r);
	free(exact);
	return err;
}

START_TEST(truncated_anywhere)
{
	struct buf b = {0};
	append_all(&b);
	size_t whole, count, ends = 0, last = 0;
	ck_assert_int_eq(walk(buf_span(&b), &whole), ERR_NOT_FOUND);
	ck_assert_uint_eq(whole, 4 + CHANGES);
	for (size_t len = 0; len < b.len; len++) {
		int err = walk_copy(b.data, len, &count);
		ck_assert(err == ERR_DAMAGED || err == ERR_NOT_FOUND);
		ck_assert_uint_ge(count, last); /* what lies before the cut is read */
		last = count;
		ends += err == ERR_NOT_FOUND;
	}
	ck_assert_uint_eq(ends, whole); /* only between two records */
	buf_finish(&b);
}
END_TEST

/* Cuts each record's body short or makes it longer, with a length that agrees. */
START_TEST(bodies_of_the_wrong_length)
{
	struct buf b = {0}, forged = {0};
	append_all(&b);
	struct record_reader reader;
	struct record record;
	record_reader_init(&reader, buf_span(&b));
	while (record_next(&reader, &record) == 0) {
		for (size_t len = 0; len <= record.body.len + 1 && len < 128; len++) {
			if (len == record.body.len)
				continue;
			uint8_t head[] = {record.raw_type, (uint8_t)len};
			forged.len = 0;
			ck_assert_int_eq(buf_append(&forged, head, 2), 0);
			ck_assert_int_eq(buf_append(&forged, record.body.data, len < record.body.len ? len : record.body.len), 0);
			if (len > record.body.len)
				ck_assert_int_eq(buf_append(&forged, "", 1), 0);
			size_t count;
			ck_assert_int_eq(walk_copy(forged.data, forged.len, &count), ERR_DAMAGED);
		}
	}
	buf_finish(&b);
	buf_finish(&forged);
}
END_TEST

START_TEST(forged_lengths)
{
	static const char *const forged[] = {
		"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",         /* a body of 2^64 - 1 bytes */
		"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",         /* a varint of more than 64 bits */
		"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",     /* of eleven bytes */
		"\x01\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", /* 2^64 - 1 samples */
		"\x01\x04\x02\x08\x02\x02",                             /* two samples, bytes for one */
		"\x04\x06\x0a\x02\xff\xff\xff\x7f",                     /* a word longer than its record */
		"\x10\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",     /* a topic of 2^64 - 1 bytes */
		"\x02",
		"\x02\x81",
	};
	static const size_t lens[] = {11, 11, 12, 13, 6, 8, 12, 1, 2};
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		size_t count;
		ck_assert_msg(walk_copy((const uint8_t *)forged[i], lens[i], &count) == ERR_DAMAGED, "forged %zu", i);
	}
}
END_TEST

/* Text with a NUL, or longer than its field, is no series. */
START_TEST(forged_texts)
{
	struct buf b = {0};
	struct series s = {.id = 1, .device = "lamp", .unit = "W"};
	ck_assert_int_eq(record_append_series(&b, &s), 0);
	uint8_t *name = memmem(b.data, b.len, "lamp", 4);
	ck_assert_ptr_nonnull(name);
	name[2] = 0;
	size_t count;
	ck_assert_int_eq(walk(buf_span(&b), &count), ERR_DAMAGED);
	uint8_t text[3 + 300] = {RECORD_SERIES, 0xac, 0x02, 2, 0xa9, 0x02};
	memset(text + 6, 'x', sizeof text - 6);
	ck_assert_int_eq(walk_copy(text, sizeof text, &count), ERR_DAMAGED);
	buf_finish(&b);
}
END_TEST

START_TEST(unknown_ones_are_passed_over)
{
	static const uint8_t kinds[] = {0, 5, 15, 30, 255};
	struct buf b = {0};
	for (size_t i = 0; i < sizeof kinds; i++) {
		uint8_t unknown[] = {kinds[i], 3, 'n', 'e', 'w'};
		ck_assert_int_eq(buf_append(&b, unknown, sizeof unknown), 0);
		ck_assert_int_eq(record_append_series_forget(&b, (int64_t)i), 0);
	}
	struct record_reader reader;
	struct record record;
	record_reader_init(&reader, buf_span(&b));
	for (size_t i = 0; i < sizeof kinds; i++) {
		ck_assert_int_eq(record_next(&reader, &record), 0);
		ck_assert_int_eq((int)record.type, RECORD_UNKNOWN);
		ck_assert_uint_eq(record.raw_type, kinds[i]);
		ck_assert(span_is(record.body, "new"));
		ck_assert_int_eq(record_next(&reader, &record), 0);
		ck_assert_int_eq(record.forget, (int64_t)i);
	}
	ck_assert_int_eq(record_next(&reader, &record), ERR_NOT_FOUND);
	buf_finish(&b);
}
END_TEST

/* Bytes as they are on disks: a format once released stays. */
START_TEST(the_format_stays)
{
	static const char expected[] = 
		"0117037180a0abfef962ae031813070714000000000000f07f0302d80404070e02046f70656e101e03612f62020100087061"
		"79006c6f6164020580a0abfef96280c0e285e368100700000000000000110403612f62121a08636c69656e742d31ffffffff"
		"0ff6a1abfef9620504616e6e61130908636c69656e742d31141408636c69656e742d3105612f2b2f232effffff7f150f0863"
		"6c69656e742d3105612f2b2f23163408636c69656e742d31feffffffffffffffff0101014d03612f6202010008706179006c"
		"6f6164020580a0abfef96280c0e285e368170a08636c69656e742d3118180f08636c69656e742d31ffff03010318190b0863"
		"6c69656e742d3101011a3208636c69656e742d3103612f6202010008706179006c6f6164020580a0abfef96280c0e285e368"
		"ffffffff0f90a7abfef9621b0908636c69656e742d311c29026331046c616d70056c696768740e7b227374617465223a224f"
		"4e227d04616e6e6102aaacabfef9621d03026331";
	const struct sample samples[] = {{7, {1700000000000}, 21.5}, {5, {1699999999990}, -4}, {5, {1700000000000}, HUGE_VAL}};
	struct buf b = {0};
	ck_assert_int_eq(record_append_samples(&b, samples, 3), 0);
	ck_assert_int_eq(record_append_series_forget(&b, 300), 0);
	ck_assert_int_eq(record_append_word(&b, 7, 1, span_str("open")), 0);
	for (size_t i = 0; i < CHANGES; i++)
		ck_assert_int_eq(record_append_persist(&b, &changes[i]), 0);
	char hex[1024];
	ck_assert_uint_lt(2 * b.len, sizeof hex);
	str_to_hex(hex, b.data, b.len);
	ck_assert_str_eq(hex, expected);
	buf_finish(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		samples_of_every_kind, samples_at_the_edges, random_samples, a_house_is_small, series_and_words, a_series_that_is_none,
		changes_of_every_kind, changes_out_of_range, truncated_anywhere, bodies_of_the_wrong_length, forged_lengths,
		forged_texts, unknown_ones_are_passed_over, the_format_stays,
	};
	return suite_run("record", tests, sizeof tests / sizeof *tests);
}
