/* The inside of the dialect Home Assistant, for its own files. Pure, any thread. */
#ifndef DIALECT_HOMEASSISTANT_H
#define DIALECT_HOMEASSISTANT_H

#include "dialect/dialect_private.h"

enum { HA_ID_SIZE = 128 }; /* of the ids in a discovery topic, with terminator */

/* What a discovery topic says: homeassistant/<platform>/[<node>/]<object>/config. */
struct ha_place {
	char platform[MODEL_ID_SIZE]; /* "device": the payload describes several components */
	char node[HA_ID_SIZE];        /* "" for none */
	char object[HA_ID_SIZE];
};

/* Returns false when it is no discovery topic, as Home Assistant sees it. */
bool ha_place_read(struct ha_place *place_r, struct span topic);
bool ha_place_is_device(const struct ha_place *place);

/* The value under a key's long or short name, or NULL. */
const json_t *ha_find(const json_t *object, const char *name, const char *brief);

/* A string, or what Home Assistant makes of a number or a truth value where it wants a string ("True"): Python's words. False
 * when it is nothing of these or does not fit; then text_r is "". */
bool ha_string(const json_t *value, char *text_r, size_t size);

/* Room for the longest string that ha_string is asked for. */
enum { HA_STRING_SIZE = 1024 };

/* homeassistant_merge.c: struct dialect.translate. */
int ha_translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r);

#endif
