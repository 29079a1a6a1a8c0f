/* The server's limits: who is refused is counted (tomte_limit_met_total), and the log says once an episode who it was
 * and what can be done. Web's thread. libmicrohttpd has limits of its own, but they count this machine as any other
 * address and tell nobody; so they are set where they are never met. */
#include "web/admission.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "web/peer.h"

enum { QUIET_MS = 60000 };

static const struct {
	const char *what, *advice;
} sentences[] = {
	[WEB_LIMIT_CONNECTIONS] = {"as many browsers are connected as may be", "see what connects and does not leave"},
	[WEB_LIMIT_ADDRESS] = {"too many HTTP connections come from this address",
			       "raise max_connections_per_address in [web] if they are wanted"},
	[WEB_LIMIT_WEBSOCKETS] = {"as many MQTT clients are connected by WebSocket as may be",
				  "raise max_websockets, or see which clients are too many"},
};

static void met(struct web *web, const char *address, enum web_limit limit)
{
	struct mono_ms before = web->limits_met[limit];
	web->limits_met[limit] = web->now;
	atomic_fetch_add(&web->counters.limits[limit], 1);
	if (!before.ms || mono_diff_ms(before, web->now) > QUIET_MS)
		log_warning("web", "%s: %s. What can be done: %s", address, sentences[limit].what, sentences[limit].advice);
}

/* Connections of this machine are not counted by address: proxies and our own tools share it. */
static bool address_is_full(const struct web *web, const struct peer *peer)
{
	if (!web->max_per_address || (peer->loopback && !web->count_loopback))
		return false;
	unsigned count = 0;
	list_each(conn, &web->conns, struct conn, link)
		count += strcmp(conn->peer.address, peer->address) == 0;
	return count >= web->max_per_address;
}

enum MHD_Result admission_accept(void *cls, const struct sockaddr *address, socklen_t len)
{
	const struct endpoint *endpoint = cls;
	struct web *web = endpoint->web;
	struct peer peer = {.transport = endpoint->transport};
	if (endpoint->transport != TRANSPORT_LOCAL)
		peer_address(address, len, &peer);
	else
		(void)str_copy(peer.address, sizeof peer.address, "this machine");
	if (endpoint->connections >= web->max_connections + web->upgrade_count) {
		met(web, peer.address, WEB_LIMIT_CONNECTIONS);
		return MHD_NO;
	}
	if (endpoint->transport != TRANSPORT_LOCAL && address_is_full(web, &peer)) {
		met(web, peer.address, WEB_LIMIT_ADDRESS);
		return MHD_NO;
	}
	return MHD_YES;
}

bool admission_websocket(struct web *web, const struct peer *peer)
{
	if (web->upgrade_count < web->max_websockets)
		return true;
	met(web, peer->address, WEB_LIMIT_WEBSOCKETS);
	return false;
}
