/* Looking things up in the tables of operations and schemas. Immutable, any thread; knows no handler but by its address. */
#include "web/operation.h"

#include <string.h>

#include "base/str.h"

static const struct operations *const tables[] = {&operations_account, &operations_devices, &operations_bundles, &operations_history, &operations_hub};
static const struct schemas *const schema_tables[] = {&schemas_account, &schemas_devices, &schemas_bundles, &schemas_history, &schemas_hub};

static const struct operation_group groups[] = {
	{"Account", "Who asks: set-up, login, and the people of the house."},
	{"Devices", "Devices, their entities, and commands to them."},
	{"Groups and scenes", "What people command as one."},
	{"Alerts", "What went wrong, and when it was over."},
	{"Adding devices", "Provisioning keys, and the exchange in which a device becomes the house's."},
	{"History", "Series of samples: points, states, files, and what is recorded."},
	{"Live", "What happens, as it happens."},
	{"Hub", "Backups, health, and the hub itself."},
};

const struct operation_group *operation_groups(size_t *count_r)
{
	*count_r = COUNT_OF(groups);
	return groups;
}

const struct operation *operation_of(const struct route *route)
{
	for (size_t t = 0; route && t < COUNT_OF(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			if (tables[t]->items[i].handle == route->handle)
				return &tables[t]->items[i];
	return NULL;
}

const struct field *operation_parameter(const struct operation *operation, const char *name)
{
	for (size_t i = 0; i < operation->parameter_count; i++)
		if (strcmp(operation->parameters[i].name, name) == 0)
			return &operation->parameters[i];
	return NULL;
}

bool operation_in_path(const struct route *route, const struct field *parameter)
{
	char place[REQUEST_PARAM_SIZE];
	return str_format(place, sizeof place, "{%s}", parameter->name) == 0 && strstr(route->path, place) != NULL;
}

const struct schema *schema_at(size_t i)
{
	for (size_t t = 0; t < COUNT_OF(schema_tables); t++) {
		if (i < schema_tables[t]->count)
			return &schema_tables[t]->items[i];
		i -= schema_tables[t]->count;
	}
	return NULL;
}

const struct schema *schema_find(const char *name)
{
	const struct schema *schema = NULL;
	for (size_t i = 0; (schema = schema_at(i)) != NULL; i++)
		if (strcmp(schema->name, name) == 0)
			break;
	return schema;
}
