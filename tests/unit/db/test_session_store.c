/* The session store: whatever the order of transactions, crashes and replays, the tables are what the journal's frames say. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "db/record.h"
#include "db/record_frames.h"
#include "db/session_store.h"
#include "support.h"
#include "support/persist_equal.h"

#define FILE_NAME "broker.db"

/* ---- the model: a list of facts, slow and obvious ----------------------- */

enum { FACTS_MAX = 1000 };

struct fact {
	struct buf bytes;             /* owned: its record */
	struct persist_change change; /* borrows from bytes */
	bool told;
};

struct model {
	struct fact facts[FACTS_MAX];
	size_t count;
};

/* The type that PUTs what this change puts or removes. */
static enum persist_type put_of(enum persist_type type)
{
	switch (type) {
	case PERSIST_RETAINED_CLEAR:
		return PERSIST_RETAINED_SET;
	case PERSIST_SUBSCRIPTION_REMOVE:
		return PERSIST_SUBSCRIPTION_PUT;
	case PERSIST_QUEUE_ACK:
		return PERSIST_QUEUE_APPEND;
	case PERSIST_QOS2_REMOVE:
		return PERSIST_QOS2_PUT;
	case PERSIST_WILL_CLEAR:
		return PERSIST_WILL_PUT;
	case PERSIST_COMMAND_END:
		return PERSIST_COMMAND_PUT;
	default:
		return type;
	}
}

/* Whether the change is about the fact. */
static bool concerns(const struct persist_change *change, const struct persist_change *fact)
{
	if (change->type == PERSIST_SESSION_END)
		return fact->client.len > 0 && span_equal(change->client, fact->client);
	if (put_of(change->type) != fact->type || !span_equal(change->client, fact->client))
		return false;
	switch (fact->type) {
	case PERSIST_RETAINED_SET:
		return span_equal(change->retained.topic, fact->retained.topic);
	case PERSIST_SUBSCRIPTION_PUT:
		return span_equal(change->subscription.filter, fact->subscription.filter);
	case PERSIST_QUEUE_APPEND:
		return change->queued.number == fact->queued.number;
	case PERSIST_QOS2_PUT:
		return change->qos2.packet_id == fact->qos2.packet_id && change->qos2.direction == fact->qos2.direction;
	case PERSIST_COMMAND_PUT:
		return span_equal(change->command.id, fact->command.id);
	default:
		return true;
	}
}

static bool has_session(const struct model *m, struct span client)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->facts[i].change.type == PERSIST_SESSION_PUT && span_equal(m->facts[i].change.client, client))
			return true;
	return false;
}

static void model_apply(struct model *m, const struct persist_change *change)
{
	for (size_t i = 0; i < m->count;) {
		if (!concerns(change, &m->facts[i].change)) {
			i++;
			continue;
		}
		buf_finish(&m->facts[i].bytes);
		m->facts[i] = m->facts[--m->count];
	}
	bool puts = change->type == put_of(change->type) && change->type != PERSIST_SESSION_END;
	bool of_session = change->client.len > 0 && change->type != PERSIST_SESSION_PUT;
	if (!puts || (of_session && !has_session(m, change->client)))
		return;
	ck_assert_uint_lt(m->count, FACTS_MAX);
	struct fact *fact = &m->facts[m->count++];
	*fact = (struct fact){0};
	ck_assert_int_eq(record_append_persist(&fact->bytes, change), 0);
	struct record_reader reader;
	struct record record;
	record_reader_init(&reader, buf_span(&fact->bytes));
	ck_assert_int_eq(record_next(&reader, &record), 0);
	fact->change = record.persist;
}

static void model_apply_frame(struct model *m, struct span payload)
{
	struct record_reader reader;
	struct record record;
	record_reader_init(&reader, payload);
	while (record_next(&reader, &record) == 0)
		if (record.type == RECORD_PERSIST)
			model_apply(m, &record.persist);
}

static void model_finish(struct model *m)
{
	for (size_t i = 0; i < m->count; i++)
		buf_finish(&m->facts[i].bytes);
	m->count = 0;
}

/* ---- comparing --------------------------------------------------------- */

struct comparison {
	struct model *model;
	size_t told;
	enum persist_type type; /* of the last one told */
	uint8_t client[70000];  /* whose session is being told */
	size_t client_len;
	int64_t number;
};

