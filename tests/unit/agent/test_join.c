/* Joining without a network: what is typed, what the hub answers, what is saved. */
#include "agent/join.h"

#include <sodium.h>

#include "agent/credentials.h"
#include "base/err.h"
#include "fake_tree.h"
#include "run_suite.h"

#define CODE "00000-00000-00000-00000-00000"
#define TOKEN "abababababababababababababababababababababababababababababababab"
#define BODY(device, token, root, endpoints) \
	"{\"device_id\":\"" device "\",\"user\":\"lamp-1\",\"token\":\"" token "\",\"ca\":\"-----BEGIN\",\"hub_id\":\"abc\"," \
	"\"endpoints\":" endpoints ",\"topic_root\":\"" root "\",\"time\":1700000000000}"
#define GOOD BODY("lamp-1", TOKEN, "tomte/lamp-1", "[\"mqtts://192.168.1.5:8883\",\"coaps://x:1\",\"mqtts://[fd00::1]\"]")

START_TEST(whom_to_ask)
{
	struct join_plan plan;
	const char *complaint;
	ck_assert_int_eq(join_parse(CODE, NULL, &plan, &complaint), 0);
	ck_assert_str_eq(plan.hubs[0].host, "localhost");
	ck_assert_uint_eq(plan.hubs[0].port, 8080);
	ck_assert_int_eq(join_parse("TOMTE1:" CODE ":HUB.LAN:8081", NULL, &plan, &complaint), 0);
	ck_assert_str_eq(plan.hubs[0].host, "hub.lan");
	ck_assert_uint_eq(plan.hubs[0].port, 8081);
	ck_assert_int_eq(join_parse("TOMTE1:" CODE ":HUB.LAN:8081", "[fd00::2]:99", &plan, &complaint), 0);
	ck_assert_str_eq(plan.hubs[0].host, "fd00::2");
	ck_assert_uint_eq(plan.hubs[0].port, 99);
	ck_assert_uint_eq(plan.hub_count, 1);
	ck_assert_int_eq(join_parse("00000-00000-00000-00000-00001", NULL, &plan, &complaint), ERR_CRYPTO);
	ck_assert_ptr_nonnull(strstr(complaint, "typing error"));
	ck_assert_int_eq(join_parse("hello", NULL, &plan, &complaint), ERR_MALFORMED);
	ck_assert_int_eq(join_parse(CODE, "a/b", &plan, &complaint), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(complaint, "HOST:PORT"));
}
END_TEST

START_TEST(addresses)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} good[] = {{"hub", "hub", 7}, {"hub:1", "hub", 1}, {"[::1]", "::1", 7}, {"[::1]:65535", "::1", 65535}, {"fd00::1", "fd00::1", 7}};
	static const char *const bad[] = {"", ":1", "hub:", "hub:0", "hub:65536", "hub:x", "[::1", "[::1]x", "[]:1", "h b", "a/b", "a@b"};
	struct address a;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ck_assert_int_eq(address_parse(good[i].text, 7, &a), 0);
		ck_assert_str_eq(a.host, good[i].host);
		ck_assert_uint_eq(a.port, good[i].port);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(address_parse(bad[i], 7, &a) == ERR_MALFORMED, "%s", bad[i]);
	ck_assert_int_eq(address_parse_endpoint("mqtt://hub:1883", &a), ERR_UNSUPPORTED);
}
END_TEST

