/* Commands and their fate (model/command.h). On the house's thread. One command is open per entity; a newer one takes its
 * place. Nothing waits here: the answer goes out at once, what follows goes to the browsers and into the store.
 *
 * A device that is away gets its command when it is back, if that is in time, and gets it again until it has acknowledged it; but nothing that
 * would be unsafe when nobody looks any more (wish_late.c). What has expired does not happen later either: the broker forgets it then. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/command_private.h"
#include "model/live.h"

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

/* When it expires, if nothing comes of it; 0: it is over. */
static struct wall_ms expires_at(const struct house *h, const struct command *c)
{
	if (command_is_over(c->record.state))
		return (struct wall_ms){0};
	if (c->record.state == COMMAND_QUEUED && c->record.until.ms)
		return c->record.until;
	return (struct wall_ms){house_wall(h).ms + mono_diff_ms(house_mono(h), c->gives_up_at)};
}

static void command_json(struct json_out *o, const struct house *h, const struct command *c)
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
	json_out_member_time(o, "expires", expires_at(h, c));
	json_out_raw(o, "}");
}

static void show(struct house *h, const struct command *c)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	command_json(&o, h, c);
	live_post_about(&h->config.live, "command", c->entity->device->record.id, &o);
}

/* What waits must outlive the hub, and what is over is for people to look up; in between nothing is. */
void command_save(struct house *h, const struct command *c)
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
		command_save(h, c);
}

static void command_free(struct command *c)
{
	if (c->entity->command == c)
		c->entity->command = NULL;
	list_remove(&c->due.link);
	wish_finish(&c->wish);
	free(c);
}

static void end(struct house *h, struct command *c, enum command_state state, const char *reason)
{
	enter(h, c, state, reason);
	command_free(c);
}

void command_schedule(struct house *h, struct command *c, int64_t delay_ms)
{
	due_put(&h->commands, &c->due, mono_add_ms(house_mono(h), delay_ms));
}

struct command *command_new(struct device_entity *e, struct wish *wish)
{
	struct command *c = calloc(1, sizeof *c);
	if (!c || str_copy(c->record.value, sizeof c->record.value, wish->json) != 0) {
		free(c);
		return NULL;
	}
	list_init(&c->due.link);
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

/* Starts the time that it has from now on. */
static void give_time(struct house *h, struct command *c)
{
	c->gives_up_at = mono_add_ms(house_mono(h), patience_ms(c));
}

/* With the broker it lives no longer than here, lest a device whose connection has died unnoticed does it hours later. What its
 * description wants retained is meant for then, unless it is unsafe. */
static int publish(struct house *h, const struct command *c)
{
	const struct wish *w = &c->wish;
	int64_t left_ms = mono_diff_ms(house_mono(h), c->gives_up_at);
	bool lasts = wish_may_wait(&c->entity->about, w);
	if (!lasts && left_ms > HOUSE_COMMAND_MS)
		left_ms = HOUSE_COMMAND_MS; /* the rest is for moving */
	int err = h->config.broker ? 0 : ERR_CLOSED;
	for (size_t i = 0; i < w->message_count && err == 0; i++) {
		const struct wish_message *m = &w->messages[i];
		const struct internal_message message = {
			.topic = span_str(m->topic), .payload = buf_span(&m->payload), .qos = 1, .retain = m->retain,
			.expiry_s = m->retain && lasts ? UINT32_MAX : left_ms > 1000 ? (uint32_t)((left_ms + 999) / 1000) : 1};
		err = internal_publish_message(h->config.broker, &message);
	}
	return err;
}

/* Publishes a queued command. It may be over then. */
static void send_command(struct house *h, struct command *c)
{
	const struct device_entity *e = c->entity;
	give_time(h, c);
	int err = publish(h, c);
	if (err != 0) {
		log_warning("house", "device %s: the command to %s could not be published: %s", e->device->record.id,
			    e->about.id, err_text(err));
		enter(h, c, COMMAND_FAILED, err_text(err));
		return;
	}
	enter(h, c, COMMAND_SENT, NULL);
	if (c->tries)
		command_schedule(h, c, TRY_MS);
	else if (c->wish.expect.known)
		command_schedule(h, c, patience_ms(c));
	else /* what reports nothing cannot be waited for */
		enter(h, c, COMMAND_CONFIRMED, NULL);
}

static void wait_for_device(struct house *h, struct command *c, int64_t wait_s)
{
	command_schedule(h, c, wait_s * 1000);
	command_save(h, c);
}

/* Explains why there is no command. */
static int refuse(int err, const char *code, const char *detail, struct buf *json)
{
	struct json_out o = {.buf = json};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "code", code);
	json_out_member_string(&o, "detail", detail);
	json_out_raw(&o, "}");
	return o.err ? o.err : err;
}

/* Whether the entity takes this now. Returns 0, or why not, with what explains it in json. */
static int admit(const struct device_entity *e, const struct wish *w, int64_t wait_s, struct buf *json)
{
	if (e->device->presence != PRESENCE_OFFLINE)
		return 0;
	if (!wish_may_wait(&e->about, w))
		return refuse(ERR_STATE, "unsafe_late", "The device is offline, and this is done at once or not at all: later it could be unsafe.", json);
	if (wait_s <= 0)
		return refuse(ERR_STATE, "offline", "The device is offline. Check its power and network, then try again.", json);
	return 0;
}

