/* Wills in time: other brokers have sent them early, twice, never, or after their owner was back. The broker is
 * turned by hand on a clock that the test moves, so "not a millisecond early" is exact. (MQTT 5.0 §3.1.2.5, §3.1.3.2.2) */
#include <sodium.h>

#include "mqtt/reason.h"
#include "support/suite.h"
#include "support/virtual_check.h"

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

static void expect_will(const char *payload)
{
	struct packet packet = virtual_expect(&witness, PACKET_PUBLISH);
	ck_assert(span_is(packet.publish.topic, "will"));
	ck_assert_msg(span_is(packet.publish.payload, payload), "will %.*s, expected %s",
		      (int)packet.publish.payload.len, (const char *)packet.publish.payload.data, payload);
	virtual_expect_silence(&witness);
}

static struct packet login(struct virtual_client *c, const struct packet *connect)
{
	struct packet ack = virtual_login(c, connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
	return ack;
}

/* A CONNECT of "mortal" whose will says "dead". */
static struct packet with_will(uint32_t delay_s, uint32_t expiry_s)
{
	struct packet p = virtual_connect("mortal", expiry_s);
	p.connect.has_will = true;
	p.connect.will.topic = span_str("will");
	p.connect.will.payload = span_str("dead");
	p.connect.will.props.will_delay_s = delay_s;
	props_set(&p.connect.will.props, PROP_WILL_DELAY);
	return p;
}

static void start_witness(void)
{
	struct packet connect = virtual_connect("witness", 0);
	login(&witness, &connect);
	ck_assert_uint_eq(virtual_subscribe(&witness, "will", 0), 0);
}

/* Nothing until `at_ms`, then the will; the timer wheel may be 10 ms late but never early. */
static void expect_will_at(int64_t at_ms)
{
	virtual_broker_advance(at_ms - 1);
	virtual_expect_silence(&witness);
	virtual_broker_advance(1 + 20);
	expect_will("dead");
	virtual_broker_advance(INT64_C(400) * 24 * 3600 * 1000); /* and never again */
	virtual_expect_silence(&witness);
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
	virtual_expect_silence(&witness);
	virtual_die(&mortal);
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
	virtual_die(&mortal);
	virtual_broker_advance(INT64_C(6) * 24 * 3600 * 1000); /* sessions live for seven days at most */
	virtual_expect_silence(&witness);
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
	virtual_die(&mortal);
	virtual_broker_advance(9999);
	connect = virtual_connect("mortal", 100);
	connect.connect.clean_start = false;
	ck_assert(login(&mortal, &connect).connack.session_present);
	virtual_broker_advance(20000);
	virtual_expect_silence(&witness);
	virtual_die(&mortal); /* the new connection brought none */
	virtual_broker_advance(200000);
	virtual_expect_silence(&witness);
	end();
}
END_TEST

START_TEST(will_of_the_next_connection_replaces_the_waiting_one)
{
	begin();
	start_witness();
	struct packet connect = with_will(10, 100);
	login(&mortal, &connect);
	virtual_die(&mortal);
	virtual_broker_advance(5000);
	connect = with_will(20, 100);
	connect.connect.clean_start = false;
	connect.connect.will.payload = span_str("dead again");
	login(&mortal, &connect);
	virtual_die(&mortal);
	virtual_broker_advance(19999); /* the first one's time has passed */
	virtual_expect_silence(&witness);
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
	struct packet next = virtual_connect("mortal", 500);
	next.connect.clean_start = cases[_i].clean_start;
	ck_assert(login(&other, &next).connack.session_present ==
		  (!cases[_i].clean_start && cases[_i].expiry_s > 0));
	ck_assert_uint_eq(virtual_expect(&mortal, PACKET_DISCONNECT).reason.reason, REASON_SESSION_TAKEN_OVER);
	ck_assert_ptr_null(mortal.stream);
	if (cases[_i].sent)
		expect_will("dead");
	else
		virtual_expect_silence(&witness);
	virtual_broker_advance(200000); /* nothing follows while the new one lives */
	virtual_expect_silence(&witness);
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
	virtual_expect_silence(&witness);
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
	virtual_expect(&mortal, PACKET_PINGRESP);
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
	virtual_die(&mortal);
	expect_will("dead");
	login(&mortal, &connect);
	virtual_client_send(&mortal, &(struct packet){.type = PACKET_DISCONNECT});
	virtual_broker_advance(200000);
	virtual_expect_silence(&witness);
	end();
}
END_TEST

/* A will's own expiry begins when it is published, not when it was left. */
START_TEST(will_message_expiry_begins_with_its_publication)
{
	begin();
	struct packet connect = virtual_connect("later", 10000);
	login(&other, &connect);
	ck_assert_uint_eq(virtual_subscribe(&other, "will", 1), 1);
	virtual_die(&other);
	struct packet doomed = with_will(20, 100);
	doomed.connect.will.qos = 1;
	doomed.connect.will.props.message_expiry_s = 50;
	props_set(&doomed.connect.will.props, PROP_MESSAGE_EXPIRY);
	login(&mortal, &doomed);
	virtual_broker_advance(1000000);
	virtual_die(&mortal);
	virtual_broker_advance(20000 + 20);
	virtual_broker_advance(40000);
	connect.connect.clean_start = false;
	ck_assert(login(&other, &connect).connack.session_present);
	struct packet p = virtual_expect(&other, PACKET_PUBLISH);
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
	virtual_die(&mortal);
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
