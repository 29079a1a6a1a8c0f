/* A whole broker, turned by hand on a clock that stands still, and four clients who say what the input tells
 * them to: well-formed packets, raw bytes, acknowledgements of anything, silence, a full socket, a torn connection, hours
 * that pass. After each step all that the broker wrote is decoded and held against what a client may be told:
 *
 * - CONNACK first and once, then only what a server may send in that version, nothing after DISCONNECT;
 * - no packet larger than the client takes, no more unacknowledged messages than its receive maximum;
 * - no PUBLISH that the client has not subscribed to, no topic alias that it was not given;
 * - no more acknowledgements than there was to acknowledge;
 * - the counters agree with what is there, and when all have gone nothing is left.
 *
 * The disk that it may have answers when the input says so, or fails.
 *
 * An input is a byte for workers and disk, then a list of steps: a byte whose upper bits are the client and the lower ones the step, then its arguments. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "model/persist.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"
#include "support/virtual_broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	CLIENTS = 4,
	MAX_FILTERS = 1000, /* remembered; with more a session is not judged */
	MAX_ID_BYTES = 32,  /* likewise */
	MAX_FILTER_BYTES = 64,
	TYPES = 16,
	MAX_STEPS = 400,
	MAX_CONNECTIONS = MAX_STEPS,
	MAX_WAITING = 4096,
};

/* A filter that some session has been asked for, and by which connection. */
struct wish {
	char client_id[MAX_ID_BYTES + 1];
	uint8_t filter[MAX_FILTER_BYTES];
	size_t filter_len;
	unsigned connection;
};

/* What we know of one client, from its own bytes and the broker's. */
struct client {
	struct virtual_client link;
	struct buf said;     /* its bytes that are not whole packets yet */
	bool lost;           /* they make no sense any more: the broker has to end it */
	bool connected;      /* CONNACK 0 has come */
	bool greeted, ended; /* any CONNACK, any DISCONNECT */
	bool unjudged;       /* the client id is too long to be remembered, or there was too much to remember */
	bool keeps;          /* MQTT 3.1 has no flag that tells whether a session was there */
	bool blind;          /* it acknowledged what it had not got: its window cannot be known */
	char id[MAX_ID_BYTES + 1];
	unsigned connection;     /* serial number */
	unsigned since;          /* the connection with which the session began */
	uint32_t max_packet;     /* UINT32_MAX: any */
	uint32_t receive_max, in_flight;
	uint16_t alias_max;
	uint32_t asked[TYPES];   /* packets that want an answer of this type, less the answers */
	uint8_t open[65536 / 8]; /* identifiers of unacknowledged messages */
	uint8_t aliased[65536 / 8];
};

/* When the session of a client id began. */
struct session_age {
	char client_id[MAX_ID_BYTES + 1];
	unsigned since; /* connection */
};

/* A disk that answers when the input says so, and how. */
static struct {
	bool held;  /* answers wait for a step; else they come at once */
	int fail;   /* what they are */
	int refuse; /* what is said to new changes */
	struct persist_done waiting[MAX_WAITING];
	size_t count;
} disk;

static struct client clients[CLIENTS];
static struct session_age ages[MAX_CONNECTIONS];
static size_t age_count;
static struct wish wishes[MAX_FILTERS];
static size_t wish_count;
static unsigned connections;
static struct span input;

static void check(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_session: %s\n", what);
	abort();
}

/* The broker's log, which has thousands of failing disks to tell of (the linker's --wrap). */
void __wrap_log_write(enum log_level level, const char *subject, const char *format, ...);

void __wrap_log_write(enum log_level level, const char *subject, const char *format, ...)
{
	(void)level;
	(void)subject;
	(void)format;
}

static uint8_t take(void)
{
	if (input.len == 0)
		return 0;
	uint8_t byte = *input.data;
	input = span_of(input.data + 1, input.len - 1);
	return byte;
}

static bool bit_get(const uint8_t *bits, uint16_t n)
{
	return bits[n / 8] >> (n % 8) & 1;
}

static void bit_set(uint8_t *bits, uint16_t n, bool on)
{
	bits[n / 8] = (uint8_t)((bits[n / 8] & ~(1 << n % 8)) | on << n % 8);
}

