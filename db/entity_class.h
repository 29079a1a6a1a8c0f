/* Device classes that the owner gave to entities. Part of the facade (store.h says who may call what, and how writes are answered);
 * hub.db. */
#ifndef DB_ENTITY_CLASS_H
#define DB_ENTITY_CLASS_H

#include "db/history.h"
#include "db/store.h"

struct entity_class {
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
	char class[SERIES_CLASS_SIZE]; /* such as "shutter"; "": none */
};

/* Calls each for every entity that was given one, in order of device and entity. Reader. */
int store_entity_class_each(struct store *s, void (*each)(void *ctx, const struct entity_class *c), void *ctx);

/* Replaces what the entity was given before; "" takes it away. Whether the device has the entity is not asked. Writer. ERR_NOT_FOUND:
 * no such device. */
int store_entity_class_put(struct store *s, const struct entity_class *c, const struct store_done *done);

#endif
