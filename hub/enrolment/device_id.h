/* Ids of new devices: short, readable, unique. */
#ifndef ENROLMENT_DEVICE_ID_H
#define ENROLMENT_DEVICE_ID_H

#include "model/topics.h"

/* Writes "<slug>-<6 base-32 characters>" from the first of the NULL-terminated names that has letters or
 * digits ("device" when none has), at most MODEL_ID_MAX characters of [a-z0-9-].
 * Never the same twice within reason (2^30); the caller looks whether it is taken. */
void device_id_make(char id_r[MODEL_ID_SIZE], const char *const *names);

#endif
