/* The provisioning code a person reads or scans: 25 Crockford base-32
 * characters XXXXX-XXXXX-XXXXX-XXXXX-XXXXX, 23 random (115 bits, the key K) and
 * two check characters, so that a typing error is found before anything is sent. */
#ifndef ENROL_CODE_H
#define ENROL_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
	ENROL_KEY_BYTES = 15,    /* K: 115 bits, the first 5 bits of byte 0 are zero */
	ENROL_CODE_CHARS = 25,   /* without dashes */
	ENROL_CODE_SIZE = 30,    /* with dashes and terminator */
	ENROL_PSK_BYTES = 32,
	ENROL_KID_BYTES = 8,
	ENROL_FINGERPRINT_SIZE = 20, /* with dashes and terminator */
};

/* Makes a new random key. */
void enrol_key_generate(uint8_t key_r[ENROL_KEY_BYTES]);

/* Writes the code of a key, with dashes. */
void enrol_code_format(char text_r[ENROL_CODE_SIZE], const uint8_t key[ENROL_KEY_BYTES]);

/* Parses a code as people type it: any case, dashes and spaces anywhere, O for
 * 0, I and L for 1. Returns 0, ERR_MALFORMED (a character or the length is
 * wrong) or ERR_CRYPTO (well-formed, but the check characters do not fit). */
int enrol_code_parse(struct span text, uint8_t key_r[ENROL_KEY_BYTES]);

/* psk = BLAKE2b-256("T1-psk" || K), kid = the first 8 bytes of BLAKE2b-128("T1-kid" || K). */
void enrol_key_derive(const uint8_t key[ENROL_KEY_BYTES], uint8_t psk_r[ENROL_PSK_BYTES],
		      uint8_t kid_r[ENROL_KID_BYTES]);

/* What a person compares before approving a device: "XXXX-XXXX-XXXX-XXXX" in Crockford base 32,
 * the first 80 bits of BLAKE2b-128("T1-fpr" || the device's Ed25519 public key). */
void enrol_fingerprint(char text_r[ENROL_FINGERPRINT_SIZE], const uint8_t identity_public[32]);

/* What stands in the QR code: "TOMTE1:<code>:<host>:<port>", upper case so that
 * it fits the alphanumeric mode. */
struct enrol_qr {
	uint8_t key[ENROL_KEY_BYTES];
	char host[256]; /* lower case; IPv6 without brackets; empty when only a code was given */
	uint16_t port;  /* 0 when only a code was given */
};

/* Formats the QR text. The last colon parts the port, so an IPv6 address needs
 * no brackets, which alphanumeric mode lacks. Returns 0 or ERR_TOO_LARGE. */
int enrol_qr_format(char *text, size_t size, const struct enrol_qr *qr);

/* Parses a QR text or a bare code. Returns 0, ERR_MALFORMED or ERR_CRYPTO. */
int enrol_qr_parse(struct span text, struct enrol_qr *qr_r);

#endif
