/* Rights as other brokers have lost them: wildcards in names that opened everything, subscriptions and wills that
 * outlived a revoked right, sessions stolen by their client id. The broker is turned by hand. */
#include <sodium.h>

#include "broker/internal_client.h"
#include "mqtt/reason.h"
#include "support/suite.h"
#include "support/virtual_check.h"

enum { USERS = 7 };

static struct access_table *table;
static struct virtual_client boss, lamp, thief;

/* Users whose token is their name: reader hears everything, boss reaches everything, each other what stands below its filter. */
static struct access_table *table_of(const char *lamp_filter)
{
	struct access_rule rules[USERS] = {
		{"#", true, true}, {lamp_filter, true, true}, {"plus/#", true, true},
		{"hash/#", true, true}, {"slash/#", true, true}, {"mixed/+/own", true, true},
		{"#", false, true},
	};
	static const char *const names[USERS] = {"boss", "lamp", "+", "#", "lamp/..", "+/#", "reader"};
	struct access_user users[USERS];
	struct access_table *made;
	for (int i = 0; i < USERS; i++) {
		users[i] = (struct access_user){.name = names[i], .rules = &rules[i], .rule_count = 1};
		access_token_hash(span_str(names[i]), users[i].token_hash);
	}
	ck_assert_int_eq(access_table_create(users, USERS, &made), 0);
	return made;
}

static struct packet connect_as(const char *user, const char *client_id, uint32_t expiry_s)
{
	struct packet p = virtual_connect(client_id, expiry_s);
	p.connect.has_username = p.connect.has_password = true;
	p.connect.username = p.connect.password = span_str(user);
	return p;
}

