/* Who is there, who stopped and who was lost. On the house's thread.
 *
 * A device says "online" on its status topic and "offline" before it stops; its
 * last will says "offline" for it when its connection dies. Any other live message also shows
 * that it is there. A device whose last connection ended without either is given a few seconds and
 * then counted as gone. A retained status proves nothing: it may be older than the device's death. */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "device/house_private.h"
#include "dialect/dialect.h"
#include "mqtt/reason.h"

/* Writes what the record says about presence. */
static void save_presence(struct house *h, struct device *d)
{
	const struct store_done done = house_unwatched("a device's presence was not stored");
	const struct device_change change = {
		.online = &d->record.online,
		.lost = &d->record.lost,
		.last_seen_at = &d->record.last_seen_at,
		.changed_at = &d->record.changed_at,
		.parting = &d->record.parting,
	};
	if (store_device_change(h->config.store, d->record.id, &change, &done) == 0)
		d->seen_unsaved = false;
}

/* Whether the change is news to people: after a restart everybody comes back without having been away. */
static bool has_changed(const struct device *d, enum presence presence)
{
	return d->presence != PRESENCE_UNKNOWN || d->record.online != (presence == PRESENCE_ONLINE) || !d->record.changed_at.ms;
}

static void set_presence(struct house *h, struct device *d, enum presence presence, bool lost)
{
	list_remove(&d->grace);
	d->awaited = false;
	if (d->presence == presence && d->record.lost == lost)
		return;
	if (has_changed(d, presence))
		d->record.changed_at = house_wall(h);
	d->presence = presence;
	d->record.online = presence == PRESENCE_ONLINE;
	d->record.lost = lost;
	if (presence == PRESENCE_ONLINE)
		d->record.parting = PARTING_NONE;
	save_presence(h, d);
	if (!lost)
		alerts_close(h->alerts, d->record.id, "offline", house_wall(h));
	house_show(h, d);
	if (presence == PRESENCE_ONLINE)
		house_command_back(h, d);
}

void house_present(struct house *h, struct device *d)
{
	set_presence(h, d, PRESENCE_ONLINE, false);
}

static void part(struct house *h, struct device *d, enum parting parting, bool lost)
{
	bool was_away = d->presence == PRESENCE_OFFLINE || (d->presence == PRESENCE_UNKNOWN && !d->record.online);
	if (!was_away || !d->record.parting)
		d->record.parting = parting;
	set_presence(h, d, PRESENCE_OFFLINE, lost);
}

void house_cut(struct house *h, struct device *d, enum parting parting)
{
	d->record.parting = parting;
	d->record.changed_at = house_wall(h);
	d->presence = PRESENCE_UNKNOWN; /* so that it is written and shown in any case */
	set_presence(h, d, PRESENCE_OFFLINE, false);
}

/* Its last will was delivered. */
static enum parting by_will(const struct device *d)
{
	return d->ended_by == REASON_KEEP_ALIVE_TIMEOUT ? PARTING_TIMEOUT : PARTING_WILL;
}

/* The device's connection died, or it did not come back. */
static void lose(struct house *h, struct device *d, enum parting parting)
{
	const char *how = parting == PARTING_ABSENT ? "it has not come back since the hub started" : "its connection broke";
	char text[sizeof((struct alert *)0)->text];
	int err = str_format(text, sizeof text, "%s does not answer: %s", device_name(d), how);
	(void)err; /* the longest name fits */
	part(h, d, parting, true);
	house_open_alert(h, d->record.id, "offline", text);
}

void house_status(struct house *h, struct device *d, const struct heard *heard)
{
	if (heard->retained)
		return;
	if (span_is(heard->payload, d->available)) {
		house_present(h, d);
	} else if (span_is(heard->payload, d->unavailable)) {
		if (atomic_load(&h->leaving))
			return;
		if (!heard->will)
			part(h, d, PARTING_GOODBYE, false);
		else if (d->presence != PRESENCE_OFFLINE) /* else it has said good-bye, or is lost already */
			lose(h, d, by_will(d));
	} else if (heard->payload.len && !d->odd_status) {
		d->odd_status = true;
		log_warning("house", "device %s: its status is neither \"%s\" nor \"%s\" and is ignored", d->record.id,
			    d->available, d->unavailable);
	}
}

