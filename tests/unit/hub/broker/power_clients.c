/* The clients. Each says what it does to the story first, and what it has received before it does anything else. */
#include "power_clients.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "mqtt/packet.h"

enum { EXPIRY_S = 3600, PATIENCE_MS = 40000, PACKETS = 900, READ_BYTES = 65536 };

struct peer {
	enum peer_role role;
	uint8_t version;
	int fd; /* -1: away */
	bool connected; /* CONNACK has come */
	struct buf in, out;
};

/* What the retainer has under way, by packet identifier - 1. */
struct retaining {
	bool sent;
	int topic;
	uint32_t op, value; /* 0: clears it */
	uint32_t order;
};

/* The wanderer asks for one thing at a time. */
struct wandering {
	bool asking;
	int cell;             /* CELL_FILTER and behind it; 0: nothing of a cell */
	uint32_t op;
	uint32_t will, session; /* operations that the connection stands for */
	uint32_t cleared[STORY_FILTERS]; /* operations of a clean start; 0: none */
	uint32_t wills;       /* numbers given */
};

struct power_clients {
	struct story *story;
	uint64_t *random;
	uint16_t port;
	struct peer peers[PEERS];
	struct retaining retaining[STORY_WINDOW];
	uint32_t retained; /* numbers given */
	struct wandering wandering;
	bool holds[UINT16_MAX + 1]; /* identifiers of the receiver's QoS 2 messages, until PUBREL */
	uint32_t held[UINT16_MAX + 1];
	bool subscribed;
	uint32_t session_ops[PEERS]; /* asked with the last CONNECT */
	unsigned packets;
	bool may_repeat;
};

static uint64_t dice(struct power_clients *k, uint64_t bound)
{
	return power_random(k->random, bound);
}

static void tell(struct power_clients *k, enum fact_kind kind, int cell, uint16_t id, uint32_t value)
{
	story_tell(k->story, &(struct fact){kind, cell, id, value});
}

/* Asks a cell to hold a value; returns the operation's number. */
static uint32_t ask(struct power_clients *k, int cell, uint32_t value)
{
	tell(k, FACT_ASK, cell, 0, value);
	return k->story->now.cells[cell].asked;
}

/* ---- sending ---------------------------------------------------------------------- */

static void put(struct peer *p, const struct packet *packet)
{
	size_t size = packet_size(packet, p->version);
	if (buf_reserve(&p->out, size))
		power_fail("no memory");
	struct wire_writer w = {.data = p->out.data + p->out.len, .cap = size};
	if (packet_encode(&w, packet, p->version))
		power_fail("a packet of type %u cannot be written", packet->type);
	p->out.len += size;
}

static void put_ack(struct peer *p, uint8_t type, uint16_t id)
{
	put(p, &(struct packet){.type = type, .ack = {.id = id}});
}

static void put_message(struct peer *p, uint16_t id, uint8_t qos, const char *topic, uint32_t number, bool again)
{
	char payload[16] = "";
	if (number)
		snprintf(payload, sizeof payload, "%u", number);
	put(p, &(struct packet){.type = PACKET_PUBLISH,
				.publish = {.qos = qos, .id = id, .dup = again, .retain = p->role == PEER_RETAINER,
					    .topic = span_str(topic), .payload = span_str(payload)}});
}

static void put_way(struct power_clients *k, int of, uint16_t id, bool again)
{
	const struct story_way *way = &k->story->now.ways[of][id - 1];
	char topic[8];
	snprintf(topic, sizeof topic, "q/%d", of);
	if (way->way == WAY_TAKEN || way->way == WAY_RELEASED) {
		if (way->way == WAY_TAKEN)
			tell(k, FACT_RELEASE, of, id, way->number);
		put_ack(&k->peers[of], PACKET_PUBREL, id);
	} else {
		put_message(&k->peers[of], id, of == PEER_QOS2 ? 2 : 1, topic, way->number, again);
	}
}

static void send_more(struct power_clients *k, int of)
{
	for (uint16_t id = 1; id <= STORY_WINDOW; id++) {
		uint32_t number = k->story->now.published[of] + 1;
		if (k->story->now.ways[of][id - 1].way != WAY_FREE || number >= STORY_MESSAGES || dice(k, 3) == 0)
			continue;
		tell(k, FACT_PUBLISH, of, id, number);
		put_way(k, of, id, false);
	}
}

