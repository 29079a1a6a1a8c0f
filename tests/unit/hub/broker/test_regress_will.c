/* Wills in time: other brokers have sent them early, twice, never, or after their owner was back. The broker is
 * turned by hand on a clock that the test moves, so "not a millisecond early" is exact. (MQTT 5.0 §3.1.2.5, §3.1.3.2.2) */
#include <check.h>
#include <sodium.h>

#include "mqtt/reason.h"
#include "support/suite.h"
#include "support/virtual_broker.h"

static struct access_table *table;
static struct virtual_client witness, mortal, other;

static void begin(void)
{
	struct broker_config config = broker_config_default();
	config.workers = 2;
	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(access_table_create_open(&table), 0);
	virtual_broker_start(&config, NULL, table);
}

static void end(void)
{
	virtual_client_close(&witness);
	virtual_client_close(&mortal);
	virtual_client_close(&other);
	virtual_broker_stop();
	access_table_unref(&table);
}

static struct packet expect(struct virtual_client *c, uint8_t type)
{
	struct packet packet;
	struct wire_frame frame;
	ck_assert_msg(virtual_client_receive(c, &packet, &frame), "nothing came, expected packet type %d", type);
	ck_assert_uint_eq(packet.type, type);
	return packet;
}

static void expect_silence(struct virtual_client *c)
{
	struct packet packet;
	struct wire_frame frame;
	ck_assert_msg(!virtual_client_receive(c, &packet, &frame), "unexpected packet of type %d", packet.type);
}

static void expect_will(const char *payload)
{
	struct packet packet = expect(&witness, PACKET_PUBLISH);
	ck_assert(span_is(packet.publish.topic, "will"));
	ck_assert_msg(span_is(packet.publish.payload, payload), "will %.*s, expected %s",
		      (int)packet.publish.payload.len, (const char *)packet.publish.payload.data, payload);
	expect_silence(&witness);
}

static struct packet login(struct virtual_client *c, const struct packet *connect)
{
	virtual_client_open(c, connect->connect.version);
	virtual_client_send(c, connect);
	struct packet ack = expect(c, PACKET_CONNACK);
	ck_assert_uint_eq(ack.connack.reason, 0);
	return ack;
}

static struct packet plain(const char *id)
{
	return (struct packet){.type = PACKET_CONNECT,
			       .connect = {.version = MQTT_V5, .clean_start = true, .client_id = span_str(id)}};
}

/* A CONNECT of "mortal" whose will says "dead". */
static struct packet with_will(uint32_t delay_s, uint32_t expiry_s)
{
	struct packet p = plain("mortal");
	p.connect.has_will = true;
	p.connect.will.topic = span_str("will");
	p.connect.will.payload = span_str("dead");
	p.connect.will.props.will_delay_s = delay_s;
	props_set(&p.connect.will.props, PROP_WILL_DELAY);
	p.connect.props.session_expiry_s = expiry_s;
	props_set(&p.connect.props, PROP_SESSION_EXPIRY);
	return p;
}

static void start_witness(void)
{
	struct packet connect = plain("witness");
	login(&witness, &connect);
	virtual_client_send(&witness, &(struct packet){.type = PACKET_SUBSCRIBE,
						       .subscribe = {.id = 1, .filters = span_of("\0\4will\0", 7), .count = 1}});
	expect(&witness, PACKET_SUBACK);
}

static void die(struct virtual_client *c)
{
	virtual_client_close(c);
	virtual_broker_settle();
}

/* Nothing until `at_ms`, then the will; the timer wheel may be 10 ms late but never early. */
static void expect_will_at(int64_t at_ms)
{
	virtual_broker_advance(at_ms - 1);
	expect_silence(&witness);
	virtual_broker_advance(1 + 20);
	expect_will("dead");
	virtual_broker_advance(INT64_C(400) * 24 * 3600 * 1000); /* and never again */
	expect_silence(&witness);
}

