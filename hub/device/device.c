/* Devices and entities: memory, look-up and their JSON. On the house's thread;
 * knows neither store nor broker nor time. */
#include "device/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

struct device *device_create(struct device_record *record)
{
	struct device *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->record = *record;
	record->discovery = NULL;
	list_init(&d->entities);
	list_init(&d->grace);
	memcpy(d->available, TOPIC_STATUS_ONLINE, sizeof TOPIC_STATUS_ONLINE);
	memcpy(d->unavailable, TOPIC_STATUS_OFFLINE, sizeof TOPIC_STATUS_OFFLINE);
	return d;
}

static void entity_destroy(struct device_entity *e)
{
	list_remove(&e->link);
	list_remove(&e->off.link);
	entity_finish(&e->about);
	shadow_finish(&e->shadow);
	free(e->listeners);
	free(e);
}

static void clear_entities(struct device *d)
{
	map_finish(&d->by_topic);
	list_each(e, &d->entities, struct device_entity, link)
		entity_destroy(e);
	d->entity_count = 0;
}

void device_destroy(struct device **device)
{
	struct device *d = *device;
	*device = NULL;
	if (!d)
		return;
	clear_entities(d);
	outsider_destroy(&d->other);
	free(d->record.discovery);
	free(d->description_waiting);
	free(d->classes);
	free(d);
}

struct device_entity *device_entity(const struct device *d, const char *id)
{
	list_each(e, &d->entities, struct device_entity, link)
		if (strcmp(e->about.id, id) == 0)
			return e;
	return NULL;
}

struct listener *device_listeners(const struct device *d, struct span topic)
{
	struct map_node *node = map_get(&d->by_topic, topic);
	return node ? container_of(node, struct listener, node) : NULL;
}

/* Behind those that are there: an entity's channels hear a message in the order described. */
static int index_listener(struct map *by_topic, struct listener *l)
{
	struct span topic = span_str(l->channel->topic);
	struct map_node *node = map_get(by_topic, topic);
	if (!node)
		return map_put(by_topic, &l->node, topic);
	struct listener *last = container_of(node, struct listener, node);
	while (last->next)
		last = last->next;
	last->next = l;
	return 0;
}

static int listen_for(struct map *by_topic, struct device_entity *e)
{
	int err = 0;
	e->listeners = calloc(e->about.report_count + 1, sizeof *e->listeners);
	if (!e->listeners)
		return ERR_NOMEM;
	for (size_t i = 0; i < e->about.report_count && !err; i++) {
		e->listeners[i] = (struct listener){.entity = e, .channel = &e->about.reports[i]};
		err = index_listener(by_topic, &e->listeners[i]);
	}
	return err;
}

/* Makes an entity from its description, whose contents are taken. */
static struct device_entity *entity_create(struct device *d, struct entity *about)
{
	struct device_entity *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->device = d;
	e->about = *about;
	*about = (struct entity){0};
	memcpy(e->described_class, e->about.device_class, sizeof e->described_class);
	device_apply_class(e);
	list_init(&e->link);
	list_init(&e->off.link);
	return e;
}

/* Hands what is known of an entity to its successor. */
static void inherit(struct device_entity *heir, struct device_entity *old)
{
	heir->series = old->series;
	heir->state = old->state;
	heir->at = old->at;
	heir->garbled = old->garbled;
	if (!list_empty(&old->off.link) && heir->about.off_delay_ms) {
		heir->off.at = old->off.at;
		list_append(&old->off.link, &heir->off.link); /* in front of it, which goes */
	}
	heir->shadow = old->shadow;
	old->shadow = (struct shadow){0};
}

static struct device_entity *find_heir(struct list *entities, const struct device_entity *old)
{
	list_each(e, entities, struct device_entity, link)
		if (e->about.component == old->about.component && strcmp(e->about.id, old->about.id) == 0)
			return e;
	return NULL;
}

int device_set_entities(struct device *d, struct description *description, const struct device_heirs *heirs)
{
	struct list fresh;
	struct map by_topic = {0};
	list_init(&fresh);
	int err = 0;
	for (size_t i = 0; i < description->entity_count && err == 0; i++) {
		struct device_entity *e = entity_create(d, &description->entities[i]);
		if (!e) {
			err = ERR_NOMEM;
			break;
		}
		list_append(&fresh, &e->link);
		err = listen_for(&by_topic, e);
	}
	if (err != 0) {
		map_finish(&by_topic);
		list_each(e, &fresh, struct device_entity, link)
			entity_destroy(e);
		return err;
	}
	list_each(old, &d->entities, struct device_entity, link) {
		struct device_entity *heir = find_heir(&fresh, old);
		if (heir)
			inherit(heir, old);
		heirs->replaced(heirs->ctx, old, heir);
	}
	clear_entities(d);
	d->by_topic = by_topic;
	list_each(e, &fresh, struct device_entity, link) {
		list_remove(&e->link);
		list_append(&d->entities, &e->link);
		d->entity_count++;
	}
	return 0;
}

const char *device_name(const struct device *d)
{
	if (d->record.name[0])
		return d->record.name;
	return d->record.origin.native[0] ? d->record.origin.native : d->record.id;
}

static void choices_json(struct json_out *o, const char *key, const struct choices *choices)
{
	json_out_key(o, key);
	json_out_raw(o, "[");
	for (size_t i = 0; i < choices->count; i++) {
		json_out_next(o);
		json_out_string(o, choices->items[i]);
	}
	json_out_raw(o, "]");
}

