/* A life of the store; see power_life.h. The test's thread does the work of the first sender and of hub.db, a
 * thread of its own that of the second; answers come on the store's threads and only set marks. */
#include "power_life.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/durable.h"
#include "db/history.h"
#include "db/shelf.h"
#include "db/store_private.h"
#include "support/power_vfs.h"

enum {
	PHASES = 3,       /* the store is closed and opened between them */
	OPS = 120,        /* of the first sender in a phase */
	SECOND_OPS = 60,
	BATCH_MAX = 40,
	SERIES_EACH = 6,  /* of a sender; SERIES_EACH + 1 is the first one's text series */
	WORDS = 40,
	DAYS_BACK = 6,
	ERASED_FROM = 100, /* ids of series that will be erased */
};

/* Marks: what, of whom, number. */
enum { MARK_ASKED, MARK_ANSWERED, MARK_ERASING, MARK_ERASED, MARK_TRIM };

static uint64_t mark_of(uint64_t what, uint64_t who, uint64_t number)
{
	return what << 56 | who << 48 | number;
}

struct sender_state {
	struct power_life *life;
	enum sender sender;
	uint32_t op;
	struct cell_writes writes;
	uint64_t random;
	int64_t clock; /* ms; where new samples are */
};

struct power_life {
	struct power_log *log;
	struct disk disk; /* the log's, or one that lies */
	char dir[POWER_PATH_SIZE];
	struct store *store;
	struct sender_state senders[SENDERS];
	int64_t today;
	int erasures;
	uint32_t revision;
	struct cell_writes writes; /* all, sorted */
};

_Noreturn void power_life_fail(const char *what, int err)
{
	fprintf(stderr, "power: %s: %s\n", what, err_text(err));
	_exit(3);
}

static uint64_t dice(struct sender_state *s, uint64_t bound)
{
	return power_random(&s->random, bound);
}

/* ---- names --------------------------------------------------------------- */

static void name(char *out, const char *what, int64_t number)
{
	if (str_format(out, POWER_NAME_SIZE, "%s%lld", what, (long long)number))
		abort();
}

void power_word(char *out, int word)
{
	name(out, "word ", word);
}

void power_device(char *out, int64_t id)
{
	name(out, "device", id);
}

void power_setting(char *out, int64_t id)
{
	name(out, "setting", id);
}

void power_topic(char *out, int64_t id)
{
	name(out, "house/topic", id);
}

int64_t power_erasure_series(int erasure)
{
	return ERASED_FROM + erasure;
}

bool power_is_of_erasure(int64_t series, int *erasure_r)
{
	*erasure_r = (int)(series - ERASED_FROM);
	return series >= ERASED_FROM && series < ERASED_FROM + POWER_ERASURES_MAX;
}

/* ---- what is written ----------------------------------------------------- */

static void *grown(void *old, size_t size)
{
	void *memory = realloc(old, size);
	if (!memory)
		power_life_fail("memory", ERR_NOMEM);
	return memory;
}

static void note(struct sender_state *s, enum cell_kind kind, int64_t id, uint64_t value)
{
	struct cell_writes *w = &s->writes;
	if (w->count == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 1024;
		w->list = grown(w->list, w->cap * sizeof *w->list);
	}
	w->list[w->count++] = (struct cell_write){.kind = kind, .sender = s->sender, .id = id, .value = value, .op = s->op, .word = -1};
}

/* Begins the sender's next operation. */
static void ask(struct sender_state *s)
{
	s->op++;
	power_log_mark(s->life->log, mark_of(MARK_ASKED, s->sender, s->op));
}

static void answered(struct sender_state *s, uint32_t op)
{
	power_log_mark(s->life->log, mark_of(MARK_ANSWERED, s->sender, op));
}

struct answer {
	struct sender_state *sender;
	uint32_t op;
};

static void on_answer(void *ctx, int err)
{
	struct answer *a = ctx;
	if (err)
		power_life_fail("an operation", err);
	answered(a->sender, a->op);
	free(a);
}

/* For an operation that nobody waits for. */
static struct store_done answer_to(struct sender_state *s)
{
	struct answer *a = grown(NULL, sizeof *a);
	*a = (struct answer){s, s->op};
	return (struct store_done){.fn = on_answer, .ctx = a, .patient = dice(s, 2) == 0};
}

