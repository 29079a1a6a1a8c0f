/* Everything of a kind in a room, or in the house; and what groups and scenes share with that: each target gets a command of its
 * own, the same as if it had been commanded alone. On the house's thread; nothing waits here. */
#include "device/many.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/wish.h"
#include "model/json_out.h"

/* ---- the answer ---------------------------------------------------------- */

struct many many_begin(struct house *h, const struct house_many *asked, enum command_cause cause, const char *cause_name)
{
	return (struct many){.house = h, .asked = asked, .cause = cause, .cause_name = cause_name};
}

void many_refuse(struct many *m, const struct bundle_member *who, const char *code, const char *reason)
{
	struct json_out o = {.buf = &m->refused, .err = m->err};
	if (m->refused.len)
		json_out_raw(&o, ",");
	json_out_raw(&o, "{");
	json_out_member_string(&o, "device", who->device);
	json_out_member_string(&o, "entity", who->entity);
	json_out_member_string(&o, "code", code);
	json_out_member_string(&o, "reason", reason);
	json_out_raw(&o, "}");
	m->err = o.err;
}

int many_answer(struct many *m, struct buf *json)
{
	struct json_out o = {.buf = json, .err = m->err};
	json_out_raw(&o, "{\"commands\":[");
	json_out_raw(&o, m->commands.len ? buf_cstr(&m->commands) : "");
	json_out_raw(&o, "],\"refused\":[");
	json_out_raw(&o, m->refused.len ? buf_cstr(&m->refused) : "");
	json_out_raw(&o, "]}");
	buf_finish(&m->commands);
	buf_finish(&m->refused);
	return o.err;
}

/* ---- one of them ----------------------------------------------------------- */

/* Notes why the entity takes no command; json: what house_command_entity says of it. */
static void note_refusal(struct many *m, const struct device_entity *e, int err, const struct buf *json)
{
	struct bundle_member who = {0};
	json_t *told = json->len ? json_loadb((const char *)json->data, json->len, 0, NULL) : NULL;
	const char *code = json_string_value(json_object_get(told, "code")), *detail = json_string_value(json_object_get(told, "detail"));
	memcpy(who.device, e->device->record.id, sizeof who.device);
	memcpy(who.entity, e->about.id, sizeof who.entity);
	if (code && detail)
		many_refuse(m, &who, code, detail);
	else if (err == ERR_UNSUPPORTED)
		many_refuse(m, &who, "reports_only", "This only reports; it takes no commands.");
	else
		many_refuse(m, &who, "internal", err_text(err));
	json_decref(told);
}

void many_send(struct many *m, struct device_entity *e, const char *value_json)
{
	char *fit;
	struct buf json = {0};
	int err = wish_fit(&e->about, value_json, &fit);
	const struct house_command command = {
		.value_json = fit, .by = m->asked->by, .wait_s = m->asked->wait_s, .cause = m->cause, .cause_name = m->cause_name};
	if (!err)
		err = house_command_entity(m->house, e, &command, &json);
	struct json_out o = {.buf = &m->commands, .err = m->err};
	if (err) {
		note_refusal(m, e, err, &json);
	} else {
		if (m->commands.len)
			json_out_raw(&o, ",");
		json_out_raw(&o, buf_cstr(&json));
		m->err = o.err;
	}
	buf_finish(&json);
	free(fit);
}

/* ---- one value for all ------------------------------------------------------ */

void targets_add(struct targets *t, struct device_entity *e)
{
	struct device_entity **more = reallocarray(t->items, t->count + 1, sizeof(*more));
	if (!more) {
		t->err = ERR_NOMEM;
		return;
	}
	t->items = more;
	t->items[t->count++] = e;
}

void targets_finish(struct targets *t)
{
	free(t->items);
	*t = (struct targets){0};
}

static bool any_is_on(const struct targets *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i]->state.value.kind == VALUE_ON_OFF && t->items[i]->state.value.on)
			return true;
	return false;
}

static bool is_toggle(const json_t *json)
{
	const char *word = json_string_value(json);
	return word && strcmp(word, "TOGGLE") == 0;
}

/* The value with "TOGGLE" decided for all together, so that they do the same. The caller's; NULL: not JSON, or no memory. */
static char *decide(const char *value_json, const struct targets *t)
{
	json_t *value = json_loads(value_json, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	const char *word = any_is_on(t) ? "OFF" : "ON";
	int err = 0;
	if (is_toggle(value))
		err = json_string_set(value, word);
	else if (is_toggle(json_object_get(value, "state")))
		err = json_object_set_new(value, "state", json_string(word));
	char *decided = value && !err ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	json_decref(value);
	return decided;
}

int many_send_all(struct many *m, const struct targets *t)
{
	char *value = decide(m->asked->value_json, t);
	if (!value)
		return ERR_MALFORMED;
	for (size_t i = 0; i < t->count; i++)
		many_send(m, t->items[i], value);
	free(value);
	if (t->err)
		m->err = t->err;
	return 0;
}

/* ---- rooms ------------------------------------------------------------------ */

/* Switches that configure a device are no business of who leaves a room. */
static bool is_target(const struct device_entity *e, unsigned components)
{
	return e->about.control_count && !e->about.category[0] && components >> e->about.component & 1;
}

/* Adds the targets of a device, when it stands where it was asked for and may be seen. Returns whether it does. */
static bool look_at(const struct house_many *asked, struct device *d, struct targets *targets)
{
	if (d->erasing || !rooms_have(asked->rooms, d->record.area) || (asked->area && strcmp(asked->area, d->record.area) != 0))
		return false;
	list_each(e, &d->entities, struct device_entity, link)
		if (is_target(e, asked->components))
			targets_add(targets, e);
	return true;
}

int house_command_many(struct house *h, const struct house_many *asked, struct buf *json)
{
	struct targets targets = {0};
	bool found = !asked->area; /* an empty house is one */
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n))
		found |= look_at(asked, container_of(n, struct device, node), &targets);
	struct many m = many_begin(h, asked, asked->area ? CAUSE_ROOM : CAUSE_HOUSE, asked->area);
	int err = found ? many_send_all(&m, &targets) : ERR_NOT_FOUND;
	struct buf none = {0};
	int lost = many_answer(&m, err ? &none : json);
	buf_finish(&none);
	targets_finish(&targets);
	return err ? err : lost;
}
