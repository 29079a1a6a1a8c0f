/* Joining, and renewing what came of it, without a network: what is typed, what the hub answers, what is saved. */
#include "agent/join.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/credentials.h"
#include "agent/renewal.h"
#include "base/err.h"
#include "fake_tree.h"
#include "support/suite.h"

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
	static const uint8_t hub_key[T1_PUBLIC_BYTES] = {0xab, 0xcd};
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
	ck_assert_int_eq(credentials_save(state, span_str(GOOD), hub_key, "fd00::7", &what), 0);
	expect_mode(state, "credentials.json", 0600);
	uint64_t stamp = credentials_stamp(state);
	ck_assert_uint_ne(stamp, 0);
	ck_assert_int_eq(credentials_load(state, &c), 0);
	ck_assert_str_eq(c.token, TOKEN);
	ck_assert_int_eq(strncmp(c.hub_key, "abcd00", 6), 0);
	ck_assert_int_eq(c.enrolled.ms, 1700000000000);
	/* the hub's endpoints, then the host joined through with the first one's port */
	ck_assert_uint_eq(c.endpoint_count, 3);
	ck_assert_str_eq(c.endpoints[2].host, "fd00::7");
	ck_assert_uint_eq(c.endpoints[2].port, 8883);
	credentials_finish(&c);
	/* a bad answer leaves the good file */
	ck_assert_int_eq(credentials_save(state, span_str("{}"), hub_key, "x", &what), ERR_MALFORMED);
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

/* A hub of a few lines: T1 over HTTP, one connection a request. */
struct hub {
	int listener;
	char address[32];
	pthread_t thread;
	int requests;             /* to serve */
	unsigned waiting;         /* how many M3 to answer with 409 first */
	bool lose_m4;             /* hang up on the first M3 */
	struct t1_hub t1;
	uint8_t identity_seed[T1_SEED_BYTES];
	uint8_t devices[4][T1_PUBLIC_BYTES]; /* of each M3 */
	size_t device_count;
	char meta[T1_MAX_META_BYTES + 1];
	int busy; /* so many M1 come too early */
	const char *body; /* of M4; NULL: GOOD */
};

static void answer(int fd, const char *status, const void *body, size_t len)
{
	char head[128];
	snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, len);
	send(fd, head, strlen(head), MSG_NOSIGNAL);
	send(fd, body, len, MSG_NOSIGNAL);
}

static void answer_m3(struct hub *hub, int fd, struct span m3)
{
	uint8_t m4[T1_MAX_M4_BYTES];
	size_t meta_len = 0, m4_len;
	if (t1_hub_m3(&hub->t1, m3, (uint8_t *)hub->meta, &meta_len)) {
		answer(fd, "400 Bad Request", "{}", 2);
		return;
	}
	hub->meta[meta_len] = 0;
	memcpy(hub->devices[hub->device_count++], hub->t1.device_public, T1_PUBLIC_BYTES);
	if (hub->lose_m4 && hub->device_count == 1)
		return;
	if (hub->waiting) {
		hub->waiting--;
		answer(fd, "409 Conflict", "{\"title\":\"Waiting for approval\"}", 32);
		return;
	}
	t1_hub_m4(&hub->t1, span_str(hub->body ? hub->body : GOOD), hub->identity_seed, m4, &m4_len);
	answer(fd, "200 OK", m4, m4_len);
}