static void must(const char *what, int err)
{
	if (err)
		power_life_fail(what, err);
}

/* ---- history -------------------------------------------------------------- */

static void put_series(struct sender_state *s, int64_t id)
{
	struct series series = {.id = id, .kind = id == POWER_TEXT_SERIES ? SERIES_TEXT : SERIES_GAUGE};
	int erasure;
	if (power_is_of_erasure(id, &erasure))
		power_device(series.device, id);
	else
		must("name", str_copy(series.device, sizeof series.device, "house"));
	name(series.entity, "e", id);
	ask(s);
	name(series.unit, "u", s->op);
	series.resolution_ms = s->op;
	note(s, CELL_SERIES, id, s->op);
	const struct store_done done = answer_to(s);
	must("series", store_series_put(s->life->store, &series, &done));
}

/* Decimals as a sensor gives them, or any bits at all; no cell gets the same twice. */
static uint64_t value_of(struct sender_state *s, size_t i)
{
	uint64_t bits = (uint64_t)s->op << 32 | i;
	double value = ((double)s->op * 64 + (double)i) / 100;
	if (dice(s, 8) == 0)
		return bits * UINT64_C(0x9e3779b97f4a7c15);
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static void make_batch(struct sender_state *s, int64_t series, struct sample *batch, size_t count)
{
	uint64_t where = dice(s, 10);
	int64_t at = s->clock;
	if (where == 0) /* a day in the past, on a grid: some are written again */
		at = (s->life->today - 1 - (int64_t)dice(s, DAYS_BACK)) * DAY_MS + (int64_t)dice(s, 500) * 60000;
	else if (where < 3)
		at -= (int64_t)dice(s, 40) * 1000;
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = value_of(s, i);
		batch[i] = (struct sample){series, {at}, 0};
		memcpy(&batch[i].value, &bits, sizeof bits);
		note(s, CELL_SAMPLE, series, bits);
		s->writes.list[s->writes.count - 1].at = at;
		at += where == 0 ? 60000 : 1000;
	}
	if (where >= 3)
		s->clock = at + 137;
}

static void submit(struct sender_state *s, const struct sample *batch, size_t count)
{
	if (dice(s, 3) == 0) {
		must("append", store_append(s->life->store, batch, count, NULL));
		answered(s, s->op);
		return;
	}
	const struct store_done done = answer_to(s);
	must("append", store_append(s->life->store, batch, count, &done));
}

static void append(struct sender_state *s, int64_t series)
{
	struct sample batch[BATCH_MAX];
	size_t count = 1 + dice(s, BATCH_MAX);
	ask(s);
	make_batch(s, series, batch, count);
	submit(s, batch, count);
}

static void append_words(struct sender_state *s)
{
	struct sample batch[4];
	size_t count = 1 + dice(s, 4);
	ask(s);
	for (size_t i = 0; i < count; i++, s->clock += 1000) {
		char text[POWER_NAME_SIZE];
		int word = (int)dice(s, WORDS);
		power_word(text, word);
		batch[i] = (struct sample){POWER_TEXT_SERIES, {s->clock}, 0};
		must("word", store_word_code(s->life->store, POWER_TEXT_SERIES, span_str(text), &batch[i].value));
		note(s, CELL_SAMPLE, POWER_TEXT_SERIES, 0);
		struct cell_write *w = &s->writes.list[s->writes.count - 1];
		memcpy(&w->value, &batch[i].value, sizeof w->value);
		w->at = s->clock;
		w->word = word;
	}
	submit(s, batch, count);
}

static int64_t series_of(struct sender_state *s)
{
	return 1 + (int64_t)dice(s, SERIES_EACH) + (s->sender == SENDER_SECOND ? 10 : 0);
}

/* ---- the broker's --------------------------------------------------------- */

