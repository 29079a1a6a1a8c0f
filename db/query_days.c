/* Sets of days: which of them a question must read sample by sample. On the reader's thread. */
#include "db/query_days.h"

#include <stdlib.h>

#include "base/err.h"

int days_add(struct days *d, int64_t first, int64_t last)
{
	struct day_range *newest = d->count ? &d->ranges[d->count - 1] : NULL;
	if (newest && first >= newest->first && first <= newest->last + 1) {
		newest->last = last > newest->last ? last : newest->last;
		return 0;
	}
	if (d->count == d->room) {
		size_t room = d->room ? d->room * 2 : 16;
		struct day_range *ranges = realloc(d->ranges, room * sizeof *ranges);
		if (!ranges)
			return ERR_NOMEM;
		d->ranges = ranges;
		d->room = room;
	}
	d->ranges[d->count++] = (struct day_range){first, last};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct day_range *x = a, *y = b;
	return x->first < y->first ? -1 : x->first > y->first;
}

void days_arrange(struct days *d)
{
	size_t count = d->count;
	if (count)
		qsort(d->ranges, count, sizeof *d->ranges, compare);
	d->count = 0;
	for (size_t i = 0; i < count; i++)
		(void)days_add(d, d->ranges[i].first, d->ranges[i].last); /* in the room that is there */
}

const struct day_range *days_find(const struct days *d, int64_t day)
{
	size_t low = 0, high = d->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (d->ranges[middle].last < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low < d->count ? &d->ranges[low] : NULL;
}

void days_finish(struct days *d)
{
	free(d->ranges);
	*d = (struct days){0};
}