/* All of a session follows it, in the order of the port; the queue in its own. */
static void check_order(struct comparison *cmp, const struct persist_change *c)
{
	if (c->type == PERSIST_SESSION_PUT) {
		ck_assert_uint_le(c->client.len, sizeof cmp->client);
		memcpy(cmp->client, c->client.data, c->client.len);
		cmp->client_len = c->client.len;
		cmp->number = 0;
		ck_assert_int_le((int)cmp->type, PERSIST_WILL_PUT);
	} else {
		ck_assert_int_ge((int)c->type, (int)cmp->type);
		if (c->client.len > 0)
			ck_assert(span_equal(c->client, span_of(cmp->client, cmp->client_len)));
	}
	if (c->type == PERSIST_QUEUE_APPEND) {
		ck_assert_int_gt(c->queued.number, cmp->number);
		cmp->number = c->queued.number;
	}
	cmp->type = c->type;
}

static int compare_one(void *ctx, const struct persist_change *c)
{
	struct comparison *cmp = ctx;
	check_order(cmp, c);
	for (size_t i = 0; i < cmp->model->count; i++) {
		struct fact *fact = &cmp->model->facts[i];
		if (fact->told || !persist_equal(&fact->change, c))
			continue;
		fact->told = true;
		cmp->told++;
		return 0;
	}
	ck_abort_msg("told a change of type %d that is none of the model's", (int)c->type);
	return 0;
}

static void check_equal(struct session_store *st, struct model *m)
{
	static struct comparison cmp;
	cmp.model = m;
	cmp.told = cmp.client_len = 0;
	cmp.type = (enum persist_type)0;
	for (size_t i = 0; i < m->count; i++)
		m->facts[i].told = false;
	ck_assert_int_eq(session_store_each(st, compare_one, &cmp), 0);
	ck_assert_uint_eq(cmp.told, m->count);
}

/* ---- stores and frames ------------------------------------------------- */

static struct session_store *open_at(const char *name)
{
	char path[TEST_PATH_SIZE], message[STORE_MESSAGE_SIZE] = "";
	struct session_store *st;
	test_path(path, name);
	int err = session_store_open(path, &st, message);
	ck_assert_msg(err == 0, "%s: %s", name, message);
	return st;
}

static void apply_changes(struct session_store *st, const struct persist_change *changes, size_t count)
{
	struct buf b = {0};
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(record_append_persist(&b, &changes[i]), 0);
	uint64_t seq = session_store_mark(st) + 1;
	ck_assert_int_eq(session_store_begin(st), 0);
	ck_assert_int_eq(session_store_apply(st, seq, buf_span(&b)), 0);
	ck_assert_int_eq(session_store_commit(st, seq), 0);
	buf_finish(&b);
}

static int count_one(void *ctx, const struct persist_change *c)
{
	(void)c;
	++*(size_t *)ctx;
	return 0;
}

static size_t count_all(struct session_store *st)
{
	size_t count = 0;
	ck_assert_int_eq(session_store_each(st, count_one, &count), 0);
	return count;
}

/* ---- random changes ---------------------------------------------------- */

enum { NAMES = 12, NAME_LONG = 65535, PAYLOAD_LONG = 1 << 20 };

static uint8_t long_name[NAME_LONG], long_payload[PAYLOAD_LONG];

/* A few names, among them an empty one, one with a NUL, and two of full length that differ in the last byte. */
static struct span name_of(uint64_t i)
{
	static const char *const plain[] = {"", "a", "a/b", "sport/tennis", "ö/å", "$SYS/x", "0", "é", "room/1"};
	static uint8_t other[NAME_LONG];
	if (i < 9)
		return span_str(plain[i]);
	if (i == 9)
		return span_of("nul\0inside", 10);
	memset(long_name, 'l', NAME_LONG);
	memset(other, 'l', NAME_LONG);
	other[NAME_LONG - 1] = 'm';
	return span_of(i == 10 ? long_name : other, NAME_LONG);
}

static struct span any_name(struct test_rand *r)
{
	uint64_t i = test_rand_below(r, 40);
	return name_of(i < NAMES ? i : i % 10);
}

