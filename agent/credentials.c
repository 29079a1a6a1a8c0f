/* The enrolled device's belongings. Main thread; blocks on the disk. */
#include "credentials.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "state_file.h"

static const char credentials_file[] = "credentials.json";
static const char identity_file[] = "identity.seed";
static const char joining_file[] = "joining.seed";

enum { MAX_FILE_BYTES = 16384 };

int state_prepare(const char *state_dir)
{
	struct stat st;
	if (mkdir(state_dir, 0700) == 0)
		return 0;
	if (errno != EEXIST || stat(state_dir, &st) != 0)
		return err_from_errno(errno);
	if (!S_ISDIR(st.st_mode))
		return ERR_EXISTS;
	if ((st.st_mode & 077) == 0)
		return 0;
	return chmod(state_dir, 0700) == 0 ? 0 : err_from_errno(errno);
}

static int take_string(const json_t *json, const char *key, char *dst, size_t size)
{
	const char *value = json_string_value(json_object_get(json, key));
	return value && value[0] && str_copy(dst, size, value) == 0 ? 0 : ERR_MALFORMED;
}

static void add_endpoint(struct credentials *c, const struct address *address)
{
	for (size_t i = 0; i < c->endpoint_count; i++)
		if (c->endpoints[i].port == address->port && strcasecmp(c->endpoints[i].host, address->host) == 0)
			return;
	if (c->endpoint_count < CREDENTIALS_MAX_ENDPOINTS)
		c->endpoints[c->endpoint_count++] = *address;
}

/* Those that this agent can dial, and the host that it joined through with the
 * first one's port. */
static int take_endpoints(const json_t *json, struct credentials *c)
{
	const json_t *list = json_object_get(json, "endpoints"), *item;
	struct address address;
	size_t i;
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		int err = text ? address_parse_endpoint(text, &address) : ERR_MALFORMED;
		if (err == ERR_MALFORMED)
			return err;
		if (!err)
			add_endpoint(c, &address);
	}
	if (c->endpoint_count == 0)
		return ERR_MALFORMED;
	const char *via = json_string_value(json_object_get(json, "via"));
	if (via && address_parse(via, c->endpoints[0].port, &address) == 0)
		add_endpoint(c, &address);
	return 0;
}

/* Whether it is the hex of 32 bytes, as tokens and keys are. */
static bool is_key(const char *text)
{
	uint8_t bytes[T1_PUBLIC_BYTES];
	bool valid = str_from_hex(text, bytes, sizeof bytes) == 0;
	sodium_memzero(bytes, sizeof bytes);
	return valid;
}

/* Returns the name of the part that is wrong, or NULL. */
static const char *take_parts(const json_t *json, struct credentials *c)
{
	char root[MODEL_TOPIC_SIZE], expected[MODEL_TOPIC_SIZE];
	const json_t *time = json_object_get(json, "time"), *ca = json_object_get(json, "ca");
	if (take_string(json, "device_id", c->device_id, sizeof c->device_id) ||
	    !str_id_valid(span_str(c->device_id), MODEL_ID_MAX))
		return "device_id";
	if (take_string(json, "user", c->user, sizeof c->user))
		return "user";
	if (take_string(json, "token", c->token, sizeof c->token) || !is_key(c->token))
		return "token";
	if (take_string(json, "hub_id", c->hub_id, sizeof c->hub_id) ||
	    !str_id_valid(span_str(c->hub_id), CREDENTIALS_HUB_ID_SIZE - 1))
		return "hub_id";
	if (json_object_get(json, "hub_key") &&
	    (take_string(json, "hub_key", c->hub_key, sizeof c->hub_key) || !is_key(c->hub_key)))
		return "hub_key";
	str_format(expected, sizeof expected, TOPIC_ROOT "/%s", c->device_id);
	if (take_string(json, "topic_root", root, sizeof root) || strcmp(root, expected) != 0)
		return "topic_root";
	if (!json_is_string(ca) || json_string_length(ca) == 0)
		return "ca";
	if (!json_is_integer(time) || json_integer_value(time) < 0)
		return "time";
	c->enrolled.ms = json_integer_value(time);
	return take_endpoints(json, c) ? "endpoints" : NULL;
}

static int parse_object(const json_t *json, struct credentials *c, const char **what_r)
{
	*c = (struct credentials){0};
	const char *what = json_is_object(json) ? take_parts(json, c) : "JSON";
	if (what_r)
		*what_r = what;
	if (!what)
		c->ca_pem = strdup(json_string_value(json_object_get(json, "ca")));
	if (!what && c->ca_pem)
		return 0;
	credentials_finish(c);
	return what ? ERR_MALFORMED : ERR_NOMEM;
}

