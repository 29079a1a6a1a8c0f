/* The machine's names and addresses. Any thread; must not know certificates. */
#include "net/pki_names.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/str.h"

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
	addresses_collect(&names_r->addresses);
	addresses_add(&names_r->addresses, (const uint8_t[]){127, 0, 0, 1}, 4);
	addresses_add(&names_r->addresses, &in6addr_loopback, 16);
}
