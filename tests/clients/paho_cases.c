/* What Paho's C clients do with the broker, one case a run:
 *
 *   paho_sync|paho_async --list                               the cases, one a line: name and versions
 *   paho_sync|paho_async CASE VERSION URI [ID USER TOKEN CA]  3, 4 or 5; exit status 0 or a line on standard error
 *
 * With credentials the topics lie below tomte/<ID>/, and ID is the only client id. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paho.h"

enum { LARGE_BYTES = 700000, MANY = 1000, AWAY = 90, FEW = 60 }; /* topic() gives 64 names at a time */

static struct {
	const char *uri, *name;
	int version;
	const char *id, *user, *token, *ca_file; /* or NULL */
} run;

/* ---- small helpers ---- */

/* A topic of this run alone. */
static const char *topic(const char *leaf)
{
	static char names[64][256];
	static unsigned next;
	char *name = names[next++ % 64];
	if (run.id)
		snprintf(name, sizeof names[0], "tomte/%s/paho/%s", run.id, leaf);
	else
		snprintf(name, sizeof names[0], "paho/%s/%d/%d/%s", run.name, run.version, (int)getpid(), leaf);
	return name;
}

static const char *client_id(const char *who)
{
	static char names[16][128];
	static unsigned next;
	char *name = names[next++ % 16];
	snprintf(name, sizeof names[0], "p%d%s%d", run.version, who, (int)getpid()); /* 23 characters at most, for MQTT 3.1 */
	return run.id ? run.id : name;
}

static struct login login_as(const char *id)
{
	return (struct login){.uri = run.uri, .id = id, .version = run.version, .clean = true, .user = run.user, .token = run.token, .ca_file = run.ca_file};
}

static struct paho *join(const struct login *login, bool expect_session)
{
	struct welcome welcome;
	struct paho *p = paho_connect(login, &welcome);
	if (welcome.code)
		fail("CONNECT was refused with %d", welcome.code);
	if (welcome.session_told)
		CHECK(welcome.session_present == expect_session);
	MQTTProperties_free(&welcome.props);
	return p;
}

static struct paho *join_as(const char *who)
{
	struct login login = login_as(client_id(who));
	return join(&login, false);
}

static struct note text(const char *name, const char *payload, int qos, bool retained)
{
	return (struct note){.topic = name, .payload = payload, .len = strlen(payload), .qos = qos, .retained = retained};
}

static void publish(struct paho *p, const char *name, const char *payload, int qos, bool retained)
{
	struct note note = text(name, payload, qos, retained);
	CHECK(paho_publish(p, &note) == 0);
}

/* The next message must be this one. */
static void expect(struct paho *p, const char *name, const char *payload, int qos, bool retained)
{
	struct note note = paho_next(p);
	if (strcmp(note.topic, name) || strcmp(note.payload, payload) || note.qos != qos || note.retained != retained)
		fail("came: %s QoS %d%s \"%.80s\"; expected: %s QoS %d%s \"%.80s\"", note.topic, note.qos, note.retained ? " retained" : "",
		     (const char *)note.payload, name, qos, retained ? " retained" : "", payload);
	paho_note_finish(&note);
}

static void add_int(MQTTProperties *props, enum MQTTPropertyCodes code, unsigned value)
{
	MQTTProperty property = {.identifier = code};
	switch (MQTTProperty_getType(code)) {
	case MQTTPROPERTY_TYPE_BYTE: property.value.byte = (unsigned char)value; break;
	case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER: property.value.integer2 = (unsigned short)value; break;
	default: property.value.integer4 = value; break;
	}
	CHECK(MQTTProperties_add(props, &property) == 0);
}

static void add_text(MQTTProperties *props, enum MQTTPropertyCodes code, const char *data, const char *value)
{
	MQTTProperty property = {.identifier = code};
	property.value.data.data = (char *)data;
	property.value.data.len = (int)strlen(data);
	if (value) {
		property.value.value.data = (char *)value;
		property.value.value.len = (int)strlen(value);
	}
	CHECK(MQTTProperties_add(props, &property) == 0);
}

static bool has_text(MQTTProperties *props, enum MQTTPropertyCodes code, const char *data)
{
	const MQTTProperty *property = MQTTProperties_getProperty(props, code);
	return property && property->value.data.len == (int)strlen(data) &&
	       memcmp(property->value.data.data, data, strlen(data)) == 0;
}

