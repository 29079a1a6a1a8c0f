/* The exchange with a device: M1 -> M2, M3 -> M4. The web's pool threads; may
 * block on the store. Cryptography is done on copies outside the lock; what is decided, under it.
 *
 * Refusals carry different codes for the audit log; the web gives devices one text for all. */
#include <sodium.h>
#include <stdlib.h>

#include "access/access.h"
#include "access/scram_verifier.h"
#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "enrolment/device_id.h"
#include "enrolment/enrolment_private.h"

static const struct rate steps_in_all = {.interval_ms = 200, .burst = 5};
static const struct rate steps_of_address = {.interval_ms = 500, .burst = 2};
static const struct rate alerts_of_key = {.interval_ms = 60000, .burst = 1};

/* ---- M1 -> M2 ---------------------------------------------------------- */

/* Copies the secret of a live key. The rate in all is for those who name one: others cost
 * nothing but their own, so that they cannot use up the owner's device's turn. */
static int admit_m1(struct enrolment *desk, const char *address, const uint8_t *kid, uint8_t psk_r[ENROL_PSK_BYTES])
{
	int err = 0;
	lock_take(&desk->lock);
	struct mono_ms now = desk_mono(desk);
	struct key *key = key_find_live(desk, kid);
	if (!address_meters_admit(&desk->addresses, address, steps_of_address, now))
		err = ERR_AGAIN;
	else if (!key)
		err = ERR_NOT_FOUND;
	else if (key_is_over(desk, key))
		err = ERR_EXPIRED;
	else if (!meter_admit(&desk->steps, steps_in_all, now))
		err = ERR_AGAIN;
	else
		memcpy(psk_r, key->record.psk, ENROL_PSK_BYTES);
	lock_release(&desk->lock);
	return err;
}

/* Notes the exchange, unless the key has ended meanwhile. */
static int keep_exchange(struct enrolment *desk, const struct exchange *exchange)
{
	lock_take(&desk->lock);
	int err = key_find_live(desk, exchange->kid) ? 0 : ERR_EXPIRED;
	if (!err)
		pending_add(&desk->pending, exchange, desk_mono(desk));
	lock_release(&desk->lock);
	return err;
}

int enrolment_step1(void *ctx, const char *address, struct span m1, struct buf *reply)
{
	struct enrolment *desk = ctx;
	struct exchange exchange = {0};
	uint8_t psk[ENROL_PSK_BYTES], m2[T1_M2_BYTES];
	int err = t1_m1_kid(m1, exchange.kid);
	if (err)
		return err;
	err = admit_m1(desk, address, exchange.kid, psk);
	if (!err)
		err = t1_hub_m1(&exchange.t1, m1, psk, desk->identity.public, m2);
	else if (err == ERR_NOT_FOUND)
		err = key_why_dead(desk, exchange.kid);
	if (!err)
		err = keep_exchange(desk, &exchange);
	if (!err)
		err = buf_append(reply, m2, sizeof m2);
	else
		tell_refused(desk, address, exchange.kid, err);
	sodium_memzero(psk, sizeof psk);
	sodium_memzero(&exchange, sizeof exchange);
	return err;
}

/* ---- M3: who is it? ---------------------------------------------------- */

enum verdict { VERDICT_REFUSED, VERDICT_AWAITS, VERDICT_CLAIM };

struct claim {
	struct exchange exchange;
	char new_id[MODEL_ID_SIZE];   /* for a device that has none yet */
	bool known;                   /* device came from the store: the identity has joined before, or the key names it */
	bool replaced;                /* it had another identity until now */
	char moved[MODEL_ID_SIZE];    /* the device that this identity was before; "": none */
	struct device_record device;  /* discovery is NULL: it stays as it is */
	char token[TOKEN_TEXT_SIZE];
	struct scram_verifier scram;  /* of the token */
	struct key_record key;        /* a copy, without its secret: at first as found, then as decided */
	enum verdict verdict;
	bool written;                 /* the store has been handed it */
	bool first;                   /* the key has got further by it */
	bool alert;                   /* another device tried: tell the owner */
};

