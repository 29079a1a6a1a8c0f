/* Access rules: who gets in, and that no name, prefix or wildcard reaches
 * further than its rules. */
#include "access/access.h"

#include <check.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"

static const struct access_rule lamp_rules[] = {
	{"tomte/lamp-1/#", true, false},
	{"tomte/lamp-1/set/+", false, true},
	{"homeassistant/device/lamp-1/config", true, false},
};
static const struct access_rule plus_rules[] = {{"house/+/power", true, true}};
static const struct access_rule all_rules[] = {{"#", true, true}};

static struct access_table *table_of(const char *lamp_token)
{
	struct access_user users[] = {
		{.name = "lamp-1", .rules = lamp_rules, .rule_count = 3, .own_client_id_only = true},
		{.name = "meter", .rules = plus_rules, .rule_count = 1},
		{.name = "admin", .rules = all_rules, .rule_count = 1},
		{.name = "mute"},
	};
	access_token_hash(span_str(lamp_token), users[0].token_hash);
	for (size_t i = 1; i < 4; i++)
		access_token_hash(span_str("other"), users[i].token_hash);
	struct access_table *table = NULL;
	ck_assert_int_eq(access_table_create(users, 4, &table), 0);
	return table;
}

static const struct access_identity *login(struct access_table *table, const char *name)
{
	const struct access_identity *identity = NULL;
	const char *token = span_is(span_str(name), "lamp-1") ? "secret" : "other";
	ck_assert_int_eq(access_login(table, span_str(name), span_str(token), span_str(name), &identity), 0);
	return identity;
}

START_TEST(only_the_right_token_opens)
{
	struct access_table *table = table_of("secret");
	const struct access_identity *identity = NULL;
	struct span id = span_str("lamp-1"), none = {0};
	ck_assert_int_eq(access_login(table, id, span_str("secret"), id, &identity), 0);
	ck_assert_str_eq(access_name(identity), "lamp-1");
	ck_assert_int_eq(access_login(table, id, span_str("Secret"), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, id, span_str("secret2"), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, id, span_str(""), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, id, none, id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, none, none, id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, span_str("nobody"), span_str("secret"), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, span_str("lamp-+"), span_str("secret"), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, span_str("#"), span_str("secret"), id, &identity), ERR_DENIED);
	access_table_unref(&table);
	ck_assert_ptr_null(table);
}
END_TEST

START_TEST(client_id_of_another_is_refused)
{
	struct access_table *table = table_of("secret");
	const struct access_identity *identity = NULL;
	struct span name = span_str("lamp-1"), token = span_str("secret");
	ck_assert_int_eq(access_login(table, name, token, span_str("lamp-10"), &identity), ERR_INVALID);
	ck_assert_int_eq(access_login(table, name, token, span_str("lamp-"), &identity), ERR_INVALID);
	ck_assert_int_eq(access_login(table, name, token, span_str(""), &identity), ERR_INVALID);
	ck_assert_int_eq(access_login(table, span_str("meter"), span_str("other"), span_str("any"), &identity), 0);
	access_table_unref(&table);
}
END_TEST

START_TEST(client_id_of_a_user_who_has_no_other_is_theirs)
{
	struct access_table *table = table_of("secret");
	const struct access_identity *identity = NULL;
	struct span meter = span_str("meter"), token = span_str("other"), lamp = span_str("lamp-1");
	ck_assert_int_eq(access_login(table, meter, token, lamp, &identity), ERR_INVALID);
	ck_assert_int_eq(access_login_proven(table, meter, lamp, &identity), ERR_INVALID);
	ck_assert_ptr_null(identity);
	/* users with any client id share what is left */
	static const char *const free_ids[] = {"admin", "meter", "lamp-10", "lamp-", "LAMP-1", ""};
	for (size_t i = 0; i < sizeof free_ids / sizeof *free_ids; i++) {
		ck_assert_int_eq(access_login(table, meter, token, span_str(free_ids[i]), &identity), 0);
		ck_assert_int_eq(access_login_proven(table, meter, span_str(free_ids[i]), &identity), 0);
	}
	access_table_unref(&table);
}
END_TEST

