/* The link to the hub, through the real libmosquitto and the real TLS, against a
 * server of this test: it is the hub with the right certificate or somebody with
 * another. What matters: a password is sent to the right one only. */
#include "agent/link.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* OpenSSL has a type of the name of one of our error codes */
#define ERR_STATE openssl_ERR_STATE
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "base/err.h"
#include "support/suite.h"

#define HUB_NAME "abcdefghjk.tomte.home.arpa"

/* A key and its certificate. */
struct party {
	EVP_PKEY *key;
	X509 *certificate;
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	ck_assert_ptr_nonnull(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/* A certificate for dns (NULL: none, the name is in the subject only), signed by
 * issuer (NULL: a CA of its own), valid from now + start_s for a day. */
static struct party make_party(const struct party *issuer, const char *dns, long start_s)
{
	struct party p = {EVP_EC_gen("P-256"), X509_new()};
	char alternative[128];
	X509_set_version(p.certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(p.certificate), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(p.certificate), start_s);
	X509_gmtime_adj(X509_getm_notAfter(p.certificate), start_s + 86400);
	X509_set_pubkey(p.certificate, p.key);
	const char *name = issuer ? HUB_NAME : "house";
	X509_NAME *subject = X509_get_subject_name(p.certificate);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(p.certificate, issuer ? X509_get_subject_name(issuer->certificate) : subject);
	if (!issuer)
		add_extension(p.certificate, NID_basic_constraints, "critical,CA:TRUE");
	if (dns) {
		snprintf(alternative, sizeof alternative, "DNS:%s", dns);
		add_extension(p.certificate, NID_subject_alt_name, alternative);
	}
	ck_assert_int_gt(X509_sign(p.certificate, issuer ? issuer->key : p.key, EVP_sha256()), 0);
	return p;
}

static void free_party(struct party *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->certificate);
}

static char *to_pem(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	PEM_write_bio_X509(bio, certificate);
	long len = BIO_get_mem_data(bio, &data);
	char *text = strndup(data, (size_t)len);
	BIO_free(bio);
	return text;
}

struct server {
	SSL_CTX *context;
	int listener;
	uint16_t port;
	uint8_t connack_code;
	bool got_connect; /* the client trusted us with its CONNECT */
	uint8_t packet[1024];
	int packet_len;
	pthread_t thread;
};

/* One connection: handshake, CONNECT, CONNACK, then until the client goes. */
static void *serve(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->listener, NULL, NULL);
	SSL *ssl = SSL_new(s->context);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		s->packet_len = SSL_read(ssl, s->packet, sizeof s->packet);
		s->got_connect = s->packet_len > 0;
		uint8_t connack[4] = {0x20, 2, 0, s->connack_code}, rest[256];
		if (s->got_connect && SSL_write(ssl, connack, sizeof connack) == sizeof connack)
			while (!s->connack_code && SSL_read(ssl, rest, sizeof rest) > 0)
				;
	}
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void start_server(struct server *s, const struct party *p, int highest_version)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	s->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_security_level(s->context, 0);
	SSL_CTX_set_cipher_list(s->context, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(s->context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(s->context, highest_version);
	ck_assert_int_eq(SSL_CTX_use_certificate(s->context, p->certificate), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(s->context, p->key), 1);
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(s->listener, 1), 0);
	getsockname(s->listener, (struct sockaddr *)&address, &size);
	s->port = ntohs(address.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop_server(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->listener);
	SSL_CTX_free(s->context);
}

struct seen {
	int online, offline;
};

static void on_online(void *ctx)
{
	((struct seen *)ctx)->online++;
}

static void on_offline(void *ctx)
{
	((struct seen *)ctx)->offline++;
}

static void on_message(void *ctx, struct span topic, struct span payload, bool retained)
{
	(void)ctx;
	(void)topic;
	(void)payload;
	(void)retained;
}

static void on_acked(void *ctx, int message_id)
{
	(void)ctx;
	(void)message_id;
}

static struct credentials make_credentials(const struct party *ca, uint16_t port)
{
	struct credentials c = {.device_id = "dev1", .user = "dev1", .token = "secret-token", .hub_id = "abcdefghjk"};
	c.ca_pem = to_pem(ca->certificate);
	c.endpoint_count = 1;
	c.endpoints[0] = (struct address){"127.0.0.1", port};
	return c;
}

/* Steps until the first attempt has ended either way. */
static void step_until_decided(struct link *link, const struct seen *seen)
{
	while (!seen->online && !seen->offline) {
		struct pollfd fd = {.fd = -1};
		fd.fd = link_fd(link, &fd.events);
		poll(&fd, 1, link_timeout_ms(link, clock_mono()));
		link_step(link, fd.revents, clock_mono());
	}
}

/* One attempt with a server of this certificate; returns what came of it. */
static struct seen attempt(const struct party *trusted_ca, const struct party *server_party, int version,
			   struct server *s)
{
	struct seen seen = {0};
	const struct link_events events = {on_online, on_offline, on_message, on_acked, &seen};
	struct link *link;
	start_server(s, server_party, version);
	struct credentials credentials = make_credentials(trusted_ca, s->port);
	ck_assert_int_eq(link_create(&link, &credentials, "", &events), 0);
	step_until_decided(link, &seen);
	ck_assert_int_eq(link_online(link), seen.online);
	link_disconnect(link);
	link_destroy(&link);
	ck_assert_ptr_null(link);
	stop_server(s);
	credentials_finish(&credentials);
	return seen;
}

static void expect(bool accepted, const struct party *trusted_ca, const struct party *server_party, int version)
{
	struct server s = {0};
	struct seen seen = attempt(trusted_ca, server_party, version, &s);
	ck_assert_int_eq(seen.online, accepted);
	ck_assert_int_eq(s.got_connect, accepted);
	/* the test can tell: the accepted CONNECT carries the secret */
	ck_assert_int_eq(accepted, memmem(s.packet, sizeof s.packet, "secret-token", 12) != NULL);
}

START_TEST(trusts_the_hub_alone)
{
	struct party ca = make_party(NULL, NULL, -3600), other_ca = make_party(NULL, NULL, -3600);
	struct party hub = make_party(&ca, HUB_NAME, -3600);
	struct party other_name = make_party(&ca, "zzzzzzzzzz.tomte.home.arpa", -3600);
	struct party address_name = make_party(&ca, "localhost", -3600);
	struct party no_name = make_party(&ca, NULL, -3600);
	struct party foreign = make_party(&other_ca, HUB_NAME, -3600);
	struct party expired = make_party(&ca, HUB_NAME, -2 * 86400);
	expect(true, &ca, &hub, TLS1_3_VERSION);
	expect(true, &ca, &hub, TLS1_2_VERSION);
	expect(false, &ca, &hub, TLS1_1_VERSION);
	expect(false, &ca, &other_name, TLS1_3_VERSION);
	expect(false, &ca, &address_name, TLS1_3_VERSION);
	expect(false, &ca, &no_name, TLS1_3_VERSION);
	expect(false, &ca, &foreign, TLS1_3_VERSION);
	expect(false, &other_ca, &hub, TLS1_3_VERSION);
	expect(false, &ca, &expired, TLS1_3_VERSION);
	struct party *all[] = {&ca, &other_ca, &hub, &other_name, &address_name, &no_name, &foreign, &expired};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		free_party(all[i]);
}
END_TEST

START_TEST(connect_says_who_and_leaves_a_will)
{
	struct party ca = make_party(NULL, NULL, -3600), hub = make_party(&ca, HUB_NAME, -3600);
	struct server s = {0};
	struct seen seen = attempt(&ca, &hub, TLS1_3_VERSION, &s);
	ck_assert_int_eq(seen.online, 1);
	ck_assert_uint_eq(s.packet[0], 0x10);
	ck_assert_uint_eq(s.packet[8], 4);    /* 3.1.1 */
	ck_assert_uint_eq(s.packet[9], 0xee); /* user, password, will retained with QoS 1, clean */
	ck_assert_ptr_nonnull(memmem(s.packet, (size_t)s.packet_len, "\0\x04" "dev1\0\x11tomte/dev1/status\0\x07offline", 34));
	free_party(&ca);
	free_party(&hub);
}
END_TEST

START_TEST(refused_credentials_are_tried_slowly)
{
	struct party ca = make_party(NULL, NULL, -3600), hub = make_party(&ca, HUB_NAME, -3600);
	struct server s = {.connack_code = 5};
	struct seen seen = {0};
	const struct link_events events = {on_online, on_offline, on_message, on_acked, &seen};
	struct link *link;
	int id;
	start_server(&s, &hub, TLS1_3_VERSION);
	struct credentials credentials = make_credentials(&ca, s.port);
	ck_assert_int_eq(link_create(&link, &credentials, "", &events), 0);
	ck_assert_int_eq(link_publish(link, "t", span_str("x"), false, &id), ERR_AGAIN);
	step_until_decided(link, &seen);
	stop_server(&s);
	ck_assert_int_eq(seen.online, 0);
	ck_assert(s.got_connect);
	/* nothing is due within the next 50 seconds */
	link_step(link, 0, mono_add_ms(clock_mono(), 50000));
	short events_wanted;
	ck_assert_int_eq(link_fd(link, &events_wanted), -1);
	link_destroy(&link);
	credentials_finish(&credentials);
	free_party(&ca);
	free_party(&hub);
}
END_TEST

START_TEST(nobody_there)
{
	struct party ca = make_party(NULL, NULL, -3600);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	struct seen seen = {0};
	const struct link_events events = {on_online, on_offline, on_message, on_acked, &seen};
	struct link *link;
	/* a port that is taken but does not listen */
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	struct credentials credentials = make_credentials(&ca, ntohs(address.sin_port));
	struct mono_ms before = clock_mono();
	ck_assert_int_eq(link_create(&link, &credentials, "", &events), 0);
	step_until_decided(link, &seen);
	ck_assert_int_eq(seen.offline, 1);
	ck_assert_int_lt(mono_diff_ms(before, clock_mono()), 15000); /* told by the kernel, not by patience */
	link_destroy(&link);
	close(fd);
	credentials_finish(&credentials);
	free_party(&ca);
}
END_TEST

START_TEST(refuses_what_is_no_ca)
{
	struct link *link;
	struct seen seen = {0};
	const struct link_events events = {on_online, on_offline, on_message, on_acked, &seen};
	struct credentials c = {.device_id = "d", .hub_id = "h", .endpoint_count = 1};
	c.ca_pem = strdup("no certificate");
	ck_assert_int_eq(link_create(&link, &c, "", &events), ERR_INVALID);
	credentials_finish(&c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {trusts_the_hub_alone, connect_says_who_and_leaves_a_will,
				      refused_credentials_are_tried_slowly, nobody_there, refuses_what_is_no_ca};
	return suite_run("agent/link", tests, sizeof tests / sizeof tests[0]);
}