/* Its will told that it is gone; when others hang on the same topic, it was their gateway's, and the owner hears of that once. */
static void lose_by_will(struct house *h, struct device *d, struct span topic)
{
	char text[sizeof((struct alert *)0)->text];
	size_t listening;
	(void)house_ears(h, topic, &listening);
	if (listening < 2) {
		lose(h, d, by_will(d));
		return;
	}
	part(h, d, PARTING_GATEWAY, true);
	int err = str_format(text, sizeof text, "%s does not answer: what is behind it cannot be reached (user %s)",
			     d->other->dialect->title, d->record.origin.client);
	(void)err; /* it fits */
	house_open_alert(h, "", "gateway", text);
}

void house_availability(struct house *h, struct device *d, const struct heard *heard, struct template_input *in)
{
	struct outsider *o = d->other;
	bool spoke = false;
	for (size_t i = 0; i < o->about.availability_count; i++) {
		if (!span_is(heard->topic, o->about.availability[i].topic))
			continue;
		int there = availability_read(&o->about.availability[i], in);
		if (there < 0)
			continue;
		o->says[i] = (int8_t)there;
		o->latest = i;
		spoke = true;
	}
	int there = spoke ? outsider_there(o) : -1;
	bool back = there == 1 && d->presence != PRESENCE_ONLINE;
	if (there < 0 || (there == 0 && atomic_load(&h->leaving)))
		return;
	if (there == 1 && o->dialect->shared)
		alerts_close(h->alerts, "", "gateway", house_wall(h));
	if (there == 1)
		house_present(h, d);
	else if (heard->will && d->presence != PRESENCE_OFFLINE)
		lose_by_will(h, d, heard->topic);
	else if (!heard->will)
		part(h, d, PARTING_GOODBYE, d->presence != PRESENCE_ONLINE && d->record.lost);
	if (back)
		house_ask(h, d);
}

void house_connected(struct house *h, const char *username)
{
	struct device *d = house_device(h, span_str(username));
	if (!d || d->other)
		return;
	d->connections++;
	list_remove(&d->grace);
	if (!d->unbound || d->cutting) /* else it is whoever was the device before */
		return;
	d->unbound = false;
	if (h->config.callbacks.device_bound)
		h->config.callbacks.device_bound(h->config.callbacks.ctx, d->record.id);
	d->record.last_seen_at = house_wall(h);
	save_presence(h, d);
	house_show(h, d);
}

/* Of others only their last will tells that they are gone; here, why it was delivered. */
static void note_end(struct house *h, const char *client, uint8_t reason)
{
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n)) {
		struct device *d = container_of(n, struct outsider, node)->device;
		if (strcmp(d->record.origin.client, client) == 0)
			d->ended_by = reason;
	}
}

void house_disconnected(struct house *h, const char *username, uint8_t reason)
{
	struct device *d = house_device(h, span_str(username));
	if (d && !d->other)
		d->ended_by = reason;
	else
		note_end(h, username, reason);
	if (!d || d->connections == 0 || --d->connections > 0)
		return;
	if (d->presence != PRESENCE_ONLINE || !list_empty(&d->grace))
		return;
	d->grace_lost = reason != 0;
	d->grace_until = mono_add_ms(house_mono(h), HOUSE_GRACE_MS);
	list_append(&h->graces, &d->grace);
}

/* Everyone from before the restart has had time to come back. */
static void end_return(struct house *h)
{
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		struct device *d = container_of(n, struct device, node);
		if (d->presence != PRESENCE_UNKNOWN || d->erasing || d->other)
			continue; /* of others only their topics tell, and some sleep for hours */
		if (d->connections)
			house_present(h, d);
		else if (d->awaited)
			lose(h, d, PARTING_ABSENT);
		else
			set_presence(h, d, PRESENCE_OFFLINE, d->record.lost);
	}
}

void house_availability_turn(struct house *h, struct mono_ms now)
{
	list_each(d, &h->graces, struct device, grace) {
		if (mono_diff_ms(d->grace_until, now) < 0)
			break;
		list_remove(&d->grace);
		if (atomic_load(&h->leaving))
			continue;
		if (d->grace_lost)
			lose(h, d, PARTING_CLOSED);
		else
			part(h, d, PARTING_GOODBYE, false);
	}
	if (mono_diff_ms(h->return_by, now) >= 0) {
		h->return_by.ms = INT64_MAX;
		if (!atomic_load(&h->leaving))
			end_return(h);
	}
}

void house_save_seen(struct house *h)
{
	const struct store_done done = house_unwatched("when a device was last heard was not stored");
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		struct device *d = container_of(n, struct device, node);
		if (!d->seen_unsaved || d->erasing)
			continue;
		const struct device_change change = {.last_seen_at = &d->record.last_seen_at};
		if (store_device_change(h->config.store, d->record.id, &change, &done) == 0)
			d->seen_unsaved = false;
	}
}
