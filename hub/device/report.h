/* Reports: the bytes that a device publishes about an entity, as a value. Pure. */
#ifndef DEVICE_REPORT_H
#define DEVICE_REPORT_H

#include "base/span.h"
#include "model/entity.h"
#include "model/value.h"

/* Reads a payload as this entity's value. *value holds the previous one: a light's report may
 * leave out what did not change. Home Assistant's "None" makes a value unknown; an empty payload
 * changes nothing. Returns 0 (value may be as before), or ERR_MALFORMED: value is unchanged. */
int report_read(const struct entity *entity, struct span payload, struct value *value);

#endif
