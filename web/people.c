/* Names, passwords, roles and rooms as they travel. Knows no resource. */
#include "web/people.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "web/list.h"
#include "web/live.h"
#include "web/login.h"
#include "web/problem.h"
#include "web/rights.h"

const char *people_name(const struct request *rq, struct response *rs)
{
	const char *name = request_text(rq, "name", 1, ACCOUNT_NAME_MAX);
	if (name && name[0] != ' ' && name[strlen(name) - 1] != ' ')
		return name;
	problem_coded(rs, 422, "account_name", "name", "A name has 1 to 63 printable characters and no spaces around it.");
	return NULL;
}

const char *people_password(const struct request *rq, const char *member, struct response *rs)
{
	const char *password = request_text(rq, member, PASSWORD_MIN, PASSWORD_MAX);
	if (!password)
		problem_coded(rs, 422, "password", member, "A password needs at least 8 characters.");
	return password;
}

bool people_role(const struct request *rq, enum role *role_r, bool *given_r, struct response *rs)
{
	const json_t *member = json_object_get(rq->body, "role");
	*given_r = member != NULL;
	if (!member || role_find(json_string_value(member), role_r) == 0)
		return true;
	problem_field(rs, 422, "role", "A role is owner, adult, guest or viewer.");
	return false;
}

bool people_read_rooms(const struct request *rq, struct rooms *rooms_r, bool *given_r, struct response *rs)
{
	const json_t *list = json_object_get(rq->body, "rooms"), *room;
	size_t i;
	*rooms_r = (struct rooms){0};
	*given_r = list != NULL && !json_is_null(list);
	int err = !*given_r || json_is_array(list) ? 0 : ERR_INVALID;
	json_array_foreach(list, i, room) {
		if (err)
			break;
		err = json_is_string(room) ? rooms_add(rooms_r, span_of(json_string_value(room), json_string_length(room))) : ERR_INVALID;
	}
	if (err == ERR_TOO_LARGE)
		problem_coded(rs, 422, "rooms_full", "rooms", "These are more rooms than can be kept.");
	else if (err)
		problem_field(rs, 422, "rooms", "Rooms are a list of names, each with at most 127 printable characters.");
	return !err;
}

bool people_flag(const struct request *rq, const char *member, bool *value, struct response *rs)
{
	const json_t *flag = json_object_get(rq->body, member);
	if (flag && !json_is_boolean(flag)) {
		problem_field(rs, 422, member, "This is true or false.");
		return false;
	}
	if (flag)
		*value = json_is_true(flag);
	return true;
}

json_t *people_rooms(const struct account *a)
{
	if (a->rooms.all)
		return json_null();
	json_t *list = json_array();
	const char *at = NULL;
	struct span room;
	while (rooms_next(&a->rooms, &at, &room))
		json_array_append_new(list, json_stringn((const char *)room.data, room.len));
	return list;
}

void people_answer_list(const struct list *list, const struct request *rq, json_t *items, int err, struct response *rs)
{
	char *text = err ? NULL : json_dumps(items, JSON_COMPACT);
	struct buf json = {0};
	if (!err)
		err = text ? buf_append_str(&json, text) : ERR_NOMEM;
	if (err)
		problem_from_err(rs, err, list->name);
	else
		list_answer(list, rq, &json, NULL, rs);
	free(text);
	json_decref(items);
	buf_finish(&json);
}

void people_changed(const struct web_services *sv, int64_t account)
{
	live_reset(sv->live, account);
	sv->end_streams(sv->end_streams_ctx, account, NULL, false);
}