/* The CONNECT of a session that outlives its connection. */
static struct login lasting(const char *id, MQTTProperties *props)
{
	struct login login = login_as(id);
	login.clean = false;
	if (run.version == MQTT_50) {
		add_int(props, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 600);
		login.props = props;
	}
	return login;
}

/* A process that connects with this login, subscribes if told to, and is killed when the
 * caller writes to the descriptor: the way to end a connection that the library does not offer. Before any
 * thread is started. */
struct victim {
	pid_t pid;
	int start, ready;
};

static struct victim victim_fork(const struct login *login, const char *filter)
{
	int start[2], ready[2];
	CHECK(pipe(start) == 0 && pipe(ready) == 0);
	struct victim v = {fork(), start[1], ready[0]};
	CHECK(v.pid >= 0);
	if (v.pid)
		return v;
	char byte;
	CHECK(read(start[0], &byte, 1) == 1);
	struct welcome welcome;
	struct paho *p = paho_connect(login, &welcome);
	CHECK(welcome.code == 0);
	if (filter)
		CHECK(paho_subscribe(p, filter, 2, false, NULL) == 2);
	CHECK(write(ready[1], "", 1) == 1);
	for (;;)
		pause();
}

static void victim_connect(struct victim *v)
{
	char byte;
	CHECK(write(v->start, "", 1) == 1);
	CHECK(read(v->ready, &byte, 1) == 1);
}

static void victim_kill(struct victim *v)
{
	int status;
	CHECK(kill(v->pid, SIGKILL) == 0 && waitpid(v->pid, &status, 0) == v->pid);
}

/* ---- the cases ---- */

static void qos(void)
{
	struct paho *sub[3], *pub = join_as("pub");
	char name[2] = "0";
	for (int q = 0; q < 3; q++) {
		name[0] = (char)('a' + q);
		sub[q] = join_as(name);
		CHECK(paho_subscribe(sub[q], topic("+"), q, false, NULL) == q);
	}
	for (int q = 0; q < 3; q++) {
		name[0] = (char)('0' + q);
		publish(pub, topic(name), name, q, false);
	}
	for (int q = 0; q < 3; q++)
		for (int k = 0; k < 3; k++) {
			name[0] = (char)('0' + k);
			expect(sub[q], topic(name), name, q < k ? q : k, false);
		}
	paho_disconnect(&pub, 0);
	for (int q = 0; q < 3; q++)
		paho_disconnect(&sub[q], 0);
}

/* Many messages of QoS 2 under way at once: each once and in order. */
static void many(void)
{
	static char texts[MANY][24];
	static struct note notes[MANY];
	struct paho *sub = join_as("sub"), *pub = join_as("pub");
	const char *name = topic("many");
	CHECK(paho_subscribe(sub, name, 2, false, NULL) == 2);
	for (int i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof texts[i], "message %d", i);
		notes[i] = text(name, texts[i], 2, false);
	}
	paho_publish_all(pub, notes, MANY);
	publish(pub, name, "the end", 2, false);
	for (int i = 0; i < MANY; i++)
		expect(sub, name, texts[i], 2, false);
	expect(sub, name, "the end", 2, false);
	paho_disconnect(&pub, 0);
	paho_disconnect(&sub, 0);
}

static void retained(void)
{
	struct paho *pub = join_as("pub");
	const char *name = topic("kept");
	publish(pub, name, "one", 1, true);
	publish(pub, name, "two", 2, true);
	struct paho *sub = join_as("sub");
	CHECK(paho_subscribe(sub, topic("#"), 2, false, NULL) == 2);
	expect(sub, name, "two", 2, true);
	publish(pub, name, "", 1, true);
	expect(sub, name, "", 1, false);
	paho_disconnect(&sub, 0);
	sub = join_as("late");
	CHECK(paho_subscribe(sub, topic("#"), 2, false, NULL) == 2);
	publish(pub, name, "now", 1, false);
	expect(sub, name, "now", 1, false);
	paho_disconnect(&pub, 0);
	paho_disconnect(&sub, 0);
}

