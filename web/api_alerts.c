/* The history of alerts. Pool threads. */
#include "base/err.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/sight.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 200 };

/* Alerts until there are enough that the asker may see. */
struct alerts {
	json_t *list;
	const struct sight *sight;
	size_t read, limit; /* limit: of list */
	int64_t before;     /* id of the last one read */
};

static void add_alert(void *ctx, const struct alert *a)
{
	struct alerts *alerts = ctx;
	alerts->read++;
	alerts->before = a->id;
	if (!sight_sees(alerts->sight, a->device) || json_array_size(alerts->list) == alerts->limit)
		return;
	json_t *closed = a->closed_at.ms ? json_integer(a->closed_at.ms) : json_null();
	json_array_append_new(alerts->list, json_pack("{s:I, s:s, s:s, s:s, s:I, s:o}", "id", (json_int_t)a->id, "device",
					     a->device, "kind", a->kind, "text", a->text, "opened",
					     (json_int_t)a->opened_at.ms, "closed", closed));
}

static int read_alerts(struct store *store, struct alerts *alerts)
{
	int err;
	do {
		alerts->read = 0;
		err = store_alert_each(store, alerts->before, LIMIT_MAX, add_alert, alerts);
	} while (!err && alerts->read == LIMIT_MAX && json_array_size(alerts->list) < alerts->limit);
	return err;
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
	struct sight sight;
	struct alerts alerts = {json_array(), &sight, 0, (size_t)limit, before};
	int err = sight_open(sv, rq, &sight);
	if (!err)
		err = read_alerts(sv->store, &alerts);
	sight_finish(&sight);
	if (err) {
		json_decref(alerts.list);
		problem_from_err(rs, err, "alert");
		return;
	}
	response_json(rs, 200, json_pack("{s:o, s:s}", "alerts", alerts.list, "cursor", cursor));
}
