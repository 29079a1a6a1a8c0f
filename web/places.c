/* Two maps. */
#include "web/places.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

struct placed_device {
	struct map_node node; /* in places.devices, key: id */
	char id[MODEL_ID_SIZE];
	char room[MODEL_NAME_SIZE];
};

struct placed_series {
	struct map_node node; /* in places.series, key: the bytes of id */
	int64_t id;
	char device[MODEL_ID_SIZE];
};

static struct span key_of(const int64_t *id)
{
	return span_of(id, sizeof *id);
}

static struct placed_device *find_device(const struct places *p, const char *id)
{
	struct map_node *node = map_get(&p->devices, span_str(id));
	return node ? container_of(node, struct placed_device, node) : NULL;
}

static struct placed_series *find_series(const struct places *p, int64_t id)
{
	struct map_node *node = map_get(&p->series, key_of(&id));
	return node ? container_of(node, struct placed_series, node) : NULL;
}

static void drop_device(struct places *p, struct placed_device *d)
{
	map_remove(&p->devices, &d->node);
	free(d);
}

static void drop_series(struct places *p, struct placed_series *s)
{
	map_remove(&p->series, &s->node);
	free(s);
}

void places_finish(struct places *p)
{
	struct map_node *node;
	while ((node = map_next(&p->devices, NULL)))
		drop_device(p, container_of(node, struct placed_device, node));
	while ((node = map_next(&p->series, NULL)))
		drop_series(p, container_of(node, struct placed_series, node));
	map_finish(&p->devices);
	map_finish(&p->series);
}

static int add_device(struct places *p, const char *id, const char *room)
{
	struct placed_device *d = calloc(1, sizeof *d);
	int err = d ? str_copy(d->id, sizeof d->id, id) : ERR_NOMEM;
	if (!err)
		err = str_copy(d->room, sizeof d->room, room);
	if (!err)
		err = map_put(&p->devices, &d->node, span_str(d->id));
	if (err)
		free(d);
	return err;
}

int places_put_device(struct places *p, const char *device, const char *room, char before_r[MODEL_NAME_SIZE])
{
	struct placed_device *d = find_device(p, device);
	before_r[0] = 0;
	if (d)
		(void)str_copy(before_r, MODEL_NAME_SIZE, d->room);
	if (d && room)
		return str_copy(d->room, sizeof d->room, room);
	if (d)
		drop_device(p, d);
	return room ? add_device(p, device, room) : 0;
}

int places_put_series(struct places *p, int64_t series, const char *device)
{
	struct placed_series *s = find_series(p, series);
	if (s && device)
		return str_copy(s->device, sizeof s->device, device);
	if (s)
		drop_series(p, s);
	if (!device)
		return 0;
	s = calloc(1, sizeof *s);
	int err = s ? str_copy(s->device, sizeof s->device, device) : ERR_NOMEM;
	if (!err) {
		s->id = series;
		err = map_put(&p->series, &s->node, key_of(&s->id));
	}
	if (err)
		free(s);
	return err;
}

bool places_sees_device(const struct places *p, const struct rooms *rooms, const char *device)
{
	if (rooms->all)
		return true;
	const struct placed_device *d = find_device(p, device);
	return d && rooms_have(rooms, d->room);
}

bool places_sees_series(const struct places *p, const struct rooms *rooms, int64_t series)
{
	const struct placed_series *s = find_series(p, series);
	return rooms->all || (s && places_sees_device(p, rooms, s->device));
}
