/* A set of packet identifiers, open addressing with linear probing and
 * backward shift. On the worker's thread. */
#include "broker/id_set.h"

#include <stdlib.h>

#include "base/err.h"

enum { FIRST_CAP = 16, KEPT_CAP = 512 };

/* Scattered (Knuth's multiplicative hashing): clients count their ids up, and one long run of
 * neighbours would make every removal walk to its end. */
static uint32_t home_of(const struct id_set *s, uint16_t id)
{
	return (id * 2654435769U >> 12) & (s->cap - 1);
}

static uint32_t place_of(const struct id_set *s, uint16_t id)
{
	uint32_t i = home_of(s, id);
	while (s->table[i] && s->table[i] != id)
		i = (i + 1) & (s->cap - 1);
	return i;
}

bool id_set_has(const struct id_set *s, uint16_t id)
{
	return s->count && s->table[place_of(s, id)] == id;
}

static int grow(struct id_set *s)
{
	struct id_set bigger = {.cap = s->cap ? s->cap * 2 : FIRST_CAP, .count = s->count};
	bigger.table = calloc(bigger.cap, sizeof *bigger.table);
	if (!bigger.table)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < s->cap; i++)
		if (s->table[i])
			bigger.table[place_of(&bigger, s->table[i])] = s->table[i];
	free(s->table);
	*s = bigger;
	return 0;
}

int id_set_add(struct id_set *s, uint16_t id)
{
	/* At most half full; 65,535 ids fit in 131,072 places. */
	if (s->count * 2 >= s->cap && grow(s))
		return ERR_NOMEM;
	s->table[place_of(s, id)] = id;
	s->count++;
	return 0;
}

bool id_set_remove(struct id_set *s, uint16_t id)
{
	if (!id_set_has(s, id))
		return false;
	uint32_t mask = s->cap - 1;
	uint32_t gap = place_of(s, id);
	s->table[gap] = 0;
	for (uint32_t i = (gap + 1) & mask; s->table[i]; i = (i + 1) & mask) {
		uint32_t home = home_of(s, s->table[i]);
		if (((i - home) & mask) < ((i - gap) & mask))
			continue; /* its home lies behind the gap */
		s->table[gap] = s->table[i];
		s->table[i] = 0;
		gap = i;
	}
	if (--s->count == 0 && s->cap > KEPT_CAP)
		id_set_finish(s);
	return true;
}

void id_set_finish(struct id_set *s)
{
	free(s->table);
	*s = (struct id_set){0};
}
