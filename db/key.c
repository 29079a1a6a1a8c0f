/* Provisioning keys. Readers on any thread; ops on the writer's. The secret of a key
 * that is no longer new or claimed is wiped from the file before its caller is told. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/device.h"
#include "db/erase.h"
#include "db/store_private.h"

#define SELECT_KEY \
	"SELECT kid, psk, state, created_at, expires_at, note, area, needs_approval, approved, device_identity, " \
	"device_id, replaces FROM provisioning_key"

static void take_key(struct query *q, struct key_record *k)
{
	*k = (struct key_record){0};
	query_take_bytes(q, k->kid, sizeof k->kid);
	query_take_bytes(q, k->psk, sizeof k->psk);
	k->state = (enum key_state)query_take_int(q);
	k->created_at.ms = query_take_int(q);
	k->expires_at.ms = query_take_int(q);
	query_take_text(q, k->note, sizeof k->note);
	query_take_text(q, k->area, sizeof k->area);
	k->needs_approval = query_take_bool(q);
	k->approved = query_take_bool(q);
	query_take_bytes(q, k->device_identity, sizeof k->device_identity);
	query_take_text(q, k->device_id, sizeof k->device_id);
	query_take_text(q, k->replaces, sizeof k->replaces);
}

int store_key_each(struct store *s, void (*each)(void *ctx, const struct key_record *k), void *ctx)
{
	struct reading r;
	struct key_record k;
	reading_begin(&r, s, SELECT_KEY " ORDER BY created_at, kid");
	while (query_next(&r.q)) {
		take_key(&r.q, &k);
		if (!r.q.err)
			each(ctx, &k);
	}
	explicit_bzero(&k, sizeof k);
	return reading_end(&r);
}

int store_key_get(struct store *s, const uint8_t kid[8], struct key_record *k_r)
{
	struct reading r;
	reading_begin(&r, s, SELECT_KEY " WHERE kid = ?");
	query_put_blob(&r.q, span_of(kid, sizeof k_r->kid));
	bool found = query_next(&r.q);
	if (found)
		take_key(&r.q, k_r);
	return reading_end_found(&r, found);
}

/* ---- writing ----------------------------------------------------------- */

static bool is_live(enum key_state state)
{
	return state == KEY_NEW || state == KEY_CLAIMED;
}

static bool is_zero(const uint8_t psk[32])
{
	uint8_t any = 0;
	for (size_t i = 0; i < 32; i++)
		any |= psk[i];
	return any == 0;
}

/* Whether the file has a secret under this kid that is to go. */
static int has_secret(struct conn *hub, const struct key_record *k, bool *has_r)
{
	struct query q;
	query_begin(&q, hub, "SELECT 1 FROM provisioning_key WHERE kid = ? AND psk <> zeroblob(32)");
	query_put_blob(&q, span_of(k->kid, sizeof k->kid));
	*has_r = query_next(&q);
	return query_end(&q);
}

static int upsert(struct conn *hub, const struct key_record *k)
{
	struct query q;
	query_begin(&q, hub,
		    "INSERT INTO provisioning_key (kid, psk, state, created_at, expires_at, note, area, needs_approval, "
		    "approved, device_identity, device_id, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (kid) DO UPDATE SET psk = excluded.psk, state = excluded.state, "
		    "created_at = excluded.created_at, expires_at = excluded.expires_at, note = excluded.note, "
		    "area = excluded.area, needs_approval = excluded.needs_approval, approved = excluded.approved, "
		    "device_identity = excluded.device_identity, device_id = excluded.device_id, replaces = excluded.replaces");
	query_put_blob(&q, span_of(k->kid, sizeof k->kid));
	query_put_blob(&q, span_of(k->psk, sizeof k->psk));
	query_put_int(&q, k->state);
	query_put_int(&q, k->created_at.ms);
	query_put_int(&q, k->expires_at.ms);
	query_put_text(&q, k->note);
	query_put_text(&q, k->area);
	query_put_int(&q, k->needs_approval);
	query_put_int(&q, k->approved);
	query_put_blob(&q, span_of(k->device_identity, sizeof k->device_identity));
	query_put_text(&q, k->device_id);
	query_put_text(&q, k->replaces);
	return query_run(&q);
}