START_TEST(a_proven_name_needs_no_token)
{
	struct access_table *table = table_of("secret"), *open;
	const struct access_identity *identity = NULL;
	ck_assert_int_eq(access_login_proven(table, span_str("lamp-1"), span_str("lamp-1"), &identity), 0);
	ck_assert_str_eq(access_name(identity), "lamp-1");
	ck_assert_int_eq(access_login_proven(table, span_str("lamp-1"), span_str("lamp-10"), &identity), ERR_INVALID);
	ck_assert_int_eq(access_login_proven(table, span_str("meter"), span_str("any"), &identity), 0);
	static const char *const none[] = {"nobody", "", "#", "lamp-+", "LAMP-1", "lamp-1/"};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		ck_assert_int_eq(access_login_proven(table, span_str(none[i]), span_str("lamp-1"), &identity), ERR_DENIED);
	ck_assert_int_eq(access_table_create_open(&open), 0);
	ck_assert_int_eq(access_login_proven(open, span_str("anybody"), span_str("x"), &identity), 0);
	access_table_unref(&open);
	access_table_unref(&table);
}
END_TEST

/* Whatever token, proof or certificate somebody brings. */
START_TEST(a_pass_is_the_only_way_for_who_needs_one)
{
	struct access_user users[] = {{.name = "@owner", .pass_only = true, .rules = all_rules, .rule_count = 1},
				      {.name = "lamp-1", .own_client_id_only = true}};
	struct access_table *table = NULL, *open;
	const struct access_identity *identity = NULL;
	struct span owner = span_str("@owner"), id = span_str("browser-1");
	access_token_hash(span_str("token"), users[0].token_hash);
	users[0].scram.iterations = 4096;
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	ck_assert_int_eq(access_login(table, owner, span_str("token"), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login(table, owner, span_str(""), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login_proven(table, owner, id, &identity), ERR_DENIED);
	struct scram_verifier verifier;
	ck_assert_ptr_null(access_verifier(table, owner, &verifier));
	ck_assert_int_eq(access_login_pass(table, span_str("lamp-1"), span_str("lamp-1"), &identity), ERR_DENIED);
	ck_assert_int_eq(access_login_pass(table, span_str("@"), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login_pass(table, span_str(""), id, &identity), ERR_DENIED);
	ck_assert_int_eq(access_login_pass(table, owner, span_str("lamp-1"), &identity), ERR_INVALID);
	ck_assert_ptr_null(identity);
	ck_assert_int_eq(access_login_pass(table, owner, id, &identity), 0);
	ck_assert_str_eq(access_name(identity), "@owner");
	ck_assert_int_eq(access_table_create_open(&open), 0);
	ck_assert_int_eq(access_login_pass(open, owner, id, &identity), 0);
	access_table_unref(&open);
	access_table_unref(&table);
}
END_TEST

START_TEST(publish_stays_inside_the_rules)
{
	struct access_table *table = table_of("secret");
	const struct access_identity *lamp = login(table, "lamp-1");
	static const char *const allowed[] = {"tomte/lamp-1", "tomte/lamp-1/status", "tomte/lamp-1/state/a/b",
					      "tomte/lamp-1/", "homeassistant/device/lamp-1/config"};
	static const char *const refused[] = {"tomte/lamp-10/status", "tomte/lamp-", "tomte/lamp-2/status", "tomte",
					      "/tomte/lamp-1/status", "tomte/lamp-1x", "$SYS/x", "tomte//lamp-1/x",
					      "homeassistant/device/lamp-1/config/x", "homeassistant/device/lamp-1"};
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		ck_assert_msg(access_may_publish(lamp, span_str(allowed[i])), "%s", allowed[i]);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		ck_assert_msg(!access_may_publish(lamp, span_str(refused[i])), "%s", refused[i]);

	const struct access_identity *meter = login(table, "meter");
	ck_assert(access_may_publish(meter, span_str("house/kitchen/power")));
	ck_assert(access_may_publish(meter, span_str("house//power")));
	ck_assert(!access_may_publish(meter, span_str("house/a/b/power")));
	ck_assert(!access_may_publish(login(table, "mute"), span_str("a")));
	const struct access_identity *admin = login(table, "admin");
	ck_assert(access_may_publish(admin, span_str("a/b")));
	ck_assert(!access_may_publish(admin, span_str("$SYS/a")));
	access_table_unref(&table);
}
END_TEST

START_TEST(subscription_must_not_be_wider)
{
	struct access_table *table = table_of("secret");
	const struct access_identity *lamp = login(table, "lamp-1");
	static const char *const allowed[] = {"tomte/lamp-1/set/+", "tomte/lamp-1/set/light"};
	static const char *const refused[] = {"#", "+", "+/+/+/+", "tomte/#", "tomte/+/set/+", "tomte/lamp-1/#",
					      "tomte/lamp-1/set/#", "tomte/lamp-1/+/light", "tomte/lamp-10/set/a",
					      "tomte/lamp-1/status", "tomte/lamp-1/set", "$SYS/#", "$share"};
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		ck_assert_msg(access_may_subscribe(lamp, span_str(allowed[i])), "%s", allowed[i]);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		ck_assert_msg(!access_may_subscribe(lamp, span_str(refused[i])), "%s", refused[i]);
	const struct access_identity *admin = login(table, "admin");
	ck_assert(access_may_subscribe(admin, span_str("#")));
	ck_assert(access_may_subscribe(admin, span_str("+/a")));
	ck_assert(!access_may_subscribe(admin, span_str("$SYS/#")));
	ck_assert(!access_may_subscribe(login(table, "mute"), span_str("a")));
	access_table_unref(&table);
}
END_TEST

START_TEST(renewal_follows_the_credentials)
{
	struct access_table *old = table_of("secret"), *same = table_of("secret"), *rotated = table_of("fresh");
	struct access_table *empty = NULL, *open = NULL;
	ck_assert_int_eq(access_table_create(NULL, 0, &empty), 0);
	ck_assert_int_eq(access_table_create_open(&open), 0);
	const struct access_identity *lamp = login(old, "lamp-1"), *meter = login(old, "meter");
	ck_assert_ptr_nonnull(access_renew(same, lamp));
	ck_assert_ptr_ne(access_renew(same, lamp), lamp);
	ck_assert_ptr_null(access_renew(rotated, lamp));
	ck_assert_ptr_nonnull(access_renew(rotated, meter));
	ck_assert_ptr_null(access_renew(empty, meter));
	ck_assert_ptr_null(access_renew(open, meter));

	const struct access_identity *anyone = NULL;
	ck_assert_int_eq(access_login(open, (struct span){0}, (struct span){0}, span_str("x"), &anyone), 0);
	ck_assert_str_eq(access_name(anyone), "");
	ck_assert(access_may_publish(anyone, span_str("a")) && access_may_subscribe(anyone, span_str("#")));
	ck_assert_ptr_eq(access_renew(open, anyone), anyone);
	ck_assert_ptr_null(access_renew(same, anyone));
	access_table_unref(&old);
	access_table_unref(&same);
	access_table_unref(&rotated);
	access_table_unref(&empty);
	access_table_unref(&open);
}
END_TEST

START_TEST(bad_tables_are_refused)
{
	static const struct access_rule bad[] = {{"a/#/b", true, true}};
	static const struct access_rule shared[] = {{"$share/g/a", true, true}};
	struct access_user twins[] = {{.name = "a"}, {.name = "a"}};
	struct access_user wrong = {.name = "a", .rules = bad, .rule_count = 1};
	struct access_user group = {.name = "a", .rules = shared, .rule_count = 1};
	struct access_user nameless = {.name = ""};
	struct access_table *table = NULL;
	ck_assert_int_eq(access_table_create(twins, 2, &table), ERR_EXISTS);
	ck_assert_int_eq(access_table_create(&wrong, 1, &table), ERR_INVALID);
	ck_assert_int_eq(access_table_create(&group, 1, &table), ERR_INVALID);
	ck_assert_int_eq(access_table_create(&nameless, 1, &table), ERR_INVALID);
	ck_assert_ptr_null(table);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	Suite *suite = suite_create("access");
	TCase *tc = tcase_create("rules");
	tcase_add_test(tc, only_the_right_token_opens);
	tcase_add_test(tc, client_id_of_another_is_refused);
	tcase_add_test(tc, client_id_of_a_user_who_has_no_other_is_theirs);
	tcase_add_test(tc, a_proven_name_needs_no_token);
	tcase_add_test(tc, a_pass_is_the_only_way_for_who_needs_one);
	tcase_add_test(tc, publish_stays_inside_the_rules);
	tcase_add_test(tc, subscription_must_not_be_wider);
	tcase_add_test(tc, renewal_follows_the_credentials);
	tcase_add_test(tc, bad_tables_are_refused);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
