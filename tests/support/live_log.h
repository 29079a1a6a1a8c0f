/* A live port that remembers its events, for tests. Any thread. */
#ifndef SUPPORT_LIVE_LOG_H
#define SUPPORT_LIVE_LOG_H

#include "model/ports.h"

struct live_log;

struct live_log *live_log_create(void);
void live_log_destroy(struct live_log **log);
struct live_port live_log_port(struct live_log *log);

/* What live_port.place and series are told counts as events "(place)", "<device>: <room or gone>", and "(series)",
 * "<id>: <device or gone>". */

/* Events of this name so far that contain the text; name NULL: of any name. */
size_t live_log_count(struct live_log *log, const char *name, const char *text);

/* Waits (10 s at most) for such an event; returns whether it came. */
bool live_log_wait(struct live_log *log, const char *name, const char *text);

/* The newest event of this name, copied; NULL for none. Caller frees. */
char *live_log_newest(struct live_log *log, const char *name);

void live_log_clear(struct live_log *log);

#endif
