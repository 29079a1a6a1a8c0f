/* A store in memory with what the web uses of it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "db/store.h"

enum { MAX = 64 };

struct store {
	pthread_mutex_t lock;
	struct account accounts[MAX];
	int64_t account_count;
	struct web_session sessions[MAX];
	size_t session_count;
};

int store_open(const char *state_dir, struct store **store_r, char message_r[512])
{
	(void)state_dir;
	(void)message_r;
	*store_r = calloc(1, sizeof **store_r);
	pthread_mutex_init(&(*store_r)->lock, NULL);
	return 0;
}

void store_close(struct store **store)
{
	free(*store);
	*store = NULL;
}

static int done(const struct store_done *d, int err)
{
	if (!d)
		return err;
	d->fn(d->ctx, err);
	return 0;
}

int store_account_count(struct store *s, int64_t *count_r)
{
	pthread_mutex_lock(&s->lock);
	*count_r = s->account_count;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

int store_account_each(struct store *s, void (*each)(void *ctx, const struct account *a), void *ctx)
{
	for (int64_t i = 0; i < s->account_count; i++)
		each(ctx, &s->accounts[i]);
	return 0;
}

int store_account_by_name(struct store *s, const char *name, struct account *a_r)
{
	for (int64_t i = 0; i < s->account_count; i++)
		if (strcasecmp(s->accounts[i].name, name) == 0) {
			*a_r = s->accounts[i];
			return 0;
		}
	return ERR_NOT_FOUND;
}

int store_account_by_id(struct store *s, int64_t id, struct account *a_r)
{
	if (id < 1 || id > s->account_count)
		return ERR_NOT_FOUND;
	*a_r = s->accounts[id - 1];
	return 0;
}

int store_account_put(struct store *s, const struct account *a, bool first_only, int64_t *id_r)
{
	int err = 0;
	pthread_mutex_lock(&s->lock);
	if (first_only && s->account_count) {
		err = ERR_STATE;
	} else {
		int64_t id = a->id ? a->id : ++s->account_count;
		s->accounts[id - 1] = *a;
		s->accounts[id - 1].id = id;
		*id_r = id;
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}

int store_session_get(struct store *s, const uint8_t token_hash[32], struct web_session *w_r)
{
	int err = ERR_NOT_FOUND;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->session_count && err; i++)
		if (memcmp(s->sessions[i].token_hash, token_hash, 32) == 0) {
			*w_r = s->sessions[i];
			err = 0;
		}
	pthread_mutex_unlock(&s->lock);
	return err;
}

int store_session_put(struct store *s, const struct web_session *w, const struct store_done *d)
{
	pthread_mutex_lock(&s->lock);
	size_t i = 0;
	while (i < s->session_count && memcmp(s->sessions[i].token_hash, w->token_hash, 32) != 0)
		i++;
	s->sessions[i] = *w;
	if (i == s->session_count)
		s->session_count++;
	pthread_mutex_unlock(&s->lock);
	return done(d, 0);
}

int store_session_remove(struct store *s, const uint8_t token_hash[32], const struct store_done *d)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->session_count; i++)
		if (memcmp(s->sessions[i].token_hash, token_hash, 32) == 0)
			s->sessions[i] = s->sessions[--s->session_count];
	pthread_mutex_unlock(&s->lock);
	return done(d, 0);
}

int store_session_purge(struct store *s, int64_t account, const uint8_t *keep, struct wall_ms before,
			const struct store_done *d)
{
	(void)before;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; account && i < s->session_count;)
		if (s->sessions[i].account == account && !(keep && memcmp(s->sessions[i].token_hash, keep, 32) == 0))
			s->sessions[i] = s->sessions[--s->session_count];
		else
			i++;
	pthread_mutex_unlock(&s->lock);
	return done(d, 0);
}

int store_audit(struct store *s, const char *who, const char *event, const char *detail, const struct store_done *d)
{
	(void)s;
	(void)who;
	(void)event;
	(void)detail;
	return done(d, 0);
}

int store_alert_each(struct store *s, int64_t before, size_t limit, void (*each)(void *ctx, const struct alert *a),
		     void *ctx)
{
	(void)s;
	(void)before;
	(void)limit;
	struct alert a = {.id = 1, .device = "lamp", .kind = "offline", .text = "Lamp is offline", .opened_at = {5}};
	each(ctx, &a);
	return 0;
}

int store_series_put(struct store *s, const struct series *series, const struct store_done *d)
{
	(void)s;
	(void)series;
	return done(d, 0);
}

int store_append(struct store *s, const struct sample *samples, size_t count, const struct store_done *d)
{
	(void)s;
	(void)samples;
	(void)count;
	return done(d, 0);
}

int store_points(struct store *s, const struct points_query *q, struct point *points_r, size_t *count_r, bool *raw_r)
{
	(void)s;
	if (q->series != 1)
		return ERR_NOT_FOUND;
	points_r[0] = (struct point){{1000}, 21.5, 21.5, 21.5, 1};
	*count_r = 1;
	*raw_r = true;
	return 0;
}

void store_stats_get(struct store *s, struct store_stats *stats_r)
{
	(void)s;
	*stats_r = (struct store_stats){0};
}
