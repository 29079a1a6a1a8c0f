/* The hub's id and addresses. Main thread, at start. */
#include "main/identity.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"

static const char setting[] = "hub-id";

int identity_hub_id(struct store *store, char id_r[HUB_ID_SIZE])
{
	struct buf value = {0};
	int err = store_setting_get(store, setting, &value);
	if (err == 0)
		err = str_copy_span(id_r, HUB_ID_SIZE, buf_span(&value));
	buf_finish(&value);
	if (err != ERR_NOT_FOUND)
		return err;
	rand_name(id_r, HUB_ID_SIZE - 1);
	return store_setting_put(store, setting, span_str(id_r), NULL);
}

/* An address as a device would dial it; false for those that nobody else can. */
static bool address_text(const struct sockaddr *address, char text_r[64])
{
	char host[INET6_ADDRSTRLEN];
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
		return str_format(text_r, 64, "%s", host) == 0;
	}
	if (address->sa_family != AF_INET6)
		return false;
	const struct sockaddr_in6 *in6 = (const void *)address;
	if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr)) /* means nothing without its interface */
		return false;
	inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
	return str_format(text_r, 64, "[%s]", host) == 0;
}

static size_t add_addresses(bool loopback, uint16_t port, char endpoints_r[][ENDPOINT_SIZE], size_t count)
{
	struct ifaddrs *all;
	if (getifaddrs(&all))
		return count;
	for (struct ifaddrs *i = all; i && count < MAX_ENDPOINTS; i = i->ifa_next) {
		char host[64];
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || !(i->ifa_flags & IFF_LOOPBACK) != !loopback ||
		    !address_text(i->ifa_addr, host))
			continue;
		if (str_format(endpoints_r[count], ENDPOINT_SIZE, "mqtts://%s:%u", host, port) == 0)
			count++;
	}
	freeifaddrs(all);
	return count;
}

size_t identity_endpoints(uint16_t port, char endpoints_r[MAX_ENDPOINTS][ENDPOINT_SIZE])
{
	size_t count = add_addresses(false, port, endpoints_r, 0);
	char host[HOST_NAME_MAX + 1];
	if (count < MAX_ENDPOINTS && gethostname(host, sizeof host) == 0 && strchr(host, '.') == NULL &&
	    str_format(endpoints_r[count], ENDPOINT_SIZE, "mqtts://%s.local:%u", host, port) == 0)
		count++;
	return add_addresses(true, port, endpoints_r, count);
}
