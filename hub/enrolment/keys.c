/* The keys in memory: those that live, and those whose end is not on the disk
 * yet. Any thread, under the desk's lock; the end of a key's last write comes on the
 * store's writer thread. Memory decides, the store remembers: a decision takes
 * effect at once, and its write follows in the same order. */
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "enrolment/enrolment_private.h"

struct key *key_find_live(struct enrolment *desk, const uint8_t kid[ENROL_KID_BYTES])
{
	list_each(key, &desk->keys, struct key, link)
		if (key_state_is_live(key->record.state) && memcmp(key->record.kid, kid, ENROL_KID_BYTES) == 0)
			return key;
	return NULL;
}

bool key_is_over(struct enrolment *desk, const struct key *key)
{
	return key->record.expires_at.ms <= desk_wall(desk).ms;
}

size_t key_count_live(struct enrolment *desk)
{
	size_t count = 0;
	list_each(key, &desk->keys, struct key, link)
		count += key_state_is_live(key->record.state);
	return count;
}

int key_add(struct enrolment *desk, const struct key_record *record)
{
	struct key *key = calloc(1, sizeof *key);
	if (!key)
		return ERR_NOMEM;
	key->desk = desk;
	key->record = *record;
	list_append(&desk->keys, &key->link);
	return 0;
}

void key_remove(struct key *key)
{
	list_remove(&key->link);
	sodium_memzero(key, sizeof *key);
	free(key);
}

/* Store's writer thread. */
static void on_saved(void *ctx, int err)
{
	struct key *key = ctx;
	struct enrolment *desk = key->desk;
	if (err)
		log_warning("enrolment", "the end of a key is not on the disk yet, trying again: %s", err_text(err));
	lock_take(&desk->lock);
	if (key->watcher)
		saving_done(key->watcher, err);
	key->watcher = NULL;
	key->saving = false;
	if (err && !key->forgotten)
		key->unsaved = true;
	else
		key_remove(key);
	if (--desk->writes == 0)
		pthread_cond_broadcast(&desk->idle);
	lock_release(&desk->lock);
}

static void save_end(struct key *key)
{
	struct enrolment *desk = key->desk;
	const struct store_done done = {.fn = on_saved, .ctx = key};
	key->unsaved = false;
	key->saving = true;
	desk->writes++;
	int err = store_key_put(desk->config.store, &key->record, &done);
	if (err == 0)
		return;
	desk->writes--;
	key->saving = false;
	key->unsaved = true;
	if (key->watcher)
		saving_done(key->watcher, err);
	key->watcher = NULL;
}

void key_end(struct key *key, enum key_state state, struct saving *watcher, struct key_record *ended_r)
{
	sodium_memzero(key->record.psk, sizeof key->record.psk);
	key->record.state = state;
	key->record.expires_at = desk_wall(key->desk); /* when it ended, for those who list keys */
	key->watcher = watcher;
	pending_drop_key(&key->desk->pending, key->record.kid);
	*ended_r = key->record;
	save_end(key);
}

static struct key_hold hold_of(const struct key_record *record)
{
	struct key_hold hold = {.state = record->state};
	memcpy(hold.device_identity, record->device_identity, sizeof hold.device_identity);
	memcpy(hold.device_id, record->device_id, sizeof hold.device_id);
	return hold;
}

void key_claim_begin(struct key *key)
{
	if (key->claims++ == 0)
		key->before = hold_of(&key->record);
}

bool key_claim_end(struct key *key, int err)
{
	struct key_record *record = &key->record;
	key->claims--;
	if (!err) {
		bool first = key->before.state != record->state || (!key->before.device_id[0] && record->device_id[0]);
		key->before = hold_of(record);
		return first;
	}
	/* An approval meant the identity that it has seen. */
	bool approved_since = record->approved && key->before.state == KEY_NEW;
	if (key->claims == 0 && !approved_since) {
		record->state = key->before.state;
		memcpy(record->device_identity, key->before.device_identity, sizeof record->device_identity);
		memcpy(record->device_id, key->before.device_id, sizeof record->device_id);
	}
	return false;
}

static bool gives(const struct key_record *record, const char *device)
{
	return key_state_is_live(record->state) && (strcmp(record->replaces, device) == 0 || strcmp(record->device_id, device) == 0);
}

/* The first of those that give the device and were made before the one with this kid (NULL: of all), or NULL. */
static struct key *find_former(struct enrolment *desk, const char *device, const uint8_t *kid)
{
	const struct key *last = kid ? key_find_live(desk, kid) : NULL;
	if (kid && !last)
		return NULL; /* a newer one has ended it and those before it */
	list_each(key, &desk->keys, struct key, link) {
		if (key == last)
			return NULL;
		if (gives(&key->record, device))
			return key;
	}
	return NULL;
}

/* Returns whether there was one. */
static bool supersede_one(struct enrolment *desk, const char *device, const uint8_t *kid, struct saving *watcher, struct key_record *ended_r)
{
	lock_take(&desk->lock);
	struct key *key = find_former(desk, device, kid);
	if (key)
		key_end(key, KEY_REVOKED, watcher, ended_r);
	lock_release(&desk->lock);
	return key != NULL;
}

void keys_supersede(struct enrolment *desk, const char *device, const uint8_t kid[ENROL_KID_BYTES], bool wait)
{
	struct key_record ended;
	struct saving saving;
	saving_begin(&saving);
	while (supersede_one(desk, device, kid, wait ? &saving : NULL, &ended)) {
		if (wait) {
			(void)saving_wait(&saving);
			saving_begin(&saving);
		}
		tell_key(desk, &ended);
	}
	saving_cancel(&saving);
}

void keys_save_unsaved(struct enrolment *desk)
{
	list_each(key, &desk->keys, struct key, link)
		if (key->unsaved)
			save_end(key);
}

int key_why_dead(struct enrolment *desk, const uint8_t kid[ENROL_KID_BYTES])
{
	struct key_record record;
	int err = store_key_get(desk->config.store, kid, &record);
	if (err)
		return err;
	bool expired = record.state == KEY_EXPIRED;
	sodium_memzero(&record, sizeof record);
	return expired ? ERR_EXPIRED : ERR_DENIED;
}
