/* The history of alerts. Pool threads. */
#include "base/err.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/routes.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 200 };

static void add_alert(void *ctx, const struct alert *a)
{
	json_t *closed = a->closed_at.ms ? json_integer(a->closed_at.ms) : json_null();
	json_array_append_new(ctx, json_pack("{s:I, s:s, s:s, s:s, s:I, s:o}", "id", (json_int_t)a->id, "device",
					     a->device, "kind", a->kind, "text", a->text, "opened",
					     (json_int_t)a->opened_at.ms, "closed", closed));
}

void api_alerts_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t before = 0, limit = LIMIT_DEFAULT;
	if (request_query_int(rq, "before", 0, INT64_MAX, &before) ||
	    request_query_int(rq, "limit", 1, LIMIT_MAX, &limit)) {
		problem(rs, 422, "before is an alert's id, limit is 1 to 200.");
		return;
	}
	char cursor[LIVE_ID_SIZE];
	live_cursor(sv->live, cursor);
	json_t *alerts = json_array();
	int err = store_alert_each(sv->store, before, (size_t)limit, add_alert, alerts);
	if (err) {
		json_decref(alerts);
		problem_from_err(rs, err, "alert");
		return;
	}
	response_json(rs, 200, json_pack("{s:o, s:s}", "alerts", alerts, "cursor", cursor));
}
