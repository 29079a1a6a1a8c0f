/* Rules, and the topics that they were found to match. On the owner's thread. The first message of
 * a topic is compared with every rule; what came out is remembered under the topic, so that the others cost a look
 * into a map. It knows no broker: the house listens. */
#include "ingest/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "ingest/payload.h"
#include "mqtt/topic.h"

enum { ODD_TOPICS_MAX = 16 }; /* of one rule that get a log line: topics may be made up by whoever publishes */

struct rule {
	struct list link; /* rules.list */
	struct record_rule about;
	struct path path; /* about.path, parsed */
	size_t series;    /* that it made, also before the hub started */
	uint64_t malformed;
	unsigned odd_topics; /* whose nonsense was logged */
	bool full;        /* a topic more was refused: told once */
};

struct target {
	struct rule *rule;
	int64_t series; /* 0: none yet */
};

/* What the rules want of a topic. */
struct known_topic {
	struct map_node node; /* rules.topics, key: topic */
	bool odd;             /* a payload made no sense: logged once */
	const char *topic;    /* behind the targets */
	size_t count;
	struct target targets[];
};

struct rules {
	struct rules_config config;
	struct list list;  /* rule.link, in order of id */
	struct map topics; /* known_topic.node */
	size_t count;
	int64_t last_id;   /* given, also to rules that were never added */
	int load_err;
};

/* ---- what matches ------------------------------------------------------- */

static bool begins_with_wildcard(const char *filter)
{
	return filter[0] == '+' || filter[0] == '#';
}

bool rules_topic_is_own(struct span topic)
{
	return span_starts(topic, span_str(TOPIC_ROOT "/")) || span_starts(topic, span_str("homeassistant/"));
}

static bool matches(const struct record_rule *rule, struct span topic)
{
	if (begins_with_wildcard(rule->filter) && rules_topic_is_own(topic))
		return false;
	return topic_matches(span_str(rule->filter), topic);
}

bool rules_name_own(const struct rules *r)
{
	list_each(rule, &r->list, struct rule, link)
		if (rules_topic_is_own(span_str(rule->about.filter)))
			return true;
	return false;
}

bool rules_use(const struct rules *r, const char *filter)
{
	list_each(rule, &r->list, struct rule, link)
		if (strcmp(rule->about.filter, filter) == 0)
			return true;
	return false;
}

/* ---- the rules ------------------------------------------------------------ */

static void forget_topics(struct rules *r)
{
	struct map_node *node = map_next(&r->topics, NULL);
	while (node) {
		struct map_node *next = map_next(&r->topics, node);
		map_remove(&r->topics, node);
		free(container_of(node, struct known_topic, node));
		node = next;
	}
}

static struct rule *find(const struct rules *r, int64_t id)
{
	list_each(rule, &r->list, struct rule, link)
		if (rule->about.id == id)
			return rule;
	return NULL;
}

const struct record_rule *rules_get(const struct rules *r, int64_t id)
{
	struct rule *rule = find(r, id);
	return rule ? &rule->about : NULL;
}

int rules_each(const struct rules *r, int (*each)(void *ctx, const struct record_rule *rule), void *ctx)
{
	int err = 0;
	list_each(rule, &r->list, struct rule, link)
		if (!err)
			err = each(ctx, &rule->about);
	return err;
}

int rules_admit(struct rules *r, struct record_rule *rule)
{
	list_each(other, &r->list, struct rule, link)
		if (strcmp(other->about.filter, rule->filter) == 0 && strcmp(other->about.path, rule->path) == 0)
			return ERR_EXISTS;
	if (r->count >= RULES_MAX)
		return ERR_FULL;
	rule->id = ++r->last_id;
	return 0;
}

static void count_series(void *ctx, const struct series *series)
{
	struct rule *rule = ctx;
	if (!series->device[0] && strcmp(series->path, rule->about.path) == 0 &&
	    matches(&rule->about, span_str(series->topic)))
		rule->series++;
}

