/* Rules: which messages make samples of which series, and that what makes none costs nobody
 * else: odd payloads, strange topics, floods of topics. */
#include "ingest/rules.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "ingest/wishes.h"
#include "support/fake_store.h"
#include "support/live_log.h"
#include "support/suite.h"

static struct store *store;
static struct live_log *live;
static struct sampler *sampler;
static struct rules *rules;
static int64_t full_rule;
static int fulls;
static const struct mono_ms start = {5000};
static int64_t now_ms;

static void on_full(void *ctx, const struct record_rule *rule)
{
	ck_assert_ptr_eq(ctx, &fulls);
	full_rule = rule->id;
	fulls++;
}

static void begin(void)
{
	struct live_port port = live_log_port(live);
	ck_assert_int_eq(sampler_create(store, &port, &sampler), 0);
	const struct rules_config config = {.store = store, .sampler = sampler, .full = on_full, .ctx = &fulls};
	ck_assert_int_eq(rules_create(&config, &rules), 0);
}

static void end(void)
{
	rules_destroy(&rules);
	ck_assert_ptr_null(rules);
	sampler_destroy(&sampler);
}

static void set_up(void)
{
	store = fake_store_create();
	live = live_log_create();
	fulls = 0;
	begin();
}

static void tear_down(void)
{
	end();
	fake_store_destroy(&store);
	live_log_destroy(&live);
}

/* Adds a rule as the house does. Returns its id, or the error. */
static int64_t add(const char *json)
{
	struct record_rule rule;
	struct wish_error error;
	ck_assert_int_eq(record_rule_parse(span_str(json), &rule, &error), 0);
	int err = rules_admit(rules, &rule);
	if (err != 0)
		return err;
	ck_assert_int_eq(store_rule_put(store, &rule, NULL), 0);
	ck_assert_int_eq(rules_add(rules, &rule), 0);
	return rule.id;
}

static void hear(const char *topic, const char *payload)
{
	const struct rule_message message = {span_str(topic), span_str(payload), {1000000 + 1000 * ++now_ms}};
	rules_hear(rules, &message, start);
}

/* What was recorded since: "<topic><path>=<value> …", and forgets it. */
static const char *recorded(void)
{
	static char text[4096];
	static struct sample samples[8192];
	static size_t seen;
	static struct store *of;
	if (of != store)
		seen = 0;
	of = store;
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS));
	size_t count = fake_store_samples(store, samples, 8192), used = 0;
	text[0] = 0;
	for (; seen < count; seen++) {
		const struct series *series = sampler_get(sampler, samples[seen].series);
		char word[STORE_WORD_MAX + 1];
		if (series->kind != SERIES_TEXT || store_word_text(store, series->id, samples[seen].value, word) != 0)
			snprintf(word, sizeof word, "%g", samples[seen].value);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s=%s", used ? " " : "", series->topic, series->path,
					 word);
	}
	return text;
}

START_TEST(messages_make_samples)
{
	set_up();
	add("{\"filter\":\"tele/+/SENSOR\",\"path\":\"ENERGY.Power\",\"unit\":\"W\",\"device_class\":\"power\"}");
	add("{\"filter\":\"tele/+/SENSOR\",\"path\":\"ENERGY.Total\",\"kind\":\"counter\"}");
	add("{\"filter\":\"stat/#\",\"kind\":\"binary\"}");
	add("{\"filter\":\"mode\",\"kind\":\"text\"}");
	hear("tele/plug/SENSOR", "{\"ENERGY\":{\"Power\":12.5,\"Total\":7}}");
	hear("tele/lamp/SENSOR", "{\"ENERGY\":{\"Power\":3}}");
	hear("stat/plug", "ON");
	hear("mode", "eco");
	hear("mode", "eco");
	hear("other", "1");
	ck_assert_str_eq(recorded(), "tele/plug/SENSOR$.ENERGY.Power=12.5 tele/plug/SENSOR$.ENERGY.Total=7 "
				     "tele/lamp/SENSOR$.ENERGY.Power=3 stat/plug=1 mode=eco mode=eco");
	struct series series[8];
	ck_assert_uint_eq(fake_store_series(store, series, 8), 5);
	ck_assert_str_eq(series[0].unit, "W");
	ck_assert_str_eq(series[0].device_class, "power");
	ck_assert_str_eq(series[0].device, "");
	ck_assert_int_eq(series[1].kind, SERIES_COUNTER);
	tear_down();
}
END_TEST

START_TEST(nonsense_is_counted_and_makes_no_series)
{
	set_up();
	int64_t id = add("{\"filter\":\"a/#\",\"path\":\"t\"}");
	hear("a/1", "no json");
	hear("a/1", "{\"t\":\"warm\"}");
	hear("a/1", "{\"t\":null}"); /* nothing is no nonsense */
	hear("a/1", "{}");
	hear("a/1", "");
	struct series series[1];
	ck_assert_uint_eq(fake_store_series(store, series, 1), 0);
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	rules_json_one(rules, id, &o);
	ck_assert_str_eq(buf_cstr(&text),
			 "{\"id\":1,\"name\":\"\",\"filter\":\"a/#\",\"path\":\"$.t\",\"kind\":\"gauge\",\"unit\":null,"
			 "\"device_class\":null,\"recorder\":{\"preset\":\"all\",\"interval_ms\":0,\"deadband\":0},"
			 "\"series\":0,\"full\":false,\"malformed\":2}");
	buf_finish(&text);
	hear("a/1", "{\"t\":4}");
	ck_assert_str_eq(recorded(), "a/1$.t=4");
	tear_down();
}
END_TEST

