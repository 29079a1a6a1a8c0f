/* What is recorded: series as their owner sees them, and the rules for topics that are no device's.
 * Lists come from the store, wishes go to the house. Pool threads. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"
#include "model/json_out.h"
#include "thread/thread.h"
#include "web/audit.h"
#include "web/etag.h"
#include "web/list.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/sight.h"

/* ---- series -------------------------------------------------------------- */

static void latest_json(struct json_out *o, struct store *store, const struct series *s)
{
	struct sample latest;
	char word[STORE_WORD_MAX + 1];
	json_out_key(o, "latest");
	if (store_latest(store, s->id, &latest) != 0) {
		json_out_raw(o, "null");
		return;
	}
	json_out_raw(o, "{");
	json_out_member_time(o, "at", latest.at);
	json_out_key(o, "value");
	if (s->kind == SERIES_TEXT)
		json_out_string(o, store_word_text(store, s->id, latest.value, word) == 0 ? word : NULL);
	else
		json_out_number(o, latest.value);
	json_out_raw(o, "}");
}

/* A device's series has no topic, and a topic's no device: null. */
static void series_json(struct json_out *o, struct store *store, const struct series *s, uint64_t today)
{
	bool own = s->device[0];
	json_out_raw(o, "{");
	json_out_member_int(o, "id", s->id);
	json_out_member_string(o, "device", own ? s->device : NULL);
	json_out_member_string(o, "entity", own ? s->entity : NULL);
	json_out_member_string(o, "topic", own ? NULL : s->topic);
	json_out_member_string(o, "path", own ? NULL : s->path);
	json_out_member_string(o, "kind", series_kind_name(s->kind));
	json_out_member_text(o, "unit", s->unit);
	json_out_member_text(o, "device_class", s->device_class);
	json_out_member_int(o, "resolution_ms", s->resolution_ms);
	json_out_key(o, "recorder");
	recorder_json(o, &s->recorder);
	json_out_member_int(o, "raw_days", s->raw_days);
	json_out_member_int(o, "rollup_years", s->rollup_years);
	latest_json(o, store, s);
	json_out_member_int(o, "today", (int64_t)today);
	json_out_raw(o, "}");
}

struct series_list {
	struct series *items; /* owned, in order of id */
	uint64_t *today;      /* owned: samples of each */
	size_t count, cap;
	int err;
};

static void list_finish(struct series_list *list)
{
	free(list->items);
	free(list->today);
}

static void add_series(void *ctx, const struct series *series)
{
	struct series_list *list = ctx;
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 64;
		struct series *bigger = realloc(list->items, cap * sizeof *bigger);
		if (!bigger) {
			list->err = ERR_NOMEM;
			return;
		}
		list->items = bigger;
		list->cap = cap;
	}
	list->items[list->count++] = *series;
}

static int by_id(const void *a, const void *b)
{
	const struct series *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Fills list->today. */
static int count_today(struct store *store, struct series_list *list)
{
	list->today = calloc(list->count + 1, sizeof *list->today);
	struct series_noise *noise = calloc(list->count + 1, sizeof *noise);
	int err = list->today && noise ? 0 : ERR_NOMEM;
	size_t count = err ? 0 : store_noisiest(store, noise, list->count);
	for (size_t i = 0; i < count; i++) {
		const struct series key = {.id = noise[i].series};
		const struct series *found = bsearch(&key, list->items, list->count, sizeof key, by_id);
		if (found)
			list->today[found - list->items] = noise[i].samples;
	}
	free(noise);
	return err;
}

static int list_read(struct store *store, struct series_list *list_r)
{
	*list_r = (struct series_list){0};
	int err = store_series_each(store, add_series, list_r);
	if (!err)
		err = list_r->err;
	return err ? err : count_today(store, list_r);
}

/* "devices" or "topics": whose it is. */
static bool is_of_wanted(const struct request *rq, const json_t *series)
{
	const char *of = request_query(rq, "of");
	return !of || json_is_null(json_object_get(series, "device")) == (strcmp(of, "topics") == 0);
}

static bool is_wanted_series(const struct request *rq, const json_t *series)
{
	static const char *const searched[] = {"device", "entity", "topic", NULL};
	return list_filter_text(rq, series, "device") && list_filter_text(rq, series, "entity") && list_filter_text(rq, series, "kind") &&
	       list_filter_text(rq, series, "device_class") && is_of_wanted(rq, series) && list_filter_words(rq, series, searched);
}

void api_series_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list paged = {.name = "series", .order = {"id"}, .wanted = is_wanted_series};
	char cursor[LIVE_ID_SIZE];
	struct sight sight;
	struct series_list list = {0};
	struct buf text = {0};
	live_cursor(sv->live, cursor);
	int err = sight_open(sv, rq, &sight);
	if (!err)
		err = list_read(sv->store, &list);
	struct json_out o = {.buf = &text, .err = err};
	json_out_raw(&o, "[");
	for (size_t i = 0; i < list.count && !o.err; i++) {
		if (!sight_sees(&sight, list.items[i].device))
			continue;
		json_out_next(&o);
		series_json(&o, sv->store, &list.items[i], list.today[i]);
	}
	json_out_raw(&o, "]");
	list_finish(&list);
	sight_finish(&sight);
	if (o.err)
		problem_from_err(rs, o.err, "series");
	else
		list_answer(&paged, rq, &text, cursor, rs);
	buf_finish(&text);
}

