/* Handing composed JSON to the browsers through the live port. */
#ifndef MODEL_LIVE_H
#define MODEL_LIVE_H

#include "model/json_out.h"
#include "model/ports.h"

/* Posts what o's buffer holds as one event and empties the buffer; an event that could
 * not be composed for want of memory is dropped, a port without function does
 * nothing. name: static string. Any thread; never blocks. */
void live_post(const struct live_port *live, const char *name, struct json_out *o);

#endif
