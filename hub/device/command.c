/* Commands and their fate (model/command.h). On the house's thread. One command is open per entity; a newer one takes its
 * place. Nothing waits here: the answer goes out at once, what follows goes to the browsers and into the store.
 *
 * A device that is away gets its command when it is back, if that is in time, and gets it again until it has acknowledged it. What was on its way when the hub stopped
 * has expired with it: what became of it nobody heard. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/house_private.h"
#include "device/wish.h"
#include "model/live.h"

struct command {
	struct list link;             /* in house.commands, in order of deadline */
	struct device_entity *entity; /* whose command this is */
	struct command_record record; /* value is wish.json */
	struct wish wish;
	struct mono_ms asked_at, deadline;
	unsigned tries; /* of sending what has waited; 0: it has not */
};

enum {
	TRIES_MAX = 5,
	TRY_MS = HOUSE_COMMAND_MS / TRIES_MAX, /* a device that is just back may say so before it listens */
};

static void json_or_null(struct json_out *o, const char *key, int64_t number)
{
	json_out_key(o, key);
	if (number < 0)
		json_out_raw(o, "null");
	else
		json_out_int(o, number);
}

static void command_json(struct json_out *o, const struct command *c)
{
	const struct command_record *r = &c->record;
	json_out_raw(o, "{");
	json_out_member_int(o, "id", r->id);
	json_out_member_string(o, "device", r->device);
	json_out_member_string(o, "entity", r->entity);
	json_out_key(o, "value");
	json_out_raw(o, r->value);
	json_out_member_string(o, "state", command_state_name(r->state));
	json_out_member_text(o, "reason", r->reason);
	json_out_member_string(o, "by", r->by);
	json_out_member_string(o, "cause", command_cause_name(r->cause));
	json_out_member_text(o, "cause_name", r->cause_name);
	json_out_member_time(o, "at", r->asked_at);
	json_or_null(o, "took_ms", r->took_ms);
	json_out_member_time(o, "until", command_waits_until(r));
	json_out_raw(o, "}");
}

static void show(struct house *h, const struct command *c)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	command_json(&o, c);
	live_post_about(&h->config.live, "command", c->entity->device->record.id, &o);
}

/* What waits must outlive the hub, and what is over is for people to look up; in between nothing is. */
static void save(struct house *h, const struct command *c)
{
	const struct store_done done = house_unwatched("what became of a command was not stored");
	int err = store_command_put(h->config.store, &c->record, &done);
	if (err)
		log_warning("house", "device %s: a command to %s was not stored: %s", c->record.device, c->record.entity, err_text(err));
}

/* Goes to another state, and tells the browsers and the store. */
static void enter(struct house *h, struct command *c, enum command_state state, const char *reason)
{
	if (!command_may_go(c->record.state, state))
		return;
	c->record.state = state;
	int cut = str_copy(c->record.reason, sizeof c->record.reason, reason ? reason : "");
	(void)cut; /* ours are short */
	if (state == COMMAND_CONFIRMED)
		c->record.took_ms = mono_diff_ms(c->asked_at, house_mono(h));
	shadow_note(&c->entity->shadow, &c->record);
	show(h, c);
	if (command_is_over(state) || (state == COMMAND_SENT && c->record.until.ms)) /* what has waited is not sent twice */
		save(h, c);
}

static void command_free(struct command *c)
{
	if (c->entity->command == c)
		c->entity->command = NULL;
	list_remove(&c->link);
	wish_finish(&c->wish);
	free(c);
}

static void end(struct house *h, struct command *c, enum command_state state, const char *reason)
{
	enter(h, c, state, reason);
	command_free(c);
}

/* Sets the deadline and puts the command in its place. Most come last, or nearly. */
static void schedule(struct house *h, struct command *c, int64_t delay_ms)
{
	c->deadline = mono_add_ms(house_mono(h), delay_ms);
	list_remove(&c->link);
	struct list *behind = h->commands.prev;
	while (behind != &h->commands &&
	       mono_diff_ms(c->deadline, container_of(behind, struct command, link)->deadline) > 0)
		behind = behind->prev;
	list_append(behind->next, &c->link);
}

/* Takes over the wish. NULL without memory: then it has not. */
static struct command *command_new(struct device_entity *e, struct wish *wish)
{
	struct command *c = calloc(1, sizeof *c);
	if (!c || str_copy(c->record.value, sizeof c->record.value, wish->json) != 0) {
		free(c);
		return NULL;
	}
	list_init(&c->link);
	c->entity = e;
	c->wish = *wish;
	*wish = (struct wish){0};
	memcpy(c->record.device, e->device->record.id, sizeof c->record.device);
	memcpy(c->record.entity, e->about.id, sizeof c->record.entity);
	c->record.took_ms = -1;
	return c;
}

