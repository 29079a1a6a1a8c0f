/* The TLS policy: what is refused, what is accepted, exchange of the certificate while running, resumption,
 * and peers that do not speak TLS. */
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>

#include "base/list.h"
#include "server.h"

enum { MAX_STREAMS = 128 };

struct served {
	struct stream *stream;
	int index;
};

static struct served served[MAX_STREAMS];
static int accepted_count, opened, closed_count, last_error;
static bool client_done;
static struct client_config config;
static pthread_t client_thread;

static void on_open(void *ctx)
{
	(void)ctx;
	opened++;
}

static void echo(void *ctx)
{
	struct served *s = ctx;
	uint8_t data[4096];
	ssize_t n;
	while ((n = stream_read(s->stream, data, sizeof data)) > 0) {
		struct iovec iov = {data, (size_t)n};
		if (stream_writev(s->stream, &iov, 1) != n)
			break;
	}
	if (n != ERR_AGAIN) {
		last_error = (int)n;
		stream_destroy(&s->stream);
	}
}

static void on_writable(void *ctx)
{
	(void)ctx;
	ck_abort_msg("nobody wanted to write");
}

static void on_closed(void *ctx, int err)
{
	struct served *s = ctx;
	last_error = err;
	closed_count++;
	stream_destroy(&s->stream);
}

static void serve(void *ctx, struct stream *stream)
{
	static const struct stream_handlers handlers = {on_open, echo, on_writable, on_closed};
	(void)ctx;
	ck_assert_int_lt(accepted_count, MAX_STREAMS);
	struct served *s = &served[accepted_count++];
	s->stream = stream;
	ck_assert_int_eq(stream_attach(stream, loop, &handlers, s), 0);
}

static void start(void)
{
	server_start(true, "127.0.0.1", serve);
	config = (struct client_config){.port = listener_port(listener), .tls = true};
}

static void end(void)
{
	for (int i = 0; i < accepted_count; i++)
		stream_destroy(&served[i].stream);
	server_end();
}

static void stop_loop(struct mail *mail, void *owner)
{
	(void)mail;
	(void)owner;
	client_done = true;
	loop_stop(loop);
}

static struct mail done = {.deliver = stop_loop};
static void *(*scenario)(void *);

static void *run_scenario(void *arg)
{
	scenario(arg);
	loop_post(loop, &done);
	return NULL;
}

/* Runs the client's part on its thread and the server until that part is over. */
static void play(void *(*client_part)(void *))
{
	scenario = client_part;
	ck_assert_int_eq(pthread_create(&client_thread, NULL, run_scenario, NULL), 0);
	server_run();
	pthread_join(client_thread, NULL);
}

/* Connects with these priorities; returns the handshake's result. */
static int try_priorities(const char *priorities)
{
	struct client c;
	config.priorities = priorities;
	client_dial(&c, &config);
	int rc = client_handshake(&c, &config);
	client_close(&c);
	return rc;
}

static bool echoes(struct client *c)
{
	char text[8] = "";
	return client_send(c, "ping", 4) && client_receive(c, text, sizeof text) == 4 && memcmp(text, "ping", 4) == 0;
}

/* ---- policy ------------------------------------------------------------ */

static void *ask_for_weak_things(void *arg)
{
	(void)arg;
	static const char *const weak[] = {
		"NORMAL:-VERS-ALL:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1",
		"NORMAL:-VERS-ALL:+VERS-TLS1.1:%VERIFY_ALLOW_SIGN_WITH_SHA1",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC:+AES-128-CBC",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE2048",
	};
	for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
		ck_assert_msg(try_priorities(weak[i]) < 0, "accepted: %s", weak[i]);
	return NULL;
}

START_TEST(refuses_old_versions_and_weak_ciphers)
{
	play(ask_for_weak_things);
	ck_assert_int_eq(opened, 0);
}
END_TEST

static void *ask_for_good_things(void *arg)
{
	(void)arg;
	static const char *const good[] = {
		"NORMAL",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-SECP256R1",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM",
	};
	config.ca_pem = &ca_pem;
	config.name = "k7m2q9x4ab.tomte.home.arpa";
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct client c;
		config.priorities = good[i];
		client_connect(&c, &config);
		ck_assert_msg(echoes(&c), "%s", good[i]);
		ck_assert(gnutls_protocol_get_version(c.session) >= GNUTLS_TLS1_2);
		client_close(&c);
	}
	config.name = "another.tomte.home.arpa";
	ck_assert_int_lt(try_priorities("NORMAL"), 0);
	return NULL;
}

