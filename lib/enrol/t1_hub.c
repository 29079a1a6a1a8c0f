/* T1, the hub's side: M1 -> M2, M3 -> (device, meta) -> M4. The caller finds
 * the psk by the key id, finds the exchange by the session id, and decides
 * whether the device may have the key. Any thread, one per exchange. */
#include <sodium.h>

#include "base/err.h"
#include "enrol/t1_private.h"

enum step { NEW, AFTER_M1, AFTER_M3 };

int t1_m1_kid(struct span m1, uint8_t kid_r[ENROL_KID_BYTES])
{
	if (m1.len != T1_M1_BYTES || !t1_header_valid(m1, T1_M1))
		return ERR_MALFORMED;
	memcpy(kid_r, m1.data + T1_HEADER_BYTES, ENROL_KID_BYTES);
	return 0;
}

static bool m3_valid(struct span m3)
{
	return m3.len >= T1_M3_BASE_BYTES && m3.len <= T1_M3_BASE_BYTES + T1_MAX_META_BYTES &&
	       t1_header_valid(m3, T1_M3);
}

int t1_m3_sid(struct span m3, uint8_t sid_r[T1_SID_BYTES])
{
	if (!m3_valid(m3))
		return ERR_MALFORMED;
	memcpy(sid_r, m3.data + T1_HEADER_BYTES, T1_SID_BYTES);
	return 0;
}

int t1_hub_m1_with(struct t1_hub *hub, struct span m1, const uint8_t psk[ENROL_PSK_BYTES],
		   const uint8_t identity_public[T1_PUBLIC_BYTES], const uint8_t ephemeral_secret[32],
		   uint8_t m2_r[T1_M2_BYTES])
{
	if (m1.len != T1_M1_BYTES || !t1_header_valid(m1, T1_M1))
		return ERR_MALFORMED;
	t1_put_header(m2_r, T1_M2, hub->sid);
	crypto_scalarmult_base(m2_r + T1_SID_HEADER_BYTES, ephemeral_secret);
	t1_hash(hub->th1, "T1-th", m1, span_of(m2_r, T1_M2_CLEAR_BYTES));
	const uint8_t *device_share = m1.data + T1_HEADER_BYTES + ENROL_KID_BYTES;
	int err = t1_make_keys(hub->k_h2d, hub->k_d2h, psk, ephemeral_secret, device_share, hub->th1);
	if (err)
		return err;
	memcpy(m2_r + T1_M2_CLEAR_BYTES, identity_public, T1_PUBLIC_BYTES);
	t1_seal(m2_r + T1_M2_CLEAR_BYTES, T1_PUBLIC_BYTES, span_of(hub->th1, sizeof hub->th1), T1_NONCE_M2,
		hub->k_h2d);
	t1_hash(hub->th2, "T1-th2", span_of(hub->th1, sizeof hub->th1),
		span_of(m2_r + T1_M2_CLEAR_BYTES, T1_M2_BYTES - T1_M2_CLEAR_BYTES));
	hub->step = AFTER_M1;
	return 0;
}

int t1_hub_m1(struct t1_hub *hub, struct span m1, const uint8_t psk[ENROL_PSK_BYTES],
	      const uint8_t identity_public[T1_PUBLIC_BYTES], uint8_t m2_r[T1_M2_BYTES])
{
	uint8_t ephemeral_secret[32];
	t1_hub_finish(hub);
	randombytes_buf(hub->sid, sizeof hub->sid);
	randombytes_buf(ephemeral_secret, sizeof ephemeral_secret);
	int err = t1_hub_m1_with(hub, m1, psk, identity_public, ephemeral_secret, m2_r);
	sodium_memzero(ephemeral_secret, sizeof ephemeral_secret);
	if (err)
		t1_hub_finish(hub);
	return err;
}

int t1_hub_m3(struct t1_hub *hub, struct span m3, uint8_t *meta_r, size_t *meta_len_r)
{
	if (hub->step != AFTER_M1)
		return ERR_STATE;
	if (!m3_valid(m3) || memcmp(m3.data + T1_HEADER_BYTES, hub->sid, T1_SID_BYTES) != 0)
		return ERR_MALFORMED;
	uint8_t ad[T1_SID_HEADER_BYTES + T1_HASH_BYTES];
	uint8_t text[T1_PUBLIC_BYTES + T1_SIGNATURE_BYTES + T1_MAX_META_BYTES];
	t1_make_ad(ad, m3.data, hub->th2);
	struct span sealed = span_of(m3.data + T1_SID_HEADER_BYTES, m3.len - T1_SID_HEADER_BYTES);
	int err = t1_open(text, sealed, span_of(ad, sizeof ad), T1_NONCE_M3, hub->k_d2h);
	if (err)
		return err;
	err = t1_verify(text + T1_PUBLIC_BYTES, "T1D", hub->th2, span_of(text, T1_PUBLIC_BYTES), text);
	if (err)
		return err;
	memcpy(hub->device_public, text, T1_PUBLIC_BYTES);
	*meta_len_r = m3.len - T1_M3_BASE_BYTES;
	memcpy(meta_r, text + T1_PUBLIC_BYTES + T1_SIGNATURE_BYTES, *meta_len_r);
	t1_hash(hub->th3, "T1-th3", span_of(hub->th2, sizeof hub->th2), m3);
	sodium_memzero(hub->k_d2h, sizeof hub->k_d2h);
	hub->step = AFTER_M3;
	return 0;
}

int t1_hub_m4(struct t1_hub *hub, struct span body, const uint8_t identity_seed[T1_SEED_BYTES],
	      uint8_t *m4_r, size_t *m4_len_r)
{
	if (hub->step != AFTER_M3)
		return ERR_STATE;
	if (body.len > T1_MAX_M4_BYTES - T1_M4_BASE_BYTES)
		return ERR_TOO_LARGE;
	uint8_t ad[T1_SID_HEADER_BYTES + T1_HASH_BYTES];
	t1_put_header(m4_r, T1_M4, hub->sid);
	t1_make_ad(ad, m4_r, hub->th3);
	uint8_t *text = m4_r + T1_SID_HEADER_BYTES;
	t1_sign(text, "T1H", hub->th3, span_of(NULL, 0), identity_seed);
	if (body.len)
		memcpy(text + T1_SIGNATURE_BYTES, body.data, body.len);
	t1_seal(text, T1_SIGNATURE_BYTES + body.len, span_of(ad, sizeof ad), T1_NONCE_M4, hub->k_h2d);
	*m4_len_r = T1_M4_BASE_BYTES + body.len;
	/* the counter is spent: the exchange ends here */
	sodium_memzero(hub->k_h2d, sizeof hub->k_h2d);
	hub->step = NEW;
	return 0;
}

void t1_hub_finish(struct t1_hub *hub)
{
	if (hub)
		sodium_memzero(hub, sizeof *hub);
}
