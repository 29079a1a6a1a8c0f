/* How TLS clients show who they are: certificates, pre-shared keys, ALPN; and that reloads and resumed sessions do not
 * let anybody in who is out. */
#include <gnutls/x509.h>
#include <string.h>

#include "net/pki_cert.h"
#include "server.h"

enum { MAX_STREAMS = 64 };

static struct client_config config;
static pthread_t client_thread;
static struct stream *streams[MAX_STREAMS];
static int accepted;
static struct tls_config tls_settings;
static char name_seen[256]; /* of the last stream that spoke; "-" for none */

/* Tells every client who it is. */
static void tell_name(void *ctx)
{
	struct stream **stream = ctx;
	uint8_t data[64];
	ssize_t n = stream_read(*stream, data, sizeof data);
	if (n > 0) {
		const char *name = stream_proven(*stream);
		struct iovec iov = {(void *)(name ? name : "-"), name ? strlen(name) : 1};
		ck_assert_int_eq(stream_writev(*stream, &iov, 1), (ssize_t)iov.iov_len);
	} else if (n != ERR_AGAIN) {
		stream_destroy(stream);
	}
}

static void on_closed(void *ctx, int err)
{
	(void)err;
	stream_destroy(ctx);
}

static const struct stream_handlers handlers = {.readable = tell_name, .closed = on_closed};

static void serve(void *ctx, struct stream *stream)
{
	(void)ctx;
	ck_assert_int_lt(accepted, MAX_STREAMS);
	streams[accepted] = stream;
	ck_assert_int_eq(stream_attach(stream, loop, &handlers, &streams[accepted]), 0);
	accepted++;
}

static struct mail done = {.deliver = NULL};

static void stop_loop(struct mail *mail, void *owner)
{
	(void)mail;
	(void)owner;
	loop_stop(loop);
}

static void *(*scenario)(void *);

static void *run_scenario(void *arg)
{
	scenario(arg);
	done.deliver = stop_loop;
	loop_post(loop, &done);
	return NULL;
}

static void play(void *(*client_part)(void *))
{
	scenario = client_part;
	ck_assert_int_eq(pthread_create(&client_thread, NULL, run_scenario, NULL), 0);
	server_run();
	pthread_join(client_thread, NULL);
}

static void reload(void)
{
	tls_settings.certificate = buf_span(&chain_pem);
	tls_settings.key = buf_span(&key_pem);
	ck_assert_msg(tls_server_reload(tls, &tls_settings, message) == 0, "%s", message);
}

static void start(void)
{
	server_start(true, "127.0.0.1", serve);
	config = (struct client_config){.port = listener_port(listener), .tls = true};
	tls_settings.alpn = "mqtt";
	reload();
}

static void end(void)
{
	for (int i = 0; i < accepted; i++)
		stream_destroy(&streams[i]);
	server_end();
}

/* ---- a client's certificate ------------------------------------------------- */

struct authority {
	struct pki_identity id;
	struct buf pem;
};

static struct authority good_ca, other_ca;
static struct buf cert_pem, cert_key_pem; /* what the client shows; empty: nothing */
static gnutls_datum_t session_data;       /* to resume from; data NULL: nothing */

static void make_authority(struct authority *ca, const char *name)
{
	ck_assert_int_eq(pki_key_generate(&ca->id.key), 0);
	ck_assert_int_eq(pki_issue_authority(ca->id.key, name, time(NULL), &ca->id.crt), 0);
	ck_assert_int_eq(pki_crt_format(ca->id.crt, &ca->pem), 0);
}

