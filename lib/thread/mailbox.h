/* Mailboxes: how threads talk. Any thread posts; one thread, the owner, takes.
 *
 * A mail is a struct of the sender's kind with a `struct mail` inside and the
 * function that handles it on the owner's thread. Posting is lock-free and
 * never blocks or allocates; the owner is woken through an eventfd only when
 * its box was empty and it has not said that it is awake. Mails of one sender are delivered in the order posted. */
#ifndef THREAD_MAILBOX_H
#define THREAD_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

struct mail {
	struct mail *next; /* the mailbox's while posted */
	/* Runs on the owner's thread and takes the mail; owner is the pointer
	 * given to mailbox_deliver. */
	void (*deliver)(struct mail *mail, void *owner);
};

struct mailbox {
	_Atomic(struct mail *) newest; /* any thread */
	_Atomic unsigned posting;      /* any thread: those within mailbox_post */
	atomic_bool awake;             /* any thread; written by the owner: it looks into the box before it sleeps */
	int event_fd;                  /* readable while there may be mail */
};

/* Makes an empty mailbox. Returns 0 or the error of eventfd(2). */
int mailbox_init(struct mailbox *box);

/* Closes the eventfd, once those who have posted what was delivered are done with it. Mail still inside is not delivered: deliver first.
 * A zeroed struct that was never initialised is not allowed here. */
void mailbox_finish(struct mailbox *box);

/* Hands mail to the owner; it is no longer the caller's. Any thread. */
void mailbox_post(struct mailbox *box, struct mail *mail);

/* Owner's thread: clears the eventfd and delivers all mail posted so far, in
 * order. Returns whether there was any. */
bool mailbox_deliver(struct mailbox *box, void *owner);

/* As mailbox_deliver, but leaves the eventfd alone: for owners that watch it edge-triggered. */
bool mailbox_take(struct mailbox *box, void *owner);

/* Owner's thread, for one that would be woken too often: after mailbox_wake nobody writes to the eventfd. Before it waits for the
 * eventfd it calls mailbox_sleep, and may wait only if that returns true: else there is mail already. A box starts asleep. */
void mailbox_wake(struct mailbox *box);
bool mailbox_sleep(struct mailbox *box);

#endif
