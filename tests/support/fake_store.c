/* The store in memory. Writes are applied at once under a lock; a thread of its own calls
 * the dones in order. */
#include "support/fake_store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { MAX = 8192, SERIES_MAX = 1024, WORDS_MAX = 256, RULES_MAX = 128, BUNDLES_KEPT = 256 };

struct word {
	int64_t series;
	char text[STORE_WORD_MAX + 1];
};

struct pending {
	struct pending *next;
	struct store_done done;
	int err;
};

struct part {
	char device[MODEL_ID_SIZE], *topic, *payload;
};

struct store {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t writer;
	struct pending *first, **last;
	bool busy, closing, refuse;
	bool held;           /* answers wait */
	const char *erasing; /* whose traces are being erased */
	int err;
	unsigned bad_append; /* counts down to the one that fails with append_err; 0: none */
	int append_err;
	struct device_record devices[64];
	size_t device_count;
	struct part parts[512];
	size_t part_count;
	struct series series[SERIES_MAX];
	size_t series_count;
	struct alert alerts[256];
	size_t alert_count;
	struct command_record commands[256];
	size_t command_count;
	struct sample samples[MAX];
	size_t sample_count;
	struct word words[WORDS_MAX]; /* a word's code is its place */
	size_t word_count;
	struct record_rule rules[RULES_MAX]; /* in order of id */
	size_t rule_count;
	struct {
		struct reported_record record;
		char state[1024];
	} reported[64];
	size_t reported_count, reported_writes;
	struct entity_class classes[16];
	size_t class_count;
	struct bundle_record bundles[BUNDLES_KEPT]; /* owned; in order of id */
	size_t bundle_count;
	int64_t last_bundle;
};

