/* The real broker against the reference of model.c: several clients of 3.1.1 and 5.0 connect, vanish, take
 * over, subscribe, publish and acknowledge at random, and after each step every client must have got exactly what
 * the reference says, each publisher's messages in their order. The random numbers come from fixed seeds. A step
 * ends when a marker has come round from each worker, so nothing waits for time. In some runs the broker keeps its
 * state in a real store and is restarted now and then. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/broker_private.h"
#include "db/durable.h"
#include "db/store.h"
#include "model.h"
#include "support/broker_fixture.h"
#include "support/effort.h"
#include "support/scratch.h"

enum { STEPS = 250, SEEDS = EFFORT_SANITIZED ? 2 : 4, WORKERS = 3, NARROW = 2, ANY_BURST = 8, PLAIN_RUNS = 4 * SEEDS, RUNS = 6 * SEEDS };

static const char MARKER[] = "marker";

/* One client as the test plays it. */
struct actor {
	struct mqtt_client wire;
	bool open;
	uint16_t next_id;
	unsigned owed;    /* answers that it waits for */
	unsigned markers; /* of this round */
	int last[MODEL_CLIENTS][3]; /* index of the last item of each publisher and QoS */
	unsigned resent[2];         /* place of the last PUBLISH and PUBREL that was sent again on this connection */
};

static struct broker_fixture fixture;
static struct model model;
static struct actor actors[MODEL_CLIENTS];
static struct mqtt_client beacons[WORKERS];
static unsigned workers, round_number, message_number, order;
static bool narrow; /* a send window of NARROW, and everything is acknowledged */
static bool durable; /* restarts; without wills, which wait for their clients then */
static struct broker_config config;
static struct scratch scratch;
static struct store *store;
static struct persist_port port;
static int run, step;
static uint32_t dice;

static unsigned roll(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % sides;
}

#define FAIL(client, item, text) \
	ck_abort_msg("run %d, step %d, client %d: %s: \"%s\" \"%s\" QoS %d from %d", run, step, client, text, (item)->topic, \
		     (item)->payload, (item)->qos, (item)->from)

/* --- what a client does with what comes ------------------------------------------ */

static void copy_text(char text[MODEL_TEXT], struct span s)
{
	ck_assert_uint_lt(s.len, MODEL_TEXT);
	if (s.len)
		memcpy(text, s.data, s.len);
	text[s.len] = 0;
}

/* Whether the item is what came, and its turn in the order has come. */
static bool fits(const struct model_item *item, const struct model_item *came, const struct packet_publish *p)
{
	if (strcmp(item->topic, came->topic) != 0 || strcmp(item->payload, came->payload) != 0 || item->qos != p->qos)
		return false;
	if (item->state == MODEL_SENT)
		return !item->seen && item->id == p->id;
	return item->state == MODEL_WAITING && (item->retain < 0 || item->retain == (int8_t)p->retain);
}

static void check_order(int client, int index)
{
	struct actor *a = &actors[client];
	struct model_item *item = &model.sessions[client].items[index];
	if (item->state != MODEL_WAITING) { /* MQTT-4.6.0-1, MQTT-4.6.0-4 */
		unsigned *resent = &a->resent[item->state == MODEL_RECEIVED];
		if (item->order <= *resent)
			FAIL(client, item, "sent again out of order");
		*resent = item->order;
		return;
	}
	item->order = ++order;
	if (item->from == MODEL_REPLAY)
		return;
	if (index <= a->last[item->from][item->qos])
		FAIL(client, item, "out of order");
	a->last[item->from][item->qos] = index;
}

static void acknowledge(struct actor *a, struct model_item *item)
{
	unsigned will = narrow ? 0 : roll(4); /* 0, 1: all of it; 2: QoS 2 halfway; 3: nothing */
	if (item->qos == 0) {
		item->state = MODEL_DONE;
	} else if (item->qos == 1 && will < 3) {
		mqtt_client_ack(&a->wire, PACKET_PUBACK, item->id);
		item->state = MODEL_DONE;
	} else if (item->qos == 2 && will < 3) {
		mqtt_client_ack(&a->wire, PACKET_PUBREC, item->id);
		item->state = MODEL_RECEIVED;
		item->optional = will == 2; /* from here on: PUBCOMP is held back */
		a->owed++;                  /* PUBREL */
	}
}

