/* A list of files that hold one number each: what most sensors are. */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H

#include "base/clock.h"
#include "entity.h"
#include "kernel.h"

/* value = (number in the file + offset) * scale, good within min..max */
struct probe {
	struct entity *entity; /* borrowed */
	char path[KERNEL_PATH_SIZE];
	double scale, offset, min, max;
};

struct probe_list {
	const struct kernel *kernel; /* borrowed */
	struct probe *items;         /* owned */
	size_t count;
};

/* An empty list on the heap. Returns 0 or ERR_NOMEM. */
int probe_list_create(const struct kernel *kernel, struct probe_list **list_r);

/* Appends a copy of probe; a NULL entity (the table was full) is passed over.
 * Returns 0 or ERR_NOMEM. */
int probe_list_add(struct probe_list *list, const struct probe *probe);

/* The end of a driver's create: 0 with the list in *state_r, or err or
 * ERR_NOT_FOUND (an empty list) with the list freed. */
int probe_list_finish(struct probe_list *list, int err, void **state_r);

/* The driver's read and destroy slots; state is the list. */
void probe_list_read(void *state, struct mono_ms now);
void probe_list_destroy(void *state);

#endif
