/* A command under way, shared by the files that say what becomes of it (command.c, command_load.c). */
#ifndef DEVICE_COMMAND_PRIVATE_H
#define DEVICE_COMMAND_PRIVATE_H

#include "device/house_private.h"
#include "device/wish.h"

/* Why a command that waits ends when it is found to be none that may (wish_may_wait). The pages know it by these words. */
#define COMMAND_UNSAFE_LATE "later it could be unsafe"

struct command {
	struct due due;               /* in house.commands: its deadline */
	struct device_entity *entity; /* whose command this is */
	struct command_record record; /* value is wish.json */
	struct wish wish;
	struct mono_ms asked_at;
	struct mono_ms gives_up_at;   /* once it is sent: when it expires at last; the deadline may be the next try's */
	unsigned tries; /* of sending what has waited; 0: it has not */
};

/* A new one for the entity, in no list yet. Takes over the wish. NULL without memory: then it has not. */
struct command *command_new(struct device_entity *e, struct wish *wish);

/* Sets the deadline and puts the command in its place in house.commands. */
void command_schedule(struct house *h, struct command *c, int64_t delay_ms);

/* Writes it to the store. */
void command_save(struct house *h, const struct command *c);

#endif
