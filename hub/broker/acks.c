/* Acknowledgements that wait for the disk, and the receipts that some of them wait for. On the worker's thread, but for
 * receipt_hold and receipt_release. It knows packets only as types and identifiers. */
#include "broker/acks.h"

#include <stdlib.h>
#include <string.h>

#include "broker/connection.h"
#include "broker/persistence.h"
#include "broker/session.h"
#include "mqtt/reason.h"

enum { FIRST_CAP = 8 };

struct receipt {
	struct mail mail;      /* to the worker, when the last hold is released */
	struct worker *worker;
	struct acks *acks;     /* where its acknowledgement lies; NULL: nobody is to be told */
	struct session *left_by; /* whose connection ended before its PUBREC could go; NULL: none */
	struct receipt *next;  /* of traffic.receipts */
	uint16_t id;           /* then: of the message */
	bool patient;
	_Atomic unsigned holds;
	_Atomic int err;
};

struct item {
	struct ack ack;
	uint8_t *packet; /* owned; NULL: what ack says */
	size_t len;      /* of packet */
};

struct acks {
	struct list link; /* worker.waiting */
	struct connection *connection;
	struct item *items; /* owned */
	uint32_t count, cap;
	uint32_t of_type[16]; /* how many of each enum packet_type */
	bool queue_held;
};

static bool is_publish_ack(const struct ack *a)
{
	return a->type == PACKET_PUBACK || a->type == PACKET_PUBREC;
}

static void write_ack(struct connection *c, const struct ack *a)
{
	uint8_t flags = a->type == PACKET_PUBREL ? 2 : 0;
	uint8_t bytes[] = {(uint8_t)(a->type << 4 | flags), 2, (uint8_t)(a->id >> 8), (uint8_t)a->id, a->reason};
	if (c->version == MQTT_V5 && a->reason != REASON_SUCCESS) /* §3.4.2.1: success needs no reason code; 3.x has none */
		bytes[1] = 3;
	connection_send(c, bytes, 2u + bytes[1]);
}

static bool ready(const struct worker *worker, const struct ack *a)
{
	return !a->receipt && persistence_reached(worker->persistence, a->ticket);
}

static bool waits_behind(const struct acks *acks, uint8_t type)
{
	return acks && acks->of_type[type];
}

static struct acks *acks_of(struct connection *c)
{
	if (c->acks)
		return c->acks;
	c->acks = calloc(1, sizeof *c->acks);
	if (!c->acks) {
		c->broken = true;
		connection_touch(c);
		return NULL;
	}
	c->acks->connection = c;
	list_append(&c->worker->waiting, &c->acks->link);
	return c->acks;
}

static struct item *item_new(struct connection *c, uint8_t type)
{
	struct acks *acks = acks_of(c);
	if (!acks)
		return NULL;
	if (acks->count == acks->cap) {
		uint32_t cap = acks->cap ? acks->cap * 2 : FIRST_CAP;
		struct item *bigger = realloc(acks->items, cap * sizeof *bigger);
		if (!bigger) {
			c->broken = true;
			connection_touch(c);
			return NULL;
		}
		acks->items = bigger;
		acks->cap = cap;
	}
	acks->of_type[type]++;
	return &acks->items[acks->count++];
}

/* The message was not taken after all. */
static void refuse(struct connection *c, struct ack *ack)
{
	if (ack->reason >= 0x80)
		return;
	ack->reason = REASON_QUOTA_EXCEEDED;
	if (ack->type == PACKET_PUBREC) /* ends the handshake, §4.3.3 */
		(void)session_incoming_end(c->session, ack->id, NULL);
}

static void abandon(struct receipt *receipt)
{
	if (receipt)
		receipt->acks = NULL; /* freed by its mail */
}

/* The client may ask again for the PUBREC of a message that still is on its way to the disk elsewhere, so its session keeps
 * the receipt in mind. A message of QoS 1 comes again as a new one. */
static void leave(struct session *s, const struct ack *ack)
{
	struct receipt *receipt = ack->receipt;
	abandon(receipt);
	if (!receipt || !s || ack->type != PACKET_PUBREC || !id_set_has(&s->traffic->incoming, ack->id))
		return; /* a client that sends PUBREL before it has our PUBREC has ended its handshake */
	receipt->left_by = s;
	receipt->id = ack->id;
	receipt->next = s->traffic->receipts;
	s->traffic->receipts = receipt;
}

