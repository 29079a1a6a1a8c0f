/* The hub's settings: /etc/tomte/hub.conf as an immutable snapshot. One table of options
 * (conf_table.c) makes the parser, the help, the manual page and the example file. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"

struct conf_list {
	char **items; /* texts, none empty */
	size_t count;
};

/* Section and option names of the file are the members' names. Constant once loaded: any
 * thread may read while its owner keeps it. Texts live as long as the snapshot. */
struct conf {
	struct {
		enum log_level log_level;
		char *admin_socket, *web_dir;
	} hub;
	struct {
		uint32_t workers;
		char *tls_address; /* IP literal, or "*" */
		uint16_t tls_port;
		char *plain_address;
		uint16_t plain_port; /* 0: off */
		bool allow_unencrypted;
		uint32_t max_connections, max_packet_kib, connect_timeout_s, max_inflight;
		uint32_t max_queued_messages, max_queued_kib, max_session_expiry_s;
	} mqtt;
	struct {
		char *address; /* IP literal, or "*" */
		uint16_t https_port, http_port; /* http_port 0: off */
		bool http_dashboard;
		struct conf_list hosts;
	} web;
	struct {
		uint32_t password_ms; /* 0: the floor */
	} security;
};

#define CONF_DEFAULT_PATH "/etc/tomte/hub.conf"

/* Reads the settings. path NULL: CONF_DEFAULT_PATH, and defaults when that is missing; any other path must
 * be there. Every problem of the file is appended to problems as a line "file:line: what is wrong; what is
 * allowed". Returns 0 (*conf_r is the caller's), ERR_CONFIG with at least one problem, or ERR_NOMEM. Blocks on the disk. */
int conf_load(const char *path, struct conf **conf_r, struct buf *problems);

/* The same from text; name stands for the file in problems. */
int conf_parse(struct span text, const char *name, struct conf **conf_r, struct buf *problems);

void conf_destroy(struct conf **conf);

/* Appends the names ("mqtt.tls_port, web.hosts") of the options that differ and take effect only
 * at the next start. Returns 0 or ERR_NOMEM. */
int conf_needs_restart(const struct conf *running, const struct conf *fresh, struct buf *names);

/* Append what is known of all options: the text of --help-config, the manual page hub.conf(5), the example file. Return
 * 0 or ERR_NOMEM. */
int conf_format_help(struct buf *out);
int conf_format_man(struct buf *out);
int conf_format_example(struct buf *out);

#endif
