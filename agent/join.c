/* Enrolment, the device's side: T1's four messages in two HTTP posts, then the
 * credentials on the disk. Blocks, so it runs in a process of its own: `tomte-agent join`, or the agent's child (renewal.c). The identity is saved
 * before M3 leaves, so that a lost answer only makes the next try repeat it. */
#include "join.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "credentials.h"
#include "describe.h"
#include "enrol/code.h"
#include "enrol/t1.h"
#include "http/http.h"
#include "state_file.h"

enum { HTTP_TIMEOUT_S = 15, APPROVAL_MS = 600000, APPROVAL_STEP_S = 3, STATUS_WAIT = 409,
       STATUS_TOO_MANY = 429, STATUS_TROUBLE = 500, CROWDED_TRIES = 10, CROWDED_STEP_S = 1 };

int join_parse(const char *code, const char *hub, struct join_plan *plan_r, const char **complaint_r)
{
	struct enrol_qr qr;
	*plan_r = (struct join_plan){0};
	int err = enrol_qr_parse(span_str(code), &qr);
	if (err == ERR_CRYPTO)
		*complaint_r = "the code has a typing error: compare it with the dashboard, letter by letter";
	else if (err)
		*complaint_r = "this is no code: it has 25 letters and digits, XXXXX-XXXXX-XXXXX-XXXXX-XXXXX, "
			       "or is the text of the QR code, TOMTE1:…";
	if (err)
		return err;
	memcpy(plan_r->key, qr.key, sizeof plan_r->key);
	if (hub) {
		err = address_parse(hub, JOIN_HTTP_PORT, &plan_r->hubs[plan_r->hub_count++]);
	} else if (qr.host[0]) {
		struct address *a = &plan_r->hubs[plan_r->hub_count++];
		memcpy(a->host, qr.host, sizeof a->host);
		a->port = qr.port;
	} else {
		err = address_parse("localhost", JOIN_HTTP_PORT, &plan_r->hubs[plan_r->hub_count++]);
	}
	if (err)
		*complaint_r = "the hub's address is none: HOST or HOST:PORT is expected";
	sodium_memzero(&qr, sizeof qr);
	return err;
}

void join_read_complaint(int status, struct span body, struct buf *out)
{
	json_t *json = json_loadb((const char *)body.data, body.len, 0, NULL);
	const char *detail = json_string_value(json_object_get(json, "detail"));
	const char *title = json_string_value(json_object_get(json, "title"));
	if (detail || title)
		buf_append_str(out, detail ? detail : title);
	else
		buf_printf(out, "it answers with status %d", status);
	json_decref(json);
}

/* One try to join one hub. */
struct attempt {
	const uint8_t *key;
	const struct credentials *now; /* that are renewed; NULL: it joins */
	const struct address *hub;
	const char *state_dir, *meta;
};

/* What came of it. */
struct joined {
	uint8_t hub_key[T1_PUBLIC_BYTES];
	struct buf body; /* of M4; secret */
};

/* One post. Returns 0 with the answer's body when the status is 200; ERR_BUSY
 * (approval is awaited), ERR_AGAIN (the hub is asked too often), ERR_IO (it is in trouble itself) or ERR_DENIED (any other status), told to the log, or the error of the transport,
 * with libcurl's words in message. */
static int post(const struct attempt *a, int step, struct span body, struct buf *answer_r, char message[256])
{
	char address[ADDRESS_HOST_SIZE + 16], url[ADDRESS_HOST_SIZE + 48];
	int err = address_format(address, sizeof address, a->hub);
	if (!err)
		err = str_format(url, sizeof url, "http://%s/enrol/%d", address, step);
	if (err)
		return err;
	const struct http_request request = {
		.method = "POST", .url = url, .content_type = "application/octet-stream", .body = body,
		.timeout_s = HTTP_TIMEOUT_S, .max_answer_bytes = T1_MAX_M4_BYTES,
	};
	struct http_answer answer;
	err = http_perform(&request, &answer, message);
	if (err)
		return err;
	if (answer.status == 200) {
		*answer_r = answer.body;
		return 0;
	}
	struct buf complaint = {0};
	join_read_complaint(answer.status, buf_span(&answer.body), &complaint);
	const char *text = buf_cstr(&complaint);
	err = answer.status == STATUS_WAIT ? ERR_BUSY : answer.status == STATUS_TOO_MANY ? ERR_AGAIN :
	      answer.status >= STATUS_TROUBLE ? ERR_IO : ERR_DENIED;
	if (err == ERR_DENIED || err == ERR_IO)
		log_error("join", "%s refuses: %s", address, text ? text : "");
	buf_finish(&complaint);
	buf_finish(&answer.body);
	return err;
}

