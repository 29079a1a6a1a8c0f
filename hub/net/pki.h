/* The house's certificate authority and the hub's certificate, made at first
 * start and renewed by itself. ECDSA P-256. Files in <state_dir>/pki, 0600: ca.key, ca.pem, hub.key, hub.pem. */
#ifndef NET_PKI_H
#define NET_PKI_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"

struct pki_paths {
	const char *state_dir;
	const char *hub_id; /* names the CA, and <hub_id>.tomte.home.arpa in the certificate */
};

/* Makes what is missing: a CA (20 years, name constraint-free, pathlen 0, CN "tomte house <hub_id>") and a certificate of
 * at most 397 days for <hub_id>.tomte.home.arpa, localhost, the host name with and without ".local",
 * and every lasting address of the machine (no IPv6 privacy or link-local ones); renewed when less than 30 days are left, or a name or address is new
 * (*renewed_r). Atomic: a crash leaves the old or the new. Blocks on the disk; call
 * at start and once a day. Returns 0, ERR_DAMAGED (a key or the CA must be restored: it is never replaced silently),
 * ERR_DISK_FULL, ERR_DENIED, ERR_IO, ERR_CRYPTO or ERR_NOMEM, with message_r. */
int pki_ensure(const struct pki_paths *paths, bool *renewed_r, char message_r[256]);

/* Appends the PEM texts; the caller frees them (and wipes the key). Returns 0 or an error of reading. */
int pki_load(const struct pki_paths *paths, struct buf *ca_pem_r, struct buf *chain_pem_r, struct buf *key_pem_r);

/* When the first certificate in pem ends. Returns 0 or ERR_MALFORMED. */
int pki_expiry(struct span pem, struct wall_ms *at_r);

/* SHA-256 fingerprint of the first certificate in pem as "AB:CD:…" (95 characters). Returns 0,
 * ERR_MALFORMED or ERR_NOMEM. */
int pki_fingerprint(struct span pem, char text_r[96]);

#endif
