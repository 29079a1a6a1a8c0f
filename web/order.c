/* What all commands have in common. Pool threads; what a value means is the house's business. */
#include "web/order.h"

#include "base/err.h"
#include "web/operation.h"
#include "web/problem.h"

/* How long the command may wait. False: what is there is none. */
static bool read_wait(const json_t *body, int64_t *wait_s_r)
{
	const json_t *wait = json_object_get(body, "wait_s");
	*wait_s_r = wait ? json_integer_value(wait) : COMMAND_WAIT_S;
	return !wait || (json_is_integer(wait) && *wait_s_r >= 0 && *wait_s_r <= COMMAND_WAIT_MOST_S);
}

bool order_read(const struct request *rq, bool valued, struct order *order_r, struct response *rs)
{
	const json_t *value = json_object_get(rq->body, "value");
	*order_r = (struct order){0};
	if (valued && !value) {
		problem_field(rs, 422, "value", "Send the value that shall be taken.");
		return false;
	}
	if (!read_wait(rq->body, &order_r->wait_s)) {
		problem_field(rs, 422, "wait_s", "A command may wait for 0 to 604800 seconds.");
		return false;
	}
	if (valued && !(order_r->value_json = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY))) {
		problem_from_err(rs, ERR_NOMEM, "command");
		return false;
	}
	return true;
}
