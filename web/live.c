/* The ring of live events. Any thread posts and reads under one lock, held for
 * a copy's time. An event is formatted once, when it is posted, and streams
 * copy the bytes. Knows nothing of HTTP. */
#include "web/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "thread/thread.h"
#include "web/live_points.h"
#include "web/places.h"

/* Whom an event is for. */
enum audience {
	FOR_ALL,
	FOR_HOUSE,   /* those who see all of it */
	FOR_DEVICE,  /* and those who see the device */
	FOR_SERIES,  /* the same for each of its points */
	FOR_LEFT,    /* those who saw the room that the device has left, and do not see the one where it is now */
	FOR_ACCOUNT,
};

struct event {
	char *text; /* owned: "id: …\nevent: …\ndata: …\n\n" */
	size_t len;
	enum audience audience;
	int64_t account;
	const char *device, *room; /* in text, behind its end */
};

struct live {
	char boot[9];
	void (*wake)(void *ctx);
	void *wake_ctx;
	struct lock lock; /* guards what follows */
	struct event ring[LIVE_EVENTS_MAX]; /* event n lies at n % LIVE_EVENTS_MAX */
	uint64_t oldest, newest;            /* numbers in the ring; oldest > newest: empty */
	size_t bytes;                       /* of all texts in the ring */
	bool told;                          /* wake was called and nobody has read since */
	struct places places;
};

int live_create(struct live **live_r)
{
	struct live *live = calloc(1, sizeof *live);
	if (!live)
		return ERR_NOMEM;
	uint8_t boot[4];
	rand_bytes(boot, sizeof boot);
	str_to_hex(live->boot, boot, sizeof boot);
	lock_init(&live->lock, "live");
	live->oldest = 1;
	*live_r = live;
	return 0;
}

static void drop_oldest(struct live *live)
{
	struct event *event = &live->ring[live->oldest++ % LIVE_EVENTS_MAX];
	live->bytes -= event->len;
	free(event->text);
	*event = (struct event){0};
}

void live_destroy(struct live **live)
{
	struct live *l = *live;
	if (!l)
		return;
	while (l->oldest <= l->newest)
		drop_oldest(l);
	places_finish(&l->places);
	lock_finish(&l->lock);
	free(l);
	*live = NULL;
}

void live_on_event(struct live *live, void (*wake)(void *ctx), void *ctx)
{
	live->wake = wake;
	live->wake_ctx = ctx;
}

/* What is posted. */
struct news {
	const char *name, *json;
	enum audience audience;
	int64_t account;
	const char *device, *room; /* NULL: "" */
};

/* With the lock held. */
static int format(struct live *live, const struct news *news, struct event *event_r)
{
	struct buf text = {0};
	const char *device = news->device ? news->device : "", *room = news->room ? news->room : "";
	int err = buf_printf(&text, "id: %s-%llu\nevent: %s\ndata: %s\n\n", live->boot,
			     (unsigned long long)live->newest + 1, news->name, news->json);
	size_t len = text.len;
	if (!err)
		err = buf_append(&text, device, strlen(device) + 1);
	if (!err)
		err = buf_append(&text, room, strlen(room) + 1);
	if (err) {
		buf_finish(&text);
		return err;
	}
	const char *behind = (const char *)text.data + len;
	*event_r = (struct event){(char *)text.data, len, news->audience, news->account, behind, behind + strlen(device) + 1};
	return 0;
}

static void push(struct live *live, const struct news *news)
{
	struct event event;
	if (format(live, news, &event)) {
		log_error("web", "out of memory: a live event is lost");
		return;
	}
	while (live->oldest <= live->newest &&
	       (live->newest - live->oldest + 1 >= LIVE_EVENTS_MAX || live->bytes + event.len > LIVE_BYTES_MAX))
		drop_oldest(live);
	live->newest++;
	live->bytes += event.len;
	live->ring[live->newest % LIVE_EVENTS_MAX] = event;
}

/* Ends what began with taking the lock, and tells who sends if that is due. */
static void pushed(struct live *live)
{
	bool tell = !live->told;
	live->told = true;
	lock_release(&live->lock);
	if (tell && live->wake)
		live->wake(live->wake_ctx);
}

static void post(void *ctx, const char *name, const char *device, char *json)
{
	struct live *live = ctx;
	size_t len = strlen(json);
	for (size_t i = 0; i < len; i++) /* a line end would end the event early */
		if (json[i] == '\n' || json[i] == '\r')
			json[i] = ' ';
	struct news news = {.name = name, .json = json, .device = device, .audience = device && device[0] ? FOR_DEVICE : FOR_HOUSE};
	if (strcmp(name, "points") == 0)
		news.audience = FOR_SERIES;
	else if (strcmp(name, "groups") == 0 || strcmp(name, "scenes") == 0)
		news.audience = FOR_ALL; /* it says nothing but that something changed */
	if (len > LIVE_EVENT_BYTES_MAX)
		news = (struct news){.name = "reset", .json = "{}"};
	lock_take(&live->lock);
	push(live, &news);
	pushed(live);
	free(json);
}

