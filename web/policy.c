/* The owner's policy of history: read, checked, kept. Any thread that may block; knows neither requests
 * nor the page. */
#include "web/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"

enum { WINDOW_MS = 1000, SAVER_WINDOW_MS = 5000, DAYS_MAX = 36500, YEARS_MAX = 1000 };
static const char setting[] = "history-policy";
static const int64_t bytes_min = 16LL << 20, bytes_max = 1LL << 50;

struct history_policy policy_default(void)
{
	return (struct history_policy){.raw_days = -1, .rollup_years = -1, .max_bytes = 0, .window_ms = WINDOW_MS};
}

json_t *policy_json(const struct history_policy *policy)
{
	return json_pack("{s:i, s:i, s:I, s:b}", "raw_days", (int)policy->raw_days, "rollup_years",
			 (int)policy->rollup_years, "max_bytes", (json_int_t)policy->max_bytes, "sd_saver",
			 (int)(policy->window_ms > WINDOW_MS));
}

/* Whether the member, if there is one, is `special` or a number in min..max; takes it then. */
static bool read_number(const json_t *member, int64_t special, const int64_t bounds[2], int64_t *value)
{
	if (!member)
		return true;
	int64_t number = json_integer_value(member);
	if (!json_is_integer(member) || (number != special && (number < bounds[0] || number > bounds[1])))
		return false;
	*value = number;
	return true;
}

static int refuse(const char *field, const char *detail, const char **field_r, const char **detail_r)
{
	*field_r = field;
	*detail_r = detail;
	return ERR_INVALID;
}

int policy_read(const json_t *json, struct history_policy *policy, const char **field_r, const char **detail_r)
{
	int64_t days = policy->raw_days, years = policy->rollup_years, bytes = policy->max_bytes;
	const json_t *saver = json_object_get(json, "sd_saver");
	if (!read_number(json_object_get(json, "raw_days"), -1, (const int64_t[]){1, DAYS_MAX}, &days))
		return refuse("raw_days", "Days are 1 to 36500, or -1 for ever.", field_r, detail_r);
	if (!read_number(json_object_get(json, "rollup_years"), -1, (const int64_t[]){1, YEARS_MAX}, &years))
		return refuse("rollup_years", "Years are 1 to 1000, or -1 for ever.", field_r, detail_r);
	if (!read_number(json_object_get(json, "max_bytes"), 0, (const int64_t[]){bytes_min, bytes_max}, &bytes))
		return refuse("max_bytes", "The bound is at least 16 MiB, or 0 for none.", field_r, detail_r);
	if (saver && !json_is_boolean(saver))
		return refuse("sd_saver", "The saver is on or off: true or false.", field_r, detail_r);
	policy->raw_days = (int32_t)days;
	policy->rollup_years = (int32_t)years;
	policy->max_bytes = bytes;
	if (saver)
		policy->window_ms = json_is_true(saver) ? SAVER_WINDOW_MS : WINDOW_MS;
	return 0;
}

struct history_policy policy_load(struct store *store)
{
	struct history_policy policy = policy_default();
	struct buf text = {0};
	const char *field, *detail;
	int err = store_setting_get(store, setting, &text);
	json_t *json = err ? NULL : json_loadb((const char *)text.data, text.len, 0, NULL);
	if (!err)
		err = json_is_object(json) ? policy_read(json, &policy, &field, &detail) : ERR_MALFORMED;
	if (err && err != ERR_NOT_FOUND)
		log_error("web", "how long history is kept could not be read: %s; all of it is kept", err_text(err));
	json_decref(json);
	buf_finish(&text);
	return policy;
}

int policy_save(struct store *store, const struct history_policy *policy)
{
	json_t *json = policy_json(policy);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = text ? store_setting_put(store, setting, span_str(text), NULL) : ERR_NOMEM;
	if (!err)
		store_policy_set(store, policy);
	free(text);
	json_decref(json);
	return err;
}