/* Sends M3 and opens M4; body_r gets the credentials. */
static int finish_exchange(struct t1_device *t1, const struct attempt *a, struct buf *body_r, char message[256])
{
	uint8_t seed[T1_SEED_BYTES], m3[T1_M3_BASE_BYTES + T1_MAX_META_BYTES];
	size_t m3_len;
	struct buf m4 = {0};
	int err = a->now ? identity_load(a->state_dir, seed) : identity_begin(a->state_dir, seed);
	if (err) {
		log_error("join", "cannot %s the identity in %s: %s", a->now ? "read" : "save", a->state_dir, err_text(err));
		return ERR_STATE;
	}
	err = t1_device_m3(t1, seed, span_str(a->meta), m3, &m3_len);
	sodium_memzero(seed, sizeof seed);
	if (!err)
		err = post(a, 2, span_of(m3, m3_len), &m4, message);
	if (!err)
		err = buf_reserve(body_r, m4.len + 1);
	if (!err) {
		err = t1_device_m4(t1, buf_span(&m4), body_r->data, &body_r->len);
		if (err)
			log_error("join", "the hub's last answer is not genuine: try again");
	}
	buf_finish(&m4);
	return err;
}

/* Whether the hub that knows the code is the one that this device has joined. */
static int check_hub(const struct attempt *a, const uint8_t key[T1_PUBLIC_BYTES])
{
	char hex[CREDENTIALS_HUB_KEY_SIZE];
	str_to_hex(hex, key, T1_PUBLIC_BYTES);
	if (!a->now || !a->now->hub_key[0] || strcmp(a->now->hub_key, hex) == 0)
		return 0;
	log_error("join", "%s is another hub than the one that this device has joined: the credentials stay as they are. "
		  "Is another machine at this address?", a->hub->host);
	return ERR_CRYPTO;
}

/* One exchange with one hub. Errors as post, check_hub and finish_exchange. */
static int exchange(const struct attempt *a, struct joined *joined_r, char message[256])
{
	struct t1_device t1 = {0};
	uint8_t m1[T1_M1_BYTES];
	struct buf m2 = {0};
	t1_device_m1(&t1, a->key, m1);
	int err = post(a, 1, span_of(m1, sizeof m1), &m2, message);
	if (!err) {
		err = t1_device_m2(&t1, buf_span(&m2));
		if (err)
			log_error("join", "%s does not know this code: a wrong code, or not your hub", a->hub->host);
	}
	if (!err)
		err = check_hub(a, t1.hub_public);
	if (!err) {
		memcpy(joined_r->hub_key, t1.hub_public, sizeof joined_r->hub_key);
		err = finish_exchange(&t1, a, &joined_r->body, message);
	}
	buf_finish(&m2);
	t1_device_finish(&t1);
	return err;
}

/* Tells the person what to compare: the dashboard shows the fingerprint of who asks to come in. */
static void say_waiting(const char *state_dir)
{
	uint8_t seed[T1_SEED_BYTES], public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char fingerprint[ENROL_FINGERPRINT_SIZE];
	int err = identity_begin(state_dir, seed); /* the one that has just been sent */
	if (err) {
		log_warning("join", "the hub waits for an approval, but the identity in %s cannot be read: %s", state_dir,
			    err_text(err));
		return;
	}
	crypto_sign_seed_keypair(public, secret, seed);
	enrol_fingerprint(fingerprint, public);
	printf("Waiting for approval. The fingerprint of this device is\n\n  %s\n\n"
	       "Approve it on the dashboard (Add a device), or with `tomtectl key approve` on the hub, when it shows the same.\n",
	       fingerprint);
	fflush(stdout);
	sodium_memzero(seed, sizeof seed);
	sodium_memzero(secret, sizeof secret);
}

/* Repeats the exchange while the owner has not approved the device yet, or
 * others join at the same moment: the hub lets only a few in per second. */
static int exchange_patiently(const struct attempt *a, struct joined *joined_r, char message[256])
{
	struct mono_ms give_up = mono_add_ms(clock_mono(), APPROVAL_MS);
	bool said = false;
	for (int crowded = 0;;) {
		int err = exchange(a, joined_r, message);
		if (err == ERR_AGAIN && ++crowded < CROWDED_TRIES) {
			sleep(CROWDED_STEP_S);
			continue;
		}
		if (err == ERR_AGAIN)
			log_error("join", "%s is asked too often by others: run the same command again in a minute", a->hub->host);
		if (err != ERR_BUSY)
			return err;
		if (!said)
			say_waiting(a->state_dir);
		said = true;
		if (mono_diff_ms(clock_mono(), give_up) <= 0) {
			log_error("join", "nobody has approved this device: run the same command again");
			return ERR_TIMEOUT;
		}
		sleep(APPROVAL_STEP_S);
	}
}

