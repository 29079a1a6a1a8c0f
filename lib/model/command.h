/* Commands: the states that one goes through, from the wish to the report that grants it. */
#ifndef MODEL_COMMAND_H
#define MODEL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* The numbers are stored: none is ever given a second meaning. */
enum command_state {
	COMMAND_QUEUED = 0,       /* waits for a device that is away */
	COMMAND_SENT = 1,         /* has been published */
	COMMAND_ACKNOWLEDGED = 2, /* the device has it, by MQTT's acknowledgement */
	COMMAND_CONFIRMED = 3,    /* what the device reports is what was asked for, or nothing can be reported */
	COMMAND_EXPIRED = 4,      /* neither came in time */
	COMMAND_FAILED = 5,       /* could not be sent, or something else was asked meanwhile */
	COMMAND_CANCELLED = 6,    /* was taken back while it waited */
	COMMAND_STATES
};

/* What made somebody ask. The numbers are stored, as above. */
enum command_cause {
	CAUSE_ENTITY = 0, /* the entity itself was commanded */
	CAUSE_ROOM = 1,   /* with all of its kind in a room, whose name goes along */
	CAUSE_HOUSE = 2,  /* with all of its kind in the house */
	CAUSE_GROUP = 3,  /* as one of a group, whose name goes along */
	CAUSE_SCENE = 4,  /* as part of a scene, whose name goes along */
	COMMAND_CAUSES
};

/* Its name in JSON, e.g. "scene". Static string. */
const char *command_cause_name(enum command_cause cause);

/* Its name in JSON, e.g. "sent". Static string. */
const char *command_state_name(enum command_state state);

/* Whether a command may go from one state to the other. */
bool command_may_go(enum command_state from, enum command_state to);

/* Whether nothing more can happen to it. */
static inline bool command_is_over(enum command_state state)
{
	return state >= COMMAND_CONFIRMED;
}

#endif
