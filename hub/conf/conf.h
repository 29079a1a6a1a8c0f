/* The hub's settings: /etc/tomte/hub.conf read into one immutable struct. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "settings/settings.h"

enum { CONF_ADDRESS_SIZE = 64, CONF_PATH_SIZE = 256, CONF_HOSTS_SIZE = 512, CONF_DATABASE_SIZE = 512 };

struct conf {
	struct {
		enum log_level log_level;
		char admin_socket[CONF_PATH_SIZE]; /* of a Unix socket; "" for none */
		char web_dir[CONF_PATH_SIZE];
	} hub;
	struct {
		int64_t workers;
		char tls_address[CONF_ADDRESS_SIZE];
		int64_t tls_port;
		char plain_address[CONF_ADDRESS_SIZE];
		int64_t plain_port; /* 0: off */
		bool allow_unencrypted;
		char socket[CONF_PATH_SIZE]; /* "": none */
		struct settings_list proxies; /* addresses */
		int64_t tls_clients;          /* 0 off, 1 optional, 2 required */
		char tls_client_ca[CONF_PATH_SIZE], tls_psk_file[CONF_PATH_SIZE]; /* "": none */
		int64_t max_connections, max_packet_kib, connect_timeout_s, max_inflight;
		int64_t max_queued_messages, max_queued_kib, max_session_expiry_s, sys_interval_s;
		int64_t max_connections_per_address, max_memory_mib, max_subscriptions, max_topic_levels;
		int64_t max_retained_messages, max_retained_mib, max_publish_rate;
		char moved_to[CONF_PATH_SIZE]; /* host[:port]; "": nowhere */
	} mqtt;
	struct {
		char database[CONF_DATABASE_SIZE]; /* libpq's connection string; "": none */
	} store;
	struct {
		char address[CONF_ADDRESS_SIZE];
		int64_t https_port, http_port; /* http_port 0: off */
		bool http_dashboard;
		int64_t max_websockets, max_connections_per_address;
		char hosts[CONF_HOSTS_SIZE]; /* comma list */
		char metrics_token_file[CONF_PATH_SIZE]; /* "": none */
	} web;
	struct {
		int64_t password_ms; /* 0: the floor, without measuring */
	} security;
};

/* Reads the settings: of the file at path, which must be there; or, with path NULL, of
 * the default file if there is one. Takes no effect on anything. Returns 0; or ERR_CONFIG, ERR_NOT_FOUND,
 * ERR_IO, ERR_NOMEM with a line per mistake appended to complaints (file, line, what, what is allowed). */
int conf_read(const char *path, struct conf **conf_r, struct buf *complaints);

/* The same from text. */
int conf_parse(struct span text, struct conf **conf_r, struct buf *complaints);

/* Frees it and clears the pointer. NULL inside is fine. */
void conf_destroy(struct conf **conf);

/* Appends all settings: as help, as the body of hub.conf(5), as an example file. */
int conf_describe(struct buf *out);
int conf_describe_man(struct buf *out);
int conf_describe_example(struct buf *out);

/* Appends the names of settings that differ between the two and need a restart
 * to take effect, parted by ", ". */
int conf_restart_needed(const struct conf *before, const struct conf *after, struct buf *names);

#endif
