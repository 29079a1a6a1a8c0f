/* The house's certificates: names, validity, renewal, what a crash leaves, and
 * that a client's verification accepts them and nothing else. */
#include "net/pki.h"

#include <check.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "net/pki_cert.h"
#include "support/scratch.h"

static const char hub_id[] = "k7m2q9x4ab";
static const char hub_name[] = "k7m2q9x4ab.tomte.home.arpa";
enum { DAY = 24 * 3600 };

static struct scratch scratch;
static struct pki_paths paths;
static char message[256];

static void start(void)
{
	scratch_create(&scratch);
	paths = (struct pki_paths){scratch.path, hub_id};
}

static void end(void)
{
	scratch_remove(&scratch);
}

static time_t now(void)
{
	return (time_t)(clock_wall().ms / 1000);
}

/* Ensures and returns whether a certificate was made. */
static bool ensure(void)
{
	bool renewed = false;
	int err = pki_ensure(&paths, &renewed, message);
	ck_assert_msg(err == 0, "%s", message);
	return renewed;
}

static void read_file(const char *name, struct buf *out)
{
	*out = (struct buf){0};
	ck_assert_int_eq(buf_read_file(out, scratch_path(&scratch, name), 65536), 0);
}

static gnutls_x509_crt_t read_crt(const char *name)
{
	struct buf pem;
	read_file(name, &pem);
	gnutls_x509_crt_t crt;
	ck_assert_int_eq(pki_crt_parse(buf_span(&pem), &crt), 0);
	buf_finish(&pem);
	return crt;
}

static void read_identity(const char *key, const char *crt, struct pki_identity *identity_r)
{
	struct buf pem;
	read_file(key, &pem);
	ck_assert_int_eq(pki_key_parse(buf_span(&pem), &identity_r->key), 0);
	buf_finish(&pem);
	identity_r->crt = read_crt(crt);
}

/* Puts a certificate of the hub's own key for these names, made at `when`, in place. */
static void plant_hub(const struct pki_names *names, time_t when)
{
	struct pki_identity authority, hub;
	read_identity("pki/ca.key", "pki/ca.pem", &authority);
	read_identity("pki/hub.key", "pki/hub.pem", &hub);
	gnutls_x509_crt_t crt;
	ck_assert_int_eq(pki_issue_hub(&authority, hub.key, names, when, &crt), 0);
	struct buf pem = {0};
	ck_assert_int_eq(pki_crt_format(crt, &pem), 0);
	ck_assert_int_eq(file_replace(scratch_path(&scratch, "pki/hub.pem"), buf_span(&pem), 0600), 0);
	buf_finish(&pem);
	gnutls_x509_crt_deinit(crt);
	pki_identity_finish(&authority);
	pki_identity_finish(&hub);
}

/* What a client that trusts ca says to the certificate under this name: a set of GNUTLS_CERT_*. */
static unsigned verify(gnutls_x509_crt_t crt, gnutls_x509_crt_t ca, const char *name)
{
	gnutls_x509_trust_list_t trust;
	unsigned status = 0;
	ck_assert_int_eq(gnutls_x509_trust_list_init(&trust, 0), 0);
	ck_assert_int_eq(gnutls_x509_trust_list_add_cas(trust, &ca, 1, 0), 1);
	gnutls_typed_vdata_st wanted[] = {
		{.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)name},
		{.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER},
	};
	ck_assert_int_eq(gnutls_x509_trust_list_verify_crt2(trust, &crt, 1, wanted, 2, GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_HIGH), &status, NULL), 0);
	gnutls_x509_trust_list_deinit(trust, 0);
	return status;
}

