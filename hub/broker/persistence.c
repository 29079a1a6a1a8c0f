/* Groups of changes: gathered, handed over, and kept until the disk has them. On the worker's thread, but for
 * on_answer, which a thread of the store calls. It knows nothing of what a change means.
 *
 * Groups reach the disk in order. When one does not, those behind it count as lost too, though they may have got there:
 * applying all of them once more, in order, leads to the same state. */
#include "broker/persistence_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/acks.h"
#include "broker/change_group.h"
#include "broker/worker.h"
#include "thread/thread.h"

enum {
	GROUP_BYTES = 4 << 20,   /* a turn that brings more hands over more than one, between messages */
	GROUP_BYTES_MAX = 64 << 20, /* one message for very many: not even its changes stay together */
	BEHIND_BYTES = 16 << 20, /* on the way to the disk: then publishers are slowed */
	RETRY_MS = 250,
	CROWD_MS = 10 * 1000,    /* a store with too much to do catches up in less */
};

/* A topic whose retained message waits for a disk that takes nothing. */
struct pending {
	struct map_node node; /* persistence.pending; its key is the message's topic */
	struct message *message; /* a reference */
};

struct persistence {
	struct worker *worker;
	const struct persist_port *port; /* borrowed */
	struct change_group *current;           /* this turn's; NULL: nothing was noted yet */
	struct change_group *spare;             /* an empty one with its memory */
	struct list groups;              /* group.link: handed over or waiting, in order */
	size_t bytes;                    /* in groups */
	uint32_t next, reached;          /* tickets */
	uint32_t asked;                  /* groups that the port has not answered */
	int failing;                     /* what the port said last, while it takes nothing */
	bool told;                       /* everybody knows: counted in broker.disks_failing */
	struct mono_ms failing_since;
	struct map pending;              /* since it fails */
	struct loop_timer retry;
};

/* --- groups ------------------------------------------------------------------- */

/* Keeps one for the next turn. */
static void group_recycle(struct persistence *p, struct change_group *g)
{
	if (p->spare || g->bytes > GROUP_BYTES / 4) {
		change_group_free(g, 0);
		return;
	}
	change_group_empty(g, 0);
	p->spare = g;
}

static void on_mail(struct mail *mail, void *owner);

static struct change_group *group_of_turn(struct persistence *p)
{
	if (p->current)
		return p->current;
	struct change_group *g = p->spare ? p->spare : calloc(1, sizeof *g);
	p->spare = NULL;
	if (!g)
		return NULL;
	g->mail.deliver = on_mail;
	g->owner = p;
	g->ticket = p->next;
	g->state = GROUP_WAITS;
	if (++p->next == 0)
		p->next = 1; /* 0 is nobody's ticket */
	p->current = g;
	return g;
}

uint32_t persistence_note(struct persistence *p, struct persist_change *change, struct span *text, struct message *message)
{
	size_t bytes = change_group_takes(change, text) + (message ? message_bytes(message) : 0);
	if (p && p->current && p->current->bytes + bytes > GROUP_BYTES_MAX)
		persistence_flush(p);
	struct change_group *g = p ? group_of_turn(p) : NULL;
	if (!g)
		return 0;
	if (change_group_add(g, change, text, message) != 0) {
		log_error("broker", "out of memory: a change of sessions or retained messages is not on the disk");
		g->incomplete = true;
	}
	return g->ticket;
}

static bool is_retained(const struct change_group *g, uint32_t i)
{
	return (g->changes[i].type == PERSIST_RETAINED_SET || g->changes[i].type == PERSIST_RETAINED_CLEAR) && g->messages[i];
}

/* Without memory a topic waits twice, that is all. */
static void remember(struct persistence *p, struct message *message)
{
	if (map_get(&p->pending, message_topic(message)))
		return;
	struct pending *pending = malloc(sizeof *pending);
	if (!pending || map_put(&p->pending, &pending->node, message_topic(message))) {
		free(pending);
		return;
	}
	pending->message = message_ref(message);
}

/* The group did not get there: its topics wait again. */
static void remember_all(struct persistence *p, const struct change_group *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (is_retained(g, i))
			remember(p, g->messages[i]);
}

static void forget(struct persistence *p, struct map_node *node)
{
	struct pending *pending = container_of(node, struct pending, node);
	map_remove(&p->pending, node);
	message_unref(&pending->message);
	free(pending);
}

/* What the topic becomes from now on is another change. */
static void forget_topic(struct persistence *p, struct span topic)
{
	struct map_node *node = map_get(&p->pending, topic);
	if (node)
		forget(p, node);
}