START_TEST(serves_what_devices_and_browsers_speak)
{
	play(ask_for_good_things);
	ck_assert_int_ge(opened, 5);
}
END_TEST

/* ---- exchange of the certificate --------------------------------------- */

static struct client old_client;

static void fingerprint(struct client *c, char text_r[96])
{
	unsigned count;
	const gnutls_datum_t *der = gnutls_certificate_get_peers(c->session, &count);
	gnutls_datum_t pem;
	ck_assert_ptr_nonnull(der);
	ck_assert_int_eq(gnutls_pem_base64_encode2("CERTIFICATE", der, &pem), 0);
	ck_assert_int_eq(pki_fingerprint(span_of(pem.data, pem.size), text_r), 0);
	gnutls_free(pem.data);
}

static char seen[96];

static void *connect_first(void *arg)
{
	(void)arg;
	client_connect(&old_client, &config);
	ck_assert(echoes(&old_client));
	fingerprint(&old_client, seen);
	return NULL;
}

static void *connect_second(void *arg)
{
	(void)arg;
	struct client c;
	ck_assert(echoes(&old_client)); /* goes on */
	client_connect(&c, &config);
	ck_assert(echoes(&c));
	fingerprint(&c, seen);
	client_close(&c);
	client_close(&old_client);
	return NULL;
}

START_TEST(reload_serves_the_new_certificate_and_keeps_connections)
{
	char before[96], after[96];
	ck_assert_int_eq(pki_fingerprint(buf_span(&chain_pem), before), 0);
	play(connect_first);
	ck_assert_str_eq(seen, before);

	struct buf old_key = key_pem;
	buf_finish(&ca_pem);
	buf_finish(&chain_pem);
	struct scratch first = scratch;
	scratch_create(&scratch);
	server_make_house("another000");
	scratch_remove(&first);
	ck_assert_int_eq(tls_server_reload(tls, &(struct tls_config){.certificate = buf_span(&chain_pem), .key = buf_span(&old_key)}, message), ERR_MALFORMED);
	ck_assert_uint_gt(strlen(message), 0);
	ck_assert_int_eq(tls_server_reload(tls, &(struct tls_config){.certificate = buf_span(&chain_pem), .key = buf_span(&key_pem)}, message), 0);
	buf_finish(&old_key);
	ck_assert_int_eq(pki_fingerprint(buf_span(&chain_pem), after), 0);
	ck_assert_str_ne(before, after);
	play(connect_second);
	ck_assert_str_eq(seen, after);
}
END_TEST

START_TEST(bad_texts_are_refused)
{
	struct tls_server *bad;
	ck_assert_int_eq(tls_server_create(&(struct tls_config){.certificate = span_str("no"), .key = span_str("nothing")}, &bad, message), ERR_MALFORMED);
	ck_assert_ptr_null(bad);
	ck_assert_uint_gt(strlen(message), 0);
	ck_assert_int_eq(tls_server_create(&(struct tls_config){.certificate = (struct span){0}, .key = (struct span){0}}, &bad, message), ERR_MALFORMED);
}
END_TEST

/* ---- resumption -------------------------------------------------------- */

static void *resume(void *arg)
{
	(void)arg;
	static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
	for (size_t i = 0; i < 2; i++) {
		struct client c;
		gnutls_datum_t ticket;
		config.priorities = versions[i];
		config.session = NULL;
		client_connect(&c, &config);
		ck_assert(echoes(&c)); /* also reads the ticket */
		ck_assert(!gnutls_session_is_resumed(c.session));
		ck_assert_int_eq(gnutls_session_get_data2(c.session, &ticket), 0);
		client_shutdown(&c);
		client_close(&c);
		config.session = &ticket;
		client_connect(&c, &config);
		ck_assert(echoes(&c));
		ck_assert_msg(gnutls_session_is_resumed(c.session), "%s", versions[i]);
		client_close(&c);
		gnutls_free(ticket.data);
	}
	return NULL;
}

