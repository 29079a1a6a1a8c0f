/* The owner's rules for topics that are no device's: which messages make samples, and how. An object
 * belongs to one thread (the house's), which also brings the messages and writes the rules to the store.
 *
 * A rule is a topic filter and a path (path.h; "" for the bare payload). Each topic that matches makes a series
 * of topic and path, when the first value is found there; a rule makes RULE_SERIES_MAX at most. Of several rules with
 * one path only the oldest counts for a topic. A filter that begins with a wildcard matches neither "$…" (MQTT 5.0 §4.7.2)
 * nor the topics of tomte's own devices and of discovery, which are heard anyway: a rule must name those. */
#ifndef INGEST_RULES_H
#define INGEST_RULES_H

#include <stdbool.h>

#include "db/rules.h"
#include "ingest/sampler.h"
#include "model/json_out.h"

enum {
	RULES_MAX = 64,
	RULE_SERIES_MAX = 256,    /* of one rule */
	RULES_TOPICS_MAX = 16384, /* that are remembered; beyond that all are looked at anew */
};

struct rules;

struct rules_config {
	struct store *store;     /* borrowed for rules_create */
	struct sampler *sampler; /* borrowed until rules_destroy */
	/* A rule has as many series as it may, and another topic matches. Once for each rule. */
	void (*full)(void *ctx, const struct record_rule *rule);
	void *ctx;
};

/* Reads the rules (blocks on the store). Returns 0, ERR_NOMEM or the store's error. */
int rules_create(const struct rules_config *config, struct rules **rules_r);
void rules_destroy(struct rules **rules);

/* Whether the new rule may be added; gives it an id. Returns 0, ERR_EXISTS (filter and path are
 * another's) or ERR_FULL. rule: as record_rule_parse makes it. */
int rules_admit(struct rules *r, struct record_rule *rule);

/* Takes over an admitted rule (copied) that the store has. Returns 0 or ERR_NOMEM. */
int rules_add(struct rules *r, const struct record_rule *rule);

/* The rule with the id, borrowed until it is removed, or NULL. */
const struct record_rule *rules_get(const struct rules *r, int64_t id);

/* Forgets the rule with the id. What it recorded stays. */
void rules_remove(struct rules *r, int64_t id);

/* Series are gone: counts them anew, and makes new ones when their topics speak again. */
void rules_recount(struct rules *r);

/* Calls each for every rule, in order of id, until it returns other than 0, which is returned. */
int rules_each(const struct rules *r, int (*each)(void *ctx, const struct record_rule *rule), void *ctx);

/* Whether some rule has this filter, word for word. */
bool rules_use(const struct rules *r, const char *filter);

/* Whether the topic is one that filters with a leading wildcard do not mean. */
bool rules_topic_is_own(struct span topic);

/* Whether some rule names such topics. */
bool rules_name_own(const struct rules *r);

/* A message on any topic. */
struct rule_message {
	struct span topic, payload; /* borrowed */
	struct wall_ms at;
};
void rules_hear(struct rules *r, const struct rule_message *message, struct mono_ms now);

/* Appends the rule as ports.h describes it; id: of one that is there. */
void rules_json_one(const struct rules *r, int64_t id, struct json_out *o);
/* Appends an array of all. */
void rules_json(const struct rules *r, struct json_out *o);

#endif