static void on_message(int client, const struct packet_publish *p)
{
	struct model_session *s = &model.sessions[client];
	struct model_item came = {.qos = p->qos, .from = MODEL_REPLAY};
	copy_text(came.topic, p->topic);
	copy_text(came.payload, p->payload);
	if (strcmp(came.topic, MARKER) == 0) {
		actors[client].markers += strtoul(came.payload, NULL, 10) == round_number;
		return;
	}
	int i = 0;
	while (i < s->item_count && !fits(&s->items[i], &came, p))
		i++;
	if (i == s->item_count)
		FAIL(client, &came, "came, and nobody sent it");
	struct model_item *item = &s->items[i];
	if (!item->any_dup && p->dup != (item->state == MODEL_SENT))
		FAIL(client, item, "has the wrong DUP");
	check_order(client, i);
	for (int other = 0; other < s->item_count; other++)
		if (other != i && p->qos && s->items[other].id == p->id &&
		    (s->items[other].state == MODEL_SENT || s->items[other].state == MODEL_RECEIVED))
			FAIL(client, item, "has an identifier in use");
	item->id = p->id;
	item->state = MODEL_SENT;
	item->seen = true;
	item->any_dup = false;
	item->optional = false;
	acknowledge(&actors[client], item);
}

static void on_pubrel(int client, uint16_t id)
{
	struct model_session *s = &model.sessions[client];
	struct actor *a = &actors[client];
	for (int i = 0; i < s->item_count; i++) {
		struct model_item *item = &s->items[i];
		if (item->state != MODEL_RECEIVED || item->id != id)
			continue;
		if (item->released)
			FAIL(client, item, "was released twice");
		if (item->seen)
			a->owed--;
		else
			check_order(client, i);
		item->seen = item->released = true;
		if (!item->optional) {
			mqtt_client_ack(&a->wire, PACKET_PUBCOMP, id);
			item->state = MODEL_DONE;
		}
		return;
	}
	ck_abort_msg("step %d, client %d: PUBREL of nothing, %d", step, client, id);
}

/* Handles one packet. */
static void hear(int client)
{
	struct actor *a = &actors[client];
	struct packet packet;
	ck_assert_msg(mqtt_client_receive(&a->wire, &packet), "step %d, client %d: closed", step, client);
	switch (packet.type) {
	case PACKET_PUBLISH:
		on_message(client, &packet.publish);
		break;
	case PACKET_PUBREL:
		on_pubrel(client, packet.ack.id);
		break;
	case PACKET_PUBREC:
		mqtt_client_ack(&a->wire, PACKET_PUBREL, packet.ack.id);
		break;
	case PACKET_PUBACK:
	case PACKET_PUBCOMP:
	case PACKET_SUBACK:
	case PACKET_UNSUBACK:
	case PACKET_PINGRESP:
		a->owed--;
		break;
	default:
		ck_abort_msg("step %d, client %d: packet of type %d", step, client, packet.type);
	}
}

static void hear_what_is_owed(int client)
{
	while (actors[client].owed)
		hear(client);
}

/* Waits until the broker has done with all that the client has sent. */
static void settle(int client)
{
	mqtt_client_send(&actors[client].wire, &(struct packet){.type = PACKET_PINGREQ});
	actors[client].owed++;
	hear_what_is_owed(client);
}

/* --- rounds ------------------------------------------------------------------------- */

static void check_client(int client)
{
	struct model_session *s = &model.sessions[client];
	for (int i = 0; i < s->item_count; i++) {
		struct model_item *item = &s->items[i];
		if (item->state == MODEL_WAITING && !item->optional)
			FAIL(client, item, "did not come");
		if (item->state == MODEL_WAITING)
			item->state = MODEL_DONE;
		if (item->state == MODEL_SENT && !item->seen)
			FAIL(client, item, "was not sent again");
		if (item->state == MODEL_RECEIVED && !item->released)
			FAIL(client, item, "was not released");
	}
	model_sweep(s);
	memset(actors[client].last, -1, sizeof actors[client].last); /* indices have changed, and all is quiet */
}

