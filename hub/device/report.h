/* Reports: the bytes that a device publishes about an entity, as its state. Pure. */
#ifndef DEVICE_REPORT_H
#define DEVICE_REPORT_H

#include "base/buf.h"
#include "device/entity.h"
#include "device/template.h"

/* What all channels that listen to one message share. Zeroed but for input, which template_input_init has made. */
struct report {
	struct template_input input;
	struct buf text; /* what a template made of it; its memory stays between channels */
};

/* Frees what reading has brought. Zeroed is fine. */
void report_finish(struct report *report);

/* Reads the message as one of the entity's channels understands it and takes it over into *state; what it leaves out stays.
 * Home Assistant's "None" (of a sensor also "null") makes a property unknown; an empty text changes nothing.
 * Returns 0 (the state may be as before), ERR_MALFORMED or the error of template_render: then the state is unchanged. */
int report_read(struct report *report, const struct entity *entity, const struct channel *channel, struct state *state);

#endif
