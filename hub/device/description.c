/* The memory of descriptions, and the topics of our own devices. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "device/discovery.h"
#include "device/template.h"

static void message_finish(struct device_message *m)
{
	free(m->topic);
	free(m->payload);
}

void description_drop_entities(struct description *d)
{
	for (size_t i = 0; i < d->entity_count; i++)
		entity_finish(&d->entities[i]);
	free(d->entities);
	d->entities = NULL;
	d->entity_count = 0;
}

void description_finish(struct description *d)
{
	description_drop_entities(d);
	for (size_t i = 0; i < d->availability_count; i++) {
		free(d->availability[i].topic);
		template_destroy(&d->availability[i].template);
	}
	for (size_t i = 0; i < d->ask_count; i++)
		message_finish(&d->asks[i]);
	message_finish(&d->leave);
	*d = (struct description){0};
}

int availability_read(const struct availability *a, struct template_input *in)
{
	struct buf text = {0};
	struct span word = in->payload;
	if (a->template) {
		if (template_render(a->template, in, &text, NULL) != 0) {
			buf_finish(&text);
			return -1;
		}
		word = buf_span(&text);
	}
	int there = span_is(word, a->available) ? 1 : span_is(word, a->unavailable) ? 0 : -1;
	buf_finish(&text);
	return there;
}

static const char *refuse_others(void *ctx, const char *topic, enum topic_use use)
{
	struct topic_parts parts;
	size_t id_len = strlen(ctx), root_len = strlen(TOPIC_ROOT "/");
	bool own = strncmp(topic, TOPIC_ROOT "/", root_len) == 0 && strncmp(topic + root_len, ctx, id_len) == 0 &&
		   topic[root_len + id_len] == '/';
	bool known = topic_parse(span_str(topic), &parts) == 0;
	if (use == TOPIC_USE_AVAILABILITY)
		return own && known && parts.kind == TOPIC_STATUS ? NULL : "is not the device's status topic and is not followed";
	if (!own)
		return "is not below the device's own topics and is not followed";
	if (use == TOPIC_USE_REPORT && !(known && (parts.kind == TOPIC_TELE || parts.kind == TOPIC_STATE)))
		return "is neither tele/<id> nor state/<id> and is not followed";
	return NULL;
}

struct topic_gate topic_gate_own(const char *device)
{
	return (struct topic_gate){refuse_others, (void *)device, false};
}