START_TEST(first_start_makes_everything_private_and_the_second_nothing)
{
	ck_assert(ensure());
	static const char *const files[] = {"pki/ca.key", "pki/ca.pem", "pki/hub.key", "pki/hub.pem"};
	struct buf before[4], after;
	struct stat st;
	ck_assert_int_eq(stat(scratch_path(&scratch, "pki"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(stat(scratch_path(&scratch, files[i]), &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
		read_file(files[i], &before[i]);
	}
	ck_assert(!ensure());
	for (int i = 0; i < 4; i++) {
		read_file(files[i], &after);
		ck_assert(span_equal(buf_span(&before[i]), buf_span(&after)));
		buf_finish(&before[i]);
		buf_finish(&after);
	}
}
END_TEST

START_TEST(clients_accept_every_name_and_address)
{
	ensure();
	gnutls_x509_crt_t ca = read_crt("pki/ca.pem"), hub = read_crt("pki/hub.pem");
	ck_assert_uint_eq(verify(hub, ca, hub_name), 0);
	ck_assert_uint_eq(verify(hub, ca, "localhost"), 0);
	ck_assert_uint_eq(verify(hub, ca, "127.0.0.1"), 0);
	ck_assert_uint_eq(verify(hub, ca, "::1"), 0);
	ck_assert_uint_ne(verify(hub, ca, "other.tomte.home.arpa"), 0);
	ck_assert_uint_ne(verify(hub, ca, "192.0.2.1"), 0);

	struct pki_names names;
	pki_names_collect(&names, hub_id);
	ck_assert_str_eq(names.dns[0], hub_name);
	for (size_t i = 0; i < names.dns_count; i++)
		ck_assert_uint_eq(verify(hub, ca, names.dns[i]), 0);
	for (size_t i = 0; i < names.addresses.count; i++)
		ck_assert(gnutls_x509_crt_check_ip(hub, names.addresses.items[i].bytes, names.addresses.items[i].len, 0));

	/* another house's authority with the same name is not ours */
	struct scratch other;
	scratch_create(&other);
	paths.state_dir = other.path;
	ensure();
	struct scratch mine = scratch;
	scratch = other;
	gnutls_x509_crt_t other_ca = read_crt("pki/ca.pem");
	ck_assert_uint_ne(verify(hub, other_ca, hub_name), 0);
	scratch = mine;
	scratch_remove(&other);
	gnutls_x509_crt_deinit(other_ca);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_crt_deinit(hub);
}
END_TEST

START_TEST(extensions_are_what_browsers_want)
{
	ensure();
	gnutls_x509_crt_t ca = read_crt("pki/ca.pem"), hub = read_crt("pki/hub.pem");
	unsigned critical, is_ca, usage;
	int pathlen;
	char text[128];
	size_t size = sizeof text;

	ck_assert_int_eq(gnutls_x509_crt_get_basic_constraints(ca, &critical, &is_ca, &pathlen), 1);
	ck_assert(critical && is_ca && pathlen == 0);
	ck_assert_int_eq(gnutls_x509_crt_get_key_usage(ca, &usage, &critical), 0);
	ck_assert_uint_eq(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	ck_assert(critical);
	ck_assert_int_eq(gnutls_x509_crt_get_dn(ca, text, &size), 0);
	ck_assert_str_eq(text, "CN=tomte house k7m2q9x4ab");

	ck_assert_int_eq(gnutls_x509_crt_get_basic_constraints(hub, &critical, &is_ca, &pathlen), 0);
	ck_assert(!is_ca);
	ck_assert_int_eq(gnutls_x509_crt_get_key_usage(hub, &usage, &critical), 0);
	ck_assert_uint_eq(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
	size = sizeof text;
	ck_assert_int_eq(gnutls_x509_crt_get_key_purpose_oid(hub, 0, text, &size, &critical), 0);
	ck_assert_str_eq(text, GNUTLS_KP_TLS_WWW_SERVER);

	uint8_t ca_id[20], issuer_id[20], serial[20], ca_serial[20];
	size_t ca_len = sizeof ca_id, issuer_len = sizeof issuer_id, serial_len = sizeof serial, ca_serial_len = sizeof ca_serial;
	ck_assert_int_eq(gnutls_x509_crt_get_subject_key_id(ca, ca_id, &ca_len, NULL), 0);
	ck_assert_int_eq(gnutls_x509_crt_get_authority_key_id(hub, issuer_id, &issuer_len, NULL), 0);
	ck_assert(span_equal(span_of(ca_id, ca_len), span_of(issuer_id, issuer_len)));
	ck_assert_int_eq(gnutls_x509_crt_get_serial(hub, serial, &serial_len), 0);
	ck_assert_int_eq(gnutls_x509_crt_get_serial(ca, ca_serial, &ca_serial_len), 0);
	ck_assert_uint_eq(serial_len, 16);
	ck_assert(!span_equal(span_of(serial, serial_len), span_of(ca_serial, ca_serial_len)));
	ck_assert_int_eq(gnutls_x509_crt_get_signature_algorithm(hub), GNUTLS_SIGN_ECDSA_SHA256);
	ck_assert_int_eq(gnutls_x509_crt_get_version(hub), 3);

	time_t from = gnutls_x509_crt_get_activation_time(hub), to = gnutls_x509_crt_get_expiration_time(hub);
	ck_assert_int_le(to - from, 397 * DAY);
	ck_assert_int_ge(to - from, 396 * DAY);
	ck_assert_int_le(labs(from - (now() - DAY)), 60);
	time_t years = gnutls_x509_crt_get_expiration_time(ca) - now();
	ck_assert_int_gt(years, 19L * 365 * DAY);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_crt_deinit(hub);
}
END_TEST

START_TEST(renews_what_ends_soon_or_lies_in_the_future)
{
	ensure();
	struct pki_names names;
	pki_names_collect(&names, hub_id);
	plant_hub(&names, now() - (397 - 1 - 31) * DAY); /* 31 days are left */
	ck_assert(!ensure());
	plant_hub(&names, now() - (397 - 1 - 29) * DAY);
	ck_assert(ensure());
	plant_hub(&names, now() - 500 * DAY); /* ended */
	ck_assert(ensure());
	plant_hub(&names, now() + 3 * DAY); /* the clock was wrong then */
	ck_assert(ensure());
	ck_assert(!ensure());
}
END_TEST

START_TEST(renews_for_a_new_name_and_keeps_the_key)
{
	ensure();
	struct buf before, after;
	read_file("pki/hub.key", &before);
	struct pki_names names;
	pki_names_collect(&names, hub_id);
	struct pki_names fewer = names;
	fewer.dns_count--;
	plant_hub(&fewer, now());
	ck_assert(ensure());
	fewer = names;
	fewer.addresses.count--;
	plant_hub(&fewer, now());
	ck_assert(ensure());
	struct pki_names more = names; /* a name that is gone harms nobody */
	pki_names_add_host(&more, "old-name");
	plant_hub(&more, now());
	ck_assert(!ensure());
	read_file("pki/hub.key", &after);
	ck_assert(span_equal(buf_span(&before), buf_span(&after)));
	buf_finish(&before);
	buf_finish(&after);
}
END_TEST

/* A crash leaves a prefix of the steps ca.key, ca.pem, hub.key, hub.pem, and perhaps a half-written temporary file. */
START_TEST(completes_what_a_crash_left)
{
	static const char *const order[] = {"pki/ca.key", "pki/ca.pem", "pki/hub.key", "pki/hub.pem"};
	for (int made = 0; made < 4; made++) {
		ensure();
		struct buf kept[4];
		for (int i = 0; i < made; i++)
			read_file(order[i], &kept[i]);
		for (int i = made; i < 4; i++)
			ck_assert_int_eq(unlink(scratch_path(&scratch, order[i])), 0);
		char name[64];
		snprintf(name, sizeof name, "%s.tmp", order[made]);
		int fd = open(scratch_path(&scratch, name), O_WRONLY | O_CREAT, 0666);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(write(fd, "half", 4), 4);
		close(fd);

		ck_assert(ensure());
		ck_assert_int_ne(access(scratch_path(&scratch, name), F_OK), 0);
		for (int i = 0; i < made; i++) {
			struct buf again;
			read_file(order[i], &again);
			ck_assert(span_equal(buf_span(&kept[i]), buf_span(&again)));
			buf_finish(&again);
			buf_finish(&kept[i]);
		}
		gnutls_x509_crt_t ca = read_crt("pki/ca.pem"), hub = read_crt("pki/hub.pem");
		ck_assert_uint_eq(verify(hub, ca, hub_name), 0);
		gnutls_x509_crt_deinit(ca);
		gnutls_x509_crt_deinit(hub);
	}
}
END_TEST

START_TEST(never_replaces_a_lost_authority)
{
	ensure();
	struct buf ca;
	read_file("pki/ca.pem", &ca);
	bool renewed;
	ck_assert_int_eq(unlink(scratch_path(&scratch, "pki/ca.key")), 0);
	ck_assert_int_eq(pki_ensure(&paths, &renewed, message), ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(message, "ca.key"));
	ck_assert_int_ne(access(scratch_path(&scratch, "pki/ca.key"), F_OK), 0);

	ck_assert_int_eq(file_replace(scratch_path(&scratch, "pki/ca.key"), span_str("rubbish"), 0600), 0);
	ck_assert_int_eq(pki_ensure(&paths, &renewed, message), ERR_DAMAGED);
	struct buf after;
	read_file("pki/ca.pem", &after);
	ck_assert(span_equal(buf_span(&ca), buf_span(&after)));
	buf_finish(&ca);
	buf_finish(&after);
}
END_TEST

START_TEST(replaces_a_damaged_hub_certificate)
{
	ensure();
	ck_assert_int_eq(file_replace(scratch_path(&scratch, "pki/hub.pem"), span_str("rubbish"), 0600), 0);
	ck_assert(ensure());
	/* of another key: what remains when somebody removed hub.key */
	ck_assert_int_eq(unlink(scratch_path(&scratch, "pki/hub.key")), 0);
	ck_assert(ensure());
	ck_assert(!ensure());
}
END_TEST

START_TEST(says_what_is_wrong_with_the_directory)
{
	bool renewed;
	paths.state_dir = "/nonexistent/tomte";
	ck_assert_int_ne(pki_ensure(&paths, &renewed, message), 0);
	ck_assert_ptr_nonnull(strstr(message, "/nonexistent/tomte"));
	struct buf a = {0}, b = {0}, c = {0};
	ck_assert_int_eq(pki_load(&paths, &a, &b, &c), ERR_NOT_FOUND);
}
END_TEST

START_TEST(loads_and_fingerprints)
{
	ensure();
	struct buf ca = {0}, chain = {0}, key = {0};
	ck_assert_int_eq(pki_load(&paths, &ca, &chain, &key), 0);
	ck_assert(span_starts(buf_span(&ca), span_str("-----BEGIN CERTIFICATE")));
	ck_assert(span_starts(buf_span(&chain), span_str("-----BEGIN CERTIFICATE")));
	ck_assert(span_starts(buf_span(&key), span_str("-----BEGIN PRIVATE KEY")));
	char one[96], two[96];
	ck_assert_int_eq(pki_fingerprint(buf_span(&ca), one), 0);
	ck_assert_int_eq(pki_fingerprint(buf_span(&chain), two), 0);
	ck_assert_uint_eq(strlen(one), 95);
	ck_assert_str_ne(one, two);
	ck_assert_int_eq(pki_fingerprint(buf_span(&key), one), ERR_MALFORMED);
	buf_finish(&ca);
	buf_finish(&chain);
	buf_finish(&key);
}
END_TEST

static bool has_dns(const struct pki_names *names, const char *name)
{
	for (size_t i = 0; i < names->dns_count; i++)
		if (strcmp(names->dns[i], name) == 0)
			return true;
	return false;
}

START_TEST(host_names_of_all_kinds)
{
	struct pki_names names = {0};
	pki_names_add_host(&names, "loft.example.net");
	ck_assert_uint_eq(names.dns_count, 3);
	ck_assert(has_dns(&names, "loft.example.net") && has_dns(&names, "loft") && has_dns(&names, "loft.local"));
	names = (struct pki_names){0};
	static const char *const bad[] = {"", "under_score", "-dash", "dash-.net", "a..b", "smörgås", "*", "a b"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		names = (struct pki_names){0};
		pki_names_add_host(&names, bad[i]);
		ck_assert_msg(!has_dns(&names, bad[i]), "%s", bad[i]);
	}
	names = (struct pki_names){0};
	pki_names_add_host(&names, "localhost");
	ck_assert_uint_eq(names.dns_count, 1);
}
END_TEST

START_TEST(lasting_ipv6_addresses_only)
{
	static const char table[] = "fd000000000000000000000000000001 02 40 00 80     eth0\n" /* permanent */
				    "fd000000000000000000000000000002 02 40 00 01     eth0\n" /* privacy */
				    "fd000000000000000000000000000003 02 40 00 20     eth0\n" /* deprecated */
				    "fe800000000000000000000000000001 02 40 20 80     eth0\n" /* link-local */
				    "rubbish\n";
	ck_assert_int_eq(file_replace(scratch_path(&scratch, "if_inet6"), span_str(table), 0600), 0);
	struct addresses addresses = {.count = 0};
	addresses_add_inet6_file(&addresses, scratch_path(&scratch, "if_inet6"));
	ck_assert_uint_eq(addresses.count, 1);
	ck_assert_uint_eq(addresses.items[0].bytes[15], 1);
	addresses_add_inet6_file(&addresses, scratch_path(&scratch, "missing"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net/pki");
	TCase *tcase = tcase_create("pki");
	tcase_add_checked_fixture(tcase, start, end);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, first_start_makes_everything_private_and_the_second_nothing);
	tcase_add_test(tcase, clients_accept_every_name_and_address);
	tcase_add_test(tcase, extensions_are_what_browsers_want);
	tcase_add_test(tcase, renews_what_ends_soon_or_lies_in_the_future);
	tcase_add_test(tcase, renews_for_a_new_name_and_keeps_the_key);
	tcase_add_test(tcase, completes_what_a_crash_left);
	tcase_add_test(tcase, never_replaces_a_lost_authority);
	tcase_add_test(tcase, replaces_a_damaged_hub_certificate);
	tcase_add_test(tcase, says_what_is_wrong_with_the_directory);
	tcase_add_test(tcase, loads_and_fingerprints);
	tcase_add_test(tcase, host_names_of_all_kinds);
	tcase_add_test(tcase, lasting_ipv6_addresses_only);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
