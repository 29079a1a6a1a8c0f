/* How long history is kept, as the owner has decided: the setting "history-policy" of the store, in
 * JSON {"raw_days":n,"rollup_years":n,"max_bytes":n,"sd_saver":bool}. Days and years: -1 for ever; bytes: 0 no bound. */
#ifndef WEB_POLICY_H
#define WEB_POLICY_H

#include <jansson.h>

#include "db/history.h"

/* What holds until the owner decides: everything for ever, no bound. */
struct history_policy policy_default(void);

/* The policy as a new JSON object; NULL without memory. */
json_t *policy_json(const struct history_policy *policy);

/* Changes what the object has members for. Returns 0, or ERR_INVALID with the member and a sentence for people (both static). */
int policy_read(const json_t *json, struct history_policy *policy, const char **field_r, const char **detail_r);

/* Reads the setting; the default when there is none or it is no good, which is logged. Blocks on the store. */
struct history_policy policy_load(struct store *store);

/* Keeps the policy and lets the store follow it. Blocks. Returns 0 or the store's error. */
int policy_save(struct store *store, const struct history_policy *policy);

#endif
