/* What the handlers work with, handed to each: borrowed, constant while the
 * server runs. */
#ifndef WEB_SERVICES_H
#define WEB_SERVICES_H

#include <stdatomic.h>

#include "base/buf.h"
#include "model/ports.h"
#include "web/metrics.h"
#include "web/server.h"

struct lock;
struct openapi;

enum web_limit {
	WEB_LIMIT_CONNECTIONS,
	WEB_LIMIT_ADDRESS,
	WEB_LIMIT_WEBSOCKETS,
	WEB_LIMIT_COUNT,
};

struct web_counters {
	_Atomic uint64_t requests, refused, logins_failed; /* since start */
	_Atomic uint64_t limits[WEB_LIMIT_COUNT];          /* how often each was met */
	_Atomic uint64_t connections, streams;             /* now */
};

struct web_services {
	struct store *store;
	struct hub_info hub;
	char ca_fingerprint[96]; /* SHA-256 of the CA, "AB:CD:…" */
	struct metrics_token metrics_token;
	const char *address; /* listened on: a literal, or "*" for all */
	struct web_ports ports;
	struct hosts *hosts;
	struct live *live;
	struct login *login;
	struct setup *setup;
	struct web_counters *counters;
	const struct openapi *openapi;
	struct lock *edits; /* held while an edit compares and changes: see etag.h */
	/* Ends live streams of the account: of the session with this hash, or, keep
	 * set, of all its other sessions; session NULL: of all. Any thread, does not wait. */
	void (*end_streams)(void *ctx, int64_t account, const uint8_t *session, bool keep);
	void *end_streams_ctx;
};

#endif