static void *write_out(void *arg)
{
	struct store *s = arg;
	pthread_mutex_lock(&s->lock);
	while (!s->closing || s->first) {
		struct pending *p = s->first;
		if (!p || (s->held && !s->closing)) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		s->first = p->next;
		if (!s->first)
			s->last = &s->first;
		s->busy = true;
		pthread_mutex_unlock(&s->lock);
		p->done.fn(p->done.ctx, p->err);
		free(p);
		pthread_mutex_lock(&s->lock);
		s->busy = false;
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct store *fake_store_create(void)
{
	struct store *s = calloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->last = &s->first;
	pthread_create(&s->writer, NULL, write_out, s);
	return s;
}

void fake_store_settle(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->first || s->busy)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void fake_store_destroy(struct store **store)
{
	struct store *s = *store;
	*store = NULL;
	pthread_mutex_lock(&s->lock);
	s->closing = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->writer, NULL);
	for (size_t i = 0; i < s->device_count; i++)
		free(s->devices[i].discovery);
	for (size_t i = 0; i < s->bundle_count; i++)
		bundle_record_finish(&s->bundles[i]);
	for (size_t i = 0; i < s->part_count; i++) {
		free(s->parts[i].topic);
		free(s->parts[i].payload);
	}
	free(s);
}

void fake_store_fail(struct store *s, int err, bool refuse)
{
	pthread_mutex_lock(&s->lock);
	s->err = err;
	s->refuse = refuse;
	pthread_mutex_unlock(&s->lock);
}

void fake_store_hold(struct store *s, bool hold)
{
	pthread_mutex_lock(&s->lock);
	s->held = hold;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void fake_store_await_held(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	while (!s->first)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void fake_store_erasing(struct store *s, const char *id)
{
	pthread_mutex_lock(&s->lock);
	s->erasing = id;
	pthread_mutex_unlock(&s->lock);
}

int store_erasure_find(struct store *s, const char *id)
{
	pthread_mutex_lock(&s->lock);
	bool found = s->erasing && strcmp(s->erasing, id) == 0;
	pthread_mutex_unlock(&s->lock);
	return found ? 0 : ERR_NOT_FOUND;
}

void fake_store_fail_append(struct store *s, unsigned nth, int err)
{
	pthread_mutex_lock(&s->lock);
	s->bad_append = nth;
	s->append_err = err;
	pthread_mutex_unlock(&s->lock);
}

/* Ends a write: with the lock held, releases it. */
static int finish(struct store *s, int err, const struct store_done *done)
{
	if (done) {
		struct pending *p = calloc(1, sizeof *p);
		*p = (struct pending){.done = *done, .err = err};
		*s->last = p;
		s->last = &p->next;
		pthread_cond_broadcast(&s->changed);
		err = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}

static struct device_record *find_device(struct store *s, const char *id)
{
	for (size_t i = 0; i < s->device_count; i++)
		if (strcmp(s->devices[i].id, id) == 0)
			return &s->devices[i];
	return NULL;
}

int store_device_put(struct store *s, const struct device_record *d, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *old = find_device(s, d->id);
	char *discovery = old ? old->discovery : NULL;
	if (!old)
		old = &s->devices[s->device_count++];
	*old = *d;
	old->discovery = d->discovery ? strdup(d->discovery) : discovery;
	return finish(s, s->err, done);
}

static void change_text(char *dst, size_t size, const char *src)
{
	if (src) {
		memset(dst, 0, size);
		memcpy(dst, src, strlen(src) + 1);
	}
}

int store_device_change(struct store *s, const char *id, const struct device_change *c, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *d = find_device(s, id);
	if (!d)
		return finish(s, ERR_NOT_FOUND, done);
	if (s->err)
		return finish(s, s->err, done);
	change_text(d->name, sizeof d->name, c->name);
	change_text(d->area, sizeof d->area, c->area);
	change_text(d->model, sizeof d->model, c->model);
	change_text(d->manufacturer, sizeof d->manufacturer, c->manufacturer);
	change_text(d->sw_version, sizeof d->sw_version, c->sw_version);
	if (c->discovery) {
		free(d->discovery);
		d->discovery = strdup(c->discovery);
	}
	d->online = c->online ? *c->online : d->online;
	d->lost = c->lost ? *c->lost : d->lost;
	d->revoked = c->revoked ? *c->revoked : d->revoked;
	d->last_seen_at = c->last_seen_at ? *c->last_seen_at : d->last_seen_at;
	d->changed_at = c->changed_at ? *c->changed_at : d->changed_at;
	d->parting = c->parting ? *c->parting : d->parting;
	return finish(s, 0, done);
}

int store_device_disown(struct store *s, const char *id, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *d = find_device(s, id);
	if (d && s->err == 0) {
		memset(d->identity, 0, sizeof d->identity);
		memset(d->token_hash, 0xff, sizeof d->token_hash);
	}
	return finish(s, d ? s->err : ERR_NOT_FOUND, done);
}

int store_device_erase(struct store *s, const char *id, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *d = find_device(s, id);
	if (!d || s->err)
		return finish(s, d ? s->err : ERR_NOT_FOUND, done);
	free(d->discovery);
	*d = s->devices[--s->device_count];
	return finish(s, s->erasing && strcmp(s->erasing, id) == 0 ? ERR_BUSY : 0, done);
}

int store_device_get(struct store *s, const char *id, struct device_record *d_r)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *d = find_device(s, id);
	if (d) {
		*d_r = *d;
		d_r->discovery = d->discovery ? strdup(d->discovery) : NULL;
	}
	pthread_mutex_unlock(&s->lock);
	return d ? 0 : ERR_NOT_FOUND;
}

void device_record_finish(struct device_record *d)
{
	free(d->discovery);
	d->discovery = NULL;
}

int store_device_each(struct store *s, void (*each)(void *ctx, const struct device_record *d), void *ctx)
{
	struct device_record copies[64];
	pthread_mutex_lock(&s->lock);
	size_t count = s->device_count;
	memcpy(copies, s->devices, count * sizeof *copies);
	for (size_t i = 0; i < count; i++)
		copies[i].discovery = copies[i].discovery ? strdup(copies[i].discovery) : NULL;
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < count; i++) {
		each(ctx, &copies[i]);
		device_record_finish(&copies[i]);
	}
	return 0;
}

int store_series_each(struct store *s, void (*each)(void *ctx, const struct series *series), void *ctx)
{
	for (size_t i = 0; i < s->series_count; i++)
		each(ctx, &s->series[i]);
	return 0;
}

static struct series *find_series(struct store *s, int64_t id)
{
	for (size_t i = 0; i < s->series_count; i++)
		if (s->series[i].id == id)
			return &s->series[i];
	return NULL;
}

int store_series_put(struct store *s, const struct series *series, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct series *old = find_series(s, series->id);
	if (!s->err && !old && s->series_count < SERIES_MAX)
		old = &s->series[s->series_count++];
	if (!s->err && old)
		*old = *series;
	return finish(s, s->err, done);
}

int store_series_erase(struct store *s, int64_t id, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct series *series = find_series(s, id);
	if (!series || s->err)
		return finish(s, series ? s->err : ERR_NOT_FOUND, done);
	memmove(series, series + 1, (size_t)(&s->series[--s->series_count] - series) * sizeof *series);
	return finish(s, 0, done);
}

int store_series_get(struct store *s, int64_t id, struct series *series_r)
{
	pthread_mutex_lock(&s->lock);
	const struct series *known = find_series(s, id);
	if (known)
		*series_r = *known;
	pthread_mutex_unlock(&s->lock);
	return known ? 0 : ERR_NOT_FOUND;
}

int store_latest(struct store *s, int64_t series, struct sample *sample_r)
{
	int err = ERR_NOT_FOUND;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->sample_count; i++)
		if (s->samples[i].series == series && (err || s->samples[i].at.ms >= sample_r->at.ms)) {
			*sample_r = s->samples[i];
			err = 0;
		}
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* In order of id, not of noise; every sample counts as one of today. */
size_t store_noisiest(struct store *s, struct series_noise *noise_r, size_t max)
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->series_count < max ? s->series_count : max;
	for (size_t i = 0; i < count; i++) {
		noise_r[i] = (struct series_noise){.series = s->series[i].id};
		for (size_t k = 0; k < s->sample_count; k++)
			noise_r[i].samples += s->samples[k].series == s->series[i].id;
	}
	pthread_mutex_unlock(&s->lock);
	return count;
}

int store_audit(struct store *s, const char *who, const char *event, const char *detail, const struct store_done *done)
{
	(void)who;
	(void)event;
	(void)detail;
	pthread_mutex_lock(&s->lock);
	return finish(s, s->err, done);
}

int store_word_code(struct store *s, int64_t series, struct span text, double *code_r)
{
	pthread_mutex_lock(&s->lock);
	size_t i = 0;
	while (i < s->word_count && (s->words[i].series != series || !span_is(text, s->words[i].text)))
		i++;
	int err = find_series(s, series) ? 0 : ERR_NOT_FOUND;
	if (!err && (i == WORDS_MAX || text.len > STORE_WORD_MAX))
		err = text.len > STORE_WORD_MAX ? ERR_TOO_LARGE : ERR_AGAIN;
	if (!err && i == s->word_count) {
		s->words[s->word_count++].series = series;
		memcpy(s->words[i].text, text.data, text.len);
	}
	*code_r = (double)i;
	pthread_mutex_unlock(&s->lock);
	return err;
}

int store_word_text(struct store *s, int64_t series, double code, char *text_r)
{
	pthread_mutex_lock(&s->lock);
	size_t i = (size_t)code;
	bool known = i < s->word_count && s->words[i].series == series;
	if (known)
		memcpy(text_r, s->words[i].text, sizeof s->words[i].text);
	pthread_mutex_unlock(&s->lock);
	return known ? 0 : ERR_NOT_FOUND;
}

int store_rule_each(struct store *s, void (*each)(void *ctx, const struct record_rule *rule), void *ctx)
{
	for (size_t i = 0; i < s->rule_count; i++)
		each(ctx, &s->rules[i]);
	return 0;
}

int store_rule_put(struct store *s, const struct record_rule *rule, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t i = 0;
	while (i < s->rule_count && s->rules[i].id != rule->id)
		i++;
	if (!s->err && i < RULES_MAX) {
		s->rules[i] = *rule;
		s->rule_count += i == s->rule_count;
	}
	return finish(s, s->err, done);
}

int store_rule_remove(struct store *s, int64_t id, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t kept = 0;
	for (size_t i = 0; i < s->rule_count; i++)
		if (s->err || s->rules[i].id != id)
			s->rules[kept++] = s->rules[i];
	s->rule_count = kept;
	return finish(s, s->err, done);
}

int store_entity_class_each(struct store *s, void (*each)(void *ctx, const struct entity_class *c), void *ctx)
{
	for (size_t i = 0; i < s->class_count; i++)
		each(ctx, &s->classes[i]);
	return 0;
}

int store_entity_class_put(struct store *s, const struct entity_class *c, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t kept = 0;
	for (size_t i = 0; i < s->class_count; i++)
		if (s->err || strcmp(s->classes[i].device, c->device) != 0 || strcmp(s->classes[i].entity, c->entity) != 0)
			s->classes[kept++] = s->classes[i];
	if (!s->err && c->class[0])
		s->classes[kept++] = *c;
	s->class_count = kept;
	return finish(s, s->err, done);
}

int store_reported_each(struct store *s, void (*each)(void *ctx, const struct reported_record *r), void *ctx)
{
	for (size_t i = 0; i < s->reported_count; i++)
		each(ctx, &s->reported[i].record);
	return 0;
}

static size_t find_reported(struct store *s, const char *device, const char *entity)
{
	size_t i = 0;
	while (i < s->reported_count &&
	       (strcmp(s->reported[i].record.device, device) != 0 || strcmp(s->reported[i].record.entity, entity) != 0))
		i++;
	return i;
}

/* A removed one stays as an empty text: each is called while others are removed. */
int store_reported_put(struct store *s, const struct reported_record *records, size_t count, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	s->reported_writes++;
	for (size_t k = 0; k < count && !s->err; k++) {
		size_t i = find_reported(s, records[k].device, records[k].entity);
		s->reported_count += i == s->reported_count;
		s->reported[i].record = records[k];
		s->reported[i].record.state = s->reported[i].state;
		strncpy(s->reported[i].state, records[k].state ? records[k].state : "", sizeof s->reported[i].state - 1);
	}
	return finish(s, s->err, done);
}

const char *fake_store_reported(struct store *s, const char *device, const char *entity, int64_t *at_ms_r)
{
	pthread_mutex_lock(&s->lock);
	size_t i = find_reported(s, device, entity);
	bool there = i < s->reported_count;
	*at_ms_r = there ? s->reported[i].record.at.ms : 0;
	pthread_mutex_unlock(&s->lock);
	return there ? s->reported[i].state : "";
}

size_t fake_store_reported_writes(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	size_t writes = s->reported_writes;
	pthread_mutex_unlock(&s->lock);
	return writes;
}

void bundle_record_finish(struct bundle_record *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->members[i].value);
	free(b->members);
	*b = (struct bundle_record){0};
}