/* --- the disk --------------------------------------------------------------------- */

static int disk_append(void *ctx, const struct persist_change *changes, size_t count, const struct persist_done *done)
{
	(void)ctx;
	check(count == 0 || changes != NULL, "changes that are none");
	if (disk.refuse || disk.count == MAX_WAITING)
		return disk.refuse ? disk.refuse : ERR_FULL;
	disk.waiting[disk.count++] = *done;
	return 0;
}

static int disk_load(void *ctx, persist_each *each, void *each_ctx)
{
	(void)ctx;
	(void)each;
	(void)each_ctx;
	return 0;
}

static const struct persist_port disk_port = {.append = disk_append, .load = disk_load};

/* Answers the first few that wait. */
static void disk_answer(size_t count)
{
	while (count-- && disk.count) {
		struct persist_done first = disk.waiting[0];
		disk.count--;
		memmove(disk.waiting, disk.waiting + 1, disk.count * sizeof first);
		if (first.fn)
			first.fn(first.ctx, disk.fail);
	}
}

/* Lets the broker and, unless it is held, the disk come to rest. */
static void settle(void)
{
	virtual_broker_settle();
	while (disk.count && !disk.held) {
		disk_answer(disk.count);
		virtual_broker_settle();
	}
}

static void step_disk(void)
{
	uint8_t how = take();
	disk.fail = how & 1 ? ERR_DISK_FULL : 0;
	disk.refuse = how & 2 ? ERR_FULL : 0;
	disk_answer(how >> 2);
	settle();
}

/* --- what a client says, as we understand it ------------------------------------ */

static void heed_connect(struct client *c, const struct packet_connect *p)
{
	if (c->link.version) { /* a second one */
		c->lost = true;
		return;
	}
	c->link.version = p->version;
	c->keeps = p->version == MQTT_V31 && !p->clean_start;
	c->unjudged = p->client_id.len > MAX_ID_BYTES;
	if (c->unjudged)
		return;
	/* an assigned id: a session of its own */
	snprintf(c->id, sizeof c->id, p->client_id.len ? "%.*s" : "%.*s%c%u", (int)p->client_id.len,
		 (const char *)p->client_id.data, 1, c->connection);
	const struct props *props = &p->props;
	c->max_packet = props_has(props, PROP_MAXIMUM_PACKET_SIZE) ? props->maximum_packet_size_bytes : UINT32_MAX;
	c->receive_max = props_has(props, PROP_RECEIVE_MAXIMUM) ? props->receive_maximum : UINT16_MAX;
	c->alias_max = props_has(props, PROP_TOPIC_ALIAS_MAXIMUM) ? props->topic_alias_maximum : 0;
}

static void heed_subscribe(struct client *c, const struct packet_subscribe *p)
{
	struct span cursor = p->filters, name, rest;
	struct packet_filter entry;
	while (packet_next_filter(&cursor, PACKET_SUBSCRIBE, c->link.version, &entry)) {
		struct span filter = topic_split_shared(entry.filter, &name, &rest) ? rest : entry.filter;
		if (wish_count == MAX_FILTERS || filter.len > MAX_FILTER_BYTES) {
			c->unjudged = true;
			return;
		}
		struct wish *w = &wishes[wish_count++];
		*w = (struct wish){.filter_len = filter.len, .connection = c->connection};
		memcpy(w->client_id, c->id, sizeof w->client_id);
		memcpy(w->filter, filter.data, filter.len);
	}
}

static void heed_ack(struct client *c, const struct packet *p)
{
	bool ends = p->type == PACKET_PUBACK || p->type == PACKET_PUBCOMP ||
		    (p->type == PACKET_PUBREC && p->ack.reason >= 0x80);
	if (p->type == PACKET_PUBREC)
		c->asked[PACKET_PUBREL]++;
	if (p->type == PACKET_PUBREL)
		c->asked[PACKET_PUBCOMP]++;
	if (!ends)
		return;
	if (bit_get(c->open, p->ack.id))
		c->in_flight--;
	else
		c->blind = true;
	bit_set(c->open, p->ack.id, false);
}