static struct span any_client(struct test_rand *r)
{
	uint64_t i = test_rand_below(r, 50);
	return i == 0 ? name_of(10) : name_of(1 + i % 5);
}

static struct span any_payload(struct test_rand *r)
{
	size_t len = (size_t)test_rand_below(r, 150) == 0 ? PAYLOAD_LONG : (size_t)test_rand_below(r, 60);
	size_t from = (size_t)test_rand_below(r, PAYLOAD_LONG - len + 1);
	return span_of(long_payload + from, len);
}

static struct persist_message any_message(struct test_rand *r)
{
	return (struct persist_message){
		.topic = any_name(r),
		.props = span_of(long_payload, (size_t)test_rand_below(r, 20)),
		.payload = any_payload(r),
		.qos = (uint8_t)test_rand_below(r, 3),
		.flags = (uint8_t)test_rand_below(r, 256),
		.received_at = {(int64_t)test_rand_next(r) >> 20},
		.expires_at = {(int64_t)test_rand_next(r) >> 20},
	};
}

static void fill_client_change(struct test_rand *r, struct persist_change *c)
{
	switch (c->type) {
	case PERSIST_SESSION_PUT:
		c->session = (struct persist_session){(uint32_t)test_rand_next(r), {(int64_t)test_rand_below(r, 1000)}, 5, any_name(r)};
		break;
	case PERSIST_SUBSCRIPTION_PUT:
	case PERSIST_SUBSCRIPTION_REMOVE:
		c->subscription = (struct persist_subscription){any_name(r), (uint8_t)test_rand_next(r), (uint32_t)test_rand_next(r)};
		break;
	case PERSIST_QUEUE_APPEND:
	case PERSIST_QUEUE_ACK:
		c->queued = (struct persist_queued){(int64_t)test_rand_below(r, 30) + 1, (uint8_t)test_rand_below(r, 3),
						    test_rand_below(r, 2) == 0, (uint32_t)test_rand_next(r), any_message(r)};
		break;
	case PERSIST_QOS2_PUT:
	case PERSIST_QOS2_REMOVE:
		c->qos2 = (struct persist_qos2){(uint16_t)(65535 - test_rand_below(r, 8)), (uint8_t)test_rand_below(r, 2),
						(uint8_t)test_rand_next(r), (int64_t)test_rand_below(r, 30)};
		break;
	default:
		c->will = (struct persist_will){any_message(r), (uint32_t)test_rand_next(r), {(int64_t)test_rand_below(r, 1000)}};
	}
}

static struct persist_change any_change(struct test_rand *r)
{
	struct persist_change c = {.type = (enum persist_type)(PERSIST_RETAINED_SET + test_rand_below(r, 14))};
	if (c.type == PERSIST_SESSION_END && test_rand_below(r, 4))
		c.type = PERSIST_SESSION_PUT; /* sessions should live long enough to own something */
	if (c.type <= PERSIST_RETAINED_CLEAR) {
		c.retained = any_message(r);
	} else if (c.type >= PERSIST_COMMAND_PUT) {
		c.command = (struct persist_command){any_name(r), span_str("lamp"), span_str("light"), any_payload(r), any_name(r),
						     (uint8_t)test_rand_next(r), {(int64_t)test_rand_below(r, 50)}};
	} else {
		c.client = any_client(r);
		fill_client_change(r, &c);
	}
	return c;
}

/* A frame of some changes, with what is not the broker's between them. */
static void any_frame(struct test_rand *r, struct buf *frame)
{
	static const struct sample sample = {3, {1700000000000}, 21.5};
	static const uint8_t unknown[] = {200, 2, 'h', 'i'};
	for (uint64_t left = test_rand_below(r, 6); left > 0; left--) {
		struct persist_change c = any_change(r);
		ck_assert_int_eq(record_append_persist(frame, &c), 0);
		if (test_rand_below(r, 3) == 0)
			ck_assert_int_eq(record_append_samples(frame, &sample, 1), 0);
		if (test_rand_below(r, 5) == 0)
			ck_assert_int_eq(buf_append(frame, unknown, sizeof unknown), 0);
	}
}

/* ---- the long walk ----------------------------------------------------- */

enum { FRAMES = 700 };

struct trial {
	struct test_rand rand;
	struct buf frames[FRAMES + 1]; /* by number */
	struct session_store *st;
	struct model model; /* at the mark */
	uint64_t mark;
	unsigned crashes, commits, replays;
};