int store_bundle_each(struct store *s, void (*each)(void *ctx, const struct bundle_record *b), void *ctx)
{
	for (size_t i = 0; i < s->bundle_count; i++)
		each(ctx, &s->bundles[i]);
	return 0;
}

int store_bundle_last_id(struct store *s, int64_t *id_r)
{
	*id_r = s->last_bundle;
	return 0;
}

static struct bundle_record copy_bundle(const struct bundle_record *b)
{
	struct bundle_record copy = *b;
	copy.members = calloc(b->count + 1, sizeof *copy.members);
	for (size_t i = 0; i < b->count; i++) {
		copy.members[i] = b->members[i];
		copy.members[i].value = b->members[i].value ? strdup(b->members[i].value) : NULL;
	}
	return copy;
}

int store_bundle_put(struct store *s, const struct bundle_record *b, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t i = 0;
	while (i < s->bundle_count && s->bundles[i].id != b->id)
		i++;
	if (!s->err && i < BUNDLES_KEPT) {
		bundle_record_finish(&s->bundles[i]);
		s->bundles[i] = copy_bundle(b);
		s->bundle_count += i == s->bundle_count;
		s->last_bundle = b->id > s->last_bundle ? b->id : s->last_bundle;
	}
	return finish(s, s->err, done);
}

