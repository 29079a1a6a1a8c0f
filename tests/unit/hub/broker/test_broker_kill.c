/* kill -9 at random moments under QoS 1, QoS 2 and retained load: nothing that was acknowledged is lost, no QoS 2 message
 * comes twice, and the broker serves again. The broker is a child process over a real store; its clients live here and
 * remember across its deaths what the standard wants them to. The moment of death is counted in packets, so a
 * seed tells it; what the disk had done by then is chance. TEST_LONG=yes: ten times as often. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/durable.h"
#include "db/store.h"
#include "support/broker_fixture.h"
#include "support/effort.h"

enum { ROUNDS = 100, LONG_ROUNDS = 2000 };

enum {
	WINDOW = 24,     /* unacknowledged messages of a sender */
	TOPICS = 12,     /* retained */
	MESSAGES = 400000,
	KILL_AFTER = 500, /* packets, at most */
	PATIENCE_MS = 40000,
};

enum part { SENDER_1, SENDER_2, RETAINER, RECEIVER, ROLES };

/* A message on its way, as its sender remembers it. */
struct outgoing {
	uint32_t number;
	uint8_t state; /* 0: free, 1: PUBLISH sent, 2: PUBREL sent */
};

struct peer {
	enum part role;
	int fd;
	bool connected; /* CONNACK has come */
	struct buf in, out;
	struct outgoing window[WINDOW]; /* packet id - 1 */
	uint32_t sent;                  /* the last number given */
};

static char dir[64];
static pid_t child;
static uint16_t port;
static struct peer peers[ROLES];
static bool received_id[65536];          /* the receiver's QoS 2 state */
static uint8_t seen[2][MESSAGES];        /* by the receiver, of each sender: how often */
static bool acked[2][MESSAGES];          /* each sender was told */
static uint32_t topic_acked[TOPICS], topic_sent[TOPICS];
static unsigned packets;                 /* that came in this round */
static bool subscribed;

/* --- the broker's process ------------------------------------------------- */

_Noreturn static void serve(int report)
{
	char message[512];
	struct store *store;
	struct access_table *table;
	struct broker *broker;
	struct broker_config config = broker_config_default();
	uint16_t bound;
	log_set_level(LOG_LEVEL_ERROR);
	if (sodium_init() < 0 || store_open(&(struct store_options){.state_dir = dir}, &store, message))
		_exit(2);
	struct persist_port persist = store_persist_port(store);
	config.persist = &persist;
	if (access_table_create_open(&table) || broker_create(&config, NULL, table, &broker) ||
	    broker_listen(broker, "127.0.0.1", 0, NULL, &bound, message) || broker_start(broker) ||
	    write(report, &bound, sizeof bound) != sizeof bound)
		_exit(3);
	for (;;)
		pause();
}