/* After a reconnection, in the order of sending (MQTT 3.1.1 §4.4). */
static void send_again(struct power_clients *k, int of)
{
	for (uint32_t number = 1; number <= k->story->now.published[of]; number++)
		for (uint16_t id = 1; id <= STORY_WINDOW; id++) {
			const struct story_way *way = &k->story->now.ways[of][id - 1];
			if (way->way != WAY_FREE && way->number == number)
				put_way(k, of, id, true);
		}
}

static void put_retained(struct power_clients *k, uint16_t id, bool again)
{
	const struct retaining *r = &k->retaining[id - 1];
	char topic[8];
	snprintf(topic, sizeof topic, "r/%d", r->topic);
	put_message(&k->peers[PEER_RETAINER], id, 1, topic, r->value, again);
}

static void retain_more(struct power_clients *k)
{
	for (uint16_t id = 1; id <= STORY_WINDOW; id++) {
		struct retaining *r = &k->retaining[id - 1];
		if (r->sent || dice(k, 3) == 0 || k->retained + 1 >= STORY_OPS)
			continue;
		*r = (struct retaining){.sent = true, .topic = (int)dice(k, STORY_TOPICS), .order = ++k->retained};
		r->value = dice(k, 4) ? r->order : 0;
		r->op = ask(k, CELL_TOPIC + r->topic, r->value);
		put_retained(k, id, false);
	}
}

static void retain_again(struct power_clients *k)
{
	for (uint32_t order = 1; order <= k->retained; order++)
		for (uint16_t id = 1; id <= STORY_WINDOW; id++)
			if (k->retaining[id - 1].sent && k->retaining[id - 1].order == order)
				put_retained(k, id, true);
}

static void put_filter(struct peer *p, uint8_t type, const char *filter, uint8_t options, uint32_t identifier)
{
	uint8_t list[32];
	struct wire_writer w = {.data = list, .cap = sizeof list};
	const struct packet_filter entry = {.filter = span_str(filter), .qos = options & 3, .no_local = options >> 2 & 1,
					    .retain_as_published = options >> 3 & 1};
	packet_write_filter(&w, type, &entry, p->version);
	struct packet packet = {.type = type, .subscribe = {.id = 1, .count = 1, .filters = span_of(list, w.len)}};
	if (identifier) {
		packet.subscribe.props.subscription_id = identifier;
		props_set(&packet.subscribe.props, PROP_SUBSCRIPTION_ID);
	}
	put(p, &packet);
}

/* ---- coming and going --------------------------------------------------------------- */

static void go(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->connected = false;
	p->in.len = p->out.len = 0;
}

