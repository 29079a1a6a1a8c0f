/* What history costs and how long it is kept. Pool threads. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/err.h"
#include "db/history.h"
#include "thread/thread.h"
#include "web/audit.h"
#include "web/etag.h"
#include "web/policy.h"
#include "web/problem.h"
#include "web/routes.h"

enum {
	NOISIEST = 10,
	/* How often a card can be written full. Its cells stand 1000 to 3000 erasures, of which small writes waste
	 * a part: a cautious figure for a cheap card. */
	CARD_CYCLES = 500,
};
static const int64_t day_ms = 24LL * 3600 * 1000;
static const int64_t telling_ms = 600 * 1000; /* less counting than this says nothing of a day */
static const double days_a_year = 365.25;

/* What a day would come to at today's pace; -1 while that cannot be said. */
static double a_day(double counted, int64_t counted_ms)
{
	return counted_ms < telling_ms ? -1 : counted * (double)day_ms / (double)counted_ms;
}

static json_t *number_or_null(double value)
{
	return value < 0 ? json_null() : json_integer((json_int_t)value);
}

static json_t *noisy_json(struct store *store, const struct series_noise *noise)
{
	struct series s;
	if (store_series_get(store, noise->series, &s))
		return NULL; /* erased a moment ago */
	bool own = s.device[0];
	return json_pack("{s:I, s:s?, s:s?, s:s?, s:s?, s:I}", "series", (json_int_t)s.id, "device", own ? s.device : NULL, "entity",
			 own ? s.entity : NULL, "topic", own ? NULL : s.topic, "path", own ? NULL : s.path, "samples",
			 (json_int_t)noise->samples);
}

/* The noisiest series; *total_r: samples of all today. NULL without memory. */
static json_t *noisiest_json(struct store *store, double *total_r)
{
	size_t max = 1024, count;
	struct series_noise *noise = NULL;
	do { /* all of them, for the sum */
		max *= 4;
		struct series_noise *bigger = realloc(noise, max * sizeof *noise);
		if (!bigger) {
			free(noise);
			return NULL;
		}
		noise = bigger;
		count = store_noisiest(store, noise, max);
	} while (count == max);
	json_t *list = json_array();
	*total_r = 0;
	for (size_t i = 0; i < count; i++) {
		*total_r += (double)noise[i].samples;
		if (i < NOISIEST && noise[i].samples)
			json_array_append_new(list, noisy_json(store, &noise[i]));
	}
	free(noise);
	return list;
}

/* Adds the disk, and how long a card of its size would last. */
static void add_disk(json_t *json, const char *dir, double bytes_a_day)
{
	struct statvfs fs;
	json_t *disk = json_null(), *years = json_null();
	if (statvfs(dir, &fs) == 0) {
		double size = (double)fs.f_blocks * (double)fs.f_frsize;
		disk = json_pack("{s:I, s:I}", "size", (json_int_t)size, "free", (json_int_t)(fs.f_bavail * fs.f_frsize));
		if (bytes_a_day > 0)
			years = json_real(size * CARD_CYCLES / bytes_a_day / days_a_year);
	}
	json_object_set_new(json, "disk", disk);
	json_object_set_new(json, "cycles", json_integer(CARD_CYCLES));
	json_object_set_new(json, "card_life_years", years);
}

static json_t *usage_json(const struct web_services *sv, const struct history_usage *u)
{
	int64_t counted_ms = clock_wall().ms - u->since.ms;
	double samples, bytes_a_day = a_day((double)u->written_today, counted_ms);
	if (bytes_a_day < 0 && u->written_yesterday > 0)
		bytes_a_day = (double)u->written_yesterday;
	json_t *noisiest = noisiest_json(sv->store, &samples);
	if (!noisiest)
		return NULL;
	json_t *json = json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o}", "bytes", (json_int_t)u->bytes, "samples",
				 (json_int_t)u->samples, "samples_a_day", number_or_null(a_day(samples, counted_ms)), "written_today",
				 (json_int_t)u->written_today, "written_yesterday", (json_int_t)u->written_yesterday, "since",
				 (json_int_t)u->since.ms, "bytes_a_day", number_or_null(bytes_a_day), "noisiest", noisiest);
	if (json)
		add_disk(json, sv->hub.state_dir, bytes_a_day);
	return json;
}

/* The policy is what can be edited here. */
static void add_tag(const struct history_policy *policy, struct response *rs)
{
	char tag[ETAG_SIZE];
	etag_make_json(policy_json(policy), tag);
	if (rs->status == 200)
		etag_add(rs, tag);
}

void api_history_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	struct history_usage usage;
	int err = store_usage(sv->store, &usage);
	if (err) {
		problem_from_err(rs, err, "history");
		return;
	}
	const struct history_policy policy = policy_load(sv->store);
	json_t *json = usage_json(sv, &usage);
	json_object_set_new(json, "policy", policy_json(&policy));
	response_json(rs, 200, json);
	add_tag(&policy, rs);
}

/* Compares and changes; policy_r: what holds then. Returns 0, or an error with the problem in rs. */
static int edit_policy(const struct web_services *sv, const struct request *rq, struct history_policy *policy_r, struct response *rs)
{
	const char *field, *detail;
	char tag[ETAG_SIZE];
	*policy_r = policy_load(sv->store);
	etag_make_json(policy_json(policy_r), tag);
	if (!etag_fits(rq, tag, rs))
		return ERR_STATE;
	int err = policy_read(rq->body, policy_r, &field, &detail);
	if (err) {
		problem_field(rs, 422, field, detail);
		return err;
	}
	err = policy_save(sv->store, policy_r);
	if (err)
		problem_from_err(rs, err, "policy");
	return err;
}

void api_history_put(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct history_policy policy;
	lock_take(sv->edits);
	int err = edit_policy(sv, rq, &policy, rs);
	lock_release(sv->edits);
	if (err)
		return;
	audit(sv, rq->identity.name, "history_policy", "");
	response_json(rs, 200, policy_json(&policy));
	add_tag(&policy, rs);
}
