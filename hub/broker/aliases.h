/* The topic aliases that a 5.0 client has set on its connection (§3.3.2.3.4). */
#ifndef BROKER_ALIASES_H
#define BROKER_ALIASES_H

#include "base/span.h"

struct aliases;

enum { ALIASES_MAX = 32 }; /* announced as Topic Alias Maximum */

/* Keeps a topic under an alias (1..ALIASES_MAX); *aliases is made when NULL. Returns 0 or ERR_NOMEM. */
int aliases_set(struct aliases **aliases, uint16_t alias, struct span topic);

/* The topic of an alias, empty when there is none. Borrowed until the alias is set again. */
struct span aliases_get(const struct aliases *aliases, uint16_t alias);

/* Frees them; NULL inside is fine. */
void aliases_destroy(struct aliases **aliases);

#endif
