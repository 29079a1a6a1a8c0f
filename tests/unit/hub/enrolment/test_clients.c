/* Clients: what their owner may wish, what they get, and that nothing but a hash of it stays. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "access/access.h"
#include "base/err.h"
#include "base/str.h"
#include "enrolment/clients.h"
#include "support/scratch.h"
#include "support/suite.h"

static struct scratch dir;
static struct store *store;
static struct clients_config config;
static struct client_port port;
static char changed[64];

static void on_changed(void *ctx, const char *client, bool gone)
{
	(void)ctx;
	ck_assert_int_eq(str_format(changed, sizeof changed, "%s%s", client, gone ? " gone" : ""), 0);
}

static void begin(void)
{
	char message[512];
	scratch_create(&dir);
	const struct store_options options = {.state_dir = dir.path};
	ck_assert_msg(store_open(&options, &store, message) == 0, "%s", message);
	config = (struct clients_config){.store = store, .changed = on_changed};
	port = clients_port(&config);
	changed[0] = 0;
}

static void end(void)
{
	store_close(&store);
	scratch_remove(&dir);
}

/* Single quotes stand for double ones. */
static struct span quoted(const char *text)
{
	static char copy[4096];
	ck_assert_int_eq(str_copy(copy, sizeof copy, text), 0);
	for (char *c = copy; (c = strchr(c, '\'')); c++)
		*c = '"';
	return span_str(copy);
}

static json_t *add(const char *wish, int want)
{
	struct buf json = {0};
	int err = port.add(port.ctx, quoted(wish), &json);
	ck_assert_msg(err == want, "%s: %s %s", wish, err_text(err), json.len ? buf_cstr(&json) : "");
	json_t *answer = json_loadb((const char *)json.data, json.len, 0, NULL);
	buf_finish(&json);
	return answer;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void refused(const char *wish, const char *field)
{
	json_t *reason = add(wish, ERR_INVALID);
	ck_assert_str_eq(text_of(reason, "field"), field);
	ck_assert(text_of(reason, "detail")[0]);
	json_decref(reason);
}

/* "filter+p+s " of each topic. */
static const char *topics_of(const json_t *client)
{
	static char text[2048];
	size_t i, len = 0;
	json_t *topic;
	text[0] = 0;
	json_array_foreach(json_object_get(client, "topics"), i, topic) {
		ck_assert_int_eq(str_format(text + len, sizeof text - len, "%s%s%s ", text_of(topic, "filter"),
					    json_is_true(json_object_get(topic, "publish")) ? "+p" : "",
					    json_is_true(json_object_get(topic, "subscribe")) ? "+s" : ""), 0);
		len = strlen(text);
	}
	return text;
}

START_TEST(a_kind_brings_its_topics)
{
	begin();
	json_t *c = add("{'title':'Kitchen Plug!','kind':'tasmota'}", 0);
	ck_assert_str_eq(text_of(c, "name"), "kitchen-plug");
	ck_assert_str_eq(text_of(c, "prefix"), "kitchen-plug");
	ck_assert_str_eq(topics_of(c), "cmnd/kitchen-plug/#+s stat/kitchen-plug/#+p tele/kitchen-plug/#+p "
				       "tasmota/discovery/+/config+p tasmota/discovery/+/sensors+p ");
	ck_assert_str_eq(changed, "kitchen-plug");
	json_decref(c);
	c = add("{'title':'Kitchen plug','kind':'esphome','prefix':'node-2'}", 0); /* the name is taken */
	ck_assert_str_eq(text_of(c, "name"), "kitchen-plug-2");
	ck_assert_str_eq(topics_of(c), "node-2/#+p+s homeassistant/+/node-2/+/config+p homeassistant/status+s ");
	json_decref(c);
	c = add("{'kind':'shelly','title':'Kitchen plug'}", 0);
	ck_assert_str_eq(text_of(c, "prefix"), "kitchen-plug-3"); /* nobody else's topics */
	json_decref(c);
	c = add("{'kind':'shelly','title':'Metrics'}", 0);
	ck_assert_str_eq(text_of(c, "name"), "metrics-2"); /* is no client's */
	json_decref(c);
	c = add("{'kind':'shelly'}", 0);
	ck_assert_str_eq(text_of(c, "title"), "Client");
	json_decref(c);
	static const char *const kinds[] = {"shelly", "zigbee2mqtt", "homie", "homeassistant", "prefix"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char wish[64];
		ck_assert_int_eq(str_format(wish, sizeof wish, "{'title':'%s','kind':'%s'}", kinds[i], kinds[i]), 0);
		c = add(wish, 0);
		ck_assert_msg(topics_of(c)[0], "%s", kinds[i]);
		json_decref(c);
	}
	end();
}
END_TEST

/* Of clients from before the prefix was kept. */
START_TEST(the_prefix_is_seen_in_the_topics)
{
	static const char *const kinds[] = {"tasmota", "shelly", "zigbee2mqtt", "esphome", "homie", "prefix"};
	static const char *const prefixes[] = {"plug", "a/b", "zeta", "5"};
	char found[CLIENT_PREFIX_SIZE];
	struct client_record c = {0};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
			ck_assert_int_eq(str_copy(c.kind, sizeof c.kind, kinds[i]), 0);
			ck_assert_int_eq(client_kind_topics(kinds[i], prefixes[k], &c), 0);
			for (size_t n = 0; n < c.topic_count; n++) { /* whatever their order */
				struct client_topic first = c.topics[0];
				memmove(&c.topics[0], &c.topics[1], (c.topic_count - 1) * sizeof first);
				c.topics[c.topic_count - 1] = first;
				ck_assert_msg(client_kind_prefix(&c, found) == 0, "%s %s", kinds[i], prefixes[k]);
				ck_assert_str_eq(found, prefixes[k]);
			}
			memcpy(c.topics[0].filter, "other", 6);
			ck_assert_int_eq(client_kind_prefix(&c, found), ERR_NOT_FOUND);
		}
	ck_assert_int_eq(str_copy(c.kind, sizeof c.kind, "homeassistant"), 0);
	ck_assert_int_eq(client_kind_topics("homeassistant", "", &c), 0);
	ck_assert_int_eq(client_kind_prefix(&c, found), ERR_NOT_FOUND);
}
END_TEST

