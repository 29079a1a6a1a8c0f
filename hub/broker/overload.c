/* Overload: from bytes to what is given up. On the workers' threads. */
#include "broker/overload.h"

#include "broker/limits.h"
#include "broker/session.h"

enum { CALMER_PERCENT = 5 }; /* below a step's threshold before it is taken back */

static const unsigned threshold_percent[] = {[OVERLOAD_REFUSE] = 80, [OVERLOAD_SLOW] = 90, [OVERLOAD_DROP] = 100};

void overload_memory(const struct broker *broker, uint64_t *messages_r, uint64_t *bytes_r)
{
	const struct memory_share *others = memory_others();
	int64_t messages = atomic_load_explicit(&others->messages, memory_order_relaxed);
	int64_t bytes = atomic_load_explicit(&others->bytes, memory_order_relaxed);
	for (unsigned i = 0; i < broker->config.workers; i++) {
		const struct memory_share *share = &broker->workers[i]->memory;
		messages += atomic_load_explicit(&share->messages, memory_order_relaxed);
		bytes += atomic_load_explicit(&share->bytes, memory_order_relaxed);
	}
	*messages_r = messages > 0 ? (uint64_t)messages : 0; /* not one instant: a sum may be off by what moves */
	*bytes_r = bytes > 0 ? (uint64_t)bytes : 0;
}

enum overload overload_now(struct worker *worker)
{
	uint64_t messages, bytes, max = worker->broker->config.max_memory_bytes;
	overload_memory(worker->broker, &messages, &bytes);
	uint64_t percent = bytes / (max / 100 + 1);
	enum overload level = worker->overload;
	while (level < OVERLOAD_DROP && percent >= threshold_percent[level + 1])
		level++;
	while (level > OVERLOAD_NONE && percent + CALMER_PERCENT < threshold_percent[level])
		level--;
	worker->overload = level;
	worker->throttling = level >= OVERLOAD_SLOW || worker->broker->config.max_publish_rate;
	return level;
}

void overload_turn(struct worker *worker)
{
	struct mono_ms now = loop_now(worker->loop);
	if (worker->overload_at.ms == now.ms)
		return;
	worker->overload_at = now;
	overload_now(worker);
}

bool overload_drops(struct session *s, const struct delivery *delivery)
{
	struct worker *worker = s->worker;
	if (worker->overload < OVERLOAD_DROP || delivery->qos)
		return false;
	struct message *m = delivery->message;
	if (s->connection)
		limits_met(s->connection, LIMIT_MEMORY_QOS0);
	counter_add(&worker->counters.dropped, 1);
	message_unref(&m);
	return true;
}
