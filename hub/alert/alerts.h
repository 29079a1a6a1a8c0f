/* Alerts: what people should know, opened and closed by the house. One alert
 * of a kind is open per device at a time, but for kinds that name their causer in the text. An object belongs to one thread (the
 * house's); writes go to the store without waiting. */
#ifndef ALERT_ALERTS_H
#define ALERT_ALERTS_H

#include <stdbool.h>

#include "base/clock.h"
#include "db/store.h"
#include "model/ports.h"

struct alerts;

/* Reads the open alerts and the last id (blocks on the store). store: borrowed,
 * live: copied. Returns 0, ERR_NOMEM or the store's error. */
int alerts_create(struct store *store, const struct live_port *live, struct alerts **alerts_r);

/* Waits for the writes under way, so the store must be open still. */
void alerts_destroy(struct alerts **alerts);

/* What is wrong, with whom. Borrowed for the call. */
struct alert_report {
	const char *device; /* "" when it is the hub's own */
	const char *kind;   /* "offline", "enrolment", "disk" */
	const char *text;   /* for people; cut to fit (whole characters) */
};

/* Opens an alert, stores it and tells the browsers. Nothing happens when one of
 * this device and kind is open. Returns 0 or ERR_NOMEM. */
int alerts_open(struct alerts *alerts, const struct alert_report *report, struct wall_ms at);

/* The same for what several may cause, each with a text of its own: nothing happens when one of this text is open, or `most` of this kind. */
int alerts_open_each(struct alerts *alerts, const struct alert_report *report, unsigned most, struct wall_ms at);

/* Closes the open alert of this device and kind, if there is one. */
void alerts_close(struct alerts *alerts, const char *device, const char *kind, struct wall_ms at);

/* Closes alerts of this kind that were opened before `before`: for events
 * that nothing ends. */
void alerts_close_older(struct alerts *alerts, const char *kind, struct wall_ms before, struct wall_ms at);

/* Whether an alert of this device and kind is open. */
bool alerts_is_open(const struct alerts *alerts, const char *device, const char *kind);

/* Drops the open alerts of an erased device without a word; the store erases them itself. */
void alerts_forget(struct alerts *alerts, const char *device);

/* Writes open alerts again that the store could not take (disk full). Call now and then. */
void alerts_retry(struct alerts *alerts);

#endif