static void start_broker(void)
{
	int report[2];
	ck_assert_int_eq(pipe(report), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		serve(report[1]);
	close(report[1]);
	ck_assert_msg(read(report[0], &port, sizeof port) == sizeof port, "the broker did not come up again");
	close(report[0]);
}

static void kill_broker(void)
{
	int status;
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the broker died by itself: %d", status);
}

/* --- clients --------------------------------------------------------------------- */

static void send_packet(struct peer *p, const struct packet *packet)
{
	size_t size = packet_size(packet, MQTT_V311);
	ck_assert_int_eq(buf_reserve(&p->out, size), 0);
	struct wire_writer w = {.data = p->out.data + p->out.len, .cap = size};
	ck_assert_int_eq(packet_encode(&w, packet, MQTT_V311), 0);
	p->out.len += size;
}

static void send_ack(struct peer *p, uint8_t type, uint16_t id)
{
	send_packet(p, &(struct packet){.type = type, .ack = {.id = id}});
}

static void send_message(struct peer *p, uint16_t id, bool dup)
{
	char topic[16], payload[16];
	uint32_t number = p->window[id - 1].number;
	snprintf(payload, sizeof payload, "%u", number);
	if (p->role == RETAINER)
		snprintf(topic, sizeof topic, "r/%u", number % TOPICS);
	else
		snprintf(topic, sizeof topic, "k/%d", p->role);
	send_packet(p, &(struct packet){.type = PACKET_PUBLISH,
					.publish = {.qos = p->role == SENDER_2 ? 2 : 1, .id = id, .dup = dup,
						    .retain = p->role == RETAINER, .topic = span_str(topic),
						    .payload = span_str(payload)}});
}

/* Fills the window with new messages. */
static void send_more(struct peer *p)
{
	if (p->role == RECEIVER || p->sent + WINDOW >= MESSAGES)
		return;
	for (uint16_t id = 1; id <= WINDOW; id++) {
		/* A retained topic has one message under way at a time, so that its newest is known. */
		if (p->window[id - 1].state || (p->role == RETAINER && topic_sent[(p->sent + 1) % TOPICS] != topic_acked[(p->sent + 1) % TOPICS]))
			continue;
		p->window[id - 1] = (struct outgoing){++p->sent, 1};
		if (p->role == RETAINER)
			topic_sent[p->sent % TOPICS] = p->sent;
		send_message(p, id, false);
	}
}

/* What a client does once it is connected again (MQTT 3.1.1 §4.4): in the order of sending. */
static void send_again(struct peer *p)
{
	uint32_t after = 0;
	for (;;) {
		uint16_t next = 0;
		for (uint16_t id = 1; id <= WINDOW; id++)
			if (p->window[id - 1].state && p->window[id - 1].number > after &&
			    (!next || p->window[id - 1].number < p->window[next - 1].number))
				next = id;
		if (!next)
			return;
		after = p->window[next - 1].number;
		if (p->window[next - 1].state == 1)
			send_message(p, next, true);
		else
			send_ack(p, PACKET_PUBREL, next);
	}
}

static void done(struct peer *p, uint16_t id)
{
	struct outgoing *o = &p->window[id - 1];
	ck_assert(id >= 1 && id <= WINDOW && o->state);
	if (p->role == RETAINER)
		topic_acked[o->number % TOPICS] = o->number;
	else
		acked[p->role][o->number] = true;
	o->state = 0;
}

static void receive_message(struct peer *p, const struct packet_publish *m)
{
	char text[16] = "", topic[16] = "";
	int64_t number;
	memcpy(text, m->payload.data, m->payload.len);
	memcpy(topic, m->topic.data, m->topic.len);
	ck_assert_int_eq(str_to_int(text, 1, MESSAGES - 1, &number), 0);
	int of = topic[2] - '0';
	ck_assert(of == SENDER_1 || of == SENDER_2);
	if (m->qos == 2 && received_id[m->id]) {
		send_ack(p, PACKET_PUBREC, m->id);
		return;
	}
	ck_assert_msg(of == SENDER_1 || seen[of][number] == 0, "QoS 2 message %d came twice", (int)number);
	seen[of][number]++;
	received_id[m->id] |= m->qos == 2;
	send_ack(p, m->qos == 2 ? PACKET_PUBREC : PACKET_PUBACK, m->id);
}

static void handle(struct peer *p, const struct packet *packet)
{
	packets++;
	switch (packet->type) {
	case PACKET_CONNACK:
		p->connected = true;
		ck_assert_uint_eq(packet->connack.reason, 0);
		if (p->role == RECEIVER && !packet->connack.session_present)
			send_packet(p, &(struct packet){.type = PACKET_SUBSCRIBE,
							.subscribe = {.id = 1, .count = 1, .filters = span_of("\0\3k/#\2", 6)}});
		send_again(p);
		break;
	case PACKET_PUBACK:
		done(p, packet->ack.id);
		break;
	case PACKET_PUBREC:
		p->window[packet->ack.id - 1].state = 2;
		send_ack(p, PACKET_PUBREL, packet->ack.id);
		break;
	case PACKET_PUBCOMP:
		done(p, packet->ack.id);
		break;
	case PACKET_PUBREL:
		received_id[packet->ack.id] = false;
		send_ack(p, PACKET_PUBCOMP, packet->ack.id);
		break;
	case PACKET_PUBLISH:
		receive_message(p, &packet->publish);
		break;
	default:
		ck_assert_uint_eq(packet->type, PACKET_SUBACK);
		subscribed = true;
	}
}

static void take_input(struct peer *p)
{
	struct wire_frame frame;
	size_t used = 0;
	while (wire_next(span_of(p->in.data + used, p->in.len - used), 1 << 20, &frame) == 0) {
		struct packet packet;
		ck_assert_int_eq(packet_decode(&frame, MQTT_V311, &packet), 0);
		handle(p, &packet);
		used += frame.size;
	}
	buf_consume(&p->in, used);
}

static void connect_peer(struct peer *p)
{
	static const char *const ids[] = {"sender-1", "sender-2", "retainer", "receiver"};
	struct mqtt_client socket_only = {0};
	mqtt_client_open(&socket_only, port, MQTT_V311);
	p->fd = socket_only.fd;
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	p->connected = false;
	p->in.len = p->out.len = 0;
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, ids[p->role]);
	connect.connect.clean_start = false;
	send_packet(p, &connect);
}

