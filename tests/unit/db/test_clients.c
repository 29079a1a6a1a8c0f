/* Clients, and the devices that they describe, in hub.db. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/clients.h"
#include "db/history.h"
#include "support.h"

static struct client_record client(const char *name)
{
	struct client_record c = {.title = "Plug", .kind = "tasmota", .token_hash = {7}, .scram = {.iterations = 4096, .salt = {1}},
				  .created_at = {5}, .topic_count = 2,
				  .topics = {{"cmnd/plug/#", false, true}, {"stat/plug/#", true, false}}};
	ck_assert_int_eq(str_copy(c.name, sizeof c.name, name), 0);
	return c;
}

static void append_client(void *ctx, const struct client_record *c)
{
	ck_assert_int_eq(buf_printf(ctx, "%s(", c->name), 0);
	for (size_t i = 0; i < c->topic_count; i++)
		ck_assert_int_eq(buf_printf(ctx, "%s%s%s ", c->topics[i].filter, c->topics[i].publish ? "+p" : "",
					    c->topics[i].subscribe ? "+s" : ""), 0);
	ck_assert_int_eq(buf_append_str(ctx, ")"), 0);
}

static void expect_clients(struct store *s, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_client_each(s, append_client, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

START_TEST(clients)
{
	struct store *s = test_open();
	struct client_record c = client("plug"), got;
	ck_assert_int_eq(store_client_add(s, &c, NULL), 0);
	ck_assert_int_eq(store_client_add(s, &c, NULL), ERR_EXISTS);
	ck_assert_int_eq(store_client_get(s, "plug", &got), 0);
	ck_assert_mem_eq(got.token_hash, c.token_hash, sizeof c.token_hash);
	ck_assert_mem_eq(&got.scram, &c.scram, sizeof c.scram);
	ck_assert_str_eq(got.title, "Plug");
	ck_assert_str_eq(got.kind, "tasmota");
	ck_assert_int_eq(got.created_at.ms, 5);
	c = client("bridge");
	c.topic_count = 0;
	ck_assert_int_eq(store_client_add(s, &c, NULL), 0);
	expect_clients(s, "bridge()plug(cmnd/plug/#+s stat/plug/#+p )");
	c.topic_count = 1;
	ck_assert_int_eq(store_client_put(s, &c, NULL), 0);
	expect_clients(s, "bridge(cmnd/plug/#+s )plug(cmnd/plug/#+s stat/plug/#+p )");
	ck_assert_int_eq(store_client_remove(s, "plug", NULL), 0);
	ck_assert_int_eq(store_client_remove(s, "plug", NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_client_get(s, "plug", &got), ERR_NOT_FOUND);
	c = client("other");
	ck_assert_int_eq(store_client_put(s, &c, NULL), ERR_NOT_FOUND);
	c.scram.iterations = 0;
	ck_assert_int_eq(store_client_add(s, &c, NULL), ERR_INVALID);
	const struct device_record lamp = {.id = "lamp"};
	ck_assert_int_eq(store_device_put(s, &lamp, NULL), 0);
	c = client("lamp");
	ck_assert_int_eq(store_client_add(s, &c, NULL), ERR_EXISTS);
	store_close(&s);
}
END_TEST

static void append_fragment(void *ctx, const struct device_fragment *f)
{
	ck_assert_int_eq(buf_printf(ctx, "%s=%s ", f->topic, f->payload), 0);
}

static void expect_fragments(struct store *s, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_fragment_each(s, "plug", append_fragment, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

START_TEST(devices_of_others)
{
	struct store *s = test_open();
	struct device_record d = {.id = "plug", .name = "Plug", .origin = {"tas", "tasmota", "AABBCC"}}, got;
	const struct device_fragment parts[] = {{"d/config", "{}"}, {"d/sensors", "{1}"}};
	ck_assert_int_eq(store_device_describe(s, &d, parts, 2, NULL), 0);
	expect_fragments(s, "d/config={} d/sensors={1} ");
	ck_assert_int_eq(store_device_get(s, "plug", &got), 0);
	ck_assert_str_eq(got.origin.client, "tas");
	ck_assert_str_eq(got.origin.dialect, "tasmota");
	ck_assert_str_eq(got.origin.native, "AABBCC");
	device_record_finish(&got);
	const struct device_fragment fewer[] = {{"d/config", "{2}"}};
	ck_assert_int_eq(store_device_describe(s, &d, fewer, 1, NULL), 0);
	expect_fragments(s, "d/config={2} ");

	/* Neither its id nor its name there is given twice. */
	struct device_record other = d;
	memcpy(other.origin.native, "DDEEFF", 7);
	ck_assert_int_eq(store_device_describe(s, &other, parts, 2, NULL), ERR_EXISTS);
	memcpy(d.id, "copy", 5);
	ck_assert_int_eq(store_device_describe(s, &d, parts, 2, NULL), ERR_EXISTS);
	ck_assert_int_eq(store_device_get(s, "copy", &got), ERR_NOT_FOUND);
	const struct device_record own = {.id = "own"};
	ck_assert_int_eq(store_device_put(s, &own, NULL), 0);
	memcpy(other.id, "own", 4);
	ck_assert_int_eq(store_device_describe(s, &other, parts, 2, NULL), ERR_EXISTS);

	ck_assert_int_eq(store_device_remove(s, "plug", NULL), 0);
	ck_assert_int_eq(store_device_remove(s, "plug", NULL), ERR_NOT_FOUND);
	expect_fragments(s, "");
	store_close(&s);
}
END_TEST

