/* The table of entities. Main thread; knows no driver. */
#include "entity.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

static void make_slug(char slug_r[MODEL_ID_SIZE], const char *key)
{
	size_t len = 0;
	for (; *key && len < MODEL_ID_MAX; key++) {
		char c = *key;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (plain)
			slug_r[len++] = c;
		else if (len && slug_r[len - 1] != '_')
			slug_r[len++] = '_';
	}
	while (len && slug_r[len - 1] == '_')
		len--;
	slug_r[len] = 0;
	if (len == 0)
		memcpy(slug_r, "entity", sizeof "entity");
}

/* Numbers the id until no other entity has it; cuts it to make room. */
static void make_unique(const struct entities *entities, char id[MODEL_ID_SIZE])
{
	char base[MODEL_ID_SIZE];
	memcpy(base, id, MODEL_ID_SIZE);
	for (unsigned n = 2; entities_find((struct entities *)entities, span_str(id)); n++) {
		char suffix[12];
		str_format(suffix, sizeof suffix, "_%u", n); /* at most 11 characters */
		base[MODEL_ID_MAX - strlen(suffix)] = 0;
		str_format(id, MODEL_ID_SIZE, "%s%s", base, suffix);
	}
}

/* Names come from people and from sysfs: whatever they hold, a name is UTF-8
 * without control characters. */
static void make_name(char name_r[MODEL_NAME_SIZE], const char *name)
{
	size_t len = strnlen(name, MODEL_NAME_SIZE - 1);
	memcpy(name_r, name, len);
	name_r[len] = 0;
	/* the cut may have split a character */
	for (int i = 0; i < 3 && len && !str_utf8_valid(span_of(name_r, len)) && name[len]; i++)
		name_r[--len] = 0;
	bool valid = str_utf8_valid(span_of(name_r, len));
	for (char *c = name_r; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || (!valid && (unsigned char)*c >= 0x80))
			*c = '?';
}

struct entity *entities_add(struct entities *entities, enum entity_kind kind, const char *key,
			    const char *name, const struct entity_class *class)
{
	if (entities->count == ENTITIES_MAX) {
		if (!entities->overfull)
			log_warning("sensors", "more than %d entities: %s and those behind it are left out", ENTITIES_MAX, key);
		entities->overfull = true;
		return NULL;
	}
	char id[MODEL_ID_SIZE];
	make_slug(id, key);
	make_unique(entities, id);
	struct entity *e = &entities->items[entities->count++];
	*e = (struct entity){.kind = kind, .class = class};
	memcpy(e->id, id, sizeof id);
	make_name(e->name, name);
	return e;
}

struct entity *entities_find(struct entities *entities, struct span id)
{
	for (size_t i = 0; i < entities->count; i++)
		if (span_is(id, entities->items[i].id))
			return &entities->items[i];
	return NULL;
}

void entity_set(struct entity *entity, double value, double min, double max)
{
	if (!isfinite(value) || value < min || value > max) {
		entity->known = false;
		return;
	}
	entity->known = true;
	entity->value = value;
}

void entity_forget(struct entity *entity)
{
	entity->known = false;
}
