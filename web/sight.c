/* Who sees what, from the rooms that the store has for the devices. */
#include "web/sight.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"

struct looking {
	struct sight *sight;
	const struct rooms *rooms;
	size_t cap;
	int err;
};

static void look_at(void *ctx, const struct device_record *d)
{
	struct looking *l = ctx;
	struct sight *s = l->sight;
	if (l->err || !rooms_have(l->rooms, d->area))
		return;
	if (s->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		void *bigger = realloc(s->devices, cap * sizeof *s->devices);
		if (!bigger) {
			l->err = ERR_NOMEM;
			return;
		}
		s->devices = bigger;
		l->cap = cap;
	}
	l->err = str_copy(s->devices[s->count++], sizeof *s->devices, d->id);
}

int sight_open(const struct web_services *sv, const struct request *rq, struct sight *sight_r)
{
	*sight_r = (struct sight){.all = rq->identity.rooms.all};
	if (sight_r->all)
		return 0;
	struct looking l = {.sight = sight_r, .rooms = &rq->identity.rooms};
	int err = store_device_each(sv->store, look_at, &l);
	return err ? err : l.err;
}

void sight_finish(struct sight *sight)
{
	free(sight->devices);
	*sight = (struct sight){0};
}

static int compare(const void *key, const void *device)
{
	return strcmp(key, device);
}

bool sight_sees(const struct sight *sight, const char *device)
{
	return sight->all || (sight->count && bsearch(device, sight->devices, sight->count, sizeof *sight->devices, compare));
}

int sight_series(const struct web_services *sv, const struct request *rq, int64_t id)
{
	struct series series;
	struct device_record device;
	if (rq->identity.rooms.all || store_series_get(sv->store, id, &series) != 0)
		return 0;
	if (!series.device[0])
		return ERR_NOT_FOUND;
	int err = store_device_get(sv->store, series.device, &device);
	if (!err && !rooms_have(&rq->identity.rooms, device.area))
		err = ERR_NOT_FOUND;
	device_record_finish(&device);
	return err;
}
