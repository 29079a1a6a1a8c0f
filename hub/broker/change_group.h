/* A group of changes that reach the disk together, and who is to be told when they have. Memory only: when it goes where is
 * persistence.c's. On its worker's thread. */
#ifndef BROKER_CHANGE_GROUP_H
#define BROKER_CHANGE_GROUP_H

#include "base/list.h"
#include "broker/message.h"
#include "broker/receipt.h"
#include "model/persist.h"
#include "thread/mailbox.h"

struct persistence;

enum group_state { GROUP_WAITS, GROUP_ASKED, GROUP_SAVED };

struct change_group {
	struct mail mail; /* to the worker: the port has answered */
	struct persistence *owner;
	struct list link; /* persistence.groups */
	uint32_t ticket;
	uint8_t state; /* enum group_state */
	int err;       /* the port's answer */
	struct persist_change *changes; /* owned */
	struct message **messages;      /* owned references, one for each change or NULL */
	uint32_t count, cap;
	struct receipt **receipts;      /* owned; held until it is on the disk */
	uint32_t receipt_count, receipt_cap;
	size_t bytes;                   /* of all that it holds on to */
	size_t own;                     /* of these, what nobody else counts */
	bool incomplete;                /* there was no memory for all of it */
	bool late;                      /* topics in it may have been set again, unnoted */
	struct chunk *chunks;
};

/* What a change takes of a group's own memory. */
static inline size_t change_group_takes(const struct persist_change *change, const struct span *text)
{
	return sizeof *change + change->client.len + (text ? text->len : 0);
}

/* Appends a change. The client's id and `text` (may be NULL: a span within change) are copied, message (may be NULL) is referenced, and
 * the spans of change that point into it stay. Returns 0, or ERR_NOMEM: then it is not there. */
int change_group_add(struct change_group *g, struct persist_change *change, struct span *text, struct message *message);

/* Keeps the receipt until the group is emptied. Returns 0 or ERR_NOMEM. */
int change_group_hold(struct change_group *g, struct receipt *receipt);

/* Releases the receipts with err, and forgets the changes; the memory stays for the next ones. */
void change_group_empty(struct change_group *g, int err);

/* The same, and frees it; NULL is fine. */
void change_group_free(struct change_group *g, int err);

#endif