static int save(const char *state_dir, const struct joined *joined, const char *via)
{
	const char *what = "";
	int err = credentials_save(state_dir, buf_span(&joined->body), joined->hub_key, via, &what);
	if (err == ERR_MALFORMED)
		log_error("join", "the hub's answer lacks a good \"%s\": is the hub newer than this agent?", what);
	else if (err)
		log_error("join", "cannot save the credentials in %s: %s", state_dir, err_text(err));
	if (err)
		return err;
	struct credentials c;
	if (identity_commit(state_dir)) /* the next join would take it for an interrupted one, and repeat it */
		log_warning("join", "cannot rename the identity in %s", state_dir);
	err = credentials_load(state_dir, &c);
	if (err)
		return err;
	printf("Joined hub %s as device %s.\n"
	       "A running agent notices by itself; otherwise: systemctl enable --now tomte-agent\n", c.hub_id, c.device_id);
	credentials_finish(&c);
	return 0;
}

static int try_hubs(const struct join_plan *plan, const char *state_dir, const char *meta, bool named)
{
	char message[256] = "";
	int err = ERR_NOT_FOUND;
	for (size_t i = 0; i < plan->hub_count; i++) {
		struct joined joined = {0};
		const struct attempt attempt = {plan->key, NULL, &plan->hubs[i], state_dir, meta};
		message[0] = 0;
		err = exchange_patiently(&attempt, &joined, message);
		if (!err)
			err = save(state_dir, &joined, plan->hubs[i].host);
		state_file_wipe(&joined.body);
		if (!message[0]) /* the hub was there: another one would be asked in vain */
			return err;
	}
	log_error("join", "no hub found: %s. %s", message,
		  named ? "Is the hub on, and its port 8080 open?" : "Name it: tomte-agent join CODE HUB");
	return err;
}

int join_run(const char *code, const char *hub, const char *state_dir, const struct conf *conf,
	     const struct kernel *kernel)
{
	struct join_plan plan;
	const char *complaint;
	int err = join_parse(code, hub, &plan, &complaint);
	if (err) {
		log_error("join", "%s", complaint);
		return err;
	}
	err = state_prepare(state_dir);
	if (err) {
		log_error("join", "cannot use %s: %s. Run it with sudo?", state_dir, err_text(err));
		return err;
	}
	struct identity identity;
	identity_read(&identity, conf, kernel);
	char *meta = describe_meta(&identity);
	if (!meta)
		err = ERR_NOMEM;
	else
		err = try_hubs(&plan, state_dir, meta, hub || strncasecmp(code, "TOMTE1:", 7) == 0);
	free(meta);
	sodium_memzero(&plan, sizeof plan);
	return err;
}

/* ---- renewing ------------------------------------------------------------ */

/* What comes must be the same device of the same hub; but its token nothing of it is taken. Whoever knew the code could not lead the
 * device elsewhere. */
static int take_token(const struct joined *joined, const char *state_dir, const struct credentials *now)
{
	struct credentials fresh;
	int err = credentials_parse(buf_span(&joined->body), &fresh, NULL);
	if (err)
		return err;
	bool same = strcmp(fresh.device_id, now->device_id) == 0 && strcmp(fresh.user, now->user) == 0 &&
		    strcmp(fresh.hub_id, now->hub_id) == 0 && strcmp(fresh.ca_pem, now->ca_pem) == 0;
	if (!same)
		log_error("join", "the code that came with an order to renew is not this device's: it is left alone");
	str_to_hex(fresh.hub_key, joined->hub_key, sizeof joined->hub_key);
	err = same ? credentials_renew(state_dir, now, &fresh) : ERR_DENIED;
	credentials_finish(&fresh);
	return err;
}

static int renew_at(const struct attempt *a)
{
	char message[256] = "";
	struct joined joined = {0};
	int err = exchange(a, &joined, message);
	if (!err)
		err = take_token(&joined, a->state_dir, a->now);
	if (message[0])
		log_warning("join", "cannot renew the credentials at %s yet: %s", a->hub->host, message);
	state_file_wipe(&joined.body);
	return err;
}

int join_renew(const char *code, const struct address *via, const char *state_dir, const struct credentials *now,
	       const char *meta)
{
	struct join_plan plan;
	const char *complaint;
	struct address near;
	int err = join_parse(code, NULL, &plan, &complaint);
	if (err) {
		log_error("join", "an order to renew the credentials brought no code: %s", complaint);
		return ERR_DENIED;
	}
	struct attempt attempt = {plan.key, now, &plan.hubs[0], state_dir, meta};
	if (via) { /* where it is for sure */
		near = *via;
		near.port = plan.hubs[0].port;
		attempt.hub = &near;
	}
	err = renew_at(&attempt);
	bool elsewhere = via && strcasecmp(via->host, plan.hubs[0].host) != 0;
	if (elsewhere && err && err != ERR_STATE) { /* nor is a "no" the hub's: another program may answer there */
		attempt.hub = &plan.hubs[0];
		err = renew_at(&attempt);
	}
	sodium_memzero(&plan, sizeof plan);
	return err;
}