/* Sends a marker from each worker and waits until every client has all of them: then it has all that was
 * published before, on whatever worker. */
static void compare(void)
{
	char payload[16];
	snprintf(payload, sizeof payload, "%u", ++round_number);
	for (int i = 0; i < MODEL_CLIENTS; i++)
		actors[i].markers = 0;
	for (unsigned w = 0; w < workers; w++)
		mqtt_client_publish(&beacons[w], MARKER, payload, 0, false);
	for (int i = 0; i < MODEL_CLIENTS; i++) {
		if (!actors[i].open)
			continue;
		while (actors[i].markers < workers || actors[i].owed)
			hear(i);
		check_client(i);
	}
}

static unsigned open_actors(void)
{
	unsigned count = 0;
	for (int i = 0; i < MODEL_CLIENTS; i++)
		count += actors[i].open;
	return count;
}

static void await_departures(void)
{
	unsigned expected = open_actors() + workers;
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == expected);
}

/* --- steps ------------------------------------------------------------------------------ */

static void append(char text[MODEL_TEXT], const char *more)
{
	size_t len = strlen(text);
	ck_assert_uint_lt(len + strlen(more), MODEL_TEXT);
	memcpy(text + len, more, strlen(more) + 1);
}

static void random_levels(char text[MODEL_TEXT], const char *const *levels, unsigned count, unsigned depth)
{
	text[0] = 0;
	for (unsigned i = 0; i < depth; i++) {
		append(text, i ? "/" : "");
		append(text, levels[roll(count)]);
	}
}

static void random_topic(char topic[MODEL_TEXT])
{
	static const char *const levels[] = {"a", "b", ""};
	do
		random_levels(topic, levels, 3, 1 + roll(3));
	while (!topic[0]);
}

static void random_filter(char filter[MODEL_TEXT])
{
	static const char *const levels[] = {"a", "b", "+", "+", ""};
	random_levels(filter, levels, 5, roll(4));
	if (!filter[0])
		append(filter, roll(2) ? "#" : "+");
	else if (roll(3) == 0)
		append(filter, "/#");
}

static struct model_message random_message(bool may_retain)
{
	struct model_message message = {.qos = (uint8_t)roll(3), .retain = may_retain && roll(3) == 0};
	random_topic(message.topic);
	if (!message.retain || roll(4))
		snprintf(message.payload, sizeof message.payload, "%u", ++message_number);
	return message;
}

static void send_filter(int client, enum packet_type type, const char *filter, uint8_t options)
{
	uint8_t entry[64];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	if (type == PACKET_SUBSCRIBE)
		wire_write_u8(&w, options);
	struct packet packet = {.type = (uint8_t)type, .subscribe = {.id = 1, .filters = span_of(entry, w.len)}};
	mqtt_client_send(&actors[client].wire, &packet);
	actors[client].owed++;
}

static void name_of(int client, char name[16])
{
	snprintf(name, 16, "client-%d", client);
}

static void connect_actor(int client)
{
	struct actor *a = &actors[client];
	struct mqtt_client elder = a->wire;
	bool taken_over = a->open, clean = roll(4) == 0, has_will = roll(3) == 0 && !durable;
	uint8_t version = roll(2) ? MQTT_V5 : MQTT_V311;
	bool lasting = version == MQTT_V5 ? roll(3) : !clean;
	struct model_message will = random_message(true);
	char name[16];
	name_of(client, name);
	struct packet packet = mqtt_client_connect_packet(version, name);
	packet.connect.clean_start = clean;
	packet.connect.has_will = has_will;
	packet.connect.will.topic = span_str(will.topic);
	packet.connect.will.payload = span_str(will.payload);
	packet.connect.will.qos = will.qos;
	packet.connect.will.retain = will.retain;
	if (version == MQTT_V5 && lasting) {
		packet.connect.props.session_expiry_s = 3600;
		props_set(&packet.connect.props, PROP_SESSION_EXPIRY);
	}
	if (taken_over)
		model_leave(&model, client, false);
	*a = (struct actor){.open = true, .next_id = 1};
	memset(a->last, -1, sizeof a->last);
	struct packet ack = mqtt_client_login(&a->wire, fixture.port, &packet);
	bool present = model_connect(&model, client, version, clean, lasting, has_will ? &will : NULL);
	ck_assert_uint_eq(ack.connack.reason, 0);
	ck_assert_msg(ack.connack.session_present == present, "step %d, client %d: session present %d", step, client,
		      ack.connack.session_present);
	if (taken_over)
		mqtt_client_expect_end(&elder, REASON_SESSION_TAKEN_OVER);
	send_filter(client, PACKET_SUBSCRIBE, MARKER, 0);
	hear_what_is_owed(client);
	await_departures();
}