/* The exchange and its key, as they are now. */
static int copy_exchange(struct enrolment *desk, const uint8_t sid[T1_SID_BYTES], struct claim *claim)
{
	int err = 0;
	lock_take(&desk->lock);
	const struct exchange *found = pending_find(&desk->pending, sid, desk_mono(desk));
	const struct key *key = found ? key_find_live(desk, found->kid) : NULL;
	if (!found)
		err = ERR_NOT_FOUND;
	else
		claim->exchange = *found;
	if (key) {
		claim->key = key->record;
		sodium_memzero(claim->key.psk, sizeof claim->key.psk);
	} else if (!err) {
		err = ERR_EXPIRED;
	}
	lock_release(&desk->lock);
	return err;
}

/* Opens M3 in the copy and in the table. The same M3 may come again, after an
 * approval or because two copies of it were under way; another one may not. */
static int open_m3(struct enrolment *desk, struct span m3, struct exchange *x)
{
	uint8_t meta[T1_MAX_META_BYTES], hash[32];
	size_t meta_len;
	crypto_generichash(hash, sizeof hash, m3.data, m3.len, NULL, 0);
	if (x->opened)
		return memcmp(hash, x->m3_hash, sizeof hash) == 0 ? 0 : ERR_CRYPTO;
	int err = t1_hub_m3(&x->t1, m3, meta, &meta_len);
	if (!err)
		err = meta_parse(span_of(meta, meta_len), &x->meta);
	if (err)
		return err;
	x->opened = true;
	memcpy(x->m3_hash, hash, sizeof hash);
	lock_take(&desk->lock);
	struct exchange *kept = pending_find(&desk->pending, x->t1.sid, desk_mono(desk));
	if (!kept)
		err = ERR_NOT_FOUND;
	else if (!kept->opened)
		*kept = *x;
	else if (memcmp(kept->m3_hash, hash, sizeof hash) != 0)
		err = ERR_CRYPTO;
	lock_release(&desk->lock);
	return err;
}

/* The token that it will get, if it may: here, because the verifier takes milliseconds. */
static int make_token(struct claim *claim)
{
	uint8_t token[32];
	rand_bytes(token, sizeof token);
	str_to_hex(claim->token, token, sizeof token);
	sodium_memzero(token, sizeof token);
	return scram_verifier_make(span_str(claim->token), &claim->scram);
}

/* ---- M3: may it? ------------------------------------------------------- */

static void match_identity(void *ctx, const struct device_record *d)
{
	struct claim *claim = ctx;
	if (claim->known || memcmp(d->identity, claim->exchange.t1.device_public, sizeof d->identity) != 0)
		return;
	claim->known = true;
	claim->device = *d;
	claim->device.discovery = NULL;
}

/* The device whose place the key gives: all of it stays but who it is. */
static int look_up_place(struct enrolment *desk, struct claim *claim)
{
	const uint8_t *identity = claim->exchange.t1.device_public;
	if (claim->known && strcmp(claim->device.id, claim->key.replaces) != 0)
		memcpy(claim->moved, claim->device.id, sizeof claim->moved);
	int err = store_device_get(desk->config.store, claim->key.replaces, &claim->device);
	free(claim->device.discovery);
	claim->device.discovery = NULL;
	if (!err && (claim->device.revoked || claim->device.origin.dialect[0]))
		err = ERR_NOT_FOUND;
	claim->known = true;
	claim->replaced = memcmp(claim->device.identity, identity, sizeof claim->device.identity) != 0;
	memcpy(claim->device.identity, identity, sizeof claim->device.identity);
	return err;
}

/* Finds the device by its identity, and an id that is free for one without. */
static int look_up(struct enrolment *desk, struct claim *claim)
{
	struct device_record taken;
	int err = store_device_each(desk->config.store, match_identity, claim);
	if (!err && claim->key.replaces[0])
		return look_up_place(desk, claim);
	while (!err) {
		const char *const names[] = {claim->key.note, claim->exchange.meta.name, claim->exchange.meta.model, NULL};
		device_id_make(claim->new_id, names);
		err = store_device_get(desk->config.store, claim->new_id, &taken);
		if (err == ERR_NOT_FOUND)
			return 0;
		device_record_finish(&taken);
	}
	return err;
}

