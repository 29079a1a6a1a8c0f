/* T1, the device's side: M1, M2 -> M3, M4 -> credentials. The caller carries
 * the messages and has saved the identity before M3. One thread. */
#include <sodium.h>

#include "base/err.h"
#include "enrol/t1_private.h"

enum step { NEW, M1_MADE, M2_OPENED, M3_MADE };

void t1_device_m1_with(struct t1_device *device, const uint8_t key[ENROL_KEY_BYTES],
		       const uint8_t ephemeral_secret[32], uint8_t m1_r[T1_M1_BYTES])
{
	t1_device_finish(device);
	enrol_key_derive(key, device->psk, device->kid);
	memcpy(device->ephemeral_secret, ephemeral_secret, sizeof device->ephemeral_secret);
	t1_put_header(device->m1, T1_M1, NULL);
	memcpy(device->m1 + T1_HEADER_BYTES, device->kid, ENROL_KID_BYTES);
	crypto_scalarmult_base(device->m1 + T1_HEADER_BYTES + ENROL_KID_BYTES, ephemeral_secret);
	memcpy(m1_r, device->m1, T1_M1_BYTES);
	device->step = M1_MADE;
}

void t1_device_m1(struct t1_device *device, const uint8_t key[ENROL_KEY_BYTES], uint8_t m1_r[T1_M1_BYTES])
{
	uint8_t ephemeral_secret[32];
	randombytes_buf(ephemeral_secret, sizeof ephemeral_secret);
	t1_device_m1_with(device, key, ephemeral_secret, m1_r);
	sodium_memzero(ephemeral_secret, sizeof ephemeral_secret);
}

int t1_device_m2(struct t1_device *device, struct span m2)
{
	if (device->step != M1_MADE)
		return ERR_STATE;
	if (m2.len != T1_M2_BYTES || !t1_header_valid(m2, T1_M2))
		return ERR_MALFORMED;
	t1_hash(device->th1, "T1-th", span_of(device->m1, T1_M1_BYTES), span_of(m2.data, T1_M2_CLEAR_BYTES));
	int err = t1_make_keys(device->k_h2d, device->k_d2h, device->psk, device->ephemeral_secret,
			       m2.data + T1_SID_HEADER_BYTES, device->th1);
	if (err)
		return err;
	struct span sealed = span_of(m2.data + T1_M2_CLEAR_BYTES, T1_M2_BYTES - T1_M2_CLEAR_BYTES);
	err = t1_open(device->hub_public, sealed, span_of(device->th1, sizeof device->th1), T1_NONCE_M2,
		      device->k_h2d);
	if (err)
		return err;
	memcpy(device->sid, m2.data + T1_HEADER_BYTES, T1_SID_BYTES);
	t1_hash(device->th2, "T1-th2", span_of(device->th1, sizeof device->th1), sealed);
	sodium_memzero(device->psk, sizeof device->psk);
	sodium_memzero(device->ephemeral_secret, sizeof device->ephemeral_secret);
	device->step = M2_OPENED;
	return 0;
}

int t1_device_m3(struct t1_device *device, const uint8_t identity_seed[T1_SEED_BYTES], struct span meta,
		 uint8_t *m3_r, size_t *m3_len_r)
{
	if (device->step != M2_OPENED)
		return ERR_STATE;
	if (meta.len > T1_MAX_META_BYTES)
		return ERR_TOO_LARGE;
	uint8_t ad[T1_SID_HEADER_BYTES + T1_HASH_BYTES], secret[crypto_sign_SECRETKEYBYTES];
	t1_put_header(m3_r, T1_M3, device->sid);
	t1_make_ad(ad, m3_r, device->th2);
	uint8_t *text = m3_r + T1_SID_HEADER_BYTES;
	crypto_sign_seed_keypair(text, secret, identity_seed);
	sodium_memzero(secret, sizeof secret);
	t1_sign(text + T1_PUBLIC_BYTES, "T1D", device->th2, span_of(text, T1_PUBLIC_BYTES), identity_seed);
	if (meta.len)
		memcpy(text + T1_PUBLIC_BYTES + T1_SIGNATURE_BYTES, meta.data, meta.len);
	t1_seal(text, T1_PUBLIC_BYTES + T1_SIGNATURE_BYTES + meta.len, span_of(ad, sizeof ad), T1_NONCE_M3,
		device->k_d2h);
	*m3_len_r = T1_M3_BASE_BYTES + meta.len;
	t1_hash(device->th3, "T1-th3", span_of(device->th2, sizeof device->th2), span_of(m3_r, *m3_len_r));
	sodium_memzero(device->k_d2h, sizeof device->k_d2h);
	device->step = M3_MADE;
	return 0;
}

int t1_device_m4(struct t1_device *device, struct span m4, uint8_t *body_r, size_t *body_len_r)
{
	if (device->step != M3_MADE)
		return ERR_STATE;
	if (m4.len < T1_M4_BASE_BYTES || m4.len > T1_MAX_M4_BYTES || !t1_header_valid(m4, T1_M4) ||
	    memcmp(m4.data + T1_HEADER_BYTES, device->sid, T1_SID_BYTES) != 0)
		return ERR_MALFORMED;
	uint8_t ad[T1_SID_HEADER_BYTES + T1_HASH_BYTES];
	t1_make_ad(ad, m4.data, device->th3);
	struct span sealed = span_of(m4.data + T1_SID_HEADER_BYTES, m4.len - T1_SID_HEADER_BYTES);
	int err = t1_open(body_r, sealed, span_of(ad, sizeof ad), T1_NONCE_M4, device->k_h2d);
	if (!err)
		err = t1_verify(body_r, "T1H", device->th3, span_of(NULL, 0), device->hub_public);
	if (err) {
		sodium_memzero(body_r, m4.len);
		return err;
	}
	*body_len_r = m4.len - T1_M4_BASE_BYTES;
	memmove(body_r, body_r + T1_SIGNATURE_BYTES, *body_len_r);
	return 0;
}

void t1_device_finish(struct t1_device *device)
{
	if (device)
		sodium_memzero(device, sizeof *device);
}
