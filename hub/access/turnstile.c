/* The turnstile: tickets under a lock. Any thread; knows nothing of the work. */
#include "access/turnstile.h"

#include "base/err.h"

void turnstile_init(struct turnstile *t, const char *name, unsigned max_waiting)
{
	*t = (struct turnstile){.max_waiting = max_waiting};
	lock_init(&t->lock, name);
	pthread_cond_init(&t->moved, NULL);
}

void turnstile_finish(struct turnstile *t)
{
	pthread_cond_destroy(&t->moved);
	lock_finish(&t->lock);
}

int turnstile_enter(struct turnstile *t)
{
	lock_take(&t->lock);
	if (t->next - t->serving > t->max_waiting) { /* one inside, max_waiting behind it */
		lock_release(&t->lock);
		return ERR_BUSY;
	}
	unsigned long ticket = t->next++;
	while (t->serving != ticket)
		pthread_cond_wait(&t->moved, &t->lock.mutex);
	lock_release(&t->lock);
	return 0;
}

void turnstile_leave(struct turnstile *t)
{
	lock_take(&t->lock);
	t->serving++;
	pthread_cond_broadcast(&t->moved);
	lock_release(&t->lock);
}

unsigned turnstile_callers(struct turnstile *t)
{
	lock_take(&t->lock);
	unsigned callers = (unsigned)(t->next - t->serving);
	lock_release(&t->lock);
	return callers;
}
