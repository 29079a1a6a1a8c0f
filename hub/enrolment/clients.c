/* Making, changing and removing clients. */
#include "enrolment/clients.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "access/access.h"
#include "access/scram_verifier.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"
#include "model/json_out.h"
#include "mqtt/topic.h"

enum {
	PASSWORD_CHARS = 24, /* of 32 letters: 120 bits */
	NAMES_MAX = 100,     /* tried for a title, with a number behind */
};

/* ---- telling ------------------------------------------------------------------ */

/* Of clients from before it was kept it can be seen in the topics that their kind gave them. */
static const char *prefix_of(const struct client_record *c, char prefix_r[CLIENT_PREFIX_SIZE])
{
	if (c->prefix[0] || client_kind_prefix(c, prefix_r) != 0)
		return c->prefix;
	return prefix_r;
}

static void client_json(struct json_out *o, const struct client_record *c, const char *password)
{
	char prefix[CLIENT_PREFIX_SIZE];
	json_out_raw(o, "{");
	json_out_member_string(o, "name", c->name);
	json_out_member_string(o, "title", c->title);
	json_out_member_text(o, "kind", c->kind);
	json_out_member_time(o, "created", c->created_at);
	json_out_key(o, "topics");
	json_out_raw(o, "[");
	for (size_t i = 0; i < c->topic_count; i++) {
		json_out_next(o);
		json_out_raw(o, "{");
		json_out_member_string(o, "filter", c->topics[i].filter);
		json_out_member_bool(o, "publish", c->topics[i].publish);
		json_out_member_bool(o, "subscribe", c->topics[i].subscribe);
		json_out_raw(o, "}");
	}
	json_out_raw(o, "]");
	json_out_member_text(o, "prefix", prefix_of(c, prefix));
	if (password)
		json_out_member_string(o, "password", password);
	json_out_raw(o, "}");
}

static void add_json(void *ctx, const struct client_record *c)
{
	struct json_out *o = ctx;
	json_out_next(o);
	client_json(o, c, NULL);
}

static int port_clients(void *ctx, struct buf *json)
{
	const struct clients_config *config = ctx;
	struct json_out o = {.buf = json};
	json_out_raw(&o, "[");
	int err = store_client_each(config->store, add_json, &o);
	json_out_raw(&o, "]");
	return err ? err : o.err;
}

static int port_get(void *ctx, const char *name, struct buf *json)
{
	const struct clients_config *config = ctx;
	struct client_record c;
	struct json_out o = {.buf = json};
	int err = store_client_get(config->store, name, &c);
	if (err)
		return err;
	client_json(&o, &c, NULL);
	return o.err;
}

/* ---- wishes ------------------------------------------------------------------- */

struct wish_of_client {
	json_t *root; /* owned */
	struct buf *json;
	bool bad;
};

static void refuse(struct wish_of_client *w, const char *field, const char *detail)
{
	struct json_out o = {.buf = w->json};
	if (!w->bad) {
		json_out_raw(&o, "{");
		json_out_member_text(&o, "field", field);
		json_out_member_string(&o, "detail", detail);
		json_out_raw(&o, "}");
	}
	w->bad = true;
}

/* Copies a text of the wish; absence leaves dst as it is. */
static void take_text(struct wish_of_client *w, const char *field, char *dst, size_t size)
{
	const json_t *member = json_object_get(w->root, field);
	const char *text = json_string_value(member);
	if (!member)
		return;
	if (!text || !text[0] || strlen(text) >= size || !str_is_printable(text))
		refuse(w, field, "A text is wanted here, not empty, not too long, and without control characters.");
	else
		memcpy(dst, text, strlen(text) + 1);
}

