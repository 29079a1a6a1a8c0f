/* The fixture of the desk's tests. Events may come on several threads. */
#include "desk_fixture.h"

#include <check.h>
#include <dirent.h>
#include <sodium.h>
#include <string.h>

#include "access/access.h"
#include "access/scram_verifier.h"
#include "base/err.h"
#include "base/str.h"

static const char *const endpoints[] = {"mqtts://192.0.2.1:8883", "mqtts://hub.local:8883", NULL};

static struct mono_ms fixture_mono(void *ctx)
{
	struct desk_fixture *f = ctx;
	return (struct mono_ms){f->mono};
}

static struct wall_ms fixture_wall(void *ctx)
{
	struct desk_fixture *f = ctx;
	return (struct wall_ms){f->wall};
}

static void on_key(void *ctx, char *json)
{
	struct desk_fixture *f = ctx;
	lock_take(&f->lock);
	ck_assert_int_eq(str_copy(f->key_event, sizeof f->key_event, json), 0);
	f->key_events++;
	lock_release(&f->lock);
	free(json);
}

/* The device is in the store by now. */
static void on_enrolled(void *ctx, const struct enrolment_news *news)
{
	struct desk_fixture *f = ctx;
	const char *id = news->device_id;
	struct device_record record;
	ck_assert_int_eq(store_device_get(f->store, id, &record), 0);
	device_record_finish(&record);
	lock_take(&f->lock);
	ck_assert_int_eq(str_copy(f->enrolled, sizeof f->enrolled, id), 0);
	ck_assert_int_eq(str_copy(f->moved, sizeof f->moved, news->moved ? news->moved : ""), 0);
	f->replaced = news->replaced;
	f->enrolments++;
	lock_release(&f->lock);
}

static int on_order(void *ctx, const char *id, const char *code)
{
	struct desk_fixture *f = ctx;
	ck_assert_int_eq(str_copy(f->ordered, sizeof f->ordered, id), 0);
	ck_assert_int_eq(str_copy(f->order, sizeof f->order, code), 0);
	void (*meanwhile)(struct desk_fixture *) = f->meanwhile;
	f->meanwhile = NULL;
	if (meanwhile)
		meanwhile(f);
	return f->order_err;
}

static void on_alert(void *ctx, const char *text)
{
	struct desk_fixture *f = ctx;
	lock_take(&f->lock);
	ck_assert_int_eq(str_copy(f->alert, sizeof f->alert, text), 0);
	f->alerts++;
	lock_release(&f->lock);
}

static void start(struct desk_fixture *f)
{
	char message[512] = "", complaint[256] = "";
	ck_assert_msg(store_open(&(struct store_options){.state_dir = f->dir.path}, &f->store, message) == 0, "%s", message);
	struct enrolment_config config = {
		.store = f->store,
		.state_dir = f->dir.path,
		.hub = {.hub_id = "abcdefghjk", .ca_pem = "-----BEGIN CERTIFICATE-----\nMII\n", .http_port = 8080},
		.endpoints = endpoints,
		.events = {on_key, on_enrolled, on_order, on_alert, f},
		.clock = {fixture_mono, fixture_wall, f},
	};
	ck_assert_msg(enrolment_create(&config, &f->desk, complaint) == 0, "%s", complaint);
	f->port = enrolment_port(f->desk);
}

static void stop(struct desk_fixture *f)
{
	enrolment_destroy(&f->desk);
	ck_assert_ptr_null(f->desk);
	store_close(&f->store);
}

void fixture_create(struct desk_fixture *f)
{
	memset(f, 0, sizeof *f);
	f->mono = 1000000;
	f->wall = 1700000000000;
	lock_init(&f->lock, "fixture");
	scratch_create(&f->dir);
	start(f);
}

void fixture_destroy(struct desk_fixture *f)
{
	stop(f);
	scratch_remove(&f->dir);
	lock_finish(&f->lock);
}

void fixture_restart(struct desk_fixture *f)
{
	stop(f);
	start(f);
}

void fixture_pass(struct desk_fixture *f, int64_t ms)
{
	f->mono += ms;
	f->wall += ms;
}

void fixture_settle(struct desk_fixture *f)
{
	ck_assert_int_eq(store_setting_put(f->store, "barrier", span_str("x"), NULL), 0);
}

size_t fixture_count_files_with(struct desk_fixture *f, struct span bytes)
{
	size_t count = 0;
	DIR *dir = opendir(f->dir.path);
	ck_assert_ptr_nonnull(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct buf content = {0};
		char path[sizeof f->dir.path + sizeof entry->d_name + 1];
		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
			continue;
		ck_assert_int_eq(str_format(path, sizeof path, "%s/%s", f->dir.path, entry->d_name), 0);
		ck_assert_int_eq(buf_read_file(&content, path, 1 << 26), 0);
		count += content.len && memmem(content.data, content.len, bytes.data, bytes.len);
		buf_finish(&content);
	}
	closedir(dir);
	return count;
}

/* ---- codes ------------------------------------------------------------- */