START_TEST(complaints_of_the_hub)
{
	static const struct {
		const char *body, *text;
	} cases[] = {{"{\"title\":\"t\",\"detail\":\"the code has expired\"}", "the code has expired"},
		     {"{\"title\":\"Forbidden\"}", "Forbidden"},
		     {"<html>", "it answers with status 403"}, {"", "it answers with status 403"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf out = {0};
		join_read_complaint(403, span_str(cases[i].body), &out);
		ck_assert_str_eq(buf_cstr(&out), cases[i].text);
		buf_finish(&out);
	}
}
END_TEST

START_TEST(credentials_of_the_hub)
{
	static const struct {
		const char *body, *what;
	} bad[] = {
		{"", "JSON"},
		{"[]", "JSON"},
		{"{}", "device_id"},
		{BODY("../x", TOKEN, "tomte/../x", "[\"mqtts://h\"]"), "device_id"},
		{BODY("lamp-1", "abab", "tomte/lamp-1", "[\"mqtts://h\"]"), "token"},
		{BODY("lamp-1", TOKEN, "tomte/other", "[\"mqtts://h\"]"), "topic_root"},
		{BODY("lamp-1", TOKEN, "tomte/lamp-1", "[]"), "endpoints"},
		{BODY("lamp-1", TOKEN, "tomte/lamp-1", "[\"mqtt://h\"]"), "endpoints"},
		{BODY("lamp-1", TOKEN, "tomte/lamp-1", "[5]"), "endpoints"},
		{BODY("lamp-1", TOKEN, "tomte/lamp-1", "\"mqtts://h\""), "endpoints"},
	};
	struct credentials c;
	const char *what;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_int_eq(credentials_parse(span_str(bad[i].body), &c, &what), ERR_MALFORMED);
		ck_assert_str_eq(what, bad[i].what);
	}
	ck_assert_int_eq(credentials_parse(span_str(GOOD), &c, &what), 0);
	ck_assert_uint_eq(c.endpoint_count, 2);
	ck_assert_str_eq(c.endpoints[1].host, "fd00::1");
	ck_assert_uint_eq(c.endpoints[1].port, 8883);
	credentials_finish(&c);
}
END_TEST

static void expect_mode(const char *folder, const char *name, unsigned mode)
{
	char path[256];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

START_TEST(saving)
{
	struct fake_tree tree;
	struct credentials c;
	const char *what;
	char state[128];
	fake_tree_create(&tree);
	snprintf(state, sizeof state, "%s/state", tree.root);
	ck_assert_int_eq(state_prepare(state), 0);
	expect_mode(state, ".", 0700);
	chmod(state, 0755);
	ck_assert_int_eq(state_prepare(state), 0);
	expect_mode(state, ".", 0700);
	ck_assert_int_eq(credentials_load(state, &c), ERR_NOT_FOUND);
	ck_assert_uint_eq(credentials_stamp(state), 0);
	ck_assert_int_eq(credentials_save(state, span_str(GOOD), "fd00::7", &what), 0);
	expect_mode(state, "credentials.json", 0600);
	uint64_t stamp = credentials_stamp(state);
	ck_assert_uint_ne(stamp, 0);
	ck_assert_int_eq(credentials_load(state, &c), 0);
	ck_assert_str_eq(c.token, TOKEN);
	ck_assert_int_eq(c.enrolled.ms, 1700000000000);
	/* the hub's endpoints, then the host joined through with the first one's port */
	ck_assert_uint_eq(c.endpoint_count, 3);
	ck_assert_str_eq(c.endpoints[2].host, "fd00::7");
	ck_assert_uint_eq(c.endpoints[2].port, 8883);
	credentials_finish(&c);
	/* a bad answer leaves the good file */
	ck_assert_int_eq(credentials_save(state, span_str("{}"), "x", &what), ERR_MALFORMED);
	ck_assert_uint_eq(credentials_stamp(state), stamp);
	fake_tree_put(&tree, "state/credentials.json", "{\"device_id\":");
	ck_assert_int_eq(credentials_load(state, &c), ERR_MALFORMED);
	fake_tree_destroy(&tree);
}
END_TEST

START_TEST(identity_survives_an_interrupted_join_only)
{
	struct fake_tree tree;
	uint8_t first[T1_SEED_BYTES], second[T1_SEED_BYTES];
	fake_tree_create(&tree);
	ck_assert_int_eq(identity_begin(tree.root, first), 0);
	expect_mode(tree.root, "joining.seed", 0600);
	ck_assert_int_eq(identity_begin(tree.root, second), 0);
	ck_assert_mem_eq(first, second, sizeof first);
	ck_assert_int_eq(identity_commit(tree.root), 0);
	expect_mode(tree.root, "identity.seed", 0600);
	ck_assert_int_eq(identity_begin(tree.root, second), 0);
	ck_assert_mem_ne(first, second, sizeof first);
	fake_tree_put(&tree, "joining.seed", "damaged");
	ck_assert_int_eq(identity_begin(tree.root, first), 0);
	ck_assert_int_eq(identity_begin("/nonexistent", first), ERR_NOT_FOUND);
	fake_tree_destroy(&tree);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {whom_to_ask, addresses, complaints_of_the_hub, credentials_of_the_hub, saving,
				      identity_survives_an_interrupted_join_only};
	return run_suite("agent/join", tests, sizeof tests / sizeof tests[0]);
}
