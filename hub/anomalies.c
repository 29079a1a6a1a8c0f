/* Anomalies, summed up per second. Noted on broker threads, flushed on main. */
#include "main/anomalies.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"

static const struct {
	const char *event; /* in the audit log */
	const char *text;  /* in the log */
} kinds[ANOMALY_KINDS] = {
	[ANOMALY_LOGIN_FAILED] = {"mqtt-login-failed", "MQTT log-in refused, user"},
	[ANOMALY_DENIED] = {"mqtt-denied", "was not allowed to"},
};

void anomalies_init(struct anomalies *a)
{
	*a = (struct anomalies){0};
	lock_init(&a->lock, "anomalies");
}

void anomalies_finish(struct anomalies *a)
{
	lock_finish(&a->lock);
}

void anomalies_note(struct anomalies *a, enum anomaly_kind kind, const char *who, const char *detail)
{
	struct anomaly *seen = &a->seen[kind];
	lock_take(&a->lock);
	seen->count++;
	snprintf(seen->who, sizeof seen->who, "%s", who);
	snprintf(seen->detail, sizeof seen->detail, "%s", detail);
	lock_release(&a->lock);
}

static void audit_written(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_warning("hub", "the audit log could not be written: %s", err_text(err));
}

static void write_one(const struct anomaly *seen, enum anomaly_kind kind, struct store *store)
{
	static const struct store_done done = {.fn = audit_written, .ctx = NULL};
	char detail[sizeof seen->detail + 64];
	if (seen->count == 1)
		snprintf(detail, sizeof detail, "%s", seen->detail);
	else
		snprintf(detail, sizeof detail, "%s (and %u more like this)", seen->detail, seen->count - 1);
	log_warning(seen->who, "%s %s", kinds[kind].text, detail);
	store_audit(store, seen->who, kinds[kind].event, detail, &done);
}

void anomalies_flush(struct anomalies *a, struct store *store)
{
	struct anomaly seen[ANOMALY_KINDS];
	lock_take(&a->lock);
	memcpy(seen, a->seen, sizeof seen);
	for (int kind = 0; kind < ANOMALY_KINDS; kind++)
		a->seen[kind].count = 0;
	lock_release(&a->lock);
	for (int kind = 0; kind < ANOMALY_KINDS; kind++)
		if (seen[kind].count)
			write_one(&seen[kind], (enum anomaly_kind)kind, store);
}