void acks_send(struct connection *c, const struct ack *ack)
{
	if (ready(c->worker, ack) && !waits_behind(c->acks, ack->type)) {
		write_ack(c, ack);
		return;
	}
	struct item *item = item_new(c, ack->type);
	if (!item) {
		abandon(ack->receipt);
		return;
	}
	*item = (struct item){.ack = *ack};
	if (ack->receipt)
		ack->receipt->acks = c->acks;
}

void acks_send_encoded(struct connection *c, const struct packet *packet, uint32_t ticket)
{
	const struct ack ack = {.type = packet->type, .ticket = ticket};
	size_t size = packet_size(packet, c->version);
	if (size > c->max_packet_out || (ready(c->worker, &ack) && !waits_behind(c->acks, ack.type))) {
		if (!connection_send_packet(c, packet)) /* an answer left out would be waited for */
			connection_end(c, REASON_PACKET_TOO_LARGE);
		return;
	}
	uint8_t *copy = size ? malloc(size) : NULL;
	struct wire_writer w = {.data = copy, .cap = size};
	struct item *item = copy && packet_encode(&w, packet, c->version) == 0 ? item_new(c, ack.type) : NULL;
	if (!item) {
		free(copy);
		c->broken = true;
		connection_touch(c);
		return;
	}
	*item = (struct item){.ack = ack, .packet = copy, .len = size};
}

void acks_send_with(struct connection *c, const struct ack *ack, const char *detail)
{
	if (!detail || ack->receipt || c->version != MQTT_V5) { /* what has to wait for others fits no encoded packet */
		acks_send(c, ack);
		return;
	}
	struct packet packet = {.type = ack->type, .ack = {.id = ack->id, .reason = ack->reason}};
	packet.ack.props.reason_string = span_str(detail);
	props_set(&packet.ack.props, PROP_REASON_STRING);
	acks_send_encoded(c, &packet, ack->ticket);
}

void acks_hold_queue(struct connection *c)
{
	struct acks *acks = acks_of(c);
	if (acks)
		acks->queue_held = true;
}

uint32_t acks_of_type(const struct connection *c, uint8_t type)
{
	return c->acks ? c->acks->of_type[type] : 0;
}

uint32_t acks_count(const struct connection *c)
{
	return c->acks ? c->acks->count : 0;
}

static void send_item(struct acks *acks, struct item *item)
{
	struct connection *c = acks->connection;
	if (item->packet)
		connection_send(c, item->packet, item->len);
	else
		write_ack(c, &item->ack);
	acks->of_type[item->ack.type]--;
	free(item->packet);
}

/* Sends what may be sent. What may not holds back only its own type: a handshake that waits for a
 * failing disk does not stop the others. */
static void flush(struct acks *acks)
{
	const struct worker *worker = acks->connection->worker;
	unsigned held = 0; /* a bit for each type */
	uint32_t kept = 0;
	for (uint32_t i = 0; i < acks->count; i++) {
		struct item *item = &acks->items[i];
		if (!(held & 1u << item->ack.type) && ready(worker, &item->ack)) {
			send_item(acks, item);
			continue;
		}
		held |= 1u << item->ack.type;
		acks->items[kept++] = *item;
	}
	acks->count = kept;
}

/* After a flush: wakes what waited for room or for the disk, and frees what is empty. */
static void settle(struct acks *acks)
{
	struct connection *c = acks->connection;
	if (acks->queue_held) {
		acks->queue_held = false; /* the queue says again if it has to go on waiting */
		connection_touch(c);
	}
	if (acks->count == 0 && !acks->queue_held)
		acks_drop(c); /* first, for nothing would resume a connection on which nothing waits */
	if (c->paused)
		connection_resume(c);
}

void acks_progress(struct worker *worker)
{
	list_each(acks, &worker->waiting, struct acks, link) {
		flush(acks);
		settle(acks);
	}
}

/* What becomes of one that waits for a disk that takes nothing. */
static void fail(struct connection *c, struct item *item)
{
	struct ack *ack = &item->ack;
	if (persistence_reached(c->worker->persistence, ack->ticket))
		return;
	if (item->packet) {
		ack->ticket = 0;
	} else if (is_publish_ack(ack) && c->version == MQTT_V5 && !ack->again) {
		ack->ticket = 0;
		refuse(c, ack);
	}
}

void acks_fail(struct worker *worker)
{
	list_each(acks, &worker->waiting, struct acks, link) {
		for (uint32_t i = 0; i < acks->count; i++)
			fail(acks->connection, &acks->items[i]);
		flush(acks);
		settle(acks);
	}
}

