/* Counting memory. Any thread. The two variables below belong to the thread and to the process, not to a broker:
 * a message is freed by whoever lets it go last, who knows no broker, and eight bytes more in each of a million
 * messages were too dear. */
#include "broker/memory.h"

#include <stddef.h>

static _Thread_local struct memory_share *own;
static struct memory_share others;

void memory_bind(struct memory_share *share)
{
	own = share;
}

void memory_fold(struct memory_share *share)
{
	atomic_fetch_add(&others.messages, atomic_exchange(&share->messages, 0));
	atomic_fetch_add(&others.bytes, atomic_exchange(&share->bytes, 0));
	atomic_fetch_add(&others.inflight, atomic_exchange(&share->inflight, 0));
}

/* Only its thread writes to a share: no locked instruction. */
static void add(_Atomic int64_t *to, int64_t n)
{
	atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

void memory_count(int64_t messages, int64_t bytes)
{
	if (own) {
		add(&own->messages, messages);
		add(&own->bytes, bytes);
	} else {
		atomic_fetch_add_explicit(&others.messages, messages, memory_order_relaxed);
		atomic_fetch_add_explicit(&others.bytes, bytes, memory_order_relaxed);
	}
}

void memory_count_inflight(int64_t messages)
{
	if (own)
		add(&own->inflight, messages);
	else
		atomic_fetch_add_explicit(&others.inflight, messages, memory_order_relaxed);
}

const struct memory_share *memory_others(void)
{
	return &others;
}
