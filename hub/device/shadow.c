/* Wishes that are not granted. Pure memory, on the house's thread; command.c says what becomes of them. */
#include "device/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "device/wish.h"
#include "model/json_out.h"

static void forget(struct shadow *s)
{
	free(s->desired);
	s->desired = NULL;
}

static void desire(struct shadow *s, const struct command_record *command)
{
	size_t size = strlen(command->value) + 1;
	forget(s);
	s->desired = malloc(sizeof *s->desired + size);
	if (!s->desired)
		return;
	*s->desired = (struct desired){.command = command->id, .state = command->state, .until = command_waits_until(command)};
	memcpy(s->desired->value, command->value, size);
}

void shadow_note(struct shadow *s, const struct command_record *command)
{
	int64_t known = s->desired ? s->desired->command : 0;
	if (command->id < known)
		return;
	if (command->state == COMMAND_CONFIRMED || command->state == COMMAND_CANCELLED)
		forget(s);
	else if (command->id > known)
		desire(s, command);
	else {
		s->desired->state = command->state;
		s->desired->until = command_waits_until(command);
	}
}

bool shadow_settle(struct device_entity *e)
{
	struct shadow *s = &e->shadow;
	struct wish wish;
	if (!s->desired || !command_is_over(s->desired->state))
		return false;
	int err = wish_read(&e->about, &e->state, s->desired->value, &wish);
	bool granted = !err && wish.expect.known && state_grants(&e->state, &wish.expect, wish.tolerance);
	if (granted)
		forget(s);
	wish_finish(&wish);
	return granted;
}

void shadow_json(struct json_out *o, const struct shadow *s)
{
	json_out_key(o, "desired");
	if (!s->desired) {
		json_out_raw(o, "null");
		return;
	}
	json_out_raw(o, "{");
	json_out_key(o, "value");
	json_out_raw(o, s->desired->value);
	json_out_member_int(o, "command", s->desired->command);
	json_out_member_string(o, "state", command_state_name(s->desired->state));
	json_out_member_time(o, "until", s->desired->until);
	json_out_raw(o, "}");
}

void shadow_finish(struct shadow *s)
{
	forget(s);
	*s = (struct shadow){0};
}
