/* Reading what people want of groups and scenes, and comparing it with what there is. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "device/bundles.h"
#include "device/wish.h"

static int fault(struct bundle_fault *f, const char *field, const char *detail)
{
	f->field = field;
	int cut = str_copy(f->detail, sizeof f->detail, detail);
	(void)cut; /* ours fit */
	return ERR_INVALID;
}

/* One that tells which member it is about. */
static int fault_of(struct bundle_fault *f, const struct bundle_member *m, const char *detail)
{
	f->field = "members";
	int cut = str_format(f->detail, sizeof f->detail, "%s/%s: %s", m->device, m->entity, detail);
	(void)cut; /* a long detail of the wish's is cut */
	return ERR_INVALID;
}

/* ---- what it says ------------------------------------------------------------ */

static int read_name(const json_t *json, struct bundle_record *r, struct bundle_fault *f)
{
	const char *name = json_string_value(json);
	if (!name || !name[0] || !str_is_printable(name) || str_copy(r->name, sizeof r->name, name) != 0)
		return fault(f, "name", "A name has 1 to 127 printable bytes.");
	return 0;
}

static int read_id(const json_t *member, const char *key, char id_r[MODEL_ID_SIZE])
{
	const char *id = json_string_value(json_object_get(member, key));
	return id && str_id_valid(span_str(id), MODEL_ID_MAX) ? str_copy(id_r, MODEL_ID_SIZE, id) : ERR_INVALID;
}

/* The member of the same entity, or NULL. */
static const struct bundle_member *find(const struct bundle_record *r, const struct bundle_member *m)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->members[i].device, m->device) == 0 && strcmp(r->members[i].entity, m->entity) == 0)
			return &r->members[i];
	return NULL;
}

/* Reads a member into the free place at the end. */
static int read_member(const json_t *json, struct bundle_record *r, struct bundle_fault *f)
{
	struct bundle_member m = {0};
	const json_t *value = json_object_get(json, "value");
	if (read_id(json, "device", m.device) != 0 || read_id(json, "entity", m.entity) != 0 ||
	    json_object_size(json) != 2u + (value != NULL))
		return fault(f, "members", "A member has a device and an entity, in a scene perhaps a value.");
	if (find(r, &m))
		return fault_of(f, &m, "It is in the list twice.");
	if (value && r->kind == BUNDLE_GROUP)
		return fault_of(f, &m, "A member of a group has no value of its own.");
	if (value && !(m.value = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY)))
		return ERR_NOMEM;
	r->members[r->count++] = m;
	return 0;
}

static int read_members(const json_t *json, struct bundle_record *r, struct bundle_fault *f)
{
	size_t count = json_array_size(json), i;
	const json_t *member;
	if (!json_is_array(json) || count < 1 || count > BUNDLE_MEMBERS_MAX)
		return fault(f, "members", "It has 1 to 100 members.");
	struct bundle_record fresh = {.kind = r->kind, .members = calloc(count, sizeof *fresh.members)};
	int err = fresh.members ? 0 : ERR_NOMEM;
	json_array_foreach((json_t *)(uintptr_t)json, i, member) {
		if (!err)
			err = read_member(member, &fresh, f);
	}
	if (err) {
		bundle_record_finish(&fresh);
		return err;
	}
	r->members = fresh.members;
	r->count = fresh.count;
	return 0;
}

int bundle_wish_read(struct span text, bool whole, struct bundle_record *r, struct bundle_fault *fault_r)
{
	json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL), *value;
	const char *key;
	int err = json_is_object(json) ? 0 : fault(fault_r, NULL, "This is no JSON object.");
	json_object_foreach(json, key, value) {
		if (err)
			break;
		if (strcmp(key, "name") == 0)
			err = read_name(value, r, fault_r);
		else if (strcmp(key, "members") == 0)
			err = read_members(value, r, fault_r);
		else
			err = fault(fault_r, NULL, "It has a name and members, and nothing else.");
	}
	json_decref(json);
	if (!err && whole && !r->name[0])
		err = fault(fault_r, "name", "It needs a name.");
	if (!err && whole && !r->count)
		err = fault(fault_r, "members", "It needs members.");
	return err;
}

/* ---- what there is ----------------------------------------------------------- */

/* The value that the entity has now, as far as it suits. */
static int capture(const struct device_entity *e, struct bundle_member *m, struct bundle_fault *f)
{
	char *now;
	int err = wish_capture(&e->about, &e->state, &now);
	if (err == ERR_UNSUPPORTED)
		return fault_of(f, m, "It has no state that it could be brought back to.");
	if (err == ERR_NOT_FOUND)
		return fault_of(f, m, "How it is now is not known. Say the value that it shall take.");
	if (!err)
		err = wish_fit(&e->about, now, &m->value);
	free(now);
	return err;
}

/* Its entity is not there (any more): what it was to take stays as it was, for the day it comes back. */
static int keep_vanished(const struct bundle_record *now, struct bundle_member *m, struct bundle_fault *f)
{
	const struct bundle_member *old = now ? find(now, m) : NULL;
	if (!old)
		return fault_of(f, m, "There is no such entity.");
	free(m->value);
	m->value = old->value ? strdup(old->value) : NULL;
	return old->value && !m->value ? ERR_NOMEM : 0;
}

static int settle(const struct house *h, enum bundle_kind kind, const struct bundle_record *now, struct bundle_member *m,
		  struct bundle_fault *f)
{
	const struct device_entity *e = bundle_entity(h, m);
	if (!e)
		return keep_vanished(now, m, f);
	if (!e->about.control_count)
		return fault_of(f, m, "This only reports; it takes no commands.");
	if (kind == BUNDLE_GROUP)
		return 0;
	int err = m->value ? 0 : capture(e, m, f);
	if (err)
		return err;
	struct wish wish;
	err = wish_read(&e->about, &e->state, m->value, &wish);
	if (err == ERR_INVALID)
		err = fault_of(f, m, wish.detail);
	else if (!err && wish.toggled)
		err = fault_of(f, m, "A scene says how it shall be, not that it shall change.");
	wish_finish(&wish);
	return err;
}

int bundle_wish_settle(const struct house *h, struct bundle_record *r, const struct bundle_record *now, struct bundle_fault *fault_r)
{
	int err = 0;
	for (size_t i = 0; i < r->count && !err; i++)
		err = settle(h, r->kind, now, &r->members[i], fault_r);
	return err;
}
