/* A device of others in the place of another one. The one that stays keeps its id, and so its name, room, groups, rights and history; it gets
 * the origin of the other one, with what was said of that. Entities that the other one calls otherwise go on under the names that they
 * have here (struct device_alias). Threads as port.c. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "device/call.h"
#include "device/heirs.h"
#include "device/port.h"
#include "dialect/dialect.h"
#include "model/live.h"

/* What the asker's frame holds while the call is under way. */
struct replacing {
	const char *with;
	bool try;
	struct heir *old, *fresh; /* owned */
	size_t old_count, old_cap, fresh_count;
	const char *device; /* while series are gathered */
	int err;
};

/* ---- finding out ------------------------------------------------------------- */

static void describe_heir(struct heir *heir, const struct device_entity *e)
{
	const struct entity *about = &e->about;
	*heir = (struct heir){.described = true, .component = about->component, .device_class = e->described_class,
			      .unit = about->unit, .kind = entity_series_kind(about), .match = -1};
	memcpy(heir->id, about->id, sizeof heir->id);
	(void)str_copy(heir->name, sizeof heir->name, about->name[0] ? about->name : device_name(e->device)); /* as long */
}

static struct heir *list_entities(const struct device *d, size_t *count_r)
{
	struct heir *list = calloc(d->entity_count + 1, sizeof *list);
	*count_r = 0;
	if (list)
		list_each(e, &d->entities, struct device_entity, link)
			describe_heir(&list[(*count_r)++], e);
	return list;
}

/* Of a device that has taken itself away its series are left. */
static void add_series(void *ctx, const struct series *series)
{
	struct replacing *r = ctx;
	if (strcmp(series->device, r->device) != 0 || r->err)
		return;
	if (r->old_count == r->old_cap) {
		size_t cap = r->old_cap ? r->old_cap * 2 : 16;
		struct heir *grown = realloc(r->old, cap * sizeof *grown);
		if (!grown) {
			r->err = ERR_NOMEM;
			return;
		}
		r->old = grown;
		r->old_cap = cap;
	}
	struct heir *heir = &r->old[r->old_count++];
	*heir = (struct heir){.device_class = series->device_class, .unit = series->unit, .kind = series->kind, .match = -1};
	memcpy(heir->id, series->entity, sizeof heir->id);
}

static int compare(struct house *h, const struct device *stays, const struct device *goes, struct replacing *r)
{
	if (stays->other->known) {
		r->old = list_entities(stays, &r->old_count);
	} else {
		r->device = stays->record.id;
		sampler_each(h->sampler, add_series, r);
	}
	r->fresh = list_entities(goes, &r->fresh_count);
	if (r->err || !r->fresh || (stays->other->known && !r->old))
		return ERR_NOMEM;
	heirs_match(r->old, r->old_count, r->fresh, r->fresh_count);
	return 0;
}

static void heir_json(struct json_out *o, const struct heir *h, const char *name, const char *from)
{
	json_out_next(o);
	json_out_raw(o, "{");
	json_out_member_string(o, "entity", h->id);
	json_out_member_string(o, "name", name[0] ? name : h->id);
	if (from)
		json_out_member_string(o, "from", from);
	json_out_raw(o, "}");
}

static int answer(const struct replacing *r, struct buf *json)
{
	struct json_out o = {.buf = json};
	json_out_raw(&o, "{");
	json_out_key(&o, "kept");
	json_out_raw(&o, "[");
	for (size_t i = 0; i < r->old_count; i++)
		if (r->old[i].match >= 0) {
			const struct heir *fresh = &r->fresh[r->old[i].match];
			heir_json(&o, &r->old[i], r->old[i].name[0] ? r->old[i].name : fresh->name, fresh->id);
		}
	json_out_raw(&o, "]");
	json_out_key(&o, "lost");
	json_out_raw(&o, "[");
	for (size_t i = 0; i < r->old_count; i++)
		if (r->old[i].match < 0)
			heir_json(&o, &r->old[i], r->old[i].name, NULL);
	json_out_raw(&o, "]");
	json_out_key(&o, "fresh");
	json_out_raw(&o, "[");
	for (size_t i = 0; i < r->fresh_count; i++)
		if (r->fresh[i].match < 0)
			heir_json(&o, &r->fresh[i], r->fresh[i].name, NULL);
	json_out_raw(&o, "]}");
	return o.err;
}