/* What a power cut would leave: the files as they are now, opened elsewhere. */
static void check_after_power_cut(struct trial *trial)
{
	static const char *const names[][2] = {{FILE_NAME, "cut.db"}, {FILE_NAME "-wal", "cut.db-wal"}};
	for (size_t i = 0; i < 2; i++) {
		char from[TEST_PATH_SIZE], to[TEST_PATH_SIZE];
		struct buf content = {0};
		test_path(from, names[i][0]);
		test_path(to, names[i][1]);
		ck_assert_int_eq(buf_read_file(&content, from, 512 << 20), 0);
		ck_assert_int_eq(file_replace(to, buf_span(&content), 0600), 0);
		buf_finish(&content);
	}
	struct session_store *cut = open_at("cut.db");
	ck_assert_uint_eq(session_store_mark(cut), trial->mark);
	check_equal(cut, &trial->model);
	session_store_close(&cut);
}

/* Applies frames from one at or before the mark to a random one, or fewer, in one transaction; as they are, or condensed. */
static uint64_t apply_some(struct trial *trial)
{
	uint64_t back = test_rand_below(&trial->rand, 3) == 0 ? test_rand_below(&trial->rand, trial->mark + 1) : 0;
	uint64_t last = trial->mark + test_rand_below(&trial->rand, 20);
	if (last > FRAMES)
		last = FRAMES;
	trial->replays += back > 0;
	bool condensed = test_rand_below(&trial->rand, 2) == 0;
	struct buf frames = {0};
	for (uint64_t seq = trial->mark + 1 - back; seq <= last; seq++) {
		const struct buf *frame = &trial->frames[seq];
		ck_assert_int_eq(record_frames_begin(&frames, seq, (uint32_t)frame->len), 0);
		ck_assert_int_eq(buf_append(&frames, frame->data, frame->len), 0);
	}
	if (condensed)
		ck_assert_int_eq(record_frames_condense(&frames), 0);
	ck_assert_int_eq(session_store_begin(trial->st), 0);
	struct span left = buf_span(&frames), records;
	uint64_t seq;
	while (record_frames_take(&left, &seq, &records) == 0)
		ck_assert_int_eq(session_store_apply(trial->st, seq, records), 0);
	buf_finish(&frames);
	return last;
}

static void crash(struct trial *trial, uint64_t how)
{
	trial->crashes++;
	if (how == 0) {
		session_store_rollback(trial->st);
	} else {
		check_after_power_cut(trial);
		session_store_close(&trial->st);
		trial->st = open_at(FILE_NAME);
	}
	ck_assert_uint_eq(session_store_mark(trial->st), trial->mark);
}

static void commit(struct trial *trial, uint64_t last)
{
	trial->commits++;
	ck_assert_int_eq(session_store_commit(trial->st, last), 0);
	for (uint64_t seq = trial->mark + 1; seq <= last; seq++)
		model_apply_frame(&trial->model, buf_span(&trial->frames[seq]));
	trial->mark = last;
	ck_assert_uint_eq(session_store_mark(trial->st), last);
	if (test_rand_below(&trial->rand, 8) == 0)
		ck_assert_int_eq(session_store_checkpoint(trial->st, test_rand_below(&trial->rand, 2) == 0), 0);
}

static void walk(uint64_t seed)
{
	static struct trial trial;
	trial = (struct trial){.rand = {seed}};
	for (size_t i = 0; i < PAYLOAD_LONG; i++)
		long_payload[i] = (uint8_t)(test_rand_next(&trial.rand) >> 24);
	for (size_t seq = 1; seq <= FRAMES; seq++)
		any_frame(&trial.rand, &trial.frames[seq]);
	trial.st = open_at(FILE_NAME);
	while (trial.mark < FRAMES) {
		uint64_t last = apply_some(&trial);
		uint64_t fate = test_rand_below(&trial.rand, 6);
		if (fate < 2)
			crash(&trial, fate);
		else
			commit(&trial, last);
		check_equal(trial.st, &trial.model);
	}
	ck_assert_uint_gt(trial.model.count, 20);
	ck_assert_uint_gt(trial.crashes, 5);
	ck_assert_uint_gt(trial.replays, 5);

	/* the whole journal once more */
	ck_assert_int_eq(session_store_begin(trial.st), 0);
	for (uint64_t seq = 1; seq <= FRAMES; seq++)
		ck_assert_int_eq(session_store_apply(trial.st, seq, buf_span(&trial.frames[seq])), 0);
	ck_assert_int_eq(session_store_commit(trial.st, FRAMES), 0);
	check_equal(trial.st, &trial.model);
	session_store_close(&trial.st);
	model_finish(&trial.model);
	for (size_t seq = 1; seq <= FRAMES; seq++)
		buf_finish(&trial.frames[seq]);
}