static void set_topics(struct sender_state *s)
{
	struct persist_change changes[2] = {{.type = PERSIST_RETAINED_SET}, {.type = PERSIST_RETAINED_SET}};
	char topics[2][POWER_NAME_SIZE];
	uint64_t revision;
	size_t count = 1 + dice(s, 2), first = dice(s, POWER_TOPICS - 1);
	ask(s);
	revision = s->op;
	for (size_t i = 0; i < count; i++) {
		power_topic(topics[i], (int64_t)(first + i));
		changes[i].retained.topic = span_str(topics[i]);
		changes[i].retained.payload = span_of(&revision, sizeof revision);
		note(s, CELL_TOPIC, (int64_t)(first + i), revision);
	}
	const struct store_done done = answer_to(s);
	const struct persist_port port = store_persist_port(s->life->store);
	must("topic", port.append(port.ctx, changes, count, &(struct persist_done){done.fn, done.ctx}));
}

/* ---- hub.db --------------------------------------------------------------- */

static void put_setting(struct sender_state *s)
{
	char setting[POWER_NAME_SIZE];
	int64_t id = (int64_t)dice(s, POWER_SETTINGS);
	ask(s);
	uint64_t revision = s->op;
	power_setting(setting, id);
	note(s, CELL_SETTING, id, revision);
	const struct store_done done = answer_to(s);
	must("setting", store_setting_put(s->life->store, setting, span_of(&revision, sizeof revision), &done));
}

static void put_device(struct sender_state *s, int64_t id)
{
	struct device_record d = {.online = true};
	ask(s);
	power_device(d.id, id);
	name(d.name, "name ", s->op);
	note(s, CELL_DEVICE, id, s->op);
	const struct store_done done = answer_to(s);
	must("device", store_device_put(s->life->store, &d, &done));
}

/* ---- what takes things away ------------------------------------------------- */

/* A device comes, measures, and is erased. */
static void erase(struct power_life *life)
{
	if (life->erasures == POWER_ERASURES_MAX)
		return;
	int erasure = life->erasures++;
	int64_t id = power_erasure_series(erasure);
	struct sender_state *first = &life->senders[SENDER_FIRST];
	put_device(&life->senders[SENDER_HUB], id);
	put_series(first, id);
	append(first, id);
	if (dice(first, 2))
		must("seal", store_seal(life->store, false));
	append(first, id);
	power_log_mark(life->log, mark_of(MARK_ERASING, 0, (uint64_t)erasure));
	char device[POWER_NAME_SIZE];
	power_device(device, id);
	must("erasure", store_device_erase(life->store, device, NULL));
	power_log_mark(life->log, mark_of(MARK_ERASED, 0, (uint64_t)erasure));
}

static void trim(struct power_life *life)
{
	int32_t days = 3 + (int32_t)dice(&life->senders[SENDER_FIRST], 3);
	power_log_mark(life->log, mark_of(MARK_TRIM, 0, (uint64_t)days));
	store_policy_set(life->store, &(struct history_policy){.raw_days = days, .rollup_years = -1, .window_ms = 3});
	must("seal", store_seal(life->store, true));
}

/* ---- a life ------------------------------------------------------------------ */

static void step(struct power_life *life)
{
	struct sender_state *first = &life->senders[SENDER_FIRST], *hub = &life->senders[SENDER_HUB];
	uint64_t what = dice(first, 100);
	if (what < 50)
		append(first, series_of(first));
	else if (what < 57)
		append_words(first);
	else if (what < 64)
		put_series(first, series_of(first));
	else if (what < 74)
		put_setting(hub);
	else if (what < 79)
		put_device(hub, (int64_t)dice(hub, POWER_DEVICES));
	else if (what < 87)
		set_topics(first);
	else if (what < 94)
		must("seal", store_seal(life->store, false));
	else if (what < 98)
		must("seal", store_seal(life->store, true));
	else if (what < 99)
		trim(life);
	else
		erase(life);
}

static void *run_second(void *ctx)
{
	struct sender_state *s = ctx;
	for (int i = 0; i < SECOND_OPS; i++)
		append(s, series_of(s));
	return NULL;
}

static void open_store(struct power_life *life)
{
	char message[512];
	const struct store_options options = {
		.state_dir = life->dir, .disk = &life->disk, .segment_bytes = POWER_SEGMENT_BYTES};
	int err = store_open(&options, &life->store, message);
	if (err)
		power_life_fail(message, err);
	store_policy_set(life->store, &(struct history_policy){.raw_days = -1, .rollup_years = -1, .window_ms = 3});
}

