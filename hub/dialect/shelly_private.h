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
	const json_t *info, *config, *status; /* borrowed: the results of Shelly.GetDeviceInfo, GetConfig and GetStatus, as kept, and what
					       * of Shelly.GetComponents is its own */
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
	int question; /* the number under which its status is asked for by itself; 0: it comes with that of the device */
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

/* Reads "switch:0" into the part's key, type, id and question. False: it is no component. */
bool shelly_key(const char *key, struct shelly_part *part);

/* The shape of a status: two with the same are the same description. The caller's. */
json_t *shelly_shape(const json_t *status);

/* The kind of what is told on the event's topic of what has buttons: of this part. */
void shelly_button(struct shelly *s, const struct shelly_part *part, const char *what);

/* ---- shelly_dynamic.c: components that people make, which only Shelly.GetComponents lists, a page at a time ---- */

/* Asks for the first page. Returns 0 or the sink's error. */
int shelly_ask_page(const char *prefix, const struct dialect_sink *sink);

/* Whether the topic is where a page comes; then prefix_r and *page_r say whose and which. */
bool shelly_page_topic(struct span topic, char prefix_r[SHELLY_PREFIX_SIZE], int *page_r);

/* Takes a page apart into what the device has itself and what each of its Bluetooth devices has, and asks for the next one. Returns as split. */
int shelly_page(const char *prefix, int page, struct span payload, const struct dialect_sink *sink, char *message_r);

/* Adds the components of a page's fragment to the configuration and status of the others, keys and all. False: no memory. */
bool shelly_take_page(const json_t *fragment, json_t *config, json_t *status);

/* Asks for the status of each part by itself. */
void shelly_ask_parts(struct shelly *s);

/* The number of the question for such a part's status; 0: none is asked. */
int shelly_question(const char *type, int id);

/* shelly_bluetooth.c: all that a Bluetooth device is, whose components are s->config and s->status. */
void shelly_bluetooth(struct shelly *s);
/* What people call it, or NULL. */
const char *shelly_bluetooth_name(const json_t *config);

/* shelly_climate.c */
void shelly_thermostat(struct shelly *s, const struct shelly_part *part);
void shelly_valve(struct shelly *s, const struct shelly_part *part);

/* shelly_light.c: whether it was one. */
bool shelly_light(struct shelly *s, const struct shelly_part *part);

/* shelly_part.c: switches, covers, inputs and virtual components. */
void shelly_control(struct shelly *s, const struct shelly_part *part);

/* shelly_sensor.c: all that a part measures. */
void shelly_measures(struct shelly *s, const struct shelly_part *part);
/* What the device tells of itself. */
void shelly_diagnostics(struct shelly *s);

#endif
