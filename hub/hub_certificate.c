/* The hub's certificate: made, loaded, given to broker and web, renewed, taken up anew while both serve. */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "main/hub_private.h"
#include "main/tls_files.h"
#include "net/pki.h"

static void note_expiry(struct hub *hub, struct span chain)
{
	struct wall_ms at;
	if (pki_expiry(chain, &at) == 0)
		atomic_store(&hub->certificate_expires_ms, at.ms);
}

int hub_load_certificate(struct hub *hub)
{
	const struct pki_paths paths = {.state_dir = hub->state_dir, .hub_id = hub->id};
	bool renewed;
	int err = pki_ensure(&paths, &renewed, hub->message);
	if (!err)
		err = pki_load(&paths, &hub->ca_pem, &hub->chain_pem, &hub->key_pem);
	if (!err && !buf_cstr(&hub->ca_pem))
		err = ERR_NOMEM;
	hub->pki_checked = clock_mono();
	note_expiry(hub, buf_span(&hub->chain_pem));
	struct tls_files files = {0};
	struct tls_config config;
	if (!err)
		err = tls_files_read(hub->conf, buf_span(&hub->chain_pem), buf_span(&hub->key_pem), &files, &config, hub->message);
	if (!err)
		err = tls_server_create(&config, &hub->tls, hub->message);
	tls_files_finish(&files);
	return err;
}

void hub_finish_secret(struct buf *secret)
{
	if (secret->data)
		sodium_memzero(secret->data, secret->cap); /* a text may have been cut since it was read */
	buf_finish(secret);
}

static void swap(struct buf *a, struct buf *b)
{
	struct buf c = *a;
	*a = *b;
	*b = c;
}

/* The certificate's files, as they are on the disk now. */
struct pems {
	struct buf ca, chain, key;
};

static void pems_finish(struct pems *pems)
{
	buf_finish(&pems->ca);
	buf_finish(&pems->chain);
	hub_finish_secret(&pems->key);
}

/* The broker's clients, too, are shown by files: those are read again with every call. */
static int offer_to_broker(struct hub *hub, const struct pems *pems, char message_r[256])
{
	struct tls_files files = {0};
	struct tls_config config;
	int err = tls_files_read(hub->conf, buf_span(&pems->chain), buf_span(&pems->key), &files, &config, message_r);
	if (!err)
		err = tls_server_reload(hub->tls, &config, message_r);
	tls_files_finish(&files);
	hub->broker_behind = err != 0;
	return err;
}

/* Remembers what the web serves with: the next call finds out by it whether there is news. */
static int offer_to_web(struct hub *hub, struct pems *pems, char message_r[256])
{
	int err = web_reload_certificate(hub->web, buf_span(&pems->chain), buf_span(&pems->key), message_r);
	if (err)
		return err;
	note_expiry(hub, buf_span(&pems->chain));
	swap(&hub->chain_pem, &pems->chain);
	swap(&hub->key_pem, &pems->key);
	return 0;
}

/* Says what was not taken, if anything. Returns err. */
static int complain(const char *whose, int err, const char *message)
{
	if (err)
		log_error("hub", "%s was not taken: %s", whose, message[0] ? message : err_text(err));
	return err;
}

int hub_take_certificate(struct hub *hub, bool clients)
{
	const struct pki_paths paths = {.state_dir = hub->state_dir, .hub_id = hub->id};
	struct pems pems = {0};
	char message[256] = "";
	int err = pki_load(&paths, &pems.ca, &pems.chain, &pems.key);
	/* the web's connections come back over it: not without need */
	bool news = !err && (!span_equal(buf_span(&pems.chain), buf_span(&hub->chain_pem)) ||
			     !span_equal(buf_span(&pems.key), buf_span(&hub->key_pem)));
	if (complain("the certificate", err, message) == 0 && (news || clients || hub->broker_behind))
		err = complain("the broker's certificate", offer_to_broker(hub, &pems, message), message);
	if (news) {
		message[0] = 0;
		int web_err = complain("the dashboard's certificate", offer_to_web(hub, &pems, message), message);
		err = web_err ? web_err : err;
	}
	pems_finish(&pems);
	return err;
}

int hub_renew_certificate(struct hub *hub)
{
	const struct pki_paths paths = {.state_dir = hub->state_dir, .hub_id = hub->id};
	char message[256] = "";
	bool renewed;
	hub->pki_checked = clock_mono();
	int err = pki_ensure(&paths, &renewed, message);
	if (err)
		log_error("hub", "the certificate could not be renewed: %s", message);
	return err;
}