static void phase(struct power_life *life)
{
	pthread_t second;
	open_store(life);
	for (int64_t i = 0; i < SERIES_EACH; i++) {
		put_series(&life->senders[SENDER_FIRST], 1 + i);
		put_series(&life->senders[SENDER_SECOND], 11 + i);
	}
	put_series(&life->senders[SENDER_FIRST], POWER_TEXT_SERIES);
	if (pthread_create(&second, NULL, run_second, &life->senders[SENDER_SECOND]))
		power_life_fail("thread", ERR_AGAIN);
	for (int i = 0; i < OPS; i++)
		step(life);
	pthread_join(second, NULL);
	store_close(&life->store);
}

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b)
{
	const struct cell_write *x = a, *y = b;
	int order = compare_numbers(x->kind, y->kind);
	order = order ? order : compare_numbers(x->id, y->id);
	order = order ? order : compare_numbers(x->at, y->at);
	return order ? order : compare_numbers(x->op, y->op);
}

static void gather(struct power_life *life)
{
	struct cell_writes *all = &life->writes;
	for (int i = 0; i < SENDERS; i++)
		all->cap += life->senders[i].writes.count;
	all->list = grown(NULL, all->cap * sizeof *all->list);
	for (int i = 0; i < SENDERS; i++) {
		struct cell_writes *w = &life->senders[i].writes;
		memcpy(all->list + all->count, w->list, w->count * sizeof *w->list);
		all->count += w->count;
		free(w->list);
	}
	qsort(all->list, all->count, sizeof *all->list, compare);
}

static int lying_sync(void *ctx, int fd)
{
	(void)ctx, (void)fd;
	return 0;
}

struct power_life *power_life_create(const char *dir, enum power_fault fault, uint64_t *random)
{
	struct power_life *life = grown(NULL, sizeof *life);
	*life = (struct power_life){.log = power_log_create(dir), .today = day_of(clock_wall().ms)};
	must("name", str_copy(life->dir, sizeof life->dir, dir));
	life->disk = *power_log_disk(life->log);
	if (fault == POWER_JOURNAL_LIES || fault == POWER_ALL_LIES)
		life->disk.sync = lying_sync;
	for (int i = 0; i < SENDERS; i++)
		life->senders[i] = (struct sender_state){.life = life, .sender = (enum sender)i,
							 .random = power_random(random, UINT64_C(1) << 40) + 1,
							 .clock = life->today * DAY_MS + 3600000};
	power_vfs_register(life->log);
	if (fault == POWER_SQLITE_LIES || fault == POWER_ALL_LIES)
		power_vfs_ignore_syncs();
	for (int i = 0; i < PHASES; i++)
		phase(life);
	power_vfs_unregister();
	gather(life);
	return life;
}

void power_life_destroy(struct power_life **life)
{
	if (!*life)
		return;
	power_log_destroy(&(*life)->log);
	free((*life)->writes.list);
	free(*life);
	*life = NULL;
}

struct power_log *power_life_log(const struct power_life *life)
{
	return life->log;
}

const struct cell_writes *power_life_writes(const struct power_life *life)
{
	return &life->writes;
}

/* ---- promises ------------------------------------------------------------- */

struct promising {
	const struct power_life *life;
	struct promises *promises;
};

static void on_mark(void *ctx, uint64_t mark)
{
	const struct promising *p = ctx;
	struct promises *to = p->promises;
	uint64_t who = mark >> 48 & 0xff, number = mark & 0xffffffffffff;
	switch (mark >> 56) {
	case MARK_ASKED: to->asked[who] = (uint32_t)number; break;
	case MARK_ANSWERED:
		if (number > to->answered[who]) /* the waiting sender's own mark may come behind a later one's */
			to->answered[who] = (uint32_t)number;
		break;
	case MARK_ERASING: to->erasing[number] = true; break;
	case MARK_ERASED: to->erased[number] = true; break;
	case MARK_TRIM: {
		int64_t before = p->life->today - (int64_t)number + 1; /* should midnight pass */
		to->trimmed_before = before > to->trimmed_before ? before : to->trimmed_before;
		break;
	}
	}
}

void power_life_promises(const struct power_life *life, size_t cut, struct promises *promises_r)
{
	struct promising p = {life, promises_r};
	*promises_r = (struct promises){.trimmed_before = INT64_MIN};
	power_log_marks(life->log, cut, on_mark, &p);
}
