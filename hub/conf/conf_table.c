/* The options and how a value of each type is read, compared and freed. Any thread; must not know files. */
#include "conf/conf_table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"

#define OPTION(section_, name_) .section = #section_, .name = #name_, .offset = offsetof(struct conf, section_.name_)

const struct conf_section conf_sections[] = {
	{"hub", "The hub as a whole."},
	{"mqtt", "The MQTT broker."},
	{"web", "The dashboard, its interface for programs, and enrolment."},
	{"security", "Protection of accounts."},
};
const size_t conf_section_count = sizeof conf_sections / sizeof conf_sections[0];

const struct conf_option conf_options[] = {
	{OPTION(hub, log_level), .type = CONF_LEVEL, .value = "info", .unit = "", .live = true,
	 .text = "How much is logged."},
	{OPTION(hub, admin_socket), .type = CONF_PATH, .max = 107, .value = "/run/tomte/hub.sock", .unit = "",
	 .text = "The Unix socket through which tomtectl speaks to the hub; root and members of the group tomte may use it."},
	{OPTION(hub, web_dir), .type = CONF_PATH, .max = 1024, .value = CONF_WEB_DIR, .documented = "/usr/share/tomte/web", .unit = "",
	 .text = "The directory with the dashboard's files."},

	{OPTION(mqtt, workers), .type = CONF_NUMBER, .min = 1, .max = 64, .value = "1", .unit = "threads",
	 .text = "Threads of the broker. One is enough for a house; more help on machines with many cores."},
	{OPTION(mqtt, tls_address), .type = CONF_ADDRESS, .value = "*", .unit = "",
	 .text = "The address on which MQTT over TLS is served."},
	{OPTION(mqtt, tls_port), .type = CONF_PORT, .min = 1, .max = 65535, .value = "8883", .unit = "",
	 .text = "The port of MQTT over TLS."},
	{OPTION(mqtt, plain_address), .type = CONF_ADDRESS, .value = "127.0.0.1", .unit = "",
	 .text = "The address on which MQTT without encryption is served. Others than loopback addresses need allow_unencrypted."},
	{OPTION(mqtt, plain_port), .type = CONF_PORT, .min = 0, .max = 65535, .value = "1883", .unit = "",
	 .text = "The port of MQTT without encryption."},
	{OPTION(mqtt, allow_unencrypted), .type = CONF_BOOL, .value = "no", .unit = "",
	 .text = "Lets plain_address be reachable from the network: whoever listens there reads along, passwords included. "
		 "Only for devices that cannot do TLS."},
	{OPTION(mqtt, max_connections), .type = CONF_NUMBER, .min = 1, .max = 1000000, .value = "10000", .unit = "connections",
	 .text = "Connections at the same time."},
	{OPTION(mqtt, max_packet_kib), .type = CONF_NUMBER, .min = 1, .max = 262143, .value = "1024", .unit = "KiB",
	 .text = "The largest MQTT packet that is taken."},
	{OPTION(mqtt, connect_timeout_s), .type = CONF_NUMBER, .min = 1, .max = 300, .value = "10", .unit = "seconds",
	 .text = "Time from the connection to its CONNECT packet, the TLS handshake included."},
	{OPTION(mqtt, max_inflight), .type = CONF_NUMBER, .min = 1, .max = 65535, .value = "100", .unit = "messages",
	 .text = "Messages of QoS 1 and 2 on their way to one client at the same time, and from it."},
	{OPTION(mqtt, max_queued_messages), .type = CONF_NUMBER, .min = 1, .max = 10000000, .value = "10000", .unit = "messages",
	 .text = "Messages that wait for one client."},
	{OPTION(mqtt, max_queued_kib), .type = CONF_NUMBER, .min = 1, .max = 1048576, .value = "4096", .unit = "KiB",
	 .text = "Memory of the messages that wait for one client."},
	{OPTION(mqtt, max_session_expiry_s), .type = CONF_NUMBER, .min = 0, .max = UINT32_MAX, .value = "604800", .unit = "seconds",
	 .text = "How long an absent client's session is kept at most; 604800 is a week."},

	{OPTION(web, address), .type = CONF_ADDRESS, .value = "*", .unit = "",
	 .text = "The address on which HTTPS and HTTP are served."},
	{OPTION(web, https_port), .type = CONF_PORT, .min = 1, .max = 65535, .value = "8443", .unit = "",
	 .text = "The port of the dashboard (HTTPS)."},
	{OPTION(web, http_port), .type = CONF_PORT, .min = 0, .max = 65535, .value = "8080", .unit = "",
	 .text = "The port of HTTP: enrolment (which is secure by itself), the house's certificate, and a page that leads to HTTPS."},
	{OPTION(web, http_dashboard), .type = CONF_BOOL, .value = "no", .unit = "",
	 .text = "Serves the whole dashboard over HTTP to the network too. Only behind a reverse proxy that encrypts."},
	{OPTION(web, hosts), .type = CONF_HOSTS, .max = 32, .value = "", .unit = "",
	 .text = "More host names under which browsers may open the dashboard, such as a reverse proxy's. "
		 "Addresses and this machine's own names are always allowed."},

	{OPTION(security, password_ms), .type = CONF_NUMBER, .min = 0, .max = 5000, .value = "250", .unit = "milliseconds",
	 .text = "Time that checking a password should cost on this machine; 0 takes the safe minimum without measuring."},
};
const size_t conf_option_count = sizeof conf_options / sizeof conf_options[0];

