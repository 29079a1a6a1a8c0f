/* Devices of others: what was said of them, and whether they are there. Memory only; on the house's thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "device/device.h"
#include "dialect/dialect.h"

enum { PARTS_BYTES_MAX = 256 * 1024 };

char *outsider_key(const char *client, const char *dialect, const char *native)
{
	size_t size = strlen(client) + strlen(dialect) + strlen(native) + 3;
	char *key = malloc(size);
	if (key)
		(void)str_format(key, size, "%s\n%s\n%s", client, dialect, native); /* measured */
	return key;
}

int outsider_create(struct device *d)
{
	const struct device_origin *origin = &d->record.origin;
	const struct dialect *dialect = dialect_find(origin->dialect);
	if (!dialect)
		return ERR_UNSUPPORTED;
	struct outsider *o = calloc(1, sizeof *o);
	char *key = outsider_key(origin->client, origin->dialect, origin->native);
	if (!o || !key) {
		free(o);
		free(key);
		return ERR_NOMEM;
	}
	o->key = key;
	o->device = d;
	o->dialect = dialect;
	list_init(&o->parts);
	list_init(&o->changed);
	d->other = o;
	return 0;
}

static void remove_part(struct outsider *o, struct device_part *part)
{
	o->part_count--;
	o->part_bytes -= strlen(part->topic) + strlen(part->payload);
	list_remove(&part->link);
	free(part->topic);
	free(part->payload);
	free(part);
}

void outsider_destroy(struct outsider **other)
{
	struct outsider *o = *other;
	*other = NULL;
	if (!o)
		return;
	list_remove(&o->changed);
	description_finish(&o->about);
	list_each(part, &o->parts, struct device_part, link)
		remove_part(o, part);
	for (size_t i = 0; i < o->topic_count; i++)
		free(o->topics[i]);
	free(o->topics);
	free(o->aliases);
	free(o->key);
	free(o);
}

struct device_part *outsider_part(const struct outsider *o, const char *topic)
{
	list_each(part, &o->parts, struct device_part, link)
		if (strcmp(part->topic, topic) == 0)
			return part;
	return NULL;
}

/* In order of topic, as translations want them. */
static void insert(struct outsider *o, struct device_part *fresh)
{
	struct list *before = &o->parts;
	list_each(part, &o->parts, struct device_part, link)
		if (strcmp(part->topic, fresh->topic) > 0) {
			before = &part->link;
			break;
		}
	list_append(before, &fresh->link); /* in front of it */
	o->part_count++;
	o->part_bytes += strlen(fresh->topic) + strlen(fresh->payload);
}

int outsider_put(struct outsider *o, const char *topic, struct span payload, bool *changed_r)
{
	struct device_part *old = outsider_part(o, topic);
	*changed_r = old ? !span_is(payload, old->payload) : payload.len > 0;
	if (!*changed_r)
		return 0;
	if (!payload.len) {
		remove_part(o, old);
		return 0;
	}
	size_t bytes = strlen(topic) + payload.len, others = o->part_bytes - (old ? strlen(topic) + strlen(old->payload) : 0);
	if ((!old && o->part_count >= DIALECT_FRAGMENTS_MAX) || bytes > PARTS_BYTES_MAX - others)
		return ERR_FULL;
	struct device_part *part = calloc(1, sizeof *part);
	if (!part)
		return ERR_NOMEM;
	part->topic = strdup(topic);
	part->payload = strndup((const char *)payload.data, payload.len);
	if (!part->topic || !part->payload) {
		free(part->topic);
		free(part->payload);
		free(part);
		return ERR_NOMEM;
	}
	if (old)
		remove_part(o, old);
	insert(o, part);
	return 0;
}

/* The alias under which an entity goes on, or NULL: its described id. */
static const char *described_as(const struct outsider *o, const char *entity)
{
	for (size_t i = 0; i < o->alias_count; i++)
		if (strcmp(o->aliases[i].entity, entity) == 0)
			return o->aliases[i].described;
	return NULL;
}

/* One that is called as another goes on takes the name that became free, at the end of a chain of them. */
static const char *renamed(const struct outsider *o, const char *id)
{
	for (size_t i = 0; i < o->alias_count; i++)
		if (strcmp(o->aliases[i].described, id) == 0)
			return o->aliases[i].entity;
	const char *free_id = id, *next;
	for (size_t i = 0; i < o->alias_count && (next = described_as(o, free_id)); i++)
		free_id = next;
	return free_id;
}

void outsider_rename(const struct outsider *o, struct description *description)
{
	for (size_t i = 0; i < description->entity_count && o->alias_count; i++) {
		struct entity *e = &description->entities[i];
		const char *name = renamed(o, e->id);
		if (name != e->id)
			(void)str_copy(e->id, sizeof e->id, name); /* ids all of them */
	}
}

static int8_t said_before(const struct outsider *o, const char *topic)
{
	for (size_t i = 0; i < o->about.availability_count; i++)
		if (strcmp(o->about.availability[i].topic, topic) == 0)
			return o->says[i];
	return -1;
}

void outsider_take(struct outsider *o, struct description *description)
{
	const struct description *old = &o->about;
	int8_t says[DISCOVERY_AVAILABILITY_MAX];
	size_t latest = 0;
	for (size_t i = 0; i < description->availability_count; i++) {
		const char *topic = description->availability[i].topic;
		says[i] = said_before(o, topic);
		if (old->availability_count && strcmp(old->availability[o->latest].topic, topic) == 0)
			latest = i;
	}
	memcpy(o->says, says, description->availability_count);
	o->latest = latest;
	description_finish(&o->about);
	description_drop_entities(description);
	o->about = *description;
	*description = (struct description){0};
}

int outsider_there(const struct outsider *o)
{
	bool some = false, all = true, known = false;
	for (size_t i = 0; i < o->about.availability_count; i++) {
		known |= o->says[i] >= 0;
		some |= o->says[i] == 1;
		all &= o->says[i] != 0; /* what has not spoken yet does not speak against it */
	}
	if (!known)
		return -1;
	switch (o->about.availability_mode) {
	case AVAILABILITY_ALL: return all;
	case AVAILABILITY_ANY: return some;
	default: return o->says[o->latest];
	}
}
