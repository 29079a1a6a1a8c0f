/* Calls into the house: posted by any thread that may wait, run on the house's, answered there. A
 * call that waits for the store is posted again by the store's thread. */
#include "device/call.h"

#include "base/err.h"
#include "model/json_out.h"

static void call_mail(struct mail *mail, void *owner)
{
	struct call *call = container_of(mail, struct call, mail);
	struct house *h = owner;
	if (h->closed) { /* nobody keeps to house_stop's rules then; still, let no thread wait for ever */
		call->err = ERR_CLOSED;
		waiter_signal(&call->waiter);
		return;
	}
	call->run(h, call);
}

int call_ask(struct call *call)
{
	call->mail.deliver = call_mail;
	waiter_init(&call->waiter);
	mailbox_post(&call->house->box, &call->mail);
	waiter_wait(&call->waiter);
	waiter_finish(&call->waiter);
	return call->err;
}

void call_answer(struct call *call, int err)
{
	call->err = err;
	waiter_signal(&call->waiter);
}

/* On the store's thread: the write is done. */
static void on_stored(void *ctx, int err)
{
	struct call *call = ctx;
	call->err = err;
	mailbox_post(&call->house->box, &call->mail);
}

struct store_done call_stored(struct call *call)
{
	return (struct store_done){.fn = on_stored, .ctx = call};
}

int call_explain(struct buf *json, const char *field, const char *detail)
{
	struct json_out o = {.buf = json};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "field", field);
	json_out_member_string(&o, "detail", detail);
	json_out_raw(&o, "}");
	return o.err ? o.err : ERR_INVALID;
}
