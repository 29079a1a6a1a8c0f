/* What a person or a rule asks of an entity: checked against what the entity can do, put into the messages that the
 * device understands, and what its reports must show before it is granted. Pure. */
#ifndef DEVICE_WISH_H
#define DEVICE_WISH_H

#include "base/buf.h"
#include "device/entity.h"

enum {
	WISH_JSON_MAX = 1024, /* bytes of a wish */
	WISH_DETAIL_SIZE = 256,
	WISH_MESSAGES_MAX = 16,
};

struct wish_message {
	const char *topic;  /* borrowed from the entity */
	struct buf payload; /* owned */
	bool retain;
};

struct wish {
	struct state asked;  /* in our terms */
	struct state expect; /* what reports must show; nothing known: nothing can be waited for */
	double tolerance;    /* of the value, where it is a number */
	double transition_s; /* of a light; negative: not asked for */
	struct wish_message messages[WISH_MESSAGES_MAX]; /* to be published in this order */
	size_t message_count;
	char *json;          /* as it was sent, compact, but for TOGGLE, which is what it means now; owned */
	bool toggled;
	const char *code;              /* after ERR_INVALID: what is wrong in a word, by which a page says it in its reader's language (static) */
	char detail[WISH_DETAIL_SIZE]; /* and in a sentence */
};

/* Frees what the wish owns and zeroes it. Zeroed is fine. */
void wish_finish(struct wish *w);

/* Reads value_json for the entity: a value ("ON", 21.5, "Rainbow") or an object of properties by property_name, as
 * {"state":"ON","brightness":128,"color":{"r":255,"g":0,"b":0},"transition":2}. The present state decides what TOGGLE means.
 * Returns 0, ERR_INVALID (detail says why), ERR_UNSUPPORTED (the entity takes no commands) or ERR_NOMEM. wish_r needs
 * wish_finish in every case. */
int wish_read(const struct entity *entity, const struct state *present, const char *value_json, struct wish *wish_r);

/* wish_compose.c: the messages, and what to expect. Returns 0, ERR_NOMEM, or ERR_INVALID (detail: a template of the device's has
 * failed). */
int wish_compose(const struct entity *entity, struct wish *w);

/* wish_late.c: whether it may wait for a device that is away: whether it would still be safe when it is done long after it was asked, with
 * nobody there who looks. */
bool wish_may_wait(const struct entity *entity, const struct wish *w);

/* wish_fit.c: what is left of a value when it is meant for many and has to suit this entity: of an object, properties that it lacks
 * are left out and numbers brought into its range; what can only be switched is, by a brightness, speed or colour. *json_r: the caller's.
 * Returns 0, ERR_MALFORMED (not JSON) or ERR_NOMEM. */
int wish_fit(const struct entity *entity, const char *value_json, char **json_r);

/* wish_capture.c: the wish that brings the entity back to this state. *json_r: the caller's. Returns 0, ERR_UNSUPPORTED (it cannot be
 * commanded to be as it was: a button), ERR_NOT_FOUND (nothing is known that could be wished) or ERR_NOMEM. */
int wish_capture(const struct entity *entity, const struct state *state, char **json_r);

#endif
