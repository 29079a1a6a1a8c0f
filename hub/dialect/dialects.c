/* The table of dialects. */
#include <string.h>

#include "dialect/dialect_private.h"

const struct dialect *const dialects[] = {
	&dialect_homeassistant, /* first: seeds of the fuzz target count from here */
	&dialect_hand,
	&dialect_zigbee2mqtt,
	&dialect_homie5,
	&dialect_homie4,
	&dialect_shelly,
	&dialect_shelly_gen1,
	&dialect_tasmota,
	NULL,
};

void dialect_id(char id_r[MODEL_ID_SIZE], const char *native)
{
	form_id(id_r, native);
}

const struct dialect *dialect_find(const char *name)
{
	for (const struct dialect *const *d = dialects; *d; d++)
		if (strcmp((*d)->name, name) == 0)
			return *d;
	return NULL;
}