static struct packet login_as(struct virtual_client *c, const char *user, const char *client_id, uint32_t expiry_s)
{
	struct packet connect = connect_as(user, client_id, expiry_s);
	struct packet ack = virtual_login(c, &connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
	return ack;
}

static void begin(void)
{
	struct broker_config config = broker_config_default();
	config.workers = 2;
	config.confidential = "lamp/+/secret";
	ck_assert_int_ge(sodium_init(), 0);
	table = table_of("lamp/#");
	virtual_broker_start(&config, NULL, table);
	login_as(&boss, "boss", "boss", 0);
}

static void end(void)
{
	virtual_client_close(&boss);
	virtual_client_close(&lamp);
	virtual_client_close(&thief);
	virtual_broker_stop();
	access_table_unref(&table);
}

static void change_rules(const char *lamp_filter)
{
	access_table_unref(&table);
	table = table_of(lamp_filter);
	ck_assert_int_eq(broker_set_access(virtual_broker(), table), 0);
	virtual_broker_settle();
}

/* Publishes with QoS 1 and returns the reason. */
static uint8_t publish(struct virtual_client *c, const char *topic, const char *payload, bool retain)
{
	virtual_publish(c, topic, payload, 1, retain);
	return virtual_expect(c, PACKET_PUBACK).ack.reason;
}

/* --- what is not for everybody with a wide filter ------------------------------------------------ */

START_TEST(confidential_messages_reach_their_parties)
{
	begin();
	login_as(&lamp, "lamp", "lamp", 0);
	login_as(&thief, "reader", "reader", 0);
	ck_assert_uint_eq(virtual_subscribe(&boss, "#", 1), 1);
	ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/1/secret", 1), 1);
	ck_assert_uint_eq(virtual_subscribe(&thief, "#", 1), 1);
	ck_assert_uint_eq(virtual_subscribe(&thief, "$share/all/#", 1), 1);
	ck_assert_int_eq(internal_publish(virtual_broker(), span_str("lamp/1/secret"), span_str("x"), 1, true), 0);
	ck_assert_int_eq(internal_publish(virtual_broker(), span_str("lamp/1/open"), span_str("y"), 0, false), 0);
	virtual_broker_settle();
	virtual_expect_publish(&lamp, "lamp/1/secret", "x");
	virtual_expect_publish(&boss, "lamp/1/secret", "x");
	virtual_expect_publish(&boss, "lamp/1/open", "y");
	for (int i = 0; i < 2; i++) /* on both of its subscriptions */
		virtual_expect_publish(&thief, "lamp/1/open", "y");
	virtual_expect_silence(&thief);
	/* nor is it kept for whoever asks later */
	ck_assert_uint_eq(virtual_subscribe(&thief, "lamp/1/secret", 1), 1);
	virtual_expect_silence(&thief);
	end();
}
END_TEST

/* --- wildcards in names (CVE-2017-7650) --------------------------------------------------------- */

START_TEST(wildcards_in_user_names_open_nothing)
{
	static const struct {
		const char *user, *own;
	} odd[] = {{"+", "plus/x"}, {"#", "hash/x"}, {"lamp/..", "slash/x"}, {"+/#", "mixed/x/own"}};
	begin();
	virtual_subscribe(&boss, "#", 0);
	for (size_t i = 0; i < 4; i++) {
		login_as(&lamp, odd[i].user, odd[i].user, 0);
		static const char *const foreign[] = {"lamp/x", "boss", "+/x", "x/#", "#", "+", "lamp/#", "/", "plus"};
		for (size_t k = 0; k < sizeof foreign / sizeof *foreign; k++)
			if (i > 0 || strcmp(foreign[k], "plus") != 0)
				ck_assert_msg(virtual_subscribe(&lamp, foreign[k], 0) == REASON_NOT_AUTHORIZED,
					      "user %s subscribes to %s", odd[i].user, foreign[k]);
		ck_assert_uint_eq(publish(&lamp, "lamp/x", "x", true), REASON_NOT_AUTHORIZED);
		ck_assert_uint_eq(publish(&lamp, "boss", "x", true), REASON_NOT_AUTHORIZED);
		virtual_expect_silence(&boss);
		ck_assert_uint_lt(publish(&lamp, odd[i].own, "x", false), 0x80);
		virtual_expect_publish(&boss, odd[i].own, "x");
		ck_assert_uint_eq(virtual_subscribe(&lamp, odd[i].own, 0), 0);
		virtual_die(&lamp);
	}
	end();
}
END_TEST

START_TEST(wildcards_in_client_ids_open_nothing)
{
	static const char *const ids[] = {"+", "#", "lamp/#", "+/+", "boss", "$share/g/#", "../boss", "lamp"};
	begin();
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct packet connect = connect_as("+", ids[i], 0);
		if (strcmp(ids[i], "boss") == 0) { /* somebody else's */
			ck_assert_uint_eq(virtual_login(&lamp, &connect).connack.reason, REASON_CLIENT_ID_NOT_VALID);
			continue;
		}
		ck_assert_uint_eq(virtual_login(&lamp, &connect).connack.reason, 0);
		ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/x", 0), REASON_NOT_AUTHORIZED);
		ck_assert_uint_eq(virtual_subscribe(&lamp, "#", 0), REASON_NOT_AUTHORIZED);
		ck_assert_uint_eq(publish(&lamp, "lamp/x", "x", false), REASON_NOT_AUTHORIZED);
		ck_assert_uint_eq(virtual_subscribe(&lamp, "plus/#", 0), 0);
	}
	/* names that only look like somebody */
	static const char *const nobodies[] = {"", "bos", "boss\n", "BOSS", "+/lamp", "%u"};
	for (size_t i = 0; i < sizeof nobodies / sizeof *nobodies; i++) {
		struct packet connect = connect_as(nobodies[i], "x", 0);
		ck_assert_uint_ge(virtual_login(&lamp, &connect).connack.reason, 0x80);
	}
	end();
}
END_TEST

/* --- sessions and their owners ----------------------------------------------------------------------- */

