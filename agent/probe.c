/* Files that hold one number each. Main thread. */
#include "probe.h"

#include <stdlib.h>

#include "base/err.h"

int probe_list_create(const struct kernel *kernel, struct probe_list **list_r)
{
	*list_r = calloc(1, sizeof **list_r);
	if (!*list_r)
		return ERR_NOMEM;
	(*list_r)->kernel = kernel;
	return 0;
}

int probe_list_add(struct probe_list *list, const struct probe *probe)
{
	if (!probe->entity)
		return 0;
	struct probe *items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (!items)
		return ERR_NOMEM;
	list->items = items;
	list->items[list->count++] = *probe;
	return 0;
}

int probe_list_finish(struct probe_list *list, int err, void **state_r)
{
	if (!err && list->count == 0)
		err = ERR_NOT_FOUND;
	if (err) {
		probe_list_destroy(list);
		return err;
	}
	*state_r = list;
	return 0;
}

void probe_list_read(void *state, struct mono_ms now)
{
	(void)now;
	struct probe_list *list = state;
	for (size_t i = 0; i < list->count; i++) {
		const struct probe *p = &list->items[i];
		double number;
		if (kernel_read_number(list->kernel, p->path, &number))
			entity_forget(p->entity);
		else
			entity_set(p->entity, (number + p->offset) * p->scale, p->min, p->max);
	}
}

void probe_list_destroy(void *state)
{
	struct probe_list *list = state;
	free(list->items);
	free(list);
}
