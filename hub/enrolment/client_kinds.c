/* Which topics the devices of each dialect use (MQTT-CONVENTIONS): the least that lets them describe themselves, report and
 * obey. Pure. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "enrolment/clients.h"

/* ~: the prefix. */
static const struct kind_topic {
	const char *kind, *filter;
	bool publish, subscribe;
} topics[] = {
	{"esphome", "~/#", true, true},
	{"esphome", "homeassistant/+/~/+/config", true, false},
	{"esphome", "homeassistant/status", false, true},
	{"homeassistant", "homeassistant/#", true, true},
	{"homeassistant", "tomte/+/status", false, true},
	{"homeassistant", "tomte/+/state/+", false, true},
	{"homeassistant", "tomte/+/tele/+", false, true},
	{"homeassistant", "tomte/+/set/+", true, false},
	{"homie", "homie/~/#", true, true},
	{"homie", "homie/5/~/#", true, true},
	{"prefix", "~/#", true, true},
	{"shelly", "~/#", true, true},
	{"shelly", "shellies/~/#", true, true},
	{"shelly", "shellies/announce", true, false},
	{"shelly", "shellies/command", false, true},
	{"tasmota", "cmnd/~/#", false, true},
	{"tasmota", "stat/~/#", true, false},
	{"tasmota", "tele/~/#", true, false},
	{"tasmota", "tasmota/discovery/+/config", true, false},
	{"tasmota", "tasmota/discovery/+/sensors", true, false},
	{"zigbee2mqtt", "~/#", true, true},
};

bool client_kind_has_prefix(const char *kind)
{
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		if (strcmp(topics[i].kind, kind) == 0 && strchr(topics[i].filter, '~'))
			return true;
	return false;
}

int client_kind_topics(const char *kind, const char *prefix, struct client_record *c)
{
	c->topic_count = 0;
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
		if (strcmp(topics[i].kind, kind) != 0)
			continue;
		struct client_topic *t = &c->topics[c->topic_count++];
		const char *at = strchr(topics[i].filter, '~');
		int err = at ? str_format(t->filter, sizeof t->filter, "%.*s%s%s", (int)(at - topics[i].filter), topics[i].filter,
					  prefix, at + 1)
			     : str_copy(t->filter, sizeof t->filter, topics[i].filter);
		if (err)
			return err;
		t->publish = topics[i].publish;
		t->subscribe = topics[i].subscribe;
	}
	return c->topic_count ? 0 : ERR_NOT_FOUND;
}

/* What stands in filter where pattern has its "~", when the rest is the same. */
static bool take_prefix(const char *pattern, const char *filter, char prefix_r[CLIENT_PREFIX_SIZE])
{
	const char *at = strchr(pattern, '~');
	size_t before = (size_t)(at - pattern), behind = strlen(at + 1), len = strlen(filter);
	if (len <= before + behind || strncmp(filter, pattern, before) != 0 || strcmp(filter + len - behind, at + 1) != 0)
		return false;
	return str_copy_span(prefix_r, CLIENT_PREFIX_SIZE, span_of(filter + before, len - before - behind)) == 0 &&
	       !strpbrk(prefix_r, "+#");
}

/* Whether the client has all the topics that its kind would get with this prefix. */
static bool fits(const struct client_record *c, const char *prefix)
{
	struct client_record made;
	if (client_kind_topics(c->kind, prefix, &made) != 0)
		return false;
	for (size_t i = 0; i < made.topic_count; i++) {
		size_t k = 0;
		while (k < c->topic_count && strcmp(c->topics[k].filter, made.topics[i].filter) != 0)
			k++;
		if (k == c->topic_count)
			return false;
	}
	return true;
}

int client_kind_prefix(const struct client_record *c, char prefix_r[CLIENT_PREFIX_SIZE])
{
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		for (size_t k = 0; k < c->topic_count; k++)
			if (strcmp(topics[i].kind, c->kind) == 0 && strchr(topics[i].filter, '~') &&
			    take_prefix(topics[i].filter, c->topics[k].filter, prefix_r) && fits(c, prefix_r))
				return 0;
	return ERR_NOT_FOUND;
}
