/* Slots of the house's port that have files of their own, as model/ports.h says. The web's pool threads. */
#ifndef DEVICE_PORT_H
#define DEVICE_PORT_H

#include <stdbool.h>

#include "base/buf.h"

/* house_port.classify. */
int port_classify(void *ctx, const char *id, const char *entity, const char *device_class);
/* house_port.describe. */
int port_describe(void *ctx, const char *id, struct span form, struct buf *json);
/* house_port.description. */
int port_description(void *ctx, const char *id, struct buf *json);
/* house_port.replace. */
int port_replace(void *ctx, const char *id, const char *with, bool try, struct buf *json);
/* house_port.former. */
int port_former(void *ctx, struct buf *json);
/* house_port.revoke. */
int port_revoke(void *ctx, const char *id);

#endif