int house_command_entity(struct house *h, struct device_entity *e, const struct house_command *command, struct buf *json)
{
	struct wish wish;
	int err = wish_read(&e->about, &e->state, command->value_json, &wish);
	if (err == ERR_INVALID)
		err = refuse(err, wish.code, wish.detail, json);
	else if (err == 0)
		err = admit(e, &wish, command->wait_s, json);
	struct command *c = err == 0 ? command_new(e, &wish) : NULL;
	if (!c) {
		wish_finish(&wish);
		return err == 0 ? ERR_NOMEM : err;
	}
	bool away = e->device->presence == PRESENCE_OFFLINE;
	ask(h, c, command);
	give_time(h, c);
	house_command_move(h, e, NULL, "superseded");
	e->command = c;
	list_append(&h->commands, &c->due.link);
	if (away)
		c->record.until = (struct wall_ms){c->record.asked_at.ms + command->wait_s * 1000};
	shadow_note(&e->shadow, &c->record);
	if (away) {
		show(h, c);
		wait_for_device(h, c, command->wait_s);
	} else {
		send_command(h, c); /* the first word of it is what became of it: who hears that it is queued takes it for waiting */
	}
	struct json_out o = {.buf = json};
	command_json(&o, h, c);
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

int house_command_cancel(struct house *h, const struct house_cancel *cancel, struct buf *json)
{
	list_each(c, &h->commands, struct command, due.link) {
		if (c->record.id != cancel->id || !rooms_have(cancel->rooms, c->entity->device->record.area))
			continue;
		if (cancel->own && strcmp(c->record.by, cancel->by) != 0)
			return ERR_DENIED;
		if (c->record.state != COMMAND_QUEUED)
			return ERR_STATE;
		char reason[sizeof c->record.reason];
		int cut = str_format(reason, sizeof reason, "taken back by %s", cancel->by);
		(void)cut; /* no account has so long a name */
		enter(h, c, COMMAND_CANCELLED, reason);
		struct json_out o = {.buf = json};
		command_json(&o, h, c);
		command_free(c);
		return o.err;
	}
	return ERR_NOT_FOUND;
}

void house_command_report(struct house *h, struct device_entity *e)
{
	struct command *c = e->command;
	if (c && c->record.state != COMMAND_QUEUED && state_grants(&e->state, &c->wish.expect, c->wish.tolerance))
		end(h, c, COMMAND_CONFIRMED, NULL);
	else if (!c && shadow_settle(e))
		house_show(h, e->device); /* too late, but so after all: who looks at what is asked for is to know */
}

static bool goes_to(const struct command *c, struct span topic)
{
	for (size_t i = 0; i < c->wish.message_count; i++)
		if (span_is(topic, c->wish.messages[i].topic))
			return true;
	return false;
}

/* Whether the user is the device, or the program that speaks for it. Whoever else listens there (a logger, another hub) has the
 * message, too, but that says nothing. Who a device is that was described by hand nobody knows: its report has to do. */
static bool speaks_for(const char *username, const struct device *d)
{
	const char *own = d->other ? d->record.origin.client : d->record.id;
	return own[0] && strcmp(username, own) == 0;
}

void house_command_arrived(struct house *h, const char *username, struct span topic)
{
	list_each(c, &h->commands, struct command, due.link) {
		if (c->record.state != COMMAND_SENT || !speaks_for(username, c->entity->device) || !goes_to(c, topic))
			continue;
		if (c->tries)
			give_time(h, c);
		enter(h, c, COMMAND_ACKNOWLEDGED, NULL);
		if (!c->wish.expect.known)
			end(h, c, COMMAND_CONFIRMED, NULL);
		else if (c->tries)
			command_schedule(h, c, patience_ms(c));
	}
}

void house_command_back(struct house *h, struct device *d)
{
	list_each(e, &d->entities, struct device_entity, link) {
		struct command *c = e->command;
		if (!c || c->record.state != COMMAND_QUEUED)
			continue;
		if (!wish_may_wait(&e->about, &c->wish)) { /* what it is has been told anew meanwhile */
			end(h, c, COMMAND_FAILED, COMMAND_UNSAFE_LATE);
			continue;
		}
		bool fresh = e->at.ms >= c->record.asked_at.ms; /* what it said before it went is no word of how it is */
		if (fresh && state_grants(&e->state, &c->wish.expect, c->wish.tolerance) && c->wish.expect.known) {
			enter(h, c, COMMAND_SENT, NULL); /* it is so already */
			enter(h, c, COMMAND_CONFIRMED, NULL);
		} else if (d->other && (!c->wish.expect.known || !d->record.origin.client[0])) {
			c->tries = TRIES_MAX; /* sent once, for nobody may say that it came; when it had time to subscribe */
			command_schedule(h, c, TRY_MS);
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
	if (c->record.state == COMMAND_SENT && c->tries < TRIES_MAX && publish(h, c) == 0) {
		c->tries++;
		command_schedule(h, c, TRY_MS);
		return true;
	}
	int64_t rest_ms = patience_ms(c) - HOUSE_COMMAND_MS;
	c->tries = 0;
	if (c->record.state == COMMAND_SENT && rest_ms > 0)
		command_schedule(h, c, rest_ms);
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
	list_each(c, &h->commands, struct command, due.link) {
		if (mono_diff_ms(c->due.at, now) < 0)
			return;
		run_out(h, c);
	}
}

struct mono_ms house_command_deadline(const struct house *h)
{
	return due_next(&h->commands);
}

void house_command_clear(struct house *h)
{
	list_each(c, &h->commands, struct command, due.link)
		command_free(c);
}
