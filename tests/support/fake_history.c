/* The store's history in memory. */
#include "support/fake_history.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { SERIES = 64, WORDS = 64, SAMPLES = 400000 };

struct answer {
	struct answer *next;
	struct store_done done;
	int err;
};

struct store {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t writer;
	struct answer *first, **last;
	bool closing, held;
	unsigned waiting, most_waiting, appends, full_every;
	int err;
	struct series series[SERIES];
	size_t series_count;
	char words[WORDS][STORE_WORD_MAX + 1];
	size_t word_count;
	struct sample *samples;
	size_t count;
};

static void *answer_all(void *arg)
{
	struct store *s = arg;
	pthread_mutex_lock(&s->lock);
	while (!s->closing || s->first) {
		struct answer *a = s->first;
		if (!a || s->held) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		s->first = a->next;
		if (!s->first)
			s->last = &s->first;
		s->waiting--;
		pthread_mutex_unlock(&s->lock);
		a->done.fn(a->done.ctx, a->err);
		free(a);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct store *fake_history_create(void)
{
	struct store *s = calloc(1, sizeof *s);
	s->samples = calloc(SAMPLES, sizeof *s->samples);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->last = &s->first;
	pthread_create(&s->writer, NULL, answer_all, s);
	return s;
}

void fake_history_destroy(struct store **s)
{
	pthread_mutex_lock(&(*s)->lock);
	(*s)->closing = true;
	(*s)->held = false;
	pthread_cond_broadcast(&(*s)->changed);
	pthread_mutex_unlock(&(*s)->lock);
	pthread_join((*s)->writer, NULL);
	free((*s)->samples);
	free(*s);
	*s = NULL;
}

/* Sets a field with the lock held. */
#define LOCKED(s, statement) \
	do { \
		pthread_mutex_lock(&(s)->lock); \
		statement; \
		pthread_cond_broadcast(&(s)->changed); \
		pthread_mutex_unlock(&(s)->lock); \
	} while (0)

void fake_history_full(struct store *s, unsigned every)
{
	LOCKED(s, s->full_every = every);
}

void fake_history_fail(struct store *s, int err)
{
	LOCKED(s, s->err = err);
}

void fake_history_hold(struct store *s, bool held)
{
	LOCKED(s, s->held = held);
}

size_t fake_history_count(struct store *s)
{
	size_t count;
	LOCKED(s, count = s->count);
	return count;
}

unsigned fake_history_most_waiting(struct store *s)
{
	unsigned most;
	LOCKED(s, most = s->most_waiting);
	return most;
}

int store_series_each(struct store *s, void (*each)(void *ctx, const struct series *series), void *ctx)
{
	for (size_t i = 0; i < s->series_count; i++)
		each(ctx, &s->series[i]);
	return 0;
}

int store_series_get(struct store *s, int64_t id, struct series *series_r)
{
	if (id < 1 || (size_t)id > s->series_count)
		return ERR_NOT_FOUND;
	*series_r = s->series[id - 1];
	return 0;
}

int store_series_put(struct store *s, const struct series *series, const struct store_done *done)
{
	(void)done;
	if ((size_t)series->id != s->series_count + 1 || s->series_count == SERIES)
		return ERR_INVALID;
	s->series[s->series_count++] = *series;
	return 0;
}

int store_append(struct store *s, const struct sample *samples, size_t count, const struct store_done *done)
{
	int err = 0;
	pthread_mutex_lock(&s->lock);
	s->appends++;
	if ((s->full_every && s->appends % s->full_every == 0) || s->count + count > SAMPLES)
		err = ERR_FULL;
	if (!err && !s->err) {
		memcpy(s->samples + s->count, samples, count * sizeof *samples);
		s->count += count;
	}
	if (!err) {
		struct answer *a = calloc(1, sizeof *a);
		*a = (struct answer){.done = *done, .err = s->err};
		*s->last = a;
		s->last = &a->next;
		if (++s->waiting > s->most_waiting)
			s->most_waiting = s->waiting;
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}

int store_word_code(struct store *s, int64_t series, struct span text, double *code_r)
{
	(void)series;
	size_t i = 0;
	while (i < s->word_count && !span_is(text, s->words[i]))
		i++;
	if (i == WORDS)
		return ERR_AGAIN;
	if (i == s->word_count)
		memcpy(s->words[s->word_count++], text.data, text.len);
	*code_r = (double)i;
	return 0;
}

int store_word_text(struct store *s, int64_t series, double code, char *text_r)
{
	(void)series;
	if (code < 0 || code >= (double)s->word_count)
		return ERR_NOT_FOUND;
	memcpy(text_r, s->words[(size_t)code], STORE_WORD_MAX + 1);
	return 0;
}

/* In the order of appending: tests append in order of time. */
int store_scan(struct store *s, const struct scan_query *q)
{
	int err = 0;
	for (size_t i = 0; i < s->count && !err; i++)
		if (s->samples[i].series == q->series && s->samples[i].at.ms >= q->from.ms && s->samples[i].at.ms < q->to.ms)
			err = q->each(q->ctx, &s->samples[i], 1);
	return err;
}
