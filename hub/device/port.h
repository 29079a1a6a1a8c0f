/* Slots of the house's port that have files of their own, as model/ports.h says. The web's pool threads. */
#ifndef DEVICE_PORT_H
#define DEVICE_PORT_H

#include "base/buf.h"

int port_describe(void *ctx, const char *id, struct span form, struct buf *json);
int port_description(void *ctx, const char *id, struct buf *json);

#endif
