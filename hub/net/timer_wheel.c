/* The timer wheel. A timer lies on the level of the highest base-64 digit in which its
 * tick differs from the wheel's, in the slot of that digit. So whatever lies on a lower level is due
 * before anything on a higher one, the next slot is found with one bit scan, and time that passes
 * without a timer is skipped in one step. Reaching a slot of a higher level spreads
 * its timers over the lower ones. Runs on the loop's thread; knows nothing of descriptors. */
#include "net/timer_wheel.h"

#include <assert.h>
#include <limits.h>

static const uint64_t last_tick = (UINT64_C(1) << (WHEEL_LEVELS * WHEEL_LEVEL_BITS)) - 1;

void wheel_init(struct timer_wheel *w, struct mono_ms now)
{
	w->start = now;
	w->tick = 0;
	list_init(&w->due);
	for (int level = 0; level < WHEEL_LEVELS; level++) {
		w->occupied[level] = 0;
		for (int slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&w->slots[level][slot]);
	}
}

/* The first tick that begins at or after t: firing then is never early. */
static uint64_t tick_after(const struct timer_wheel *w, struct mono_ms t)
{
	int64_t ms = mono_diff_ms(w->start, t);
	if (ms <= 0)
		return 0;
	uint64_t tick = ((uint64_t)ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
	return tick < last_tick ? tick : last_tick;
}

void wheel_add(struct timer_wheel *w, struct loop_timer *timer)
{
	uint64_t tick = tick_after(w, timer->at);
	if (tick <= w->tick) {
		list_append(&w->due, &timer->link);
		return;
	}
	int level = (63 - __builtin_clzll(tick ^ w->tick)) / WHEEL_LEVEL_BITS;
	unsigned slot = (unsigned)(tick >> (level * WHEEL_LEVEL_BITS)) & (WHEEL_SLOTS - 1);
	list_append(&w->slots[level][slot], &timer->link);
	w->occupied[level] |= UINT64_C(1) << slot;
}

/* Moves all of `from` behind the elements of `to`. */
static void list_move_all(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* The next slot that holds a timer. Clears the marks of slots whose timers were
 * all disarmed. Returns whether there is one. */
static bool find_next(struct timer_wheel *w, int *level_r, unsigned *slot_r, uint64_t *tick_r)
{
	for (int level = 0; level < WHEEL_LEVELS; level++) {
		while (w->occupied[level]) {
			unsigned slot = (unsigned)__builtin_ctzll(w->occupied[level]);
			if (list_empty(&w->slots[level][slot])) {
				w->occupied[level] &= w->occupied[level] - 1;
				continue;
			}
			int shift = level * WHEEL_LEVEL_BITS;
			uint64_t above = w->tick >> (shift + WHEEL_LEVEL_BITS) << WHEEL_LEVEL_BITS;
			*level_r = level;
			*slot_r = slot;
			*tick_r = (above | slot) << shift;
			return true;
		}
	}
	return false;
}

/* Moves what has become due by `target` into w->due, in order. */
static void collect_due(struct timer_wheel *w, uint64_t target)
{
	int level;
	unsigned slot;
	uint64_t tick;
	while (find_next(w, &level, &slot, &tick) && tick <= target) {
		assert(tick > w->tick);
		w->tick = tick;
		w->occupied[level] &= ~(UINT64_C(1) << slot);
		struct list taken;
		list_init(&taken);
		list_move_all(&taken, &w->slots[level][slot]);
		list_each(timer, &taken, struct loop_timer, link) {
			list_remove(&timer->link);
			wheel_add(w, timer);
		}
	}
	if (target > w->tick)
		w->tick = target;
}

void wheel_advance(struct timer_wheel *w, struct mono_ms now)
{
	int64_t passed = mono_diff_ms(w->start, now);
	collect_due(w, passed > 0 ? (uint64_t)passed / WHEEL_TICK_MS : 0);

	/* A list of its own: a handler may arm what is due at once without keeping
	 * us here for ever, and may disarm and free any timer of this batch. */
	struct list batch;
	list_init(&batch);
	list_move_all(&batch, &w->due);
	while (!list_empty(&batch)) {
		struct loop_timer *timer = container_of(batch.next, struct loop_timer, link);
		list_remove(&timer->link);
		timer->link.next = NULL;
		timer->fire(timer);
	}
}

int wheel_wait_ms(struct timer_wheel *w, struct mono_ms now)
{
	if (!list_empty(&w->due))
		return 0;
	int level;
	unsigned slot;
	uint64_t tick;
	if (!find_next(w, &level, &slot, &tick))
		return -1;
	int64_t wait = mono_diff_ms(now, mono_add_ms(w->start, (int64_t)(tick * WHEEL_TICK_MS)));
	if (wait < 0)
		return 0;
	return wait < INT_MAX ? (int)wait : INT_MAX;
}