int rules_add(struct rules *r, const struct record_rule *about)
{
	const char *message;
	struct rule *rule = calloc(1, sizeof *rule);
	if (!rule)
		return ERR_NOMEM;
	rule->about = *about;
	if (path_parse(about->path, &rule->path, &message) != 0) {
		log_warning("ingest", "rule %lld is left out, its path %s is none: %s", (long long)about->id, about->path,
			    message);
		free(rule);
		return 0;
	}
	sampler_each(r->config.sampler, count_series, rule);
	list_append(&r->list, &rule->link);
	r->count++;
	if (about->id > r->last_id)
		r->last_id = about->id;
	forget_topics(r);
	return 0;
}

void rules_remove(struct rules *r, int64_t id)
{
	struct rule *rule = find(r, id);
	if (!rule)
		return;
	forget_topics(r);
	list_remove(&rule->link);
	r->count--;
	free(rule);
}

void rules_recount(struct rules *r)
{
	forget_topics(r);
	list_each(rule, &r->list, struct rule, link) {
		rule->series = 0;
		rule->full = false;
		sampler_each(r->config.sampler, count_series, rule);
	}
}

static void on_rule(void *ctx, const struct record_rule *rule)
{
	struct rules *r = ctx;
	int err = rules_add(r, rule);
	if (err != 0)
		r->load_err = err;
}

int rules_create(const struct rules_config *config, struct rules **rules_r)
{
	*rules_r = NULL;
	struct rules *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	r->config = *config;
	list_init(&r->list);
	int err = store_rule_each(config->store, on_rule, r);
	if (err == 0)
		err = r->load_err;
	if (err != 0)
		rules_destroy(&r);
	*rules_r = r;
	return err;
}

void rules_destroy(struct rules **rules)
{
	struct rules *r = *rules;
	*rules = NULL;
	if (!r)
		return;
	forget_topics(r);
	map_finish(&r->topics);
	list_each(rule, &r->list, struct rule, link)
		free(rule);
	free(r);
}

/* ---- topics ----------------------------------------------------------------- */

/* Whether an older rule takes the same value. */
static bool is_taken(const struct target *targets, size_t count, const struct rule *rule)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(targets[i].rule->about.path, rule->about.path) == 0)
			return true;
	return false;
}

static size_t find_targets(const struct rules *r, struct span topic, struct target targets_r[RULES_MAX])
{
	size_t count = 0;
	list_each(rule, &r->list, struct rule, link)
		if (matches(&rule->about, topic) && !is_taken(targets_r, count, rule))
			targets_r[count++] = (struct target){.rule = rule};
	return count;
}

/* What the series of a rule at a topic is made like. */
static void describe_series(const struct record_rule *rule, const char *topic, struct series *series_r)
{
	*series_r = (struct series){.kind = rule->kind, .recorder = rule->recorder};
	memcpy(series_r->topic, topic, strlen(topic) + 1); /* its length was looked at */
	memcpy(series_r->path, rule->path, sizeof series_r->path);
	memcpy(series_r->unit, rule->unit, sizeof series_r->unit);
	memcpy(series_r->device_class, rule->device_class, sizeof series_r->device_class);
}

/* A reading that nobody will record. */
static void lose(struct rules *r, int err)
{
	sampler_message_failed(r->config.sampler, err);
}

/* NULL when no rule wants it, or without memory. */
static struct known_topic *learn(struct rules *r, struct span topic)
{
	struct target targets[RULES_MAX];
	size_t count = topic.len < SERIES_TOPIC_SIZE ? find_targets(r, topic, targets) : 0;
	if (count == 0)
		return NULL;
	if (r->topics.count >= RULES_TOPICS_MAX)
		forget_topics(r);
	struct known_topic *known = calloc(1, sizeof *known + count * sizeof targets[0] + topic.len + 1);
	if (!known) {
		lose(r, ERR_NOMEM);
		return NULL;
	}
	char *text = (char *)&known->targets[count];
	memcpy(text, topic.data, topic.len);
	memcpy(known->targets, targets, count * sizeof targets[0]);
	known->topic = text;
	known->count = count;
	if (map_put(&r->topics, &known->node, span_str(text)) != 0) {
		free(known);
		lose(r, ERR_NOMEM);
		return NULL;
	}
	return known;
}

static struct known_topic *topic_of(struct rules *r, struct span topic)
{
	struct map_node *node = map_get(&r->topics, topic);
	return node ? container_of(node, struct known_topic, node) : learn(r, topic);
}