/* Names it; ids grow across restarts too, and stay exact in a browser's numbers. */
static void ask(struct house *h, struct command *c, const struct house_command *asked)
{
	struct command_record *r = &c->record;
	r->asked_at = house_wall(h);
	h->last_command_id = r->asked_at.ms > h->last_command_id ? r->asked_at.ms : h->last_command_id + 1;
	r->id = h->last_command_id;
	c->asked_at = house_mono(h);
	if (str_copy(r->by, sizeof r->by, asked->by) != 0)
		memcpy(r->by, "?", 2); /* no account has so long a name */
	r->cause = asked->cause;
	int cut = str_copy(r->cause_name, sizeof r->cause_name, asked->cause_name ? asked->cause_name : "");
	(void)cut; /* rooms and bundles have names that fit */
}

/* How long what was asked may take: things that move do so at their own pace, and firmware is written slowly. */
static int64_t patience_ms(const struct command *c)
{
	switch (c->entity->about.component) {
	case COMPONENT_COVER: return 180 * 1000;
	case COMPONENT_LOCK: return 30 * 1000;
	case COMPONENT_UPDATE: return 30 * 60 * 1000;
	default: return HOUSE_COMMAND_MS;
	}
}

static int publish(struct house *h, const struct wish *w)
{
	int err = h->config.broker ? 0 : ERR_CLOSED;
	for (size_t i = 0; i < w->message_count && err == 0; i++) {
		const struct wish_message *m = &w->messages[i];
		err = internal_publish(h->config.broker, span_str(m->topic), buf_span(&m->payload), 1, m->retain);
	}
	return err;
}

/* Publishes a queued command. It may be over then. */
static void send_command(struct house *h, struct command *c)
{
	const struct device_entity *e = c->entity;
	int err = publish(h, &c->wish);
	if (err != 0) {
		log_warning("house", "device %s: the command to %s could not be published: %s", e->device->record.id,
			    e->about.id, err_text(err));
		enter(h, c, COMMAND_FAILED, err_text(err));
		return;
	}
	enter(h, c, COMMAND_SENT, NULL);
	if (c->tries)
		schedule(h, c, TRY_MS);
	else if (c->wish.expect.known)
		schedule(h, c, patience_ms(c));
	else /* what reports nothing cannot be waited for */
		enter(h, c, COMMAND_CONFIRMED, NULL);
}