static void open_socket(struct power_clients *k, struct peer *p)
{
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(k->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || connect(p->fd, (const struct sockaddr *)&to, sizeof to) || fcntl(p->fd, F_SETFL, O_NONBLOCK))
		power_fail("no connection");
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

/* A clean start empties what there was, but only what comes with a later acknowledgement is certain. */
static void start_clean(struct power_clients *k)
{
	for (int i = 0; i < STORY_FILTERS; i++)
		k->wandering.cleared[i] = ask(k, CELL_FILTER + i, 0);
}

static void come(struct power_clients *k, struct peer *p)
{
	char id[2] = {(char)('0' + p->role)}, payload[16];
	struct packet packet = {.type = PACKET_CONNECT, .connect = {.version = p->version, .client_id = span_str(id)}};
	struct packet_connect *c = &packet.connect;
	open_socket(k, p);
	if (p->version == MQTT_V5) {
		c->props.session_expiry_s = EXPIRY_S;
		props_set(&c->props, PROP_SESSION_EXPIRY);
	}
	k->session_ops[p->role] = ask(k, CELL_SESSION + p->role, 1);
	if (p->role == PEER_WANDERER) {
		memset(k->wandering.cleared, 0, sizeof k->wandering.cleared);
		c->clean_start = dice(k, 4) == 0;
		if (c->clean_start)
			start_clean(k);
		snprintf(payload, sizeof payload, "%u", ++k->wandering.wills);
		k->wandering.will = ask(k, CELL_WILL, k->wandering.wills);
		c->has_will = true;
		c->will.topic = span_str("w/0");
		c->will.payload = span_str(payload);
		c->will.qos = 1;
		c->will.props.will_delay_s = EXPIRY_S;
		props_set(&c->will.props, PROP_WILL_DELAY);
		k->wandering.asking = false;
	}
	put(p, &packet);
}

static void wander(struct power_clients *k)
{
	struct peer *p = &k->peers[PEER_WANDERER];
	struct wandering *w = &k->wandering;
	char filter[8];
	if (dice(k, 12) == 0) { /* without a word, or taking the will back; the answer to what was asked is lost */
		if (dice(k, 2)) {
			ask(k, CELL_WILL, 0);
			put(p, &(struct packet){.type = PACKET_DISCONNECT});
			(void)!send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
		}
		go(p);
		return;
	}
	if (w->asking)
		return;
	int at = (int)dice(k, STORY_FILTERS);
	uint8_t options = (uint8_t)(dice(k, 3) | dice(k, 4) << 2);
	uint32_t identifier = (uint32_t)dice(k, 3);
	bool leave = dice(k, 3) == 0;
	snprintf(filter, sizeof filter, "f/%d", at);
	w->asking = true;
	w->cell = CELL_FILTER + at;
	w->op = ask(k, w->cell, leave ? 0 : power_filter_value(options, identifier));
	put_filter(p, leave ? PACKET_UNSUBSCRIBE : PACKET_SUBSCRIBE, filter, options, leave ? 0 : identifier);
}

/* ---- receiving ----------------------------------------------------------------------- */

static void answered(struct power_clients *k, int cell, uint32_t op)
{
	tell(k, FACT_ANSWER, cell, 0, op);
}

static void on_suback(struct power_clients *k, struct peer *p)
{
	/* UNSUBACK of what is not there, too, comes behind all that was noted before */
	struct wandering *w = &k->wandering;
	answered(k, CELL_SESSION + p->role, k->session_ops[p->role]);
	if (p->role == PEER_RECEIVER) {
		k->subscribed = true;
		answered(k, CELL_RECEIVING, 1);
		return;
	}
	answered(k, w->cell, w->op);
	answered(k, CELL_WILL, w->will);
	for (int i = 0; i < STORY_FILTERS; i++)
		if (w->cleared[i])
			answered(k, CELL_FILTER + i, w->cleared[i]);
	w->asking = false;
}

static void on_message(struct power_clients *k, struct peer *p, const struct packet_publish *m)
{
	char text[16] = "";
	int64_t number;
	if (p->role != PEER_RECEIVER || m->topic.len != 3 || m->payload.len >= sizeof text)
		power_fail("a message that nobody wanted");
	memcpy(text, m->payload.data, m->payload.len);
	int of = ((const char *)m->topic.data)[2] - '0';
	if (of < 0 || of > 1 || str_to_int(text, 1, STORY_MESSAGES - 1, &number))
		power_fail("a message that nobody sent");
	bool known = m->qos == 2 && k->holds[m->id];
	const struct story_message *before = &k->story->now.messages[of][number];
	if (m->qos == 2 && !known && before->got && !k->may_repeat)
		power_fail("message %d of QoS 2 came twice", (int)number);
	if (known && k->held[m->id] != (uint32_t)number)
		power_fail("identifier %u stands for two messages", m->id);
	tell(k, FACT_GOT, of, m->id, (uint32_t)number);
	if (m->qos == 2) {
		k->holds[m->id] = true;
		k->held[m->id] = (uint32_t)number;
	}
	if (dice(k, 16) == 0)
		return; /* forgotten until it comes again */
	tell(k, FACT_THANKED, of, m->id, (uint32_t)number);
	put_ack(p, m->qos == 2 ? PACKET_PUBREC : PACKET_PUBACK, m->id);
}

static void on_taken(struct power_clients *k, struct peer *p, uint16_t id)
{
	if (id < 1 || id > STORY_WINDOW)
		power_fail("an acknowledgement of nothing");
	answered(k, CELL_SESSION + p->role, k->session_ops[p->role]);
	if (p->role == PEER_RETAINER) {
		answered(k, CELL_TOPIC + k->retaining[id - 1].topic, k->retaining[id - 1].op);
		k->retaining[id - 1].sent = false;
		return;
	}
	const struct story_way *way = &k->story->now.ways[p->role][id - 1];
	if (way->way == WAY_SENT)
		tell(k, FACT_TAKEN, p->role, id, way->number);
	if (p->role == PEER_QOS2 && dice(k, 16)) /* else it waits for the next connection */
		put_way(k, p->role, id, false);
}

static void on_connack(struct power_clients *k, struct peer *p, const struct packet_connack *c)
{
	if (c->reason)
		power_fail("refused: 0x%02x", c->reason);
	p->connected = true;
	if (p->role == PEER_RECEIVER && !k->subscribed) {
		ask(k, CELL_RECEIVING, power_filter_value(2, 0));
		put_filter(p, PACKET_SUBSCRIBE, "q/#", 2, 0);
	} else if (p->role == PEER_RETAINER) {
		retain_again(k);
	} else if (p->role < PEER_RETAINER) {
		send_again(k, p->role);
	}
}

static void handle(struct power_clients *k, struct peer *p, const struct packet *packet)
{
	uint16_t id = packet->ack.id;
	k->packets++;
	switch (packet->type) {
	case PACKET_CONNACK:
		on_connack(k, p, &packet->connack);
		break;
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
		on_suback(k, p);
		break;
	case PACKET_PUBLISH:
		on_message(k, p, &packet->publish);
		break;
	case PACKET_PUBACK:
	case PACKET_PUBREC:
		if (packet->ack.reason >= 0x80)
			power_fail("refused: 0x%02x", packet->ack.reason);
		on_taken(k, p, id);
		break;
	case PACKET_PUBCOMP:
		tell(k, FACT_OVER, p->role, id, k->story->now.ways[p->role][id - 1].number);
		break;
	case PACKET_PUBREL:
		if (k->holds[id])
			tell(k, FACT_LET_GO, PEER_QOS2, id, k->held[id]);
		k->holds[id] = false;
		put_ack(p, PACKET_PUBCOMP, id);
		break;
	default:
		power_fail("a packet of type %u", packet->type);
	}
}

static void take_input(struct power_clients *k, struct peer *p)
{
	if (buf_reserve(&p->in, READ_BYTES))
		power_fail("no memory");
	ssize_t n = read(p->fd, p->in.data + p->in.len, READ_BYTES);
	if (n <= 0)
		power_fail("the broker has closed %d", (int)p->role);
	p->in.len += (size_t)n;
	struct wire_frame frame;
	size_t used = 0;
	while (p->fd >= 0 && wire_next(span_of(p->in.data + used, p->in.len - used), 1 << 20, &frame) == 0) {
		struct packet packet;
		if (packet_decode(&frame, p->version, &packet))
			power_fail("a packet that is none");
		handle(k, p, &packet);
		used += frame.size;
	}
	buf_consume(&p->in, used);
}

static void turn(struct power_clients *k)
{
	struct pollfd fds[PEERS];
	for (int i = 0; i < PEERS; i++)
		fds[i] = (struct pollfd){k->peers[i].fd, (short)(POLLIN | (k->peers[i].out.len ? POLLOUT : 0)), 0};
	if (poll(fds, PEERS, PATIENCE_MS) <= 0)
		power_fail("nothing comes any more");
	for (int i = 0; i < PEERS; i++) {
		struct peer *p = &k->peers[i];
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			take_input(k, p);
		if (p->fd >= 0 && p->out.len) {
			ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
			if (n > 0)
				buf_consume(&p->out, (size_t)n);
		}
	}
}

/* What the clients do by themselves before a turn. */
static void work(struct power_clients *k)
{
	for (int of = 0; of < 2; of++)
		if (k->peers[of].connected && k->subscribed)
			send_more(k, of);
	if (k->peers[PEER_RETAINER].connected)
		retain_more(k);
	if (k->peers[PEER_WANDERER].connected)
		wander(k);
	for (int i = 0; i < PEERS; i++) {
		struct peer *p = &k->peers[i];
		if (p->fd < 0 && (i != PEER_RECEIVER || dice(k, 10) == 0))
			come(k, p);
		else if (p->connected && i != PEER_WANDERER && k->subscribed && dice(k, 40) == 0)
			go(p);
	}
}

void power_clients_run(struct power_clients *k, uint16_t port)
{
	k->port = port;
	k->packets = 0;
	while (k->packets < PACKETS) {
		work(k);
		turn(k);
	}
	for (int i = 0; i < PEERS; i++)
		go(&k->peers[i]);
}

struct power_clients *power_clients_create(struct story *story, uint64_t *random, bool may_repeat)
{
	struct power_clients *k = calloc(1, sizeof *k);
	if (!k)
		power_fail("no memory");
	k->story = story;
	k->random = random;
	k->may_repeat = may_repeat;
	for (int i = 0; i < PEERS; i++)
		k->peers[i] = (struct peer){.role = (enum peer_role)i, .version = i == PEER_QOS1 ? MQTT_V311 : MQTT_V5, .fd = -1};
	return k;
}

void power_clients_destroy(struct power_clients **clients)
{
	struct power_clients *k = *clients;
	if (!k)
		return;
	for (int i = 0; i < PEERS; i++) {
		go(&k->peers[i]);
		buf_finish(&k->peers[i].in);
		buf_finish(&k->peers[i].out);
	}
	free(k);
	*clients = NULL;
}
