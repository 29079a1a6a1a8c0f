/* The state machine of commands, as tables. */
#include "model/command.h"

static const char *const names[COMMAND_STATES] = {
	[COMMAND_QUEUED] = "queued",	   [COMMAND_SENT] = "sent",	  [COMMAND_ACKNOWLEDGED] = "acknowledged",
	[COMMAND_CONFIRMED] = "confirmed", [COMMAND_EXPIRED] = "expired", [COMMAND_FAILED] = "failed",
	[COMMAND_CANCELLED] = "cancelled",
};

static const bool transitions[COMMAND_STATES][COMMAND_STATES] = {
	[COMMAND_QUEUED] = {[COMMAND_SENT] = true, [COMMAND_EXPIRED] = true, [COMMAND_FAILED] = true, [COMMAND_CANCELLED] = true},
	[COMMAND_SENT] = {[COMMAND_ACKNOWLEDGED] = true, [COMMAND_CONFIRMED] = true, [COMMAND_EXPIRED] = true, [COMMAND_FAILED] = true},
	[COMMAND_ACKNOWLEDGED] = {[COMMAND_CONFIRMED] = true, [COMMAND_EXPIRED] = true, [COMMAND_FAILED] = true},
};

static const char *const causes[COMMAND_CAUSES] = {
	[CAUSE_ENTITY] = "entity", [CAUSE_ROOM] = "room",   [CAUSE_HOUSE] = "house",
	[CAUSE_GROUP] = "group",   [CAUSE_SCENE] = "scene",
};

const char *command_cause_name(enum command_cause cause)
{
	return causes[cause];
}

const char *command_state_name(enum command_state state)
{
	return names[state];
}

bool command_may_go(enum command_state from, enum command_state to)
{
	return transitions[from][to];
}
