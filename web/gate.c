/* The gate in front of every request: Host, transport, origin. HTTP thread; pure
 * decisions about strings, no I/O. */
#include "web/gate.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "web/problem.h"

bool gate_host(const struct hosts *hosts, const struct gate_headers *headers, struct request *rq,
	       struct response *rs)
{
	if (!headers->host || hosts_parse(headers->host, rq->host)) {
		problem(rs, 400, "The request names no valid host.");
		return false;
	}
	if (!hosts_allowed(hosts, rq->host)) {
		problem_coded(rs, 421, "host", NULL, "The hub does not know this host name. Use its IP address, or add the name to "
				 "\"hosts\" in /etc/tomte/hub.conf.");
		return false;
	}
	return true;
}

bool gate_restricted(const struct peer *peer, const struct route *route, const struct gate_plain *plain)
{
	unsigned flags = route ? route->flags : 0;
	if (peer->transport != TRANSPORT_PLAIN || peer->loopback || (flags & ROUTE_PLAIN))
		return false;
	return !plain->dashboard || ((flags & ROUTE_UPGRADE) && !plain->mqtt);
}

/* An Origin is ours when its authority is the Host: the page came from where
 * the request goes. The scheme is left to the proxy that may stand before us. */
static bool origin_is_host(const char *origin, const char *host)
{
	const char *authority = strstr(origin, "://");
	return authority && strcasecmp(authority + strlen("://"), host) == 0;
}

static bool is_type(const char *content_type, const char *wanted)
{
	if (!content_type || strncasecmp(content_type, wanted, strlen(wanted)) != 0)
		return false;
	char next = content_type[strlen(wanted)];
	return next == 0 || next == ';' || next == ' ';
}

bool gate_origin(const struct route *route, const struct gate_headers *headers, const struct request *rq,
		 struct response *rs)
{
	if (route->flags & ROUTE_UPGRADE) { /* browsers let any page ask for a WebSocket, and say which one asks */
		bool ours = !headers->origin || origin_is_host(headers->origin, headers->host);
		if (!ours)
			problem_coded(rs, 403, "origin", NULL, "This request comes from another site's page.");
		return ours;
	}
	bool changes = strcmp(route->method, "GET") != 0;
	if (!changes || strncmp(route->path, "/api/", strlen("/api/")) != 0 || rq->peer.transport == TRANSPORT_LOCAL)
		return true;
	const char *detail = NULL;
	if (!headers->bearer && (!headers->tomte || strcmp(headers->tomte, "1") != 0))
		detail = "Requests that change something need the header \"X-Tomte: 1\".";
	else if (headers->origin && !origin_is_host(headers->origin, headers->host))
		detail = "This request comes from another site's page.";
	else if ((route->flags & ROUTE_UPLOAD) && !is_type(headers->content_type, "application/octet-stream"))
		detail = "The file must be sent as application/octet-stream.";
	else if (!(route->flags & ROUTE_UPLOAD) && headers->has_body && !is_type(headers->content_type, "application/json"))
		detail = "The body must be sent as application/json.";
	if (detail)
		problem(rs, 403, detail);
	return !detail;
}

/* The words stand in English for browsers that run no scripts; the script puts the whole page in their place. */
void gate_https_page(const char *host, int https_port, const char *version, struct response *rs)
{
	bool six = strchr(host, ':') != NULL;
	char url[300];
	str_format(url, sizeof url, "https://%s%s%s:%d/", six ? "[" : "", host, six ? "]" : "", https_port);
	int err = buf_append_str(&rs->body, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>tomte</title>"
					    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
	static const char *const sheets[] = {"tokens", "base", "frame", "pages"};
	if (!err)
		err = buf_printf(&rs->body, "<script src=\"/static/%s/js/start.js\"></script>", version);
	for (size_t i = 0; i < sizeof sheets / sizeof sheets[0] && !err; i++)
		err = buf_printf(&rs->body, "<link rel=\"stylesheet\" href=\"/static/%s/css/%s.css\">", version, sheets[i]);
	if (!err)
		err = buf_printf(&rs->body,
				 "<script type=\"module\" src=\"/static/%s/js/trust_alone.js\"></script></head>"
				 "<body><div id=\"app\"><h1>tomte</h1>"
				 "<p>The dashboard is at <a href=\"%s\">%s</a>, encrypted.</p>"
				 "<p>Your browser warns the first time, because the certificate comes from your own house. "
				 "To be sure once and for all, install <a href=\"/ca.pem\">the house's certificate</a>.</p>"
				 "</div></body></html>",
				 version, url, url);
	response_json_text(rs, 200, err);
	if (!err)
		rs->content_type = "text/html; charset=utf-8";
}
