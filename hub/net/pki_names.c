/* The machine's names and addresses. Any thread; must not know certificates. */
#include "net/pki_names.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

enum { MAX_INTERFACES = 128 };

/* Flags of /proc/net/if_inet6, as in linux/if_addr.h. */
enum { INET6_TEMPORARY = 0x01, INET6_DEPRECATED = 0x20, INET6_TENTATIVE = 0x40 };

/* Host names of the Internet's kind; browsers refuse certificates with others. */
static bool dns_valid(const char *name)
{
	size_t label = 0;
	for (const char *c = name; *c; c++) {
		bool alnum = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
		if (*c == '.' ? label == 0 || c[-1] == '-' : !alnum && !(*c == '-' && label > 0))
			return false;
		label = *c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

static void add_dns(struct pki_names *names, const char *name)
{
	if (!dns_valid(name) || names->dns_count == PKI_MAX_DNS)
		return;
	for (size_t i = 0; i < names->dns_count; i++)
		if (strcasecmp(names->dns[i], name) == 0)
			return;
	if (str_copy(names->dns[names->dns_count], PKI_DNS_SIZE, name) == 0)
		names->dns_count++;
}

static void add_ip(struct pki_names *names, const void *bytes, uint8_t len)
{
	for (size_t i = 0; i < names->ip_count; i++)
		if (names->ips[i].len == len && memcmp(names->ips[i].bytes, bytes, len) == 0)
			return;
	if (names->ip_count == PKI_MAX_IPS)
		return;
	struct pki_ip *ip = &names->ips[names->ip_count++];
	memcpy(ip->bytes, bytes, len);
	ip->len = len;
}

void pki_names_add_host(struct pki_names *names, const char *host)
{
	char label[64], local[PKI_DNS_SIZE];
	size_t len = strcspn(host, ".");
	if (!*host || str_copy_span(label, sizeof label, span_of(host, len)))
		return;
	add_dns(names, host);
	add_dns(names, label);
	if (strcasecmp(label, "localhost") != 0 && str_format(local, sizeof local, "%s.local", label) == 0)
		add_dns(names, local);
}

/* Not getifaddrs(3): that needs netlink. */
static void add_inet4(struct pki_names *names)
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
				add_ip(names, &in.sin_addr, 4);
		}
	close(fd);
}

void pki_names_add_inet6(struct pki_names *names, const char *path)
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
			add_ip(names, ip, sizeof ip);
	}
	fclose(file);
}

void pki_names_collect(struct pki_names *names_r, const char *hub_id)
{
	*names_r = (struct pki_names){0};
	char name[PKI_DNS_SIZE];
	if (str_format(name, sizeof name, "%s.tomte.home.arpa", hub_id) == 0)
		add_dns(names_r, name);
	add_dns(names_r, "localhost");
	if (gethostname(name, sizeof name) == 0) {
		name[sizeof name - 1] = 0;
		pki_names_add_host(names_r, name);
	}
	add_ip(names_r, (const uint8_t[]){127, 0, 0, 1}, 4);
	add_ip(names_r, &in6addr_loopback, 16);
	add_inet4(names_r);
	pki_names_add_inet6(names_r, "/proc/net/if_inet6");
}
