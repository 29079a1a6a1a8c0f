/* Gathers what the port tells, then compares. */
#include "power_kept.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "broker/inflight.h"

enum { SESSION_EXPIRY_S = 3600, SESSION_EXPIRY_MAX_S = 7 * 24 * 3600 };

/* A QoS 1 or 2 message in the receiver's queue. */
struct queued {
	unsigned times;
	int64_t number; /* the last one's place in the queue */
};

struct kept {
	struct judgement *j;
	bool apart;
	uint32_t cells[CELLS];
	struct queued queue[2][STORY_MESSAGES];
	uint32_t last[2];             /* the last number of each sender in the queue */
	bool incoming[UINT16_MAX + 1]; /* of PEER_QOS2's session */
	bool outgoing[UINT16_MAX + 1]; /* of the receiver's */
};

static void blame(struct judgement *j, unsigned *what, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!j->why[0])
		vsnprintf(j->why, sizeof j->why, format, args);
	va_end(args);
	(*what)++;
}

/* ---- gathering -------------------------------------------------------------------- */

static uint32_t number_of(struct kept *k, struct span text)
{
	char copy[16];
	int64_t number = 0;
	if (text.len >= sizeof copy)
		text.len = 0;
	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	if (str_to_int(copy, 1, STORY_OPS, &number))
		blame(k->j, &k->j->wrong, "a payload that nobody sent: %s", copy);
	return (uint32_t)number;
}

static int role_of(struct kept *k, struct span client)
{
	if (client.len == 1 && client.data[0] >= '0' && client.data[0] < '0' + PEERS)
		return client.data[0] - '0';
	blame(k->j, &k->j->wrong, "a session that nobody has: %.*s", (int)client.len, (const char *)client.data);
	return PEER_QOS1;
}

static int place(struct span name, int count)
{
	int n = name.len == 3 ? name.data[2] - '0' : -1;
	return n >= 0 && n < count ? n : 0;
}

static void take_queued(struct kept *k, const struct persist_change *c)
{
	int of = place(c->queued.message.topic, 2);
	uint32_t number = number_of(k, c->queued.message.payload);
	if (number >= STORY_MESSAGES || role_of(k, c->client) != PEER_RECEIVER) {
		blame(k->j, &k->j->wrong, "a queue that should not be");
		return;
	}
	if (c->queued.qos != (of == PEER_QOS2 ? 2 : 1))
		blame(k->j, &k->j->wrong, "message %u has QoS %u", number, c->queued.qos);
	if (of == PEER_QOS2 && number < k->last[of] && !k->apart)
		blame(k->j, &k->j->wrong, "message %u lies behind %u", number, k->last[of]);
	k->last[of] = number;
	k->queue[of][number].times++;
	k->queue[of][number].number = c->queued.number;
}

static void take_subscription(struct kept *k, const struct persist_change *c)
{
	int cell = role_of(k, c->client) == PEER_RECEIVER ? CELL_RECEIVING : CELL_FILTER + place(c->subscription.filter, STORY_FILTERS);
	k->cells[cell] = power_filter_value(c->subscription.options, c->subscription.identifier);
}

static void take_session(struct kept *k, const struct persist_change *c)
{
	int role = role_of(k, c->client);
	uint32_t expiry_s = role == PEER_QOS1 ? SESSION_EXPIRY_MAX_S : SESSION_EXPIRY_S;
	k->cells[CELL_SESSION + role] = 1;
	if (c->session.expiry_s != expiry_s || c->session.protocol != (role == PEER_QOS1 ? 4 : 5))
		blame(k->j, &k->j->wrong, "session %d lasts %u s", role, c->session.expiry_s);
}

