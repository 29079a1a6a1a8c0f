/* A device of ours and what is it: other hardware takes its place, its credentials are renewed, or revoked. The device itself, with its
 * name, room, groups and history, stays. Threads as port.c. */
#include "base/err.h"
#include "base/log.h"
#include "broker/internal_client.h"
#include "device/call.h"
#include "device/port.h"

/* Whoever listens to the device learns that what it left holds no more. Messages of the connection that ends may be on their way still: they
 * come before the broker is done with it, and are not heard. */
static void cut_off(struct house *h, struct device *d, enum parting parting)
{
	d->cutting++;
	house_clear_topics(h, d);
	house_cut(h, d, parting);
}

/* ---- other hardware --------------------------------------------------------- */

static void run_replaced(struct house *h, struct call *call)
{
	struct device *d = house_read_device(h, call->id);
	if (d) {
		cut_off(h, d, PARTING_REPLACED);
		log_info("house", "device %s: other hardware takes its place", d->record.id);
	}
	call_answer(call, d ? 0 : ERR_NOT_FOUND);
}

void house_device_replaced(struct house *h, const char *device)
{
	struct call call = {.house = h, .run = run_replaced, .id = device};
	(void)call_ask(&call); /* what goes wrong is logged */
}

static void run_moved(struct house *h, struct call *call)
{
	struct device *d = house_device(h, span_str(call->id));
	if (d)
		cut_off(h, d, PARTING_MOVED);
	call_answer(call, 0);
}

void house_device_moved(struct house *h, const char *device)
{
	struct call call = {.house = h, .run = run_moved, .id = device};
	(void)call_ask(&call);
}

static void run_quiet(struct house *h, struct call *call)
{
	struct map_node *node = map_get(&h->devices, span_str(call->id));
	struct device *d = node ? container_of(node, struct device, node) : NULL;
	if (d && d->cutting)
		d->cutting--;
	call_answer(call, 0);
}

void house_device_quiet(struct house *h, const char *device)
{
	struct call call = {.house = h, .run = run_quiet, .id = device};
	(void)call_ask(&call);
}

/* ---- renewing ----------------------------------------------------------------- */

static void run_renewal(struct house *h, struct call *call)
{
	char topic[MODEL_TOPIC_SIZE];
	const struct device *d = house_device(h, span_str(call->id));
	int err = !d ? ERR_NOT_FOUND : !d->renewable ? ERR_UNSUPPORTED : d->presence != PRESENCE_ONLINE ? ERR_STATE : 0;
	if (!err)
		err = topic_format(topic, TOPIC_RENEW, call->id, NULL);
	if (!err && h->config.broker)
		err = internal_publish(h->config.broker, span_str(topic), span_str(call->name), 1, false);
	call_answer(call, err);
}

int house_order_renewal(struct house *h, const char *device, const char *code)
{
	struct call call = {.house = h, .run = run_renewal, .id = device, .name = code};
	return call_ask(&call);
}

/* ---- revoking ------------------------------------------------------------------ */

static void run_disowned(struct house *h, struct call *call)
{
	const struct house_callbacks *c = &h->config.callbacks;
	struct device *d = house_device(h, span_str(call->id));
	h->calls--;
	if (call->err == 0 && c->access_changed)
		c->access_changed(c->ctx);
	if (call->err == 0 && d) {
		cut_off(h, d, PARTING_REVOKED);
		log_info("house", "device %s: its credentials are revoked", d->record.id);
	}
	call_answer(call, call->err);
}

static void run_revoke(struct house *h, struct call *call)
{
	const struct house_callbacks *c = &h->config.callbacks;
	const struct device *d = house_device(h, span_str(call->id));
	if (!d || d->other) {
		call_answer(call, d ? ERR_UNSUPPORTED : ERR_NOT_FOUND);
		return;
	}
	if (c->device_revoking) /* first: a key that was used just now has written before us */
		c->device_revoking(c->ctx, d->record.id);
	call->run = run_disowned;
	const struct store_done done = call_stored(call);
	int err = store_device_disown(h->config.store, call->id, &done);
	if (err != 0)
		call_answer(call, err);
	else
		h->calls++;
}

int port_revoke(void *ctx, const char *id)
{
	struct house *h = ctx;
	const struct house_callbacks *c = &h->config.callbacks;
	struct call call = {.house = h, .run = run_revoke, .id = id};
	int err = call_ask(&call);
	if (err)
		return err;
	if (c->device_cut)
		c->device_cut(c->ctx, id);
	house_device_quiet(h, id);
	return 0;
}
