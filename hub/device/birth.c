/* Home Assistant says "online" on homeassistant/status when it has started. What our devices say of themselves is retained,
 * so it knows them; said again, it also knows them when it had forgotten, or did not look at what is retained. States are retained,
 * too, and come when it subscribes to them. Devices of others hear the same word and do so themselves. On the house's thread. */
#include "base/log.h"
#include "broker/internal_client.h"
#include "device/house_private.h"

enum {
	WAIT_MS = 1000,   /* for it to listen; several starts at once are answered once */
	PAUSE_MS = 10000, /* between answers: whoever says "online" all the time makes no storm */
};

void house_hear_birth(struct house *h, const struct heard *heard)
{
	if (!span_is(heard->payload, "online") || h->announce_at.ms != INT64_MAX)
		return;
	struct mono_ms soon = mono_add_ms(house_mono(h), WAIT_MS), allowed = mono_add_ms(h->announced_at, PAUSE_MS);
	h->announce_at = soon.ms < allowed.ms ? allowed : soon;
}

void house_announce_turn(struct house *h, struct mono_ms now)
{
	size_t count = 0;
	if (mono_diff_ms(h->announce_at, now) < 0)
		return;
	h->announce_at.ms = INT64_MAX;
	h->announced_at = now;
	for (struct map_node *n = map_next(&h->devices, NULL); n; n = map_next(&h->devices, n)) {
		const struct device *d = container_of(n, struct device, node);
		char topic[MODEL_TOPIC_SIZE];
		if (d->other || d->erasing || !d->record.discovery || !d->record.discovery[0] ||
		    topic_format_discovery(topic, d->record.id) != 0 || !h->config.broker)
			continue;
		(void)internal_publish(h->config.broker, span_str(topic), span_str(d->record.discovery), 1, true);
		count++;
	}
	log_info("house", "Home Assistant has started: %zu devices are described to it", count);
}