static void heed(struct client *c, const struct packet *p)
{
	if ((p->type == PACKET_CONNECT) == (c->link.version != 0)) {
		c->lost = true;
		return;
	}
	switch (p->type) {
	case PACKET_CONNECT:
		heed_connect(c, &p->connect);
		break;
	case PACKET_PUBLISH:
		if (p->publish.qos)
			c->asked[p->publish.qos == 1 ? PACKET_PUBACK : PACKET_PUBREC]++;
		break;
	case PACKET_SUBSCRIBE:
		c->asked[PACKET_SUBACK]++;
		heed_subscribe(c, &p->subscribe);
		break;
	case PACKET_UNSUBSCRIBE:
		c->asked[PACKET_UNSUBACK]++;
		break;
	case PACKET_PINGREQ:
		c->asked[PACKET_PINGRESP]++;
		break;
	case PACKET_AUTH:
		c->asked[PACKET_AUTH]++;
		break;
	default:
		heed_ack(c, p);
		break;
	}
}

/* Feeds the broker and follows what is said. */
static void say(struct client *c, const void *bytes, size_t len)
{
	virtual_client_feed(&c->link, bytes, len);
	check(buf_append(&c->said, bytes, len) == 0, "no memory");
	struct wire_frame frame;
	struct packet packet;
	while (!c->lost && wire_next(buf_span(&c->said), 65536, &frame) == 0) {
		if (packet_decode(&frame, c->link.version, &packet))
			c->lost = true;
		else
			heed(c, &packet);
		buf_consume(&c->said, frame.size);
	}
	settle();
}

/* --- what the broker says ---------------------------------------------------------- */

static bool wished_for(const struct client *c, struct span topic)
{
	for (size_t i = 0; i < wish_count; i++) {
		struct span filter = span_of(wishes[i].filter, wishes[i].filter_len);
		if (wishes[i].connection >= c->since && strcmp(wishes[i].client_id, c->id) == 0 &&
		    topic_matches(filter, topic))
			return true;
	}
	return false;
}

/* Which wishes count: those of the connections since the session began. */
static unsigned session_begin(const struct client *c, bool present)
{
	struct session_age *age = ages;
	while (age < ages + age_count && strcmp(age->client_id, c->id) != 0)
		age++;
	if (age == ages + MAX_CONNECTIONS)
		return 0;
	if (age == ages + age_count) {
		age_count++;
		memcpy(age->client_id, c->id, sizeof c->id);
		age->since = 0;
	}
	if (!present)
		age->since = c->connection;
	return age->since;
}

static void judge_connack(struct client *c, const struct packet_connack *p)
{
	check(!c->greeted, "two CONNACK");
	c->greeted = true;
	c->connected = p->reason == 0;
	check(c->connected || !p->session_present, "a refusal with a session");
	if (c->connected)
		c->since = session_begin(c, p->session_present || c->keeps);
}

static void judge_publish(struct client *c, const struct packet_publish *p)
{
	check(p->qos || !p->dup, "QoS 0 again");
	uint16_t alias = props_has(&p->props, PROP_TOPIC_ALIAS) ? p->props.topic_alias : 0;
	check(alias <= c->alias_max, "a topic alias over the client's maximum");
	check(p->topic.len || (alias && bit_get(c->aliased, alias)), "a topic alias that was never set");
	if (alias)
		bit_set(c->aliased, alias, true);
	if (p->topic.len && !c->unjudged)
		check(wished_for(c, p->topic), "a message that nobody subscribed to");
	if (p->qos == 0)
		return;
	if (bit_get(c->open, p->id))
		check(c->blind, "a packet identifier that is in use");
	else
		c->in_flight++;
	bit_set(c->open, p->id, true);
	check(c->blind || c->in_flight <= c->receive_max, "more than the receive maximum");
}

