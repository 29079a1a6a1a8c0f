/* Space on the file systems that the settings name: statvfs(3). The figures are
 * those of df(1): what is reserved for root counts as neither used nor free. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/err.h"
#include "base/str.h"
#include "sensor.h"

static const struct entity_class percent = {NULL, "measurement", "%", "mdi:harddisk", 1, true};
static const struct entity_class size = {"data_size", "measurement", "GB", "mdi:harddisk", 1, true};

struct disks {
	size_t count;
	struct disk {
		char path[SETTINGS_ITEM_SIZE];
		struct entity *used, *free; /* borrowed; NULL when the table was full */
	} items[SETTINGS_MAX_LIST];
};

static void take_readings(void *state, struct mono_ms now)
{
	(void)now;
	struct disks *disks = state;
	for (size_t i = 0; i < disks->count; i++) {
		struct disk *d = &disks->items[i];
		struct statvfs fs;
		bool good = statvfs(d->path, &fs) == 0 && fs.f_blocks > 0 && fs.f_bfree <= fs.f_blocks;
		double used = good ? (double)(fs.f_blocks - fs.f_bfree) : 0;
		double available = good ? (double)fs.f_bavail : 0;
		if (d->used)
			entity_set(d->used, good && used + available > 0 ? 100 * used / (used + available) : -1, 0, 100);
		if (d->free)
			entity_set(d->free, good ? available * (double)fs.f_frsize / 1e9 : -1, 0, 1e12);
	}
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	struct disks *disks = calloc(1, sizeof *disks);
	if (!disks)
		return ERR_NOMEM;
	for (size_t i = 0; i < setup->conf->disks.count; i++) {
		const char *path = setup->conf->disks.items[i];
		struct disk *d = &disks->items[disks->count++];
		bool root = strcmp(path, "/") == 0;
		char key[SETTINGS_ITEM_SIZE + 16], name[SETTINGS_ITEM_SIZE + 16];
		memcpy(d->path, path, sizeof d->path);
		str_format(key, sizeof key, "disk_%s_used", root ? "root" : path + 1);
		str_format(name, sizeof name, "Disk %s used", path);
		d->used = entities_add(setup->entities, ENTITY_SENSOR, key, name, &percent);
		str_format(key, sizeof key, "disk_%s_free", root ? "root" : path + 1);
		str_format(name, sizeof name, "Disk %s free", path);
		d->free = entities_add(setup->entities, ENTITY_SENSOR, key, name, &size);
	}
	if (disks->count == 0) {
		free(disks);
		return ERR_NOT_FOUND;
	}
	*state_r = disks;
	return 0;
}

const struct sensor_ops sensor_disk = {"disk", create, take_readings, free};
