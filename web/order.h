/* The body of a command: {"value":…,"wait_s":n}. */
#ifndef WEB_ORDER_H
#define WEB_ORDER_H

#include "web/request.h"
#include "web/response.h"

struct order {
	char *value_json; /* owned: free(); NULL where none is needed */
	int64_t wait_s;
};

/* Reads the request's body. valued: there must be a value. False: the problem is in rs, and there is nothing to free. */
bool order_read(const struct request *rq, bool valued, struct order *order_r, struct response *rs);

#endif
