/* TLS that trusts one hub and nobody else. */
#ifndef AGENT_TLS_PIN_H
#define AGENT_TLS_PIN_H

#include "base/clock.h"

struct ssl_ctx_st;

/* Makes a client's SSL_CTX that accepts a server only with a certificate of the CA
 * in ca_pem, for the name "<hub-id>.tomte.home.arpa", over TLS 1.2 or newer. A clock that lies
 * before `enrolled` (a board without a battery) is taken to show that time.
 * The caller frees it with tls_pin_destroy. Returns 0, ERR_INVALID (no certificate
 * in ca_pem) or ERR_NOMEM. */
int tls_pin_create(struct ssl_ctx_st **context_r, const char *ca_pem, const char *hub_id, struct wall_ms enrolled);

/* Drops the caller's reference. Clears *context. */
void tls_pin_destroy(struct ssl_ctx_st **context);

#endif
