/* The persist port of model/persist.h, made of the journal and broker.db. */
#ifndef DB_DURABLE_H
#define DB_DURABLE_H

#include "model/persist.h"

struct store;

/* The port of an open store; valid until store_close: by then nobody may call it any more. */
struct persist_port store_persist_port(struct store *store);

#endif
