/* How much memory the broker's messages, queues, outputs and filters take, and what connections have: input, aliases, a
 * login under way. Each worker's thread counts for itself what it allocates and frees, wherever the other half of the
 * pair happens; the sum is what is in use. */
#ifndef BROKER_MEMORY_H
#define BROKER_MEMORY_H

#include <stdatomic.h>
#include <stdint.h>

/* One thread's count; negative when it frees what others have made. */
struct memory_share {
	_Atomic int64_t messages, bytes, inflight;
};

/* From now on this thread counts here (NULL: together with all threads that have no share). */
void memory_bind(struct memory_share *share);

/* The share's thread is no more: what it has counted stays counted. */
void memory_fold(struct memory_share *share);

/* Messages and bytes made (or freed, negative). Any thread. */
void memory_count(int64_t messages, int64_t bytes);

/* Messages that were sent and wait for their acknowledgement: so many more, or fewer. Any thread. */
void memory_count_inflight(int64_t messages);

/* What all threads without a share have counted. */
const struct memory_share *memory_others(void);

#endif
