/* A life of the whole store under a power_log, and what it was promised: a run of random work through the facade by
 * two senders at once, with marks of what was asked and of what was answered. power_check.c holds a state of the
 * disk against it. */
#ifndef TEST_DB_POWER_LIFE_H
#define TEST_DB_POWER_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"
#include "support/power_log.h"

enum { POWER_SEGMENT_BYTES = 8192, POWER_ERASURES_MAX = 3, POWER_PATH_SIZE = 256 };

/* A place that holds one value at a time. */
enum cell_kind {
	CELL_SAMPLE,  /* id: series, at; value: the double's bits */
	CELL_SERIES,  /* id; the others' values are revisions */
	CELL_TOPIC,   /* a retained message of the broker */
	CELL_SETTING,
	CELL_DEVICE,
};

/* Whose work the store does in the order in which it was asked: two that write history and the
 * broker's records, and one that writes hub.db. */
enum sender { SENDER_FIRST, SENDER_SECOND, SENDER_HUB, SENDERS };

/* One value put into one cell by the sender's operation `op`, which is whole or not at all. Those of a cell are one sender's. */
struct cell_write {
	enum cell_kind kind;
	enum sender sender;
	int64_t id, at;
	uint64_t value;
	uint32_t op; /* from 1 on */
	int word;    /* a sample of a text series: number of its word, else -1 */
};

struct cell_writes {
	struct cell_write *list; /* owned */
	size_t count, cap;
};

struct power_life;

/* What goes wrong on purpose. */
enum power_fault {
	POWER_HONEST,
	POWER_JOURNAL_LIES, /* the journal's syncs do nothing */
	POWER_SQLITE_LIES,  /* SQLite's syncs do nothing */
	POWER_ALL_LIES,
};

/* Lives in the directory, which is empty. Ends the process with a message when the store fails. */
struct power_life *power_life_create(const char *dir, enum power_fault fault, uint64_t *random);
void power_life_destroy(struct power_life **life);

struct power_log *power_life_log(const struct power_life *life);

/* All that was written, sorted by cell, then by op. */
const struct cell_writes *power_life_writes(const struct power_life *life);

/* What the marks before a cut say. */
struct promises {
	uint32_t asked[SENDERS], answered[SENDERS]; /* operations up to this one */
	bool erasing[POWER_ERASURES_MAX], erased[POWER_ERASURES_MAX];
	int64_t trimmed_before; /* samples of earlier days may be gone; INT64_MIN: none */
};
void power_life_promises(const struct power_life *life, size_t cut, struct promises *promises_r);

/* The series and device of an erasure: both have this number. */
int64_t power_erasure_series(int erasure);
bool power_is_of_erasure(int64_t series, int *erasure_r);

/* Text of a word, name of a device, topic: the same number gives the same. out: POWER_NAME_SIZE bytes. */
enum { POWER_NAME_SIZE = 32, POWER_TEXT_SERIES = 7, POWER_TOPICS = 6, POWER_SETTINGS = 4, POWER_DEVICES = 3 };
void power_word(char *out, int word);
void power_device(char *out, int64_t id);
void power_setting(char *out, int64_t id);
void power_topic(char *out, int64_t id);

/* Ends the process, which is a worker of the test and must not speak to Check. */
_Noreturn void power_life_fail(const char *what, int err);

#endif