/* Device ids need no escaping in JSON (str_id_valid). */
static void place(void *ctx, const char *device, const char *room)
{
	struct live *live = ctx;
	char before[MODEL_NAME_SIZE], json[MODEL_ID_SIZE + 16];
	lock_take(&live->lock);
	if (places_put_device(&live->places, device, room, before))
		log_error("web", "out of memory: guests do not see device %s until the hub starts again", device);
	if (before[0] && (!room || strcmp(room, before) != 0) && str_format(json, sizeof json, "{\"id\":\"%s\"}", device) == 0)
		push(live, &(struct news){.name = "gone", .json = json, .audience = FOR_LEFT, .device = device, .room = before});
	pushed(live);
}

static void series(void *ctx, int64_t id, const char *device)
{
	struct live *live = ctx;
	lock_take(&live->lock);
	if (places_put_series(&live->places, id, device))
		log_error("web", "out of memory: guests see no points of series %lld until the hub starts again", (long long)id);
	lock_release(&live->lock);
}

void live_tell(struct live *live, int64_t account, const char *name, const char *json)
{
	lock_take(&live->lock);
	push(live, &(struct news){.name = name, .json = json, .audience = FOR_ACCOUNT, .account = account});
	pushed(live);
}

void live_reset(struct live *live, int64_t account)
{
	live_tell(live, account, "reset", "{}");
}

struct live_port live_port(struct live *live)
{
	return (struct live_port){.post = post, .place = place, .series = series, .ctx = live};
}

uint64_t live_newest(struct live *live)
{
	lock_take(&live->lock);
	uint64_t newest = live->newest;
	lock_release(&live->lock);
	return newest;
}

void live_cursor(struct live *live, char text_r[LIVE_ID_SIZE])
{
	str_format(text_r, LIVE_ID_SIZE, "%s-%llu", live->boot, (unsigned long long)live_newest(live));
}

int live_parse(struct live *live, const char *id, uint64_t *cursor_r)
{
	size_t boot_len = strlen(live->boot);
	int64_t number;
	if (strncmp(id, live->boot, boot_len) != 0 || id[boot_len] != '-' ||
	    str_to_int(id + boot_len + 1, 0, INT64_MAX, &number))
		return ERR_NOT_FOUND;
	lock_take(&live->lock);
	bool here = (uint64_t)number <= live->newest && (uint64_t)number + 1 >= live->oldest;
	lock_release(&live->lock);
	*cursor_r = (uint64_t)number;
	return here ? 0 : ERR_NOT_FOUND;
}

int live_append_reset(struct live *live, uint64_t cursor, struct buf *out)
{
	return buf_printf(out, "id: %s-%llu\nevent: reset\ndata: {}\n\n", live->boot, (unsigned long long)cursor);
}

int live_append_beat(struct live *live, uint64_t cursor, struct buf *out)
{
	return buf_printf(out, "id: %s-%llu\n: beat\n\n", live->boot, (unsigned long long)cursor);
}

/* Whether the event is for the reader, as it is or in parts. */
static bool is_for(const struct live *live, const struct event *event, const struct live_reader *reader)
{
	switch (event->audience) {
	case FOR_HOUSE:
		return reader->rooms->all;
	case FOR_DEVICE:
		return places_sees_device(&live->places, reader->rooms, event->device);
	case FOR_LEFT:
		return rooms_have(reader->rooms, event->room) && !places_sees_device(&live->places, reader->rooms, event->device);
	case FOR_ACCOUNT:
		return event->account == reader->account;
	case FOR_ALL:
	case FOR_SERIES:
		break;
	}
	return true;
}

static int append_event(const struct live *live, const struct event *event, const struct live_reader *reader, struct buf *out)
{
	if (!is_for(live, event, reader))
		return 0;
	if (event->audience == FOR_SERIES && !reader->rooms->all)
		return live_append_points(span_of(event->text, event->len), &live->places, reader->rooms, out);
	return buf_append(out, event->text, event->len);
}

int live_read(struct live *live, const struct live_reader *reader, uint64_t *cursor, size_t max, struct buf *out)
{
	int err = 0;
	lock_take(&live->lock);
	live->told = false;
	if (*cursor + 1 < live->oldest) {
		*cursor = live->newest;
		err = live_append_reset(live, *cursor, out);
	}
	while (!err && *cursor < live->newest) {
		const struct event *event = &live->ring[(*cursor + 1) % LIVE_EVENTS_MAX];
		if (out->len && out->len + event->len > max)
			break;
		err = append_event(live, event, reader, out);
		if (!err)
			++*cursor;
	}
	lock_release(&live->lock);
	return err;
}
