/* The desk's life, its port and what it does by the clock. Main thread for
 * create and destroy; bound, erased and tick as enrolment.h says. The keys are in keys.c, what
 * the owner does with them in owner.c, the exchange with devices in exchange.c. */
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "enrolment/enrolment_private.h"

/* ---- life -------------------------------------------------------------- */

static struct mono_ms real_mono(void *ctx)
{
	(void)ctx;
	return clock_mono();
}

static struct wall_ms real_wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

struct loading {
	struct enrolment *desk;
	int err;
};

static void load_key(void *ctx, const struct key_record *record)
{
	struct loading *loading = ctx;
	if (key_state_is_live(record->state) && !loading->err)
		loading->err = key_add(loading->desk, record);
}

static int load_keys(struct enrolment *desk, char message_r[256])
{
	struct loading loading = {.desk = desk};
	int err = store_key_each(desk->config.store, load_key, &loading);
	if (!err)
		err = loading.err;
	if (err)
		str_format(message_r, 256, "the provisioning keys cannot be read: %s", err_text(err));
	return err;
}

/* An answer with the longest id must fit into M4, or no device could ever join. */
static int check_answer(struct enrolment *desk, char message_r[256])
{
	char id[MODEL_ID_SIZE], token[TOKEN_TEXT_SIZE];
	struct buf body = {0};
	memset(id, 'x', sizeof id - 1);
	memset(token, '0', sizeof token - 1);
	id[sizeof id - 1] = token[sizeof token - 1] = 0;
	int err = answer_make(desk, id, token, &body);
	if (!err && body.len > T1_MAX_M4_BYTES - T1_M4_BASE_BYTES)
		err = ERR_TOO_LARGE;
	if (err)
		str_format(message_r, 256, "the hub's CA and addresses do not fit into the answer to a device: %s",
			   err_text(err));
	buf_finish(&body);
	return err;
}

int enrolment_create(const struct enrolment_config *config, struct enrolment **enrolment_r, char message_r[256])
{
	struct enrolment *desk = calloc(1, sizeof *desk);
	if (!desk) {
		str_format(message_r, 256, "%s", err_text(ERR_NOMEM));
		return ERR_NOMEM;
	}
	desk->config = *config;
	if (!desk->config.clock.mono)
		desk->config.clock = (struct enrolment_clock){real_mono, real_wall, NULL};
	lock_init(&desk->lock, "enrolment");
	pthread_cond_init(&desk->idle, NULL);
	list_init(&desk->keys);
	int err = check_answer(desk, message_r);
	if (!err)
		err = identity_load(config->state_dir, &desk->identity, message_r);
	if (!err)
		err = load_keys(desk, message_r);
	if (err) {
		enrolment_destroy(&desk);
		return err;
	}
	*enrolment_r = desk;
	return 0;
}

void enrolment_destroy(struct enrolment **enrolment)
{
	struct enrolment *desk = *enrolment;
	*enrolment = NULL;
	if (!desk)
		return;
	lock_take(&desk->lock);
	while (desk->writes)
		pthread_cond_wait(&desk->idle, &desk->lock.mutex);
	list_each(key, &desk->keys, struct key, link)
		key_remove(key);
	lock_release(&desk->lock);
	pending_finish(&desk->pending);
	identity_finish(&desk->identity);
	pthread_cond_destroy(&desk->idle);
	lock_finish(&desk->lock);
	free(desk);
}

struct enrol_port enrolment_port(struct enrolment *desk)
{
	return (struct enrol_port){
		.key_new = enrolment_key_new,
		.renew = enrolment_renew,
		.keys = enrolment_keys,
		.key_revoke = enrolment_key_revoke,
		.key_approve = enrolment_key_approve,
		.step1 = enrolment_step1,
		.step2 = enrolment_step2,
		.ctx = desk,
	};
}

/* ---- ends of keys ------------------------------------------------------ */

static bool is_bound_by(const struct key *key, const char *device_id)
{
	return key->record.state == KEY_CLAIMED && strcmp(key->record.device_id, device_id) == 0;
}

/* Ends one key that the device holds. Returns whether there was one. */
static bool bind_one(struct enrolment *desk, const char *device_id, struct key_record *ended_r)
{
	bool found = false;
	lock_take(&desk->lock);
	list_each(key, &desk->keys, struct key, link)
		if (!found && is_bound_by(key, device_id)) {
			key_end(key, KEY_BOUND, NULL, ended_r);
			found = true;
		}
	lock_release(&desk->lock);
	return found;
}

void enrolment_bound(struct enrolment *desk, const char *device_id)
{
	struct key_record ended;
	while (bind_one(desk, device_id, &ended)) {
		tell_key(desk, &ended);
		tell_audit(desk, device_id, "key_bound", &ended);
	}
}

void enrolment_device_erased(struct enrolment *desk, const char *device_id)
{
	lock_take(&desk->lock);
	list_each(key, &desk->keys, struct key, link) {
		if (strcmp(key->record.device_id, device_id) != 0 && strcmp(key->record.replaces, device_id) != 0)
			continue;
		pending_drop_key(&desk->pending, key->record.kid);
		if (key->saving)
			key->forgotten = true;
		else
			key_remove(key);
	}
	lock_release(&desk->lock);
}

void enrolment_device_revoked(struct enrolment *desk, const char *device_id)
{
	keys_supersede(desk, device_id, NULL, false);
}

static bool expire_one(struct enrolment *desk, struct key_record *ended_r)
{
	bool found = false;
	lock_take(&desk->lock);
	list_each(key, &desk->keys, struct key, link)
		if (!found && key_state_is_live(key->record.state) && key_is_over(desk, key)) {
			key_end(key, KEY_EXPIRED, NULL, ended_r);
			found = true;
		}
	lock_release(&desk->lock);
	return found;
}

void enrolment_tick(struct enrolment *desk)
{
	struct key_record ended;
	lock_take(&desk->lock);
	pending_expire(&desk->pending, desk_mono(desk));
	keys_save_unsaved(desk);
	lock_release(&desk->lock);
	while (expire_one(desk, &ended))
		tell_key(desk, &ended);
}
