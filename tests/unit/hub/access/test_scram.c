/* SCRAM-SHA-256: the RFC's own example, every way to be wrong, and that a table gives nothing away. */
#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "access/access.h"
#include "access/scram.h"
#include "access/scram_login.h"
#include "access/scram_verifier.h"
#include "base/err.h"
#include "support/scram_client.h"
#include "support/suite.h"

/* RFC 7677 §3 */
static const char rfc_first[] = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
static const char rfc_own_nonce[] = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
static const char rfc_server_first[] =
	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
static const char rfc_final[] = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
				"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
static const char rfc_server_final[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

static struct scram_verifier verifier_of(const char *password)
{
	struct scram_verifier v = {.iterations = 4096};
	size_t len;
	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(sodium_base642bin(v.salt, sizeof v.salt, "W22ZaJ0SNY7soEsUEjb6gQ==", 24, NULL, &len, NULL,
					   sodium_base64_VARIANT_ORIGINAL), 0);
	ck_assert_uint_eq(len, sizeof v.salt);
	ck_assert_int_eq(scram_verifier_derive(span_str(password), &v), 0);
	return v;
}

/* Begins with a first message that must be good. */
static struct scram begin(const char *message, bool genuine, char reply[SCRAM_REPLY_SIZE])
{
	struct scram s;
	struct scram_first first;
	struct scram_verifier v = verifier_of("pencil");
	ck_assert_int_eq(scram_read_first(span_str(message), &first, reply), 0);
	scram_begin(&s, &first, &v, genuine, span_str(rfc_own_nonce), reply);
	return s;
}

START_TEST(example_of_the_rfc)
{
	char reply[SCRAM_REPLY_SIZE];
	struct scram s = begin(rfc_first, true, reply);
	ck_assert_str_eq(reply, rfc_server_first);
	ck_assert_int_eq(scram_finish(&s, span_str(rfc_final), reply), 0);
	ck_assert_str_eq(reply, rfc_server_final);
	ck_assert(sodium_is_zero((const uint8_t *)&s, sizeof s)); /* nothing is left of it */
	/* and the tests' client agrees with the RFC too */
	struct scram_client c = {0};
	scram_client_first(&c, "user", "rOprNGfwEbeRWgbNEkqO");
	ck_assert_str_eq(c.first, rfc_first);
	scram_client_final(&c, span_str(rfc_server_first), "pencil");
	ck_assert_str_eq(c.final, rfc_final);
	ck_assert_str_eq(c.expected, rfc_server_final);
}
END_TEST

START_TEST(a_decoy_never_opens)
{
	char reply[SCRAM_REPLY_SIZE];
	struct scram s = begin(rfc_first, false, reply);
	ck_assert_str_eq(reply, rfc_server_first);
	ck_assert_int_eq(scram_finish(&s, span_str(rfc_final), reply), ERR_DENIED);
	ck_assert_str_eq(reply, "e=invalid-proof");
}
END_TEST

static const struct {
	const char *message;
	int err;
	const char *name, *reply;
} firsts[] = {
	{"n,,n=user,r=abc", 0, "user", NULL},
	{"y,,n=user,r=abc", 0, "user", NULL}, /* the client thinks that we offer no channel binding, and is right */
	{"n,a=user,n=user,r=abc", 0, "user", NULL},
	{"n,,n=a=2Cb=3Dc,r=abc", 0, "a,b=c", NULL},
	{"n,,n=sm\303\266r,r=abc", 0, "sm\303\266r", NULL},
	{"n,,n=user,r=abc,x=more,Y=other", 0, "user", NULL},
	{"n,,n=user,r=!~", 0, "user", NULL},
	{"n,a=boss,n=user,r=abc", ERR_DENIED, NULL, "e=other-error"},
	{"n,user,n=user,r=abc", ERR_DENIED, NULL, "e=other-error"},
	{"p=tls-unique,,n=user,r=abc", ERR_UNSUPPORTED, NULL, "e=channel-binding-not-supported"},
	{"p=,,n=user,r=abc", ERR_UNSUPPORTED, NULL, "e=channel-binding-not-supported"},
	{"n,,m=x,n=user,r=abc", ERR_UNSUPPORTED, NULL, "e=extensions-not-supported"},
	{"", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{",,n=user,r=abc", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"N,,n=user,r=abc", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"ny,,n=user,r=abc", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,n=user,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,n=,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,n=a=b,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,n=a=2c,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,n=a=,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,n=a=2,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,u=user,r=abc", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,r=abc,n=user", ERR_MALFORMED, NULL, "e=invalid-username-encoding"},
	{"n,,n=us\377er,r=abc", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=a c", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=a\303\266", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=abc,", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=abc,,x=y", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=abc,x", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=abc,1=y", ERR_MALFORMED, NULL, "e=invalid-encoding"},
	{"n,,n=user,r=abc,x=", ERR_MALFORMED, NULL, "e=invalid-encoding"},
};

START_TEST(client_first_is_read_strictly)
{
	struct scram_first first;
	char reply[SCRAM_REPLY_SIZE];
	for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
		int err = scram_read_first(span_str(firsts[i].message), &first, reply);
		ck_assert_msg(err == firsts[i].err, "%s: %d", firsts[i].message, err);
		if (err)
			ck_assert_msg(strcmp(reply, firsts[i].reply) == 0, "%s: %s", firsts[i].message, reply);
		else
			ck_assert_msg(span_is(span_of(first.name, first.name_len), firsts[i].name), "%s", firsts[i].message);
	}
	/* a NUL anywhere */
	ck_assert_int_eq(scram_read_first(span_of("n,,n=a\0b,r=abc", 14), &first, reply), ERR_MALFORMED);
}
END_TEST

START_TEST(lengths_at_their_limits)
{
	struct scram_first first;
	char reply[SCRAM_REPLY_SIZE], message[600], long_text[200];
	memset(long_text, 'x', sizeof long_text);
	snprintf(message, sizeof message, "n,a=%.*s,n=%.*s,r=%.*s", SCRAM_NAME_MAX, long_text, SCRAM_NAME_MAX, long_text,
		 SCRAM_NONCE_MAX, long_text);
	struct scram s = begin(message, true, reply);
	ck_assert_uint_eq(s.header_len, SCRAM_HEADER_MAX);
	/* the reply has it all: our nonce, salt and iterations behind the client's nonce */
	ck_assert_uint_eq(strlen(reply), 2 + SCRAM_NONCE_MAX + strlen(rfc_own_nonce) + 3 + 24 + 7);
	scram_finish(&s, span_str(""), reply);
	snprintf(message, sizeof message, "n,,n=%.*s,r=abc", SCRAM_NAME_MAX + 1, long_text);
	ck_assert_int_eq(scram_read_first(span_str(message), &first, reply), ERR_MALFORMED);
	snprintf(message, sizeof message, "n,,n=user,r=%.*s", SCRAM_NONCE_MAX + 1, long_text);
	ck_assert_int_eq(scram_read_first(span_str(message), &first, reply), ERR_MALFORMED);
}
END_TEST

#define NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

static const struct {
	const char *message;
	int err;
	const char *reply;
} finals[] = {
	{"c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR=", ERR_MALFORMED, "e=invalid-encoding"}, /* stray bits */
	{"c=biws,r=" NONCE ",p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", ERR_DENIED, "e=invalid-proof"},
	{"c=eSws,r=" NONCE ",p=" PROOF, ERR_DENIED, "e=channel-bindings-dont-match"}, /* it was "n,,", not "y,," */
	{"c=biws=,r=" NONCE ",p=" PROOF, ERR_DENIED, "e=channel-bindings-dont-match"},
	{"c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" PROOF, ERR_DENIED, "e=other-error"},          /* only its own nonce */
	{"c=biws,r=" NONCE "x,p=" PROOF, ERR_DENIED, "e=other-error"},
	{"c=biws,r=xOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" PROOF, ERR_DENIED, "e=other-error"},
	{"c=biws,r=" NONCE ",x=y,p=" PROOF, ERR_DENIED, "e=invalid-proof"}, /* an extension is signed, too */
	{"", ERR_MALFORMED, "e=invalid-encoding"},
	{",", ERR_MALFORMED, "e=invalid-encoding"},
	{"p=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{",p=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,p=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{"r=" NONCE ",p=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{"r=" NONCE ",c=biws,p=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE, ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE ",p=", ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE ",p=AAAA", ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE ",q=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE ",,p=" PROOF, ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE ",p=" PROOF "\n", ERR_MALFORMED, "e=invalid-encoding"},
	{"c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ*", ERR_MALFORMED, "e=invalid-encoding"},
};

START_TEST(client_final_is_read_strictly)
{
	char reply[SCRAM_REPLY_SIZE];
	for (size_t i = 0; i < sizeof finals / sizeof finals[0]; i++) {
		struct scram s = begin(rfc_first, true, reply);
		int err = scram_finish(&s, span_str(finals[i].message), reply);
		ck_assert_msg(err == finals[i].err && strcmp(reply, finals[i].reply) == 0, "%s: %d %s", finals[i].message, err,
			      reply);
	}
}
END_TEST

START_TEST(header_and_extensions_are_signed)
{
	static const char *const headers[] = {"n,,", "y,,", "n,a=user,"};
	for (size_t i = 0; i < 3; i++) {
		char reply[SCRAM_REPLY_SIZE], without_proof[300];
		struct scram_client c = {.header = headers[i]};
		scram_client_first(&c, "user", "abc");
		struct scram s = begin(c.first, true, reply);
		scram_client_final(&c, span_str(reply), "pencil");
		ck_assert_int_eq(scram_finish(&s, span_str(c.final), reply), 0);
		ck_assert_str_eq(reply, c.expected);
		/* with an extension in the final message */
		s = begin(c.first, true, reply);
		snprintf(without_proof, sizeof without_proof, "%.*s,x=y", (int)(strstr(c.final, ",p=") - c.final), c.final);
		scram_client_sign(&c, without_proof, "pencil");
		ck_assert_int_eq(scram_finish(&s, span_str(c.final), reply), 0);
		ck_assert_str_eq(reply, c.expected);
		/* and with a wrong password */
		s = begin(c.first, true, reply);
		scram_client_final(&c, span_str(reply), "Pencil");
		ck_assert_int_eq(scram_finish(&s, span_str(c.final), reply), ERR_DENIED);
	}
}
END_TEST

START_TEST(salts_are_fresh)
{
	struct scram_verifier a, b;
	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(scram_verifier_make(span_str("same"), &a), 0);
	ck_assert_int_eq(scram_verifier_make(span_str("same"), &b), 0);
	ck_assert_uint_eq(a.iterations, 4096);
	ck_assert(memcmp(a.salt, b.salt, sizeof a.salt) != 0);
	ck_assert(memcmp(a.stored_key, b.stored_key, sizeof a.stored_key) != 0);
	ck_assert(memcmp(a.server_key, b.server_key, sizeof a.server_key) != 0);
}
END_TEST

/* --- against a table -------------------------------------------------------- */

static const uint8_t decoy_key[32] = {1, 2, 3};

/* lamp with this token and a verifier of it; old, from before verifiers were kept. */
static struct access_table *table_of(const char *lamp_token)
{
	static const struct access_rule rules[] = {{"tomte/lamp/set/+", false, true}, {"tomte/lamp/#", true, true}};
	struct access_user users[] = {
		{.name = "lamp", .rules = rules, .rule_count = 2, .own_client_id_only = true},
		{.name = "old", .rules = rules, .rule_count = 1},
	};
	ck_assert_int_ge(sodium_init(), 0);
	access_token_hash(span_str(lamp_token), users[0].token_hash);
	access_token_hash(span_str("o"), users[1].token_hash);
	ck_assert_int_eq(scram_verifier_make(span_str(lamp_token), &users[0].scram), 0);
	struct access_table *table;
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	access_table_set_decoy_key(table, decoy_key);
	return table;
}

/* One login; the last message comes when `now` is in force. Returns what it ends with. */
static int login(struct access_table *table, struct access_table *now, const char *name, const char *token,
		 const char *client_id, struct scram_reply *reply)
{
	struct scram_client c = {0};
	struct scram_login *l;
	const struct access_identity *identity = NULL;
	scram_client_first(&c, name, "nonce");
	ck_assert_int_eq(scram_login_begin(table, span_str(c.first), &l, reply), 0);
	ck_assert(span_is(scram_login_name(l), name));
	scram_client_final(&c, span_of(reply->data, reply->len), token);
	int err = scram_login_finish(&l, now, span_str(client_id), span_str(c.final), &identity, reply);
	ck_assert_ptr_null(l);
	ck_assert_int_eq(err == 0, identity != NULL);
	if (!err) {
		ck_assert_str_eq(access_name(identity), name);
		ck_assert(span_is(span_of(reply->data, reply->len), c.expected));
	}
	return err;
}

START_TEST(a_login_and_its_refusals)
{
	struct access_table *table = table_of("l"), *same = table_of("l"), *rotated = table_of("l2"), *open;
	struct scram_reply reply;
	ck_assert_int_eq(login(table, table, "lamp", "l", "lamp", &reply), 0);
	ck_assert_int_eq(login(table, same, "lamp", "l", "lamp", &reply), 0);
	ck_assert_int_eq(login(table, table, "lamp", "x", "lamp", &reply), ERR_DENIED);
	ck_assert(span_is(span_of(reply.data, reply.len), "e=invalid-proof"));
	ck_assert_int_eq(login(table, table, "nobody", "l", "nobody", &reply), ERR_DENIED);
	ck_assert(span_is(span_of(reply.data, reply.len), "e=invalid-proof"));
	ck_assert_int_eq(login(table, table, "old", "o", "old", &reply), ERR_DENIED);
	ck_assert(span_is(span_of(reply.data, reply.len), "e=invalid-proof"));
	ck_assert_int_eq(login(table, table, "lamp", "l", "other", &reply), ERR_INVALID);
	ck_assert(span_is(span_of(reply.data, reply.len), "e=other-error"));
	/* the token was changed between the messages: the right answer to the old one opens nothing */
	ck_assert_int_eq(login(table, rotated, "lamp", "l", "lamp", &reply), ERR_DENIED);
	ck_assert(span_is(span_of(reply.data, reply.len), "e=other-error"));
	ck_assert_int_eq(access_table_create_open(&open), 0);
	ck_assert(access_table_is_open(open) && !access_table_is_open(table));
	ck_assert_int_eq(login(open, open, "lamp", "l", "lamp", &reply), ERR_DENIED); /* it has no users */
	access_table_unref(&table);
	access_table_unref(&same);
	access_table_unref(&rotated);
	access_table_unref(&open);
}
END_TEST

/* The salt that a table gives a name. */
static void salt_of(struct access_table *table, const char *name, uint8_t salt[16])
{
	struct scram_verifier v;
	access_verifier(table, span_str(name), &v);
	ck_assert_uint_eq(v.iterations, 4096);
	memcpy(salt, v.salt, 16);
}

START_TEST(names_are_not_given_away)
{
	struct access_table *before = table_of("l"), *after = table_of("l2");
	uint8_t salts[5][16];
	salt_of(before, "nobody", salts[0]);
	salt_of(before, "nobody", salts[1]);
	salt_of(after, "nobody", salts[2]); /* nor does a change of the table change it */
	salt_of(before, "nobody2", salts[3]);
	salt_of(before, "old", salts[4]);
	ck_assert_mem_eq(salts[0], salts[1], 16);
	ck_assert_mem_eq(salts[0], salts[2], 16);
	ck_assert_mem_ne(salts[0], salts[3], 16);
	ck_assert_mem_ne(salts[0], salts[4], 16);
	access_table_set_decoy_key(after, (const uint8_t[32]){4});
	salt_of(after, "nobody", salts[2]); /* it hangs on the key, which nobody knows */
	ck_assert_mem_ne(salts[0], salts[2], 16);
	access_table_unref(&before);
	access_table_unref(&after);
}
END_TEST

START_TEST(a_login_may_be_left)
{
	struct access_table *table = table_of("l");
	struct scram_login *l = NULL;
	struct scram_reply reply;
	scram_login_destroy(&l);
	ck_assert_int_eq(scram_login_begin(table, span_str("n,,n=lamp,r=x"), &l, &reply), 0);
	access_table_unref(&table); /* the login holds it */
	scram_login_destroy(&l);
	ck_assert_ptr_null(l);
	table = table_of("l");
	ck_assert_int_eq(scram_login_begin(table, span_str("p=x,,n=lamp,r=x"), &l, &reply), ERR_UNSUPPORTED);
	ck_assert_ptr_null(l);
	ck_assert(span_is(span_of(reply.data, reply.len), "e=channel-binding-not-supported"));
	access_table_unref(&table);
}
END_TEST

START_TEST(where_answers_go)
{
	struct access_table *table = table_of("l"), *open;
	const struct access_identity *lamp, *old, *anyone;
	char prefix[64], tight[18];
	ck_assert_int_eq(access_login(table, span_str("lamp"), span_str("l"), span_str("lamp"), &lamp), 0);
	ck_assert_int_eq(access_reply_prefix(lamp, prefix, sizeof prefix), 0);
	ck_assert_str_eq(prefix, "tomte/lamp/reply/");
	ck_assert(access_may_subscribe(lamp, span_str("tomte/lamp/reply/#")));
	ck_assert_int_eq(access_reply_prefix(lamp, tight, sizeof tight), 0);
	ck_assert_int_eq(access_reply_prefix(lamp, tight, sizeof tight - 1), ERR_NOT_FOUND);
	ck_assert_int_eq(access_login(table, span_str("old"), span_str("o"), span_str("x"), &old), 0);
	ck_assert_int_eq(access_reply_prefix(old, prefix, sizeof prefix), ERR_NOT_FOUND);
	ck_assert_int_eq(access_table_create_open(&open), 0);
	ck_assert_int_eq(access_login(open, span_str(""), span_str(""), span_str("x"), &anyone), 0);
	ck_assert_int_eq(access_reply_prefix(anyone, prefix, sizeof prefix), ERR_NOT_FOUND);
	access_table_unref(&table);
	access_table_unref(&open);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		example_of_the_rfc,
		a_decoy_never_opens,
		client_first_is_read_strictly,
		lengths_at_their_limits,
		client_final_is_read_strictly,
		header_and_extensions_are_signed,
		salts_are_fresh,
		a_login_and_its_refusals,
		names_are_not_given_away,
		a_login_may_be_left,
		where_answers_go,
	};
	return suite_run("scram", tests, sizeof tests / sizeof tests[0]);
}