static void forget_pending(struct persistence *p)
{
	struct map_node *next;
	for (struct map_node *node = map_next(&p->pending, NULL); node; node = next) {
		next = map_next(&p->pending, node);
		forget(p, node);
	}
	map_finish(&p->pending);
}

uint32_t persistence_note_retained(struct persistence *p, struct persist_change *change, struct message *message)
{
	/* What waits will tell what the topic has by then (append_in_order), so a long outage costs a change a topic. */
	if (p->failing && map_get(&p->pending, message_topic(message)))
		return persistence_latest(p);
	uint32_t ticket = persistence_note(p, change, NULL, message);
	if (p->failing) {
		remember(p, message);
		if (p->current)
			p->current->late = true;
	}
	return ticket;
}

/* --- the port ------------------------------------------------------------------ */

/* A thread of the store. */
static void on_answer(void *ctx, int err)
{
	struct change_group *g = ctx;
	struct persistence *p = g->owner;
	g->err = err;
	loop_post(p->worker->loop, &g->mail);
}

/* Those who can be told that what they sent is not on the disk are told. */
static void release_impatient(struct change_group *g, int err)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < g->receipt_count; i++)
		if (receipt_is_patient(g->receipts[i]))
			g->receipts[kept++] = g->receipts[i];
		else
			receipt_release(g->receipts[i], err);
	g->receipt_count = kept;
}

static void tell(struct persistence *p, int err)
{
	if (!p->told) {
		p->told = true;
		if (atomic_fetch_add(&p->worker->broker->disks_failing, 1) == 0)
			log_error("broker", "retained messages and sessions cannot be stored: %s. Messages that must be kept are "
				  "refused until they can; others go on", err_text(err));
	}
	list_each(g, &p->groups, struct change_group, link)
		release_impatient(g, err);
	acks_fail(p->worker);
}

/* The port takes nothing: those who wait are told, and all that is not on the disk is tried again in a while. ERR_FULL alone
 * is a store with too much to do, unless it lasts. */
static void fail(struct persistence *p, int err)
{
	struct mono_ms now = clock_mono();
	if (!p->failing)
		p->failing_since = now;
	p->failing = err;
	list_each(g, &p->groups, struct change_group, link)
		g->late = true;
	if (p->told || err != ERR_FULL || mono_diff_ms(p->failing_since, now) > CROWD_MS)
		tell(p, err);
	if (p->asked == 0 && !loop_timer_armed(&p->retry))
		loop_timer_arm(p->worker->loop, &p->retry, RETRY_MS);
}

static int append(struct persistence *p, struct change_group *g)
{
	const struct persist_done done = {.fn = on_answer, .ctx = g};
	return p->port->append(p->port->ctx, g->changes, g->count, &done);
}

/* Several workers may have set one topic, and hand over in another order, or it was set again while it waited: what is told is
 * what the topic has by now. */
static int append_in_order(struct persistence *p, struct change_group *g)
{
	struct lock *order = retained_order(p->worker->broker->retained);
	lock_take(order);
	for (uint32_t i = 0; i < g->count; i++)
		if (is_retained(g, i)) {
			persistence_renew_retained(p->worker, &g->changes[i], &g->messages[i]);
			forget_topic(p, message_topic(g->messages[i]));
		}
	int err = append(p, g);
	lock_release(order);
	return err;
}

static void hand_over(struct persistence *p, struct change_group *g)
{
	bool in_order = p->worker->broker->config.workers > 1 || g->late;
	int err = in_order ? append_in_order(p, g) : append(p, g);
	g->state = err ? GROUP_WAITS : GROUP_ASKED;
	p->asked += !err;
	if (!err)
		return;
	fail(p, err);
	remember_all(p, g);
}

/* Drops from the front what is on the disk. */
static void advance(struct persistence *p)
{
	uint32_t before = p->reached;
	while (!list_empty(&p->groups)) {
		struct change_group *g = container_of(p->groups.next, struct change_group, link);
		if (g->state != GROUP_SAVED)
			break;
		if (g->incomplete)
			acks_fail(p->worker);
		p->reached = g->ticket;
		p->bytes -= g->bytes;
		list_remove(&g->link);
		group_recycle(p, g);
	}
	if (list_empty(&p->groups) && p->pending.count)
		forget_pending(p);
	if (p->reached != before)
		acks_progress(p->worker);
}

/* Hands over all that waits, behind what is being asked already. */
static void hand_over_all(struct persistence *p)
{
	list_each(g, &p->groups, struct change_group, link)
		if (g->state == GROUP_WAITS && !p->failing)
			hand_over(p, g);
}