/* ---- doing it ------------------------------------------------------------------ */

/* What the one that goes calls its entities itself, where it is an heir of another one already. */
static const char *native_id(const struct outsider *o, const char *entity)
{
	for (size_t i = 0; i < o->alias_count; i++)
		if (strcmp(o->aliases[i].entity, entity) == 0)
			return o->aliases[i].described;
	return entity;
}

/* Aliases for those that are called otherwise; owned. */
static struct device_alias *make_aliases(const struct replacing *r, const struct outsider *o, size_t *count_r)
{
	struct device_alias *aliases = calloc(r->old_count + 1, sizeof *aliases);
	*count_r = 0;
	for (size_t i = 0; i < r->old_count && aliases; i++) {
		const char *described = r->old[i].match >= 0 ? native_id(o, r->fresh[r->old[i].match].id) : r->old[i].id;
		if (strcmp(described, r->old[i].id) == 0)
			continue;
		struct device_alias *a = &aliases[(*count_r)++];
		(void)str_copy(a->described, sizeof a->described, described); /* ids */
		memcpy(a->entity, r->old[i].id, sizeof a->entity);
	}
	return aliases;
}

/* What the one that goes has reported since the one that stays did. */
static void take_states(struct house *h, const struct replacing *r, const struct device *stays, const struct device *goes)
{
	for (size_t i = 0; i < r->old_count; i++) {
		struct device_entity *old = device_entity(stays, r->old[i].id), *fresh = NULL;
		if (r->old[i].match >= 0)
			fresh = device_entity(goes, r->fresh[r->old[i].match].id);
		if (!old || !fresh || fresh->at.ms <= old->at.ms)
			continue;
		old->state = fresh->state;
		old->at = fresh->at;
		house_expect_off(h, old);
	}
}

/* The outsider of the one that goes becomes that of the one that stays. */
static void take_over(struct house *h, struct device *stays, struct device *goes, struct device_alias *aliases, size_t alias_count)
{
	const struct device_heirs none = {house_command_gone, h};
	struct description nothing = {0};
	struct outsider *o = goes->other;
	bool seen = stays->other->known;
	house_unlisten(h, goes);
	house_drop_outsider(h, stays);
	outsider_destroy(&stays->other);
	(void)device_set_entities(goes, &nothing, &none); /* needs no memory */
	map_remove(&h->devices, &goes->node);
	list_remove(&goes->grace);
	goes->other = NULL;
	stays->other = o;
	o->device = stays;
	free(o->aliases);
	o->aliases = aliases;
	o->alias_count = alias_count;
	o->known = seen;
	stays->record.origin = goes->record.origin;
	device_destroy(&goes);
}

/* Decided: the other one is no more, and what it was is this one from here on. */
static void run_replaced(struct house *h, struct call *call)
{
	struct replacing *r = call->wish;
	struct device *stays = house_any_outsider(h, call->id), *goes = house_any_outsider(h, r->with);
	size_t alias_count = 0;
	h->calls--;
	if (stays)
		stays->erasing = stays->staying = false;
	if (goes)
		goes->erasing = goes->staying = false;
	if (call->err && stays && goes) { /* what was said of them before counts again */
		house_mark_changed(h, stays);
		house_mark_changed(h, goes);
	}
	if (call->err || !stays || !goes) {
		call_answer(call, call->err ? call->err : ERR_NOT_FOUND);
		return;
	}
	struct device_alias *aliases = make_aliases(r, goes->other, &alias_count); /* without: its entities are new ones until the next start */
	enum presence presence = goes->presence;
	house_show_gone(h, goes->record.id);
	house_bundles_forget(h, goes->record.id);
	sampler_forget(h->sampler, goes->record.id, house_mono(h));
	rules_recount(h->rules);
	alerts_forget(h->alerts, goes->record.id);
	house_clear_topics(h, stays);
	house_send_away(h, stays);
	take_states(h, r, stays, goes);
	take_over(h, stays, goes, aliases, alias_count);
	log_info("house", "device %s is %s of %s now", stays->record.id, stays->record.origin.native, stays->other->dialect->title);
	house_describe_again(h, stays, presence);
	if (stays->other->missed) /* it is not on the disk yet */
		house_mark_changed(h, stays);
	stays->other->missed = false;
	call_answer(call, house_tell_topics(h, true)); /* what it says is in this one's room from now on */
}

