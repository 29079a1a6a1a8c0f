/* SCRAM-SHA-256 against the table of users. Broker worker threads; takes no lock,
 * touches no disk. Knows nothing of MQTT but the name of the method. */
#include "access/scram_login.h"

#include <stdlib.h>

#include "access/scram.h"
#include "base/err.h"

enum { NONCE_BYTES = 18, NONCE_CHARS = 24 }; /* in base 64 */

struct scram_login {
	struct scram scram;
	struct access_table *table; /* a reference: identity points into it */
	const struct access_identity *identity; /* NULL: nobody */
	size_t name_len;
	uint8_t name[SCRAM_NAME_MAX];
};

_Static_assert(sizeof((struct scram_reply *)0)->data == SCRAM_REPLY_SIZE, "one size");
_Static_assert(sizeof(struct scram_login) <= 1024, "small, for who only asks");

int scram_login_begin(struct access_table *table, struct span message, struct scram_login **login_r,
		      struct scram_reply *reply)
{
	struct scram_first first;
	struct scram_verifier verifier;
	uint8_t random[NONCE_BYTES];
	char nonce[NONCE_CHARS + 1];
	*login_r = NULL;
	reply->len = 0;
	int err = scram_read_first(message, &first, reply->data);
	if (err) {
		reply->len = strlen(reply->data);
		return err;
	}
	struct scram_login *login = calloc(1, sizeof *login);
	if (!login)
		return ERR_NOMEM;
	login->table = access_table_ref(table);
	login->name_len = first.name_len;
	memcpy(login->name, first.name, first.name_len);
	login->identity = access_verifier(table, scram_login_name(login), &verifier);
	randombytes_buf(random, sizeof random);
	sodium_bin2base64(nonce, sizeof nonce, random, sizeof random, sodium_base64_VARIANT_ORIGINAL);
	scram_begin(&login->scram, &first, &verifier, login->identity != NULL, span_of(nonce, NONCE_CHARS), reply->data);
	reply->len = strlen(reply->data);
	sodium_memzero(&verifier, sizeof verifier);
	*login_r = login;
	return 0;
}

struct span scram_login_name(const struct scram_login *login)
{
	return span_of(login->name, login->name_len);
}

int scram_login_finish(struct scram_login **login_p, struct access_table *now, struct span client_id,
		       struct span message, const struct access_identity **identity_r, struct scram_reply *reply)
{
	struct scram_login *login = *login_p;
	int err = scram_finish(&login->scram, message, reply->data);
	const struct access_identity *identity = err ? NULL : access_renew(now, login->identity);
	if (!err && !identity)
		err = ERR_DENIED; /* removed or given a new secret meanwhile */
	if (!err && !access_may_use_client_id(now, identity, client_id))
		err = ERR_INVALID;
	if (!err)
		*identity_r = identity;
	else if (reply->data[0] == 'v')
		memcpy(reply->data, "e=other-error", sizeof "e=other-error");
	reply->len = strlen(reply->data);
	scram_login_destroy(login_p);
	return err;
}

void scram_login_destroy(struct scram_login **login)
{
	struct scram_login *l = *login;
	*login = NULL;
	if (!l)
		return;
	access_table_unref(&l->table);
	sodium_memzero(l, sizeof *l);
	free(l);
}