static void *member(const struct conf_option *option, struct conf *conf)
{
	return (char *)conf + option->offset;
}

static int set_bool(bool *out, const char *text)
{
	static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		bool is_yes = strcasecmp(text, yes[i]) == 0;
		if (is_yes || strcasecmp(text, no[i]) == 0) {
			*out = is_yes;
			return 0;
		}
	}
	return ERR_INVALID;
}

static int set_text(char **out, const char *text)
{
	*out = strdup(text);
	return *out ? 0 : ERR_NOMEM;
}

static bool address_valid(const char *text)
{
	struct in6_addr ip;
	return strcmp(text, "*") == 0 || inet_pton(AF_INET, text, &ip) == 1 || inet_pton(AF_INET6, text, &ip) == 1;
}

static bool host_valid(struct span host)
{
	if (host.len == 0 || host.len > 253)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.data[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return true;
}

static int add_host(struct conf_list *list, struct span host)
{
	char **items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (!items)
		return ERR_NOMEM;
	list->items = items;
	items[list->count] = strndup((const char *)host.data, host.len);
	return items[list->count] && ++list->count ? 0 : ERR_NOMEM;
}

static int set_hosts(struct conf_list *list, const char *text, size_t max)
{
	static const char separators[] = ", \t";
	int err = 0;
	for (text += strspn(text, separators); *text && !err; text += strspn(text, separators)) {
		size_t len = strcspn(text, separators);
		struct span host = span_of(text, len);
		err = !host_valid(host) || list->count == max ? ERR_INVALID : add_host(list, host);
		text += len;
	}
	return err;
}

int conf_option_set(const struct conf_option *option, struct conf *conf, const char *text)
{
	void *out = member(option, conf);
	int64_t number = 0;
	int err = 0;
	switch (option->type) {
	case CONF_BOOL: return set_bool(out, text);
	case CONF_NUMBER:
		err = str_to_int(text, option->min, option->max, &number);
		*(uint32_t *)out = err ? 0 : (uint32_t)number;
		return err;
	case CONF_PORT:
		err = str_to_int(text, option->min, option->max, &number);
		*(uint16_t *)out = err ? 0 : (uint16_t)number;
		return err;
	case CONF_ADDRESS: return address_valid(text) ? set_text(out, text) : ERR_INVALID;
	case CONF_PATH: return text[0] == '/' && strlen(text) <= option->max ? set_text(out, text) : ERR_INVALID;
	case CONF_LEVEL: return log_level_parse(text, out);
	case CONF_HOSTS: return set_hosts(out, text, option->max);
	}
	return ERR_INVALID;
}

void conf_option_clear(const struct conf_option *option, struct conf *conf)
{
	void *value = member(option, conf);
	if (option->type == CONF_ADDRESS || option->type == CONF_PATH) {
		free(*(char **)value);
		*(char **)value = NULL;
	} else if (option->type == CONF_HOSTS) {
		struct conf_list *list = value;
		for (size_t i = 0; i < list->count; i++)
			free(list->items[i]);
		free(list->items);
		*list = (struct conf_list){0};
	}
}

static bool lists_equal(const struct conf_list *a, const struct conf_list *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->count == b->count;
}

bool conf_option_equal(const struct conf_option *option, const struct conf *a, const struct conf *b)
{
	const void *x = (const char *)a + option->offset, *y = (const char *)b + option->offset;
	switch (option->type) {
	case CONF_BOOL: return *(const bool *)x == *(const bool *)y;
	case CONF_NUMBER: return *(const uint32_t *)x == *(const uint32_t *)y;
	case CONF_PORT: return *(const uint16_t *)x == *(const uint16_t *)y;
	case CONF_ADDRESS:
	case CONF_PATH: return strcmp(*(char *const *)x, *(char *const *)y) == 0;
	case CONF_LEVEL: return *(const enum log_level *)x == *(const enum log_level *)y;
	case CONF_HOSTS: return lists_equal(x, y);
	}
	return false;
}

int conf_option_allowed(const struct conf_option *option, struct buf *out)
{
	switch (option->type) {
	case CONF_BOOL: return buf_append_str(out, "yes or no");
	case CONF_NUMBER:
		return buf_printf(out, "a number from %lu to %lu", (unsigned long)option->min, (unsigned long)option->max);
	case CONF_PORT:
		return buf_append_str(out, option->min ? "a port from 1 to 65535" : "a port from 1 to 65535, or 0 for none");
	case CONF_ADDRESS: return buf_append_str(out, "an IP address of this machine, or * for all");
	case CONF_PATH: return buf_printf(out, "an absolute path of at most %lu bytes", (unsigned long)option->max);
	case CONF_LEVEL: return buf_append_str(out, "error, warning, info or debug");
	case CONF_HOSTS: return buf_printf(out, "at most %lu host names, parted by commas", (unsigned long)option->max);
	}
	return 0;
}
