/* The facade of history: registry, appending, words, policy, usage. Any thread. Reading samples is
 * in query_*.c. */
#include "db/history.h"

#include <string.h>

#include "base/err.h"
#include "db/store_private.h"
#include "db/upkeep.h"

/* ---- series ------------------------------------------------------------ */

int store_series_each(struct store *s, void (*each)(void *ctx, const struct series *series), void *ctx)
{
	struct series series = {0};
	while (head_next_series(s->head, series.id, &series) == 0)
		each(ctx, &series);
	return 0;
}

int store_series_get(struct store *s, int64_t id, struct series *series_r)
{
	return head_get_series(s->head, id, series_r);
}

int store_series_put(struct store *s, const struct series *series, const struct store_done *done)
{
	return committer_put_series(s->committer, series, done);
}

/* ---- appending --------------------------------------------------------- */

int store_append(struct store *s, const struct sample *samples, size_t count, const struct store_done *done)
{
	return committer_append(s->committer, samples, count, done);
}

int store_word_code(struct store *s, int64_t series, struct span text, double *code_r)
{
	int64_t code;
	bool is_new;
	int err = head_word_code(s->head, series, text, &code, &is_new);
	if (!err && is_new) {
		err = committer_put_word(s->committer, series, code, text);
		if (err)
			head_remove_words(s->head, series, &code, 1);
		if (err == ERR_FULL) /* of the queue, which has room again soon; of the dictionary it means for good */
			err = ERR_AGAIN;
	}
	if (!err)
		*code_r = (double)code;
	return err;
}

int store_word_text(struct store *s, int64_t series, double code, char *text_r)
{
	int64_t number;
	return head_is_code(code, &number) ? head_word_text(s->head, series, number, text_r) : ERR_NOT_FOUND;
}

/* ---- policy and cost --------------------------------------------------- */

void store_policy_set(struct store *s, const struct history_policy *policy)
{
	committer_set_window(s->committer, policy->window_ms);
	sealer_set_policy(s->sealer, policy);
}

int store_usage(struct store *s, struct history_usage *usage_r)
{
	struct shelf_txn *txn;
	struct shelf_size size = {0};
	size_t live, frozen;
	*usage_r = (struct history_usage){0};
	int err = shelf_begin(sealer_shelf(s->sealer), false, &txn);
	if (!err)
		err = shelf_size(txn, &size);
	shelf_end(&txn);
	head_counts(s->head, &live, &frozen);
	usage_r->bytes = size.bytes + size.free_bytes;
	usage_r->samples = size.samples + (int64_t)(live + frozen);
	upkeep_written(s->upkeep, usage_r);
	return err;
}

size_t store_noisiest(struct store *s, struct series_noise *noise_r, size_t max)
{
	return head_noisiest(s->head, day_of(clock_wall().ms), noise_r, max);
}

int store_seal(struct store *s, bool all)
{
	return sealer_seal(s->sealer, all);
}
