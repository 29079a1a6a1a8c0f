/* A receipt: what the acknowledgement of one QoS 1/2 message waits for besides its own worker's batch. Whoever is handed
 * one with a message and wants the sender to wait (because a sample of it is on its way to the disk, or another worker
 * stores it) holds it, and releases it once, from any thread. */
#ifndef BROKER_RECEIPT_H
#define BROKER_RECEIPT_H

#include <stdbool.h>

struct receipt;

/* Any thread that was handed the receipt (NULL: nobody waits, nothing happens), during that call. */
void receipt_hold(struct receipt *receipt);

/* Whether what was waited for may take as long as it will: a failure that may end by itself should not be told. Any thread
 * that holds it. */
bool receipt_is_patient(const struct receipt *receipt);

/* Any thread. err: 0, or why what was waited for did not happen: then the sender is not told that all is well. NULL is fine. */
void receipt_release(struct receipt *receipt, int err);

#endif