static void on_retry(struct loop_timer *timer)
{
	struct persistence *p = container_of(timer, struct persistence, retry);
	list_each(g, &p->groups, struct change_group, link)
		g->state = GROUP_WAITS; /* those behind the one that failed, too */
	if (!list_empty(&p->groups))
		hand_over(p, container_of(p->groups.next, struct change_group, link));
}

static void recover(struct persistence *p)
{
	if (p->told && atomic_fetch_sub(&p->worker->broker->disks_failing, 1) == 1)
		log_info("broker", "retained messages and sessions are stored again");
	p->told = false;
	p->failing = 0;
	loop_timer_disarm(&p->retry);
}

static void on_mail(struct mail *mail, void *owner)
{
	struct change_group *g = container_of(mail, struct change_group, mail);
	struct persistence *p = g->owner;
	struct worker *worker = owner;
	p->asked--;
	g->state = g->err ? GROUP_WAITS : GROUP_SAVED;
	if (worker->stopping) {
		worker_settled(worker);
		return;
	}
	if (g->err) {
		fail(p, g->err);
		remember_all(p, g);
		return;
	}
	/* The first one got there; with ERR_FULL none was taken that has failed since. */
	if (p->failing == ERR_FULL || (p->asked == 0 && g == container_of(p->groups.next, struct change_group, link)))
		recover(p);
	if (p->failing) { /* one behind the one that failed: it is asked again with that */
		fail(p, p->failing);
		return;
	}
	advance(p);
	hand_over_all(p);
}

void persistence_flush(struct persistence *p)
{
	struct change_group *g = p ? p->current : NULL;
	if (!g)
		return;
	p->current = NULL;
	list_append(&p->groups, &g->link);
	p->bytes += g->bytes;
	if (!p->failing)
		hand_over(p, g);
}

void persistence_between(struct persistence *p)
{
	if (p && p->current && p->current->bytes > GROUP_BYTES)
		persistence_flush(p);
}

bool persistence_reached(const struct persistence *p, uint32_t ticket)
{
	/* what is outstanding lies between reached and next, whatever wraps; a ticket may be kept for years */
	return !p || ticket == 0 || (uint32_t)(ticket - p->reached - 1) >= (uint32_t)(p->next - p->reached - 1);
}

uint32_t persistence_latest(const struct persistence *p)
{
	if (!p)
		return 0;
	return p->next == 1 ? UINT32_MAX : p->next - 1; /* before the first of all it counts as reached */
}

/* The group of a ticket that is not on the disk yet. */
static struct change_group *group_find(struct persistence *p, uint32_t ticket)
{
	if (p->current && p->current->ticket == ticket)
		return p->current;
	list_each(g, &p->groups, struct change_group, link)
		if (g->ticket == ticket)
			return g;
	return NULL;
}

void persistence_release(struct persistence *p, uint32_t ticket, struct receipt *receipt)
{
	struct change_group *g = !receipt || persistence_reached(p, ticket) ? NULL : group_find(p, ticket);
	if (!g) {
		receipt_release(receipt, 0);
		return;
	}
	if (change_group_hold(g, receipt) != 0)
		receipt_release(receipt, ERR_NOMEM);
}

struct wall_ms persistence_wall(struct mono_ms at)
{
	return (struct wall_ms){clock_wall().ms - mono_diff_ms(at, clock_mono())};
}

struct mono_ms persistence_mono(struct wall_ms at)
{
	return mono_add_ms(clock_mono(), at.ms - clock_wall().ms);
}

bool persistence_failing(const struct persistence *p)
{
	return p && atomic_load_explicit(&p->worker->broker->disks_failing, memory_order_relaxed);
}

bool persistence_is_asking(const struct persistence *p)
{
	return p && p->asked;
}

bool persistence_is_behind(const struct persistence *p)
{
	return p && p->bytes > BEHIND_BYTES;
}

/* --- coming and going ------------------------------------------------------------ */

int persistence_create(struct worker *worker, const struct persist_port *port, struct persistence **persistence_r)
{
	struct persistence *p = calloc(1, sizeof *p);
	*persistence_r = p;
	if (!p)
		return ERR_NOMEM;
	p->worker = worker;
	p->port = port;
	p->next = 1;
	p->retry.fire = on_retry;
	list_init(&p->groups);
	return 0;
}

void persistence_destroy(struct persistence **persistence)
{
	struct persistence *p = *persistence;
	if (!p)
		return;
	loop_timer_disarm(&p->retry);
	list_each(g, &p->groups, struct change_group, link)
		change_group_free(g, ERR_CLOSED);
	change_group_free(p->current, ERR_CLOSED);
	change_group_free(p->spare, ERR_CLOSED);
	forget_pending(p);
	free(p);
	*persistence = NULL;
}
