/* The mailbox: a lock-free stack that the owner takes whole and reverses. */
#include "thread/mailbox.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

int mailbox_init(struct mailbox *box)
{
	atomic_init(&box->newest, NULL);
	atomic_init(&box->posting, 0);
	atomic_init(&box->awake, false);
	box->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return box->event_fd < 0 ? err_from_errno(errno) : 0;
}

void mailbox_finish(struct mailbox *box)
{
	while (atomic_load(&box->posting)) /* its mail has been delivered, but it may still be about to wake us */
		sched_yield();
	close(box->event_fd);
	box->event_fd = -1;
}

void mailbox_post(struct mailbox *box, struct mail *mail)
{
	atomic_fetch_add(&box->posting, 1);
	struct mail *head = atomic_load_explicit(&box->newest, memory_order_relaxed);
	do
		mail->next = head;
	while (!atomic_compare_exchange_weak_explicit(&box->newest, &head, mail, memory_order_seq_cst,
						      memory_order_relaxed));
	if (head == NULL && !atomic_load(&box->awake)) { /* the owner may sleep */
		uint64_t one = 1;
		ssize_t n = write(box->event_fd, &one, sizeof one);
		(void)n; /* fails only when the counter is full: the owner is awake then */
	}
	atomic_fetch_sub(&box->posting, 1);
}

/* The mail comes before the look at `awake` there, and `awake` before the look for mail here, in the one order of all
 * such steps: one of the two sees the other. */
bool mailbox_sleep(struct mailbox *box)
{
	atomic_store(&box->awake, false);
	return atomic_load(&box->newest) == NULL;
}

void mailbox_wake(struct mailbox *box)
{
	atomic_store_explicit(&box->awake, true, memory_order_relaxed);
}

bool mailbox_deliver(struct mailbox *box, void *owner)
{
	uint64_t count;
	ssize_t n = read(box->event_fd, &count, sizeof count);
	(void)n; /* EAGAIN: nobody posted */
	return mailbox_take(box, owner);
}

bool mailbox_take(struct mailbox *box, void *owner)
{
	struct mail *mail = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
	struct mail *oldest = NULL;
	while (mail) {
		struct mail *next = mail->next;
		mail->next = oldest;
		oldest = mail;
		mail = next;
	}
	bool any = oldest != NULL;
	while (oldest) {
		struct mail *next = oldest->next;
		oldest->next = NULL;
		oldest->deliver(oldest, owner);
		oldest = next;
	}
	return any;
}
