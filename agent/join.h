/* The verb `join`: enrolment with the hub over HTTP. */
#ifndef AGENT_JOIN_H
#define AGENT_JOIN_H

#include "address.h"
#include "base/buf.h"
#include "conf.h"
#include "credentials.h"
#include "enrol/code.h"
#include "kernel.h"

enum { JOIN_HTTP_PORT = 8080, JOIN_MAX_HUBS = 3 };

/* Whom to ask, in order: the hub named, else the QR text's, else this machine. */
struct join_plan {
	uint8_t key[ENROL_KEY_BYTES]; /* secret */
	size_t hub_count;
	struct address hubs[JOIN_MAX_HUBS];
};

/* Makes the plan from the words of the command line; hub may be NULL. Returns 0;
 * ERR_MALFORMED or ERR_CRYPTO with what is wrong in *complaint_r (static). */
int join_parse(const char *code, const char *hub, struct join_plan *plan_r, const char **complaint_r);

/* Appends what people should read of an error answer: the detail or title of its
 * JSON, or the bare status. */
void join_read_complaint(int status, struct span body, struct buf *out);

/* Joins and says on standard output what came of it; complaints go to the log.
 * Blocks, up to ten minutes when the owner has to approve first. Returns 0 or an error. */
int join_run(const char *code, const char *hub, const char *state_dir, const struct conf *conf,
	     const struct kernel *kernel);

/* The device's own credentials anew, with a code that its hub has sent: the identity stays, and nothing but the token may be
 * other than in `now`; a hub of another identity is told nothing of the device. via: where the hub is now; NULL: not known. Saves them. Blocks, up
 * to a minute when nobody answers. Returns 0, ERR_DENIED (the hub does not know the code, or gave something else: it is of no use any more),
 * ERR_STATE (this device has no identity that could use it, or other credentials by now), or why it should be tried again: ERR_CRYPTO
 * (another hub is there), ERR_AGAIN (the hub is asked too often), or an error of the transport. */
int join_renew(const char *code, const struct address *via, const char *state_dir, const struct credentials *now,
	       const char *meta);

#endif