START_TEST(sessions_resume_by_ticket)
{
	play(resume);
}
END_TEST

/* ---- messages without content ------------------------------------------ */

static void *update_keys(void *arg)
{
	(void)arg;
	struct client c;
	config.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
	client_connect(&c, &config);
	for (int i = 0; i < 3; i++) {
		gnutls_record_cork(c.session); /* the update and the data in one segment */
		ck_assert_int_eq(gnutls_session_key_update(c.session, GNUTLS_KU_PEER), 0);
		gnutls_record_uncork(c.session, GNUTLS_RECORD_WAIT);
		ck_assert(echoes(&c));
	}
	client_close(&c);
	return NULL;
}

START_TEST(key_updates_pass)
{
	play(update_keys);
}
END_TEST

static void *renegotiate(void *arg)
{
	(void)arg;
	struct client c;
	config.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
	client_connect(&c, &config);
	ck_assert(echoes(&c));
	ck_assert_int_lt(gnutls_handshake(c.session), 0);
	client_close(&c);
	return NULL;
}

START_TEST(renegotiation_is_refused)
{
	play(renegotiate);
	ck_assert_int_eq(last_error, ERR_PROTOCOL);
}
END_TEST

/* ---- peers that do not speak TLS --------------------------------------- */

static void expect_end(struct client *c)
{
	uint8_t data[256];
	while (client_receive(c, data, sizeof data) > 0)
		;
}

static void *talk_rubbish(void *arg)
{
	(void)arg;
	static const struct {
		const char *data;
		size_t len;
	} rubbish[] = {
		{"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test", 18}, /* plain MQTT */
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27},
		{"\x16\x03\x01\xff\xff\x01\x02\x03\x04", 9},           /* a record of 64 KiB */
		{"\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9},           /* a hello of 16 MiB */
		{"\x17\x03\x03\x00\x05hello", 10},                     /* data before the handshake */
		{"\x15\x03\x01\x00\x02\x02\x28", 7},                   /* an alert */
		{"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x00\x00", 13}, /* SSL 2 */
	};
	config.tls = false;
	for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
		struct client c;
		client_dial(&c, &config);
		ck_assert(client_send(&c, rubbish[i].data, rubbish[i].len));
		if (i >= 2)
			client_shutdown(&c); /* may be the beginning of something: it waits for the rest */
		expect_end(&c);
		client_close(&c);
	}
	return NULL;
}

START_TEST(rubbish_costs_its_sender_the_connection)
{
	play(talk_rubbish);
	ck_assert_int_eq(opened, 0);
	ck_assert_int_eq(closed_count, accepted_count);
	ck_assert_int_eq(accepted_count, 7);
}
END_TEST

static void *stall_and_serve(void *arg)
{
	(void)arg;
	enum { STALLED = 60 };
	struct client stalled[STALLED], good;
	struct client_config plain = config;
	plain.tls = false;
	for (int i = 0; i < STALLED; i++) {
		client_dial(&stalled[i], &plain);
		ck_assert(client_send(&stalled[i], "\x16\x03\x01\x02\x00\x01", (size_t)(i % 7)));
	}
	client_connect(&good, &config);
	ck_assert(echoes(&good));
	client_close(&good);
	for (int i = 0; i < STALLED; i++)
		client_close(&stalled[i]);
	return NULL;
}

START_TEST(half_open_handshakes_do_not_hinder_others)
{
	play(stall_and_serve);
	ck_assert_int_eq(opened, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net/tls");
	TCase *tcase = tcase_create("tls");
	tcase_add_checked_fixture(tcase, start, end);
	tcase_set_timeout(tcase, 40);
	tcase_add_test(tcase, refuses_old_versions_and_weak_ciphers);
	tcase_add_test(tcase, serves_what_devices_and_browsers_speak);
	tcase_add_test(tcase, reload_serves_the_new_certificate_and_keeps_connections);
	tcase_add_test(tcase, bad_texts_are_refused);
	tcase_add_test(tcase, sessions_resume_by_ticket);
	tcase_add_test(tcase, key_updates_pass);
	tcase_add_test(tcase, renegotiation_is_refused);
	tcase_add_test(tcase, rubbish_costs_its_sender_the_connection);
	tcase_add_test(tcase, half_open_handshakes_do_not_hinder_others);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
