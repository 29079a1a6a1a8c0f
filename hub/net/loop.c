/* The event loop: epoll, level-triggered but for the mailbox. One turn handles a batch of events,
 * then the mail, then the timers, then calls turn_end. Events come first so that what has arrived counts before
 * another connection takes its place, or the end. Runs on the thread of its owner; knows
 * nothing of what its descriptors mean. */
#include "net/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "net/timer_wheel.h"

enum { BATCH = 256 };

/* Longer delays than ten years are cut to it, so that sums do not overflow. */
static const int64_t longest_delay_ms = INT64_C(10) * 366 * 24 * 3600 * 1000;

struct loop {
	void *owner;
	int epoll_fd;
	bool stopping; /* seen by the loop's thread */
	struct mono_ms now;
	struct timer_wheel wheel;
	struct epoll_event batch[BATCH];
	int next, count; /* the part of batch that is still to be handled */

	/* any thread */
	struct mailbox box;
	struct mail stop_mail;
	atomic_bool stop_posted;
};

static uint32_t to_epoll(unsigned events)
{
	return (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u);
}

static unsigned from_epoll(uint32_t events)
{
	return (events & EPOLLIN ? (unsigned)LOOP_READ : 0u) | (events & EPOLLOUT ? (unsigned)LOOP_WRITE : 0u) |
	       (events & (EPOLLHUP | EPOLLERR) ? (unsigned)LOOP_HANGUP : 0u);
}

static void on_stop_mail(struct mail *mail, void *owner)
{
	(void)owner;
	struct loop *loop = container_of(mail, struct loop, stop_mail);
	loop->stopping = true;
	atomic_store(&loop->stop_posted, false);
}

int loop_create(struct loop **loop_r, void *owner)
{
	struct loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		return ERR_NOMEM;
	int err = mailbox_init(&loop->box);
	if (err) {
		free(loop);
		return err;
	}
	loop->owner = owner;
	loop->stop_mail.deliver = on_stop_mail;
	loop->now = clock_mono();
	wheel_init(&loop->wheel, loop->now);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* Wakes only: each turn looks into the box. Edge-triggered, so that nobody has to read it. */
	struct epoll_event wake = {.events = EPOLLIN | EPOLLET};
	if (loop->epoll_fd < 0 || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->box.event_fd, &wake) < 0)
		err = err_from_errno(errno);
	if (err)
		loop_destroy(&loop);
	*loop_r = loop;
	return err;
}

void loop_destroy(struct loop **loop_p)
{
	struct loop *loop = *loop_p;
	if (!loop)
		return;
	loop_deliver(loop);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	mailbox_finish(&loop->box);
	free(loop);
	*loop_p = NULL;
}

static void handle_batch(struct loop *loop)
{
	while (loop->next < loop->count) {
		struct epoll_event *event = &loop->batch[loop->next++];
		struct loop_watch *watch = event->data.ptr;
		if (watch) /* NULL: the mailbox, or removed by a handler earlier in this batch */
			watch->ready(watch, from_epoll(event->events));
	}
	loop->next = loop->count = 0;
}

void loop_run(struct loop *loop, void (*turn_end)(void *owner))
{
	while (!loop->stopping) {
		int wait = mailbox_sleep(&loop->box) ? wheel_wait_ms(&loop->wheel, clock_mono()) : 0;
		int count = epoll_wait(loop->epoll_fd, loop->batch, BATCH, wait);
		mailbox_wake(&loop->box);
		loop->now = clock_mono();
		loop->next = 0;
		loop->count = count > 0 ? count : 0; /* -1: EINTR, nothing else is possible */
		handle_batch(loop);
		mailbox_take(&loop->box, loop->owner);
		wheel_advance(&loop->wheel, loop->now);
		if (turn_end)
			turn_end(loop->owner);
	}
	loop->stopping = false;
}

void loop_deliver(struct loop *loop)
{
	while (mailbox_deliver(&loop->box, loop->owner))
		;
}

void loop_stop(struct loop *loop)
{
	if (!atomic_exchange(&loop->stop_posted, true))
		mailbox_post(&loop->box, &loop->stop_mail);
}

void loop_post(struct loop *loop, struct mail *mail)
{
	mailbox_post(&loop->box, mail);
}

int loop_watch_add(struct loop *loop, struct loop_watch *watch)
{
	struct epoll_event event = {.events = to_epoll(watch->events), .data.ptr = watch};
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0)
		return err_from_errno(errno);
	watch->loop = loop;
	return 0;
}

void loop_watch_events(struct loop_watch *watch, unsigned events)
{
	if (watch->events == events)
		return;
	watch->events = events;
	if (!watch->loop)
		return; /* takes effect with loop_watch_add */
	struct epoll_event event = {.events = to_epoll(events), .data.ptr = watch};
	epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event); /* allocates nothing: cannot fail */
}

void loop_watch_remove(struct loop_watch *watch)
{
	struct loop *loop = watch->loop;
	if (!loop)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = loop->next; i < loop->count; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
	watch->loop = NULL;
}

void loop_timer_arm(struct loop *loop, struct loop_timer *timer, int64_t delay_ms)
{
	loop_timer_disarm(timer);
	if (delay_ms > longest_delay_ms)
		delay_ms = longest_delay_ms;
	/* By the clock, not by the turn's beginning, and one more for the cut-off
	 * part of a millisecond: a long turn must not make the timer early. */
	timer->at = mono_add_ms(clock_mono(), delay_ms > 0 ? delay_ms + 1 : 0);
	wheel_add(&loop->wheel, timer);
}

void loop_timer_disarm(struct loop_timer *timer)
{
	if (!loop_timer_armed(timer))
		return;
	list_remove(&timer->link);
	timer->link.next = NULL;
}

struct mono_ms loop_now(const struct loop *loop)
{
	return loop->now;
}