static int take(void *ctx, const struct persist_change *c)
{
	struct kept *k = ctx;
	switch (c->type) {
	case PERSIST_RETAINED_SET:
		k->cells[CELL_TOPIC + place(c->retained.topic, STORY_TOPICS)] = number_of(k, c->retained.payload);
		break;
	case PERSIST_SESSION_PUT:
		take_session(k, c);
		break;
	case PERSIST_SUBSCRIPTION_PUT:
		take_subscription(k, c);
		break;
	case PERSIST_QUEUE_APPEND:
		take_queued(k, c);
		break;
	case PERSIST_QOS2_PUT:
		if (c->qos2.direction == PERSIST_INCOMING && role_of(k, c->client) == PEER_QOS2)
			k->incoming[c->qos2.packet_id] = true;
		else if (c->qos2.direction == PERSIST_OUTGOING && role_of(k, c->client) == PEER_RECEIVER)
			k->outgoing[c->qos2.packet_id] = true;
		break;
	case PERSIST_WILL_PUT:
		k->cells[CELL_WILL] = number_of(k, c->will.message.payload);
		if (c->will.delay_s != SESSION_EXPIRY_S)
			blame(k->j, &k->j->wrong, "the will waits %u s", c->will.delay_s);
		break;
	default:
		blame(k->j, &k->j->wrong, "a change of type %d", c->type);
	}
	return 0;
}

/* ---- comparing ------------------------------------------------------------------------- */

static void check_cell(struct kept *k, const struct story_cell *cell, int which)
{
	for (uint32_t op = cell->answered; op <= cell->asked; op++)
		if (cell->values[op] == k->cells[which])
			return;
	for (uint32_t op = 0; op < cell->answered; op++)
		if (cell->values[op] == k->cells[which]) {
			blame(k->j, &k->j->lost, "cell %d is as before: %u, not %u", which, k->cells[which], cell->values[cell->answered]);
			return;
		}
	blame(k->j, &k->j->wrong, "cell %d is %u, not %u", which, k->cells[which], cell->values[cell->answered]);
}

static void check_message(struct kept *k, const struct story_message *m, int of, uint32_t number)
{
	const struct queued *q = &k->queue[of][number];
	if (m->taken && !m->thanked && !q->times)
		blame(k->j, &k->j->lost, "message %u of QoS %d was acknowledged and is gone", number, of + 1);
	if (q->times && !m->asked)
		blame(k->j, &k->j->wrong, "message %u of QoS %d was never sent", number, of + 1);
	if (of != PEER_QOS2)
		return;
	if ((q->times > 1 || (q->times && m->let_go)) && !k->apart)
		blame(k->j, &k->j->again, "message %u of QoS 2 comes again", number);
	if (q->times && m->got && inflight_id((uint64_t)q->number) != m->got_id && !k->apart)
		blame(k->j, &k->j->again, "message %u of QoS 2 comes again under another identifier", number);
	if (m->thanked && !m->let_go && !q->times && !k->outgoing[m->got_id])
		blame(k->j, &k->j->lost, "the handshake of message %u with its receiver is gone", number);
}

/* The sender's handshakes: what it will send again must be known, and what it is done with must not be. */
static void check_way(struct kept *k, const struct model *m, uint16_t id)
{
	const struct story_way *way = &m->ways[PEER_QOS2][id - 1];
	const struct story_message *message = &m->messages[PEER_QOS2][way->number];
	bool there = k->queue[PEER_QOS2][way->number].times || message->got;
	bool known = k->incoming[id];
	if (way->way == WAY_FREE && known)
		blame(k->j, &k->j->lost, "identifier %u is still taken: its next message would be passed over", id);
	if (way->way == WAY_TAKEN && !known)
		blame(k->j, &k->j->lost, "identifier %u is forgotten before its PUBREL", id);
	if (way->way == WAY_SENT && known && !there)
		blame(k->j, &k->j->lost, "message %u is known and nowhere: it would be passed over", way->number);
	if (way->way == WAY_SENT && !known && there && !k->apart)
		blame(k->j, &k->j->again, "message %u is there and not known: it would come twice", way->number);
}

void power_judge(const struct persist_port *port, const struct model *model, bool apart, struct judgement *j)
{
	*j = (struct judgement){0};
	struct kept *k = calloc(1, sizeof *k);
	if (!k)
		power_fail("no memory");
	k->j = j;
	k->apart = apart;
	int err = port->load(port->ctx, take, k);
	if (err)
		blame(j, &j->wrong, "loading: error %d", err);
	for (int i = 0; i < CELLS; i++)
		check_cell(k, &model->cells[i], i);
	for (int of = 0; of < 2; of++)
		for (uint32_t n = 1; n < STORY_MESSAGES; n++)
			check_message(k, &model->messages[of][n], of, n);
	for (uint16_t id = 1; id <= STORY_WINDOW; id++)
		check_way(k, model, id);
	free(k);
}
