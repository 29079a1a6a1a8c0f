/* The names and addresses under which this machine is reached: what the hub's certificate must carry. */
#ifndef NET_PKI_NAMES_H
#define NET_PKI_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum { PKI_MAX_DNS = 6, PKI_MAX_IPS = 64, PKI_DNS_SIZE = 254 };

struct pki_ip {
	uint8_t bytes[16];
	uint8_t len; /* 4 or 16 */
};

struct pki_names {
	char dns[PKI_MAX_DNS][PKI_DNS_SIZE]; /* the first is <hub_id>.tomte.home.arpa */
	size_t dns_count;
	struct pki_ip ips[PKI_MAX_IPS];
	size_t ip_count;
};

/* Collects them. Addresses that change by themselves every day (IPv6 privacy addresses) and
 * link-local ones are left out: a new certificate each day would make people click warnings away. Works without
 * netlink, which the hub's unit forbids. What cannot be found out is left out. */
void pki_names_collect(struct pki_names *names_r, const char *hub_id);

/* The names that a machine called `host` has: the name, its first label, and that with ".local". */
void pki_names_add_host(struct pki_names *names, const char *host);

/* Adds the addresses of a file in the form of /proc/net/if_inet6. */
void pki_names_add_inet6(struct pki_names *names, const char *path);

#endif