static void judge(struct client *c, const struct packet *p, size_t size)
{
	static const bool servers[TYPES] = {
		[PACKET_CONNACK] = true, [PACKET_PUBLISH] = true, [PACKET_PUBACK] = true, [PACKET_PUBREC] = true,
		[PACKET_PUBREL] = true, [PACKET_PUBCOMP] = true, [PACKET_SUBACK] = true, [PACKET_UNSUBACK] = true,
		[PACKET_PINGRESP] = true, [PACKET_DISCONNECT] = true, [PACKET_AUTH] = true,
	};
	static const bool answers[TYPES] = {
		[PACKET_PUBACK] = true, [PACKET_PUBREC] = true, [PACKET_PUBCOMP] = true, [PACKET_SUBACK] = true,
		[PACKET_UNSUBACK] = true, [PACKET_PINGRESP] = true,
	};
	check(servers[p->type], "a client's packet");
	check(size <= c->max_packet, "a packet larger than the client takes");
	check(!c->ended, "a packet after DISCONNECT");
	check(c->connected || p->type == PACKET_CONNACK || p->type == PACKET_AUTH, "a packet before CONNACK");
	if (answers[p->type])
		check(c->asked[p->type]-- > 0, "an answer to nothing");
	if (p->type == PACKET_DISCONNECT || p->type == PACKET_AUTH)
		check(c->link.version == MQTT_V5 && reason_allowed(p->reason.reason, p->type), "a packet of 5.0");
	c->ended = p->type == PACKET_DISCONNECT;
	if (p->type == PACKET_CONNACK)
		judge_connack(c, &p->connack);
	else if (p->type == PACKET_PUBLISH)
		judge_publish(c, &p->publish);
}

static void judge_all(void)
{
	struct broker_stats stats;
	unsigned there = 0;
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &clients[i];
		struct packet packet;
		struct wire_frame frame;
		if (!c->link.version && c->link.from_broker.len > 1) /* the refusal of a CONNECT that makes no sense */
			c->link.version = c->link.from_broker.data[1] == 2 ? MQTT_V311 : MQTT_V5;
		while (virtual_client_receive(&c->link, &packet, &frame))
			judge(c, &packet, frame.size);
		there += c->link.stream && c->connected;
	}
	broker_stats_get(virtual_broker(), &stats);
	check(stats.sessions >= stats.connections, "a connection without a session");
	check(stats.connections >= there, "a connection that is not counted");
}

/* --- steps ------------------------------------------------------------------------------ */

static const char *const topics[] = {"a", "a/b", "a/b/c", "b", "/", "a/", "$x/a", "long/topic/of/many/levels/and/letters"};
static const char *const filters[] = {"a", "a/b", "#", "+", "a/#", "+/+", "a/+/c", "/", "$x/#", "b",
				      "$share/g/a/#", "$share/g/#", "$share/h/+", "$share/g", "a/#/b", "a+"};

static struct span topic_of(uint8_t byte)
{
	return span_str(topics[byte % (sizeof topics / sizeof *topics)]);
}

static void say_packet(struct client *c, const struct packet *p)
{
	size_t size = packet_size(p, c->link.version);
	uint8_t *bytes = malloc(size + 1);
	struct wire_writer w = {.data = bytes, .cap = size};
	check(bytes != NULL, "no memory");
	if (packet_encode(&w, p, c->link.version) == 0)
		say(c, bytes, w.len);
	free(bytes);
}

static void open_client(struct client *c)
{
	buf_finish(&c->said);
	struct virtual_client link = c->link;
	memset(c, 0, sizeof *c);
	c->link = link;
	c->connection = ++connections;
	c->max_packet = UINT32_MAX;
	virtual_client_open(&c->link, 0);
}

static void hang_up(struct client *c)
{
	virtual_client_close(&c->link);
	c->connected = false;
	settle();
}