static void will(void)
{
	struct note gone = text(topic("lost"), "gone", 2, true), never = text(topic("polite"), "never sent", 2, true);
	struct login lost = login_as(client_id("lost")), polite = login_as(client_id("pol"));
	lost.will = &gone;
	polite.will = &never;
	struct victim v = victim_fork(&lost, NULL);
	struct paho *watcher = join_as("sub");
	CHECK(paho_subscribe(watcher, topic("+"), 2, false, NULL) == 2);
	struct paho *p = join(&polite, false);
	paho_disconnect(&p, 0);
	victim_connect(&v);
	victim_kill(&v);
	expect(watcher, gone.topic, "gone", 2, false);
	struct paho *late = join_as("late");
	CHECK(paho_subscribe(late, topic("+"), 1, false, NULL) == 1);
	expect(late, gone.topic, "gone", 1, true);
	publish(late, gone.topic, "", 1, true);
	paho_disconnect(&late, 0);
	paho_disconnect(&watcher, 0);
}

static void session(void)
{
	static char texts[AWAY][24];
	static struct note notes[AWAY];
	MQTTProperties props = MQTTProperties_initializer;
	struct login sleeper = lasting(client_id("sleep"), &props);
	const char *name = topic("away");
	struct victim v = victim_fork(&sleeper, name);
	struct paho *pub = join_as("pub");
	victim_connect(&v);
	victim_kill(&v);
	for (int i = 0; i < AWAY; i++) {
		snprintf(texts[i], sizeof texts[i], "away %d", i);
		notes[i] = text(name, texts[i], 2, false);
	}
	paho_publish_all(pub, notes, AWAY);
	struct paho *back = join(&sleeper, true);
	for (int i = 0; i < AWAY; i++)
		expect(back, name, texts[i], 2, false);
	paho_disconnect(&back, 0);
	sleeper.clean = true;
	back = join(&sleeper, false);
	paho_disconnect(&back, 0);
	paho_disconnect(&pub, 0);
	MQTTProperties_free(&props);
}

static void unsubscribe(void)
{
	struct paho *p = join_as("p");
	CHECK(paho_subscribe(p, topic("a"), 1, false, NULL) == 1);
	CHECK(paho_subscribe(p, topic("b"), 1, false, NULL) == 1);
	paho_unsubscribe(p, topic("a"));
	publish(p, topic("a"), "a", 1, false);
	publish(p, topic("b"), "b", 1, false);
	expect(p, topic("b"), "b", 1, false);
	paho_disconnect(&p, 0);
}

static void large(void)
{
	char *payload = malloc(LARGE_BYTES);
	CHECK(payload);
	for (size_t i = 0; i < LARGE_BYTES; i++)
		payload[i] = (char)(i * 2654435761u >> 13);
	struct paho *p = join_as("p");
	struct note note = {.topic = topic("large"), .payload = payload, .len = LARGE_BYTES, .qos = 2, .retained = true};
	for (int round = 0; round < 2; round++) { /* live, then retained */
		if (round == 0)
			CHECK(paho_subscribe(p, note.topic, 2, false, NULL) == 2);
		if (round == 0)
			CHECK(paho_publish(p, &note) == 0);
		else
			CHECK(paho_subscribe(p, topic("#"), 2, false, NULL) == 2);
		struct note got = paho_next(p);
		CHECK(got.len == LARGE_BYTES && memcmp(got.payload, payload, LARGE_BYTES) == 0 && got.retained == round);
		paho_note_finish(&got);
	}
	paho_unsubscribe(p, note.topic);
	paho_unsubscribe(p, topic("#"));
	publish(p, note.topic, "", 1, true);
	paho_disconnect(&p, 0);
	free(payload);
}

static void takeover(void)
{
	struct login twin = login_as(client_id("twin"));
	struct paho *first = join(&twin, false), *second = join(&twin, false);
	int reason = paho_ended(first);
	CHECK(run.version != MQTT_50 || reason == MQTTREASONCODE_SESSION_TAKEN_OVER);
	paho_disconnect(&second, 0);
	paho_disconnect(&first, 0);
}

/* ---- MQTT 5.0 ---- */

