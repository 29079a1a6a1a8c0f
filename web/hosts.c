/* Host names: the allowlist against DNS rebinding, and the addresses of this
 * machine. Immutable after creation, any thread. */
#include "web/hosts.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/addresses.h"
#include "base/err.h"
#include "base/span.h"
#include "base/str.h"

enum { NAME_SIZE = 256 };

struct hosts {
	char machine[NAME_SIZE];       /* host name up to the first dot */
	char local[NAME_SIZE];         /* <machine>.local */
	char full[NAME_SIZE];          /* host name as set */
	char certificate[NAME_SIZE];   /* <hub id>.tomte.home.arpa */
	char *extra;                   /* names with terminators, one behind the other, an empty one last */
};

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text | 0x20);
}

/* "a, b" becomes "a\0b\0\0". */
static int split_extra(struct hosts *hosts, const char *list)
{
	size_t size = strlen(list) + 2;
	hosts->extra = calloc(1, size);
	if (!hosts->extra)
		return ERR_NOMEM;
	char *out = hosts->extra;
	while (*list) {
		size_t len = strcspn(list, ", \t");
		if (len) {
			memcpy(out, list, len);
			out += len + 1;
		}
		list += len;
		list += strspn(list, ", \t");
	}
	for (size_t i = 0; i < size; i++)
		if (hosts->extra[i] >= 'A' && hosts->extra[i] <= 'Z')
			hosts->extra[i] = (char)(hosts->extra[i] | 0x20);
	return 0;
}

int hosts_create(const char *hub_id, const char *extra, struct hosts **hosts_r)
{
	struct hosts *hosts = calloc(1, sizeof *hosts);
	if (!hosts)
		return ERR_NOMEM;
	if (split_extra(hosts, extra ? extra : "")) {
		free(hosts);
		return ERR_NOMEM;
	}
	char name[NAME_SIZE] = "";
	if (gethostname(name, sizeof name - 1) == 0) {
		lower(name);
		str_copy(hosts->full, sizeof hosts->full, name);
		name[strcspn(name, ".")] = 0;
		str_copy(hosts->machine, sizeof hosts->machine, name);
		/* a name too long for ".local" leaves the empty string, which matches nothing */
		if (str_format(hosts->local, sizeof hosts->local, "%s.local", name))
			hosts->local[0] = 0;
	}
	str_format(hosts->certificate, sizeof hosts->certificate, "%s.tomte.home.arpa", hub_id);
	*hosts_r = hosts;
	return 0;
}

void hosts_destroy(struct hosts **hosts)
{
	if (!*hosts)
		return;
	free((*hosts)->extra);
	free(*hosts);
	*hosts = NULL;
}

static bool name_valid(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || strchr("-._:", *name)))
			return false;
	return true;
}

int hosts_parse(const char *header, char name_r[256])
{
	struct span text = span_str(header);
	if (text.len && text.data[0] == '[') {
		const char *close = strchr(header, ']');
		if (!close || (close[1] && close[1] != ':'))
			return ERR_MALFORMED;
		text = span_of(header + 1, (size_t)(close - header - 1));
	} else {
		text.len = strcspn(header, ":");
	}
	if (str_copy_span(name_r, NAME_SIZE, text))
		return ERR_MALFORMED;
	lower(name_r);
	size_t len = strlen(name_r);
	if (len && name_r[len - 1] == '.') /* a fully qualified name */
		name_r[len - 1] = 0;
	return name_valid(name_r) ? 0 : ERR_MALFORMED;
}

bool hosts_allowed(const struct hosts *hosts, const char *name)
{
	uint8_t address[16];
	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		return true;
	const char *own[] = {"localhost", hosts->machine, hosts->local, hosts->full, hosts->certificate};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (*own[i] && strcmp(name, own[i]) == 0)
			return true;
	for (const char *extra = hosts->extra; *extra; extra += strlen(extra) + 1)
		if (strcmp(name, extra) == 0)
			return true;
	return false;
}

/* As it stands in a URL. */
static void give(void (*each)(void *ctx, const char *host), void *ctx, const char *address)
{
	char host[INET6_ADDRSTRLEN + 2];
	bool six = strchr(address, ':') != NULL;
	str_format(host, sizeof host, "%s%s%s", six ? "[" : "", address, six ? "]" : "");
	each(ctx, host);
}

void hosts_reachable_each(const struct hosts *hosts, const char *listening,
			  void (*each)(void *ctx, const char *host), void *ctx)
{
	if (strcmp(listening, "*") != 0) {
		give(each, ctx, listening);
		return;
	}
	if (hosts->local[0])
		each(ctx, hosts->local);
	struct addresses addresses;
	addresses_collect(&addresses);
	for (size_t i = 0; i < addresses.count; i++) {
		char text[ADDRESS_TEXT_SIZE];
		address_format(text, &addresses.items[i], false);
		if (!address_is_loopback(&addresses.items[i]))
			give(each, ctx, text);
	}
	each(ctx, "localhost");
}

void hosts_primary_address(const char *listening, char *address_r, size_t size)
{
	address_r[0] = 0;
	if (strcmp(listening, "*") != 0) {
		str_copy(address_r, size, listening);
		return;
	}
	struct addresses addresses;
	addresses_collect(&addresses);
	for (size_t i = 0; i < addresses.count && !address_r[0]; i++) {
		char text[ADDRESS_TEXT_SIZE];
		address_format(text, &addresses.items[i], false);
		if (addresses.items[i].len == 4 && !address_is_loopback(&addresses.items[i]))
			str_copy(address_r, size, text);
	}
}
