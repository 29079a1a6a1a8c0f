/* How many sockets each address has. Shared by all workers under one named lock, which is taken when a socket comes
 * or goes. */
#ifndef BROKER_ADDRESSES_H
#define BROKER_ADDRESSES_H

#include <stdint.h>

struct addresses;
struct address;

/* Returns NULL without memory. */
struct addresses *addresses_create(void);
void addresses_destroy(struct addresses **addresses);

/* Counts one more of this peer ("192.0.2.7:1234", "[2001:db8::1]:1234": the port is left out; other texts as they are).
 * Returns its entry, valid until addresses_leave, or NULL without memory. Any thread. */
struct address *addresses_enter(struct addresses *addresses, const char *peer);

/* Takes it away again and clears the pointer. NULL inside is fine. Any thread. */
void addresses_leave(struct addresses *addresses, struct address **address);

/* How many are there now, by an entry that the caller holds. Any thread. */
uint32_t addresses_count(const struct address *address);

#endif
