/* Addresses of the hub. Any thread. */
#include "address.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

int address_parse(const char *text, uint16_t default_port, struct address *address_r)
{
	const char *host = text, *end, *port = NULL;
	if (text[0] == '[') {
		host = text + 1;
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return ERR_MALFORMED;
		port = end[1] ? end + 2 : NULL;
	} else {
		end = text + strlen(text);
		const char *colon = strchr(text, ':');
		if (colon && !strchr(colon + 1, ':')) {
			end = colon;
			port = colon + 1;
		}
	}
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";
	size_t len = (size_t)(end - host);
	int64_t number = default_port;
	if (len == 0 || strspn(host, plain) < len || str_copy_span(address_r->host, ADDRESS_HOST_SIZE, span_of(host, len)) ||
	    (port && str_to_int(port, 1, 65535, &number)))
		return ERR_MALFORMED;
	address_r->port = (uint16_t)number;
	return 0;
}

int address_parse_endpoint(const char *text, struct address *address_r)
{
	static const char scheme[] = "mqtts://";
	if (strncmp(text, scheme, sizeof scheme - 1) != 0)
		return ERR_UNSUPPORTED;
	return address_parse(text + sizeof scheme - 1, 8883, address_r);
}

int address_format(char *text, size_t size, const struct address *address)
{
	bool v6 = strchr(address->host, ':') != NULL;
	return str_format(text, size, "%s%s%s:%u", v6 ? "[" : "", address->host, v6 ? "]" : "", address->port);
}