static int write_key(struct write *write, const struct key_record *k)
{
	struct conn *hub = write->hub;
	bool wipes = false;
	int err = is_live(k->state) ? 0 : has_secret(hub, k, &wipes);
	if (!err)
		err = upsert(hub, k);
	if (!err && wipes)
		err = erase_note_traces(write);
	return err;
}

struct key_op {
	struct op op;
	struct key_record key;
};

/* A place is there to be taken while its device is, and is not being erased. */
static int check_place(struct conn *hub, const char *device)
{
	struct query q;
	query_begin(&q, hub, "SELECT 1 FROM device WHERE id = ? AND NOT revoked");
	query_put_text(&q, device);
	bool there = query_next(&q);
	int err = query_end(&q);
	return err ? err : there ? 0 : ERR_NOT_FOUND;
}

static int apply_put(struct op *op, struct write *write)
{
	const struct key_record *k = &container_of(op, struct key_op, op)->key;
	int err = is_live(k->state) && k->replaces[0] ? check_place(write->hub, k->replaces) : 0;
	return err ? err : write_key(write, k);
}

int store_key_put(struct store *s, const struct key_record *k, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	if (!is_live(k->state) && !is_zero(k->psk))
		return ERR_INVALID;
	struct key_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->key = *k;
	return writer_submit(s->writer, &put->op, done);
}

struct claim_op {
	struct op op;
	struct key_record key;
	struct device_record device; /* discovery points to text, or is NULL */
	bool known;
	char text[];
};

static int other_of_identity(struct conn *hub, const struct device_record *d, char id_r[MODEL_ID_SIZE])
{
	struct query q;
	query_begin(&q, hub, "SELECT id FROM device WHERE identity = ? AND id <> ?");
	query_put_blob(&q, span_of(d->identity, sizeof d->identity));
	query_put_text(&q, d->id);
	bool found = query_next(&q);
	if (found)
		query_take_text(&q, id_r, MODEL_ID_SIZE);
	int err = query_end(&q);
	return err ? err : found ? 0 : ERR_NOT_FOUND;
}

/* Other hardware takes the place of a device that is still there: what this hardware was before has none then. */
static int take_place(struct conn *hub, const struct device_record *d)
{
	char other[MODEL_ID_SIZE];
	int err = device_renew(hub, d, NULL);
	if (err)
		return err;
	while (!err && !(err = other_of_identity(hub, d, other)))
		err = device_disown(hub, other);
	return err == ERR_NOT_FOUND ? 0 : err;
}

static int check_free(struct conn *hub, const char *id)
{
	struct query q;
	query_begin(&q, hub, "SELECT 1 FROM device WHERE id = ?");
	query_put_text(&q, id);
	bool taken = query_next(&q);
	int err = query_end(&q);
	return err ? err : taken ? ERR_NOT_FOUND : 0;
}

/* A device that is new, or there already with the same identity: one that was taken, revoked or erased since it was looked up stays so. */
static int let_in(struct conn *hub, const struct device_record *d, bool known)
{
	int err = device_renew(hub, d, d->identity);
	if (err != ERR_NOT_FOUND || known)
		return err;
	err = check_free(hub, d->id);
	return err ? err : device_write(hub, d);
}

static int apply_claim(struct op *op, struct write *write)
{
	const struct claim_op *claim = container_of(op, struct claim_op, op);
	int err = claim->key.replaces[0] ? take_place(write->hub, &claim->device) : let_in(write->hub, &claim->device, claim->known);
	return err ? err : write_key(write, &claim->key);
}

int store_key_claim(struct store *s, const struct key_record *k, const struct device_record *d, bool known, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_claim};
	if (!is_live(k->state) && !is_zero(k->psk))
		return ERR_INVALID;
	size_t size = d->discovery ? strlen(d->discovery) + 1 : 0;
	struct claim_op *claim = op_create(&kind, sizeof *claim + size);
	if (!claim)
		return ERR_NOMEM;
	claim->key = *k;
	claim->device = *d;
	claim->known = known;
	if (size) {
		memcpy(claim->text, d->discovery, size);
		claim->device.discovery = claim->text;
	}
	return writer_submit(s->writer, &claim->op, done);
}