/* Guessing a client id gives nothing, whether its owner is there or away, and takes nothing from the owner. */
START_TEST(session_is_not_stolen_by_client_id)
{
	bool away = _i;
	begin();
	login_as(&lamp, "lamp", "lamp-7", 3600);
	ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/#", 1), 1);
	if (away)
		virtual_die(&lamp);
	ck_assert_uint_lt(publish(&boss, "lamp/secret", "for the lamp", false), 0x80);
	for (int clean = 0; clean < 2; clean++) {
		static const char *const users[] = {"+", "#", "boss", "lamp/.."};
		for (int i = 0; i < 4; i++) {
			struct packet connect = connect_as(users[i], "lamp-7", 3600);
			connect.connect.clean_start = clean;
			ck_assert_uint_eq(virtual_login(&thief, &connect).connack.reason, REASON_CLIENT_ID_NOT_VALID);
			ck_assert_ptr_null(thief.stream);
			virtual_expect_silence(&thief);
		}
	}
	if (away) {
		struct packet connect = connect_as("lamp", "lamp-7", 3600);
		connect.connect.clean_start = false;
		ck_assert(virtual_login(&lamp, &connect).connack.session_present);
	}
	virtual_expect_publish(&lamp, "lamp/secret", "for the lamp");
	ck_assert_ptr_nonnull(lamp.stream);
	end();
}
END_TEST

/* --- rights that end ------------------------------------------------------------------------------------- */

/* CVE-2021-34434: a session that lasts kept its subscriptions when its right had gone. */
START_TEST(revoked_right_ends_subscriptions_of_absent_sessions)
{
	struct broker_stats stats;
	begin();
	login_as(&lamp, "lamp", "lamp", 3600);
	ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/#", 1), 1);
	ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/kept/+", 1), 1);
	virtual_die(&lamp);
	ck_assert_uint_lt(publish(&boss, "lamp/secret", "queued before", false), 0x80);
	ck_assert_uint_lt(publish(&boss, "lamp/kept/1", "queued before", false), 0x80);
	ck_assert_uint_lt(publish(&boss, "lamp/retained", "kept", true), 0x80);
	change_rules("lamp/kept/#");
	broker_stats_get(virtual_broker(), &stats);
	ck_assert_uint_eq(stats.subscriptions, 1);
	ck_assert_uint_lt(publish(&boss, "lamp/secret", "after", false), 0x80);
	struct packet connect = connect_as("lamp", "lamp", 3600);
	connect.connect.clean_start = false;
	ck_assert(virtual_login(&lamp, &connect).connack.session_present);
	virtual_expect_publish(&lamp, "lamp/kept/1", "queued before");
	virtual_expect_silence(&lamp);
	/* nor does anything come back with the right */
	change_rules("lamp/#");
	ck_assert_uint_lt(publish(&boss, "lamp/secret", "again", false), 0x80);
	virtual_expect_silence(&lamp);
	end();
}
END_TEST

/* What was sent before, and not acknowledged, is not sent again once the right is gone. */
START_TEST(revoked_right_ends_what_is_unacknowledged)
{
	begin();
	login_as(&lamp, "lamp", "lamp", 3600);
	ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/#", 2), 2);
	ck_assert_uint_lt(publish(&boss, "lamp/secret", "once", false), 0x80);
	ck_assert_uint_lt(publish(&boss, "lamp/kept/1", "twice", false), 0x80);
	virtual_expect_publish(&lamp, "lamp/secret", "once");
	virtual_expect_publish(&lamp, "lamp/kept/1", "twice");
	virtual_die(&lamp);
	change_rules("lamp/kept/#");
	struct packet connect = connect_as("lamp", "lamp", 3600);
	connect.connect.clean_start = false;
	ck_assert(virtual_login(&lamp, &connect).connack.session_present);
	virtual_expect_publish(&lamp, "lamp/kept/1", "twice");
	virtual_expect_silence(&lamp);
	end();
}
END_TEST

/* Retained messages that are still to be sent stop with the right to have them. */
START_TEST(revoked_right_stops_retained_messages_on_their_way)
{
	begin();
	for (int i = 0; i < 5; i++) {
		char topic[] = "lamp/0";
		topic[5] = (char)('0' + i);
		ck_assert_uint_lt(publish(&boss, topic, "kept", true), 0x80);
	}
	struct packet connect = connect_as("lamp", "lamp", 0);
	connect.connect.props.receive_maximum = 2;
	props_set(&connect.connect.props, PROP_RECEIVE_MAXIMUM);
	virtual_login(&lamp, &connect);
	ck_assert_uint_eq(virtual_subscribe(&lamp, "lamp/+", 1), 1);
	uint16_t ids[2];
	for (int i = 0; i < 2; i++)
		ids[i] = virtual_expect(&lamp, PACKET_PUBLISH).publish.id;
	virtual_expect_silence(&lamp);
	change_rules("other/#");
	for (int i = 0; i < 2; i++)
		virtual_client_send(&lamp, &(struct packet){.type = PACKET_PUBACK, .ack = {.id = ids[i]}});
	virtual_expect_silence(&lamp);
	end();
}
END_TEST

