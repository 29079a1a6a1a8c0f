/* Handing composed JSON to the browsers through the live port. */
#ifndef MODEL_LIVE_H
#define MODEL_LIVE_H

#include "model/json_out.h"
#include "model/ports.h"

/* Posts what o's buffer holds as one event to those who see the whole house, and empties the buffer; an event that could
 * not be composed for want of memory is dropped, a port without function does
 * nothing. name: static string. Any thread; never blocks. */
void live_post(const struct live_port *live, const char *name, struct json_out *o);

/* The same to all who may see the device. */
void live_post_about(const struct live_port *live, const char *name, const char *device, struct json_out *o);

/* live_port.place and live_port.series. */
void live_place(const struct live_port *live, const char *device, const char *room);
void live_series(const struct live_port *live, int64_t series, const char *device);

#endif