static void serve_one(struct hub *hub, int fd)
{
	static const uint8_t key[ENROL_KEY_BYTES]; /* of CODE */
	uint8_t psk[ENROL_PSK_BYTES], kid[ENROL_KID_BYTES], public[32], secret[64], m2[T1_M2_BYTES];
	char request[4096];
	size_t len = 0;
	const char *body = NULL;
	while (len < sizeof request - 1) {
		ssize_t n = recv(fd, request + len, sizeof request - 1 - len, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = 0;
		const char *end = memmem(request, len, "\r\n\r\n", 4), *length = strstr(request, "Content-Length: ");
		if (end && length && (size_t)(end + 4 - request) + strtoul(length + 16, NULL, 10) <= len) {
			body = end + 4;
			break;
		}
	}
	struct span message = span_of(body, (size_t)(request + len - body));
	if (strncmp(request, "POST /enrol/2 ", 14) == 0) {
		answer_m3(hub, fd, message);
		return;
	}
	ck_assert_int_eq(strncmp(request, "POST /enrol/1 ", 14), 0);
	if (hub->busy) {
		hub->busy--;
		answer(fd, "429 Too Many Requests", "{}", 2);
		return;
	}
	enrol_key_derive(key, psk, kid);
	crypto_sign_seed_keypair(public, secret, hub->identity_seed);
	if (message.len != T1_M1_BYTES || memcmp(message.data + 4, kid, sizeof kid) != 0) {
		answer(fd, "403 Forbidden", "{\"detail\":\"the code is unknown or spent\"}", 41);
		return;
	}
	ck_assert_int_eq(t1_hub_m1(&hub->t1, message, psk, public, m2), 0);
	answer(fd, "200 OK", m2, sizeof m2);
}

static void *serve_hub(void *arg)
{
	struct hub *hub = arg;
	for (int i = 0; i < hub->requests; i++) {
		int fd = accept(hub->listener, NULL, NULL);
		if (fd < 0)
			break; /* it is shut: nothing more will come */
		serve_one(hub, fd);
		close(fd);
	}
	return NULL;
}

static void start_hub(struct hub *hub)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	hub->listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(hub->listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(hub->listener, 4), 0);
	getsockname(hub->listener, (struct sockaddr *)&address, &size);
	snprintf(hub->address, sizeof hub->address, "127.0.0.1:%d", ntohs(address.sin_port));
	ck_assert_int_eq(pthread_create(&hub->thread, NULL, serve_hub, hub), 0);
}

static void stop_hub(struct hub *hub)
{
	pthread_join(hub->thread, NULL);
	close(hub->listener);
}

static int join(const struct fake_tree *tree, const char *code, const char *address)
{
	static struct conf conf;
	struct kernel kernel = {tree->root};
	char state[128];
	conf_init(&conf);
	snprintf(conf.name, sizeof conf.name, "Test machine");
	snprintf(state, sizeof state, "%s/state", tree->root);
	return join_run(code, address, state, &conf, &kernel);
}

START_TEST(whole_exchange)
{
	struct fake_tree tree;
	struct hub hub = {.requests = 5, .waiting = 1, .busy = 1};
	struct credentials c;
	char state[128];
	fake_tree_create(&tree);
	start_hub(&hub);
	ck_assert_int_eq(join(&tree, CODE, hub.address), 0);
	stop_hub(&hub);
	ck_assert_ptr_nonnull(strstr(hub.meta, "\"name\":\"Test machine\""));
	/* the wait for approval repeated the exchange with one identity */
	ck_assert_uint_eq(hub.device_count, 2);
	ck_assert_mem_eq(hub.devices[0], hub.devices[1], T1_PUBLIC_BYTES);
	snprintf(state, sizeof state, "%s/state", tree.root);
	ck_assert_int_eq(credentials_load(state, &c), 0);
	ck_assert_str_eq(c.device_id, "lamp-1");
	ck_assert_str_eq(c.endpoints[c.endpoint_count - 1].host, "127.0.0.1");
	credentials_finish(&c);
	expect_mode(state, "identity.seed", 0600);
	fake_tree_destroy(&tree);
}
END_TEST

START_TEST(lost_answer_repeats_with_the_same_identity)
{
	struct fake_tree tree;
	struct hub hub = {.requests = 4, .lose_m4 = true};
	fake_tree_create(&tree);
	start_hub(&hub);
	ck_assert_int_ne(join(&tree, CODE, hub.address), 0);
	ck_assert_int_eq(join(&tree, CODE, hub.address), 0);
	stop_hub(&hub);
	ck_assert_uint_eq(hub.device_count, 2);
	ck_assert_mem_eq(hub.devices[0], hub.devices[1], T1_PUBLIC_BYTES);
	fake_tree_destroy(&tree);
}
END_TEST

