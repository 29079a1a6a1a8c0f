/* An event loop over epoll: file descriptors, timers and one mailbox. A loop
 * belongs to the thread that runs it; only loop_post and loop_stop may be
 * called from others. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "thread/mailbox.h"

struct loop;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

/* A watched descriptor; embed it, zeroed but for what is set here before loop_watch_add. */
struct loop_watch {
	int fd;
	unsigned events; /* LOOP_READ | LOOP_WRITE asked for; LOOP_HANGUP comes unasked, also for 0 */
	/* Owner's thread; events that happened. The handler may remove and free
	 * any watch, also its own. */
	void (*ready)(struct loop_watch *watch, unsigned events);
	struct loop *loop; /* the loop's own */
};

/* A one-shot timer; embed it, zeroed before the first use. Coarse: fires up to 10 ms late, never early. */
struct loop_timer {
	struct list link; /* the loop's own; next NULL: not armed */
	struct mono_ms at;
	void (*fire)(struct loop_timer *timer);
};

/* owner is what mails are delivered to. Returns 0 or an error of epoll/eventfd. */
int loop_create(struct loop **loop_r, void *owner);

/* The thread has left loop_run. Delivers the mail that is still in the box (the
 * owner must be there) and frees. Watches and timers are not touched: remove and disarm them before. */
void loop_destroy(struct loop **loop);

/* Runs until loop_stop. turn_end (may be NULL) is called after each batch of events, mails and
 * timers has been handled: the place to flush what the turn produced. */
void loop_run(struct loop *loop, void (*turn_end)(void *owner));

/* The thread is not in loop_run: delivers the mail that is in the box, and waits for none. */
void loop_deliver(struct loop *loop);

/* Any thread: makes loop_run return after the current turn. */
void loop_stop(struct loop *loop);

/* Any thread: delivers mail on the loop's thread. */
void loop_post(struct loop *loop, struct mail *mail);

/* Starts, changes, ends watching. add: 0 or an error of epoll_ctl. Remove before closing the descriptor;
 * removing what is not watched is harmless, and so is removing and freeing in any handler. */
int loop_watch_add(struct loop *loop, struct loop_watch *watch);
void loop_watch_events(struct loop_watch *watch, unsigned events);
void loop_watch_remove(struct loop_watch *watch);

/* Arms (or re-arms) the timer in delay_ms ≥ 0. O(1) where possible: 100,000 armed timers must cost nothing per turn. */
void loop_timer_arm(struct loop *loop, struct loop_timer *timer, int64_t delay_ms);
void loop_timer_disarm(struct loop_timer *timer);

/* Whether it is going to fire. */
static inline bool loop_timer_armed(const struct loop_timer *timer)
{
	return timer->link.next != NULL;
}

/* The monotonic time at which this turn began. */
struct mono_ms loop_now(const struct loop *loop);

#endif
