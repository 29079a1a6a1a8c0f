/* Between session.c and session_pump.c. */
#ifndef BROKER_SESSION_PRIVATE_H
#define BROKER_SESSION_PRIVATE_H

#include "broker/session.h"

/* Drops the retained messages that are still to be sent. */
void session_drop_replays(struct session *session);

/* Of these, those that the session's identity may not read. */
void session_restrict_replays(struct session *session);

#endif