START_TEST(the_prefix_stays_with_the_client)
{
	begin();
	json_decref(add("{'title':'Plug','kind':'tasmota','prefix':'cellar/plug'}", 0));
	struct buf text = {0};
	ck_assert_int_eq(port.renew(port.ctx, "plug", &text), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&text), "\"prefix\":\"cellar/plug\",\"password\":"));
	text.len = 0;
	const struct span other = quoted("{'topics':[{'filter':'x/#','publish':true}]}");
	ck_assert_int_eq(port.edit(port.ctx, "plug", other, &text), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&text), "\"prefix\":\"cellar/plug\""));
	text.len = 0;
	ck_assert_int_eq(port.get(port.ctx, "plug", &text), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&text), "\"prefix\":\"cellar/plug\"}"));
	ck_assert_int_eq(port.get(port.ctx, "nobody", &text), ERR_NOT_FOUND);
	buf_finish(&text);
	end();
}
END_TEST

START_TEST(wishes_are_checked)
{
	begin();
	json_decref(add("{'title':'Mine','name':'mine','topics':[{'filter':'a/#','publish':true},{'filter':'b/+','subscribe':true}]}", 0));
	json_decref(add("{'title':'Mine','name':'mine','kind':'homeassistant'}", ERR_EXISTS));
	refused("{'title':'x'}", "topics");
	refused("nonsense", "topics");
	refused("{'title':'','kind':'shelly'}", "title");
	refused("{'title':'x','kind':'toaster'}", "kind");
	refused("{'title':'x','kind':'shelly','prefix':'a/#'}", "prefix");
	refused("{'title':'x','kind':'shelly','prefix':'tomte/lamp'}", "prefix");
	refused("{'title':'x','kind':'shelly','name':'a b'}", "name");
	refused("{'title':'x','kind':'shelly','name':'metrics'}", "name");
	refused("{'title':'x','topics':[{'filter':'a#','publish':true}]}", "topics");
	refused("{'title':'x','topics':[{'filter':'$share/a/b','publish':true}]}", "topics");
	refused("{'title':'x','topics':[{'filter':'a'}]}", "topics");
	refused("{'title':'x','topics':[{'filter':'a','publish':true},{'filter':'a','subscribe':true}]}", "topics");
	refused("{'title':'x','topics':7}", "topics");
	end();
}
END_TEST

START_TEST(secrets)
{
	begin();
	json_t *c = add("{'title':'Plug','kind':'shelly'}", 0);
	const char *password = text_of(c, "password");
	struct client_record r;
	uint8_t hash[32];
	ck_assert_uint_eq(strlen(password), 24);
	access_token_hash(span_str(password), hash);
	ck_assert_int_eq(store_client_get(store, "plug", &r), 0);
	ck_assert_mem_eq(r.token_hash, hash, sizeof hash);
	ck_assert_uint_gt(r.scram.iterations, 0);

	struct buf json = {0};
	ck_assert_int_eq(port.renew(port.ctx, "plug", &json), 0);
	ck_assert_ptr_null(strstr(buf_cstr(&json), password));
	ck_assert_int_eq(store_client_get(store, "plug", &r), 0);
	ck_assert_mem_ne(r.token_hash, hash, sizeof hash);
	json.len = 0;
	ck_assert_int_eq(port.clients(port.ctx, &json), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"name\":\"plug\""));
	ck_assert_ptr_null(strstr(buf_cstr(&json), "password"));
	ck_assert_int_eq(port.renew(port.ctx, "nobody", &json), ERR_NOT_FOUND);
	buf_finish(&json);
	json_decref(c);
	end();
}
END_TEST

START_TEST(changes_and_ends)
{
	begin();
	struct buf json = {0};
	json_decref(add("{'title':'Plug','kind':'prefix'}", 0));
	changed[0] = 0;
	ck_assert_int_eq(port.edit(port.ctx, "plug", quoted("{'title':'Lamp','topics':[{'filter':'x/#','publish':true}]}"), &json), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"title\":\"Lamp\""));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"filter\":\"x/#\""));
	ck_assert_str_eq(changed, "plug");
	json.len = 0;
	ck_assert_int_eq(port.edit(port.ctx, "plug", quoted("{'topics':[{'filter':'#/x','publish':true}]}"), &json), ERR_INVALID);
	json.len = 0;
	ck_assert_int_eq(port.edit(port.ctx, "nobody", quoted("{}"), &json), ERR_NOT_FOUND);
	ck_assert_int_eq(port.remove(port.ctx, "plug"), 0);
	ck_assert_str_eq(changed, "plug gone");
	ck_assert_int_eq(port.remove(port.ctx, "plug"), ERR_NOT_FOUND);
	buf_finish(&json);
	end();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_kind_brings_its_topics, the_prefix_is_seen_in_the_topics, the_prefix_stays_with_the_client, wishes_are_checked, secrets, changes_and_ends};
	return suite_run("enrolment/clients", tests, sizeof tests / sizeof *tests);
}