static void check_properties(struct note *note)
{
	static const char *const pairs[][2] = {{"b", "2"}, {"a", "1"}, {"b", "2"}, {"a", ""}, {"", "x"}};
	MQTTProperties *p = &note->props;
	CHECK(MQTTProperties_getNumericValue(p, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR) == 1);
	int expiry = MQTTProperties_getNumericValue(p, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);
	CHECK(expiry > 0 && expiry <= 3600);
	CHECK(has_text(p, MQTTPROPERTY_CODE_CONTENT_TYPE, "text/plain"));
	CHECK(has_text(p, MQTTPROPERTY_CODE_RESPONSE_TOPIC, "answer/to"));
	CHECK(has_text(p, MQTTPROPERTY_CODE_CORRELATION_DATA, "\x01\xff\x7f"));
	CHECK(MQTTProperties_propertyCount(p, MQTTPROPERTY_CODE_USER_PROPERTY) == 5);
	for (int i = 0; i < 5; i++) {
		const MQTTProperty *pair = MQTTProperties_getPropertyAt(p, MQTTPROPERTY_CODE_USER_PROPERTY, i);
		CHECK(pair->value.data.len == (int)strlen(pairs[i][0]) && !memcmp(pair->value.data.data, pairs[i][0], strlen(pairs[i][0])));
		CHECK(pair->value.value.len == (int)strlen(pairs[i][1]) && !memcmp(pair->value.value.data, pairs[i][1], strlen(pairs[i][1])));
	}
}

static void add_properties(MQTTProperties *props)
{
	add_text(props, MQTTPROPERTY_CODE_USER_PROPERTY, "b", "2");
	add_int(props, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, 1);
	add_text(props, MQTTPROPERTY_CODE_USER_PROPERTY, "a", "1");
	add_int(props, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, 3600);
	add_text(props, MQTTPROPERTY_CODE_CONTENT_TYPE, "text/plain", NULL);
	add_text(props, MQTTPROPERTY_CODE_USER_PROPERTY, "b", "2");
	add_text(props, MQTTPROPERTY_CODE_RESPONSE_TOPIC, "answer/to", NULL);
	add_text(props, MQTTPROPERTY_CODE_CORRELATION_DATA, "\x01\xff\x7f", NULL);
	add_text(props, MQTTPROPERTY_CODE_USER_PROPERTY, "a", "");
	add_text(props, MQTTPROPERTY_CODE_USER_PROPERTY, "", "x");
}

static void properties(void)
{
	struct paho *p = join_as("p");
	struct note note = text(topic("properties"), "grüß", 2, true);
	add_properties(&note.props);
	CHECK(paho_subscribe(p, note.topic, 2, false, NULL) == 2);
	CHECK(paho_publish(p, &note) == 0);
	for (int round = 0; round < 2; round++) { /* live, then retained */
		struct note got = paho_next(p);
		CHECK(strcmp(got.payload, "grüß") == 0 && got.retained == round);
		check_properties(&got);
		paho_note_finish(&got);
		if (round == 0)
			CHECK(paho_subscribe(p, note.topic, 2, false, NULL) == 2); /* again: the retained one is sent */
	}
	MQTTProperties_free(&note.props);
	paho_disconnect(&p, 0);
}

static void will_properties(void)
{
	struct note gone = text(topic("will"), "gone", 1, false);
	struct login lost = login_as(client_id("lost"));
	add_properties(&gone.props);
	lost.will = &gone;
	struct victim v = victim_fork(&lost, NULL);
	struct paho *watcher = join_as("sub");
	CHECK(paho_subscribe(watcher, gone.topic, 1, false, NULL) == 1);
	victim_connect(&v);
	victim_kill(&v);
	struct note got = paho_next(watcher);
	CHECK(strcmp(got.payload, "gone") == 0);
	check_properties(&got);
	paho_note_finish(&got);
	struct paho *p = join(&lost, false);
	paho_disconnect(&p, MQTTREASONCODE_DISCONNECT_WITH_WILL_MESSAGE);
	got = paho_next(watcher);
	check_properties(&got);
	paho_note_finish(&got);
	MQTTProperties_free(&gone.props);
	paho_disconnect(&watcher, 0);
}