int credentials_parse(struct span text, struct credentials *credentials_r, const char **what_r)
{
	json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	int err = parse_object(json, credentials_r, what_r);
	json_decref(json);
	return err;
}

void credentials_finish(struct credentials *c)
{
	if (!c)
		return;
	free(c->ca_pem);
	sodium_memzero(c, sizeof *c);
}

static int write_object(const char *state_dir, const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2));
	int err = text ? state_file_write(state_dir, credentials_file, span_str(text)) : ERR_NOMEM;
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
	return err;
}

int credentials_save(const char *state_dir, struct span m4_body, const uint8_t hub_key[T1_PUBLIC_BYTES], const char *via,
		     const char **what_r)
{
	struct credentials c;
	char hex[CREDENTIALS_HUB_KEY_SIZE];
	json_t *json = json_loadb((const char *)m4_body.data, m4_body.len, JSON_REJECT_DUPLICATES, NULL);
	int err = parse_object(json, &c, what_r);
	if (err)
		goto out;
	str_to_hex(hex, hub_key, T1_PUBLIC_BYTES);
	json_object_set_new(json, "hub_key", json_string(hex));
	json_object_set_new(json, "via", json_string(via));
	err = write_object(state_dir, json);
	credentials_finish(&c);
out:
	json_decref(json);
	return err;
}

int credentials_renew(const char *state_dir, const struct credentials *now, const struct credentials *fresh)
{
	char saved[CREDENTIALS_TOKEN_SIZE] = "";
	struct buf text = {0};
	json_t *json = NULL;
	int err = state_file_read(state_dir, credentials_file, MAX_FILE_BYTES, &text);
	if (!err)
		json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!err && !json)
		err = ERR_MALFORMED;
	if (!err)
		err = take_string(json, "token", saved, sizeof saved);
	if (!err && strcmp(saved, now->token) != 0)
		err = ERR_STATE;
	if (!err && (json_object_set_new(json, "token", json_string(fresh->token)) ||
		     json_object_set_new(json, "time", json_integer(fresh->enrolled.ms)) ||
		     json_object_set_new(json, "hub_key", json_string(fresh->hub_key))))
		err = ERR_NOMEM;
	if (!err)
		err = write_object(state_dir, json);
	json_decref(json);
	sodium_memzero(saved, sizeof saved);
	state_file_wipe(&text);
	return err;
}

int credentials_load(const char *state_dir, struct credentials *credentials_r)
{
	const char *what;
	struct buf text = {0};
	int err = state_file_read(state_dir, credentials_file, MAX_FILE_BYTES, &text);
	if (!err)
		err = credentials_parse(buf_span(&text), credentials_r, &what);
	if (err == ERR_MALFORMED)
		log_error("agent", "%s/%s is damaged (%s): join again", state_dir, credentials_file, what);
	state_file_wipe(&text);
	return err;
}

uint64_t credentials_stamp(const char *state_dir)
{
	char path[4096];
	struct stat st;
	if (str_format(path, sizeof path, "%s/%s", state_dir, credentials_file) || stat(path, &st) != 0)
		return 0;
	/* each save is a new file */
	return ((uint64_t)st.st_ino << 32 ^ (uint64_t)st.st_mtim.tv_sec << 10 ^ (uint64_t)st.st_mtim.tv_nsec) | 1;
}

int identity_begin(const char *state_dir, uint8_t seed_r[T1_SEED_BYTES])
{
	char hex[2 * T1_SEED_BYTES + 1];
	struct buf text = {0};
	int err = state_file_read(state_dir, joining_file, sizeof hex, &text);
	const char *content = err ? NULL : buf_cstr(&text);
	if (content && str_from_hex(content, seed_r, T1_SEED_BYTES) == 0)
		goto out;
	/* none, or one that was damaged: it was never enrolled in that case */
	rand_bytes(seed_r, T1_SEED_BYTES);
	str_to_hex(hex, seed_r, T1_SEED_BYTES);
	err = state_file_write(state_dir, joining_file, span_str(hex));
	sodium_memzero(hex, sizeof hex);
out:
	state_file_wipe(&text);
	return err;
}

int identity_load(const char *state_dir, uint8_t seed_r[T1_SEED_BYTES])
{
	struct buf text = {0};
	int err = state_file_read(state_dir, identity_file, 2 * T1_SEED_BYTES + 1, &text);
	const char *content = err ? NULL : buf_cstr(&text);
	if (!err && (!content || str_from_hex(content, seed_r, T1_SEED_BYTES) != 0))
		err = ERR_MALFORMED;
	state_file_wipe(&text);
	return err;
}

int identity_commit(const char *state_dir)
{
	return state_file_rename(state_dir, joining_file, identity_file);
}
