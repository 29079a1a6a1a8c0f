/* The addresses of this machine, as other machines can reach it. Works without
 * netlink, which the hub's service unit forbids (getifaddrs(3) needs it). */
#ifndef BASE_ADDRESSES_H
#define BASE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADDRESSES_MAX = 64, ADDRESS_TEXT_SIZE = 48 };

struct ip_address {
	uint8_t bytes[16];
	uint8_t len; /* 4 or 16 */
};

struct addresses {
	struct ip_address items[ADDRESSES_MAX];
	size_t count;
};

/* Collects them, IPv4 first, loopback included. Left out are link-local addresses, which mean
 * nothing elsewhere, and those that change by themselves every day (IPv6 privacy addresses). What
 * cannot be found out is left out. */
void addresses_collect(struct addresses *addresses_r);

/* Adds the addresses of a file in the form of /proc/net/if_inet6. */
void addresses_add_inet6_file(struct addresses *addresses, const char *path);

/* Adds one unless it is there already, or there is no room. */
void addresses_add(struct addresses *addresses, const void *bytes, uint8_t len);

/* Whether only this machine reaches itself there. */
bool address_is_loopback(const struct ip_address *address);

/* Writes the address as it stands in a URL: IPv6 in brackets when asked. */
void address_format(char text_r[ADDRESS_TEXT_SIZE], const struct ip_address *address, bool brackets);

#endif
