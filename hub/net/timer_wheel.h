/* A hierarchical timer wheel: arming, re-arming and disarming are O(1), and
 * armed timers cost nothing until they are due. Belongs to one loop and its thread. */
#ifndef NET_TIMER_WHEEL_H
#define NET_TIMER_WHEEL_H

#include "net/loop.h"

enum {
	WHEEL_TICK_MS = 4,  /* the grain: a timer fires at the end of its tick */
	WHEEL_LEVEL_BITS = 6,
	WHEEL_SLOTS = 1 << WHEEL_LEVEL_BITS,
	WHEEL_LEVELS = 7,   /* 2^42 ticks: more than 500 years */
};

struct timer_wheel {
	struct mono_ms start;  /* tick 0 */
	uint64_t tick;         /* all timers up to this tick have fired or are in due */
	struct list due;       /* loop_timer.link: fire in the next wheel_advance */
	uint64_t occupied[WHEEL_LEVELS];                /* a set bit: the slot may hold timers */
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];   /* loop_timer.link */
};

/* Makes an empty wheel whose time begins now. */
void wheel_init(struct timer_wheel *w, struct mono_ms now);

/* Puts the timer, whose `at` is set and which is in no list, where it belongs. */
void wheel_add(struct timer_wheel *w, struct loop_timer *timer);

/* Fires every timer that is due at now. Timers armed meanwhile wait for the next call. */
void wheel_advance(struct timer_wheel *w, struct mono_ms now);

/* Milliseconds from now until wheel_advance has something to do; -1 when nothing is armed. Slots of
 * disarmed timers may make it wake once too often, never too late. */
int wheel_wait_ms(struct timer_wheel *w, struct mono_ms now);

#endif