static void append_alias(void *ctx, const struct device_alias *a)
{
	ck_assert_int_eq(buf_printf(ctx, "%s=%s ", a->described, a->entity), 0);
}

static void expect_aliases(struct store *s, const char *device, const char *want)
{
	struct buf list = {0};
	ck_assert_int_eq(store_alias_each(s, device, append_alias, &list), 0);
	ck_assert_str_eq(list.len ? buf_cstr(&list) : "", want);
	buf_finish(&list);
}

START_TEST(one_in_the_place_of_another)
{
	struct store *s = test_open();
	const struct device_record plug = {.id = "plug", .name = "Plug", .area = "Shed", .model = "M1", .origin = {"tas", "tasmota", "AABBCC"}},
				   fresh = {.id = "fresh", .name = "Fresh", .model = "M2", .origin = {"tas", "tasmota", "DDEEFF"}},
				   own = {.id = "own"};
	const struct device_fragment old_parts[] = {{"a/config", "{}"}, {"a/sensors", "{1}"}}, parts[] = {{"d/config", "{2}"}};
	const struct device_alias aliases[] = {{"relay_2", "relay"}, {"t2", "t"}};
	struct device_record got, stays = plug;
	ck_assert_int_eq(store_device_describe(s, &plug, old_parts, 2, NULL), 0);
	ck_assert_int_eq(store_device_describe(s, &fresh, parts, 1, NULL), 0);
	ck_assert_int_eq(store_device_put(s, &own, NULL), 0);
	const struct series series[] = {{.id = 1, .device = "plug", .entity = "t"}, {.id = 2, .device = "fresh", .entity = "t2"}};
	ck_assert_int_eq(store_series_put(s, &series[0], NULL), 0);
	ck_assert_int_eq(store_series_put(s, &series[1], NULL), 0);
	const struct sample samples[] = {{.series = 1, .at = {1000}, .value = 1}, {.series = 2, .at = {2000}, .value = 2}};
	ck_assert_int_eq(store_append(s, samples, 2, NULL), 0);

	stays.origin = fresh.origin;
	memcpy(stays.model, "M2", 3);
	struct device_replacement r = {&stays, "fresh", parts, 1, aliases, 2};
	ck_assert_int_eq(store_device_replace(s, &r, NULL), 0);
	expect_fragments(s, "d/config={2} ");
	expect_aliases(s, "plug", "relay_2=relay t2=t ");
	ck_assert_int_eq(store_device_get(s, "plug", &got), 0);
	ck_assert_str_eq(got.origin.native, "DDEEFF");
	ck_assert_str_eq(got.name, "Plug");
	ck_assert_str_eq(got.area, "Shed");
	ck_assert_str_eq(got.model, "M2");
	device_record_finish(&got);
	ck_assert_int_eq(store_device_get(s, "fresh", &got), ERR_NOT_FOUND);
	struct sample latest;
	ck_assert_int_eq(store_latest(s, 1, &latest), 0);

	/* What cannot be leaves all as it was. */
	ck_assert_int_eq(store_device_replace(s, &r, NULL), ERR_NOT_FOUND);
	r.other = "own";
	ck_assert_int_eq(store_device_replace(s, &r, NULL), ERR_NOT_FOUND);
	r.other = "plug";
	ck_assert_int_eq(store_device_replace(s, &r, NULL), ERR_INVALID);
	expect_fragments(s, "d/config={2} ");
	expect_aliases(s, "plug", "relay_2=relay t2=t ");

	/* The other one's history is erased behind that, and its aliases go with a device. */
	ck_assert_int_eq(store_device_erase(s, "plug", NULL), 0);
	expect_aliases(s, "plug", "");
	ck_assert_int_eq(store_latest(s, 2, &latest), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, one_in_the_place_of_another);
	tcase_add_test(tc, clients);
	tcase_add_test(tc, devices_of_others);
}

int main(void)
{
	return test_run("clients", add);
}
