/* Devices of others: which there are, whether they are shown or not. What is said of them is heard in others_hear.c, and makes
 * them what they are in others_describe.c. On the house's thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "device/house_private.h"
#include "dialect/dialect.h"
#include "model/live.h"

enum {
	OUTSIDERS_MAX = 4096,      /* those not shown included */
	CLIENT_DEVICES_MAX = 1000, /* of those, by one client */
};

/* ---- finding and making --------------------------------------------------- */

struct device *house_any_outsider(const struct house *h, const char *id)
{
	struct map_node *node = map_get(&h->devices, span_str(id));
	struct device *known = node ? container_of(node, struct device, node) : NULL;
	if (known)
		return known->other ? known : NULL;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n)) {
		struct device *d = container_of(n, struct outsider, node)->device;
		if (d->record.id[0] && strcmp(d->record.id, id) == 0)
			return d;
	}
	return NULL;
}

struct device *house_outsider(const struct house *h, const struct device_origin *origin)
{
	char *key = outsider_key(origin->client, origin->dialect, origin->native);
	struct map_node *node = key ? map_get(&h->outsiders, span_str(key)) : NULL;
	free(key);
	struct outsider *o = node ? container_of(node, struct outsider, node) : NULL;
	return o ? o->device : NULL;
}

/* The record's strings are taken. NULL without memory, or when its dialect is not known (any more). */
struct device *house_make_outsider(struct house *h, struct device_record *record)
{
	struct device *d = device_create(record);
	if (!d)
		return NULL;
	int err = outsider_create(d);
	if (!err)
		err = map_put(&h->outsiders, &d->other->node, span_str(d->other->key));
	if (err) {
		log_warning("house", "device %s of %s: %s", d->record.origin.native, d->record.origin.dialect, err_text(err));
		device_destroy(&d);
	}
	return d;
}

void house_unmake_outsider(struct house *h, struct device *d)
{
	house_unlisten(h, d);
	map_remove(&h->outsiders, &d->other->node);
	if (d->other->known)
		map_remove(&h->devices, &d->node);
	list_remove(&d->grace);
	device_destroy(&d);
}

void house_forget_outsiders(struct house *h)
{
	struct map_node *node = map_next(&h->outsiders, NULL);
	while (node) {
		struct device *d = container_of(node, struct outsider, node)->device;
		node = map_next(&h->outsiders, node);
		map_remove(&h->outsiders, &d->other->node);
		if (!d->other->known)
			device_destroy(&d);
	}
	map_finish(&h->outsiders);
}

void house_drop_outsider(struct house *h, struct device *d)
{
	house_unlisten(h, d);
	map_remove(&h->outsiders, &d->other->node);
}

bool house_has_room_for(struct house *h, const char *client)
{
	size_t count = 0;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n))
		count += strcmp(container_of(n, struct outsider, node)->device->record.origin.client, client) == 0;
	if (count < CLIENT_DEVICES_MAX && h->outsiders.count < OUTSIDERS_MAX)
		return true;
	struct mono_ms now = house_mono(h);
	if (mono_diff_ms(h->crowded_at, now) >= 0) {
		h->crowded_at = mono_add_ms(now, HOUSE_SWEEP_MS);
		log_warning("house", "%s describes more devices than there may be: further ones are not shown", client);
	}
	return false;
}

/* ---- from the store -------------------------------------------------------- */

int house_add_outsider(struct house *h, struct device_record *record)
{
	struct device *d = house_make_outsider(h, record);
	if (!d)
		return 0; /* logged; the others are there */
	int err = map_put(&h->devices, &d->node, span_str(d->record.id));
	if (err) {
		map_remove(&h->outsiders, &d->other->node);
		device_destroy(&d);
		return err;
	}
	d->other->known = true;
	d->awaited = d->record.online;
	live_place(&h->config.live, d->record.id, d->record.area);
	return 0;
}

static void on_part(void *ctx, const struct device_fragment *f)
{
	bool changed;
	(void)outsider_put(((struct device *)ctx)->other, f->topic, span_str(f->payload), &changed); /* fitted before */
}

static void on_alias(void *ctx, const struct device_alias *a)
{
	struct outsider *o = ((struct device *)ctx)->other;
	struct device_alias *grown = reallocarray(o->aliases, o->alias_count + 1, sizeof *grown);
	if (!grown)
		return;
	grown[o->alias_count++] = *a;
	o->aliases = grown;
}

int house_load_outsiders(struct house *h)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	int err = 0;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n && !err; n = map_next(&h->outsiders, n)) {
		struct device *d = container_of(n, struct outsider, node)->device;
		err = store_fragment_each(h->config.store, d->record.id, on_part, d);
		if (!err)
			err = store_alias_each(h->config.store, d->record.id, on_alias, d);
		if (!err && !d->other->part_count) { /* it has taken itself away */
			map_remove(&h->devices, &d->node);
			d->other->known = false;
			continue;
		}
		int bad = err ? 0 : house_describe_outsider(h, d, message);
		if (bad)
			house_complain(h, d, message[0] ? message : err_text(bad));
	}
	return err;
}
