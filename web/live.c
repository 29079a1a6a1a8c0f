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

struct event {
	char *text; /* owned: "id: …\nevent: …\ndata: …\n\n" */
	size_t len;
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
	lock_finish(&l->lock);
	free(l);
	*live = NULL;
}

void live_on_event(struct live *live, void (*wake)(void *ctx), void *ctx)
{
	live->wake = wake;
	live->wake_ctx = ctx;
}

/* With the lock held. */
static int format(struct live *live, const char *name, const char *json, struct event *event_r)
{
	struct buf text = {0};
	int err = buf_printf(&text, "id: %s-%llu\nevent: %s\ndata: %s\n\n", live->boot,
			     (unsigned long long)live->newest + 1, name, json);
	if (err)
		return err;
	*event_r = (struct event){(char *)text.data, text.len};
	return 0;
}

static void push(struct live *live, const char *name, const char *json)
{
	struct event event;
	if (format(live, name, json, &event)) {
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

static void post(void *ctx, const char *name, char *json)
{
	struct live *live = ctx;
	size_t len = strlen(json);
	for (size_t i = 0; i < len; i++) /* a line end would end the event early */
		if (json[i] == '\n' || json[i] == '\r')
			json[i] = ' ';
	lock_take(&live->lock);
	if (len > LIVE_EVENT_BYTES_MAX)
		push(live, "reset", "{}");
	else
		push(live, name, json);
	bool tell = !live->told;
	live->told = true;
	lock_release(&live->lock);
	free(json);
	if (tell && live->wake)
		live->wake(live->wake_ctx);
}

struct live_port live_port(struct live *live)
{
	return (struct live_port){post, live};
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

int live_read(struct live *live, uint64_t *cursor, size_t max, struct buf *out)
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
		err = buf_append(out, event->text, event->len);
		if (!err)
			++*cursor;
	}
	lock_release(&live->lock);
	return err;
}