static void number_member(struct json_out *o, const char *key, double number)
{
	json_out_key(o, key);
	json_out_number(o, number);
}

static void light_json(struct json_out *o, const struct entity *about)
{
	json_out_member_bool(o, "brightness", about->color_modes & ~(unsigned)COLOR_MODE_ONOFF);
	json_out_key(o, "color_modes");
	json_out_raw(o, "[");
	for (unsigned mode = COLOR_MODE_ONOFF; mode <= COLOR_MODE_LAST; mode <<= 1)
		if (about->color_modes & mode) {
			json_out_next(o);
			json_out_string(o, color_mode_name((enum color_mode)mode));
		}
	json_out_raw(o, "]");
	if (about->color_modes & COLOR_MODE_COLOR_TEMP) {
		number_member(o, "min_kelvin", about->min_kelvin);
		number_member(o, "max_kelvin", about->max_kelvin);
	}
}

/* The properties that can be commanded besides the value. */
static void can_json(struct json_out *o, const struct entity *about)
{
	json_out_key(o, "can");
	json_out_raw(o, "[");
	for (enum property p = PROPERTY_STATE; p < PROPERTY_COUNT; p++) {
		bool color = property_is_color(p);
		if (!entity_can(about, p) || (color && p != PROPERTY_RED))
			continue;
		json_out_next(o);
		json_out_string(o, color ? "color" : property_name(p));
	}
	json_out_raw(o, "]");
}

/* What a page needs to offer the entity's control. */
static void control_json(struct json_out *o, const struct entity *about)
{
	static const struct {
		const char *key;
		size_t at;
	} lists[] = {
		{"options", offsetof(struct entity, options)},	   {"effects", offsetof(struct entity, effects)},
		{"fan_modes", offsetof(struct entity, fan_modes)}, {"swing_modes", offsetof(struct entity, swing_modes)},
		{"presets", offsetof(struct entity, presets)},
	};
	if (about->component == COMPONENT_LIGHT)
		light_json(o, about);
	if (about->min < about->max) {
		number_member(o, "min", about->min);
		number_member(o, "max", about->max);
		number_member(o, "step", about->step);
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct choices *choices = (const void *)((const char *)about + lists[i].at);
		if (choices->count)
			choices_json(o, lists[i].key, choices);
	}
	if (component_is_whole(about->component))
		can_json(o, about);
}

static void int_or_null(struct json_out *o, const char *key, int64_t value, bool known)
{
	json_out_key(o, key);
	if (known)
		json_out_int(o, value);
	else
		json_out_raw(o, "null");
}

static void entity_json(struct json_out *o, const struct device_entity *e)
{
	const struct entity *about = &e->about;
	json_out_raw(o, "{");
	json_out_member_string(o, "id", about->id);
	json_out_member_string(o, "name", about->name[0] ? about->name : device_name(e->device));
	json_out_member_string(o, "component", about->platform);
	json_out_member_text(o, "device_class", about->device_class);
	if (component_has_classes(about->component))
		json_out_member_text(o, "described_class", e->described_class);
	json_out_member_text(o, "unit", about->unit);
	json_out_member_text(o, "state_class", about->state_class);
	json_out_member_text(o, "icon", about->icon);
	json_out_member_text(o, "category", about->category);
	int_or_null(o, "precision", about->precision, about->precision >= 0);
	int_or_null(o, "series", e->series, e->series > 0);
	json_out_key(o, "state");
	state_json(o, &e->state, component_is_whole(about->component));
	json_out_member_time(o, "at", e->at);
	json_out_member_bool(o, "controllable", about->control_count > 0);
	if (about->control_count > 0)
		shadow_json(o, &e->shadow);
	control_json(o, about);
	json_out_raw(o, "}");
}

void device_json(struct json_out *o, const struct device *d)
{
	const struct device_record *r = &d->record;
	json_out_raw(o, "{");
	json_out_member_string(o, "id", r->id);
	json_out_member_string(o, "name", device_name(d));
	json_out_member_string(o, "area", r->area);
	json_out_member_string(o, "model", r->model);
	json_out_member_string(o, "manufacturer", r->manufacturer);
	json_out_member_string(o, "sw_version", r->sw_version);
	json_out_member_text(o, "dialect", r->origin.dialect);
	json_out_member_text(o, "client", r->origin.client);
	json_out_member_text(o, "note", d->note);
	json_out_key(o, "online");
	json_out_raw(o, d->presence == PRESENCE_UNKNOWN ? "null" : d->presence == PRESENCE_ONLINE ? "true" : "false");
	json_out_member_bool(o, "lost", r->lost);
	json_out_member_time(o, "changed", r->changed_at);
	json_out_member_text(o, "parting", d->presence == PRESENCE_ONLINE ? "" : parting_name(r->parting));
	json_out_member_bool(o, "renewable", d->renewable);
	json_out_member_time(o, "last_seen", r->last_seen_at);
	json_out_member_time(o, "enrolled", r->enrolled_at);
	json_out_key(o, "entities");
	json_out_raw(o, "[");
	list_each(e, &d->entities, struct device_entity, link) {
		json_out_next(o);
		entity_json(o, e);
	}
	json_out_raw(o, "]}");
}
