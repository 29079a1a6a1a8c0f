/* Commands to many entities at once, and the answer that tells of each. On the house's thread. */
#ifndef DEVICE_MANY_H
#define DEVICE_MANY_H

#include "db/bundles.h"
#include "device/house_private.h"

struct many {
	struct house *house;
	const struct house_many *asked;
	enum command_cause cause;
	const char *cause_name;
	struct buf commands, refused; /* elements of the answer's arrays; owned */
	int err;                      /* ERR_NOMEM once something of the answer was lost */
};

/* The targets of a value that is the same for all. */
struct targets {
	struct device_entity **items; /* owned; the entities are borrowed */
	size_t count;
	int err; /* ERR_NOMEM once one was left out */
};

/* Adds one; without memory targets->err is set. Zeroed targets are none. */
void targets_add(struct targets *targets, struct device_entity *e);
/* Frees the list and zeroes it. */
void targets_finish(struct targets *targets);

/* Starts an answer; many_answer ends it in every case. cause_name: borrowed until then. */
struct many many_begin(struct house *h, const struct house_many *asked, enum command_cause cause, const char *cause_name);

/* Sends the entity what of the value suits it, and notes the command, or why there is none. */
void many_send(struct many *m, struct device_entity *e, const char *value_json);

/* Sends the value of what was asked to each; "TOGGLE" is the same for all. Returns 0, or ERR_MALFORMED: it is not JSON. */
int many_send_all(struct many *m, const struct targets *targets);

/* Notes an entity that cannot be commanded, with the code and sentence of a refusal (model/ports.h). */
void many_refuse(struct many *m, const struct bundle_member *who, const char *code, const char *reason);

/* Appends the commands object of model/ports.h. Returns 0 or ERR_NOMEM. */
int many_answer(struct many *m, struct buf *json);

#endif
