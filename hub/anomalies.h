/* Failed log-ins and refused topics: broker threads note them, the main thread
 * writes them to the log and the audit log once a second, so that a flood of
 * them costs neither a disk nor a log. */
#ifndef HUB_ANOMALIES_H
#define HUB_ANOMALIES_H

#include <stdint.h>

#include "db/store.h"
#include "thread/thread.h"

enum anomaly_kind {
	ANOMALY_LOGIN_FAILED,
	ANOMALY_DENIED,
	ANOMALY_KINDS,
};

struct anomalies {
	struct lock lock; /* "anomalies": guards seen; held for a copy */
	struct anomaly {
		uint32_t count;    /* since the last flush */
		char who[96];      /* the last one's address or client id */
		char detail[200];  /* the last one's user name, or action and topic */
	} seen[ANOMALY_KINDS];
};

/* Caller's memory; finish also after a zeroed struct was initialised. */
void anomalies_init(struct anomalies *a);
void anomalies_finish(struct anomalies *a);

/* Any thread, never blocks for long. Texts are copied and cut to fit. */
void anomalies_note(struct anomalies *a, enum anomaly_kind kind, const char *who, const char *detail);

/* Main thread: writes what has come since the last call; does not wait for the disk. */
void anomalies_flush(struct anomalies *a, struct store *store);

#endif