void acks_drop(struct connection *c)
{
	struct acks *acks = c->acks;
	if (!acks)
		return;
	c->acks = NULL;
	for (uint32_t i = 0; i < acks->count; i++) {
		leave(c->session, &acks->items[i].ack);
		free(acks->items[i].packet);
	}
	list_remove(&acks->link);
	free(acks->items);
	free(acks);
}

/* --- receipts --------------------------------------------------------------- */

static uint32_t note_handshake(struct session *s, uint16_t id)
{
	return persistence_qos2(s, &(struct persist_qos2){.packet_id = id, .direction = PERSIST_INCOMING});
}

void acks_note_handshake(struct connection *c, struct ack *ack)
{
	uint32_t ticket = note_handshake(c->session, ack->id);
	if (ticket)
		ack->ticket = ticket;
}

/* Takes it out of its session. */
static void unlink_left(struct receipt *receipt)
{
	struct receipt **at = &receipt->left_by->traffic->receipts;
	while (*at != receipt)
		at = &(*at)->next;
	*at = receipt->next;
	receipt->left_by = NULL;
}

struct receipt *receipt_left(struct session *s, uint16_t id)
{
	struct receipt *receipt = s->traffic->receipts;
	while (receipt && receipt->id != id)
		receipt = receipt->next;
	if (receipt)
		unlink_left(receipt);
	return receipt;
}

void receipts_forget(struct traffic *traffic)
{
	while (traffic->receipts) {
		traffic->receipts->left_by = NULL;
		traffic->receipts = traffic->receipts->next;
	}
}

/* What the receipt's acknowledgement has to say, now that all is known. */
static void tell(struct connection *c, struct ack *ack, int err)
{
	ack->receipt = NULL;
	if (!err && ack->type == PACKET_PUBREC && id_set_has(&c->session->traffic->incoming, ack->id))
		acks_note_handshake(c, ack);
	if (!err)
		return;
	refuse(c, ack);
	if (c->version != MQTT_V5) /* it cannot be told, and must not be told a lie: the message may come again, as a new one */
		connection_end(c, REASON_QUOTA_EXCEEDED);
}

/* The same when nobody is there to be told. */
static void settle_left(struct receipt *receipt)
{
	struct session *s = receipt->left_by;
	unlink_left(receipt);
	if (atomic_load(&receipt->err))
		(void)session_incoming_end(s, receipt->id, NULL);
	else if (id_set_has(&s->traffic->incoming, receipt->id))
		note_handshake(s, receipt->id);
}

/* The last hold is released. */
static void on_settled(struct mail *mail, void *owner)
{
	struct receipt *receipt = container_of(mail, struct receipt, mail);
	struct worker *worker = owner;
	struct acks *acks = receipt->acks;
	struct connection *c = acks ? acks->connection : NULL;
	for (uint32_t i = 0; acks && i < acks->count; i++)
		if (acks->items[i].ack.receipt == receipt) {
			tell(c, &acks->items[i].ack, atomic_load(&receipt->err));
			break;
		}
	if (receipt->left_by)
		settle_left(receipt);
	free(receipt);
	if (c && !c->ending) {
		flush(acks);
		settle(acks);
	}
	worker->receipts--;
	worker_settled(worker);
}

struct receipt *receipt_create(struct worker *worker, bool patient)
{
	struct receipt *receipt = calloc(1, sizeof *receipt);
	if (!receipt)
		return NULL;
	receipt->mail.deliver = on_settled;
	receipt->worker = worker;
	receipt->patient = patient;
	atomic_init(&receipt->holds, 1);
	return receipt;
}

bool receipt_pending(struct receipt *receipt)
{
	if (!receipt)
		return false;
	receipt->worker->receipts++; /* before it can be settled */
	if (atomic_fetch_sub(&receipt->holds, 1) > 1)
		return true;
	receipt->worker->receipts--;
	free(receipt);
	return false;
}

void receipt_hold(struct receipt *receipt)
{
	if (receipt)
		atomic_fetch_add_explicit(&receipt->holds, 1, memory_order_relaxed);
}

bool receipt_is_patient(const struct receipt *receipt)
{
	return receipt->patient;
}

void receipt_release(struct receipt *receipt, int err)
{
	if (!receipt)
		return;
	if (err)
		atomic_store(&receipt->err, err);
	if (atomic_fetch_sub(&receipt->holds, 1) == 1)
		loop_post(receipt->worker->loop, &receipt->mail);
}
