/* What is recorded, as the owner wants it: series and the rules for topics that are no device's. The
 * slots of the port run on the web's threads, the functions whose names begin with run_ on the house's (call.h).
 * Wishes are answered once they are on the disk. */
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "device/call.h"
#include "ingest/wishes.h"

static int explain(struct buf *json, const struct wish_error *error)
{
	return call_explain(json, error->field, error->detail);
}

/* ---- series -------------------------------------------------------------- */

struct series_edit {
	struct series_wish wish;
	struct wish_error error;
};

static void run_series_edited(struct house *h, struct call *call)
{
	h->calls--;
	if (call->err != 0)
		sampler_store_again(h->sampler); /* it counts already */
	call_answer(call, call->err);
}

static void run_series_edit(struct house *h, struct call *call)
{
	struct series_edit *edit = call->wish;
	const struct series *known = sampler_get(h->sampler, call->number);
	if (!known) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	struct series series = *known;
	int err = series_wish_apply(&edit->wish, &series, &edit->error);
	if (err != 0) {
		call_answer(call, err);
		return;
	}
	call->run = run_series_edited;
	h->calls++;
	const struct store_done done = call_stored(call);
	err = sampler_change(h->sampler, &series, &done, house_mono(h));
	if (err != 0) {
		call->err = err;
		run_series_edited(h, call);
	}
}

static int port_series_edit(void *ctx, int64_t id, struct span wish, struct buf *json)
{
	struct series_edit edit;
	struct call call = {.house = ctx, .run = run_series_edit, .number = id, .wish = &edit};
	int err = series_wish_parse(wish, &edit.wish, &edit.error);
	if (err == 0)
		err = call_ask(&call);
	return err == ERR_INVALID ? explain(json, &edit.error) : err;
}

static void run_make_series(struct house *h, struct call *call)
{
	call->number = sampler_series(h->sampler, call->wish);
	call_answer(call, 0);
}

int64_t house_make_series(struct house *house, const struct series *wanted)
{
	struct series wish = *wanted;
	struct call call = {.house = house, .run = run_make_series, .wish = &wish};
	int err = call_ask(&call);
	return err ? err : call.number;
}

/* ---- rules ----------------------------------------------------------------- */

static void note_names(struct house *h)
{
	atomic_store(&h->rules_name_own, rules_name_own(h->rules));
}

/* People learn it from an alert: what they asked for is not done. */
static void on_full(void *ctx, const struct record_rule *rule)
{
	struct house *h = ctx;
	char text[256];
	(void)str_format(text, sizeof text, "The rule %.100s records %d topics, as many as it may; others are left out.",
			 rule->name[0] ? rule->name : rule->filter, RULE_SERIES_MAX); /* fits */
	house_open_alert(h, "", "recording", text);
}

int house_load_rules(struct house *h)
{
	const struct rules_config config = {.store = h->config.store, .sampler = h->sampler, .full = on_full, .ctx = h};
	int err = rules_create(&config, &h->rules);
	if (err == 0)
		note_names(h);
	return err;
}

static int tap_rule(void *ctx, const struct record_rule *rule)
{
	return house_tap_rule(ctx, rule->filter);
}

int house_tap_rules(struct house *h)
{
	return rules_each(h->rules, tap_rule, h);
}

static void run_rules(struct house *h, struct call *call)
{
	struct json_out o = {.buf = call->json};
	rules_json(h->rules, &o);
	call_answer(call, o.err);
}

static int port_rules(void *ctx, struct buf *json)
{
	struct call call = {.house = ctx, .run = run_rules, .json = json};
	return call_ask(&call);
}

static void untap(struct house *h, const char *filter)
{
	if (!rules_use(h->rules, filter))
		house_untap_rule(h, filter);
}

/* The store has it, or not. */
static void run_rule_added(struct house *h, struct call *call)
{
	const struct record_rule *rule = call->wish;
	h->calls--;
	int err = call->err;
	if (err == 0)
		err = house_tap_rule(h, rule->filter); /* again: a rule of the same filter may just have failed */
	if (err == 0)
		err = rules_add(h->rules, rule);
	if (err != 0) {
		untap(h, rule->filter);
		call_answer(call, err);
		return;
	}
	note_names(h);
	struct json_out o = {.buf = call->json};
	rules_json_one(h->rules, rule->id, &o);
	call_answer(call, o.err);
}

static void run_rule_add(struct house *h, struct call *call)
{
	struct record_rule *rule = call->wish;
	int err = rules_admit(h->rules, rule);
	if (err == 0)
		err = house_tap_rule(h, rule->filter); /* first: the broker may refuse it */
	if (err != 0) {
		call_answer(call, err);
		return;
	}
	call->run = run_rule_added;
	h->calls++;
	const struct store_done done = call_stored(call);
	err = store_rule_put(h->config.store, rule, &done);
	if (err != 0) {
		call->err = err;
		run_rule_added(h, call);
	}
}

static int port_rule_add(void *ctx, struct span wish, struct buf *json)
{
	struct record_rule rule;
	struct wish_error error;
	struct call call = {.house = ctx, .run = run_rule_add, .wish = &rule, .json = json};
	if (record_rule_parse(wish, &rule, &error) != 0)
		return explain(json, &error);
	int err = call_ask(&call);
	error = (struct wish_error){"filter", "The filter has too many levels."};
	return err == ERR_INVALID ? explain(json, &error) : err;
}

static void run_rule_removed(struct house *h, struct call *call)
{
	h->calls--;
	const struct record_rule *rule = rules_get(h->rules, call->number);
	if (call->err == 0 && rule) {
		char filter[SERIES_TOPIC_SIZE];
		memcpy(filter, rule->filter, sizeof filter);
		rules_remove(h->rules, call->number);
		untap(h, filter);
		note_names(h);
	}
	call_answer(call, call->err);
}

static void run_rule_remove(struct house *h, struct call *call)
{
	if (!rules_get(h->rules, call->number)) {
		call_answer(call, ERR_NOT_FOUND);
		return;
	}
	call->run = run_rule_removed;
	h->calls++;
	const struct store_done done = call_stored(call);
	int err = store_rule_remove(h->config.store, call->number, &done);
	if (err != 0) {
		call->err = err;
		run_rule_removed(h, call);
	}
}

static int port_rule_remove(void *ctx, int64_t id)
{
	struct call call = {.house = ctx, .run = run_rule_remove, .number = id};
	return call_ask(&call);
}

struct history_port house_history_port(struct house *h)
{
	return (struct history_port){
		.series_edit = port_series_edit,
		.rules = port_rules,
		.rule_add = port_rule_add,
		.rule_remove = port_rule_remove,
		.ctx = h,
	};
}