/* The number in the path; answers 404 when it is none. */
static bool id_of(const struct request *rq, const char *what, int64_t *id_r, struct response *rs)
{
	if (str_to_int(rq->params[0], 1, INT64_MAX, id_r) == 0)
		return true;
	problem_from_err(rs, ERR_NOT_FOUND, what);
	return false;
}

/* The tag of what an edit can change. */
static void series_tag(const struct series *s, char tag_r[ETAG_SIZE])
{
	const struct recorder *r = &s->recorder;
	etag_make_json(json_pack("[I, s, s, s, I, f, i, i, I]", (json_int_t)s->id, s->unit, s->device_class, recorder_preset_name(r->preset),
				 (json_int_t)r->interval_ms, r->deadband, (int)s->raw_days, (int)s->rollup_years,
				 (json_int_t)s->resolution_ms),
		       tag_r);
}

static void answer_series(const struct web_services *sv, int64_t id, struct response *rs)
{
	const struct series key = {.id = id};
	struct series_list list;
	int err = list_read(sv->store, &list);
	const struct series *found = err || !list.count ? NULL : bsearch(&key, list.items, list.count, sizeof key, by_id);
	struct json_out o = {.buf = &rs->body};
	char tag[ETAG_SIZE];
	if (found) {
		series_json(&o, sv->store, found, list.today[found - list.items]);
		response_json_text(rs, 200, o.err);
		series_tag(found, tag);
		etag_add(rs, tag);
	} else {
		problem_from_err(rs, err ? err : ERR_NOT_FOUND, "series");
	}
	list_finish(&list);
}

void api_series_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t id;
	if (!id_of(rq, "series", &id, rs))
		return;
	int err = sight_series(sv, rq, id);
	if (err)
		problem_from_err(rs, err, "series");
	else
		answer_series(sv, id, rs);
}

/* Compares and changes. Returns 0, or an error with the problem in rs. */
static int edit_series(const struct web_services *sv, const struct request *rq, int64_t id, struct response *rs)
{
	const struct history_port *port = &sv->ports.history;
	struct series now;
	char tag[ETAG_SIZE];
	int err = 0;
	if (rq->if_match[0]) {
		err = store_series_get(sv->store, id, &now);
		if (!err)
			series_tag(&now, tag);
		if (!err && !etag_fits(rq, tag, rs))
			return ERR_STATE;
	}
	if (!err)
		err = port->series_edit(port->ctx, id, rq->bytes, &rs->body);
	if (err == ERR_INVALID)
		problem_from_port(rs, NULL, "The hub cannot do this.");
	else if (err)
		problem_from_err(rs, err, "series");
	return err;
}

void api_series_edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t id;
	if (!id_of(rq, "series", &id, rs))
		return;
	lock_take(sv->edits);
	int err = edit_series(sv, rq, id, rs);
	lock_release(sv->edits);
	if (err)
		return;
	audit(sv, rq->identity.name, "series_edited", rq->params[0]);
	answer_series(sv, id, rs);
}

/* ---- rules ----------------------------------------------------------------- */

static bool is_wanted_rule(const struct request *rq, const json_t *rule)
{
	static const char *const searched[] = {"name", "filter", NULL};
	return list_filter_text(rq, rule, "kind") && list_filter_words(rq, rule, searched);
}

void api_rules_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "rules", .order = {"id"}, .wanted = is_wanted_rule};
	struct buf rules = {0};
	int err = sv->ports.history.rules(sv->ports.history.ctx, &rules);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		list_answer(&list, rq, &rules, NULL, rs);
	buf_finish(&rules);
}

void api_rule_add(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = sv->ports.history.rule_add(sv->ports.history.ctx, rq->bytes, &rs->body);
	if (err == ERR_INVALID) {
		problem_from_port(rs, NULL, "The hub cannot do this.");
	} else if (err == ERR_FULL) {
		problem_coded(rs, 409, "rules_full", NULL, "There are as many rules as there may be. Remove one first.");
	} else if (err) {
		problem_from_err(rs, err, "rule");
	} else {
		audit(sv, rq->identity.name, "rule_added", json_string_value(json_object_get(rq->body, "filter")));
		response_json_text(rs, 201, 0);
	}
}

void api_rule_remove(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t id;
	if (!id_of(rq, "rule", &id, rs))
		return;
	int err = sv->ports.history.rule_remove(sv->ports.history.ctx, id);
	if (err) {
		problem_from_err(rs, err, "rule");
		return;
	}
	audit(sv, rq->identity.name, "rule_removed", rq->params[0]);
	response_empty(rs, 204);
}
