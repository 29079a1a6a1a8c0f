/* Device and client records -> access table. Any thread that may block; the broker only
 * ever sees the finished table. */
#include "main/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"
#include "db/clients.h"
#include "web/mqtt_rights.h"

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
	struct client_record *clients;
	size_t client_count, client_cap;
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
	if (d->revoked || c->err || d->origin.dialect[0])
		return; /* devices of others log in as clients, or their gateways do */
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

static void collect_client(void *ctx, const struct client_record *client)
{
	struct collection *c = ctx;
	if (c->client_count == c->client_cap && !c->err) {
		size_t cap = c->client_cap ? c->client_cap * 2 : 16;
		struct client_record *clients = realloc(c->clients, cap * sizeof *clients);
		if (!clients) {
			c->err = ERR_NOMEM;
			return;
		}
		c->clients = clients;
		c->client_cap = cap;
	}
	if (!c->err)
		c->clients[c->client_count++] = *client;
}

static int load_decoy_key(struct store *store, uint8_t key_r[CREDENTIALS_KEY_BYTES])
{
	static const char setting[] = "login-decoy-key";
	struct buf value = {0};
	int err = store_setting_get(store, setting, &value);
	if (err == 0 && value.len == CREDENTIALS_KEY_BYTES) {
		memcpy(key_r, value.data, CREDENTIALS_KEY_BYTES);
	} else if (err == 0 || err == ERR_NOT_FOUND) {
		rand_bytes(key_r, CREDENTIALS_KEY_BYTES);
		err = store_setting_put(store, setting, span_of(key_r, CREDENTIALS_KEY_BYTES), NULL);
	}
	buf_finish(&value);
	return err;
}

int credentials_load(struct credentials *credentials, struct store *store, struct span metrics_token)
{
	*credentials = (struct credentials){.has_metrics = metrics_token.len > 0};
	access_token_hash(metrics_token, credentials->metrics_hash);
	return load_decoy_key(store, credentials->decoy_key);
}

/* Programs that watch the broker log in as they can: by password alone, under any client id that is no device's. */
static struct access_user metrics_user(const struct credentials *credentials)
{
	static const struct access_rule rule = {.filter = "$SYS/#", .subscribe = true};
	struct access_user user = {.name = CREDENTIALS_METRICS_USER, .rules = &rule, .rule_count = 1};
	memcpy(user.token_hash, credentials->metrics_hash, sizeof user.token_hash);
	return user;
}

/* People get in through the web, which has seen their session; each role is one user. */
static size_t add_people(struct access_user *users, struct access_rule rules[MQTT_RIGHTS_MAX][MQTT_RIGHTS_MAX])
{
	size_t roles;
	const struct mqtt_rights *all = mqtt_rights_all(&roles);
	for (size_t i = 0; i < roles; i++) {
		for (size_t k = 0; k < all[i].count; k++)
			rules[i][k] = (struct access_rule){all[i].rights[k].filter, all[i].rights[k].publish,
							   all[i].rights[k].subscribe};
		users[i] = (struct access_user){
			.name = all[i].user, .rules = rules[i], .rule_count = all[i].count, .pass_only = true};
	}
	return roles;
}

static struct access_user device_user(struct entry *e)
{
	for (size_t r = 0; r < RULES; r++)
		e->rules[r] = (struct access_rule){e->filters[r], true, true}; /* the array has stopped moving */
	struct access_user user = {
		.name = e->id, .scram = e->scram, .rules = e->rules, .rule_count = RULES, .own_client_id_only = true};
	memcpy(user.token_hash, e->token_hash, sizeof user.token_hash);
	return user;
}

/* What a client may is as its owner has decided; it may use any client id that is no device's. */
static struct access_user client_user(const struct client_record *client, struct access_rule *rules)
{
	for (size_t i = 0; i < client->topic_count; i++)
		rules[i] = (struct access_rule){client->topics[i].filter, client->topics[i].publish, client->topics[i].subscribe};
	struct access_user user = {
		.name = client->name, .scram = client->scram, .rules = rules, .rule_count = client->topic_count};
	memcpy(user.token_hash, client->token_hash, sizeof user.token_hash);
	return user;
}

int credentials_table(const struct credentials *credentials, struct store *store, struct access_table **table_r)
{
	struct collection c = {0};
	struct access_rule people[MQTT_RIGHTS_MAX][MQTT_RIGHTS_MAX];
	int err = store_device_each(store, collect, &c);
	if (!err)
		err = store_client_each(store, collect_client, &c);
	if (!err)
		err = c.err;
	struct access_user *users = err ? NULL : calloc(c.count + c.client_count + 1 + MQTT_RIGHTS_MAX, sizeof *users);
	struct access_rule(*rules)[CLIENT_TOPICS_MAX] = err ? NULL : calloc(c.client_count + 1, sizeof *rules);
	if (!err && (!users || !rules))
		err = ERR_NOMEM;
	if (!err) {
		for (size_t i = 0; i < c.count; i++)
			users[i] = device_user(&c.entries[i]);
		for (size_t i = 0; i < c.client_count; i++)
			users[c.count + i] = client_user(&c.clients[i], rules[i]);
		size_t count = c.count + c.client_count;
		count += add_people(&users[count], people);
		users[count] = metrics_user(credentials);
		err = access_table_create(users, count + credentials->has_metrics, table_r);
	}
	if (!err)
		access_table_set_decoy_key(*table_r, credentials->decoy_key);
	free(users);
	free(rules);
	free(c.entries);
	free(c.clients);
	return err;
}