START_TEST(any_history_leads_to_the_same)
{
	walk(0x9e3779b97f4a7c15ULL * (uint64_t)(_i + 1));
}
END_TEST

/* ---- single promises --------------------------------------------------- */

#define CLIENT .client = {(const uint8_t *)"c1", 2}

START_TEST(a_fresh_one_is_empty_and_private)
{
	char path[TEST_PATH_SIZE];
	struct stat s;
	struct session_store *st = open_at(FILE_NAME);
	test_path(path, FILE_NAME);
	ck_assert_int_eq(stat(path, &s), 0);
	ck_assert_int_eq((int)(s.st_mode & 0777), 0600);
	ck_assert_uint_eq(session_store_mark(st), 0);
	ck_assert_uint_eq(count_all(st), 0);
	session_store_close(&st);
	session_store_close(&st);
}
END_TEST

START_TEST(what_belongs_to_no_session_is_dropped)
{
	struct session_store *st = open_at(FILE_NAME);
	const struct persist_change orphans[] = {
		{PERSIST_SUBSCRIPTION_PUT, CLIENT, .subscription = {.filter = {(const uint8_t *)"#", 1}}},
		{PERSIST_QUEUE_APPEND, CLIENT, .queued = {.number = 1}},
		{PERSIST_QOS2_PUT, CLIENT, .qos2 = {.packet_id = 1}},
		{PERSIST_WILL_PUT, CLIENT},
		{PERSIST_QUEUE_ACK, CLIENT, .queued = {.number = 1}},
		{PERSIST_SESSION_END, CLIENT},
	};
	apply_changes(st, orphans, 6);
	ck_assert_uint_eq(count_all(st), 0);
	const struct persist_change session = {PERSIST_SESSION_PUT, CLIENT};
	apply_changes(st, &session, 1);
	ck_assert_uint_eq(count_all(st), 1);
	apply_changes(st, orphans, 4);
	apply_changes(st, &session, 1); /* keeps what belongs to it */
	ck_assert_uint_eq(count_all(st), 5);
	apply_changes(st, orphans + 5, 1);
	ck_assert_uint_eq(count_all(st), 0);
	session_store_close(&st);
}
END_TEST

START_TEST(a_damaged_frame_changes_nothing)
{
	struct session_store *st = open_at(FILE_NAME);
	const struct persist_change good = {PERSIST_SESSION_PUT, CLIENT};
	struct buf b = {0};
	ck_assert_int_eq(record_append_persist(&b, &good), 0);
	ck_assert_int_eq(buf_append(&b, "\x12\x7f", 2), 0);
	ck_assert_int_eq(session_store_begin(st), 0);
	ck_assert_int_eq(session_store_apply(st, 1, buf_span(&b)), ERR_DAMAGED);
	ck_assert_uint_eq(count_all(st), 0);
	ck_assert_int_eq(session_store_apply(st, 2, span_of(b.data, b.len - 2)), 0);
	ck_assert_int_eq(session_store_commit(st, 2), 0);
	ck_assert_uint_eq(count_all(st), 1);
	buf_finish(&b);
	session_store_close(&st);
}
END_TEST

