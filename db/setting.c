/* Named small values. Readers on any thread; ops on the writer's. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

enum { VALUE_MAX = 65536, NAME_SIZE = 128 };

int store_setting_get(struct store *s, const char *name, struct buf *value_r)
{
	struct reading r;
	reading_begin(&r, s, "SELECT value FROM setting WHERE name = ?");
	query_put_text(&r.q, name);
	bool found = query_next(&r.q);
	if (found) {
		struct span value = query_take_span(&r.q);
		if (value.len)
			r.q.err = buf_append(value_r, value.data, value.len);
	}
	return reading_end_found(&r, found);
}

struct setting_op {
	struct op op;
	char name[NAME_SIZE];
	size_t len;
	uint8_t value[];
};

static int apply_put(struct op *op, struct write *write)
{
	const struct setting_op *put = container_of(op, struct setting_op, op);
	struct query q;
	query_begin(&q, write->hub, "INSERT INTO setting (name, value) VALUES (?, ?) "
					       "ON CONFLICT (name) DO UPDATE SET value = excluded.value");
	query_put_text(&q, put->name);
	query_put_blob(&q, span_of(put->value, put->len));
	return query_run(&q);
}

int store_setting_put(struct store *s, const char *name, struct span value, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	size_t name_size = strlen(name) + 1;
	if (value.len > VALUE_MAX || name_size > NAME_SIZE)
		return ERR_TOO_LARGE;
	struct setting_op *put = op_create(&kind, sizeof *put + value.len);
	if (!put)
		return ERR_NOMEM;
	memcpy(put->name, name, name_size);
	put->len = value.len;
	if (value.len)
		memcpy(put->value, value.data, value.len);
	return writer_submit(s->writer, &put->op, done);
}
