/* The house's authority and the hub's certificate on the disk: reads what is there, makes what is
 * missing. At start and from a daily check, on main's thread; blocks on the disk. Each file is replaced whole and a key is written before its certificate, so a
 * crash at any point leaves files that the next start completes. The hub's key stays when its
 * certificate is renewed: one file changes, never a pair. */
#include "net/pki.h"

#include <gnutls/crypto.h>
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "net/pki_cert.h"

enum { MAX_PEM_BYTES = 65536, HASH_BYTES = 32 };

static int path_of(char path_r[PATH_MAX], const struct pki_paths *paths, const char *name)
{
	return str_format(path_r, PATH_MAX, "%s/pki%s%s", paths->state_dir, *name ? "/" : "", name);
}

/* Appends the file. Returns 0, ERR_NOT_FOUND or another error with message_r. */
static int read_pem(const struct pki_paths *paths, const char *name, struct buf *pem, char message_r[256])
{
	char path[PATH_MAX];
	int err = path_of(path, paths, name);
	if (!err)
		err = buf_read_file(pem, path, MAX_PEM_BYTES);
	if (err && err != ERR_NOT_FOUND)
		str_format(message_r, 256, "cannot read pki/%s in %.128s: %s", name, paths->state_dir, err_text(err));
	return err;
}

static int write_pem(const struct pki_paths *paths, const char *name, struct span pem, char message_r[256])
{
	char path[PATH_MAX];
	int err = path_of(path, paths, name);
	if (!err)
		err = file_replace(path, pem, 0600);
	if (err)
		str_format(message_r, 256, "cannot write pki/%s in %.128s: %s", name, paths->state_dir, err_text(err));
	return err;
}

static void wipe(struct buf *secret)
{
	if (secret->data)
		gnutls_memset(secret->data, 0, secret->cap);
	buf_finish(secret);
}

/* Reads the key, or makes it when it is not there. */
static int ensure_key(const struct pki_paths *paths, const char *name, gnutls_x509_privkey_t *key_r, char message_r[256])
{
	struct buf pem = {0};
	int err = read_pem(paths, name, &pem, message_r);
	if (err == 0) {
		err = pki_key_parse(buf_span(&pem), key_r);
		if (err)
			str_format(message_r, 256, "pki/%s is damaged; restore it from a backup", name);
		err = err == ERR_MALFORMED ? ERR_DAMAGED : err;
	} else if (err == ERR_NOT_FOUND) {
		err = pki_key_generate(key_r);
		if (!err)
			err = pki_key_format(*key_r, &pem);
		if (!err)
			err = write_pem(paths, name, buf_span(&pem), message_r);
	}
	wipe(&pem);
	return err;
}

static int write_crt(const struct pki_paths *paths, const char *name, gnutls_x509_crt_t crt, char message_r[256])
{
	struct buf pem = {0};
	int err = pki_crt_format(crt, &pem);
	if (!err)
		err = write_pem(paths, name, buf_span(&pem), message_r);
	buf_finish(&pem);
	return err;
}

static bool file_there(const struct pki_paths *paths, const char *name)
{
	char path[PATH_MAX];
	return path_of(path, paths, name) == 0 && access(path, F_OK) == 0;
}

/* Every device and every phone trusts this certificate: it is made once, and never replaced behind their backs. */
static int ensure_authority(const struct pki_paths *paths, struct pki_identity *authority_r, char message_r[256])
{
	struct buf pem = {0};
	int found = read_pem(paths, "ca.pem", &pem, message_r);
	int err = found == ERR_NOT_FOUND ? 0 : found;
	if (found == 0 && !file_there(paths, "ca.key")) {
		err = ERR_DAMAGED;
		str_format(message_r, 256, "pki/ca.key is missing but pki/ca.pem is there; restore it from a backup, "
					   "or remove both and enrol every device anew");
	}
	if (!err)
		err = ensure_key(paths, "ca.key", &authority_r->key, message_r);
	if (!err && found == ERR_NOT_FOUND) {
		err = pki_issue_authority(authority_r->key, paths->hub_id, (time_t)(clock_wall().ms / 1000), &authority_r->crt);
		if (!err)
			err = write_crt(paths, "ca.pem", authority_r->crt, message_r);
	} else if (!err && (pki_crt_parse(buf_span(&pem), &authority_r->crt) ||
			    !pki_belongs(authority_r->crt, authority_r->key))) {
		err = ERR_DAMAGED;
		str_format(message_r, 256, "pki/ca.pem is damaged or not that of pki/ca.key; restore both from a backup");
	}
	buf_finish(&pem);
	return err;
}

