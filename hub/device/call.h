/* A call into the house from another thread that waits for the answer: what the ports are made
 * of. Each is mail; the functions whose names begin with run_ run on the house's thread. */
#ifndef DEVICE_CALL_H
#define DEVICE_CALL_H

#include "base/buf.h"
#include "device/house_private.h"
#include "thread/thread.h"

/* Lives in the asker's frame until answered; each slot of a port uses what it needs. */
struct call {
	struct mail mail;
	struct waiter waiter;
	struct house *house;
	void (*run)(struct house *h, struct call *call); /* the next step, on the house's thread */
	int err;          /* of the step before, at last the answer */
	struct buf *json; /* borrowed, as all below */
	const char *id, *name, *area;
	const struct rooms *rooms;
	const struct house_command *command;
	const struct house_many *many;
	const struct house_cancel *cancel;
	int64_t number;   /* id of a series or a rule */
	void *wish;       /* what is wished of it */
	struct span text; /* what a device is described to be */
};

/* Posts the call and waits for its answer, which is returned. Not on the house's thread. */
int call_ask(struct call *call);

/* Answers, on the house's thread; the call is gone then. */
void call_answer(struct call *call, int err);

/* Appends {"field":…,"detail":…} for a wish that is refused; field NULL: none. Any thread. Returns ERR_INVALID, or ERR_NOMEM. */
int call_explain(struct buf *json, const char *field, const char *detail);

/* A `done` for a write that the call waits for: its next step gets the result in call->err. Count the call in
 * house.calls until then. */
struct store_done call_stored(struct call *call);

#endif
