/* The points that somebody may see. Pure. */
#ifndef WEB_LIVE_POINTS_H
#define WEB_LIVE_POINTS_H

#include "base/buf.h"
#include "web/places.h"

/* Appends the event (a whole server-sent event "points", as model/ports.h has its JSON) with the points of those series alone
 * that whoever sees the rooms may see; nothing when there are none, or when it is no such event. Returns 0 or ERR_NOMEM (nothing appended). */
int live_append_points(struct span event, const struct places *places, const struct rooms *rooms, struct buf *out);

#endif