/* A certificate of ca for a common name; purpose NULL: for anything. */
static void make_certificate(struct authority *ca, const void *cn, size_t cn_len, const char *purpose, time_t until)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	uint8_t serial[] = {1, 2, 3};
	cert_pem.len = cert_key_pem.len = 0;
	ck_assert_int_eq(pki_key_generate(&key), 0);
	ck_assert_int_eq(gnutls_x509_crt_init(&crt), 0);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
	gnutls_x509_crt_set_activation_time(crt, until - 7200);
	gnutls_x509_crt_set_expiration_time(crt, until);
	if (cn)
		ck_assert_int_eq(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn, (unsigned)cn_len), 0);
	if (purpose)
		ck_assert_int_eq(gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0), 0);
	gnutls_x509_crt_set_key(crt, key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(crt, ca->id.crt, ca->id.key, GNUTLS_DIG_SHA256, 0), 0);
	ck_assert_int_eq(pki_crt_format(crt, &cert_pem), 0);
	ck_assert_int_eq(pki_key_format(key, &cert_key_pem), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void show_certificate(struct client *c)
{
	gnutls_datum_t crt = {cert_pem.data, (unsigned)cert_pem.len}, key = {cert_key_pem.data, (unsigned)cert_key_pem.len};
	ck_assert_int_eq(gnutls_certificate_set_x509_key_mem(c->credentials, &crt, &key, GNUTLS_X509_FMT_PEM), 0);
}

static const char psk_identity[] = "sensor-7", *psk_user = psk_identity;
static uint8_t psk_key[32];

static void show_psk(struct client *c)
{
	static gnutls_psk_client_credentials_t psk; /* of the last client; the one before is closed */
	gnutls_datum_t key = {psk_key, sizeof psk_key};
	if (psk)
		gnutls_psk_free_client_credentials(psk);
	ck_assert_int_eq(gnutls_psk_allocate_client_credentials(&psk), 0);
	ck_assert_int_eq(gnutls_psk_set_client_credentials(psk, psk_user, &key, GNUTLS_PSK_KEY_RAW), 0);
	ck_assert_int_eq(gnutls_credentials_set(c->session, GNUTLS_CRD_PSK, psk), 0);
}

/* Connects and asks who it is. Returns the name, "-", or NULL when it is not let in. */
static const char *ask(struct client *c)
{
	client_dial(c, &config);
	name_seen[0] = 0;
	if (client_handshake(c, &config) < 0 || !client_send(c, "?", 1))
		return NULL;
	ssize_t n = client_receive(c, name_seen, sizeof name_seen - 1);
	if (n <= 0)
		return NULL;
	name_seen[n] = 0;
	return name_seen;
}

static void expect(const char *name)
{
	struct client c;
	const char *seen = ask(&c);
	ck_assert_msg(name ? seen && strcmp(seen, name) == 0 : !seen, "%s instead of %s", seen ? seen : "nobody", name ? name : "nobody");
	client_close(&c);
}

static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"};

static void *show_certificates(void *arg)
{
	(void)arg;
	time_t soon = time(NULL) + 3600;
	for (size_t v = 0; v < 2; v++) {
		config.priorities = versions[v];
		config.prepare = NULL;
		expect(tls_settings.clients == TLS_CLIENTS_REQUIRED ? NULL : "-");
		config.prepare = show_certificate;
		make_certificate(&good_ca, "lamp-1", 6, GNUTLS_KP_TLS_WWW_CLIENT, soon);
		expect("lamp-1");
		make_certificate(&good_ca, "lamp-2", 6, NULL, soon);
		expect("lamp-2");
		make_certificate(&good_ca, "a server", 8, GNUTLS_KP_TLS_WWW_SERVER, soon);
		expect(NULL);
		make_certificate(&good_ca, "old", 3, NULL, time(NULL) - 60);
		expect(NULL);
		make_certificate(&other_ca, "stranger", 8, NULL, soon);
		expect(NULL);
		make_certificate(&good_ca, NULL, 0, NULL, soon);
		expect(NULL);
		make_certificate(&good_ca, "owner\0x", 7, NULL, soon);
		expect(NULL);
	}
	return NULL;
}

static void start_with_authorities(enum tls_clients clients)
{
	make_authority(&good_ca, "good");
	make_authority(&other_ca, "other");
	tls_settings = (struct tls_config){.clients = clients, .client_ca = buf_span(&good_ca.pem)};
	start();
}

START_TEST(certificates_name_their_owners)
{
	start_with_authorities(_i ? TLS_CLIENTS_REQUIRED : TLS_CLIENTS_OPTIONAL);
	play(show_certificates);
	end();
}
END_TEST

static void *show_one_unasked(void *arg)
{
	(void)arg;
	config.prepare = show_certificate;
	make_certificate(&other_ca, "stranger", 8, NULL, time(NULL) + 3600);
	expect("-"); /* nobody asked for it */
	return NULL;
}

START_TEST(unasked_certificates_mean_nothing)
{
	start_with_authorities(TLS_CLIENTS_OFF);
	play(show_one_unasked);
	end();
}
END_TEST

/* ---- pre-shared keys ---------------------------------------------------------- */

#define FORTY "0123456789abcdef0123456789abcdef01234567"
static const char longest[] = FORTY FORTY FORTY "the last"; /* PSK_MAX_IDENTITY */
static const char psk_text[] = "# keys\n\nsensor-7:000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f\r\n"
			       "other:ffffffffffffffffffffffffffffffff\n"
			       FORTY FORTY FORTY "the last:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char *const psk_versions[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+CHACHA20-POLY1305",
};

