/* The owner's rules for topics that are no device's: what of their payloads is recorded.
 * Part of the facade (store.h says who may call what, and how writes are answered); hub.db. */
#ifndef DB_RULES_H
#define DB_RULES_H

#include "db/history.h"

enum { RULE_NAME_SIZE = MODEL_NAME_SIZE };

struct record_rule {
	int64_t id;                     /* > 0, chosen by the caller */
	char name[RULE_NAME_SIZE];      /* the owner's word for it; "" for none */
	char filter[SERIES_TOPIC_SIZE]; /* MQTT topic filter */
	char path[SERIES_PATH_SIZE];    /* in the JSON payload (ingest/path.h); "": the bare payload */
	/* What the series that it makes are given. */
	enum series_kind kind;
	char unit[SERIES_UNIT_SIZE], device_class[SERIES_CLASS_SIZE];
	struct recorder recorder;
};

/* Calls each for every rule, in order of id. Reader. */
int store_rule_each(struct store *s, void (*each)(void *ctx, const struct record_rule *rule), void *ctx);

/* Inserts or replaces the rule with the id. Writer. ERR_EXISTS when another has its filter and path. */
int store_rule_put(struct store *s, const struct record_rule *rule, const struct store_done *done);

/* Also 0 when there is none. Writer. */
int store_rule_remove(struct store *s, int64_t id, const struct store_done *done);

#endif
