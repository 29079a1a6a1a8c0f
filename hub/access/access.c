/* The table of who may connect and what they may do. Built once, then read by
 * every worker thread without a lock; only its reference count ever changes.
 * Knows nothing of connections: it decides, others act. */
#include "access/access.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "access/scram_verifier.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "mqtt/topic.h"

/* How a rule's filter is compared with a topic name: most rules are a literal
 * prefix with "/#" behind it and need no walk over levels. */
enum rule_kind {
	RULE_LITERAL, /* no wildcard */
	RULE_BELOW,   /* "a/b/#": a/b and all below it */
	RULE_FILTER,  /* anything else */
};

struct rule {
	struct span filter; /* owned: data is malloc'ed */
	uint8_t kind;       /* enum rule_kind */
	bool publish, subscribe;
};

struct access_identity {
	struct map_node node; /* access_table.by_name */
	char *name;           /* owned */
	uint8_t token_hash[32];
	struct scram_verifier scram; /* iterations 0: none */
	struct rule *rules; /* owned */
	size_t rule_count;
	bool own_client_id_only, pass_only;
	bool anyone; /* the one identity of an open table */
};

struct access_table {
	_Atomic uint32_t refs;
	struct map by_name; /* access_identity.node */
	struct access_identity *identities;
	size_t count;
	uint8_t decoy_key[32];
};

static enum rule_kind kind_of(struct span filter)
{
	const uint8_t *end = filter.data + filter.len;
	const uint8_t *p = filter.data;
	while (p < end && *p != '+' && *p != '#')
		p++;
	if (p == end)
		return RULE_LITERAL;
	return *p == '#' && filter.len > 2 ? RULE_BELOW : RULE_FILTER;
}

static int copy_rule(struct rule *to, const struct access_rule *from)
{
	struct span filter = span_str(from->filter);
	if (!topic_filter_valid(filter) || topic_split_shared(filter, &(struct span){0}, &(struct span){0}))
		return ERR_INVALID;
	uint8_t *copy = malloc(filter.len);
	if (!copy)
		return ERR_NOMEM;
	memcpy(copy, filter.data, filter.len);
	*to = (struct rule){span_of(copy, filter.len), (uint8_t)kind_of(filter), from->publish, from->subscribe};
	return 0;
}

static int copy_user(struct access_identity *to, const struct access_user *from)
{
	to->own_client_id_only = from->own_client_id_only;
	to->pass_only = from->pass_only;
	memcpy(to->token_hash, from->token_hash, sizeof to->token_hash);
	to->scram = from->scram;
	to->name = strdup(from->name);
	to->rules = calloc(from->rule_count ? from->rule_count : 1, sizeof *to->rules);
	if (!to->name || !to->rules)
		return ERR_NOMEM;
	for (size_t i = 0; i < from->rule_count; i++) {
		int err = copy_rule(&to->rules[i], &from->rules[i]);
		if (err)
			return err;
		to->rule_count++;
	}
	return 0;
}

static void table_free(struct access_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct access_identity *identity = &table->identities[i];
		for (size_t k = 0; k < identity->rule_count; k++)
			free((void *)identity->rules[k].filter.data);
		free(identity->rules);
		free(identity->name);
	}
	free(table->identities);
	map_finish(&table->by_name);
	free(table);
}

static struct access_table *table_alloc(size_t count)
{
	struct access_table *table = calloc(1, sizeof *table);
	if (!table)
		return NULL;
	atomic_init(&table->refs, 1);
	randombytes_buf(table->decoy_key, sizeof table->decoy_key);
	table->identities = calloc(count ? count : 1, sizeof *table->identities);
	if (!table->identities) {
		free(table);
		return NULL;
	}
	return table;
}

int access_table_create(const struct access_user *users, size_t count, struct access_table **table_r)
{
	struct access_table *table = table_alloc(count);
	if (!table)
		return ERR_NOMEM;
	int err = 0;
	for (size_t i = 0; i < count && !err; i++) {
		struct access_identity *identity = &table->identities[table->count++];
		err = users[i].name[0] ? copy_user(identity, &users[i]) : ERR_INVALID;
		if (!err)
			err = map_put(&table->by_name, &identity->node, span_str(identity->name));
	}
	if (err) {
		table_free(table);
		return err;
	}
	*table_r = table;
	return 0;
}

int access_table_create_open(struct access_table **table_r)
{
	struct access_table *table = table_alloc(1);
	if (!table)
		return ERR_NOMEM;
	struct access_identity *anyone = &table->identities[table->count++];
	anyone->name = strdup("");
	if (!anyone->name) {
		table_free(table);
		return ERR_NOMEM;
	}
	anyone->anyone = true;
	*table_r = table;
	return 0;
}

void access_table_set_decoy_key(struct access_table *table, const uint8_t key[32])
{
	memcpy(table->decoy_key, key, sizeof table->decoy_key);
}

struct access_table *access_table_ref(struct access_table *table)
{
	atomic_fetch_add_explicit(&table->refs, 1, memory_order_relaxed);
	return table;
}