static int ensure_hub(const struct pki_paths *paths, const struct pki_identity *authority, bool *renewed_r, char message_r[256])
{
	struct pki_identity hub = {0};
	struct pki_names names;
	struct buf pem = {0};
	time_t now = (time_t)(clock_wall().ms / 1000);
	int err = ensure_key(paths, "hub.key", &hub.key, message_r);
	if (err)
		goto done;
	pki_names_collect(&names, paths->hub_id);
	err = read_pem(paths, "hub.pem", &pem, message_r);
	if (err && err != ERR_NOT_FOUND)
		goto done;
	const char *why = "there was none";
	if (!err)
		why = pki_crt_parse(buf_span(&pem), &hub.crt) ? "it was damaged"
							      : pki_why_renew(hub.crt, hub.key, authority->crt, &names, now);
	err = 0;
	if (!why)
		goto done;
	gnutls_x509_crt_t next = NULL;
	err = pki_issue_hub(authority, hub.key, &names, now, &next);
	if (err)
		goto done;
	err = write_crt(paths, "hub.pem", next, message_r);
	gnutls_x509_crt_deinit(next);
	if (!err) {
		*renewed_r = true;
		log_info("pki", "made a new certificate for %s: %s", names.dns[0], why);
	}
done:
	buf_finish(&pem);
	pki_identity_finish(&hub);
	return err;
}

int pki_ensure(const struct pki_paths *paths, bool *renewed_r, char message_r[256])
{
	char directory[PATH_MAX];
	struct pki_identity authority = {0};
	*renewed_r = false;
	message_r[0] = 0;
	int err = path_of(directory, paths, "");
	if (!err)
		err = file_make_dir(directory, 0700);
	if (err) {
		str_format(message_r, 256, "cannot make the directory pki in %.128s: %s", paths->state_dir, err_text(err));
		return err;
	}
	err = ensure_authority(paths, &authority, message_r);
	if (!err)
		err = ensure_hub(paths, &authority, renewed_r, message_r);
	if (err && !message_r[0])
		str_format(message_r, 256, "cannot make the hub's certificate: %s", err_text(err));
	pki_identity_finish(&authority);
	return err;
}

int pki_load(const struct pki_paths *paths, struct buf *ca_pem_r, struct buf *chain_pem_r, struct buf *key_pem_r)
{
	char message[256];
	int err = read_pem(paths, "ca.pem", ca_pem_r, message);
	if (!err)
		err = read_pem(paths, "hub.pem", chain_pem_r, message);
	if (!err)
		err = read_pem(paths, "hub.key", key_pem_r, message);
	return err;
}

int pki_fingerprint(struct span pem, char text_r[96])
{
	static const char digits[] = "0123456789ABCDEF";
	gnutls_x509_crt_t crt;
	int err = pki_crt_parse(pem, &crt);
	if (err)
		return err;
	uint8_t hash[HASH_BYTES];
	size_t len = sizeof hash;
	int rc = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &len);
	gnutls_x509_crt_deinit(crt);
	if (rc < 0)
		return ERR_CRYPTO;
	for (size_t i = 0; i < sizeof hash; i++) {
		*text_r++ = digits[hash[i] >> 4];
		*text_r++ = digits[hash[i] & 15];
		*text_r++ = i + 1 < sizeof hash ? ':' : 0;
	}
	return 0;
}

int pki_expiry(struct span pem, struct wall_ms *at_r)
{
	gnutls_x509_crt_t crt;
	int err = pki_crt_parse(pem, &crt);
	if (err)
		return err;
	time_t at = gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	at_r->ms = (int64_t)at * 1000;
	return at == (time_t)-1 ? ERR_MALFORMED : 0;
}
