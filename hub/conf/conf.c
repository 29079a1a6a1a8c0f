/* The table of the hub's settings. Main thread; knows no room but the parser's. */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "settings/settings.h"

#define FIELD(field) SETTINGS_FIELD(struct conf, field)
#define LIVE(field) SETTINGS_LIVE_FIELD(struct conf, field) /* hub_reload takes it */
#define PORT_OR_OFF 0, 65535
#define PORT 1, 65535

static const struct settings_option options[] = {
	{"hub", "log_level", SETTING_LEVEL, LIVE(hub.log_level), 0, 0, "info", "how much is logged"},
	{"hub", "admin_socket", SETTING_PATH, FIELD(hub.admin_socket), 0, 0, "/run/tomte/hub.sock",
	 "where tomtectl talks to the hub; root and the group tomte may"},
	{"hub", "web_dir", SETTING_PATH, FIELD(hub.web_dir), 0, 0, "",
	 "folder of the dashboard's pages; empty: those installed with the hub"},
	{"mqtt", "workers", SETTING_INT, FIELD(mqtt.workers), 1, 64, "1",
	 "threads of the broker; one serves hundreds of thousands of messages a second"},
	{"mqtt", "tls_address", SETTING_ADDRESS, FIELD(mqtt.tls_address), 0, 0, "*",
	 "address that MQTT over TLS listens on; * is every address of this machine"},
	{"mqtt", "tls_port", SETTING_INT, FIELD(mqtt.tls_port), PORT, "8883", "port of MQTT over TLS"},
	{"mqtt", "plain_address", SETTING_ADDRESS, FIELD(mqtt.plain_address), 0, 0, "127.0.0.1",
	 "address that unencrypted MQTT listens on; other than loopback needs allow_unencrypted"},
	{"mqtt", "plain_port", SETTING_INT, FIELD(mqtt.plain_port), PORT_OR_OFF, "1883",
	 "port of unencrypted MQTT; 0 turns it off"},
	{"mqtt", "allow_unencrypted", SETTING_BOOL, FIELD(mqtt.allow_unencrypted), 0, 0, "no",
	 "let devices log in without encryption from other machines, with http_dashboard also over WebSocket: everyone in the house's network can then read and fake them"},
	{"mqtt", "socket", SETTING_PATH, FIELD(mqtt.socket), 0, 0, "",
	 "Unix socket on which programs of this machine may speak MQTT, root and the group tomte; under systemd below /run/tomte; empty: none"},
	{"mqtt", "proxy_protocol", SETTING_NAMES, FIELD(mqtt.proxies), 0, 0, "",
	 "IP addresses of proxies, whose connections begin with a header of the PROXY protocol version 2 that says who the client is; empty: none"},
	{"mqtt", "tls_client_certificates", SETTING_NEED, LIVE(mqtt.tls_clients), 0, 0, "off",
	 "whether clients may or must show a certificate; its common name is their user name and they need no password"},
	{"mqtt", "tls_client_ca", SETTING_PATH, LIVE(mqtt.tls_client_ca), 0, 0, "",
	 "file with the certificates, in PEM, of those who may sign clients' certificates; read again on SIGHUP"},
	{"mqtt", "tls_psk_file", SETTING_PATH, LIVE(mqtt.tls_psk_file), 0, 0, "",
	 "file with lines identity:key (32 to 128 hexadecimal digits) for clients with pre-shared keys, whose identity is their user name; read again on SIGHUP; empty: none"},
	{"mqtt", "max_connections", SETTING_INT, FIELD(mqtt.max_connections), 10, 1000000, "10000",
	 "clients connected at one time"},
	{"mqtt", "max_connections_per_address", SETTING_INT, FIELD(mqtt.max_connections_per_address), 0, 1000000, "1000",
	 "of those, from one address; connections from this machine are not counted; 0: no limit"},
	{"mqtt", "max_packet_kib", SETTING_INT, FIELD(mqtt.max_packet_kib), 1, 262143, "1024",
	 "largest MQTT packet in KiB"},
	{"mqtt", "connect_timeout_s", SETTING_INT, FIELD(mqtt.connect_timeout_s), 1, 120, "10",
	 "seconds from a new connection to its CONNECT"},
	{"mqtt", "max_inflight", SETTING_INT, FIELD(mqtt.max_inflight), 1, 65535, "100",
	 "QoS 1 and 2 messages that one client may have unacknowledged"},
	{"mqtt", "max_queued_messages", SETTING_INT, FIELD(mqtt.max_queued_messages), 1, 10000000, "10000",
	 "messages that wait for one client"},
	{"mqtt", "max_queued_kib", SETTING_INT, FIELD(mqtt.max_queued_kib), 1, 4194303, "4096",
	 "KiB of messages that wait for one client"},
	{"mqtt", "max_memory_mib", SETTING_INT, FIELD(mqtt.max_memory_mib), 0, 16777216, "0",
	 "MiB of messages and queues; at 80 % new clients are refused, at 90 % publishers slowed, at 100 % QoS 0 to slow readers dropped; 0: half of this machine's"},
	{"mqtt", "max_subscriptions", SETTING_INT, FIELD(mqtt.max_subscriptions), 1, 1000000, "10000",
	 "subscriptions of one client"},
	{"mqtt", "max_topic_levels", SETTING_INT, FIELD(mqtt.max_topic_levels), 1, 200, "200",
	 "levels of a topic or filter"},
	{"mqtt", "max_retained_messages", SETTING_INT, FIELD(mqtt.max_retained_messages), 0, 100000000, "1000000",
	 "retained messages in all"},
	{"mqtt", "max_retained_mib", SETTING_INT, FIELD(mqtt.max_retained_mib), 0, 16777216, "256",
	 "MiB of retained messages in all"},
	{"mqtt", "max_publish_rate", SETTING_INT, FIELD(mqtt.max_publish_rate), 0, 10000000, "0",
	 "messages that one client may publish in a second, before it is slowed down; 0: no limit"},
	{"mqtt", "max_session_expiry_s", SETTING_INT, FIELD(mqtt.max_session_expiry_s), 0, 4294967294, "604800",
	 "seconds that an absent client's session is kept"},
	{"mqtt", "sys_interval_s", SETTING_INT, FIELD(mqtt.sys_interval_s), 0, 3600, "10",
	 "seconds between two values of the topics below $SYS, which tell how the broker is doing; 0: there are none"},
	{"mqtt", "moved_to", SETTING_HOST, FIELD(mqtt.moved_to), 0, 0, "",
	 "the broker that serves this house now: new clients are sent there and not served here; empty: they are served here"},
	{"store", "database", SETTING_TEXT, FIELD(store.database), 0, 0, "",
	 "connection string of a PostgreSQL server that keeps history, such as host=db.lan dbname=tomte passfile=/etc/tomte/pgpass; empty: kept in the state directory"},
	{"web", "address", SETTING_ADDRESS, FIELD(web.address), 0, 0, "*",
	 "address that the dashboard listens on; * is every address of this machine"},
	{"web", "https_port", SETTING_INT, FIELD(web.https_port), PORT, "8443", "port of the dashboard and API"},
	{"web", "http_port", SETTING_INT, FIELD(web.http_port), PORT_OR_OFF, "8080",
	 "port of enrolment, of the CA certificate and of a page that leads to HTTPS; 0 turns it off"},
	{"web", "http_dashboard", SETTING_BOOL, FIELD(web.http_dashboard), 0, 0, "no",
	 "serve the whole dashboard without encryption to other machines, for reverse proxies; MQTT over WebSocket needs allow_unencrypted, too"},
	{"web", "hosts", SETTING_TEXT, FIELD(web.hosts), 0, 0, "",
	 "further host names that the dashboard answers to, parted by commas"},
	{"web", "max_websockets", SETTING_INT, FIELD(web.max_websockets), 0, 10000, "500",
	 "MQTT clients connected by secure WebSocket or by a browser's session at one time; others count in [mqtt] alone"},
	{"web", "max_connections_per_address", SETTING_INT, FIELD(web.max_connections_per_address), 0, 100000, "128",
	 "connections from one address, secure WebSockets included; connections from this machine are not counted; 0: no limit"},
	{"web", "metrics_token_file", SETTING_PATH, FIELD(web.metrics_token_file), 0, 0, "",
	 "file with the token (16 to 256 characters) of programs that read /metrics (Authorization: Bearer) or $SYS over MQTT (user metrics); empty: the owner alone may read /metrics"},
	{"security", "password_ms", SETTING_INT, FIELD(security.password_ms), 0, 5000, "250",
	 "milliseconds that checking a password shall take on this machine (Argon2id); 0 takes the floor without measuring"},
};