/* ---- values ----------------------------------------------------------------- */

static void refuse_topic(struct rules *r, struct rule *rule, const char *topic)
{
	if (rule->full)
		return;
	rule->full = true;
	log_warning("ingest", "rule %lld (%s) has %d series, as many as it may: %s and further topics are not recorded",
		    (long long)rule->about.id, rule->about.filter, RULE_SERIES_MAX, topic);
	if (r->config.full)
		r->config.full(r->config.ctx, &rule->about);
}

/* The series of the target, made when this is its first value; 0 when there can be none. */
static int64_t ensure_series(struct rules *r, const struct known_topic *known, struct target *target)
{
	struct rule *rule = target->rule;
	struct series wanted;
	if (target->series)
		return target->series;
	describe_series(&rule->about, known->topic, &wanted);
	const struct series *old = sampler_find(r->config.sampler, &wanted);
	if (old)
		return target->series = old->id;
	if (rule->series >= RULE_SERIES_MAX) {
		refuse_topic(r, rule, known->topic);
		return 0;
	}
	int64_t id = sampler_series(r->config.sampler, &wanted);
	if (id <= 0) { /* no memory: the next message tries again */
		lose(r, (int)id);
		return 0;
	}
	rule->series++;
	return target->series = id;
}

static void refuse_payload(struct known_topic *known, struct rule *rule)
{
	rule->malformed++;
	if (!known->odd && rule->odd_topics++ < ODD_TOPICS_MAX)
		log_warning("ingest", "topic %s: what rule %lld finds%s%s is no value for a %s series and is dropped",
			    known->topic, (long long)rule->about.id, rule->about.path[0] ? " at " : "", rule->about.path,
			    series_kind_name(rule->about.kind));
	known->odd = true;
}

static void take(struct rules *r, const struct rule_message *message, int64_t series, const struct value *value,
		 struct mono_ms now)
{
	if (value->kind == VALUE_TEXT) {
		const struct text_sample sample = {.series = series, .at = message->at, .text = span_str(value->text)};
		sampler_add_text(r->config.sampler, &sample, now);
	} else {
		const struct sample sample = {.series = series, .at = message->at, .value = value->number};
		sampler_add(r->config.sampler, &sample, now);
	}
}

void rules_hear(struct rules *r, const struct rule_message *message, struct mono_ms now)
{
	struct known_topic *known = topic_of(r, message->topic);
	struct payload payload = {.bytes = message->payload};
	for (size_t i = 0; known && i < known->count; i++) {
		struct target *target = &known->targets[i];
		struct value value;
		int err = payload_read(&payload, &target->rule->path, target->rule->about.kind, &value);
		int64_t series = err == 0 ? ensure_series(r, known, target) : 0;
		if (err == ERR_MALFORMED)
			refuse_payload(known, target->rule);
		else if (series > 0)
			take(r, message, series, &value, now);
	}
	payload_finish(&payload);
}

/* ---- words ------------------------------------------------------------------ */

static void rule_json(const struct rule *rule, struct json_out *o)
{
	const struct record_rule *about = &rule->about;
	json_out_raw(o, "{");
	json_out_member_int(o, "id", about->id);
	json_out_member_string(o, "name", about->name);
	json_out_member_string(o, "filter", about->filter);
	json_out_member_string(o, "path", about->path);
	json_out_member_string(o, "kind", series_kind_name(about->kind));
	json_out_member_text(o, "unit", about->unit);
	json_out_member_text(o, "device_class", about->device_class);
	json_out_key(o, "recorder");
	recorder_json(o, &about->recorder);
	json_out_member_int(o, "series", (int64_t)rule->series);
	json_out_member_bool(o, "full", rule->full);
	json_out_member_int(o, "malformed", (int64_t)rule->malformed);
	json_out_raw(o, "}");
}

void rules_json_one(const struct rules *r, int64_t id, struct json_out *o)
{
	rule_json(find(r, id), o);
}

void rules_json(const struct rules *r, struct json_out *o)
{
	json_out_raw(o, "[");
	list_each(rule, &r->list, struct rule, link) {
		json_out_next(o);
		rule_json(rule, o);
	}
	json_out_raw(o, "]");
}