/* A will, retained or delayed, is not published once its owner may not; nor is one left where it may not. */
START_TEST(revoked_right_ends_wills)
{
	begin();
	virtual_subscribe(&boss, "#", 0);
	for (int way = 0; way < 3; way++) {
		struct packet connect = connect_as("lamp", "lamp", 3600);
		connect.connect.has_will = true;
		connect.connect.will.topic = span_str("lamp/status");
		connect.connect.will.payload = span_str("dead");
		connect.connect.will.retain = true;
		connect.connect.will.props.will_delay_s = 10;
		props_set(&connect.connect.will.props, PROP_WILL_DELAY);
		ck_assert_uint_eq(virtual_login(&lamp, &connect).connack.reason, 0);
		if (way == 0) { /* while it waits */
			virtual_die(&lamp);
			change_rules("other/#");
		} else if (way == 1) { /* while its owner is there */
			change_rules("other/#");
			virtual_die(&lamp);
		} else { /* its owner is gone altogether */
			broker_purge(virtual_broker(), (struct span){0}, "lamp");
			virtual_broker_settle();
			ck_assert_ptr_null(lamp.stream);
		}
		virtual_broker_advance(4000 * 1000);
		virtual_expect_silence(&boss);
		change_rules("lamp/#");
	}
	struct broker_stats stats;
	broker_stats_get(virtual_broker(), &stats);
	ck_assert_uint_eq(stats.retained, 0);
	end();
}
END_TEST

START_TEST(retained_will_against_the_rules_is_refused)
{
	static const char *const topics[] = {"boss/status", "$SYS/broker/uptime", "lamp", "lam", "plus/x", "/lamp/x"};
	begin();
	virtual_subscribe(&boss, "#", 0);
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		for (int version = MQTT_V31; version <= MQTT_V5; version++) {
			struct packet connect = connect_as("lamp", "lamp", 0);
			connect.connect.version = (uint8_t)version;
			connect.connect.has_will = true;
			connect.connect.will.retain = true;
			connect.connect.will.topic = span_str(topics[i]);
			connect.connect.will.payload = span_str("mine");
			uint8_t reason = virtual_login(&lamp, &connect).connack.reason;
			if (strcmp(topics[i], "lamp") == 0) { /* "lamp/#" matches its parent */
				ck_assert_uint_eq(reason, 0);
				virtual_client_send(&lamp, &(struct packet){.type = PACKET_DISCONNECT});
			} else {
				ck_assert_uint_eq(reason, REASON_NOT_AUTHORIZED);
				ck_assert_ptr_null(lamp.stream);
			}
			virtual_die(&lamp);
		}
	virtual_expect_silence(&boss);
	struct broker_stats stats;
	broker_stats_get(virtual_broker(), &stats);
	ck_assert_uint_eq(stats.retained, 0);
	end();
}
END_TEST

int main(void)
{
	const TTest *const once[] = {
		confidential_messages_reach_their_parties,
		wildcards_in_user_names_open_nothing,
		wildcards_in_client_ids_open_nothing,
		revoked_right_ends_subscriptions_of_absent_sessions,
		revoked_right_stops_retained_messages_on_their_way,
		revoked_right_ends_what_is_unacknowledged,
		revoked_right_ends_wills,
		retained_will_against_the_rules_is_refused,
	};
	Suite *suite = suite_create("regress_access");
	TCase *tc = tcase_create("access");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, session_is_not_stolen_by_client_id, 0, 2);
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		tcase_add_test(tc, once[i]);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
