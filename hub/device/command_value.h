/* What a person asks of an entity, checked against what the entity can do and
 * put into the words that the device understands. Pure. */
#ifndef DEVICE_COMMAND_VALUE_H
#define DEVICE_COMMAND_VALUE_H

#include "base/buf.h"
#include "model/entity.h"
#include "model/value.h"

enum {
	COMMAND_JSON_MAX = 1024, /* bytes of a wish */
	COMMAND_DETAIL_SIZE = 256,
};

struct wish {
	struct value value;   /* what a report must show; VALUE_NONE when nothing will */
	double tolerance;     /* for numbers */
	struct buf payload;   /* what to publish; wish_finish */
	char *json;           /* the wish as it was sent, compact; owned */
	char detail[COMMAND_DETAIL_SIZE]; /* after ERR_INVALID: a sentence that says what is wrong */
};

/* Frees what the wish owns. Zeroed is fine. */
void wish_finish(struct wish *w);

/* Reads value_json for the entity, whose present value decides what TOGGLE means. Returns 0,
 * ERR_INVALID (detail says why), ERR_UNSUPPORTED (the entity takes no commands) or ERR_NOMEM. wish_r needs wish_finish
 * in every case. */
int wish_read(const struct entity *entity, const struct value *present, const char *value_json, struct wish *wish_r);

#endif
