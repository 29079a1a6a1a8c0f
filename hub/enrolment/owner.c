/* What the owner does with keys: make, list, revoke, approve. The web's pool
 * threads; may block on the store. A code is shown once, when it is made, and never kept. */
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "enrol/code.h"
#include "enrolment/enrolment_private.h"
#include "model/json_out.h"

enum { LISTED_AFTER_END_MS = 24 * 3600 * 1000, KEYS_LISTED_MAX = 1000 };

/* ---- making ------------------------------------------------------------ */

/* Copies a person's text. NULL counts as none. */
static int take_text(char dst[MODEL_NAME_SIZE], const char *text)
{
	struct span s = span_str(text);
	return str_utf8_valid(s) && str_copy_span(dst, MODEL_NAME_SIZE, s) == 0 ? 0 : ERR_INVALID;
}

static int fill_record(struct enrolment *desk, const struct enrol_key_request *request, struct key_record *record)
{
	int64_t ttl_s = request->ttl_s ? request->ttl_s : KEY_TTL_DEFAULT_S;
	if (ttl_s < KEY_TTL_MIN_S || ttl_s > KEY_TTL_MAX_S)
		return ERR_INVALID;
	if (take_text(record->note, request->note) || take_text(record->area, request->area))
		return ERR_INVALID;
	if (str_copy(record->replaces, sizeof record->replaces, request->replaces ? request->replaces : "") != 0)
		return ERR_NOT_FOUND;
	record->state = KEY_NEW;
	record->created_at = desk_wall(desk);
	record->expires_at.ms = record->created_at.ms + ttl_s * 1000;
	record->needs_approval = ttl_s > KEY_TTL_UNAPPROVED_S;
	return 0;
}

/* Adds the key here and to the store, durably. */
static int keep(struct enrolment *desk, const struct key_record *record)
{
	struct saving saving;
	const struct store_done done = saving_begin(&saving);
	lock_take(&desk->lock);
	int err = key_count_live(desk) < KEYS_LIVE_MAX ? key_add(desk, record) : ERR_FULL;
	if (!err) {
		err = store_key_put(desk->config.store, record, &done);
		if (err)
			key_remove(key_find_live(desk, record->kid));
	}
	lock_release(&desk->lock);
	if (err) {
		saving_cancel(&saving);
		return err;
	}
	err = saving_wait(&saving);
	if (err) { /* nobody has seen its code yet */
		lock_take(&desk->lock);
		struct key *key = key_find_live(desk, record->kid);
		if (key)
			key_remove(key);
		lock_release(&desk->lock);
	}
	return err;
}

