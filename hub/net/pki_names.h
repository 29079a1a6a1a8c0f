/* The names and addresses under which this machine is reached: what the hub's certificate must carry. */
#ifndef NET_PKI_NAMES_H
#define NET_PKI_NAMES_H

#include <stddef.h>

#include "base/addresses.h"

enum { PKI_MAX_DNS = 6, PKI_DNS_SIZE = 254 };

struct pki_names {
	char dns[PKI_MAX_DNS][PKI_DNS_SIZE]; /* the first is <hub_id>.tomte.home.arpa */
	size_t dns_count;
	struct addresses addresses;
};

/* Collects them. What cannot be found out is left out. */
void pki_names_collect(struct pki_names *names_r, const char *hub_id);

/* The names that a machine called `host` has: the name, its first label, and that with ".local". */
void pki_names_add_host(struct pki_names *names, const char *host);

#endif