START_TEST(unknown_code)
{
	struct fake_tree tree;
	struct hub hub = {.requests = 1};
	char code[ENROL_CODE_SIZE], path[128];
	const uint8_t key[ENROL_KEY_BYTES] = {1};
	enrol_code_format(code, key);
	fake_tree_create(&tree);
	start_hub(&hub);
	ck_assert_int_eq(join(&tree, code, hub.address), ERR_DENIED);
	stop_hub(&hub);
	/* nothing was made for nothing */
	snprintf(path, sizeof path, "%s/state/joining.seed", tree.root);
	ck_assert_int_ne(access(path, F_OK), 0);
	fake_tree_destroy(&tree);
}
END_TEST

/* ---- renewing ---------------------------------------------------------- */

#define NEW_TOKEN "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

/* A device that has joined, and an order to renew its credentials. */
struct renewing {
	struct fake_tree tree;
	char state[128], order[160]; /* order: its file */
	struct credentials before;
	struct renewal renewal;
	uint8_t public[T1_PUBLIC_BYTES];
};

static void renewing_begin(struct renewing *r)
{
	struct hub hub = {.requests = 2};
	fake_tree_create(&r->tree);
	start_hub(&hub);
	ck_assert_int_eq(join(&r->tree, CODE, hub.address), 0);
	stop_hub(&hub);
	memcpy(r->public, hub.devices[0], sizeof r->public);
	snprintf(r->state, sizeof r->state, "%s/state", r->tree.root);
	snprintf(r->order, sizeof r->order, "%s/renewal.code", r->state);
	ck_assert_int_eq(credentials_load(r->state, &r->before), 0);
	renewal_init(&r->renewal, r->state);
	ck_assert(!r->renewal.ordered);
}

static void renewing_end(struct renewing *r)
{
	renewal_stop(&r->renewal);
	credentials_finish(&r->before);
	fake_tree_destroy(&r->tree);
}

static bool try_to_the_end(struct renewing *r, const struct address *via)
{
	siginfo_t info;
	renewal_start(&r->renewal, r->state, &r->before, via, "{}");
	if (r->renewal.asking) {
		ck_assert(!renewal_is_due(&r->renewal, clock_mono()));
		ck_assert_int_eq(waitid(P_PID, (id_t)r->renewal.asking, &info, WEXITED | WNOWAIT), 0);
	}
	return renewal_reap(&r->renewal, r->state);
}

/* The order to ask this hub comes. */
static void order_at(struct renewing *r, struct hub *hub)
{
	char text[96];
	start_hub(hub);
	snprintf(text, sizeof text, "TOMTE1:" CODE ":%s", hub->address);
	renewal_order(&r->renewal, r->state, span_str(text));
	ck_assert(renewal_is_due(&r->renewal, clock_mono()));
}

/* It comes, and is tried. */
static bool order_and_try(struct renewing *r, struct hub *hub, const struct address *via)
{
	order_at(r, hub);
	bool renewed = try_to_the_end(r, via);
	ck_assert_int_eq(access(r->order, F_OK) == 0, r->renewal.ordered);
	pthread_join(hub->thread, NULL);
	return renewed;
}

static void assert_token(const struct renewing *r, const char *token)
{
	struct credentials now;
	ck_assert_int_eq(credentials_load(r->state, &now), 0);
	ck_assert_str_eq(now.token, token);
	ck_assert_uint_eq(now.endpoint_count, r->before.endpoint_count);
	for (size_t i = 0; i < now.endpoint_count; i++) {
		ck_assert_str_eq(now.endpoints[i].host, r->before.endpoints[i].host);
		ck_assert_uint_eq(now.endpoints[i].port, r->before.endpoints[i].port);
	}
	credentials_finish(&now);
}

