/* The newest value of each topic, until acknowledged. Main thread; knows no MQTT. */
#include "outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"

/* One value. A topic has at most two: one on its way and a newer one that waits. */
struct item {
	struct list link; /* outbox.waiting or outbox.sent */
	int message_id;   /* while sent */
	bool retain;
	size_t payload_len;
	char *topic; /* behind the payload, terminated */
	uint8_t payload[];
};

struct outbox {
	struct list waiting, sent; /* item.link */
	size_t count, sent_count, bytes;
};

int outbox_create(struct outbox **outbox_r)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);
	if (!outbox)
		return ERR_NOMEM;
	list_init(&outbox->waiting);
	list_init(&outbox->sent);
	*outbox_r = outbox;
	return 0;
}

static void drop(struct outbox *outbox, struct item *item)
{
	list_remove(&item->link);
	outbox->count--;
	outbox->bytes -= item->payload_len;
	free(item);
}

void outbox_destroy(struct outbox **outbox)
{
	struct outbox *o = *outbox;
	if (!o)
		return;
	list_each(item, &o->waiting, struct item, link)
		drop(o, item);
	list_each(item, &o->sent, struct item, link)
		drop(o, item);
	free(o);
	*outbox = NULL;
}

static struct item *find_waiting(struct outbox *outbox, const char *topic)
{
	list_each(item, &outbox->waiting, struct item, link)
		if (strcmp(item->topic, topic) == 0)
			return item;
	return NULL;
}

int outbox_put(struct outbox *outbox, const char *topic, struct span payload, bool retain)
{
	struct item *old = find_waiting(outbox, topic);
	size_t freed = old ? old->payload_len : 0;
	if ((!old && outbox->count >= OUTBOX_MAX_TOPICS) || payload.len > OUTBOX_MAX_BYTES ||
	    outbox->bytes - freed + payload.len > OUTBOX_MAX_BYTES)
		return ERR_FULL;
	size_t topic_size = strlen(topic) + 1;
	struct item *item = malloc(sizeof *item + payload.len + topic_size);
	if (!item)
		return ERR_NOMEM;
	item->retain = retain;
	item->message_id = 0;
	item->payload_len = payload.len;
	if (payload.len)
		memcpy(item->payload, payload.data, payload.len);
	item->topic = (char *)item->payload + payload.len;
	memcpy(item->topic, topic, topic_size);
	if (old)
		drop(outbox, old);
	list_append(&outbox->waiting, &item->link);
	outbox->count++;
	outbox->bytes += payload.len;
	return 0;
}

bool outbox_next(struct outbox *outbox, struct outbox_item *item_r)
{
	if (list_empty(&outbox->waiting) || outbox->sent_count >= OUTBOX_WINDOW)
		return false;
	const struct item *item = container_of(outbox->waiting.next, struct item, link);
	*item_r = (struct outbox_item){item->topic, span_of(item->payload, item->payload_len), item->retain};
	return true;
}

void outbox_sent(struct outbox *outbox, int message_id)
{
	assert(!list_empty(&outbox->waiting));
	struct item *item = container_of(outbox->waiting.next, struct item, link);
	item->message_id = message_id;
	list_remove(&item->link);
	list_append(&outbox->sent, &item->link);
	outbox->sent_count++;
}

void outbox_acked(struct outbox *outbox, int message_id)
{
	list_each(item, &outbox->sent, struct item, link)
		if (item->message_id == message_id) {
			drop(outbox, item);
			outbox->sent_count--;
			return;
		}
}

void outbox_lost(struct outbox *outbox)
{
	/* from the last to the first, each in front, so that the order stays; of two
	 * values of one topic the newer is met first */
	while (!list_empty(&outbox->sent)) {
		struct item *item = container_of(outbox->sent.prev, struct item, link);
		if (find_waiting(outbox, item->topic)) {
			drop(outbox, item);
			continue;
		}
		list_remove(&item->link);
		list_append(outbox->waiting.next, &item->link);
	}
	outbox->sent_count = 0;
}

size_t outbox_count(const struct outbox *outbox)
{
	return outbox->count;
}
