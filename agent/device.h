/* This machine as a device: its entities with the sensors that read and the
 * actuators that obey. Main thread. */
#ifndef AGENT_DEVICE_H
#define AGENT_DEVICE_H

#include "actuator.h"
#include "base/clock.h"
#include "conf.h"
#include "entity.h"
#include "kernel.h"

struct device;

/* Looks for everything that the settings ask for. conf and kernel are borrowed for
 * the device's life. Returns 0 or ERR_NOMEM. */
int device_create(struct device **device_r, const struct conf *conf, const struct kernel *kernel);

/* Gives lines back and frees; NULL inside is fine. Clears *device. */
void device_destroy(struct device **device);

/* Takes all readings. Blocks as sensor_ops.read does. */
void device_read(struct device *device, struct mono_ms now);

/* The entities, borrowed. */
const struct entities *device_entities(const struct device *device);

/* Obeys a command to the entity of this id. Returns 0, ERR_NOT_FOUND (no such
 * actuator), ERR_MALFORMED, or the error of the thing commanded. */
int device_command(struct device *device, struct span entity_id, struct span payload);

/* Appends what is to be published for an entity: a number, ON/OFF or a light's
 * JSON. Returns 0, ERR_NOT_FOUND (nothing known now), ERR_NOMEM or an error of reading. */
int device_value(struct device *device, const struct entity *entity, struct buf *out);

#endif
