/* What the desk tells: browsers, the house, the audit log, the log. On the
 * caller's thread, never under the desk's lock. Codes and tokens are told to nobody. */
#include <sodium.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "enrolment/enrolment_private.h"
#include "model/json_out.h"

static const struct rate refusals_told = {.interval_ms = 1000, .burst = 10};

const char *key_state_name(enum key_state state)
{
	static const char *const names[] = {
		[KEY_NEW] = "new",         [KEY_CLAIMED] = "claimed", [KEY_BOUND] = "bound",
		[KEY_EXPIRED] = "expired", [KEY_REVOKED] = "revoked",
	};
	return names[state];
}

void tell_key(struct enrolment *desk, const struct key_record *record)
{
	const struct enrolment_events *events = &desk->config.events;
	struct buf text = {0};
	struct json_out out = {.buf = &text};
	char kid[KID_TEXT_SIZE];
	if (!events->key_changed)
		return;
	str_to_hex(kid, record->kid, sizeof record->kid);
	json_out_raw(&out, "{");
	json_out_member_string(&out, "kid", kid);
	json_out_member_string(&out, "state", key_state_name(record->state));
	json_out_member_text(&out, "device", record->device_id);
	json_out_raw(&out, "}");
	if (out.err || !buf_cstr(&text)) {
		log_warning("enrolment", "no memory to tell browsers about a key");
		buf_finish(&text);
		return;
	}
	events->key_changed(events->ctx, (char *)text.data);
}

void tell_enrolled(struct enrolment *desk, const struct enrolment_news *news)
{
	const struct enrolment_events *events = &desk->config.events;
	if (events->device_enrolled)
		events->device_enrolled(events->ctx, news);
}

/* The store's writer thread. */
static void on_audited(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_warning("enrolment", "a line of the audit log was lost: %s", err_text(err));
}

static void audit(struct enrolment *desk, const char *who, const char *event, const char *detail)
{
	static const struct store_done done = {.fn = on_audited, .ctx = NULL};
	int err = store_audit(desk->config.store, who, event, detail, &done);
	if (err)
		on_audited(NULL, err);
}

void tell_audit(struct enrolment *desk, const char *who, const char *event, const struct key_record *record)
{
	char detail[32] = "key ";
	str_to_hex(detail + 4, record->kid, sizeof record->kid);
	audit(desk, who, event, detail);
}

void tell_refused(struct enrolment *desk, const char *address, const uint8_t *kid, int err)
{
	lock_take(&desk->lock);
	bool told = meter_admit(&desk->refusals, refusals_told, desk_mono(desk));
	uint64_t untold = desk->untold;
	desk->untold = told ? 0 : untold + 1;
	lock_release(&desk->lock);
	if (!told)
		return;
	char id[KID_TEXT_SIZE] = "?", detail[128], more[48] = "";
	if (kid)
		str_to_hex(id, kid, ENROL_KID_BYTES);
	if (untold)
		str_format(more, sizeof more, " (and %llu more)", (unsigned long long)untold);
	str_format(detail, sizeof detail, "key %s: %s%s", id, err_text(err), more); /* fits */
	log_warning("enrolment", "refused a device at %s, %s", address, detail);
	audit(desk, address, "key_refused", detail);
}

void tell_second_device(struct enrolment *desk, const char *address)
{
	const struct enrolment_events *events = &desk->config.events;
	char text[256];
	str_format(text, sizeof text,
		   "A second device, at %s, tried to join with a code that another device has used already. If it was not "
		   "yours, somebody has seen the code: revoke it and make a new one.",
		   address); /* cut when the address is long, which addresses are not */
	if (events->alert)
		events->alert(events->ctx, text);
}