static const struct settings_table table = {options, sizeof options / sizeof options[0], NULL};

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool is_address(const char *text)
{
	uint8_t ip[16];
	return inet_pton(AF_INET, text, ip) == 1 || inet_pton(AF_INET6, text, ip) == 1;
}

/* What no single line can say. */
static int check_together(const struct conf *c, const char *path, struct buf *complaints)
{
	int err = 0;
	if (c->mqtt.plain_port && !is_loopback(c->mqtt.plain_address) && !c->mqtt.allow_unencrypted) {
		err = ERR_CONFIG;
		buf_printf(complaints, "%s: plain_address = %s is not loopback; allowed: 127.0.0.1, ::1, or any with "
			   "allow_unencrypted = yes\n", path, c->mqtt.plain_address);
	}
	for (size_t i = 0; i < c->mqtt.proxies.count; i++)
		if (!is_address(c->mqtt.proxies.items[i])) {
			err = ERR_CONFIG;
			buf_printf(complaints, "%s: proxy_protocol = %s is no IP address; allowed: addresses such as 192.0.2.7, parted by commas\n",
				   path, c->mqtt.proxies.items[i]);
		}
	if (c->mqtt.tls_clients && !c->mqtt.tls_client_ca[0]) {
		err = ERR_CONFIG;
		buf_printf(complaints, "%s: tls_client_certificates needs tls_client_ca; allowed: off, or with a file there\n", path);
	}
	const int64_t ports[] = {c->mqtt.tls_port, c->mqtt.plain_port, c->web.https_port, c->web.http_port};
	for (size_t i = 0; i < 4; i++)
		for (size_t k = i + 1; k < 4; k++)
			if (ports[i] && ports[i] == ports[k]) {
				err = ERR_CONFIG;
				buf_printf(complaints, "%s: port %lld is given twice; allowed: a port of its own for each of "
					   "tls_port, plain_port, https_port, http_port\n", path, (long long)ports[i]);
			}
	return err;
}

