/* The messages that a client has received, handed from the library's thread to
 * the test's. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "paho.h"

struct letter {
	struct letter *next;
	struct note note;
};

struct inbox {
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct letter *first, **last; /* what has not been taken */
	bool ended;
	int reason;
};

void fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(1); /* the library's threads are under way: nothing is tidied up */
}

struct inbox *inbox_create(void)
{
	struct inbox *inbox = calloc(1, sizeof *inbox);
	CHECK(inbox);
	pthread_mutex_init(&inbox->lock, NULL);
	pthread_cond_init(&inbox->news, NULL);
	inbox->last = &inbox->first;
	return inbox;
}

void inbox_put(struct inbox *inbox, const char *topic, int topic_len, const struct note *note)
{
	struct letter *letter = calloc(1, sizeof *letter);
	CHECK(letter);
	letter->note = *note;
	char *name = topic_len ? strndup(topic, (size_t)topic_len) : strdup(topic);
	void *payload = malloc(note->len + 1);
	CHECK(name && payload);
	memcpy(payload, note->payload, note->len);
	((char *)payload)[note->len] = 0; /* texts can be compared as strings */
	letter->note.topic = name;
	letter->note.payload = payload;
	letter->note.props = MQTTProperties_copy(&note->props);
	pthread_mutex_lock(&inbox->lock);
	*inbox->last = letter;
	inbox->last = &letter->next;
	pthread_cond_signal(&inbox->news);
	pthread_mutex_unlock(&inbox->lock);
}

void inbox_end(struct inbox *inbox, int reason)
{
	pthread_mutex_lock(&inbox->lock);
	if (!inbox->ended)
		inbox->reason = reason;
	inbox->ended = true;
	pthread_cond_signal(&inbox->news);
	pthread_mutex_unlock(&inbox->lock);
}

static void wait_news(struct inbox *inbox, const char *what)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	if (pthread_cond_timedwait(&inbox->news, &inbox->lock, &until))
		fail("%s did not come in %d s", what, DEADLINE_S);
}

struct note inbox_next(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	while (!inbox->first)
		wait_news(inbox, "a message");
	struct letter *letter = inbox->first;
	inbox->first = letter->next;
	if (!inbox->first)
		inbox->last = &inbox->first;
	pthread_mutex_unlock(&inbox->lock);
	struct note note = letter->note;
	free(letter);
	return note;
}

int inbox_wait_end(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	while (!inbox->ended)
		wait_news(inbox, "the end of the connection");
	pthread_mutex_unlock(&inbox->lock);
	return inbox->reason;
}

void inbox_destroy(struct inbox *inbox)
{
	while (inbox->first) {
		struct letter *letter = inbox->first;
		inbox->first = letter->next;
		paho_note_finish(&letter->note);
		free(letter);
	}
	pthread_cond_destroy(&inbox->news);
	pthread_mutex_destroy(&inbox->lock);
	free(inbox);
}

void paho_note_finish(struct note *note)
{
	free((void *)note->topic);
	free((void *)note->payload);
	MQTTProperties_free(&note->props);
}