void access_table_unref(struct access_table **table)
{
	struct access_table *t = *table;
	*table = NULL;
	if (t && atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
		table_free(t);
}

void access_token_hash(struct span token, uint8_t hash_r[32])
{
	crypto_generichash(hash_r, 32, token.data, token.len, NULL, 0);
}

static const struct access_identity *open_identity(const struct access_table *table)
{
	return table->count == 1 && table->identities[0].anyone ? &table->identities[0] : NULL;
}

bool access_table_is_open(const struct access_table *table)
{
	return open_identity(table) != NULL;
}

static const struct access_identity *find(const struct access_table *table, struct span name)
{
	struct map_node *node = map_get(&table->by_name, name);
	return node ? container_of(node, struct access_identity, node) : NULL;
}

int access_login(struct access_table *table, struct span username, struct span password, struct span client_id,
		 const struct access_identity **identity_r)
{
	const struct access_identity *identity = open_identity(table);
	if (identity) {
		*identity_r = identity;
		return 0;
	}
	/* The same steps for known and unknown names, so that time tells nothing. */
	static const uint8_t nobody[32];
	uint8_t hash[32];
	access_token_hash(password, hash);
	identity = username.len ? find(table, username) : NULL;
	bool same = sodium_memcmp(hash, identity ? identity->token_hash : nobody, sizeof hash) == 0;
	if (!identity || identity->pass_only || !same || !password.data)
		return ERR_DENIED;
	if (!access_may_use_client_id(table, identity, client_id))
		return ERR_INVALID;
	*identity_r = identity;
	return 0;
}

bool access_may_use_client_id(const struct access_table *table, const struct access_identity *identity, struct span client_id)
{
	if (span_is(client_id, identity->name))
		return true;
	const struct access_identity *owner = find(table, client_id);
	return !identity->own_client_id_only && !(owner && owner->own_client_id_only);
}

const struct access_identity *access_verifier(struct access_table *table, struct span username,
					      struct scram_verifier *verifier)
{
	/* Both for every name, so that time tells little. */
	struct scram_verifier decoy = {.iterations = SCRAM_ITERATIONS};
	crypto_generichash(decoy.salt, sizeof decoy.salt, username.data, username.len, table->decoy_key,
			   sizeof table->decoy_key);
	const struct access_identity *identity = find(table, username);
	bool known = identity && !identity->pass_only && identity->scram.iterations;
	*verifier = known ? identity->scram : decoy;
	return known ? identity : NULL;
}

/* A login that needs no password: of those who are pass_only, or of the others. */
static int login_by_name(struct access_table *table, struct span name, struct span client_id, bool pass_only,
			 const struct access_identity **identity_r)
{
	const struct access_identity *identity = open_identity(table);
	if (!identity) {
		identity = name.len ? find(table, name) : NULL;
		if (!identity || identity->pass_only != pass_only)
			return ERR_DENIED;
	}
	if (!access_may_use_client_id(table, identity, client_id))
		return ERR_INVALID;
	*identity_r = identity;
	return 0;
}

int access_login_proven(struct access_table *table, struct span name, struct span client_id,
			const struct access_identity **identity_r)
{
	return login_by_name(table, name, client_id, false, identity_r);
}

int access_login_pass(struct access_table *table, struct span name, struct span client_id,
		      const struct access_identity **identity_r)
{
	return login_by_name(table, name, client_id, true, identity_r);
}

const struct access_identity *access_renew(struct access_table *table, const struct access_identity *old)
{
	if (old->anyone)
		return open_identity(table);
	const struct access_identity *now = find(table, span_str(old->name));
	return now && sodium_memcmp(now->token_hash, old->token_hash, sizeof old->token_hash) == 0 ? now : NULL;
}

const struct access_identity *access_find(struct access_table *table, struct span name)
{
	const struct access_identity *anyone = open_identity(table);
	return anyone ? anyone : find(table, name);
}

const char *access_name(const struct access_identity *identity)
{
	return identity->name;
}

static bool rule_matches(const struct rule *rule, struct span topic)
{
	switch (rule->kind) {
	case RULE_LITERAL:
		return span_equal(rule->filter, topic);
	case RULE_BELOW: {
		struct span base = span_of(rule->filter.data, rule->filter.len - 2);
		return span_starts(topic, base) && (topic.len == base.len || topic.data[base.len] == '/');
	}
	default:
		return topic_matches(rule->filter, topic);
	}
}

bool access_may_publish(const struct access_identity *identity, struct span topic)
{
	if (identity->anyone)
		return true;
	for (size_t i = 0; i < identity->rule_count; i++)
		if (identity->rules[i].publish && rule_matches(&identity->rules[i], topic))
			return true;
	return false;
}

bool access_may_subscribe(const struct access_identity *identity, struct span filter)
{
	if (identity->anyone)
		return true;
	for (size_t i = 0; i < identity->rule_count; i++)
		if (identity->rules[i].subscribe && topic_filter_covers(identity->rules[i].filter, filter))
			return true;
	return false;
}

int access_reply_prefix(const struct access_identity *identity, char *prefix_r, size_t size)
{
	for (size_t i = 0; i < identity->rule_count; i++) {
		const struct rule *rule = &identity->rules[i];
		if (rule->kind == RULE_BELOW && rule->publish && rule->subscribe)
			return str_format(prefix_r, size, "%.*s/reply/", (int)(rule->filter.len - 2),
					  (const char *)rule->filter.data) ? ERR_NOT_FOUND : 0;
	}
	return ERR_NOT_FOUND;
}