static int store_it(struct house *h, struct call *call, const struct device *stays, const struct device *goes)
{
	struct replacing *r = call->wish;
	struct device_record record = stays->record;
	const struct outsider *o = goes->other;
	struct device_replacement wish = {.device = &record, .other = goes->record.id};
	record.discovery = NULL;
	record.origin = goes->record.origin;
	memcpy(record.model, goes->record.model, sizeof record.model);
	memcpy(record.manufacturer, goes->record.manufacturer, sizeof record.manufacturer);
	memcpy(record.sw_version, goes->record.sw_version, sizeof record.sw_version);
	struct device_fragment *fragments = calloc(o->part_count + 1, sizeof *fragments);
	struct device_alias *aliases = make_aliases(r, o, &wish.alias_count);
	int err = fragments && aliases ? 0 : ERR_NOMEM;
	if (fragments)
		list_each(part, &o->parts, struct device_part, link)
			fragments[wish.fragment_count++] = (struct device_fragment){part->topic, part->payload};
	wish.fragments = fragments;
	wish.aliases = aliases;
	const struct store_done done = call_stored(call);
	if (!err)
		err = store_device_replace(h->config.store, &wish, &done);
	free(fragments);
	free(aliases);
	return err;
}

static bool is_ours(const struct house *h, const char *id)
{
	const struct device *d = house_device(h, span_str(id));
	return d && !d->other;
}

static void run_replace(struct house *h, struct call *call)
{
	struct replacing *r = call->wish;
	struct device *stays = house_any_outsider(h, call->id), *goes = house_any_outsider(h, r->with);
	int err = 0;
	if ((stays && stays->erasing) || (goes && goes->erasing))
		err = ERR_NOT_FOUND;
	else if (!stays || !goes)
		err = is_ours(h, call->id) || is_ours(h, r->with) ? ERR_UNSUPPORTED : ERR_NOT_FOUND;
	else if (stays == goes || !goes->other->known || !goes->other->part_count)
		err = ERR_UNSUPPORTED; /* one that has just taken itself away is nobody's heir */
	if (!err)
		err = compare(h, stays, goes, r);
	if (!err)
		err = answer(r, call->json);
	if (!err && !r->try) {
		call->run = run_replaced;
		err = store_it(h, call, stays, goes);
		if (!err) {
			stays->erasing = goes->erasing = true; /* nothing that they say meanwhile would be on the disk */
			stays->staying = goes->staying = true;
			stays->other->missed = goes->other->missed = false;
			list_remove(&stays->other->changed);
			list_remove(&goes->other->changed);
			h->calls++;
			return; /* the call is the store's now */
		}
	}
	call_answer(call, err);
}

int port_replace(void *ctx, const char *id, const char *with, bool try, struct buf *json)
{
	struct replacing r = {.with = with, .try = try};
	struct call call = {.house = ctx, .run = run_replace, .id = id, .wish = &r, .json = json};
	int err = call_ask(&call);
	free(r.old);
	free(r.fresh);
	return err;
}

/* ---- those that are gone ------------------------------------------------------- */

static void former_json(struct json_out *o, const struct device *d)
{
	json_out_next(o);
	json_out_raw(o, "{");
	json_out_member_string(o, "id", d->record.id);
	json_out_member_string(o, "name", device_name(d));
	json_out_member_string(o, "area", d->record.area);
	json_out_member_string(o, "model", d->record.model);
	json_out_member_string(o, "dialect", d->record.origin.dialect);
	json_out_member_text(o, "client", d->record.origin.client);
	json_out_member_time(o, "last_seen", d->record.last_seen_at);
	json_out_raw(o, "}");
}

static void run_former(struct house *h, struct call *call)
{
	struct json_out o = {.buf = call->json};
	json_out_raw(&o, "[");
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n)) {
		const struct device *d = container_of(n, struct outsider, node)->device;
		if (!d->other->known && d->record.id[0] && !d->erasing)
			former_json(&o, d);
	}
	json_out_raw(&o, "]");
	call_answer(call, o.err);
}

int port_former(void *ctx, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_former, .json = json};
	return call_ask(&call);
}
