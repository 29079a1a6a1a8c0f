/* Waiting for a write that was handed to the store under the desk's lock. */
#include "enrolment/enrolment_private.h"

void saving_done(void *ctx, int err)
{
	struct saving *s = ctx;
	s->err = err;
	waiter_signal(&s->waiter);
}

struct store_done saving_begin(struct saving *s)
{
	waiter_init(&s->waiter);
	s->err = 0;
	return (struct store_done){.fn = saving_done, .ctx = s};
}

int saving_wait(struct saving *s)
{
	waiter_wait(&s->waiter);
	waiter_finish(&s->waiter);
	return s->err;
}

void saving_cancel(struct saving *s)
{
	waiter_finish(&s->waiter);
}