static void request(void)
{
	struct paho *asker = join_as("asker"), *worker = join_as("worker");
	CHECK(paho_subscribe(worker, topic("ask"), 1, false, NULL) == 1);
	CHECK(paho_subscribe(asker, topic("answer"), 1, false, NULL) == 1);
	struct note question = text(topic("ask"), "how warm?", 1, false);
	add_text(&question.props, MQTTPROPERTY_CODE_RESPONSE_TOPIC, topic("answer"), NULL);
	add_text(&question.props, MQTTPROPERTY_CODE_CORRELATION_DATA, "42", NULL);
	CHECK(paho_publish(asker, &question) == 0);
	struct note got = paho_next(worker);
	const MQTTProperty *to = MQTTProperties_getProperty(&got.props, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
	CHECK(to);
	char *name = strndup(to->value.data.data, (size_t)to->value.data.len);
	CHECK(name);
	struct note answer = text(name, "21 degrees", 1, false);
	CHECK(MQTTProperties_add(&answer.props, MQTTProperties_getProperty(&got.props, MQTTPROPERTY_CODE_CORRELATION_DATA)) == 0);
	CHECK(paho_publish(worker, &answer) == 0);
	paho_note_finish(&got);
	got = paho_next(asker);
	CHECK(strcmp(got.payload, "21 degrees") == 0 && has_text(&got.props, MQTTPROPERTY_CODE_CORRELATION_DATA, "42"));
	paho_note_finish(&got);
	MQTTProperties_free(&question.props);
	MQTTProperties_free(&answer.props);
	free(name);
	paho_disconnect(&asker, 0);
	paho_disconnect(&worker, 0);
}

static void identifiers(void)
{
	struct paho *p = join_as("p"), *other = join_as("other");
	MQTTProperties seven = MQTTProperties_initializer, largest = MQTTProperties_initializer;
	add_int(&seven, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, 7);
	add_int(&largest, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, 268435455);
	CHECK(paho_subscribe(p, topic("a"), 1, true, &seven) == 1);
	CHECK(paho_subscribe(p, topic("b"), 1, true, &largest) == 1);
	publish(p, topic("a"), "own, not wanted (no local)", 1, false);
	publish(other, topic("a"), "a", 1, false);
	publish(other, topic("b"), "b", 1, false);
	struct note got = paho_next(p);
	CHECK(strcmp(got.payload, "a") == 0 && MQTTProperties_getNumericValue(&got.props, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) == 7);
	paho_note_finish(&got);
	got = paho_next(p);
	CHECK(strcmp(got.payload, "b") == 0 && MQTTProperties_getNumericValue(&got.props, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) == 268435455);
	paho_note_finish(&got);
	MQTTProperties_free(&seven);
	MQTTProperties_free(&largest);
	paho_disconnect(&p, 0);
	paho_disconnect(&other, 0);
}

static void alias(void)
{
	struct paho *sub = join_as("sub"), *pub = join_as("pub");
	CHECK(paho_subscribe(sub, topic("+"), 1, false, NULL) == 1);
	for (unsigned i = 0; i < 6; i++) {
		struct note note = text(i < 2 ? topic(i % 2 ? "odd" : "even") : "", i % 2 ? "odd" : "even", 1, false);
		add_int(&note.props, MQTTPROPERTY_CODE_TOPIC_ALIAS, 1 + i % 2);
		CHECK(paho_publish(pub, &note) == 0);
		MQTTProperties_free(&note.props);
	}
	for (int i = 0; i < 6; i++)
		expect(sub, topic(i % 2 ? "odd" : "even"), i % 2 ? "odd" : "even", 1, false);
	paho_disconnect(&pub, 0);
	paho_disconnect(&sub, 0);
}

/* The broker's own aliases: the library hands on what came, a name once and then the number. */
static void alias_received(void)
{
	MQTTProperties props = MQTTProperties_initializer;
	add_int(&props, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, 2);
	struct login login = login_as(client_id("sub"));
	login.props = &props;
	struct paho *sub = join(&login, false), *pub = join_as("pub");
	char known[3][256] = {{0}};
	int bare = 0;
	CHECK(paho_subscribe(sub, topic("+"), 1, false, NULL) == 1);
	for (int i = 0; i < 20; i++)
		publish(pub, topic(i / 2 % 2 ? "odd" : "even"), i / 2 % 2 ? "odd" : "even", 1, false);
	for (int i = 0; i < 20; i++) {
		struct note note = paho_next(sub);
		const char *name = note.topic;
		if (MQTTProperties_hasProperty(&note.props, MQTTPROPERTY_CODE_TOPIC_ALIAS)) {
			int number = MQTTProperties_getNumericValue(&note.props, MQTTPROPERTY_CODE_TOPIC_ALIAS);
			CHECK(number >= 1 && number <= 2);
			if (name[0])
				snprintf(known[number], sizeof known[number], "%s", name);
			else
				bare++;
			name = known[number];
		}
		CHECK(strcmp(name, topic(i / 2 % 2 ? "odd" : "even")) == 0 && strcmp(note.payload, i / 2 % 2 ? "odd" : "even") == 0);
		paho_note_finish(&note);
	}
	CHECK(bare >= 10); /* two topics may share an alias, but each comes twice in a row */
	MQTTProperties_free(&props);
	paho_disconnect(&pub, 0);
	paho_disconnect(&sub, 0);
}

static void assigned(void)
{
	struct login login = login_as("");
	struct welcome welcome;
	struct paho *p = paho_connect(&login, &welcome);
	CHECK(welcome.code == 0);
	const MQTTProperty *id = MQTTProperties_getProperty(&welcome.props, MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER);
	CHECK(id && id->value.data.len > 8);
	CHECK(MQTTProperties_getNumericValue(&welcome.props, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM) > 0);
	CHECK(MQTTProperties_getNumericValue(&welcome.props, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE) >= LARGE_BYTES);
	CHECK(MQTTProperties_getNumericValue(&welcome.props, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM) > 0);
	MQTTProperties_free(&welcome.props);
	paho_disconnect(&p, 0);
}

/* Each message to one of the two members, all of them to the plain subscriber. */
static void shared(void)
{
	static char texts[FEW][24];
	static struct note notes[FEW];
	char filter[300];
	snprintf(filter, sizeof filter, "$share/two/%s", topic("work"));
	struct paho *a = join_as("a"), *b = join_as("b"), *all = join_as("all"), *pub = join_as("pub");
	CHECK(paho_subscribe(a, filter, 1, false, NULL) == 1);
	CHECK(paho_subscribe(b, filter, 1, false, NULL) == 1);
	CHECK(paho_subscribe(all, topic("work"), 1, false, NULL) == 1);
	for (int i = 0; i < FEW; i++) {
		snprintf(texts[i], sizeof texts[i], "job %d", i);
		notes[i] = text(topic("work"), texts[i], 1, false);
	}
	paho_publish_all(pub, notes, FEW);
	for (int i = 0; i < FEW; i++)
		expect(all, topic("work"), texts[i], 1, false);
	/* what the members got is counted by what is behind it in their own queues */
	bool done[FEW] = {false};
	int got[2] = {0, 0};
	struct paho *member[2] = {a, b};
	for (int k = 0; k < 2; k++) {
		CHECK(paho_subscribe(member[k], topic("end"), 1, false, NULL) == 1);
		publish(pub, topic("end"), "end", 1, false);
		for (;;) {
			struct note note = paho_next(member[k]);
			bool end = strcmp(note.payload, "end") == 0;
			int job = end ? -1 : atoi((const char *)note.payload + 4);
			paho_note_finish(&note);
			if (end)
				break;
			CHECK(job >= 0 && job < FEW && !done[job]);
			done[job] = true;
			got[k]++;
		}
	}
	CHECK(got[0] + got[1] == FEW && got[0] && got[1]); /* the load is spread */
	paho_disconnect(&a, 0);
	paho_disconnect(&b, 0);
	paho_disconnect(&all, 0);
	paho_disconnect(&pub, 0);
}

/* A client that wants few at a time gets all, in order. */
static void receive_maximum(void)
{
	static char texts[FEW][24];
	static struct note notes[FEW];
	MQTTProperties props = MQTTProperties_initializer;
	add_int(&props, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, 1);
	struct login slow = login_as(client_id("slow"));
	slow.props = &props;
	struct paho *sub = join(&slow, false), *pub = join_as("pub");
	CHECK(paho_subscribe(sub, topic("x"), 2, false, NULL) == 2);
	for (int i = 0; i < FEW; i++) {
		snprintf(texts[i], sizeof texts[i], "message %d", i);
		notes[i] = text(topic("x"), texts[i], 2, false);
	}
	paho_publish_all(pub, notes, FEW);
	for (int i = 0; i < FEW; i++)
		expect(sub, topic("x"), texts[i], 2, false);
	MQTTProperties_free(&props);
	paho_disconnect(&pub, 0);
	paho_disconnect(&sub, 0);
}

/* ---- a device at the hub's door: its own topics, its own client id ---- */

static void device(void)
{
	MQTTProperties props = MQTTProperties_initializer;
	const char *name = topic("x");
	struct note gone = text(topic("will"), "gone", 1, false);
	struct login login = lasting(run.id, &props);
	login.will = &gone;
	struct victim v = victim_fork(&login, topic("#"));
	victim_connect(&v);
	victim_kill(&v);
	struct paho *p = join(&login, true);
	expect(p, gone.topic, "gone", 1, false); /* its will waited in its own session */
	publish(p, name, "hello", 2, true);
	expect(p, name, "hello", 2, false);
	int refused = paho_subscribe(p, "tomte/other/#", 1, false, NULL);
	CHECK(refused == (run.version == MQTT_50 ? MQTTREASONCODE_NOT_AUTHORIZED : 0x80) || (refused < 0 && run.version != MQTT_50));
	publish(p, name, "", 2, true); /* and it is still served */
	expect(p, name, "", 2, false);
	paho_disconnect(&p, 0);
	login.clean = true;
	p = join(&login, false);
	paho_disconnect(&p, 0);
	MQTTProperties_free(&props);
}

/* Over WebSocket: one packet at a time, as this library's WebSocket part loses or forgets packets that come
 * together (with any broker; the frames of all connections of a process share one list in it). */
static void one_by_one(void)
{
	char payload[] = "0";
	struct paho *p = join_as("p");
	CHECK(paho_subscribe(p, topic("echo"), 0, false, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		payload[0] = (char)('0' + i);
		publish(p, topic("silent"), payload, i, false);
		publish(p, topic("echo"), payload, 0, false);
		expect(p, topic("echo"), payload, 0, false);
	}
	paho_unsubscribe(p, topic("echo"));
	paho_disconnect(&p, 0);
}

static void refused(void)
{
	struct login login = login_as(run.id);
	struct welcome welcome;
	login.token = "0000000000000000000000000000000000000000000000000000000000000000";
	struct paho *p = paho_connect(&login, &welcome);
	if (run.version == MQTT_50)
		CHECK(welcome.code == MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD || welcome.code == MQTTREASONCODE_NOT_AUTHORIZED);
	else
		CHECK(welcome.code == 4 || welcome.code == 5);
	MQTTProperties_free(&welcome.props);
	paho_disconnect(&p, 0);
	login = login_as("someone-else");
	p = paho_connect(&login, &welcome);
	CHECK(welcome.code == (run.version == MQTT_50 ? MQTTREASONCODE_CLIENT_IDENTIFIER_NOT_VALID : 2));
	MQTTProperties_free(&welcome.props);
	paho_disconnect(&p, 0);
}

/* ---- */

static const struct test_case {
	const char *name;
	void (*run)(void);
	const char *versions;
	const char *where; /* "open": the open broker, "hub": TLS with credentials, "web": WebSocket with credentials */
} cases[] = {
	{"qos", qos, "345", "open"},
	{"many", many, "345", "open"},
	{"retained", retained, "345", "open"},
	{"will", will, "345", "open"},
	{"session", session, "345", "open"},
	{"unsubscribe", unsubscribe, "345", "open"},
	{"large", large, "345", "open"},
	{"takeover", takeover, "345", "open"},
	{"properties", properties, "5", "open"},
	{"will_properties", will_properties, "5", "open"},
	{"request", request, "5", "open"},
	{"identifiers", identifiers, "5", "open"},
	{"alias", alias, "5", "open"},
	{"alias_received", alias_received, "5", "open"},
	{"assigned", assigned, "5", "open"},
	{"shared", shared, "345", "open"},
	{"receive_maximum", receive_maximum, "5", "open"},
	{"device", device, "345", "hub"},
	{"large", large, "45", "hub"},
	{"refused", refused, "45", "hub"},
	{"refused", refused, "45", "web"},
	{"one_by_one", one_by_one, "345", "web"},
};

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
			printf("%s %s %s\n", cases[i].name, cases[i].versions, cases[i].where);
		return 0;
	}
	if (argc != 4 && argc != 8)
		fail("usage: %s CASE VERSION URI [ID USER TOKEN CA]", argv[0]);
	run.name = argv[1];
	run.version = atoi(argv[2]);
	run.uri = argv[3];
	if (argc == 8) {
		run.id = argv[4];
		run.user = argv[5];
		run.token = argv[6];
		run.ca_file = argv[7];
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (strcmp(cases[i].name, run.name) == 0 && strcmp(cases[i].where, !run.id ? "open" : run.uri[0] == 'w' ? "web" : "hub") == 0) {
			cases[i].run();
			return 0;
		}
	fail("no case %s here", run.name);
}
