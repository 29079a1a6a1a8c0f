/* Which names the hub answers to (DNS rebinding), and under which it can be reached. */
#ifndef WEB_HOSTS_H
#define WEB_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct hosts;

/* extra: comma-separated names of the settings, or NULL. Returns 0 or ERR_NOMEM. */
int hosts_create(const char *hub_id, const char *extra, struct hosts **hosts_r);
void hosts_destroy(struct hosts **hosts);

/* Takes a Host header apart: name_r gets it in lower case without port and
 * brackets. Returns 0 or ERR_MALFORMED. */
int hosts_parse(const char *header, char name_r[256]);

/* Whether a parsed name is ours: an IP literal, localhost, this machine's
 * name with or without .local, <hub id>.tomte.home.arpa, or one of the settings'. */
bool hosts_allowed(const struct hosts *hosts, const char *name);

/* Calls each with every name under which a hub that listens on the address ("*":
 * all) can be reached: <host>.local, the machine's addresses (IPv6 in brackets), localhost. */
void hosts_reachable_each(const struct hosts *hosts, const char *listening,
			  void (*each)(void *ctx, const char *host), void *ctx);

/* The address to put into a QR code when nobody said how the hub is reached: the
 * one it listens on, or for "*" the first IPv4 address that is not loopback, else "". */
void hosts_primary_address(const char *listening, char *address_r, size_t size);

#endif
