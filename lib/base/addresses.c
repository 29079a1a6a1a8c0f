/* This machine's addresses, from ioctl(2) and /proc. Any thread. */
#include "base/addresses.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

enum { MAX_INTERFACES = 128 };

/* Flags of /proc/net/if_inet6, as in linux/if_addr.h. */
enum { INET6_TEMPORARY = 0x01, INET6_DEPRECATED = 0x20, INET6_TENTATIVE = 0x40 };

void addresses_add(struct addresses *addresses, const void *bytes, uint8_t len)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->items[i].len == len && memcmp(addresses->items[i].bytes, bytes, len) == 0)
			return;
	if (addresses->count == ADDRESSES_MAX)
		return;
	struct ip_address *ip = &addresses->items[addresses->count++];
	memcpy(ip->bytes, bytes, len);
	ip->len = len;
}

static void add_inet4(struct addresses *addresses)
{
	struct ifreq interfaces[MAX_INTERFACES];
	struct ifconf conf = {.ifc_len = sizeof interfaces, .ifc_req = interfaces};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (ioctl(fd, SIOCGIFCONF, &conf) == 0)
		for (int i = 0; i < conf.ifc_len / (int)sizeof interfaces[0]; i++) {
			struct sockaddr_in in;
			memcpy(&in, &interfaces[i].ifr_addr, sizeof in);
			if (in.sin_family == AF_INET && ntohl(in.sin_addr.s_addr) >> 16 != 0xa9fe) /* 169.254/16 */
				addresses_add(addresses, &in.sin_addr, 4);
		}
	close(fd);
}

void addresses_add_inet6_file(struct addresses *addresses, const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return; /* IPv6 is off */
	char line[128], hex[33];
	unsigned scope, flags;
	while (fgets(line, sizeof line, file)) {
		uint8_t ip[16];
		if (sscanf(line, "%32s %*x %*x %x %x", hex, &scope, &flags) != 3 || str_from_hex(hex, ip, sizeof ip))
			continue;
		bool link_local = ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
		if (!link_local && !(flags & (INET6_TEMPORARY | INET6_DEPRECATED | INET6_TENTATIVE)))
			addresses_add(addresses, ip, sizeof ip);
	}
	fclose(file);
}

void addresses_collect(struct addresses *addresses_r)
{
	addresses_r->count = 0;
	add_inet4(addresses_r);
	addresses_add_inet6_file(addresses_r, "/proc/net/if_inet6");
}

bool address_is_loopback(const struct ip_address *address)
{
	return address->len == 4 ? address->bytes[0] == 127 : memcmp(address->bytes, &in6addr_loopback, 16) == 0;
}

void address_format(char text_r[ADDRESS_TEXT_SIZE], const struct ip_address *address, bool brackets)
{
	bool six = address->len == 16;
	char text[INET6_ADDRSTRLEN];
	inet_ntop(six ? AF_INET6 : AF_INET, address->bytes, text, sizeof text);
	str_format(text_r, ADDRESS_TEXT_SIZE, six && brackets ? "[%s]" : "%s", text);
}
