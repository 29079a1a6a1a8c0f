/* Sets of days, as ranges. Caller's memory; zeroed is empty. Any thread. */
#ifndef DB_QUERY_DAYS_H
#define DB_QUERY_DAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct day_range {
	int64_t first, last; /* day_of; both included */
};

struct days {
	struct day_range *ranges; /* owned; in order and apart after days_arrange */
	size_t count, room;
};

/* Adds a range in any order. Returns 0 or ERR_NOMEM. */
int days_add(struct days *d, int64_t first, int64_t last);
/* Orders the ranges and joins those that touch. */
void days_arrange(struct days *d);
/* The first range that ends on the day or later; NULL when there is none. Of an arranged set. */
const struct day_range *days_find(const struct days *d, int64_t day);
void days_finish(struct days *d);

#endif