static void step_connect(struct client *c)
{
	static const char *const ids[] = {"a", "b", "c", ""};
	static const uint32_t sizes[] = {0, 64, 200, 1000};
	uint8_t who = take(), flags = take(), limits = take(), will = take();
	struct packet p = {.type = PACKET_CONNECT};
	p.connect.version = (uint8_t)(3 + flags % 3);
	p.connect.clean_start = flags & 8;
	p.connect.keep_alive_s = flags & 16 ? 10 : 0;
	p.connect.client_id = span_str(ids[who % 4]);
	if (flags & 32) {
		p.connect.props.session_expiry_s = flags & 64 ? UINT32_MAX : 100;
		props_set(&p.connect.props, PROP_SESSION_EXPIRY);
	}
	if (limits & 1) {
		p.connect.props.receive_maximum = (uint16_t)(1 + (limits >> 4));
		props_set(&p.connect.props, PROP_RECEIVE_MAXIMUM);
	}
	if (limits & 6) {
		p.connect.props.maximum_packet_size_bytes = sizes[limits >> 1 & 3];
		props_set(&p.connect.props, PROP_MAXIMUM_PACKET_SIZE);
	}
	if (limits & 8) {
		p.connect.props.topic_alias_maximum = 2;
		props_set(&p.connect.props, PROP_TOPIC_ALIAS_MAXIMUM);
	}
	if (will & 1) {
		p.connect.has_will = true;
		p.connect.will.topic = topic_of(will >> 4);
		p.connect.will.payload = span_str("will");
		p.connect.will.qos = (uint8_t)((will >> 1 & 3) % 3);
		p.connect.will.retain = will & 8;
		p.connect.will.props.will_delay_s = who;
		props_set(&p.connect.will.props, PROP_WILL_DELAY);
	}
	if (c->link.stream)
		hang_up(c);
	open_client(c);
	struct wire_writer w = {.data = (uint8_t[256]){0}, .cap = 256};
	check(packet_encode(&w, &p, p.connect.version) == 0, "a CONNECT that cannot be said");
	say(c, w.data, w.len);
}

static void step_publish(struct client *c)
{
	static const uint8_t payload[255 * 40];
	uint8_t flags = take(), topic = take(), id = take(), more = take();
	struct packet p = {.type = PACKET_PUBLISH};
	p.publish.qos = (uint8_t)((flags & 3) % 3);
	p.publish.retain = flags & 4;
	p.publish.dup = p.publish.qos && flags & 8;
	p.publish.id = p.publish.qos ? (uint16_t)(1 + id) : 0;
	p.publish.topic = topic_of(topic);
	p.publish.payload = span_of(payload, flags & 16 ? more * 40u : more % 8u);
	if (flags & 32) {
		p.publish.props.message_expiry_s = more;
		props_set(&p.publish.props, PROP_MESSAGE_EXPIRY);
	}
	if (flags & 64) {
		p.publish.props.topic_alias = (uint16_t)(topic >> 4);
		props_set(&p.publish.props, PROP_TOPIC_ALIAS);
		if (topic & 8)
			p.publish.topic = (struct span){0};
	}
	if (flags & 128) {
		p.publish.props.user = span_str("\x26\0\1n\0\1v\x26\0\1n\0\1w");
		p.publish.props.user.data = (const uint8_t *)"\x26\0\1n\0\1v\x26\0\1n\0\1w";
		p.publish.props.user.len = 14;
		props_set(&p.publish.props, PROP_USER_PROPERTY);
	}
	say_packet(c, &p);
}

static void step_subscribe(struct client *c, uint8_t type)
{
	uint8_t which = take(), options = take();
	struct wire_writer w = {.data = (uint8_t[128]){0}, .cap = 128};
	struct packet p = {.type = type, .subscribe = {.id = 7}};
	for (unsigned i = 0; i <= which >> 6; i++) {
		wire_write_binary(&w, span_str(filters[(which + i) % 16]));
		if (type == PACKET_SUBSCRIBE)
			wire_write_u8(&w, options & 0x3f);
	}
	p.subscribe.filters = span_of(w.data, w.len);
	p.subscribe.count = (which >> 6) + 1u;
	if (options & 0x40 && type == PACKET_SUBSCRIBE) {
		p.subscribe.props.subscription_id = 1u + which;
		props_set(&p.subscribe.props, PROP_SUBSCRIPTION_ID);
	}
	say_packet(c, &p);
}

/* Acknowledges what has come, like a good client: the first few, or all. */
static void step_acknowledge(struct client *c)
{
	uint8_t how = take();
	unsigned left = how & 15 ? how & 15u : 65536;
	for (uint32_t id = 1; id < 65536 && left && c->connected; id++) {
		if (!bit_get(c->open, (uint16_t)id))
			continue;
		left--;
		static const uint8_t types[] = {PACKET_PUBACK, PACKET_PUBREC, PACKET_PUBCOMP, PACKET_PUBREL};
		for (int i = how >> 7; i < 3; i++)
			say_packet(c, &(struct packet){.type = types[i], .ack = {.id = (uint16_t)id}});
	}
}

