/* Pre-shared keys of TLS clients, from lines of the form identity:hexadecimal key (as in mosquitto's psk_file). Immutable. */
#ifndef NET_PSK_H
#define NET_PSK_H

#include "base/span.h"

struct psk_table;

enum { PSK_MIN_KEY_BYTES = 16, PSK_MAX_KEY_BYTES = 64, PSK_MAX_IDENTITY = 128 };

/* Reads the text; empty lines and those that begin with # are skipped. Returns 0, ERR_NOMEM, ERR_MALFORMED or ERR_EXISTS (an identity
 * twice), with the line in message_r. */
int psk_table_parse(struct span text, struct psk_table **table_r, char message_r[256]);

/* The key of an identity; borrowed. len 0: there is none. */
struct span psk_table_find(const struct psk_table *table, const char *identity);

/* Wipes the keys and frees. NULL inside is fine. */
void psk_table_destroy(struct psk_table **table);

#endif
