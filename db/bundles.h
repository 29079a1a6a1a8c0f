/* Bundles: what people command as one. A group is a list of entities, a scene a list of entities with the values that they shall
 * take. Part of the facade (store.h says who may call what, and how writes are answered); hub.db. */
#ifndef DB_BUNDLES_H
#define DB_BUNDLES_H

#include "db/store.h"
#include "model/bundle.h"

struct bundle_member {
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
	char *value; /* JSON of a wish; NULL in a group */
};

struct bundle_record {
	int64_t id; /* > 0, chosen by the caller, growing */
	enum bundle_kind kind;
	char name[MODEL_NAME_SIZE];
	struct bundle_member *members;
	size_t count;
};

/* Frees members and values; zeroed is fine. Of records that their holder has filled. */
void bundle_record_finish(struct bundle_record *b);

/* Calls each for every bundle, in order of id. What it is given is the store's. Reader. */
int store_bundle_each(struct store *s, void (*each)(void *ctx, const struct bundle_record *b), void *ctx);

/* The highest id ever given, 0 for none. Reader. */
int store_bundle_last_id(struct store *s, int64_t *id_r);

/* Inserts or replaces the bundle with the id. Members of devices that do not exist are left out. Writer. ERR_EXISTS when another of its
 * kind has its name, whatever the case of ASCII letters. */
int store_bundle_put(struct store *s, const struct bundle_record *b, const struct store_done *done);

/* Also 0 when there is none. Writer. */
int store_bundle_remove(struct store *s, int64_t id, const struct store_done *done);

#endif