static void step_raw(struct client *c)
{
	size_t len = take();
	if (len > input.len)
		len = input.len;
	struct span bytes = span_of(input.data, len);
	input = span_of(input.data + len, input.len - len);
	if (!c->link.stream && c->link.hung_up)
		open_client(c);
	if (len)
		say(c, bytes.data, bytes.len);
}

static void step_disconnect(struct client *c)
{
	uint8_t flags = take();
	struct packet p = {.type = PACKET_DISCONNECT};
	p.reason.reason = flags & 1 ? REASON_DISCONNECT_WITH_WILL : 0;
	if (flags & 2) {
		p.reason.props.session_expiry_s = flags >> 2;
		props_set(&p.reason.props, PROP_SESSION_EXPIRY);
	}
	say_packet(c, &p);
	c->lost = true;
}

static void step(void)
{
	uint8_t what = take();
	struct client *c = &clients[what >> 6];
	switch (what & 15) {
	case 0: case 1: step_connect(c); break;
	case 2: hang_up(c); break;
	case 3: case 4: step_publish(c); break;
	case 5: case 6: step_subscribe(c, PACKET_SUBSCRIBE); break;
	case 7: step_subscribe(c, PACKET_UNSUBSCRIBE); break;
	case 8: step_acknowledge(c); break;
	case 9: {
		uint8_t type = take(), id = take(), reason = take();
		say_packet(c, &(struct packet){.type = (uint8_t)(PACKET_PUBACK + type % 4),
					       .ack = {.id = (uint16_t)(1 + id), .reason = reason}});
		break;
	}
	case 10: say_packet(c, &(struct packet){.type = PACKET_PINGREQ}); break;
	case 11: step_disconnect(c); break;
	case 12:
		virtual_broker_advance((int64_t)take() * (what & 16 ? 10 : 1000));
		settle();
		break;
	case 13:
		c->link.writable = what & 16 ? SIZE_MAX : take();
		settle();
		break;
	case 14: step_raw(c); break;
	default: step_disk(); break;
	}
}

static void everybody_leaves(void)
{
	struct broker_stats stats;
	disk.held = false;
	disk.fail = disk.refuse = 0;
	for (int i = 0; i < CLIENTS; i++)
		hang_up(&clients[i]);
	virtual_broker_advance(1000); /* who was slowed down is listened to again */
	broker_stats_get(virtual_broker(), &stats);
	check(stats.connections == 0, "a connection of nobody");
	for (int i = 0; i < 3; i++) {
		virtual_broker_advance(INT64_C(8) * 24 * 3600 * 1000);
		settle();
	}
	broker_stats_get(virtual_broker(), &stats);
	check(stats.sessions == 0 && stats.subscriptions == 0, "a session that outlives its expiry");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct access_table *table = NULL;
	struct broker_config config = broker_config_default();
	check(sodium_init() >= 0 && access_table_create_open(&table) == 0, "it cannot begin");
	input = span_of(data, size);
	uint8_t kind = take();
	config.workers = 1 + kind % 2;
	memset(&disk, 0, sizeof disk);
	disk.held = kind & 4;
	config.persist = kind & 2 ? &disk_port : NULL;
	config.max_packet_bytes = 16384;
	config.max_queued_messages = 50;
	config.max_queued_bytes = 20000;
	config.max_inflight = 20;
	virtual_broker_start(&config, NULL, table);
	memset(clients, 0, sizeof clients);
	for (int i = 0; i < CLIENTS; i++)
		clients[i].link.hung_up = true;
	wish_count = age_count = connections = 0;
	for (int i = 0; input.len && i < MAX_STEPS; i++) {
		step();
		judge_all();
	}
	everybody_leaves();
	for (int i = 0; i < CLIENTS; i++)
		buf_finish(&clients[i].said);
	virtual_broker_stop();
	access_table_unref(&table);
	return 0;
}
