/* Enrolment protocol T1, both sides, sans I/O: how a device that has never met
 * the hub gets its own credentials and learns which hub to trust. A
 * Noise-NNpsk0-like exchange and two Ed25519 signatures:
 *
 *   M1 device -> hub   44 bytes          M2 hub -> device   92 bytes
 *   M3 device -> hub  124 + meta bytes   M4 hub -> device   92 + body bytes
 *
 * All integers little-endian; AEAD is XChaCha20-Poly1305-IETF with the message
 * counter as nonce. The callers carry the messages (HTTP), keep the keys and
 * decide; this room only computes. Secrets are wiped as soon as they are used.
 * Messages are built in the caller's memory; no allocation.
 *
 * A step out of order (a peer may repeat or reorder messages) returns ERR_STATE
 * and changes nothing. sodium_init() comes before everything. */
#ifndef ENROL_T1_H
#define ENROL_T1_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "enrol/code.h"

enum {
	T1_M1_BYTES = 44,
	T1_M2_BYTES = 92,
	T1_M3_BASE_BYTES = 124, /* plus meta */
	T1_M4_BASE_BYTES = 92,  /* plus body: header and sid 12, signature 64, tag 16 */
	T1_MAX_META_BYTES = 1024 - T1_M3_BASE_BYTES,
	T1_MAX_M4_BYTES = 8192,
	T1_SID_BYTES = 8,
	T1_SEED_BYTES = 32,
	T1_PUBLIC_BYTES = 32,
};

/* The hub's side of one pending exchange. Caller's memory, about 300 bytes. */
struct t1_hub {
	uint8_t sid[T1_SID_BYTES];
	uint8_t th1[64], th2[64];
	uint8_t k_h2d[32], k_d2h[32];
	uint8_t th3[64];
	uint8_t device_public[T1_PUBLIC_BYTES]; /* set by t1_hub_m3 */
	uint8_t step;                            /* 0 new or finished, 1 after M1, 2 after M3 */
};

/* The key id that an M1 names. Returns 0 or ERR_MALFORMED (length, version,
 * type or reserved bytes). */
int t1_m1_kid(struct span m1, uint8_t kid_r[ENROL_KID_BYTES]);

/* The session id that an M3 names. Returns 0 or ERR_MALFORMED. */
int t1_m3_sid(struct span m3, uint8_t sid_r[T1_SID_BYTES]);

/* Hub: answers M1 with M2. identity_public is the hub's Ed25519 public key.
 * Whatever hub held is forgotten. Returns 0, ERR_MALFORMED, or ERR_CRYPTO (low-order
 * device share); the state is then new. */
int t1_hub_m1(struct t1_hub *hub, struct span m1, const uint8_t psk[ENROL_PSK_BYTES],
	      const uint8_t identity_public[T1_PUBLIC_BYTES], uint8_t m2_r[T1_M2_BYTES]);

/* Hub: opens M3 and checks the device's signature. On success
 * hub->device_public is the device's identity and meta_r (T1_MAX_META_BYTES) its description.
 * Returns 0, ERR_MALFORMED or ERR_CRYPTO; the state is as before on error. */
int t1_hub_m3(struct t1_hub *hub, struct span m3, uint8_t *meta_r, size_t *meta_len_r);

/* Hub: seals M4 around body with the signature of identity_seed's key.
 * m4_r holds T1_M4_BASE_BYTES + body.len bytes, apart from body. The exchange is
 * over then; of hub only device_public is left. Returns 0 or ERR_TOO_LARGE. */
int t1_hub_m4(struct t1_hub *hub, struct span body, const uint8_t identity_seed[T1_SEED_BYTES],
	      uint8_t *m4_r, size_t *m4_len_r);

/* Wipes the secrets. */
void t1_hub_finish(struct t1_hub *hub);

/* The device's side. */
struct t1_device {
	uint8_t psk[ENROL_PSK_BYTES], kid[ENROL_KID_BYTES];
	uint8_t ephemeral_secret[32];
	uint8_t m1[T1_M1_BYTES];
	uint8_t sid[T1_SID_BYTES];
	uint8_t th1[64], th2[64], th3[64];
	uint8_t k_h2d[32], k_d2h[32];
	uint8_t hub_public[T1_PUBLIC_BYTES]; /* set by t1_device_m2 */
	uint8_t step;                         /* 0 new or finished, 1 M1 made, 2 M2 opened, 3 M3 made */
};

/* Device: starts an exchange with the key of a provisioning code. */
void t1_device_m1(struct t1_device *device, const uint8_t key[ENROL_KEY_BYTES], uint8_t m1_r[T1_M1_BYTES]);

/* Device: opens M2. Returns 0, ERR_MALFORMED, or ERR_CRYPTO: a false hub, or
 * the code is not the hub's. */
int t1_device_m2(struct t1_device *device, struct span m2);

/* Device: makes M3 with its identity (an Ed25519 seed that it has already
 * saved, so that a lost reply only repeats the exchange) and meta, at most
 * T1_MAX_META_BYTES. m3_r holds T1_M3_BASE_BYTES + meta.len. Returns 0 or ERR_TOO_LARGE. */
int t1_device_m3(struct t1_device *device, const uint8_t identity_seed[T1_SEED_BYTES], struct span meta,
		 uint8_t *m3_r, size_t *m3_len_r);

/* Device: opens M4 and checks that the hub of M2 signed it. body_r holds
 * m4.len bytes, for it is also the memory to work in. Returns 0, ERR_MALFORMED or
 * ERR_CRYPTO (body_r is wiped). */
int t1_device_m4(struct t1_device *device, struct span m4, uint8_t *body_r, size_t *body_len_r);

/* Wipes the secrets. */
void t1_device_finish(struct t1_device *device);

#endif
