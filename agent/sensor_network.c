/* Network counters: /sys/class/net/<interface>/statistics/{rx,tx}_bytes. They only
 * grow and start again at a reboot, which is what "total_increasing" says, so that
 * whoever draws them can make rates without losing a byte between two readings. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "probe.h"
#include "sensor.h"

enum { MAX_INTERFACES = 64, MAX_USED = 8 };

static const struct entity_class bytes = {"data_size", "total_increasing", "B", NULL, 0, true};

/* Interfaces that come and go with containers and machines, and the loopback. */
static bool of_interest(const char *name)
{
	static const char *const passed_over[] = {"lo", "veth", "docker", "br-", "virbr", "vnet", "tap", "dummy", "ifb"};
	for (size_t i = 0; i < sizeof passed_over / sizeof passed_over[0]; i++)
		if (strncmp(name, passed_over[i], strlen(passed_over[i])) == 0)
			return false;
	return true;
}

static int add_counter(const struct sensor_setup *setup, struct probe_list *list, const char *interface,
		       const char *counter, const char *what)
{
	struct probe probe = {.scale = 1, .max = 1e18};
	char key[96], name[MODEL_NAME_SIZE];
	str_format(probe.path, sizeof probe.path, "/sys/class/net/%s/statistics/%s_bytes", interface, counter);
	if (!kernel_exists(setup->kernel, probe.path))
		return 0;
	str_format(key, sizeof key, "net_%s_%s", interface, counter);
	str_format(name, sizeof name, "%s %s", interface, what);
	probe.entity = entities_add(setup->entities, ENTITY_SENSOR, key, name, &bytes);
	return probe_list_add(list, &probe);
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	char names[MAX_INTERFACES][KERNEL_NAME_SIZE];
	struct probe_list *list;
	int err = probe_list_create(setup->kernel, &list);
	if (err)
		return err;
	size_t count = kernel_list(setup->kernel, "/sys/class/net", "", names, MAX_INTERFACES), used = 0;
	for (size_t i = 0; i < count && used < MAX_USED && !err; i++) {
		if (!of_interest(names[i]))
			continue;
		used++;
		err = add_counter(setup, list, names[i], "rx", "received");
		if (!err)
			err = add_counter(setup, list, names[i], "tx", "sent");
	}
	return probe_list_finish(list, err, state_r);
}

const struct sensor_ops sensor_network = {"network", create, probe_list_read, probe_list_destroy};
