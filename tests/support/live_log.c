/* The remembering live port. */
#include "support/live_log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX = 4096 };

struct live_log {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const char *names[MAX];
	char *jsons[MAX];
	size_t count;
};

static void on_event(void *ctx, const char *name, const char *device, char *json)
{
	(void)device;
	struct live_log *log = ctx;
	pthread_mutex_lock(&log->lock);
	if (log->count < MAX) {
		log->names[log->count] = name;
		log->jsons[log->count++] = json;
	} else {
		free(json);
	}
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
}

static void on_place(void *ctx, const char *device, const char *room)
{
	char text[256];
	snprintf(text, sizeof text, "%s: %s", device, room ? room : "gone");
	on_event(ctx, "(place)", NULL, strdup(text));
}

static void on_series(void *ctx, int64_t series, const char *device)
{
	char text[256];
	snprintf(text, sizeof text, "%lld: %s", (long long)series, device ? device : "gone");
	on_event(ctx, "(series)", NULL, strdup(text));
}

struct live_log *live_log_create(void)
{
	struct live_log *log = calloc(1, sizeof *log);
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->changed, NULL);
	return log;
}

void live_log_destroy(struct live_log **log)
{
	live_log_clear(*log);
	free(*log);
	*log = NULL;
}

struct live_port live_log_port(struct live_log *log)
{
	return (struct live_port){.post = on_event, .place = on_place, .series = on_series, .ctx = log};
}

static size_t count(const struct live_log *log, const char *name, const char *text)
{
	size_t n = 0;
	for (size_t i = 0; i < log->count; i++)
		n += (!name || strcmp(log->names[i], name) == 0) && strstr(log->jsons[i], text);
	return n;
}

size_t live_log_count(struct live_log *log, const char *name, const char *text)
{
	pthread_mutex_lock(&log->lock);
	size_t n = count(log, name, text);
	pthread_mutex_unlock(&log->lock);
	return n;
}

bool live_log_wait(struct live_log *log, const char *name, const char *text)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&log->lock);
	int err = 0;
	while (count(log, name, text) == 0 && err == 0)
		err = pthread_cond_timedwait(&log->changed, &log->lock, &until);
	bool found = count(log, name, text) > 0;
	pthread_mutex_unlock(&log->lock);
	return found;
}

char *live_log_newest(struct live_log *log, const char *name)
{
	char *copy = NULL;
	pthread_mutex_lock(&log->lock);
	for (size_t i = log->count; i-- > 0 && !copy;)
		if (strcmp(log->names[i], name) == 0)
			copy = strdup(log->jsons[i]);
	pthread_mutex_unlock(&log->lock);
	return copy;
}

void live_log_clear(struct live_log *log)
{
	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < log->count; i++)
		free(log->jsons[i]);
	log->count = 0;
	pthread_mutex_unlock(&log->lock);
}
