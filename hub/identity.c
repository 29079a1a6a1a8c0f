/* The hub's id and addresses. Main thread, at start. */
#include "main/identity.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/addresses.h"
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

static size_t add_addresses(bool loopback, uint16_t port, char endpoints_r[][ENDPOINT_SIZE], size_t count)
{
	struct addresses addresses;
	addresses_collect(&addresses);
	for (size_t i = 0; i < addresses.count && count < MAX_ENDPOINTS; i++) {
		char host[ADDRESS_TEXT_SIZE];
		address_format(host, &addresses.items[i], true);
		if (address_is_loopback(&addresses.items[i]) == loopback &&
		    str_format(endpoints_r[count], ENDPOINT_SIZE, "mqtts://%s:%u", host, port) == 0)
			count++;
	}
	return count;
}

size_t identity_endpoints(const char *listening, uint16_t port, char endpoints_r[MAX_ENDPOINTS][ENDPOINT_SIZE])
{
	if (strcmp(listening, "*") != 0) {
		bool six = strchr(listening, ':') != NULL;
		return str_format(endpoints_r[0], ENDPOINT_SIZE, "mqtts://%s%s%s:%u", six ? "[" : "", listening, six ? "]" : "",
				  port) == 0;
	}
	size_t count = add_addresses(false, port, endpoints_r, 0);
	char host[HOST_NAME_MAX + 1];
	if (count < MAX_ENDPOINTS && gethostname(host, sizeof host) == 0 && strchr(host, '.') == NULL &&
	    str_format(endpoints_r[count], ENDPOINT_SIZE, "mqtts://%s.local:%u", host, port) == 0)
		count++;
	return add_addresses(true, port, endpoints_r, count);
}