START_TEST(one_topic_a_thousand_times_is_written_once)
{
	struct session_store *st = open_at(FILE_NAME);
	char text[200];
	memset(text, 'x', sizeof text);
	ck_assert_int_eq(session_store_begin(st), 0);
	struct buf b = {0};
	for (uint64_t seq = 1; seq <= 10000; seq++) {
		char topic[2] = {(char)('a' + seq % 20), 0};
		struct persist_change c = {PERSIST_RETAINED_SET, .retained = {.topic = span_str(topic), .payload = span_of(text, sizeof text)}};
		if (seq % 7 == 0)
			c.type = PERSIST_RETAINED_CLEAR;
		b.len = 0;
		ck_assert_int_eq(record_append_persist(&b, &c), 0);
		ck_assert_int_eq(session_store_apply(st, seq, buf_span(&b)), 0);
	}
	size_t before = session_store_wal_pages(st);
	ck_assert_int_eq(session_store_commit(st, 10000), 0);
	ck_assert_uint_le(session_store_wal_pages(st) - before, 40); /* 20 rows of 200 bytes, an index, the mark */
	buf_finish(&b);
	session_store_close(&st);
}
END_TEST

START_TEST(what_is_cleared_is_gone_from_the_files)
{
	static const char secret[] = "the-alarm-code-is-4711-and-a-bit";
	struct session_store *st = open_at(FILE_NAME);
	struct persist_change c = {PERSIST_RETAINED_SET, .retained = {.topic = span_str("t"), .payload = span_str(secret)}};
	apply_changes(st, &c, 1);
	ck_assert(test_files_hold(secret, sizeof secret - 1));
	c.type = PERSIST_RETAINED_CLEAR;
	apply_changes(st, &c, 1);
	ck_assert_int_eq(session_store_checkpoint(st, true), 0);
	ck_assert(!test_files_hold(secret, sizeof secret - 1));
	session_store_close(&st);
}
END_TEST

static int refuse_second(void *ctx, const struct persist_change *c)
{
	(void)c;
	return ++*(size_t *)ctx == 2 ? ERR_NOMEM : 0;
}

START_TEST(a_walk_may_be_ended)
{
	struct session_store *st = open_at(FILE_NAME);
	const struct persist_change changes[] = {
		{PERSIST_SESSION_PUT, CLIENT},
		{PERSIST_QUEUE_APPEND, CLIENT, .queued = {.number = 1}},
		{PERSIST_QUEUE_APPEND, CLIENT, .queued = {.number = 2}},
		{PERSIST_COMMAND_PUT, .command = {.id = {(const uint8_t *)"c", 1}}},
	};
	apply_changes(st, changes, 4);
	size_t told = 0;
	ck_assert_int_eq(session_store_each(st, refuse_second, &told), ERR_NOMEM);
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(count_all(st), 4); /* and again from the start */
	session_store_close(&st);
}
END_TEST

START_TEST(files_that_are_none_get_a_sentence)
{
	char path[TEST_PATH_SIZE], message[STORE_MESSAGE_SIZE] = "";
	struct session_store *st = open_at(FILE_NAME);
	session_store_close(&st);
	test_sql(FILE_NAME, BASE_BROKER, "PRAGMA user_version = 99");
	test_path(path, FILE_NAME);
	ck_assert_int_eq(session_store_open(path, &st, message), ERR_NEWER);
	ck_assert_ptr_null(st);
	ck_assert_ptr_nonnull(strstr(message, "newer"));

	test_path(path, "no.db");
	ck_assert_int_eq(file_replace(path, span_of(long_name, sizeof long_name), 0600), 0);
	ck_assert_int_eq(session_store_open(path, &st, message), ERR_DAMAGED);
	ck_assert_ptr_null(st);
	ck_assert_ptr_nonnull(strstr(message, "backup"));

	test_path(path, "nowhere/broker.db");
	ck_assert_int_lt(session_store_open(path, &st, message), 0);
	ck_assert_ptr_nonnull(strstr(message, "cannot be opened"));
}
END_TEST

static void add(TCase *tc)
{
	memset(long_name, 'l', sizeof long_name);
	tcase_add_loop_test(tc, any_history_leads_to_the_same, 0, 3);
	tcase_add_test(tc, a_fresh_one_is_empty_and_private);
	tcase_add_test(tc, what_belongs_to_no_session_is_dropped);
	tcase_add_test(tc, a_damaged_frame_changes_nothing);
	tcase_add_test(tc, one_topic_a_thousand_times_is_written_once);
	tcase_add_test(tc, what_is_cleared_is_gone_from_the_files);
	tcase_add_test(tc, a_walk_may_be_ended);
	tcase_add_test(tc, files_that_are_none_get_a_sentence);
}

int main(void)
{
	return test_run("session_store", add);
}