static void wait_for_device(struct house *h, struct command *c, int64_t wait_s)
{
	schedule(h, c, wait_s * 1000);
	save(h, c);
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

int house_command_entity(struct house *h, struct device_entity *e, const struct house_command *command, struct buf *json)
{
	struct wish wish;
	int err = wish_read(&e->about, &e->state, command->value_json, &wish);
	bool away = e->device->presence == PRESENCE_OFFLINE;
	if (err == 0 && away && command->wait_s <= 0)
		err = ERR_STATE;
	struct command *c = err == 0 ? command_new(e, &wish) : NULL;
	if (!c) {
		err = err == 0 ? ERR_NOMEM : refuse(&wish, err, json);
		wish_finish(&wish);
		return err;
	}
	ask(h, c, command);
	house_command_move(h, e, NULL, "superseded");
	e->command = c;
	list_append(&h->commands, &c->link);
	if (away)
		c->record.until = (struct wall_ms){c->record.asked_at.ms + command->wait_s * 1000};
	shadow_note(&e->shadow, &c->record);
	show(h, c);
	if (away)
		wait_for_device(h, c, command->wait_s);
	else
		send_command(h, c);
	struct json_out o = {.buf = json};
	command_json(&o, c);
	if (command_is_over(c->record.state))
		command_free(c);
	return o.err;
}

int house_command(struct house *h, const struct house_command *command, struct buf *json)
{
	struct device *d = house_device(h, span_str(command->device));
	struct device_entity *e = d && rooms_have(command->rooms, d->record.area) ? device_entity(d, command->entity) : NULL;
	return e ? house_command_entity(h, e, command, json) : ERR_NOT_FOUND;
}

void house_command_report(struct house *h, struct device_entity *e)
{
	struct command *c = e->command;
	if (c && c->record.state != COMMAND_QUEUED && state_grants(&e->state, &c->wish.expect, c->wish.tolerance))
		end(h, c, COMMAND_CONFIRMED, NULL);
	else if (!c)
		shadow_settle(e);
}

static bool goes_to(const struct command *c, struct span topic)
{
	for (size_t i = 0; i < c->wish.message_count; i++)
		if (span_is(topic, c->wish.messages[i].topic))
			return true;
	return false;
}

void house_command_arrived(struct house *h, struct span topic)
{
	list_each(c, &h->commands, struct command, link) {
		if (c->record.state != COMMAND_SENT || !goes_to(c, topic))
			continue;
		enter(h, c, COMMAND_ACKNOWLEDGED, NULL);
		if (!c->wish.expect.known)
			end(h, c, COMMAND_CONFIRMED, NULL);
		else if (c->tries)
			schedule(h, c, patience_ms(c));
	}
}

void house_command_back(struct house *h, struct device *d)
{
	list_each(e, &d->entities, struct device_entity, link) {
		struct command *c = e->command;
		if (!c || c->record.state != COMMAND_QUEUED)
			continue;
		bool fresh = e->at.ms >= c->record.asked_at.ms; /* what it said before it went is no word of how it is */
		if (fresh && state_grants(&e->state, &c->wish.expect, c->wish.tolerance) && c->wish.expect.known) {
			enter(h, c, COMMAND_SENT, NULL); /* it is so already */
			enter(h, c, COMMAND_CONFIRMED, NULL);
		} else if (d->other && !c->wish.expect.known) {
			c->tries = TRIES_MAX; /* pressed once, for nobody may say that it was; when it had time to subscribe */
			schedule(h, c, TRY_MS);
		} else {
			c->tries = 1;
			send_command(h, c);
		}
		if (command_is_over(c->record.state))
			command_free(c);
	}
}

void house_command_move(struct house *h, struct device_entity *e, struct device_entity *heir, const char *reason)
{
	struct command *c = e->command;
	if (!c)
		return;
	if (!heir) {
		end(h, c, COMMAND_FAILED, reason);
		return;
	}
	e->command = NULL;
	struct wish wish;
	int err = wish_read(&heir->about, &heir->state, c->record.value, &wish); /* it may be spoken to in another way now */
	c->entity = heir;
	if (err) {
		wish_finish(&wish);
		end(h, c, COMMAND_FAILED, "the device does not take this any more");
		return;
	}
	wish_finish(&c->wish);
	c->wish = wish;
	heir->command = c;
}

void house_command_gone(void *ctx, struct device_entity *old, struct device_entity *heir)
{
	(void)heir;
	house_command_move(ctx, old, NULL, "the device is gone");
}

/* Tries it once more, or gives what was tried the rest of its time. False: that is over. */
static bool try_again(struct house *h, struct command *c)
{
	if (c->record.state == COMMAND_SENT && c->tries < TRIES_MAX && publish(h, &c->wish) == 0) {
		c->tries++;
		schedule(h, c, TRY_MS);
		return true;
	}
	int64_t rest_ms = patience_ms(c) - HOUSE_COMMAND_MS;
	c->tries = 0;
	if (c->record.state == COMMAND_SENT && rest_ms > 0)
		schedule(h, c, rest_ms);
	return c->record.state == COMMAND_SENT && rest_ms > 0;
}

/* Its time is over, unless it can be tried once more. */
static void run_out(struct house *h, struct command *c)
{
	if (c->tries && c->record.state == COMMAND_QUEUED) {
		c->tries = 0;
		send_command(h, c);
		if (command_is_over(c->record.state))
			command_free(c);
		return;
	}
	if (c->tries && try_again(h, c))
		return;
	end(h, c, COMMAND_EXPIRED,
	    c->record.state == COMMAND_QUEUED ? "the device did not come back in time" : "the device did not report it in time");
}

void house_command_turn(struct house *h, struct mono_ms now)
{
	list_each(c, &h->commands, struct command, link) {
		if (mono_diff_ms(c->deadline, now) < 0)
			return;
		run_out(h, c);
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

/* ---- from the last life of the hub -------------------------------------- */

/* It was the last that was asked of its entity, and is not so. */
static void on_unmet(void *ctx, const struct command_record *record)
{
	struct device *d = house_device(ctx, span_str(record->device));
	struct device_entity *e = d ? device_entity(d, record->entity) : NULL;
	if (!e)
		return;
	shadow_note(&e->shadow, record);
	shadow_settle(e);
}

static void expire_stored(struct house *h, const struct command_record *record, const char *reason)
{
	struct command c = {.record = *record};
	c.record.state = COMMAND_EXPIRED;
	int cut = str_copy(c.record.reason, sizeof c.record.reason, reason);
	(void)cut;
	save(h, &c);
	on_unmet(h, &c.record);
}

static struct command *waiting_of(struct house *h, const struct command_record *record)
{
	struct device *d = house_device(h, span_str(record->device));
	struct device_entity *e = d ? device_entity(d, record->entity) : NULL;
	struct wish wish = {0};
	struct command *c = NULL;
	if (e && !e->command && wish_read(&e->about, &e->state, record->value, &wish) == 0)
		c = command_new(e, &wish);
	wish_finish(&wish);
	return c;
}

static void on_stored(void *ctx, const struct command_record *record)
{
	struct house *h = ctx;
	int64_t left_ms = record->until.ms - house_wall(h).ms;
	struct command *c = record->state == COMMAND_QUEUED && left_ms > 0 ? waiting_of(h, record) : NULL;
	if (!c) {
		expire_stored(h, record, record->state == COMMAND_QUEUED ? "the device did not come back in time"
									 : "the hub was started anew meanwhile");
		return;
	}
	c->record = *record;
	c->asked_at = mono_add_ms(house_mono(h), record->asked_at.ms - house_wall(h).ms);
	c->entity->command = c;
	shadow_note(&c->entity->shadow, record);
	list_append(&h->commands, &c->link);
	schedule(h, c, left_ms);
}

int house_load_commands(struct house *h)
{
	int err = store_command_last_id(h->config.store, &h->last_command_id);
	if (!err)
		err = store_command_unmet_each(h->config.store, on_unmet, h);
	return err ? err : store_command_open_each(h->config.store, on_stored, h);
}