START_TEST(wide_rules_leave_own_topics_alone)
{
	set_up();
	int64_t wide = add("{\"filter\":\"#\"}");
	ck_assert(!rules_name_own(rules));
	hear("$SYS/uptime", "1");
	hear("tomte/pi/tele/cpu", "2");
	hear("homeassistant/x", "3");
	hear("x", "4");
	ck_assert_str_eq(recorded(), "x=4");
	add("{\"filter\":\"$SYS/#\"}");
	int64_t named = add("{\"filter\":\"tomte/+/tele/cpu\"}");
	ck_assert(rules_name_own(rules));
	hear("$SYS/uptime", "1");
	hear("tomte/pi/tele/cpu", "2");
	hear("tomte/pi/tele/gpu", "3");
	ck_assert_str_eq(recorded(), "$SYS/uptime=1 tomte/pi/tele/cpu=2");
	rules_remove(rules, named);
	ck_assert(!rules_name_own(rules));
	ck_assert(rules_use(rules, "#"));
	rules_remove(rules, wide);
	rules_remove(rules, wide);
	ck_assert(!rules_use(rules, "#"));
	ck_assert_ptr_null(rules_get(rules, wide));
	hear("x", "5");
	ck_assert_str_eq(recorded(), "");
	tear_down();
}
END_TEST

START_TEST(the_oldest_rule_of_a_path_counts)
{
	set_up();
	int64_t first = add("{\"filter\":\"a/#\",\"unit\":\"W\"}");
	int64_t second = add("{\"filter\":\"a/b\",\"unit\":\"kW\"}");
	ck_assert_int_eq(add("{\"filter\":\"a/b\",\"path\":\"$\"}"), ERR_EXISTS);
	hear("a/b", "1");
	ck_assert_str_eq(recorded(), "a/b=1");
	rules_remove(rules, first);
	hear("a/b", "2");
	hear("a/c", "3");
	ck_assert_str_eq(recorded(), "a/b=2"); /* the same series goes on */
	ck_assert_int_gt(second, first);
	tear_down();
}
END_TEST

START_TEST(a_rule_makes_so_many_series)
{
	set_up();
	int64_t id = add("{\"filter\":\"flood/+\"}");
	char topic[32];
	for (int i = 0; i < RULE_SERIES_MAX + 20; i++) {
		snprintf(topic, sizeof topic, "flood/%d", i);
		hear(topic, "1");
	}
	static struct series series[1024];
	ck_assert_uint_eq(fake_store_series(store, series, 1024), RULE_SERIES_MAX);
	ck_assert_int_eq(fulls, 1);
	ck_assert_int_eq(full_rule, id);
	end(); /* counted again after a restart */
	begin();
	hear("flood/x", "1");
	hear("flood/7", "2");
	ck_assert_uint_eq(fake_store_series(store, series, 1024), RULE_SERIES_MAX);
	ck_assert_int_eq(fulls, 2);
	add("{\"filter\":\"flood/x\"}"); /* another rule is not to blame, but a younger one */
	tear_down();
}
END_TEST

START_TEST(rules_are_bounded_and_kept)
{
	set_up();
	char json[64];
	for (int i = 0; i < RULES_MAX; i++) {
		snprintf(json, sizeof json, "{\"filter\":\"r/%d\"}", i);
		ck_assert_int_eq(add(json), i + 1);
	}
	ck_assert_int_eq(add("{\"filter\":\"more\"}"), ERR_FULL);
	end();
	begin();
	hear("r/63", "1");
	ck_assert_str_eq(recorded(), "r/63=1");
	rules_remove(rules, 5);
	ck_assert_int_eq(add("{\"filter\":\"more\"}"), RULES_MAX + 1);
	tear_down();
}
END_TEST

START_TEST(strange_topics_cost_nothing)
{
	set_up();
	add("{\"filter\":\"#\",\"recorder\":{\"preset\":\"nothing\"}}");
	char topic[SERIES_TOPIC_SIZE + 1];
	memset(topic, 'x', sizeof topic);
	topic[SERIES_TOPIC_SIZE] = 0;
	hear(topic, "1"); /* longer than a series can name */
	topic[SERIES_TOPIC_SIZE - 1] = 0;
	hear(topic, "1");
	struct series series[2];
	ck_assert_uint_eq(fake_store_series(store, series, 2), 1);
	for (int i = 0; i < 3 * RULES_TOPICS_MAX / 2; i++) {
		snprintf(topic, sizeof topic, "t/%d", i);
		hear(topic, "nonsense");
	}
	ck_assert_str_eq(recorded(), "");
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {messages_make_samples, nonsense_is_counted_and_makes_no_series,
				      wide_rules_leave_own_topics_alone, the_oldest_rule_of_a_path_counts,
				      a_rule_makes_so_many_series, rules_are_bounded_and_kept, strange_topics_cost_nothing};
	return suite_run("ingest/rules", tests, sizeof tests / sizeof tests[0]);
}
