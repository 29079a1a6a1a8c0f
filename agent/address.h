/* host[:port] as people and the hub write it. */
#ifndef AGENT_ADDRESS_H
#define AGENT_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

enum { ADDRESS_HOST_SIZE = 256 };

struct address {
	char host[ADDRESS_HOST_SIZE]; /* name or number; IPv6 without brackets */
	uint16_t port;
};

/* Parses "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 address; without
 * a port it is default_port. Returns 0 or ERR_MALFORMED. */
int address_parse(const char *text, uint16_t default_port, struct address *address_r);

/* Parses "mqtts://" and an address, whose port is 8883 by default. Returns 0,
 * ERR_UNSUPPORTED (another scheme) or ERR_MALFORMED. */
int address_parse_endpoint(const char *text, struct address *address_r);

/* Writes host:port with the brackets that IPv6 needs. Returns 0 or ERR_TOO_LARGE. */
int address_format(char *text, size_t size, const struct address *address);

#endif
