/* The audit log: written by many, kept to a length that no flood of failed
 * logins can fill a disk with. Ops on the writer thread. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

enum { AUDIT_LINES = 100000 }; /* kept; the oldest go */

struct audit_op {
	struct op op;
	struct wall_ms at;
	char who[128], event[64], detail[1024];
};

/* Copies what fits, whole UTF-8 characters: peers choose some of these texts. */
static void copy_cut(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)src[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, src, len);
	dst[len] = 0;
}

static int trim(struct conn *hub)
{
	struct query q;
	query_begin(&q, hub, "DELETE FROM audit WHERE id <= ?");
	query_put_int(&q, conn_last_id(hub) - AUDIT_LINES);
	return query_run(&q);
}

static int apply_audit(struct op *op, struct write *write)
{
	const struct audit_op *audit = container_of(op, struct audit_op, op);
	struct query q;
	query_begin(&q, write->hub, "INSERT INTO audit (at, who, event, detail) VALUES (?, ?, ?, ?)");
	query_put_int(&q, audit->at.ms);
	query_put_text(&q, audit->who);
	query_put_text(&q, audit->event);
	query_put_text(&q, audit->detail);
	int err = query_run(&q);
	return err ? err : trim(write->hub);
}

int store_audit(struct store *s, const char *who, const char *event, const char *detail, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_audit};
	struct audit_op *audit = op_create(&kind, sizeof *audit);
	if (!audit)
		return ERR_NOMEM;
	audit->at = clock_wall();
	copy_cut(audit->who, sizeof audit->who, who);
	copy_cut(audit->event, sizeof audit->event, event);
	copy_cut(audit->detail, sizeof audit->detail, detail);
	return writer_submit(s->writer, &audit->op, done);
}