static void take_topic(struct wish_of_client *w, const json_t *item, struct client_topic *t)
{
	const char *filter = json_string_value(json_object_get(item, "filter"));
	if (!filter || strlen(filter) >= sizeof t->filter || !str_is_printable(filter) || !topic_filter_valid(span_str(filter)) ||
	    strncmp(filter, "$share/", 7) == 0) {
		refuse(w, "topics", "Each topic needs a filter as MQTT knows them, such as garden/#.");
		return;
	}
	memcpy(t->filter, filter, strlen(filter) + 1);
	t->publish = json_is_true(json_object_get(item, "publish"));
	t->subscribe = json_is_true(json_object_get(item, "subscribe"));
	if (!t->publish && !t->subscribe)
		refuse(w, "topics", "A topic that may neither be published to nor subscribed to is of no use.");
}

static void take_topics(struct wish_of_client *w, struct client_record *c)
{
	const json_t *list = json_object_get(w->root, "topics"), *item;
	size_t i;
	if (!list)
		return;
	if (!json_is_array(list) || json_array_size(list) > CLIENT_TOPICS_MAX) {
		refuse(w, "topics", "A list of at most 32 topics is wanted here.");
		return;
	}
	c->topic_count = 0;
	json_array_foreach(list, i, item) {
		struct client_topic *t = &c->topics[c->topic_count];
		take_topic(w, item, t);
		for (size_t k = 0; k < c->topic_count && !w->bad; k++)
			if (strcmp(c->topics[k].filter, t->filter) == 0)
				refuse(w, "topics", "A filter stands there twice.");
		c->topic_count++;
	}
}

/* An id made of a title: "Kitchen plug" becomes "kitchen-plug". */
static void make_name(char name_r[MODEL_ID_SIZE], const char *title)
{
	size_t n = 0;
	for (const char *s = title; *s && n < MODEL_ID_MAX - 4; s++) {
		char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
		bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (fits || (n > 0 && name_r[n - 1] != '-'))
			name_r[n++] = fits ? c : '-';
	}
	while (n > 0 && name_r[n - 1] == '-')
		n--;
	name_r[n] = 0;
	if (n == 0)
		memcpy(name_r, "client", 7);
}

/* ---- secrets ------------------------------------------------------------------ */

/* Letters and digits that are not taken for each other (Crockford's), so that a person may type it into a device. */
static int make_password(struct client_record *c, char password_r[PASSWORD_CHARS + 1])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t bytes[PASSWORD_CHARS];
	rand_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		password_r[i] = letters[bytes[i] % 32];
	password_r[PASSWORD_CHARS] = 0;
	sodium_memzero(bytes, sizeof bytes);
	access_token_hash(span_str(password_r), c->token_hash);
	return scram_verifier_make(span_str(password_r), &c->scram);
}

/* ---- the slots ---------------------------------------------------------------- */

/* The prefix that the device is to be set to: a single level, or several, without wildcards. */
static void take_prefix(struct wish_of_client *w, struct client_record *c)
{
	/* its name is nobody else's, so neither are its topics */
	char *prefix = c->prefix;
	(void)str_copy(prefix, sizeof c->prefix, strcmp(c->kind, "zigbee2mqtt") == 0 ? "zigbee2mqtt" : c->name);
	take_text(w, "prefix", prefix, sizeof c->prefix);
	if (!topic_name_valid(span_str(prefix)) || prefix[0] == '$' || strncmp(prefix, "tomte", 6) == 0 ||
	    strncmp(prefix, "tomte/", 6) == 0)
		refuse(w, "prefix", "A prefix is a topic without wildcards, and not tomte's own.");
}

static bool is_taken(struct store *store, const char *name)
{
	struct client_record client;
	struct device_record device;
	bool taken = strcmp(name, CLIENTS_RESERVED_NAME) == 0 || store_client_get(store, name, &client) == 0 ||
		     store_device_get(store, name, &device) == 0;
	if (taken)
		return true;
	device_record_finish(&device);
	return false;
}

/* Made of the title, with a number behind when that is somebody's. */
static void choose_name(struct store *store, struct client_record *c)
{
	char base[MODEL_ID_SIZE];
	make_name(base, c->title);
	memcpy(c->name, base, sizeof base);
	for (int i = 2; i < NAMES_MAX && is_taken(store, c->name); i++)
		(void)str_format(c->name, sizeof c->name, "%s-%d", base, i); /* make_name leaves room */
}

