/* The device's description of itself: Home Assistant's device discovery. */
#ifndef AGENT_DESCRIBE_H
#define AGENT_DESCRIBE_H

#include "conf.h"
#include "entity.h"
#include "kernel.h"

/* Who the device is, beside its entities. */
struct identity {
	char name[MODEL_NAME_SIZE];         /* from the settings, else the host's */
	char area[MODEL_NAME_SIZE];         /* may be empty */
	char model[MODEL_NAME_SIZE];        /* "Raspberry Pi 4 Model B", the product of a PC */
	char manufacturer[MODEL_NAME_SIZE]; /* may be empty */
	char mac[18];                       /* "aa:bb:…" of the first real interface; may be empty */
};

/* Finds out. Never fails: what cannot be known stays empty or gets a plain word. */
void identity_read(struct identity *identity, const struct conf *conf, const struct kernel *kernel);

/* Makes the discovery message, JSON, for the device of this id. Returns a string
 * to be freed with free(), or NULL without memory. */
char *describe_device(const struct identity *identity, const struct entities *entities, const char *device_id,
		      int64_t interval_s);

/* Makes the meta JSON of enrolment: name, model, manufacturer, sw_version, mac.
 * A string to be freed, or NULL without memory. */
char *describe_meta(const struct identity *identity);

#endif
