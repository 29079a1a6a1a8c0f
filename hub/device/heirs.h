/* Which of one device's entities go on as which of another's, when that takes its place. Pure. */
#ifndef DEVICE_HEIRS_H
#define DEVICE_HEIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "db/history.h"
#include "model/component.h"
#include "model/topics.h"

/* An entity as far as it matters here. */
struct heir {
	char id[MODEL_ID_SIZE], name[MODEL_NAME_SIZE];
	bool described;            /* what follows up to `unit` is known; of an entity of which only its series is left, component is not */
	enum component component;
	const char *device_class, *unit; /* borrowed; "" for none */
	enum series_kind kind;
	int match;                 /* place of the other one's in its list; -1: none */
};

/* Matches the entities of the one that goes with those of the one that comes, and sets match in both: those of the same id and kind; then those
 * of the same kind, class, unit and name; then those of a kind, class and unit that each of the two has left once. What only measures and
 * has neither class nor unit is told apart by its name alone. */
void heirs_match(struct heir *old, size_t old_count, struct heir *fresh, size_t fresh_count);

#endif
