/* The inside of the dialect of Shelly's second and later generations, for its files only. */
#ifndef DIALECT_SHELLY_PRIVATE_H
#define DIALECT_SHELLY_PRIVATE_H

#include "dialect/dialect_private.h"

enum {
	SHELLY_PREFIX_SIZE = 100, /* of a topic prefix; Shelly's own limit is 300 */
	SHELLY_TYPE_SIZE = 24,
	SHELLY_LABEL_SIZE = 128,
};

struct shelly {
	struct form form;
	const json_t *info, *config, *status; /* borrowed: the results of Shelly.GetDeviceInfo, GetConfig and GetStatus, as kept */
	char prefix[SHELLY_PREFIX_SIZE];
	char events[SHELLY_PREFIX_SIZE + 16], rpc[SHELLY_PREFIX_SIZE + 16]; /* topics */
	bool control; /* it obeys on command/<component> too */
	size_t main_count; /* components that switch, shine or move something */
	double expire_s; /* of a device that sleeps: how long what it told is true; else 0 */
};

/* One component, "switch:0". */
struct shelly_part {
	const char *key; /* borrowed */
	char type[SHELLY_TYPE_SIZE];
	int id;
	const json_t *config, *status; /* borrowed; status NULL: none */
	char label[SHELLY_LABEL_SIZE]; /* its name for people; "": it is the main thing of the device */
};

/* A new entity of the part. suffix: of the id, NULL for the part itself; what: behind the part's label, NULL for nothing. */
json_t *shelly_entity(struct shelly *s, const struct shelly_part *part, const char *suffix, const char *platform, const char *what);

/* Sets a report: topic under topic_key, and under template_key what becomes of the part's status "s" in what is told there. */
void shelly_report(struct shelly *s, json_t *entity, const struct shelly_part *part, const char *const keys[2], const char *expression);

/* Sets a command: topic under topic_key, and under template_key the call of a method with the parameters behind the id, e.g.
 * "\"on\":{{ value }}". */
void shelly_call(struct shelly *s, json_t *entity, const struct shelly_part *part, const char *const keys[2], const char *method,
		 const char *parameters);

/* shelly_light.c: whether it was one. */
bool shelly_light(struct shelly *s, const struct shelly_part *part);

/* shelly_part.c: switches, covers, inputs and virtual components. */
void shelly_control(struct shelly *s, const struct shelly_part *part);

/* shelly_sensor.c: all that a part measures. */
void shelly_measures(struct shelly *s, const struct shelly_part *part);
/* What the device tells of itself. */
void shelly_diagnostics(struct shelly *s);

#endif