START_TEST(a_renewal_takes_the_token_alone)
{
	struct renewing r;
	struct hub hub = {.requests = 2, .body = BODY("lamp-1", NEW_TOKEN, "tomte/lamp-1", "[\"mqtts://elsewhere\"]")};
	struct hub other = {.requests = 2, .body = BODY("lamp-2", TOKEN, "tomte/lamp-2", "[\"mqtts://elsewhere\"]")};
	renewing_begin(&r);
	ck_assert(order_and_try(&r, &hub, NULL));
	close(hub.listener);
	ck_assert_mem_eq(hub.devices[0], r.public, sizeof r.public);
	ck_assert(!r.renewal.ordered);
	assert_token(&r, NEW_TOKEN);
	expect_mode(r.state, "credentials.json", 0600);
	ck_assert(!order_and_try(&r, &other, NULL)); /* it would be another device */
	close(other.listener);
	ck_assert(!r.renewal.ordered);
	assert_token(&r, NEW_TOKEN);
	renewing_end(&r);
}
END_TEST

/* It knows the code, names the right hub and would give a token; but it is not who it says. */
START_TEST(another_hub_renews_nothing)
{
	struct renewing r;
	struct hub false_hub = {.requests = 2, .identity_seed = {1}, .body = BODY("lamp-1", NEW_TOKEN, "tomte/lamp-1", "[\"mqtts://hub\"]")};
	struct hub true_hub = {.requests = 2, .body = false_hub.body};
	renewing_begin(&r);
	order_at(&r, &false_hub);
	ck_assert(!try_to_the_end(&r, NULL));
	shutdown(false_hub.listener, SHUT_RDWR);
	stop_hub(&false_hub);
	ck_assert_uint_eq(false_hub.device_count, 0); /* it does not even learn whom it has met */
	assert_token(&r, TOKEN);
	ck_assert(r.renewal.ordered);
	ck_assert(order_and_try(&r, &true_hub, NULL));
	close(true_hub.listener);
	assert_token(&r, NEW_TOKEN);
	renewing_end(&r);
}
END_TEST

START_TEST(a_key_that_was_not_kept_is_learnt)
{
	struct renewing r;
	struct hub hub = {.requests = 2, .body = BODY("lamp-1", NEW_TOKEN, "tomte/lamp-1", "[\"mqtts://hub\"]")};
	struct credentials now;
	renewing_begin(&r);
	fake_tree_put(&r.tree, "state/credentials.json", GOOD);
	credentials_finish(&r.before);
	ck_assert_int_eq(credentials_load(r.state, &r.before), 0);
	ck_assert_str_eq(r.before.hub_key, "");
	ck_assert(order_and_try(&r, &hub, NULL));
	close(hub.listener);
	assert_token(&r, NEW_TOKEN);
	ck_assert_int_eq(credentials_load(r.state, &now), 0);
	ck_assert_uint_eq(strlen(now.hub_key), CREDENTIALS_HUB_KEY_SIZE - 1);
	credentials_finish(&now);
	renewing_end(&r);
}
END_TEST

/* Somebody has joined by hand while the hub was asked. */
START_TEST(newer_credentials_are_left_alone)
{
	struct renewing r;
	struct hub hub = {.requests = 2, .body = BODY("lamp-1", NEW_TOKEN, "tomte/lamp-1", "[\"mqtts://hub\"]")};
	renewing_begin(&r);
	memset(r.before.token, '0', strlen(r.before.token)); /* what is on the disk is newer */
	ck_assert(!order_and_try(&r, &hub, NULL));
	close(hub.listener);
	ck_assert(!r.renewal.ordered);
	assert_token(&r, TOKEN);
	renewing_end(&r);
}
END_TEST