/* An id that another key has promised to the same identity, or NULL. */
static const char *promised_id(struct enrolment *desk, const struct claim *claim)
{
	list_each(key, &desk->keys, struct key, link)
		if (key->record.state == KEY_CLAIMED && key->record.device_id[0] &&
		    memcmp(key->record.device_identity, claim->exchange.t1.device_public, 32) == 0)
			return key->record.device_id;
	return NULL;
}

static void copy_text(char *dst, size_t size, const char *src)
{
	int err = str_copy(dst, size, src);
	(void)err; /* all sources are of the same size or smaller */
}

/* The device's record: one that has joined before keeps its id, name and room. */
static void describe(struct enrolment *desk, struct claim *claim)
{
	struct device_record *d = &claim->device;
	const struct meta *meta = &claim->exchange.meta;
	if (!claim->known) {
		const char *promised = promised_id(desk, claim);
		const char *name = claim->key.note[0] ? claim->key.note : meta->name[0] ? meta->name : meta->model;
		copy_text(d->id, sizeof d->id, promised ? promised : claim->new_id);
		copy_text(d->name, sizeof d->name, name[0] ? name : d->id);
		copy_text(d->area, sizeof d->area, claim->key.area);
		memcpy(d->identity, claim->exchange.t1.device_public, sizeof d->identity);
	}
	copy_text(d->model, sizeof d->model, meta->model);
	copy_text(d->manufacturer, sizeof d->manufacturer, meta->manufacturer);
	copy_text(d->sw_version, sizeof d->sw_version, meta->sw_version);
	d->revoked = false;
	d->enrolled_at = desk_wall(desk);
	d->last_seen_at = (struct wall_ms){0}; /* its first login with the new token burns the key */
	access_token_hash(span_str(claim->token), d->token_hash);
	d->scram = claim->scram;
}

/* Under the lock: the key is this identity's from now on. On 0 the store has a write to do, told to done. */
static int hold(struct enrolment *desk, struct key *key, struct claim *claim, const struct store_done *done)
{
	struct key_record *record = &key->record;
	bool claims = claim->verdict == VERDICT_CLAIM;
	key_claim_begin(key);
	record->state = KEY_CLAIMED;
	memcpy(record->device_identity, claim->exchange.t1.device_public, sizeof record->device_identity);
	if (claims)
		memcpy(record->device_id, claim->device.id, sizeof record->device_id);
	int err = claims ? store_key_claim(desk->config.store, record, &claim->device, claim->known, done)
			 : store_key_put(desk->config.store, record, done);
	if (err)
		(void)key_claim_end(key, err);
	claim->written = !err;
	return err;
}

/* Under the lock: what happens to the key. On 0 the store has a write to do, told to done, when claim->written says so. */
static int decide(struct enrolment *desk, struct claim *claim, const struct store_done *done)
{
	const uint8_t *identity = claim->exchange.t1.device_public;
	struct key *key = key_find_live(desk, claim->exchange.kid);
	if (!key || key_is_over(desk, key))
		return ERR_EXPIRED;
	if (!pending_find(&desk->pending, claim->exchange.t1.sid, desk_mono(desk)))
		return ERR_NOT_FOUND; /* an equal M3 was quicker */
	struct key_record *record = &key->record;
	bool first = record->state == KEY_NEW;
	bool reserved = !first || !sodium_is_zero(record->device_identity, sizeof record->device_identity);
	if (reserved && memcmp(record->device_identity, identity, 32) != 0) {
		claim->alert = meter_admit(&key->alerts, alerts_of_key, desk_mono(desk));
		pending_drop(&desk->pending, claim->exchange.t1.sid);
		return ERR_DENIED;
	}
	int err = 0;
	if (record->needs_approval && !record->approved) {
		claim->verdict = VERDICT_AWAITS;
		if (first)
			err = hold(desk, key, claim, done);
	} else {
		claim->verdict = VERDICT_CLAIM;
		claim->key = *record;
		describe(desk, claim);
		pending_drop(&desk->pending, claim->exchange.t1.sid);
		err = hold(desk, key, claim, done);
	}
	claim->key = *record;
	sodium_memzero(claim->key.psk, sizeof claim->key.psk);
	return err;
}

