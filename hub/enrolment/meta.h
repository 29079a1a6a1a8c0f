/* What a device says of itself in M3. */
#ifndef ENROLMENT_META_H
#define ENROLMENT_META_H

#include "base/span.h"
#include "model/topics.h"

struct meta {
	char name[MODEL_NAME_SIZE], model[MODEL_NAME_SIZE], manufacturer[MODEL_NAME_SIZE];
	char sw_version[64];
};

/* Parses M3's JSON object; nothing at all is fine too. Members that are missing or of another
 * type stay empty, unknown ones (such as "mac") are left out, texts are cut to whole characters, and
 * control characters become spaces. Returns 0 or ERR_MALFORMED. */
int meta_parse(struct span json, struct meta *meta_r);

#endif