static void leave(int client, bool graceful)
{
	struct actor *a = &actors[client];
	if (graceful)
		mqtt_client_stop(&a->wire, 0);
	mqtt_client_close(&a->wire);
	a->open = false;
	await_departures();
	model_leave(&model, client, graceful);
}

static void subscribe(int client)
{
	struct model_sub sub = {.qos = (uint8_t)roll(3)};
	random_filter(sub.filter);
	if (model.sessions[client].version == MQTT_V5) {
		sub.no_local = roll(3) == 0;
		sub.as_published = roll(3) == 0;
		sub.retain_handling = (uint8_t)roll(3);
	}
	uint8_t options = (uint8_t)(sub.qos | sub.no_local << 2 | sub.as_published << 3 | sub.retain_handling << 4);
	/* before it is sent: its retained messages may come with the SUBACK */
	model_subscribe(&model, client, &sub);
	send_filter(client, PACKET_SUBSCRIBE, sub.filter, options);
	hear_what_is_owed(client);
}

static void unsubscribe(int client)
{
	struct model_session *s = &model.sessions[client];
	char filter[MODEL_TEXT];
	random_filter(filter);
	if (s->sub_count && roll(5))
		memcpy(filter, s->subs[roll((unsigned)s->sub_count)].filter, sizeof filter);
	send_filter(client, PACKET_UNSUBSCRIBE, filter, 0);
	hear_what_is_owed(client);
	model_unsubscribe(&model, client, filter);
}

static void publish(int client, bool may_retain)
{
	struct actor *a = &actors[client];
	struct model_message message = random_message(may_retain);
	struct packet packet = {.type = PACKET_PUBLISH,
				.publish = {.qos = message.qos, .retain = message.retain, .id = message.qos ? a->next_id++ : 0,
					    .topic = span_str(message.topic), .payload = span_str(message.payload)}};
	model_publish(&model, client, &message);
	mqtt_client_send(&a->wire, &packet);
	a->owed += message.qos > 0;
	if (message.qos == 2 && roll(4) == 0) { /* once more, as if the answer were late: nobody gets it twice */
		packet.publish.dup = true;
		mqtt_client_send(&a->wire, &packet);
		a->owed++;
	}
	if (narrow) /* that is the broker's receive maximum too */
		hear_what_is_owed(client);
}

/* Several clients publish at once; one of them sets what is retained, so that it is certain. */
static void burst(void)
{
	int first = (int)roll(MODEL_CLIENTS);
	bool may_retain = true;
	for (unsigned n = 1 + roll(3); n > 0; n--, first = (first + 1) % MODEL_CLIENTS) {
		if (!actors[first].open)
			continue;
		for (unsigned i = 1 + roll(ANY_BURST); i > 0; i--)
			publish(first, may_retain);
		may_retain = false;
	}
	for (int i = 0; i < MODEL_CLIENTS; i++)
		if (actors[i].open)
			settle(i);
}

/* The client vanishes without having read what was sent to it last. */
static void die_unread(int client)
{
	struct model_session *s = &model.sessions[client];
	int others = 0;
	for (int i = 0; i < MODEL_CLIENTS; i++) {
		if (i == client || !actors[i].open)
			continue;
		for (unsigned n = roll(4); n > 0; n--)
			publish(i, others == 0);
		others++;
		settle(i);
	}
	for (int i = 0; i < s->item_count; i++)
		s->items[i].any_dup |= s->items[i].state == MODEL_WAITING;
	leave(client, false);
}

