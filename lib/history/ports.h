/* What the web asks of the hub's history beyond charts: export and import. The ops of model/ports.h's kind. */
#ifndef HISTORY_PORTS_H
#define HISTORY_PORTS_H

#include "base/buf.h"
#include "history/series.h"

struct transfer_import {
	const char *path;   /* of the file, in the hub's state directory; renamed away when the import starts */
	uint64_t bytes;
	const char *format; /* "csv" or "homeassistant" */
	const char *series; /* of a CSV file of one series: its id or label; "" for none */
	const char *by;     /* account name, or "tomtectl" */
};

/* Called on the web's pool threads; slots may block on the disk. */
struct transfer_port {
	struct history_source source;
	/* Starts an import, which goes on by itself. Returns 0, ERR_BUSY (one is running), ERR_INVALID (format),
	 * ERR_NOT_FOUND (series) or an error of the file. */
	int (*import_start)(void *ctx, const struct transfer_import *request);
	/* Appends the one that runs, or the last one since the hub's start, as
	 * {"state":"none|running|done|failed|cancelled","format","by","started":ms,"ended":ms|null,"done","total","samples","series",
	 * "empty","skipped","errors":[text,…],"message":text|null}. done and total are bytes of a CSV file, rows of a database. */
	int (*import_status)(void *ctx, struct buf *json);
	/* Stops the one that runs; what it has brought stays. Does not wait. ERR_NOT_FOUND: none runs. */
	int (*import_cancel)(void *ctx);
	void *ctx;
};

#endif