START_TEST(will_comes_at_its_delay_or_at_the_end_of_the_session)
{
	static const struct {
		uint32_t delay_s, expiry_s;
		int64_t at_ms; /* 0: at once */
	} cases[] = {
		{0, 0, 0},   {0, 100, 0},           {60, 0, 0},          /* without a session to wait in there is no delay */
		{5, 100, 5000}, {100, 5, 5000},     {5, 5, 5000},        {1, UINT32_MAX, 1000},
		{UINT32_MAX, 7, 7000},              {30, 31, 30000},     {31, 30, 30000},
	};
	begin();
	start_witness();
	struct packet connect = with_will(cases[_i].delay_s, cases[_i].expiry_s);
	login(&mortal, &connect);
	virtual_broker_advance(1000000); /* the time before the death does not count */
	expect_silence(&witness);
	die(&mortal);
	if (cases[_i].at_ms)
		expect_will_at(cases[_i].at_ms);
	else
		expect_will("dead");
	end();
}
END_TEST

START_TEST(will_of_eternal_session_waits_for_ever)
{
	begin();
	start_witness();
	struct packet connect = with_will(UINT32_MAX, UINT32_MAX);
	login(&mortal, &connect);
	die(&mortal);
	virtual_broker_advance(INT64_C(6) * 24 * 3600 * 1000); /* sessions live for seven days at most */
	expect_silence(&witness);
	virtual_broker_advance(INT64_C(2) * 24 * 3600 * 1000);
	expect_will("dead");
	end();
}
END_TEST

START_TEST(will_is_called_off_by_return_before_its_delay)
{
	begin();
	start_witness();
	struct packet connect = with_will(10, 100);
	login(&mortal, &connect);
	die(&mortal);
	virtual_broker_advance(9999);
	connect = plain("mortal");
	connect.connect.clean_start = false;
	connect.connect.props.session_expiry_s = 100;
	props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	ck_assert(login(&mortal, &connect).connack.session_present);
	virtual_broker_advance(20000);
	expect_silence(&witness);
	die(&mortal); /* the new connection brought none */
	virtual_broker_advance(200000);
	expect_silence(&witness);
	end();
}
END_TEST

START_TEST(will_of_the_next_connection_replaces_the_waiting_one)
{
	begin();
	start_witness();
	struct packet connect = with_will(10, 100);
	login(&mortal, &connect);
	die(&mortal);
	virtual_broker_advance(5000);
	connect = with_will(20, 100);
	connect.connect.clean_start = false;
	connect.connect.will.payload = span_str("dead again");
	login(&mortal, &connect);
	die(&mortal);
	virtual_broker_advance(19999); /* the first one's time has passed */
	expect_silence(&witness);
	virtual_broker_advance(30);
	expect_will("dead again");
	end();
}
END_TEST

/* §3.1.4: the old connection is closed; its will is sent if it has no delay, or if its session ends with it. */
START_TEST(will_on_take_over)
{
	static const struct {
		uint32_t delay_s, expiry_s;
		bool clean_start, sent;
	} cases[] = {
		{0, 100, false, true}, {0, 100, true, true},  {0, 0, false, true},  {0, 0, true, true},
		{60, 100, false, false}, {60, 100, true, true}, {60, 0, false, true}, {60, 0, true, true},
	};
	begin();
	start_witness();
	struct packet connect = with_will(cases[_i].delay_s, cases[_i].expiry_s);
	login(&mortal, &connect);
	struct packet next = plain("mortal");
	next.connect.clean_start = cases[_i].clean_start;
	next.connect.props.session_expiry_s = 500;
	props_set(&next.connect.props, PROP_SESSION_EXPIRY);
	ck_assert(login(&other, &next).connack.session_present ==
		  (!cases[_i].clean_start && cases[_i].expiry_s > 0));
	ck_assert_uint_eq(expect(&mortal, PACKET_DISCONNECT).reason.reason, REASON_SESSION_TAKEN_OVER);
	ck_assert_ptr_null(mortal.stream);
	if (cases[_i].sent)
		expect_will("dead");
	else
		expect_silence(&witness);
	virtual_broker_advance(200000); /* nothing follows while the new one lives */
	expect_silence(&witness);
	end();
}
END_TEST

START_TEST(will_and_goodbye)
{
	begin();
	start_witness();
	/* a normal goodbye: never */
	struct packet connect = with_will(0, 100), bye = {.type = PACKET_DISCONNECT};
	login(&mortal, &connect);
	virtual_client_send(&mortal, &bye);
	virtual_broker_advance(200000);
	expect_silence(&witness);
	/* with 0x04: as if the connection had been lost */
	login(&mortal, &connect);
	bye.reason.reason = REASON_DISCONNECT_WITH_WILL;
	virtual_client_send(&mortal, &bye);
	expect_will("dead");
	/* the goodbye may shorten the session, and with it the delay */
	connect = with_will(60, 100);
	login(&mortal, &connect);
	bye.reason.props.session_expiry_s = 5;
	props_set(&bye.reason.props, PROP_SESSION_EXPIRY);
	virtual_client_send(&mortal, &bye);
	expect_will_at(5000);
	/* any other reason that a client may give keeps the will */
	connect = with_will(0, 0);
	login(&mortal, &connect);
	virtual_client_send(&mortal, &(struct packet){.type = PACKET_DISCONNECT,
						      .reason = {.reason = REASON_UNSPECIFIED}});
	expect_will("dead");
	end();
}
END_TEST

