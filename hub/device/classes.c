/* What an entity is by its owner's word. Many devices do not say whether what they move is a blind or a garage door, or what a contact
 * watches; on it hangs what may be done late (wish_late.c), and how pages show it. It is kept by the entity's id, also while the device does not
 * describe it, and what the device says is not forgotten. Threads as port.c. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/entity_class.h"
#include "device/call.h"
#include "device/port.h"

enum { CLASSES_MAX = 256 }; /* of a device */

static struct given_class *given(const struct device *d, const char *entity)
{
	for (size_t i = 0; i < d->class_count; i++)
		if (strcmp(d->classes[i].entity, entity) == 0)
			return &d->classes[i];
	return NULL;
}

void device_apply_class(struct device_entity *e)
{
	const struct given_class *g = given(e->device, e->about.id);
	bool fits = g && component_has_class(e->about.component, span_str(g->class));
	memcpy(e->about.device_class, fits ? g->class : e->described_class, sizeof e->about.device_class);
}

static int remember(struct device *d, const char *entity, const char *device_class)
{
	struct given_class *g = given(d, entity);
	if (!device_class[0]) {
		if (g)
			*g = d->classes[--d->class_count];
		return 0;
	}
	if (!g) {
		if (d->class_count == CLASSES_MAX)
			return ERR_FULL;
		struct given_class *grown = realloc(d->classes, (d->class_count + 1) * sizeof *grown);
		if (!grown)
			return ERR_NOMEM;
		d->classes = grown;
		g = &grown[d->class_count];
		*g = (struct given_class){0};
		int err = str_copy(g->entity, sizeof g->entity, entity);
		if (err)
			return err;
		d->class_count++;
	}
	return str_copy(g->class, sizeof g->class, device_class);
}

int device_give_class(struct device *d, const char *entity, const char *device_class)
{
	int err = remember(d, entity, device_class);
	struct device_entity *e = device_entity(d, entity);
	if (!err && e)
		device_apply_class(e);
	return err;
}

/* ---- taking up ------------------------------------------------------------------ */

static void on_class(void *ctx, const struct entity_class *c)
{
	struct house *h = ctx;
	struct device *d = house_device(h, span_str(c->device));
	if (!d)
		d = house_any_outsider(h, c->device);
	int err = d ? device_give_class(d, c->entity, c->class) : 0; /* else its erasure is under way */
	if (err)
		h->load_err = err;
}

int house_load_classes(struct house *h)
{
	int err = store_entity_class_each(h->config.store, on_class, h);
	return err ? err : h->load_err;
}

/* ---- the port ---------------------------------------------------------------------- */

/* Stored: show it. */
static void run_classified(struct house *h, struct call *call)
{
	const struct entity_class *c = call->wish;
	struct device *d = house_device(h, span_str(c->device));
	h->calls--;
	if (!call->err && d) {
		call->err = device_give_class(d, c->entity, c->class);
		house_show(h, d);
	}
	call_answer(call, call->err);
}

static void run_classify(struct house *h, struct call *call)
{
	const struct entity_class *c = call->wish;
	const struct device *d = house_device(h, span_str(c->device));
	const struct device_entity *e = d ? device_entity(d, c->entity) : NULL;
	int err = e ? 0 : ERR_NOT_FOUND;
	if (!err && c->class[0] && !component_has_class(e->about.component, span_str(c->class)))
		err = ERR_INVALID;
	if (!err && c->class[0] && !given(d, c->entity) && d->class_count == CLASSES_MAX)
		err = ERR_FULL;
	call->run = run_classified;
	const struct store_done done = call_stored(call);
	if (!err)
		err = store_entity_class_put(h->config.store, c, &done);
	if (err)
		call_answer(call, err);
	else
		h->calls++;
}

int port_classify(void *ctx, const char *id, const char *entity, const char *device_class)
{
	struct entity_class wish = {0};
	struct call call = {.house = ctx, .run = run_classify, .wish = &wish};
	if (str_copy(wish.device, sizeof wish.device, id) != 0 || str_copy(wish.entity, sizeof wish.entity, entity) != 0)
		return ERR_NOT_FOUND;
	return str_copy(wish.class, sizeof wish.class, device_class) != 0 ? ERR_INVALID : call_ask(&call);
}