void code_make(struct desk_fixture *f, int64_t ttl_s, const char *note, struct code *code_r)
{
	const struct enrol_key_request request = {
		.ttl_s = ttl_s, .note = note, .area = "Kitchen", .host = "hub.local", .by = "anna"};
	struct buf json = {0};
	uint8_t kid[ENROL_KID_BYTES];
	ck_assert_int_eq(f->port.key_new(f->port.ctx, &request, &json), 0);
	json_t *key = json_loadb((const char *)json.data, json.len, 0, NULL);
	ck_assert_int_eq(str_copy(code_r->text, sizeof code_r->text, json_string_value(json_object_get(key, "code"))), 0);
	ck_assert_int_eq(str_copy(code_r->kid, sizeof code_r->kid, json_string_value(json_object_get(key, "kid"))), 0);
	ck_assert_int_eq(enrol_code_parse(span_str(code_r->text), code_r->key), 0);
	enrol_key_derive(code_r->key, code_r->psk, kid);
	json_decref(key);
	buf_finish(&json);
}

json_t *code_row(struct desk_fixture *f, const struct code *code)
{
	struct buf text = {0};
	json_t *row, *found = NULL;
	size_t i;
	ck_assert_int_eq(f->port.keys(f->port.ctx, &text), 0);
	json_t *keys = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert(json_is_array(keys));
	json_array_foreach(keys, i, row)
		if (strcmp(json_string_value(json_object_get(row, "kid")), code->kid) == 0)
			found = json_incref(row);
	json_decref(keys);
	buf_finish(&text);
	return found;
}

void code_assert_state(struct desk_fixture *f, const struct code *code, const char *state)
{
	json_t *row = code_row(f, code);
	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(json_string_value(json_object_get(row, "state")), state);
	json_decref(row);
}

/* ---- devices ----------------------------------------------------------- */

void device_init(struct device *d, const char *meta)
{
	memset(d, 0, sizeof *d);
	randombytes_buf(d->seed, sizeof d->seed);
	d->meta = meta;
	d->address = "192.0.2.7";
}

void device_finish(struct device *d)
{
	buf_finish(&d->m2);
	buf_finish(&d->m4);
	t1_device_finish(&d->t1);
}

int device_begin(struct desk_fixture *f, struct device *d, const struct code *code)
{
	buf_finish(&d->m2);
	t1_device_m1(&d->t1, code->key, d->m1);
	int err = f->port.step1(f->port.ctx, d->address, span_of(d->m1, sizeof d->m1), &d->m2);
	if (err) {
		ck_assert_uint_eq(d->m2.len, 0);
		return err;
	}
	ck_assert_int_eq(t1_device_m2(&d->t1, buf_span(&d->m2)), 0);
	ck_assert_int_eq(t1_device_m3(&d->t1, d->seed, span_str(d->meta), d->m3, &d->m3_len), 0);
	return 0;
}

json_t *device_body(struct device *d)
{
	uint8_t body[T1_MAX_M4_BYTES];
	size_t len;
	struct t1_device copy = d->t1; /* so that the body can be looked at again */
	ck_assert_int_eq(t1_device_m4(&copy, buf_span(&d->m4), body, &len), 0);
	json_t *json = json_loadb((const char *)body, len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert(json_is_object(json));
	return json;
}

int device_end(struct desk_fixture *f, struct device *d)
{
	struct buf reply = {0};
	int err = f->port.step2(f->port.ctx, d->address, span_of(d->m3, d->m3_len), &reply);
	if (err) {
		ck_assert_uint_eq(reply.len, 0);
		buf_finish(&reply);
		return err;
	}
	buf_finish(&d->m4);
	d->m4 = reply;
	json_t *body = device_body(d);
	ck_assert_int_eq(str_copy(d->id, sizeof d->id, json_string_value(json_object_get(body, "device_id"))), 0);
	ck_assert_int_eq(str_copy(d->token, sizeof d->token, json_string_value(json_object_get(body, "token"))), 0);
	json_decref(body);
	return 0;
}

int device_join(struct desk_fixture *f, struct device *d, const struct code *code)
{
	fixture_pass(f, 1000);
	int err = device_begin(f, d, code);
	return err ? err : device_end(f, d);
}

void device_assert_stored(struct desk_fixture *f, const struct device *d)
{
	struct device_record record;
	uint8_t hash[32];
	access_token_hash(span_str(d->token), hash);
	ck_assert_int_eq(store_device_get(f->store, d->id, &record), 0);
	ck_assert_mem_eq(record.token_hash, hash, sizeof hash);
	struct scram_verifier same = {.iterations = record.scram.iterations};
	memcpy(same.salt, record.scram.salt, sizeof same.salt);
	ck_assert_uint_eq(same.iterations, SCRAM_ITERATIONS);
	ck_assert_int_eq(scram_verifier_derive(span_str(d->token), &same), 0);
	ck_assert_mem_eq(&same, &record.scram, sizeof same);
	ck_assert_int_eq(record.revoked, false);
	device_record_finish(&record);
}
