/* The inside of the head, for the files that implement it. Everything is guarded by
 * head.lock; functions declared here are called with it held. */
#ifndef DB_HEAD_PRIVATE_H
#define DB_HEAD_PRIVATE_H

#include "base/list.h"
#include "base/map.h"
#include "db/head.h"
#include "thread/thread.h"

/* Samples of one series, in the order in which they were written. */
struct run_of_data {
	struct datum *data; /* owned */
	size_t count, cap;
	bool disordered; /* some time is not later than the one before */
};

struct word {
	struct map_node by_text; /* in entry.words, key: text */
	int64_t code;
	char *text; /* owned, terminated */
	enum { WORD_NEW, WORD_SEALING, WORD_SEALED } state; /* whether the shelf has it */
};

struct entry {
	struct map_node by_name; /* in head.by_name, key: name */
	struct series series;
	char *name; /* owned: what is unique of the series; NULL: announced only */
	struct run_of_data live, frozen;
	struct datum newest;
	bool has_newest;
	bool changed, sealing; /* series differs from what the shelf has; and is being sealed */
	int64_t noise_day;
	uint64_t noise; /* samples of noise_day */
	/* Of a SERIES_TEXT: words by text, and by code in ascending order. */
	struct map words;
	struct word **by_code; /* owned */
	size_t word_count, word_cap;
	int64_t last_code;
};

enum { PAGE_BITS = 10, PAGE_ENTRIES = 1 << PAGE_BITS, PAGES = 1 << (27 - PAGE_BITS), DAMAGED_MAX = 64 };

struct head {
	struct lock frame; /* "store-frame", taken before the other: a frame is being applied, or the lists are being frozen */
	struct lock lock;  /* "store-head" */
	/* Series by id, in pages so that 2^27 ids cost nothing while they are not there; the
	 * sampler gives ids in order. */
	struct entry **pages[PAGES]; /* owned, with the entries */
	int64_t last_id;
	struct map by_name;
	size_t live, frozen; /* samples */
	uint64_t applied;    /* frames of the journal up to this one are in here, or on the shelf */
	uint64_t mark;       /* of the frozen ones */
	int64_t damaged[DAMAGED_MAX];
	size_t damaged_count;
};

/* The series with the id, or NULL. */
struct entry *head_entry(const struct head *h, int64_t id);

/* The series with the next higher id, or NULL. Steps over ids that are not there in pages: they may be sparse. */
struct entry *head_next_entry(const struct head *h, int64_t after);

/* The same as head_entry, also when it has been given words but is still to be put: such an entry has no name, and only
 * its words count. */
struct entry *head_announced(const struct head *h, int64_t id);

/* As that, made if there is none; NULL without memory. id is valid. */
struct entry *head_announce(struct head *h, int64_t id);

/* Frees the words of the entry. */
void entry_finish_words(struct entry *e);

/* Those that were being sealed are. */
void entry_words_sealed(struct entry *e);

#endif