START_TEST(will_of_silent_client_comes_after_its_keep_alive)
{
	begin();
	start_witness();
	struct packet connect = with_will(0, 0);
	connect.connect.keep_alive_s = 10;
	login(&mortal, &connect);
	virtual_broker_advance(10000);
	virtual_client_send(&mortal, &(struct packet){.type = PACKET_PINGREQ});
	expect(&mortal, PACKET_PINGRESP);
	expect_will_at(15000);
	end();
}
END_TEST

START_TEST(will_of_old_versions_comes_at_once)
{
	begin();
	start_witness();
	struct packet connect = with_will(0, 0);
	connect.connect.version = _i ? MQTT_V311 : MQTT_V31;
	connect.connect.clean_start = false;
	login(&mortal, &connect);
	die(&mortal);
	expect_will("dead");
	login(&mortal, &connect);
	virtual_client_send(&mortal, &(struct packet){.type = PACKET_DISCONNECT});
	virtual_broker_advance(200000);
	expect_silence(&witness);
	end();
}
END_TEST

/* A will's own expiry begins when it is published, not when it was left. */
START_TEST(will_message_expiry_begins_with_its_publication)
{
	begin();
	struct packet connect = plain("later");
	connect.connect.props.session_expiry_s = 10000;
	props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	login(&other, &connect);
	virtual_client_send(&other, &(struct packet){.type = PACKET_SUBSCRIBE,
						     .subscribe = {.id = 1, .filters = span_of("\0\4will\1", 7), .count = 1}});
	expect(&other, PACKET_SUBACK);
	die(&other);
	struct packet doomed = with_will(20, 100);
	doomed.connect.will.qos = 1;
	doomed.connect.will.props.message_expiry_s = 50;
	props_set(&doomed.connect.will.props, PROP_MESSAGE_EXPIRY);
	login(&mortal, &doomed);
	virtual_broker_advance(1000000);
	die(&mortal);
	virtual_broker_advance(20000 + 20);
	virtual_broker_advance(40000);
	connect.connect.clean_start = false;
	ck_assert(login(&other, &connect).connack.session_present);
	struct packet p = expect(&other, PACKET_PUBLISH);
	ck_assert_uint_eq(p.publish.props.message_expiry_s, 10);
	end();
}
END_TEST

/* A retained will replaces what was kept, once, and only when it is due. */
START_TEST(retained_will_is_kept_when_it_is_due)
{
	begin();
	struct packet connect = with_will(10, 100);
	struct broker_stats stats;
	connect.connect.will.retain = true;
	login(&mortal, &connect);
	die(&mortal);
	virtual_broker_advance(9999);
	broker_stats_get(virtual_broker(), &stats);
	ck_assert_uint_eq(stats.retained, 0);
	virtual_broker_advance(21);
	broker_stats_get(virtual_broker(), &stats);
	ck_assert_uint_eq(stats.retained, 1);
	start_witness();
	expect_will("dead");
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("regress_will");
	TCase *tc = tcase_create("will");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, will_comes_at_its_delay_or_at_the_end_of_the_session, 0, 10);
	tcase_add_test(tc, will_of_eternal_session_waits_for_ever);
	tcase_add_test(tc, will_is_called_off_by_return_before_its_delay);
	tcase_add_test(tc, will_of_the_next_connection_replaces_the_waiting_one);
	tcase_add_loop_test(tc, will_on_take_over, 0, 8);
	tcase_add_test(tc, will_and_goodbye);
	tcase_add_test(tc, will_of_silent_client_comes_after_its_keep_alive);
	tcase_add_loop_test(tc, will_of_old_versions_comes_at_once, 0, 2);
	tcase_add_test(tc, will_message_expiry_begins_with_its_publication);
	tcase_add_test(tc, retained_will_is_kept_when_it_is_due);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
