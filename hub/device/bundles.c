/* Groups and scenes: memory, look-up and their JSON. On the house's thread; writes nothing to the store and commands nothing. */
#include "device/bundles.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "model/json_out.h"

/* ---- memory --------------------------------------------------------------- */

void bundle_destroy(struct bundle *b)
{
	list_remove(&b->link);
	bundle_record_finish(&b->record);
	free(b);
}

struct loading {
	struct bundles *bundles;
	int err;
};

int bundle_copy_members(const struct bundle_record *from, struct bundle_record *to)
{
	to->members = calloc(from->count + 1, sizeof *to->members);
	for (to->count = 0; to->members && to->count < from->count; to->count++) {
		struct bundle_member *m = &to->members[to->count];
		*m = from->members[to->count];
		m->value = m->value ? strdup(m->value) : NULL;
		if (from->members[to->count].value && !m->value)
			return ERR_NOMEM;
	}
	return to->members ? 0 : ERR_NOMEM;
}

static void on_stored(void *ctx, const struct bundle_record *stored)
{
	struct loading *l = ctx;
	struct bundle_record copy = *stored;
	int err = bundle_copy_members(stored, &copy);
	if (!err)
		err = bundles_put(l->bundles, &copy);
	bundle_record_finish(&copy);
	if (err)
		l->err = err;
}

int bundles_create(struct store *store, struct bundles **bundles_r)
{
	struct loading l = {calloc(1, sizeof *l.bundles), 0};
	*bundles_r = l.bundles;
	if (!l.bundles)
		return ERR_NOMEM;
	list_init(&l.bundles->items);
	int err = store_bundle_last_id(store, &l.bundles->last_id);
	if (!err)
		err = store_bundle_each(store, on_stored, &l);
	if (!err)
		err = l.err;
	if (err)
		bundles_destroy(bundles_r);
	return err;
}

void bundles_destroy(struct bundles **bundles)
{
	struct bundles *all = *bundles;
	*bundles = NULL;
	if (!all)
		return;
	list_each(b, &all->items, struct bundle, link)
		bundle_destroy(b);
	free(all);
}

struct bundle *bundles_get(const struct bundles *bundles, enum bundle_kind kind, int64_t id)
{
	list_each(b, &bundles->items, struct bundle, link)
		if (b->record.kind == kind && b->record.id == id)
			return b;
	return NULL;
}

int bundles_admit(const struct bundles *bundles, const struct bundle_record *record)
{
	size_t others = 0;
	list_each(b, &bundles->items, struct bundle, link) {
		if (b->record.kind != record->kind || b->record.id == record->id)
			continue;
		others++;
		if (strcasecmp(b->record.name, record->name) == 0)
			return ERR_EXISTS;
	}
	return others < BUNDLES_MAX ? 0 : ERR_FULL;
}

int bundles_put(struct bundles *bundles, struct bundle_record *record)
{
	struct bundle *b = bundles_get(bundles, record->kind, record->id);
	if (!b && !(b = calloc(1, sizeof *b)))
		return ERR_NOMEM;
	if (b->record.id) {
		bundle_record_finish(&b->record);
	} else {
		list_init(&b->link);
		list_append(&bundles->items, &b->link);
	}
	b->record = *record;
	*record = (struct bundle_record){0};
	return 0;
}

bool bundle_names(const struct bundle *bundle, const char *device)
{
	for (size_t i = 0; i < bundle->record.count; i++)
		if (strcmp(bundle->record.members[i].device, device) == 0)
			return true;
	return false;
}

void bundle_forget(struct bundle *bundle, const char *device)
{
	struct bundle_record *r = &bundle->record;
	size_t kept = 0;
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->members[i].device, device) == 0)
			free(r->members[i].value);
		else
			r->members[kept++] = r->members[i];
	}
	r->count = kept;
}

/* ---- what it is about -------------------------------------------------------- */

static const struct device *device_of(const struct house *h, const struct bundle_member *member)
{
	return house_device(h, span_str(member->device));
}

bool bundle_seen(const struct house *h, const struct bundle *bundle, const struct rooms *rooms)
{
	if (!rooms || rooms->all)
		return true;
	for (size_t i = 0; i < bundle->record.count; i++) {
		const struct device *d = device_of(h, &bundle->record.members[i]);
		if (!d || !rooms_have(rooms, d->record.area))
			return false;
	}
	return bundle->record.count > 0;
}

struct device_entity *bundle_entity(const struct house *h, const struct bundle_member *member)
{
	const struct device *d = device_of(h, member);
	return d ? device_entity(d, member->entity) : NULL;
}

/* ---- JSON ------------------------------------------------------------------ */

static void members_json(struct json_out *o, const struct bundle_record *r)
{
	json_out_key(o, "members");
	json_out_raw(o, "[");
	for (size_t i = 0; i < r->count; i++) {
		json_out_next(o);
		json_out_raw(o, "{");
		json_out_member_string(o, "device", r->members[i].device);
		json_out_member_string(o, "entity", r->members[i].entity);
		if (r->members[i].value) {
			json_out_key(o, "value");
			json_out_raw(o, r->members[i].value);
		}
		json_out_raw(o, "}");
	}
	json_out_raw(o, "]");
}

/* The room of a member, "" for none. */
static const char *area_of(const struct house *h, const struct bundle_member *member)
{
	const struct device *d = device_of(h, member);
	return d ? d->record.area : "";
}

/* Each room once. */
static void areas_json(struct json_out *o, const struct house *h, const struct bundle_record *r)
{
	json_out_key(o, "areas");
	json_out_raw(o, "[");
	for (size_t i = 0; i < r->count; i++) {
		const char *area = area_of(h, &r->members[i]);
		bool told = !area[0];
		for (size_t k = 0; k < i && !told; k++)
			told = strcmp(area_of(h, &r->members[k]), area) == 0;
		if (told)
			continue;
		json_out_next(o);
		json_out_string(o, area);
	}
	json_out_raw(o, "]");
}

static void state_of_all_json(struct json_out *o, const struct house *h, const struct bundle_record *r)
{
	int64_t known = 0, on = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct device_entity *e = bundle_entity(h, &r->members[i]);
		if (!e || e->state.value.kind != VALUE_ON_OFF)
			continue;
		known++;
		on += e->state.value.on;
	}
	json_out_member_string(o, "state", on ? "ON" : known ? "OFF" : NULL);
	json_out_member_int(o, "on", on);
}

void bundle_json(struct json_out *o, const struct house *h, const struct bundle *bundle)
{
	const struct bundle_record *r = &bundle->record;
	json_out_raw(o, "{");
	json_out_member_int(o, "id", r->id);
	json_out_member_string(o, "name", r->name);
	members_json(o, r);
	areas_json(o, h, r);
	if (r->kind == BUNDLE_GROUP)
		state_of_all_json(o, h, r);
	json_out_raw(o, "}");
}