/* Whether the text can stand as a host in a QR code; brackets of IPv6 are left out. */
static bool take_host(char dst[256], struct span host)
{
	if (host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		host = span_of(host.data + 1, host.len - 2);
	if (host.len == 0 || str_copy_span(dst, 256, host))
		return false;
	return strspn(dst, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") == host.len;
}

/* The host of "scheme://host:port". */
static struct span endpoint_host(const char *endpoint)
{
	const char *start = strstr(endpoint, "://");
	const char *end = strrchr(endpoint, ':');
	if (!start || end <= start)
		return span_of(NULL, 0);
	return span_of(start + 3, end > start + 3 ? (size_t)(end - start - 3) : 0);
}

/* How the browser reached the hub, else how devices do, else only the code: qr->host is "" then. */
static int format_qr(struct enrolment *desk, const char *host, struct enrol_qr *qr, char text_r[320])
{
	const char *first = desk->config.endpoints[0];
	qr->port = desk->config.hub.http_port;
	if (qr->port && (take_host(qr->host, span_str(host)) || (first && take_host(qr->host, endpoint_host(first)))))
		return enrol_qr_format(text_r, 320, qr);
	qr->host[0] = 0; /* or a bad one would be left */
	enrol_code_format(text_r, qr->key);
	return 0;
}

static void write_new(const struct key_record *record, const char *code, const char *qr, struct json_out *out)
{
	char kid[KID_TEXT_SIZE];
	str_to_hex(kid, record->kid, sizeof record->kid);
	json_out_raw(out, "{");
	json_out_member_string(out, "kid", kid);
	json_out_member_string(out, "code", code);
	json_out_member_string(out, "qr", qr);
	json_out_member_int(out, "expires", record->expires_at.ms);
	json_out_member_string(out, "note", record->note);
	json_out_member_string(out, "area", record->area);
	json_out_member_bool(out, "needs_approval", record->needs_approval);
	json_out_raw(out, "}");
}

/* Whether other hardware, or the same once more, may take the place of this device; identity_r (may be NULL): who has it now. */
static int check_place(struct enrolment *desk, const char *device, uint8_t *identity_r)
{
	struct device_record record;
	int err = store_device_get(desk->config.store, device, &record);
	if (!err && record.revoked)
		err = ERR_NOT_FOUND; /* it is being erased */
	if (!err && record.origin.dialect[0])
		err = ERR_UNSUPPORTED;
	if (!err && identity_r)
		memcpy(identity_r, record.identity, sizeof record.identity);
	device_record_finish(&record);
	return err;
}

int enrolment_key_new(void *ctx, const struct enrol_key_request *request, struct buf *json)
{
	struct enrolment *desk = ctx;
	struct key_record record = {0};
	struct enrol_qr qr = {0};
	char code[ENROL_CODE_SIZE], text[320];
	struct json_out out = {.buf = json};
	int err = fill_record(desk, request, &record);
	if (!err && record.replaces[0])
		err = check_place(desk, record.replaces, NULL);
	if (err)
		return err;
	enrol_key_generate(qr.key);
	enrol_key_derive(qr.key, record.psk, record.kid);
	enrol_code_format(code, qr.key);
	err = format_qr(desk, request->host, &qr, text);
	if (!err)
		err = keep(desk, &record);
	if (!err) {
		sodium_memzero(record.psk, sizeof record.psk);
		write_new(&record, code, text, &out);
		err = out.err;
		tell_audit(desk, request->by ? request->by : "", record.replaces[0] ? "replacement_key_created" : "key_created", &record);
		tell_key(desk, &record);
		if (record.replaces[0])
			keys_supersede(desk, record.replaces, record.kid, true);
	}
	sodium_memzero(&record, sizeof record);
	sodium_memzero(&qr, sizeof qr);
	sodium_memzero(code, sizeof code);
	sodium_memzero(text, sizeof text);
	return err;
}

/* ---- renewing ---------------------------------------------------------- */

/* Kept for a day, so that a device that loses its power in the middle can finish it: only its own identity can use the key. */
static void fill_renewal(struct enrolment *desk, const char *device, struct key_record *record)
{
	record->state = KEY_NEW;
	record->created_at = desk_wall(desk);
	record->expires_at.ms = record->created_at.ms + KEY_TTL_MAX_S * INT64_C(1000);
	(void)str_copy(record->replaces, sizeof record->replaces, device); /* it is there, so it fits */
}

static int order_renewal(struct enrolment *desk, const struct key_record *record, const char *code)
{
	const struct enrolment_events *events = &desk->config.events;
	char kid[KID_TEXT_SIZE];
	int err = events->order_renewal ? events->order_renewal(events->ctx, record->replaces, code) : ERR_UNSUPPORTED;
	if (err) {
		str_to_hex(kid, record->kid, sizeof record->kid);
		(void)enrolment_key_revoke(desk, kid); /* nobody has seen it */
	}
	return err;
}

int enrolment_renew(void *ctx, const char *device, const char *by, struct buf *json)
{
	struct enrolment *desk = ctx;
	struct key_record record = {0};
	struct enrol_qr qr = {0};
	char text[320], kid[KID_TEXT_SIZE];
	int err = check_place(desk, device, record.device_identity);
	if (!err && sodium_is_zero(record.device_identity, sizeof record.device_identity))
		err = ERR_STATE;
	if (err)
		return err;
	fill_renewal(desk, device, &record);
	enrol_key_generate(qr.key);
	enrol_key_derive(qr.key, record.psk, record.kid);
	err = format_qr(desk, "", &qr, text);
	if (!err && !qr.host[0]) /* the device would not know where to ask */
		err = ERR_UNSUPPORTED;
	if (!err)
		err = keep(desk, &record);
	if (!err)
		err = order_renewal(desk, &record, text);
	sodium_memzero(record.psk, sizeof record.psk);
	sodium_memzero(&qr, sizeof qr);
	sodium_memzero(text, sizeof text);
	if (err)
		return err;
	keys_supersede(desk, device, record.kid, true);
	tell_audit(desk, by, "renewal_ordered", &record);
	tell_key(desk, &record);
	str_to_hex(kid, record.kid, sizeof record.kid);
	return buf_printf(json, "{\"kid\":\"%s\",\"expires\":%lld}", kid, (long long)record.expires_at.ms);
}

/* ---- listing ----------------------------------------------------------- */

struct listing {
	struct key_record *records; /* owned; secrets zeroed */
	size_t count, cap;
	struct wall_ms since;
	int err;
};

static void collect(void *ctx, const struct key_record *record)
{
	struct listing *l = ctx;
	bool listed = key_state_is_live(record->state) || record->expires_at.ms >= l->since.ms;
	if (!listed || l->err || l->count == KEYS_LISTED_MAX)
		return;
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct key_record *records = reallocarray(l->records, cap, sizeof *records);
		if (!records) {
			l->err = ERR_NOMEM;
			return;
		}
		l->records = records;
		l->cap = cap;
	}
	struct key_record *copy = &l->records[l->count++];
	*copy = *record;
	sodium_memzero(copy->psk, sizeof copy->psk);
}

static void write_listed(const struct key_record *record, struct json_out *out)
{
	char kid[KID_TEXT_SIZE], fingerprint[ENROL_FINGERPRINT_SIZE] = "";
	str_to_hex(kid, record->kid, sizeof record->kid);
	if (!sodium_is_zero(record->device_identity, sizeof record->device_identity))
		enrol_fingerprint(fingerprint, record->device_identity);
	json_out_next(out);
	json_out_raw(out, "{");
	json_out_member_string(out, "kid", kid);
	json_out_member_string(out, "state", key_state_name(record->state));
	json_out_member_int(out, "created", record->created_at.ms);
	json_out_member_int(out, "expires", record->expires_at.ms);
	json_out_member_string(out, "note", record->note);
	json_out_member_string(out, "area", record->area);
	json_out_member_bool(out, "needs_approval", record->needs_approval);
	json_out_member_bool(out, "approved", record->approved);
	json_out_member_text(out, "fingerprint", fingerprint);
	json_out_member_text(out, "device", record->device_id);
	json_out_member_text(out, "replaces", record->replaces);
	json_out_raw(out, "}");
}

/* Newest first, from the store: what is shown is what a restart would find. */
int enrolment_keys(void *ctx, struct buf *json)
{
	struct enrolment *desk = ctx;
	struct listing listing = {.since = {desk_wall(desk).ms - LISTED_AFTER_END_MS}};
	struct json_out out = {.buf = json};
	int err = store_key_each(desk->config.store, collect, &listing);
	if (!err)
		err = listing.err;
	if (!err) {
		json_out_raw(&out, "[");
		for (size_t i = listing.count; i-- > 0;)
			write_listed(&listing.records[i], &out);
		json_out_raw(&out, "]");
		err = out.err;
	}
	free(listing.records);
	return err;
}

/* ---- revoking and approving -------------------------------------------- */

/* The code for a key that cannot be revoked or approved: ERR_STATE when there is one. */
static int why_not(struct enrolment *desk, const uint8_t kid[ENROL_KID_BYTES])
{
	int err = key_why_dead(desk, kid);
	return err == ERR_EXPIRED || err == ERR_DENIED ? ERR_STATE : err;
}

int enrolment_key_revoke(void *ctx, const char *kid_hex)
{
	struct enrolment *desk = ctx;
	struct saving saving;
	struct key_record ended;
	uint8_t kid[ENROL_KID_BYTES];
	if (str_from_hex(kid_hex, kid, sizeof kid))
		return ERR_NOT_FOUND;
	saving_begin(&saving);
	lock_take(&desk->lock);
	struct key *key = key_find_live(desk, kid);
	if (key)
		key_end(key, KEY_REVOKED, &saving, &ended);
	lock_release(&desk->lock);
	if (!key) {
		saving_cancel(&saving);
		return why_not(desk, kid);
	}
	int err = saving_wait(&saving); /* on error it is revoked all the same, and tick goes on writing */
	tell_key(desk, &ended);
	return err;
}

/* Under the lock: marks the key and hands the store the write. ERR_NOT_FOUND when it is not live. */
static int approve(struct enrolment *desk, const uint8_t *kid, const struct store_done *done, struct key_record *copy_r)
{
	struct key *key = key_find_live(desk, kid);
	if (!key)
		return ERR_NOT_FOUND;
	/* Only a device whose fingerprint the owner can have seen. */
	if (!key->record.needs_approval || key->record.approved || key->record.state != KEY_CLAIMED)
		return ERR_STATE;
	key->record.approved = true;
	int err = store_key_put(desk->config.store, &key->record, done);
	if (err)
		key->record.approved = false;
	*copy_r = key->record;
	sodium_memzero(copy_r->psk, sizeof copy_r->psk);
	return err;
}

static void take_back_approval(struct enrolment *desk, const uint8_t kid[ENROL_KID_BYTES])
{
	lock_take(&desk->lock);
	struct key *key = key_find_live(desk, kid);
	if (key)
		key->record.approved = false;
	lock_release(&desk->lock);
}

int enrolment_key_approve(void *ctx, const char *kid_hex)
{
	struct enrolment *desk = ctx;
	struct saving saving;
	struct key_record approved;
	uint8_t kid[ENROL_KID_BYTES];
	if (str_from_hex(kid_hex, kid, sizeof kid))
		return ERR_NOT_FOUND;
	const struct store_done done = saving_begin(&saving);
	lock_take(&desk->lock);
	int err = approve(desk, kid, &done, &approved);
	lock_release(&desk->lock);
	if (err) {
		saving_cancel(&saving);
		return err == ERR_NOT_FOUND ? why_not(desk, kid) : err;
	}
	err = saving_wait(&saving);
	if (err)
		take_back_approval(desk, kid);
	else
		tell_key(desk, &approved);
	return err;
}