int store_bundle_remove(struct store *s, int64_t id, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t kept = 0;
	for (size_t i = 0; i < s->bundle_count; i++) {
		if (s->err || s->bundles[i].id != id)
			s->bundles[kept++] = s->bundles[i];
		else
			bundle_record_finish(&s->bundles[i]);
	}
	memset(&s->bundles[kept], 0, (s->bundle_count - kept) * sizeof *s->bundles);
	s->bundle_count = kept;
	return finish(s, s->err, done);
}

/* Keeps what is of known series. */
static int keep_samples(struct store *s, const struct sample *samples, size_t count, bool *left_out)
{
	int err = 0;
	for (size_t i = 0; i < count; i++) {
		bool known = find_series(s, samples[i].series);
		if (known && s->sample_count < MAX)
			s->samples[s->sample_count++] = samples[i];
		if (!known)
			err = ERR_NOT_FOUND;
		if (!known && left_out)
			left_out[i] = true;
	}
	return err;
}

/* One without samples writes nothing, and so finds nothing wrong with the disk. */
int store_append(struct store *s, const struct sample *samples, size_t count, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	if (s->refuse) {
		pthread_mutex_unlock(&s->lock);
		return ERR_FULL;
	}
	int err = count ? s->err : 0;
	if (count && s->bad_append && --s->bad_append == 0)
		err = s->append_err;
	return finish(s, err ? err : keep_samples(s, samples, count, done ? done->left_out : NULL), done);
}