static void drop_peer(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* One turn over all that are there. False: nothing came in time. */
static bool turn(void)
{
	struct pollfd fds[ROLES];
	for (int i = 0; i < ROLES; i++)
		fds[i] = (struct pollfd){peers[i].fd, (short)(POLLIN | (peers[i].out.len ? POLLOUT : 0)), 0};
	if (poll(fds, ROLES, PATIENCE_MS) <= 0)
		return false;
	for (int i = 0; i < ROLES; i++) {
		struct peer *p = &peers[i];
		if (fds[i].revents & POLLIN) {
			ck_assert_int_eq(buf_reserve(&p->in, 65536), 0);
			ssize_t n = read(p->fd, p->in.data + p->in.len, 65536);
			ck_assert_msg(n > 0, "the broker has closed %d", i);
			p->in.len += (size_t)n;
			take_input(p);
		}
		if (p->out.len) {
			ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
			if (n > 0)
				buf_consume(&p->out, (size_t)n);
		}
	}
	return true;
}

static bool is_all_done(void)
{
	for (int i = 0; i < ROLES; i++)
		for (int k = 0; k < WINDOW; k++)
			if (peers[i].window[k].state)
				return false;
	for (int of = 0; of < 2; of++)
		for (uint32_t n = 1; n <= peers[of].sent; n++)
			if (!seen[of][n])
				return false;
	return true;
}

/* The last life: what is open is finished, and nothing is missing. */
static void finish(void)
{
	start_broker();
	for (int i = 0; i < ROLES; i++)
		connect_peer(&peers[i]);
	while (!is_all_done() && turn())
		;
	unsigned lost = 0, missing = 0;
	for (int of = 0; of < 2; of++)
		for (uint32_t n = 1; n <= peers[of].sent; n++) {
			lost += acked[of][n] && !seen[of][n];
			missing += !seen[of][n];
		}
	ck_assert_msg(lost == 0, "%u acknowledged messages are lost", lost);
	ck_assert_msg(missing == 0, "%u messages never came", missing);
	struct mqtt_client reader = {0};
	mqtt_client_start(&reader, port, MQTT_V311, "reader");
	ck_assert_uint_eq(mqtt_client_subscribe(&reader, "r/#", 0), 0);
	for (unsigned i = 0; i < TOPICS; i++) {
		struct packet p = mqtt_client_expect(&reader, PACKET_PUBLISH);
		char text[16] = "";
		int64_t number;
		memcpy(text, p.publish.payload.data, p.publish.payload.len);
		ck_assert_int_eq(str_to_int(text, 1, MESSAGES, &number), 0);
		ck_assert_uint_ge((uint32_t)number, topic_acked[number % TOPICS]);
	}
	mqtt_client_close(&reader);
	printf("kill -9: %u messages at QoS 1, %u at QoS 2, %u retained\n", peers[0].sent, peers[1].sent, peers[2].sent);
	kill_broker();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

START_TEST(nothing_acknowledged_is_lost_and_nothing_comes_twice)
{
	unsigned rounds = (unsigned)effort_rounds(ROUNDS, LONG_ROUNDS);
	srand(7);
	memcpy(dir, "/tmp/tomte-kill-XXXXXX", 23);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < ROLES; i++)
		peers[i] = (struct peer){.role = (enum part)i, .fd = -1};
	for (unsigned round = 0; round < rounds; round++) {
		start_broker();
		bool away = round && rand() % 3 == 0; /* the receiver: then messages wait for it on the disk */
		for (int i = 0; i < ROLES; i++)
			if (i != RECEIVER || !away)
				connect_peer(&peers[i]);
		packets = 0;
		while (!subscribed) /* only then the senders' messages have a receiver */
			ck_assert_msg(turn(), "no SUBACK comes");
		for (unsigned last = (unsigned)(rand() % KILL_AFTER) + ROLES; packets < last;) {
			for (int i = 0; i < ROLES; i++)
				if (peers[i].connected && peers[i].fd >= 0)
					send_more(&peers[i]);
			ck_assert_msg(turn(), "nothing comes any more");
		}
		kill_broker();
		for (int i = 0; i < ROLES; i++)
			drop_peer(&peers[i]);
	}
	finish();
	for (int i = 0; i < ROLES; i++) {
		drop_peer(&peers[i]);
		buf_finish(&peers[i].in);
		buf_finish(&peers[i].out);
	}
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_kill");
	TCase *tcase = tcase_create("kill");
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, nothing_acknowledged_is_lost_and_nothing_comes_twice);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
