/* Shared subscriptions (MQTT 5.0 §4.8.2): groups of sessions, on any workers, of which one gets each message. The groups of
 * the whole broker lie behind one named lock, held while members are chosen and while one comes or goes;
 * delivering happens outside. */
#ifndef BROKER_SHARE_H
#define BROKER_SHARE_H

#include <stdbool.h>

#include "broker/router.h"

struct message;
struct session;
struct share_member;
struct shares;
struct worker;

/* How ready a member is. Any thread may read it, its worker sets it. */
enum share_state { SHARE_ABSENT, SHARE_BUSY, SHARE_READY };

/* Returns 0 or ERR_NOMEM. */
int shares_create(struct shares **shares_r);
void shares_destroy(struct shares **shares);

/* "a/b" of "$share/g/a/b"; a filter that is not shared as it is. */
struct span share_plain_filter(struct span filter);

/* Whether there is any group: what a publication asks first. Any thread. */
bool shares_any(const struct shares *shares);

/* How many memberships there are. Any thread. */
uint64_t shares_count(const struct shares *shares);

/* ---- the session's side; its worker's thread --------------------------------- */

/* Makes the session a member of the group of this filter ("$share/…", valid), or changes the options of its membership
 * (*existed_r). Returns 0, ERR_NOMEM or ERR_FULL (65,534 memberships). */
int share_join(struct session *session, struct span filter, const struct sub_options *options, bool *existed_r);

/* Whether the session is a member of the group of this filter. */
bool share_has(const struct session *session, struct span filter);

/* Ends a membership. Returns 0 or ERR_NOT_FOUND. */
int share_leave(struct session *session, struct span filter);

/* Ends those memberships whose plain filter keep refuses (NULL: all). Returns how many. */
unsigned share_restrict(struct session *session, bool (*keep)(void *ctx, struct span filter), void *ctx);

/* Tells all groups of the session how ready it is. */
void share_set_state(struct session *session, enum share_state state);

/* What an ending session has not delivered goes to others of the groups it came through: all that was not
 * sent, and of what was sent QoS 1 alone (MQTT-4.8.2-5). The session is not chosen any more. */
void share_pass_on(struct session *session);

/* ---- the message's side -------------------------------------------------------- */

/* A member that was chosen: a reference, and the terms of its subscription. */
struct share_pick {
	struct share_member *member; /* a reference */
	struct worker *worker;       /* the member's */
	uint32_t id;
	uint8_t qos;
	bool retain_as_published;
};
struct share_picks {
	struct share_pick *items; /* owned; the memory is kept for the next */
	uint32_t count, cap;
};

/* Chooses one member of each group that the topic reaches; at QoS 0 only among the connected. Any thread with picks of its own.
 * Returns 0 or ERR_NOMEM (those chosen by then are in picks). */
int shares_pick(struct shares *shares, struct span topic, uint8_t qos, struct share_picks *picks);
void share_picks_finish(struct share_picks *picks);

/* Member's worker: the session, and what its deliveries carry as share; NULL when it has left. */
struct session *share_session(const struct share_member *member, uint16_t *share_r);

/* Another member of the same group instead of one that has left: takes the reference in pick and puts another one in.
 * False: there is none, and no reference. Any thread. */
bool share_pick_again(struct shares *shares, struct share_pick *pick, uint8_t qos);

/* Any thread. Clears the pointer. */
void share_member_unref(struct share_member **member);

#endif
