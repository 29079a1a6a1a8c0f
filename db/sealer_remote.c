/* What the sealer does about a database server that comes and goes. Sealer's thread, outside of transactions. While the
 * server is away history is kept in telemetry.db; before anything new goes to it again, what was kept goes first, so that
 * the later written of two samples is also the later copied. */
#include "base/err.h"
#include "base/log.h"
#include "db/sealer_private.h"
#include "db/shelf_copy.h"

enum { PUT_OFF = 1 }; /* sealing is due: the rest of the copy comes later */

static int look_at_the_clock(void *ctx, int64_t done, int64_t total)
{
	(void)done, (void)total;
	return sealer_is_much(ctx) ? PUT_OFF : 0;
}

int sealer_catch_up(struct sealer *s)
{
	if (!s->config.remote || !s->spooled)
		return 0;
	int err = shelf_copy(s->config.local, s->config.remote, true, look_at_the_clock, s);
	if (err == PUT_OFF)
		return ERR_AGAIN;
	sealer_tell_remote(s, err);
	if (!err)
		s->spooled = false;
	return err;
}

void sealer_tell_remote(struct sealer *s, int err)
{
	bool down = err != 0;
	atomic_store(&s->remote_down, down);
	if (s->alerted_remote == down)
		return;
	s->alerted_remote = down;
	if (down)
		log_warning("store", "the remote database cannot be used (%s): history is kept here and moved there later",
			    err_text(err));
	else
		log_info("store", "the remote database can be used again, and has what was kept here meanwhile");
	s->config.alert(s->config.ctx, "database",
			down ? "The database server for history cannot be reached. Nothing is lost: history is kept on the hub and "
			       "moved there when it can be reached again." : NULL);
}
