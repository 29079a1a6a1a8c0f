/* Commands and their fate: queued → sent → confirmed, expired or failed. On the
 * house's thread. One command is under way per entity; a newer one supersedes it. Nothing
 * waits here: the answer goes out at once, what follows goes to the browsers. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/command_value.h"
#include "device/house_private.h"
#include "model/live.h"

enum command_state {
	COMMAND_QUEUED,
	COMMAND_SENT,
	COMMAND_CONFIRMED,
	COMMAND_EXPIRED,
	COMMAND_FAILED,
};

static const char *const state_names[] = {
	[COMMAND_QUEUED] = "queued",   [COMMAND_SENT] = "sent",	    [COMMAND_CONFIRMED] = "confirmed",
	[COMMAND_EXPIRED] = "expired", [COMMAND_FAILED] = "failed",
};

/* Whether a command may go from one state to the other. */
static const bool transitions[][COMMAND_FAILED + 1] = {
	[COMMAND_QUEUED] = {[COMMAND_SENT] = true, [COMMAND_FAILED] = true},
	[COMMAND_SENT] = {[COMMAND_CONFIRMED] = true, [COMMAND_EXPIRED] = true, [COMMAND_FAILED] = true},
	[COMMAND_FAILED] = {false},
};

struct command {
	struct list link;             /* in house.commands */
	struct device_entity *entity; /* whose command this is */
	int64_t id;
	enum command_state state;
	const char *reason; /* static; NULL for none */
	struct wish wish;
	char by[64];
	struct wall_ms at;
	struct mono_ms asked_at, deadline;
	int64_t took_ms; /* -1 until it is confirmed */
};

static void command_json(struct json_out *o, const struct command *c)
{
	json_out_raw(o, "{");
	json_out_member_int(o, "id", c->id);
	json_out_member_string(o, "device", c->entity->device->record.id);
	json_out_member_string(o, "entity", c->entity->about.id);
	json_out_key(o, "value");
	json_out_raw(o, c->wish.json);
	json_out_member_string(o, "state", state_names[c->state]);
	json_out_member_string(o, "reason", c->reason);
	json_out_member_string(o, "by", c->by);
	json_out_member_time(o, "at", c->at);
	json_out_key(o, "took_ms");
	if (c->took_ms < 0)
		json_out_raw(o, "null");
	else
		json_out_int(o, c->took_ms);
	json_out_raw(o, "}");
}

static void show(struct house *h, const struct command *c)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	command_json(&o, c);
	live_post_about(&h->config.live, "command", c->entity->device->record.id, &o);
}

/* Goes to another state and tells the browsers. */
static void enter(struct house *h, struct command *c, enum command_state state, const char *reason)
{
	if (!transitions[c->state][state])
		return;
	c->state = state;
	c->reason = reason;
	if (state == COMMAND_CONFIRMED)
		c->took_ms = mono_diff_ms(c->asked_at, house_mono(h));
	show(h, c);
}

static void command_free(struct command *c)
{
	if (c->entity->command == c)
		c->entity->command = NULL;
	list_remove(&c->link);
	wish_finish(&c->wish);
	free(c);
}

static struct command *command_new(struct house *h, struct device_entity *e, const char *by)
{
	struct command *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	list_init(&c->link);
	c->entity = e;
	c->at = house_wall(h);
	/* Grows across restarts too, and stays exact in a browser's numbers. */
	h->last_command_id = c->at.ms > h->last_command_id ? c->at.ms : h->last_command_id + 1;
	c->id = h->last_command_id;
	if (str_copy(c->by, sizeof c->by, by) != 0)
		memcpy(c->by, "?", 2); /* no account has so long a name */
	c->asked_at = house_mono(h);
	c->deadline = mono_add_ms(c->asked_at, HOUSE_COMMAND_MS);
	c->took_ms = -1;
	return c;
}

/* Publishes a queued command. */
static void send_command(struct house *h, struct command *c)
{
	const struct device_entity *e = c->entity;
	int err = h->config.broker ? internal_publish(h->config.broker, span_str(e->about.command_topic),
						      buf_span(&c->wish.payload), 1, false)
				   : ERR_CLOSED;
	if (err != 0) {
		log_warning("house", "device %s: the command to %s could not be published: %s", e->device->record.id,
			    e->about.id, err_text(err));
		enter(h, c, COMMAND_FAILED, err_text(err));
		return;
	}
	enter(h, c, COMMAND_SENT, NULL);
	/* What reports nothing cannot be waited for. */
	if (c->wish.value.kind == VALUE_NONE || !e->about.state_topic[0])
		enter(h, c, COMMAND_CONFIRMED, NULL);
}

/* Explains a refused wish. */
static int refuse(const struct wish *w, int err, struct buf *json)
{
	if (err != ERR_INVALID)
		return err;
	struct json_out o = {.buf = json};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "detail", w->detail);
	json_out_raw(&o, "}");
	return err;
}

int house_command(struct house *h, const struct house_command *command, struct buf *json)
{
	struct device *d = house_device(h, span_str(command->device));
	struct device_entity *e = d && rooms_have(command->rooms, d->record.area) ? device_entity(d, command->entity) : NULL;
	if (!e)
		return ERR_NOT_FOUND;
	struct wish wish;
	int err = wish_read(&e->about, &e->value, command->value_json, &wish);
	if (err == 0 && d->presence == PRESENCE_OFFLINE)
		err = ERR_STATE;
	struct command *c = err == 0 ? command_new(h, e, command->by) : NULL;
	if (!c) {
		err = err == 0 ? ERR_NOMEM : refuse(&wish, err, json);
		wish_finish(&wish);
		return err;
	}
	c->wish = wish;
	if (e->command)
		house_command_move(h, e, NULL, "superseded");
	e->command = c;
	list_append(&h->commands, &c->link);
	show(h, c);
	send_command(h, c);
	struct json_out o = {.buf = json};
	command_json(&o, c);
	if (c->state != COMMAND_SENT)
		command_free(c);
	return o.err;
}

void house_command_report(struct house *h, struct device_entity *e)
{
	struct command *c = e->command;
	if (!c || !value_grants(&e->value, &c->wish.value, c->wish.tolerance))
		return;
	enter(h, c, COMMAND_CONFIRMED, NULL);
	command_free(c);
}

void house_command_move(struct house *h, struct device_entity *e, struct device_entity *heir, const char *reason)
{
	struct command *c = e->command;
	if (!c)
		return;
	if (heir) {
		e->command = NULL;
		heir->command = c;
		c->entity = heir;
		return;
	}
	enter(h, c, COMMAND_FAILED, reason);
	command_free(c);
}

void house_command_turn(struct house *h, struct mono_ms now)
{
	list_each(c, &h->commands, struct command, link) {
		if (mono_diff_ms(c->deadline, now) < 0)
			return;
		enter(h, c, COMMAND_EXPIRED, "the device did not report it within 10 seconds");
		command_free(c);
	}
}

struct mono_ms house_command_deadline(const struct house *h)
{
	if (list_empty(&h->commands))
		return (struct mono_ms){INT64_MAX};
	return container_of(h->commands.next, struct command, link)->deadline;
}

void house_command_clear(struct house *h)
{
	list_each(c, &h->commands, struct command, link)
		command_free(c);
}
