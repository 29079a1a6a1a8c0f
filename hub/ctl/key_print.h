/* Codes, as all verbs that make one ask for them and show them. */
#ifndef CTL_KEY_PRINT_H
#define CTL_KEY_PRINT_H

#include <jansson.h>
#include <stdbool.h>

#include "ctl/ctl.h"

/* The wish for a code, of the options --name, --room, --ttl and --host, as far as the verb has them. *body_r: owned. Returns EXIT_FINE, or
 * EXIT_USAGE, and has said why. */
int key_request(const struct ctl *ctl, int count, char **args, json_t **body_r);

/* Shows a key that was just made: the code, how it is used, and its QR code; or the code alone. */
void key_print(const struct ctl *ctl, const json_t *key, bool code_only);

#endif