static void read_new(struct store *store, struct wish_of_client *w, struct client_record *c)
{
	(void)str_copy(c->title, sizeof c->title, "Client");
	take_text(w, "title", c->title, sizeof c->title);
	take_text(w, "kind", c->kind, sizeof c->kind);
	choose_name(store, c);
	take_text(w, "name", c->name, sizeof c->name);
	if (!str_id_valid(span_str(c->name), MODEL_ID_MAX) || strcmp(c->name, CLIENTS_RESERVED_NAME) == 0)
		refuse(w, "name", "A user name is 1 to 32 of A-Z a-z 0-9 _ and -, and not metrics.");
	if (c->kind[0] && client_kind_has_prefix(c->kind))
		take_prefix(w, c);
	if (c->kind[0] && !w->bad && client_kind_topics(c->kind, c->prefix, c) != 0)
		refuse(w, "kind", "A kind is tasmota, shelly, zigbee2mqtt, esphome, homie, homeassistant or prefix.");
	take_topics(w, c);
	if (!w->bad && !c->topic_count)
		refuse(w, "topics", "Without topics it could do nothing: name a kind, or topics.");
}

static int port_add(void *ctx, struct span wish, struct buf *json)
{
	const struct clients_config *config = ctx;
	struct wish_of_client w = {.root = json_loadb((const char *)wish.data, wish.len, 0, NULL), .json = json};
	struct client_record c = {.created_at = clock_wall()};
	char password[PASSWORD_CHARS + 1];
	read_new(config->store, &w, &c);
	json_decref(w.root);
	int err = w.bad ? ERR_INVALID : make_password(&c, password);
	if (!err)
		err = store_client_add(config->store, &c, NULL);
	if (!err) {
		config->changed(config->ctx, c.name, false);
		struct json_out o = {.buf = json};
		client_json(&o, &c, password);
		err = o.err;
	}
	sodium_memzero(password, sizeof password);
	return err;
}

static int port_edit(void *ctx, const char *name, struct span wish, struct buf *json)
{
	const struct clients_config *config = ctx;
	struct client_record c;
	int err = store_client_get(config->store, name, &c);
	if (err)
		return err;
	struct wish_of_client w = {.root = json_loadb((const char *)wish.data, wish.len, 0, NULL), .json = json};
	take_text(&w, "title", c.title, sizeof c.title);
	take_topics(&w, &c);
	json_decref(w.root);
	if (w.bad)
		return ERR_INVALID;
	err = store_client_put(config->store, &c, NULL);
	if (err)
		return err;
	config->changed(config->ctx, name, false);
	struct json_out o = {.buf = json};
	client_json(&o, &c, NULL);
	return o.err;
}

static int port_renew(void *ctx, const char *name, struct buf *json)
{
	const struct clients_config *config = ctx;
	struct client_record c;
	char password[PASSWORD_CHARS + 1];
	int err = store_client_get(config->store, name, &c);
	if (!err)
		err = make_password(&c, password);
	if (!err)
		err = store_client_put(config->store, &c, NULL);
	if (err)
		return err;
	config->changed(config->ctx, name, false);
	struct json_out o = {.buf = json};
	client_json(&o, &c, password);
	sodium_memzero(password, sizeof password);
	return o.err;
}

static int port_remove(void *ctx, const char *name)
{
	const struct clients_config *config = ctx;
	int err = store_client_remove(config->store, name, NULL);
	if (!err)
		config->changed(config->ctx, name, true);
	return err;
}

struct client_port clients_port(const struct clients_config *config)
{
	return (struct client_port){
		.clients = port_clients,
		.get = port_get,
		.add = port_add,
		.edit = port_edit,
		.renew = port_renew,
		.remove = port_remove,
		.ctx = (void *)config,
	};
}
