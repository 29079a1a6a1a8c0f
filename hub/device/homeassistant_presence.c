/* How a device tells that it is there, and the two keys that other dialects' translations add: what makes a device report, and
 * what makes it leave. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "device/homeassistant.h"

/* topic_key: "availability_topic" beside its words, or "topic" in a list. */
static void read_one(struct ha_parse *p, const json_t *object, bool listed)
{
	struct description *d = p->out;
	char topic[DISCOVERY_TOPIC_SIZE];
	struct template *template = NULL;
	if (d->availability_count == DISCOVERY_AVAILABILITY_MAX) {
		ha_note(p, "availability", "names more topics than the hub follows");
		return;
	}
	struct availability *a = &d->availability[d->availability_count];
	(void)str_copy(a->available, sizeof a->available, TOPIC_STATUS_ONLINE);
	(void)str_copy(a->unavailable, sizeof a->unavailable, TOPIC_STATUS_OFFLINE);
	ha_text(p, object, "payload_available", a->available, sizeof a->available);
	ha_text(p, object, "payload_not_available", a->unavailable, sizeof a->unavailable);
	if (!ha_topic(p, object, listed ? "topic" : "availability_topic", TOPIC_USE_AVAILABILITY, topic) ||
	    !ha_template(p, object, listed ? "value_template" : "availability_template", &template))
		return;
	a->template = template;
	a->topic = strdup(topic);
	d->availability_count++;
	if (!a->topic)
		p->err = ERR_NOMEM;
}

static void read_mode(struct ha_parse *p)
{
	static const char *const modes[] = {
		[AVAILABILITY_LATEST] = "latest", [AVAILABILITY_ALL] = "all", [AVAILABILITY_ANY] = "any"};
	char mode[16] = "latest";
	ha_text(p, p->root, "availability_mode", mode, sizeof mode);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(mode, modes[i]) == 0) {
			p->out->availability_mode = (enum availability_mode)i;
			return;
		}
	ha_fail(p, "availability_mode", "must be all, any or latest");
}

static void read_availability(struct ha_parse *p)
{
	const json_t *list = ha_get(p->root, "availability"), *item;
	size_t i;
	read_mode(p);
	if (json_is_object(list)) {
		read_one(p, list, true);
	} else if (json_is_array(list)) {
		json_array_foreach(list, i, item) {
			if (!json_is_object(item))
				ha_fail(p, "availability", "must be a list of objects");
			if (!p->err)
				read_one(p, item, true);
		}
	} else if (list && !json_is_null(list)) {
		ha_fail(p, "availability", "must be a list of objects");
	} else {
		read_one(p, p->root, false);
	}
}

/* False: nothing to be published. */
static bool read_message(struct ha_parse *p, const json_t *object, struct device_message *m)
{
	char topic[DISCOVERY_TOPIC_SIZE];
	const char *payload = json_string_value(json_object_get(object, "payload"));
	if (!ha_topic(p, object, "topic", TOPIC_USE_CONTROL, topic))
		return false;
	m->topic = strdup(topic);
	m->payload = strdup(payload ? payload : "");
	if (!m->topic || !m->payload)
		p->err = ERR_NOMEM;
	return true;
}

void ha_presence(struct ha_parse *p)
{
	struct description *d = p->out;
	const json_t *asks = json_object_get(p->root, "asks"), *ask;
	size_t i;
	read_availability(p);
	d->renewable = json_is_true(json_object_get(p->root, "renewable"));
	json_array_foreach(asks, i, ask)
		if (d->ask_count < DISCOVERY_ASKS_MAX && !p->err && read_message(p, ask, &d->asks[d->ask_count]))
			d->ask_count++;
	if (!p->err)
		(void)read_message(p, json_object_get(p->root, "leave"), &d->leave);
}
