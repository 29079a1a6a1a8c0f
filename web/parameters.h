/* What stands behind the '?' of a request, against what its operation says. */
#ifndef WEB_PARAMETERS_H
#define WEB_PARAMETERS_H

#include "web/request.h"
#include "web/response.h"

/* Whether every parameter of the query is one that the route has, once, and within its bounds; the problem is in rs otherwise. So a filter
 * with a mistake in its name is refused rather than ignored. Routes outside of the API take what comes: others add to their addresses. */
bool parameters_fit(const struct request *rq, struct response *rs);

#endif
