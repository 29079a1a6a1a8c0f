/* What the versions of the Homie convention share, for their two files: properties by datatype. */
#ifndef DIALECT_HOMIE_H
#define DIALECT_HOMIE_H

#include "dialect/dialect_private.h"

struct homie_property {
	const char *root; /* the topic of the device */
	const char *node, *id;
	const char *node_name; /* NULL: the device has one node, so its name says nothing */
	const char *name, *datatype, *format, *unit; /* "" for none */
	bool settable, retained;
	int version; /* of the convention, 3 to 5 */
};

/* Adds the component that the property is. */
void homie_component(struct form *f, const struct homie_property *p);

/* Adds the topic of a device's $state. A sleeping device is there: it will answer later. A child is there while its
 * root's connection lives, of which is_root asks only that. */
void homie_availability(struct form *f, const char *root, bool is_root);

#endif
