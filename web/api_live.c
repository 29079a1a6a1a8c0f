/* Opening a stream of live events: finds out where it starts. Pool threads; the
 * stream itself is stream.c's. */
#include "web/live.h"
#include "web/routes.h"

void api_live(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	/* a browser that reconnects sends both: what it saw last wins over where the page began */
	const char *from = rq->last_event_id[0] ? rq->last_event_id : request_query(rq, "cursor");
	rs->status = 200;
	rs->content_type = "text/event-stream";
	rs->stream = true;
	if (from && live_parse(sv->live, from, &rs->cursor) == 0)
		return;
	rs->cursor = live_newest(sv->live);
	rs->stream_reset = from != NULL;
}