static void acknowledge_late(int client)
{
	struct model_session *s = &model.sessions[client];
	struct actor *a = &actors[client];
	for (int i = 0; i < s->item_count; i++) {
		struct model_item *item = &s->items[i];
		if (roll(3) == 0)
			continue;
		if (item->state == MODEL_SENT) {
			acknowledge(a, item);
		} else if (item->state == MODEL_RECEIVED && item->released) {
			mqtt_client_ack(&a->wire, PACKET_PUBCOMP, item->id);
			item->state = MODEL_DONE;
		}
	}
	hear_what_is_owed(client);
}

/* A client on each worker. */
static void start_beacons(void)
{
	const struct worker *placed[WORKERS];
	unsigned found = 0;
	for (int i = 0; found < workers; i++) {
		char name[24];
		snprintf(name, sizeof name, "beacon-%d", i);
		placed[found] = broker_place(fixture.broker, span_str(name));
		unsigned w = 0;
		while (placed[w] != placed[found])
			w++;
		if (w == found)
			mqtt_client_start(&beacons[found++], fixture.port, MQTT_V311, name);
	}
}

static void begin(void)
{
	char message[512];
	if (durable) {
		ck_assert_msg(store_open(&(struct store_options){.state_dir = scratch.path}, &store, message) == 0, "%s",
			      message);
		port = store_persist_port(store);
		config.persist = &port;
	}
	broker_fixture_start(&fixture, &config, workers, NULL, NULL);
	start_beacons();
}

static void end(void)
{
	for (unsigned w = 0; w < workers; w++)
		mqtt_client_close(&beacons[w]);
	broker_fixture_stop(&fixture);
	if (durable)
		store_close(&store);
}

/* Every connection is lost, and what does not last with it. Of what waited, the broker does not know
 * afterwards whether it was sent. */
static void restart(void)
{
	end();
	for (int i = 0; i < MODEL_CLIENTS; i++) {
		for (int k = 0; k < model.sessions[i].item_count; k++)
			model.sessions[i].items[k].any_dup |= model.sessions[i].items[k].state == MODEL_WAITING;
		if (!actors[i].open)
			continue;
		mqtt_client_close(&actors[i].wire);
		actors[i].open = false;
		model_leave(&model, i, true);
	}
	begin();
}

static void take_step(void)
{
	int client = (int)roll(MODEL_CLIENTS);
	unsigned what = roll(20);
	if (durable && roll(25) == 0)
		restart();
	else if (!actors[client].open && what < 14)
		connect_actor(client);
	else if (!actors[client].open || what < 8)
		burst();
	else if (what < 12)
		subscribe(client);
	else if (what < 14)
		unsubscribe(client);
	else if (what < 15)
		connect_actor(client);
	else if (what < 17)
		leave(client, what == 15);
	else if (what < 18)
		die_unread(client);
	else
		acknowledge_late(client);
	compare();
}

/* --- a run ------------------------------------------------------------------------------------- */

static void finish_run(void)
{
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == (unsigned)model.retained_count);
	unsigned sessions = workers;
	for (int i = 0; i < MODEL_CLIENTS; i++)
		sessions += model.sessions[i].exists;
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == sessions);
	for (int i = 0; i < MODEL_CLIENTS; i++)
		mqtt_client_close(&actors[i].wire);
	end();
}

/* _i: seed, whether the send window is narrow, one worker or three; from PLAIN_RUNS on it is restarted. */
START_TEST(broker_does_as_its_model)
{
	static const uint32_t seeds[] = {20261130, 314159265, 271828182, 1414213562};
	run = _i;
	dice = seeds[_i % SEEDS];
	narrow = _i / SEEDS % 2;
	durable = _i >= PLAIN_RUNS;
	workers = (durable ? _i % 2 : _i / SEEDS / 2) ? WORKERS : 1;
	config = broker_config_default();
	if (narrow)
		config.max_inflight = NARROW;
	if (durable)
		scratch_create(&scratch);
	begin();
	for (step = 0; step < STEPS; step++)
		take_step();
	ck_assert_uint_gt(message_number, STEPS); /* the steps did something */
	finish_run();
	if (durable)
		scratch_remove(&scratch);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *tc = tcase_create("model");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, broker_does_as_its_model, 0, RUNS);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