static void *show_keys(void *arg)
{
	(void)arg;
	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < sizeof psk_key; i++)
			psk_key[i] = (uint8_t)i;
		config.priorities = psk_versions[v];
		config.prepare = show_psk;
		psk_user = psk_identity;
		expect("sensor-7");
		psk_user = longest;
		expect(longest);
		psk_user = "nobody";
		expect(NULL);
		psk_user = "other"; /* the key of another */
		expect(NULL);
		psk_user = psk_identity;
		psk_key[31] ^= 1;
		expect(NULL);
		config.priorities = versions[v]; /* others come with the server's certificate as before */
		config.prepare = NULL;
		expect("-");
	}
	return NULL;
}

START_TEST(pre_shared_keys_name_their_owners)
{
	tls_settings = (struct tls_config){.psk = span_str(psk_text)};
	if (_i) { /* also where certificates are required: then those without either stay out */
		make_authority(&good_ca, "good");
		tls_settings.clients = TLS_CLIENTS_OPTIONAL;
		tls_settings.client_ca = buf_span(&good_ca.pem);
	}
	start();
	play(show_keys);
	end();
}
END_TEST

static void *try_key_without_table(void *arg)
{
	(void)arg;
	config.prepare = show_psk;
	config.priorities = psk_versions[0];
	expect("-"); /* TLS 1.3 goes on with the server's certificate */
	config.priorities = psk_versions[1];
	expect(NULL);
	config.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:+DHE-PSK";
	expect(NULL);
	return NULL;
}

static void *try_weak_key_exchange(void *arg)
{
	(void)arg;
	config.prepare = show_psk;
	static const char *const weak[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-PSK",
					   "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+AES-128-CBC"};
	for (size_t i = 0; i < sizeof psk_key; i++)
		psk_key[i] = (uint8_t)i;
	for (size_t i = 0; i < 3; i++) {
		config.priorities = weak[i];
		expect(NULL);
	}
	config.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK";
	expect("-"); /* not by its key */
	return NULL;
}

START_TEST(without_keys_there_are_no_such_suites)
{
	tls_settings = (struct tls_config){0};
	start();
	play(try_key_without_table);
	tls_settings.psk = span_str(psk_text);
	reload();
	play(try_weak_key_exchange); /* no key exchange without ephemeral keys, no CBC */
	end();
}
END_TEST

START_TEST(bad_settings_are_refused)
{
	static const struct {
		const char *psk, *ca;
		int err;
	} bad[] = {
		{"nocolon", NULL, ERR_MALFORMED}, {":00112233445566778899aabbccddeeff", NULL, ERR_MALFORMED},
		{"a:0011", NULL, ERR_MALFORMED}, {"a:00112233445566778899aabbccddeefg", NULL, ERR_MALFORMED},
		{"a:00112233445566778899aabbccddeeff0", NULL, ERR_MALFORMED},
		{"a:00112233445566778899aabbccddeeff\na:00112233445566778899aabbccddeeff", NULL, ERR_EXISTS},
		{NULL, "", ERR_MALFORMED}, {NULL, "no certificate", ERR_MALFORMED},
	};
	tls_settings = (struct tls_config){0};
	start();
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct tls_config c = tls_settings;
		if (bad[i].psk)
			c.psk = span_str(bad[i].psk);
		if (bad[i].ca) {
			c.clients = TLS_CLIENTS_OPTIONAL;
			c.client_ca = span_str(bad[i].ca);
		}
		message[0] = 0;
		ck_assert_int_eq(tls_server_reload(tls, &c, message), bad[i].err);
		ck_assert_uint_gt(strlen(message), 10);
		ck_assert_ptr_null(strstr(message, "aabb")); /* no key in what people read */
	}
	end();
}
END_TEST

/* ---- ALPN ------------------------------------------------------------------------ */

static const char *offers[3];

static void offer(struct client *c)
{
	gnutls_datum_t list[3];
	unsigned count = 0;
	for (; count < 3 && offers[count]; count++)
		list[count] = (gnutls_datum_t){(unsigned char *)offers[count], (unsigned)strlen(offers[count])};
	ck_assert_int_eq(gnutls_alpn_set_protocols(c->session, list, count, 0), 0);
}

