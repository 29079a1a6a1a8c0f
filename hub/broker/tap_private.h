/* The tap's side towards the router. */
#ifndef BROKER_TAP_PRIVATE_H
#define BROKER_TAP_PRIVATE_H

#include "broker/router.h"
#include "broker/tap.h"
#include "broker/worker.h"

/* Hands a message (borrowed for the call) to a subscriber of kind SUBSCRIBER_TAP. */
void tap_deliver(struct subscriber *who, struct message *message, const struct tap_arrival *arrival);

/* Frees the taps of a worker. */
void tap_finish(struct worker *worker);

#endif
