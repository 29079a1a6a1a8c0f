/* Matching entities of two devices, in rounds from the surest to the boldest. */
#include "device/heirs.h"

#include <string.h>
#include <strings.h>

/* Whether one could go on as the other: their histories are of one kind, and what commands the one commands the other. */
static bool is_like(const struct heir *a, const struct heir *b)
{
	if (a->kind != b->kind || strcmp(a->unit, b->unit) != 0 || strcmp(a->device_class, b->device_class) != 0)
		return false;
	return !a->described || !b->described || a->component == b->component;
}

static bool same_id(const struct heir *a, const struct heir *b)
{
	bool like = a->described && b->described ? a->component == b->component : a->kind == b->kind;
	return like && strcmp(a->id, b->id) == 0;
}

static bool same_name(const struct heir *a, const struct heir *b)
{
	return is_like(a, b) && a->name[0] && strcasecmp(a->name, b->name) == 0;
}

static bool only_measures(const struct heir *h)
{
	return !h->described || h->component == COMPONENT_SENSOR || h->component == COMPONENT_BINARY_SENSOR;
}

static bool is_distinct(const struct heir *h)
{
	return !only_measures(h) || h->unit[0] || h->device_class[0];
}

static size_t count_like(const struct heir *one, const struct heir *list, size_t count)
{
	size_t like = 0;
	for (size_t i = 0; i < count; i++)
		like += list[i].match < 0 && is_like(one, &list[i]);
	return like;
}

static void join(struct heir *old, size_t o, struct heir *fresh, size_t f)
{
	old[o].match = (int)f;
	fresh[f].match = (int)o;
}

static void match_by(bool (*same)(const struct heir *a, const struct heir *b), struct heir *old, size_t old_count,
		     struct heir *fresh, size_t fresh_count)
{
	for (size_t o = 0; o < old_count; o++)
		for (size_t f = 0; f < fresh_count && old[o].match < 0; f++)
			if (fresh[f].match < 0 && same(&old[o], &fresh[f]))
				join(old, o, fresh, f);
}

void heirs_match(struct heir *old, size_t old_count, struct heir *fresh, size_t fresh_count)
{
	for (size_t o = 0; o < old_count; o++)
		old[o].match = -1;
	for (size_t f = 0; f < fresh_count; f++)
		fresh[f].match = -1;
	match_by(same_id, old, old_count, fresh, fresh_count);
	match_by(same_name, old, old_count, fresh, fresh_count);
	for (size_t o = 0; o < old_count; o++)
		for (size_t f = 0; f < fresh_count && old[o].match < 0; f++)
			if (fresh[f].match < 0 && is_like(&old[o], &fresh[f]) && is_distinct(&old[o]) && is_distinct(&fresh[f]) &&
			    count_like(&old[o], fresh, fresh_count) == 1 && count_like(&fresh[f], old, old_count) == 1)
				join(old, o, fresh, f);
}
