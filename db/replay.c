/* The start of history: the registry from the shelf, then the journal's tail. Main thread,
 * before any other has the store. */
#include "db/replay.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/migrate.h"
#include "db/record.h"

enum {
	SAMPLES_AT_ONCE = 512,
	FIRST_MARK = 1, /* of both databases, before anything is sealed; no frame gets the number */
};

struct replaying {
	const struct replay *with;
	uint64_t shelf_mark;
	uint64_t samples, records, unknown, damaged;
};

static int put_series(void *ctx, const struct series *series)
{
	struct replaying *r = ctx;
	int err = head_put_series(r->with->head, series, true);
	if (err == ERR_INVALID || err == ERR_EXISTS) {
		log_warning("store", "series %lld in telemetry.db makes no sense and is left out", (long long)series->id);
		return 0;
	}
	return err;
}

static int put_word(void *ctx, const struct shelf_word *word)
{
	struct replaying *r = ctx;
	int err = head_put_word(r->with->head, word, true);
	return err == ERR_NOMEM ? err : 0;
}

static int load_registry(struct replaying *r)
{
	struct shelf_txn *txn;
	int err = shelf_begin(r->with->shelf, false, &txn);
	if (!err)
		err = shelf_mark(txn, &r->shelf_mark);
	if (!err)
		err = shelf_series(txn, put_series, r);
	if (!err)
		err = shelf_words(txn, put_word, r);
	shelf_end(&txn);
	return err;
}

static int replay_samples(struct replaying *r, struct record_samples *samples)
{
	struct sample batch[SAMPLES_AT_ONCE];
	size_t count, unknown;
	int err;
	while (!(err = record_take_samples(samples, batch, SAMPLES_AT_ONCE, &count)) && count) {
		err = head_append(r->with->head, batch, count, NULL, &unknown);
		if (err)
			return err;
		r->samples += count - unknown;
	}
	return err;
}

static int replay_word(struct replaying *r, const struct record_word *record)
{
	char text[STORE_WORD_MAX + 1];
	if (str_copy_span(text, sizeof text, record->text))
		return ERR_DAMAGED;
	const struct shelf_word word = {.series = record->series, .code = record->code, .text = text};
	int err = head_put_word(r->with->head, &word, false);
	return err == ERR_NOMEM ? err : 0; /* one of an erased series is nobody's */
}

static int replay_record(struct replaying *r, struct record *record)
{
	int err = 0;
	switch (record->type) {
	case RECORD_SAMPLES: return replay_samples(r, &record->samples);
	case RECORD_SERIES:
		err = head_put_series(r->with->head, &record->series, false);
		return err == ERR_NOMEM ? err : 0;
	case RECORD_SERIES_FORGET: head_remove_series(r->with->head, record->forget); return 0;
	case RECORD_WORD: return replay_word(r, &record->word);
	case RECORD_PERSIST: return 0; /* the session store's */
	case RECORD_UNKNOWN: r->unknown++; return 0;
	}
	return 0;
}

/* A frame passed its checksum: what does not parse in it is a bug or a newer program's, and costs that frame. */
static int replay_frame(void *ctx, uint64_t seq, struct span payload)
{
	struct replaying *r = ctx;
	struct record_reader reader;
	struct record *record = malloc(sizeof *record);
	if (!record)
		return ERR_NOMEM;
	int err = 0;
	record_reader_init(&reader, payload);
	while (seq > r->shelf_mark && !err && !(err = record_next(&reader, record))) {
		r->records++;
		err = replay_record(r, record);
	}
	free(record);
	if (err == ERR_NOT_FOUND)
		err = 0;
	if (!err)
		err = session_store_apply(r->with->sessions, seq, payload);
	if (err != ERR_DAMAGED)
		return err;
	r->damaged++;
	return 0;
}

static void report(const struct replaying *r, const struct journal_report *report)
{
	if (report->frames)
		log_info("store", "the journal held %llu samples in %llu records that were not in the databases yet: taken up again",
			 (unsigned long long)r->samples, (unsigned long long)r->records);
	if (report->torn_bytes)
		log_info("store", "the journal ended in an unfinished write of %llu bytes: nobody was told it was kept, and it is dropped",
			 (unsigned long long)report->torn_bytes);
	if (report->gap)
		log_error("store", "the journal is damaged in the middle: what follows was put aside as journal/*.damaged");
	if (r->damaged || r->unknown)
		log_error("store", "the journal has %llu frames and %llu records that cannot be read: they are left out",
			  (unsigned long long)r->damaged, (unsigned long long)r->unknown);
}

/* ---- marks ------------------------------------------------------------- */

static int mark_shelf(struct shelf *shelf, uint64_t mark)
{
	struct shelf_txn *txn;
	int err = shelf_begin(shelf, true, &txn);
	return err ? err : shelf_commit(&txn, mark);
}

static int mark_sessions(struct session_store *sessions, uint64_t mark)
{
	int err = session_store_begin(sessions);
	return err ? err : session_store_commit(sessions, mark);
}

/* A mark of 0 is that of a file that is new: the first start, or somebody moved the old one away. It is taken to have
 * all that the other has, and told so: from then on the lower mark says what the journal is still needed for, and one
 * that was never sealed into is no longer mistaken for a new one. */
static int settle_marks(struct replaying *r)
{
	uint64_t sessions = session_store_mark(r->with->sessions);
	int err = 0;
	if (r->shelf_mark == 0) {
		r->shelf_mark = sessions ? sessions : FIRST_MARK;
		err = mark_shelf(r->with->shelf, r->shelf_mark);
	}
	if (!err && sessions == 0)
		err = mark_sessions(r->with->sessions, r->shelf_mark);
	return err;
}

/* ---- opening ----------------------------------------------------------- */

static int open_journal(struct replaying *r, struct journal_config *config, struct journal **journal_r, char *message_r)
{
	struct journal_report found = {0};
	uint64_t sessions = session_store_mark(r->with->sessions);
	config->after = r->shelf_mark < sessions ? r->shelf_mark : sessions;
	config->beyond = r->shelf_mark > sessions ? r->shelf_mark : sessions;
	int err = session_store_begin(r->with->sessions);
	if (err)
		return err;
	err = journal_open(config, replay_frame, r, &found, journal_r, message_r);
	if (!err)
		err = session_store_commit(r->with->sessions, journal_last(*journal_r));
	else
		session_store_rollback(r->with->sessions);
	if (!err)
		report(r, &found);
	return err;
}

int replay_journal(const struct replay *replay, const struct journal_config *config, struct journal **journal_r,
		   char message_r[STORE_MESSAGE_SIZE])
{
	struct replaying r = {.with = replay};
	struct journal_config opened = *config;
	int err = load_registry(&r);
	if (!err)
		err = settle_marks(&r);
	if (!err)
		err = open_journal(&r, &opened, journal_r, message_r);
	if (!err) {
		head_applied(replay->head, journal_last(*journal_r));
		journal_prepare(*journal_r);
	}
	return err;
}
