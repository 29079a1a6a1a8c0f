/* Device records -> access table. Any thread that may block; the broker only
 * ever sees the finished table. */
#include "main/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"

enum { RULES = 2, FILTER_SIZE = MODEL_TOPIC_SIZE };

struct entry {
	char id[MODEL_ID_SIZE];
	uint8_t token_hash[32];
	struct scram_verifier scram;
	char filters[RULES][FILTER_SIZE];
	struct access_rule rules[RULES];
};

struct collection {
	struct entry *entries;
	size_t count, cap;
	int err;
};

/* A device reaches its own topics and its own description. */
static int fill_rules(struct entry *e)
{
	int err = str_format(e->filters[0], FILTER_SIZE, TOPIC_ROOT "/%s/#", e->id);
	return err ? err : topic_format_discovery(e->filters[1], e->id);
}

static void collect(void *ctx, const struct device_record *d)
{
	struct collection *c = ctx;
	if (d->revoked || c->err)
		return;
	if (c->count == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct entry *entries = realloc(c->entries, cap * sizeof *entries);
		if (!entries) {
			c->err = ERR_NOMEM;
			return;
		}
		c->entries = entries;
		c->cap = cap;
	}
	struct entry *e = &c->entries[c->count];
	memcpy(e->id, d->id, sizeof e->id);
	memcpy(e->token_hash, d->token_hash, sizeof e->token_hash);
	e->scram = d->scram;
	c->err = fill_rules(e);
	c->count++;
}

int credentials_decoy_key(struct store *store, uint8_t key_r[DECOY_KEY_BYTES])
{
	static const char setting[] = "login-decoy-key";
	struct buf value = {0};
	int err = store_setting_get(store, setting, &value);
	if (err == 0 && value.len == DECOY_KEY_BYTES) {
		memcpy(key_r, value.data, DECOY_KEY_BYTES);
	} else if (err == 0 || err == ERR_NOT_FOUND) {
		rand_bytes(key_r, DECOY_KEY_BYTES);
		err = store_setting_put(store, setting, span_of(key_r, DECOY_KEY_BYTES), NULL);
	}
	buf_finish(&value);
	return err;
}

int credentials_table(struct store *store, const uint8_t decoy_key[DECOY_KEY_BYTES], struct access_table **table_r)
{
	struct collection c = {0};
	struct access_user *users = NULL;
	int err = store_device_each(store, collect, &c);
	if (!err)
		err = c.err;
	if (err)
		goto out;
	users = calloc(c.count + 1, sizeof *users);
	if (!users) {
		err = ERR_NOMEM;
		goto out;
	}
	for (size_t i = 0; i < c.count; i++) {
		struct entry *e = &c.entries[i];
		for (size_t r = 0; r < RULES; r++)
			e->rules[r] = (struct access_rule){e->filters[r], true, true}; /* the array has stopped moving */
		users[i] = (struct access_user){
			.name = e->id, .scram = e->scram, .rules = e->rules, .rule_count = RULES, .own_client_id_only = true};
		memcpy(users[i].token_hash, e->token_hash, sizeof users[i].token_hash);
	}
	err = access_table_create(users, c.count, table_r);
	if (!err)
		access_table_set_decoy_key(*table_r, decoy_key);
out:
	free(users);
	free(c.entries);
	return err;
}
