/* Who this hub is: its id, and the addresses that devices can reach it at. */
#ifndef HUB_IDENTITY_H
#define HUB_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

enum { HUB_ID_SIZE = 11, ENDPOINT_SIZE = 80, MAX_ENDPOINTS = 16 };

/* Reads the hub's id from the store, or makes it at the first start. Blocks.
 * Returns 0 or the store's error. */
int identity_hub_id(struct store *store, char id_r[HUB_ID_SIZE]);

/* Writes mqtts://<address>:<port> for every address of this machine that others can reach, then the host name
 * with .local, loopback last; or only for `listening` when the hub listens on that one alone ("*": on all).
 * Returns how many. */
size_t identity_endpoints(const char *listening, uint16_t port, char endpoints_r[MAX_ENDPOINTS][ENDPOINT_SIZE]);

#endif
