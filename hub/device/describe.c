/* Taking over what a device says about itself. On the house's thread. A
 * description that is refused leaves the last good one in place. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "device/house_private.h"

enum {
	COMPLAIN_MS = 60000,  /* between log lines about one device's descriptions */
	MINUTE_MS = 60000,
	DESCRIPTIONS_MAX = 8, /* new descriptions of a device in a minute; more wait, and only the newest of them */
};

static void on_replaced(void *ctx, struct device_entity *old, struct device_entity *heir)
{
	house_command_move(ctx, old, heir, "the device no longer has this");
}

void house_series_of(const struct device_entity *e, struct series *series_r)
{
	*series_r = (struct series){.kind = entity_series_kind(&e->about)};
	memcpy(series_r->device, e->device->record.id, sizeof series_r->device);
	memcpy(series_r->entity, e->about.id, sizeof series_r->entity);
	memcpy(series_r->unit, e->about.unit, sizeof series_r->unit);
	memcpy(series_r->device_class, e->described_class, sizeof series_r->device_class);
}

/* Finds the series of entities that had one, and tells the store what is said of them now. */
static void find_series(struct house *h, struct device *d)
{
	list_each(e, &d->entities, struct device_entity, link) {
		struct series wanted;
		house_series_of(e, &wanted);
		const struct series *known = sampler_find(h->sampler, &wanted);
		e->series = known ? known->id : 0;
		if (!known)
			continue;
		if (entity_is_loose(&e->about))
			wanted.kind = known->kind; /* the description does not say */
		sampler_series(h->sampler, &wanted);
	}
}

/* Keeps what the description says about the device itself. Name and area are the
 * owner's: the first description fills them where they are empty, no later one. */
static void take_particulars(struct device_record *r, const struct description *description, bool first)
{
	if (first && !r->name[0])
		memcpy(r->name, description->name, sizeof r->name);
	if (first && !r->area[0])
		memcpy(r->area, description->area, sizeof r->area);
	if (description->model[0])
		memcpy(r->model, description->model, sizeof r->model);
	if (description->manufacturer[0])
		memcpy(r->manufacturer, description->manufacturer, sizeof r->manufacturer);
	if (description->sw_version[0])
		memcpy(r->sw_version, description->sw_version, sizeof r->sw_version);
}

int house_take_description(struct house *h, struct device *d, struct description *description, bool first)
{
	const struct device_heirs heirs = {on_replaced, h};
	int err = device_set_entities(d, description, &heirs);
	if (err)
		return err;
	if (description->note[0] && strcmp(description->note, d->note) != 0)
		log_info("house", "device %s: %s", d->record.id, description->note);
	memcpy(d->note, description->note, sizeof d->note);
	d->renewable = !d->other && description->renewable;
	take_particulars(&d->record, description, first);
	find_series(h, d);
	house_note_topics(h);
	return 0;
}

static void store_description(struct house *h, const struct device *d)
{
	const struct device_record *r = &d->record;
	const struct store_done done = house_unwatched("a device's description was not stored");
	const struct device_change change = {
		.name = r->name,
		.area = r->area,
		.model = r->model,
		.manufacturer = r->manufacturer,
		.sw_version = r->sw_version,
		.discovery = r->discovery,
	};
	int err = store_device_change(h->config.store, r->id, &change, &done);
	if (err != 0)
		log_warning("house", "device %s: its description was not stored: %s", r->id, err_text(err));
}

void house_complain(struct house *h, struct device *d, const char *message)
{
	struct mono_ms now = house_mono(h);
	if (now.ms < d->complain_at.ms)
		return;
	d->complain_at = mono_add_ms(now, COMPLAIN_MS);
	log_warning("house", "device %s: its description is refused, the last good one stays: %s",
		    d->record.id[0] ? d->record.id : d->record.origin.native, message);
}

/* Reads the payload; an empty one describes a device without entities. */
static int read_description(const struct device *d, struct span payload, struct description *description,
			    char message[DISCOVERY_MESSAGE_SIZE])
{
	const struct topic_gate gate = topic_gate_own(d->record.id);
	if (payload.len)
		return discovery_read(payload, &gate, description, message);
	*description = (struct description){0};
	return 0;
}

/* What the status topic says. */
static void take_words(struct device *d, const struct description *description)
{
	static const struct availability standard = {.available = TOPIC_STATUS_ONLINE, .unavailable = TOPIC_STATUS_OFFLINE};
	const struct availability *a = description->availability_count ? &description->availability[0] : &standard;
	memcpy(d->available, a->available, sizeof d->available);
	memcpy(d->unavailable, a->unavailable, sizeof d->unavailable);
	d->odd_status = false;
}

/* Takes a description, from the device or from the store. */
static void take_description(struct house *h, struct device *d, struct span payload, bool store)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	struct description description;
	int err = read_description(d, payload, &description, message);
	if (err != 0) {
		house_complain(h, d, message[0] ? message : err_text(err));
		return;
	}
	bool first = !d->record.discovery || !d->record.discovery[0];
	char *text = strndup(payload.len ? (const char *)payload.data : "", payload.len); /* JSON has no NUL */
	err = text ? house_take_description(h, d, &description, first) : ERR_NOMEM;
	if (err == 0)
		take_words(d, &description);
	description_finish(&description);
	if (err != 0) {
		house_complain(h, d, err_text(err));
		free(text);
		return;
	}
	free(d->record.discovery);
	d->record.discovery = text;
	if (!store)
		return;
	store_description(h, d);
	house_show(h, d);
}

/* Whether the device may be described anew now. Each time costs a write of up to 64 KiB and an event to all
 * browsers, which a mad device must not make others pay. */
bool house_may_describe(struct house *h, struct device *d)
{
	struct mono_ms now = house_mono(h);
	if (mono_diff_ms(d->describe_from, now) >= MINUTE_MS) {
		d->describe_from = now;
		d->descriptions = 0;
	}
	return d->descriptions++ < DESCRIPTIONS_MAX;
}

void house_described(struct house *h, struct device *d, struct span payload, bool retained)
{
	if (retained && d->record.discovery)
		return; /* it was heard when it came, from the device itself; what is retained may be another's */
	free(d->description_waiting); /* older than this one */
	d->description_waiting = NULL;
	if (d->record.discovery && span_is(payload, d->record.discovery))
		return; /* said again after each reconnect */
	if (payload.len > DISCOVERY_PAYLOAD_MAX || house_may_describe(h, d))
		take_description(h, d, payload, true);
	else
		d->description_waiting = strndup(payload.len ? (const char *)payload.data : "", payload.len);
}

void house_describe_stored(struct house *h, struct device *d)
{
	take_description(h, d, span_str(d->record.discovery), false);
}

void house_describe_waiting(struct house *h)
{
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		struct device *d = container_of(n, struct device, node);
		char *text = d->description_waiting;
		if (!text || d->erasing || !house_may_describe(h, d))
			continue;
		d->description_waiting = NULL;
		take_description(h, d, span_str(text), true);
		free(text);
	}
}
