/* A queue by time. */
#include "device/due.h"

void due_put(struct list *queue, struct due *due, struct mono_ms at)
{
	list_remove(&due->link);
	due->at = at;
	struct list *behind = queue->prev;
	while (behind != queue && mono_diff_ms(at, container_of(behind, struct due, link)->at) > 0)
		behind = behind->prev;
	list_append(behind->next, &due->link);
}

struct mono_ms due_next(const struct list *queue)
{
	if (list_empty(queue))
		return (struct mono_ms){INT64_MAX};
	return container_of(queue->next, struct due, link)->at;
}
