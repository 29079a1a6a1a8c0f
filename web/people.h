/* What requests and answers about people have in common. Pool threads. */
#ifndef WEB_PEOPLE_H
#define WEB_PEOPLE_H

#include "web/request.h"
#include "web/response.h"
#include "web/services.h"

/* Members of the body; NULL with the answer what is wrong with it. Borrowed. */
const char *people_name(const struct request *rq, struct response *rs);
const char *people_password(const struct request *rq, const char *member, struct response *rs);

/* The optional members "role" and "rooms": *given_r says whether it is there. Return false with the answer. */
bool people_role(const struct request *rq, enum role *role_r, bool *given_r, struct response *rs);
bool people_read_rooms(const struct request *rq, struct rooms *rooms_r, bool *given_r, struct response *rs);

/* An optional boolean member. Returns false with the answer. */
bool people_flag(const struct request *rq, const char *member, bool *value, struct response *rs);

/* The rooms that the account sees: an array, or null for all. New; NULL without memory. */
json_t *people_rooms(const struct account *a);

/* Answers the items (an array, taken) as a list (web/list.h), or the problem that err is. */
struct list;
void people_answer_list(const struct list *list, const struct request *rq, json_t *items, int err, struct response *rs);

/* Streams of the account end; what comes back under another role is told to fetch anew. */
void people_changed(const struct web_services *sv, int64_t account);

#endif
