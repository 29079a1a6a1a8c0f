/* Commands from the last life of the hub. What waited goes on waiting. What was on its way when the hub stopped has expired with it: what
 * became of it nobody heard. Before the house's thread starts. */
#include "base/str.h"
#include "device/command_private.h"

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

/* How one ends that does not go on. */
struct ending {
	enum command_state state;
	const char *reason;
};

static void end_stored(struct house *h, const struct command_record *record, const struct ending *ending)
{
	struct command c = {.record = *record};
	c.record.state = ending->state;
	int cut = str_copy(c.record.reason, sizeof c.record.reason, ending->reason);
	(void)cut;
	command_save(h, &c);
	on_unmet(h, &c.record);
}

/* The command that goes on waiting; NULL: it does not, and perhaps ends otherwise than those whose time is over. */
static struct command *waiting_of(struct house *h, const struct command_record *record, struct ending *ending)
{
	struct device *d = house_device(h, span_str(record->device));
	struct device_entity *e = d ? device_entity(d, record->entity) : NULL;
	struct wish wish = {0};
	struct command *c = NULL;
	if (e && !e->command && wish_read(&e->about, &e->state, record->value, &wish) == 0) {
		if (wish_may_wait(&e->about, &wish))
			c = command_new(e, &wish);
		else
			*ending = (struct ending){COMMAND_FAILED, COMMAND_UNSAFE_LATE};
	}
	wish_finish(&wish);
	return c;
}

static void on_stored(void *ctx, const struct command_record *record)
{
	struct house *h = ctx;
	int64_t left_ms = record->until.ms - house_wall(h).ms;
	bool waits = record->state == COMMAND_QUEUED;
	struct ending ending = {COMMAND_EXPIRED, waits ? "the device did not come back in time" : "the hub was started anew meanwhile"};
	struct command *c = waits && left_ms > 0 ? waiting_of(h, record, &ending) : NULL;
	if (!c) {
		end_stored(h, record, &ending);
		return;
	}
	c->record = *record;
	c->asked_at = mono_add_ms(house_mono(h), record->asked_at.ms - house_wall(h).ms);
	c->entity->command = c;
	shadow_note(&c->entity->shadow, record);
	list_append(&h->commands, &c->due.link);
	command_schedule(h, c, left_ms);
}

int house_load_commands(struct house *h)
{
	int err = store_command_last_id(h->config.store, &h->last_command_id);
	if (!err)
		err = store_command_unmet_each(h->config.store, on_unmet, h);
	return err ? err : store_command_open_each(h->config.store, on_stored, h);
}