int store_alert_open_each(struct store *s, void (*each)(void *ctx, const struct alert *a), void *ctx)
{
	for (size_t i = 0; i < s->alert_count; i++)
		if (s->alerts[i].closed_at.ms == 0)
			each(ctx, &s->alerts[i]);
	return 0;
}

int store_alert_last_id(struct store *s, int64_t *id_r)
{
	*id_r = s->alert_count ? s->alerts[s->alert_count - 1].id : 0;
	return 0;
}

int store_alert_put(struct store *s, const struct alert *a, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t i = 0;
	while (i < s->alert_count && s->alerts[i].id != a->id)
		i++;
	if (!s->err) {
		s->alerts[i] = *a;
		s->alert_count += i == s->alert_count;
	}
	return finish(s, s->err, done);
}

int store_command_open_each(struct store *s, void (*each)(void *ctx, const struct command_record *c), void *ctx)
{
	size_t count = s->command_count; /* each may change them */
	for (size_t i = 0; i < count; i++)
		if (!command_is_over(s->commands[i].state)) {
			struct command_record copy = s->commands[i];
			each(ctx, &copy);
		}
	return 0;
}

int store_command_unmet_each(struct store *s, void (*each)(void *ctx, const struct command_record *c), void *ctx)
{
	for (size_t i = 0; i < s->command_count; i++) {
		const struct command_record *c = &s->commands[i];
		bool newest = c->state == COMMAND_EXPIRED || c->state == COMMAND_FAILED;
		for (size_t k = 0; k < s->command_count; k++)
			newest = newest && (s->commands[k].id <= c->id || strcmp(s->commands[k].device, c->device) != 0 ||
					    strcmp(s->commands[k].entity, c->entity) != 0);
		if (newest)
			each(ctx, c);
	}
	return 0;
}

int store_command_last_id(struct store *s, int64_t *id_r)
{
	*id_r = s->command_count ? s->commands[s->command_count - 1].id : 0;
	return 0;
}

int store_command_put(struct store *s, const struct command_record *c, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	size_t i = 0;
	while (i < s->command_count && s->commands[i].id != c->id)
		i++;
	if (!s->err) {
		s->commands[i] = *c;
		s->command_count += i == s->command_count;
	}
	return finish(s, s->err, done);
}

void store_stats_get(struct store *s, struct store_stats *stats_r)
{
	pthread_mutex_lock(&s->lock);
	*stats_r = (struct store_stats){.disk_full = s->err == ERR_DISK_FULL};
	pthread_mutex_unlock(&s->lock);
}