/* What has come of the write that decide has handed the store. */
static void take_end(struct enrolment *desk, struct claim *claim, int err)
{
	lock_take(&desk->lock);
	struct key *key = key_find_live(desk, claim->exchange.kid);
	claim->first = key ? key_claim_end(key, err) : !err;
	lock_release(&desk->lock);
}

/* Decides and waits until the decision is on the disk. */
static int settle(struct enrolment *desk, struct claim *claim)
{
	struct saving saving;
	const struct store_done done = saving_begin(&saving);
	lock_take(&desk->lock);
	int err = decide(desk, claim, &done);
	lock_release(&desk->lock);
	if (err || !claim->written)
		saving_cancel(&saving);
	else
		take_end(desk, claim, err = saving_wait(&saving));
	return err;
}

/* ---- M4 ---------------------------------------------------------------- */

static int answer_m4(struct enrolment *desk, struct claim *claim, struct buf *reply)
{
	struct buf body = {0};
	size_t len = 0;
	int err = answer_make(desk, claim->device.id, claim->token, &body);
	if (!err)
		err = buf_reserve(reply, T1_M4_BASE_BYTES + body.len);
	if (!err)
		err = t1_hub_m4(&claim->exchange.t1, buf_span(&body), desk->identity.seed, reply->data + reply->len, &len);
	if (!err)
		reply->len += len;
	wipe_buf(&body);
	return err;
}

/* What the audit log calls it. */
static const char *claimed_as(const struct claim *claim)
{
	if (!claim->key.replaces[0])
		return "key_claimed";
	return claim->replaced ? "device_replaced" : "credentials_renewed";
}

/* Tells everybody, then answers: the device may log in the moment it has M4. */
static int conclude(struct enrolment *desk, const char *address, struct claim *claim, struct buf *reply)
{
	bool first = claim->first, enrolled = claim->verdict == VERDICT_CLAIM;
	if (first && enrolled)
		tell_audit(desk, claim->device.id, claimed_as(claim), &claim->key);
	else if (first)
		tell_audit(desk, address, "key_awaits_approval", &claim->key);
	if (enrolled) {
		const struct enrolment_news news = {claim->device.id, claim->replaced, claim->moved[0] ? claim->moved : NULL};
		log_info("enrolment", "device %s at %s has %s", claim->device.id, address,
			 claim->replaced ? "taken the place of the one before" : "joined");
		if (claim->moved[0]) /* or by them this hardware could go back there */
			keys_supersede(desk, claim->moved, NULL, false);
		tell_enrolled(desk, &news);
	}
	if (first)
		tell_key(desk, &claim->key);
	return enrolled ? answer_m4(desk, claim, reply) : ERR_BUSY;
}

int enrolment_step2(void *ctx, const char *address, struct span m3, struct buf *reply)
{
	struct enrolment *desk = ctx;
	struct claim claim = {.verdict = VERDICT_REFUSED};
	uint8_t sid[T1_SID_BYTES];
	int err = t1_m3_sid(m3, sid);
	if (err)
		return err;
	err = copy_exchange(desk, sid, &claim);
	const uint8_t *kid = err == ERR_NOT_FOUND ? NULL : claim.exchange.kid;
	if (!err)
		err = open_m3(desk, m3, &claim.exchange);
	if (!err)
		err = look_up(desk, &claim);
	if (!err)
		err = make_token(&claim);
	if (!err)
		err = settle(desk, &claim);
	if (claim.alert)
		tell_second_device(desk, address);
	if (err)
		tell_refused(desk, address, kid, err);
	else
		err = conclude(desk, address, &claim, reply);
	sodium_memzero(&claim, sizeof claim);
	return err;
}