/* The hub takes the connection and says nothing. */
START_TEST(who_asks_waits_for_nobody)
{
	struct renewing r;
	struct hub mute = {.requests = 0};
	char text[96], request[512];
	int fds[2];
	renewing_begin(&r);
	start_hub(&mute);
	snprintf(text, sizeof text, "TOMTE1:" CODE ":%s", mute.address);
	for (int i = 0; i < 2; i++) {
		renewal_order(&r.renewal, r.state, span_str(text)); /* the second one breaks off the first one's try */
		ck_assert_int_eq(r.renewal.asking, 0);
		renewal_start(&r.renewal, r.state, &r.before, NULL, "{}");
		ck_assert_int_gt(r.renewal.asking, 0);
		fds[i] = accept(mute.listener, NULL, NULL);
		ck_assert_int_gt(recv(fds[i], request, sizeof request, 0), 0);
		ck_assert(!renewal_reap(&r.renewal, r.state));
		ck_assert_int_gt(r.renewal.asking, 0); /* it waits, we do not */
	}
	renewal_stop(&r.renewal);
	ck_assert_int_eq(r.renewal.asking, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(recv(fds[i], request, sizeof request, MSG_DONTWAIT), 0); /* who has asked is not there any more */
		close(fds[i]);
	}
	ck_assert_int_eq(access(r.order, F_OK), 0);
	stop_hub(&mute);
	renewing_end(&r);
}
END_TEST

START_TEST(one_hub_is_asked_once)
{
	struct renewing r;
	struct hub hub = {.requests = 1, .busy = 1}, twice = {.requests = 2, .busy = 2};
	const struct address same = {"127.0.0.1", 8883}, other = {"localhost", 8883};
	renewing_begin(&r);
	ck_assert(!order_and_try(&r, &hub, &same));
	ck_assert(r.renewal.ordered); /* it may be less busy in a minute */
	ck_assert(!renewal_is_due(&r.renewal, clock_mono()));
	ck_assert_int_eq(fcntl(hub.listener, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(accept(hub.listener, NULL, NULL), -1);
	close(hub.listener);
	ck_assert(!order_and_try(&r, &twice, &other)); /* the hub's thread ends with the second */
	close(twice.listener);
	assert_token(&r, TOKEN);
	renewing_end(&r);
}
END_TEST

START_TEST(an_order_without_an_identity_ends)
{
	struct renewing r;
	struct hub hub = {.requests = 1};
	char seed[160];
	renewing_begin(&r);
	snprintf(seed, sizeof seed, "%s/identity.seed", r.state);
	ck_assert_int_eq(unlink(seed), 0);
	ck_assert(!order_and_try(&r, &hub, &(struct address){"localhost", 8883}));
	close(hub.listener);
	ck_assert(!r.renewal.ordered);
	renewing_end(&r);
}
END_TEST

START_TEST(an_order_lives_for_a_day)
{
	struct renewing r;
	renewing_begin(&r);
	for (int hours = 23; hours <= 25; hours += 2) {
		const time_t then = time(NULL) - hours * 3600;
		const struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
		renewal_order(&r.renewal, r.state, span_str("TOMTE1:" CODE ":127.0.0.1:1")); /* nobody is there */
		ck_assert_int_eq(utimensat(AT_FDCWD, r.order, times, 0), 0);
		renewal_init(&r.renewal, r.state); /* it is started anew */
		ck_assert(!try_to_the_end(&r, NULL));
		ck_assert_int_eq(r.renewal.ordered, hours < 24);
		ck_assert_int_eq(access(r.order, F_OK) == 0, hours < 24);
	}
	renewing_end(&r);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {whom_to_ask, addresses, complaints_of_the_hub, credentials_of_the_hub, saving,
				      identity_survives_an_interrupted_join_only,
				      whole_exchange, lost_answer_repeats_with_the_same_identity, unknown_code,
				      a_renewal_takes_the_token_alone, another_hub_renews_nothing, a_key_that_was_not_kept_is_learnt,
				      newer_credentials_are_left_alone, who_asks_waits_for_nobody, one_hub_is_asked_once, an_order_without_an_identity_ends,
				      an_order_lives_for_a_day};
	return suite_run("agent/join", tests, sizeof tests / sizeof tests[0]);
}