/* Copies bytes out and releases the lock; returns count. */
static size_t copy_out(struct store *s, void *out, const void *from, size_t count, size_t bytes)
{
	if (bytes) /* else there may be no out */
		memcpy(out, from, bytes);
	pthread_mutex_unlock(&s->lock);
	return count;
}

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t fake_store_samples(struct store *s, struct sample *samples, size_t max)
{
	fake_store_settle(s);
	pthread_mutex_lock(&s->lock);
	return copy_out(s, samples, s->samples, s->sample_count, lesser(s->sample_count, max) * sizeof *samples);
}

size_t fake_store_series(struct store *s, struct series *series, size_t max)
{
	fake_store_settle(s);
	pthread_mutex_lock(&s->lock);
	return copy_out(s, series, s->series, s->series_count, lesser(s->series_count, max) * sizeof *series);
}

size_t fake_store_commands(struct store *s, struct command_record *commands, size_t max)
{
	fake_store_settle(s);
	pthread_mutex_lock(&s->lock);
	return copy_out(s, commands, s->commands, s->command_count, lesser(s->command_count, max) * sizeof *commands);
}

size_t fake_store_alerts(struct store *s, struct alert *alerts, size_t max)
{
	fake_store_settle(s);
	pthread_mutex_lock(&s->lock);
	return copy_out(s, alerts, s->alerts, s->alert_count, lesser(s->alert_count, max) * sizeof *alerts);
}

/* ---- devices of others ----------------------------------------------------- */

static void drop_parts(struct store *s, const char *device)
{
	for (size_t i = s->part_count; i-- > 0;)
		if (strcmp(s->parts[i].device, device) == 0) {
			free(s->parts[i].topic);
			free(s->parts[i].payload);
			s->parts[i] = s->parts[--s->part_count];
		}
}

int store_device_describe(struct store *s, const struct device_record *d, const struct device_fragment *fragments,
			  size_t count, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	if (s->err == 0) {
		struct device_record *r = find_device(s, d->id);
		if (!r)
			r = &s->devices[s->device_count++];
		*r = *d;
		r->discovery = NULL;
		drop_parts(s, d->id);
		for (size_t i = 0; i < count; i++) {
			struct part *part = &s->parts[s->part_count++];
			memcpy(part->device, d->id, sizeof part->device);
			part->topic = strdup(fragments[i].topic);
			part->payload = strdup(fragments[i].payload);
		}
	}
	return finish(s, s->err, done);
}

int store_fragment_each(struct store *s, const char *device, void (*each)(void *ctx, const struct device_fragment *f), void *ctx)
{
	for (size_t i = 0; i < s->part_count; i++)
		if (strcmp(s->parts[i].device, device) == 0)
			each(ctx, &(struct device_fragment){s->parts[i].topic, s->parts[i].payload});
	return 0;
}

/* Aliases are the real store's to keep: here a device has none after a restart. */
int store_alias_each(struct store *s, const char *device, void (*each)(void *ctx, const struct device_alias *a), void *ctx)
{
	(void)s, (void)device, (void)each, (void)ctx;
	return 0;
}

int store_device_replace(struct store *s, const struct device_replacement *r, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *d = find_device(s, r->device->id), *other = find_device(s, r->other);
	int err = d && other ? s->err : ERR_NOT_FOUND;
	if (!err) {
		drop_parts(s, r->device->id);
		for (size_t i = 0; i < s->part_count; i++)
			if (strcmp(s->parts[i].device, r->other) == 0)
				memcpy(s->parts[i].device, r->device->id, sizeof s->parts[i].device);
		d->origin = r->device->origin;
		*other = s->devices[--s->device_count];
	}
	return finish(s, err, done);
}

int store_device_remove(struct store *s, const char *id, const struct store_done *done)
{
	pthread_mutex_lock(&s->lock);
	struct device_record *d = find_device(s, id);
	if (d && s->err == 0) {
		drop_parts(s, id);
		*d = s->devices[--s->device_count];
	}
	return finish(s, d ? s->err : ERR_NOT_FOUND, done);
}
