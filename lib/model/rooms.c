/* Sets of rooms, as one text: they are few, read with every request, and copied with whoever they belong to. */
#include "model/rooms.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

bool rooms_next(const struct rooms *rooms, const char **at, struct span *room_r)
{
	const char *name = *at ? *at : rooms->names, *end = strchr(name, '\n');
	if (!end)
		return false;
	*room_r = span_of(name, (size_t)(end - name));
	*at = end + 1;
	return true;
}

static bool lists(const struct rooms *rooms, struct span room)
{
	const char *at = NULL;
	struct span name;
	while (rooms_next(rooms, &at, &name))
		if (span_equal(name, room))
			return true;
	return false;
}

bool rooms_have(const struct rooms *rooms, const char *room)
{
	return !rooms || rooms->all || (room[0] && lists(rooms, span_str(room)));
}

static bool is_name(struct span room)
{
	if (room.len == 0 || room.len >= MODEL_NAME_SIZE || !str_utf8_valid(room))
		return false;
	for (size_t i = 0; i < room.len; i++)
		if (room.data[i] < 0x20 || room.data[i] == 0x7f)
			return false;
	return true;
}

int rooms_add(struct rooms *rooms, struct span room)
{
	if (!is_name(room))
		return ERR_INVALID;
	if (lists(rooms, room))
		return 0;
	size_t used = strlen(rooms->names);
	if (used + room.len + 1 >= sizeof rooms->names)
		return ERR_TOO_LARGE;
	memcpy(rooms->names + used, room.data, room.len);
	memcpy(rooms->names + used + room.len, "\n", 2);
	return 0;
}