static struct conf *make_defaults(void)
{
	struct conf *conf = calloc(1, sizeof *conf);
	if (conf)
		settings_init(&table, conf);
	return conf;
}

/* The last steps of reading: what follows from several settings together. */
static int finish(int err, const char *name, struct conf **conf, struct buf *complaints)
{
	if (!err)
		err = check_together(*conf, name, complaints);
	if (!err && !(*conf)->hub.web_dir[0])
		err = str_copy((*conf)->hub.web_dir, sizeof (*conf)->hub.web_dir, WEB_DIR);
	if (err)
		conf_destroy(conf);
	return err;
}

int conf_read(const char *path, struct conf **conf_r, struct buf *complaints)
{
	const char *file = path ? path : DEFAULT_CONFIG;
	*conf_r = make_defaults();
	if (!*conf_r)
		return ERR_NOMEM;
	int err = settings_read(&table, *conf_r, file, complaints);
	if (err == ERR_NOT_FOUND && !path)
		err = 0;
	else if (err == ERR_NOT_FOUND)
		buf_printf(complaints, "%s: there is no such file\n", file);
	return finish(err, file, conf_r, complaints);
}

int conf_parse(struct span text, struct conf **conf_r, struct buf *complaints)
{
	*conf_r = make_defaults();
	if (!*conf_r)
		return ERR_NOMEM;
	return finish(settings_parse(&table, *conf_r, text, complaints), "settings", conf_r, complaints);
}

void conf_destroy(struct conf **conf)
{
	free(*conf);
	*conf = NULL;
}

int conf_describe(struct buf *out)
{
	return settings_describe(&table, out);
}

int conf_describe_man(struct buf *out)
{
	return settings_describe_man(&table, out);
}

int conf_describe_example(struct buf *out)
{
	int err = buf_append_str(out, "# Settings of the tomte hub, with their defaults; see hub.conf(5).\n"
				      "# Most of what you may want to change is in the dashboard instead.\n");
	return err ? err : settings_describe_example(&table, out);
}

int conf_restart_needed(const struct conf *before, const struct conf *after, struct buf *names)
{
	int err = 0;
	for (size_t i = 0; i < table.count && !err; i++) {
		const struct settings_option *o = &options[i];
		if (!o->live && memcmp((const char *)before + o->offset, (const char *)after + o->offset, o->size) != 0)
			err = buf_printf(names, "%s%s", names->len ? ", " : "", o->name);
	}
	return err;
}