static void *offer_protocols(void *arg)
{
	(void)arg;
	for (size_t v = 0; v < 2; v++) {
		struct client c;
		gnutls_datum_t chosen;
		config.priorities = versions[v];
		config.prepare = offer;
		offers[0] = "http/1.1";
		offers[1] = "mqtt";
		ck_assert_str_eq(ask(&c), "-");
		ck_assert_int_eq(gnutls_alpn_get_selected_protocol(c.session, &chosen), 0);
		ck_assert(span_is(span_of(chosen.data, chosen.size), "mqtt"));
		client_close(&c);
		offers[0] = "http/1.1";
		offers[1] = "h2";
		ck_assert_ptr_null(ask(&c));
		ck_assert_int_eq(gnutls_alert_get(c.session), GNUTLS_A_NO_APPLICATION_PROTOCOL);
		client_close(&c);
		config.prepare = NULL;
		expect("-");
	}
	return NULL;
}

START_TEST(speaks_mqtt_by_alpn)
{
	tls_settings = (struct tls_config){0};
	start();
	play(offer_protocols);
	end();
}
END_TEST

/* ---- resumption ------------------------------------------------------------------- */

static bool resumed;

/* One connection with what is known; keeps its ticket. Returns the name. */
static const char *connect_and_keep(void)
{
	struct client c;
	config.session = session_data.data ? &session_data : NULL;
	const char *name = ask(&c);
	resumed = name && gnutls_session_is_resumed(c.session);
	if (name) {
		ck_assert(client_send(&c, "?", 1)); /* with the answer TLS 1.3's ticket has come */
		char again[64];
		ck_assert_int_gt(client_receive(&c, again, sizeof again), 0);
		gnutls_free(session_data.data);
		ck_assert_int_eq(gnutls_session_get_data2(c.session, &session_data), 0);
	}
	client_close(&c);
	return name;
}

static void *resume_as(void *arg)
{
	(void)arg;
	ck_assert_str_eq(connect_and_keep(), psk_user ? psk_user : "lamp-1");
	ck_assert(!resumed);
	ck_assert_str_eq(connect_and_keep(), psk_user ? psk_user : "lamp-1");
	ck_assert(resumed);
	return NULL;
}

static void *resume_after_same_reload(void *arg)
{
	(void)arg;
	ck_assert_str_eq(connect_and_keep(), psk_user ? psk_user : "lamp-1");
	ck_assert(resumed);
	return NULL;
}

static void *try_to_resume(void *arg)
{
	(void)arg;
	ck_assert_ptr_null(connect_and_keep());
	return NULL;
}

/* A session of a certificate's owner is resumed with the name, over a reload as well, but not when the authority is another. */
START_TEST(resumed_sessions_keep_names_and_lose_rights)
{
	start_with_authorities(TLS_CLIENTS_REQUIRED);
	psk_user = NULL;
	config.priorities = versions[_i];
	config.prepare = show_certificate;
	make_certificate(&good_ca, "lamp-1", 6, NULL, time(NULL) + 3600);
	play(resume_as);
	reload();
	play(resume_after_same_reload);
	tls_settings.client_ca = buf_span(&other_ca.pem);
	reload();
	play(try_to_resume);
	end();
}
END_TEST

START_TEST(resumed_sessions_of_keys_too)
{
	static const char without[] = "other:ffffffffffffffffffffffffffffffff";
	tls_settings = (struct tls_config){.psk = span_str(psk_text)};
	start();
	for (size_t i = 0; i < sizeof psk_key; i++)
		psk_key[i] = (uint8_t)i;
	psk_user = psk_identity;
	config.priorities = psk_versions[1]; /* in TLS 1.3 the key itself is what a session is resumed with */
	config.prepare = show_psk;
	play(resume_as);
	tls_settings.psk = span_str(without);
	reload();
	play(try_to_resume);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_clients");
	TCase *tcase = tcase_create("all");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, certificates_name_their_owners, 0, 2);
	tcase_add_test(tcase, unasked_certificates_mean_nothing);
	tcase_add_loop_test(tcase, pre_shared_keys_name_their_owners, 0, 2);
	tcase_add_test(tcase, without_keys_there_are_no_such_suites);
	tcase_add_test(tcase, bad_settings_are_refused);
	tcase_add_test(tcase, speaks_mqtt_by_alpn);
	tcase_add_loop_test(tcase, resumed_sessions_keep_names_and_lose_rights, 0, 2);
	tcase_add_test(tcase, resumed_sessions_of_keys_too);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
