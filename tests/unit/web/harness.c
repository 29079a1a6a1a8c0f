/* The server under test and its client. */
#include "harness.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"
#include "certificate.h"
#include "support/memory_history.h"

enum { WAIT_MS = 30000 };

/* ---- fake ports ------------------------------------------------------- */

static int fake_hash(void *ctx, const char *password, char hash_r[128])
{
	struct harness *h = ctx;
	h->hashed++;
	return str_format(hash_r, 128, "hash of %s", password);
}

static int fake_verify(void *ctx, const char *password, const char *hash)
{
	struct harness *h = ctx;
	h->verified++;
	if (h->verify_err)
		return h->verify_err;
	char expected[128];
	str_format(expected, sizeof expected, "hash of %s", password);
	return hash && strcmp(hash, expected) == 0 ? 0 : ERR_DENIED;
}

/* The house has one device, a lamp in the hall. */
static int fake_devices(void *ctx, const struct rooms *rooms, struct buf *json)
{
	struct harness *h = ctx;
	if (!rooms_have(rooms, "Hall"))
		return buf_append_str(json, "[]");
	int err = buf_append_str(json, "[{\"id\":\"lamp\",\"name\":\"Lamp\"}");
	for (int i = 0; i < h->more_devices && !err; i++)
		err = buf_printf(json, ",{\"id\":\"d%04d\",\"name\":\"Device %d\"}", i, i);
	return err ? err : buf_append_str(json, "]");
}

static int fake_device(void *ctx, const struct rooms *rooms, const char *id, struct buf *json)
{
	(void)ctx;
	return strcmp(id, "lamp") == 0 && rooms_have(rooms, "Hall") ? buf_append_str(json, "{\"id\":\"lamp\",\"name\":\"Lamp\"}")
								   : ERR_NOT_FOUND;
}

static int fake_command(void *ctx, const struct house_command *command, struct buf *json)
{
	struct harness *h = ctx;
	h->commands++;
	if (strcmp(command->device, "lamp") != 0 || !rooms_have(command->rooms, "Hall"))
		return ERR_NOT_FOUND;
	str_format(h->last_command, sizeof h->last_command, "%s/%s %s by %s", command->device, command->entity,
		   command->value_json, command->by);
	if (h->house_err == ERR_INVALID)
		buf_append_str(json, "{\"detail\":\"The lamp has no such colour.\"}");
	return h->house_err ? h->house_err
			    : buf_printf(json, "{\"id\":\"c1\",\"state\":\"queued\",\"value\":%s}", command->value_json);
}

static int fake_edit(void *ctx, const char *id, const char *name, const char *area)
{
	(void)ctx;
	(void)name;
	(void)area;
	return strcmp(id, "lamp") == 0 ? 0 : ERR_NOT_FOUND;
}

static int fake_classify(void *ctx, const char *id, const char *entity, const char *device_class)
{
	(void)ctx;
	if (strcmp(id, "lamp") != 0 || strcmp(entity, "light") != 0)
		return ERR_NOT_FOUND;
	return device_class[0] ? ERR_INVALID : 0;
}

static int fake_describe(void *ctx, const char *id, struct span form, struct buf *json)
{
	(void)ctx, (void)form;
	return id && strcmp(id, "lamp") != 0 ? ERR_NOT_FOUND : buf_append_str(json, "{\"id\":\"lamp\"}");
}

static int fake_description(void *ctx, const char *id, struct buf *json)
{
	(void)ctx;
	return strcmp(id, "lamp") != 0 ? ERR_NOT_FOUND : buf_append_str(json, "{\"dialect\":null,\"client\":null,\"parts\":[]}");
}

static int fake_clients(void *ctx, struct buf *json)
{
	(void)ctx;
	return buf_append_str(json, "[{\"name\":\"plug\",\"title\":\"Plug\",\"kind\":null,\"topics\":[{\"filter\":\"a/#\"}]}]");
}

static int fake_client_get(void *ctx, const char *name, struct buf *json)
{
	(void)ctx;
	return strcmp(name, "plug") != 0 ? ERR_NOT_FOUND : buf_append_str(json, "{\"name\":\"plug\",\"title\":\"Plug\",\"topics\":[]}");
}

static int fake_client_add(void *ctx, struct span wish, struct buf *json)
{
	(void)ctx;
	if (span_is(wish, "{\"title\":\"twin\"}"))
		return ERR_EXISTS;
	if (span_is(wish, "{\"title\":\"odd\"}"))
		return buf_append_str(json, "{\"field\":\"kind\",\"detail\":\"A kind is a kind.\"}") ? ERR_NOMEM : ERR_INVALID;
	return buf_append_str(json, "{\"name\":\"plug\",\"password\":\"secret\"}");
}

static int fake_client_edit(void *ctx, const char *name, struct span wish, struct buf *json)
{
	(void)ctx, (void)wish;
	return strcmp(name, "plug") != 0 ? ERR_NOT_FOUND : buf_append_str(json, "{\"name\":\"plug\"}");
}

static int fake_client_renew(void *ctx, const char *name, struct buf *json)
{
	return fake_client_edit(ctx, name, span_str(""), json);
}

static int fake_client_remove(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "plug") != 0 ? ERR_NOT_FOUND : 0;
}

static int fake_erase(void *ctx, const char *id)
{
	struct harness *h = ctx;
	if (strcmp(id, "lamp") != 0)
		return ERR_NOT_FOUND;
	h->erased++;
	return 0;
}

static int fake_revoke(void *ctx, const char *id)
{
	(void)ctx;
	return strcmp(id, "lamp") != 0 ? ERR_NOT_FOUND : 0;
}

static int fake_replace(void *ctx, const char *id, const char *with, bool try, struct buf *json)
{
	(void)ctx, (void)try;
	if (strcmp(id, "lamp") != 0)
		return ERR_NOT_FOUND;
	return strcmp(with, "ours") == 0 ? ERR_UNSUPPORTED : buf_append_str(json, "{\"kept\":[],\"lost\":[],\"fresh\":[]}");
}

static int fake_former(void *ctx, struct buf *json)
{
	(void)ctx;
	return buf_append_str(json, "[{\"id\":\"gone\",\"name\":\"Gone\"}]");
}

static int fake_series_edit(void *ctx, int64_t id, struct span wish, struct buf *json)
{
	(void)ctx;
	(void)wish;
	(void)json;
	return id == 1 ? 0 : ERR_NOT_FOUND;
}

static int fake_rules(void *ctx, struct buf *json)
{
	(void)ctx;
	return buf_append_str(json, "[{\"id\":7}]");
}

static int fake_rule_add(void *ctx, struct span wish, struct buf *json)
{
	(void)ctx;
	if (span_is(wish, "{\"filter\":\"twin\"}"))
		return ERR_EXISTS;
	if (span_is(wish, "{\"filter\":\"many\"}"))
		return ERR_FULL;
	if (span_is(wish, "{\"filter\":\"a#\"}"))
		return buf_append_str(json, "{\"field\":\"filter\",\"detail\":\"A filter is a filter.\"}") ? ERR_NOMEM
													   : ERR_INVALID;
	return buf_append_str(json, "{\"id\":7}");
}

static int fake_rule_remove(void *ctx, int64_t id)
{
	(void)ctx;
	return id == 7 ? 0 : ERR_NOT_FOUND;
}

/* There is one group (3) and one scene (4), both of the lamp. */
static int fake_bundle_list(void *ctx, enum bundle_kind kind, const struct rooms *rooms, struct buf *json)
{
	(void)ctx;
	if (!rooms_have(rooms, "Hall"))
		return buf_append_str(json, "[]");
	return buf_printf(json, "[{\"id\":%d,\"name\":\"%s\",\"members\":[],\"areas\":[\"Hall\"]}]", kind == BUNDLE_GROUP ? 3 : 4,
			  kind == BUNDLE_GROUP ? "Lamps" : "Evening");
}

static int fake_bundle_get(void *ctx, enum bundle_kind kind, const struct rooms *rooms, int64_t id, struct buf *json)
{
	(void)ctx;
	bool there = rooms_have(rooms, "Hall") && id == (kind == BUNDLE_GROUP ? 3 : 4);
	return there ? buf_printf(json, "{\"id\":%lld,\"name\":\"It\",\"members\":[],\"state\":\"ON\"}", (long long)id) : ERR_NOT_FOUND;
}

/* Names that say what goes wrong. */
static int fake_bundle_change(struct span wish, struct buf *json)
{
	if (span_is(wish, "{\"name\":\"twin\"}"))
		return ERR_EXISTS;
	if (span_is(wish, "{\"name\":\"many\"}"))
		return ERR_FULL;
	if (span_is(wish, "{\"name\":\"odd\"}"))
		return buf_append_str(json, "{\"field\":\"members\",\"detail\":\"It needs members.\"}") ? ERR_NOMEM : ERR_INVALID;
	return buf_append_str(json, "{\"id\":3,\"name\":\"It\",\"members\":[],\"state\":\"OFF\"}");
}

static int fake_bundle_add(void *ctx, enum bundle_kind kind, struct span wish, struct buf *json)
{
	(void)ctx;
	(void)kind;
	return fake_bundle_change(wish, json);
}

static int fake_bundle_edit(void *ctx, enum bundle_kind kind, int64_t id, struct span wish, struct buf *json)
{
	(void)ctx;
	return id == (kind == BUNDLE_GROUP ? 3 : 4) ? fake_bundle_change(wish, json) : ERR_NOT_FOUND;
}

static int fake_bundle_remove(void *ctx, enum bundle_kind kind, int64_t id)
{
	(void)ctx;
	return id == (kind == BUNDLE_GROUP ? 3 : 4) ? 0 : ERR_NOT_FOUND;
}

static int fake_bundle_command(void *ctx, enum bundle_kind kind, int64_t id, const struct house_many *many, struct buf *json)
{
	struct harness *h = ctx;
	if (!rooms_have(many->rooms, "Hall") || id != (kind == BUNDLE_GROUP ? 3 : 4))
		return ERR_NOT_FOUND;
	str_format(h->last_command, sizeof h->last_command, "%s %s by %s wait %lld", kind == BUNDLE_GROUP ? "group" : "scene",
		   many->value_json ? many->value_json : "-", many->by, (long long)many->wait_s);
	return buf_append_str(json, "{\"commands\":[],\"refused\":[]}");
}

static int fake_command_many(void *ctx, const struct house_many *many, struct buf *json)
{
	struct harness *h = ctx;
	if (many->area && (strcmp(many->area, "Hall") != 0 || !rooms_have(many->rooms, "Hall")))
		return ERR_NOT_FOUND;
	str_format(h->last_command, sizeof h->last_command, "%s %x %s by %s wait %lld", many->area ? many->area : "all", many->components,
		   many->value_json, many->by, (long long)many->wait_s);
	return buf_append_str(json, "{\"commands\":[],\"refused\":[]}");
}

/* 5 waits, and was asked for by whom it may; 6 has been sent. */
static int fake_cancel(void *ctx, const struct house_cancel *cancel, struct buf *json)
{
	struct harness *h = ctx;
	if (!rooms_have(cancel->rooms, "Hall"))
		return ERR_NOT_FOUND;
	if (cancel->id == 6)
		return ERR_STATE;
	if (cancel->id == 7)
		return cancel->own ? ERR_DENIED : 0;
	str_format(h->last_command, sizeof h->last_command, "cancel %lld by %s%s", (long long)cancel->id, cancel->by, cancel->own ? " own" : "");
	return cancel->id == 5 ? buf_append_str(json, "{\"id\":5,\"state\":\"cancelled\"}") : ERR_NOT_FOUND;
}

static int fake_key_new(void *ctx, const struct enrol_key_request *request, struct buf *json)
{
	(void)ctx;
	return buf_printf(json, "{\"kid\":\"0123456789abcdef\",\"code\":\"AAAAA\",\"qr\":\"TOMTE1:AAAAA:%s:8080\","
				"\"expires\":1,\"note\":\"%s\",\"area\":\"\",\"needs_approval\":false}",
			  request->host, request->note);
}

static int fake_renew(void *ctx, const char *device, const char *by, struct buf *json)
{
	(void)ctx, (void)by;
	if (strcmp(device, "lamp") != 0)
		return ERR_NOT_FOUND;
	return buf_append_str(json, "{\"kid\":\"0123456789abcdef\",\"expires\":1}");
}

static int fake_keys(void *ctx, struct buf *json)
{
	(void)ctx;
	return buf_append_str(json, "[]");
}

static int fake_key_act(void *ctx, const char *kid)
{
	(void)ctx;
	return strcmp(kid, "0123456789abcdef") == 0 ? 0 : ERR_NOT_FOUND;
}

static int fake_step(void *ctx, const char *address, struct span message, struct buf *reply)
{
	struct harness *h = ctx;
	str_copy(h->last_enrol, sizeof h->last_enrol, address);
	if (span_is(message, "wrong"))
		return ERR_CRYPTO;
	if (span_is(message, "malformed"))
		return ERR_MALFORMED;
	if (span_is(message, "unapproved"))
		return ERR_BUSY;
	if (span_is(message, "again"))
		return ERR_AGAIN;
	return buf_append(reply, message.data, message.len);
}

static int fake_health(void *ctx, struct buf *json)
{
	(void)ctx;
	return buf_append_str(json, "{\"broker\":{\"connections\":3},\"certificate_expires\":4102444800000}");
}

static int fake_metrics(void *ctx, struct buf *text)
{
	(void)ctx;
	return buf_append_str(text, "# HELP x y\n# TYPE x counter\nx 3\n");
}

static int fake_import_start(void *ctx, const struct transfer_import *request)
{
	struct harness *h = ctx;
	if (strcmp(request->format, "csv") != 0 && strcmp(request->format, "homeassistant") != 0)
		return ERR_INVALID;
	if (h->import_err)
		return h->import_err;
	str_format(h->import_said, sizeof h->import_said, "%s %s by %s", request->format, request->series, request->by);
	struct buf content = {0};
	unsigned sum = 0;
	ck_assert_int_eq(buf_read_file(&content, request->path, 64 * 1024 * 1024), 0);
	for (size_t i = 0; i < content.len; i++)
		sum = sum * 31 + content.data[i];
	h->import_sum = sum;
	h->import_bytes = content.len == request->bytes ? (long)content.len : -1;
	buf_finish(&content);
	char taken[128];
	snprintf(taken, sizeof taken, "%s/taken", h->dir);
	if (h->import_takes)
		ck_assert_int_eq(rename(request->path, taken), 0);
	return 0;
}

static int fake_import_status(void *ctx, struct buf *json)
{
	struct harness *h = ctx;
	return buf_printf(json, "{\"state\":\"%s\",\"format\":\"csv\",\"done\":%ld,\"total\":%ld,\"samples\":3,\"series\":1,"
				"\"empty\":0,\"skipped\":1,\"errors\":[\"Line 7: a quote is left open.\"],\"message\":null}",
			  h->import_bytes ? "done" : "none", (long)h->import_bytes, (long)h->import_bytes);
}

static int fake_import_cancel(void *ctx)
{
	struct harness *h = ctx;
	return h->import_bytes ? 0 : ERR_NOT_FOUND;
}

static void fake_adopt(void *ctx, const struct mqtt_socket *socket)
{
	struct harness *h = ctx;
	pthread_mutex_lock(&h->adopt_lock);
	ck_assert_int_lt(h->adopted.fd, 0);
	h->adopted = (struct adopted){.fd = socket->fd};
	if (socket->peer->sa_family == AF_INET)
		memcpy(&h->adopted.peer, socket->peer, sizeof(struct sockaddr_in));
	ck_assert_int_eq(buf_append(&h->adopted.early, socket->early.data, socket->early.len), 0);
	snprintf(h->adopted.user, sizeof h->adopted.user, "%s", socket->user ? socket->user : "");
	snprintf(h->adopted.client_id, sizeof h->adopted.client_id, "%s", socket->client_id ? socket->client_id : "");
	snprintf(h->adopted.rooms, sizeof h->adopted.rooms, "%.63s", socket->rooms ? socket->rooms->names : "*");
	pthread_cond_signal(&h->adopt_change);
	pthread_mutex_unlock(&h->adopt_lock);
}

struct adopted harness_adopted(struct harness *h)
{
	pthread_mutex_lock(&h->adopt_lock);
	while (h->adopted.fd < 0)
		pthread_cond_wait(&h->adopt_change, &h->adopt_lock);
	struct adopted adopted = h->adopted;
	h->adopted = (struct adopted){.fd = -1};
	pthread_mutex_unlock(&h->adopt_lock);
	return adopted;
}

static int fake_open(void *ctx, struct buf *json)
{
	(void)ctx;
	return buf_append_str(json, "{\"allowed\":false,\"port\":1883,\"fixed\":false}");
}

static int fake_set_open(void *ctx, bool allowed)
{
	(void)ctx, (void)allowed;
	return 0;
}

static struct web_ports fake_ports(struct harness *h)
{
	return (struct web_ports){
		.house = {fake_devices, fake_device, fake_command, fake_command_many, fake_cancel, fake_edit, fake_classify, fake_describe, fake_description, fake_revoke, fake_erase,
			  fake_replace, fake_former, h},
		.history = {fake_series_edit, fake_rules, fake_rule_add, fake_rule_remove, h},
		.bundles = {fake_bundle_list, fake_bundle_get, fake_bundle_add, fake_bundle_edit, fake_bundle_remove, fake_bundle_command, h},
		.enrol = {fake_key_new, fake_renew, fake_keys, fake_key_act, fake_key_act, fake_step, fake_step, h},
		.client = {fake_clients, fake_client_get, fake_client_add, fake_client_edit, fake_client_renew, fake_client_remove, h},
		.password = {fake_hash, fake_verify, h},
		.transfer = {memory_source(h->history), fake_import_start, fake_import_status, fake_import_cancel, h},
		.mqtt = {fake_adopt, fake_open, fake_set_open, h},
		.health = fake_health,
		.metrics = fake_metrics,
	};
}

/* ---- start and stop --------------------------------------------------- */

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void make_pages(const char *dir)
{
	char path[128];
	snprintf(path, sizeof path, "%s/pages", dir);
	mkdir(path, 0700);
	write_file(path, "index.html", "<!doctype html><title>pages</title><script src=\"/static/app.js\"></script><img src=\"/static/a.svg\">");
	write_file(path, "sw.js", "work();");
	write_file(path, "app.js", "the plain script");
	write_file(path, "app.js.gz", "the packed script");
	write_file(path, "app.js.br", "the tight script");
	write_file(path, ".hidden", "secret");
	snprintf(path, sizeof path, "%s/pages/vendor", dir);
	mkdir(path, 0700);
	write_file(path, "lib-1.2.css", "body{}");
	write_file(path, "lib.css", "body{}");
	snprintf(path, sizeof path, "%s/pages/js", dir);
	mkdir(path, 0700);
	write_file(path, "text.js", "which");
	write_file(path, "text.en.js", "words");
}

int64_t harness_account(struct harness *h, const char *name, enum role role, const char *room)
{
	struct account account = {.role = role};
	int64_t id = 0;
	str_copy(account.name, sizeof account.name, name);
	str_format(account.password, sizeof account.password, "hash of password of %s", name);
	if (room)
		ck_assert_int_eq(rooms_add(&account.rooms, span_str(room)), 0);
	ck_assert_int_eq(store_account_add(h->store, &account, false, &id), 0);
	return id;
}

void harness_device(struct harness *h, const char *id, const char *room, int64_t series)
{
	struct device_record device = {0};
	struct series of = {.id = series, .entity = "value"};
	struct sample value = {series, {1000}, 21.5};
	str_copy(device.id, sizeof device.id, id);
	str_copy(device.name, sizeof device.name, id);
	str_copy(device.area, sizeof device.area, room);
	str_copy(of.device, sizeof of.device, id);
	ck_assert_int_eq(store_device_put(h->store, &device, NULL), 0);
	ck_assert_int_eq(store_series_put(h->store, &of, NULL), 0);
	ck_assert_int_eq(store_append(h->store, &value, 1, NULL), 0);
	struct history_series exported = {.entity = "value"};
	str_copy(exported.device, sizeof exported.device, id);
	memory_add_sample(h->history, memory_add_series(h->history, &exported), 1000, 21.5);
	h->live.place(h->live.ctx, id, room);
	h->live.series(h->live.ctx, series, id);
}

static void read_token(struct harness *h)
{
	char path[128];
	struct buf text = {0};
	snprintf(path, sizeof path, "%s/setup-token", h->dir);
	if (buf_read_file(&text, path, 64) == 0)
		str_copy_span(h->token, sizeof h->token, span_of(text.data, 32));
	buf_finish(&text);
}

void harness_start_with(struct harness *h, bool accounts, void (*change)(struct web_config *config))
{
	*h = (struct harness){.history = calloc(1, sizeof *h->history)};
	ck_assert_ptr_nonnull(h->history);
	h->adopted.fd = -1;
	pthread_mutex_init(&h->adopt_lock, NULL);
	pthread_cond_init(&h->adopt_change, NULL);
	memory_history_init(h->history);
	ck_assert_int_ge(sodium_init(), 0);
	str_copy(h->dir, sizeof h->dir, "/tmp/tomte-web-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(h->dir));
	snprintf(h->socket, sizeof h->socket, "%s/hub.sock", h->dir);
	make_pages(h->dir);
	certificate_make(&h->certificate, &h->key);
	char message[512], pages[128];
	ck_assert_int_eq(store_open(&(struct store_options){.state_dir = h->dir}, &h->store, message), 0);
	if (accounts) {
		harness_account(h, "olga", ROLE_OWNER, NULL);
		harness_account(h, "adam", ROLE_ADULT, NULL);
		harness_account(h, "vera", ROLE_VIEWER, NULL);
	}
	snprintf(pages, sizeof pages, "%s/pages", h->dir);
	struct web_config config = {
		.address = "127.0.0.1", .https_port = WEB_PORT_ANY, .http_port = WEB_PORT_ANY, .admin_socket = h->socket,
		.certificate = buf_span(&h->certificate), .key = buf_span(&h->key),
		.max_websockets = 100, .tls_priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", .web_dir = pages, .store = h->store,
		.hub = {"abcdefghjk", "1.2.3", buf_cstr(&h->certificate), h->dir, 8883, 8443, 8080}};
	if (change)
		change(&config);
	int err = web_create(&config, &h->web, message);
	ck_assert_msg(err == 0, "%s", message);
	struct web_ports ports = fake_ports(h);
	h->live = web_live_port(h->web);
	web_ports(h->web, &h->https_port, &h->http_port);
	ck_assert_int_eq(web_start(h->web, &ports, message), 0);
	read_token(h);
}

void harness_start(struct harness *h, bool accounts)
{
	harness_start_with(h, accounts, NULL);
}

void harness_stop(struct harness *h)
{
	web_destroy(&h->web); /* stops it; a test may have done both */
	store_close(&h->store);
	memory_history_finish(h->history);
	free(h->history);
	buf_finish(&h->certificate);
	buf_finish(&h->key);
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", h->dir);
	ck_assert_int_eq(system(command), 0);
}

/* ---- client ----------------------------------------------------------- */

void reply_finish(struct reply *reply)
{
	buf_finish(&reply->raw);
	*reply = (struct reply){0};
}

const char *reply_header(const struct reply *reply, const char *name)
{
	static char value[1024];
	size_t len = strlen(name);
	for (const char *line = strstr(reply->headers, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
			continue;
		const char *text = line + 2 + len + 1;
		text += strspn(text, " ");
		str_copy_span(value, sizeof value, span_of(text, strcspn(text, "\r\n")));
		return value;
	}
	return NULL;
}

static int connect_from(const struct harness *h, const char *from, const char *address)
{
	struct sockaddr_in own = {.sin_family = AF_INET}, in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)h->http_port)};
	inet_pton(AF_INET, address ? address : "127.0.0.1", &in.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (from && inet_pton(AF_INET, from, &own.sin_addr) == 1)
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
	return fd;
}

int harness_connect(const struct harness *h, const char *address)
{
	return connect_from(h, NULL, address);
}

int harness_connect_local(const struct harness *h)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	str_copy(un.sun_path, sizeof un.sun_path, h->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof un), 0);
	return fd;
}

void harness_send(int fd, const char *text)
{
	size_t len = strlen(text);
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* the server closed: the reply says so */
		text += n;
		len -= (size_t)n;
	}
}

/* Reads one piece. Returns 0 at the end, on errors and after WAIT_MS. */
static size_t read_some(int fd, struct buf *got)
{
	struct pollfd p = {fd, POLLIN, 0};
	if (poll(&p, 1, WAIT_MS) != 1 || buf_reserve(got, 16384))
		return 0;
	ssize_t n = recv(fd, got->data + got->len, 16384, 0);
	if (n <= 0)
		return 0;
	got->len += (size_t)n;
	return (size_t)n;
}

static void dechunk(char *body)
{
	char *out = body, *in = body, *end;
	for (size_t len = strtoul(in, &end, 16); len; len = strtoul(in, &end, 16)) {
		memmove(out, end + 2, len);
		out += len;
		in = end + 2 + len + 2;
	}
	*out = 0;
}

static void take_apart(struct reply *reply)
{
	char *text = (char *)(uintptr_t)buf_cstr(&reply->raw);
	char *blank = strstr(text, "\r\n\r\n");
	if (!blank || strncmp(text, "HTTP/1.1 ", 9) != 0)
		return;
	reply->status = atoi(text + 9);
	reply->headers = text;
	reply->body = blank + 4;
	blank[2] = 0; /* the last header keeps its line end */
	const char *encoding = reply_header(reply, "Transfer-Encoding");
	if (encoding && strcmp(encoding, "chunked") == 0)
		dechunk(reply->body);
}

struct reply harness_receive(int fd)
{
	struct reply reply = {0};
	while (read_some(fd, &reply.raw))
		;
	take_apart(&reply);
	return reply;
}

bool harness_wait_for(int fd, struct buf *got, const char *text)
{
	while (!got->len || !strstr(buf_cstr(got), text))
		if (read_some(fd, got) == 0)
			return false;
	return true;
}

struct reply harness_call(struct harness *h, const struct call *call)
{
	int fd = call->local ? harness_connect_local(h) : connect_from(h, call->from, call->address);
	struct buf text = {0};
	char host[64];
	snprintf(host, sizeof host, "127.0.0.1:%d", h->http_port);
	buf_printf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s", call->method, call->path,
		   call->host ? call->host : host, call->headers ? call->headers : "");
	if (call->body)
		buf_printf(&text, "Content-Length: %zu\r\n", strlen(call->body));
	buf_printf(&text, "\r\n%s", call->body ? call->body : "");
	harness_send(fd, buf_cstr(&text));
	buf_finish(&text);
	struct reply reply = harness_receive(fd);
	close(fd);
	return reply;
}

struct reply harness_api(struct harness *h, const char *method, const char *path, const char *session,
			 const char *body)
{
	char headers[256];
	snprintf(headers, sizeof headers, "X-Tomte: 1\r\n%s%s%s%s", session && *session ? "Cookie: " : "",
		 session ? session : "", session && *session ? "\r\n" : "",
		 body ? "Content-Type: application/json\r\n" : "");
	return harness_call(h, &(struct call){.method = method, .path = path, .headers = headers, .body = body});
}

void harness_login(struct harness *h, const char *name, char cookie_r[80])
{
	char body[128];
	snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"password of %s\"}", name, name);
	struct reply reply = harness_api(h, "POST", "/api/v1/login", NULL, body);
	ck_assert_int_eq(reply.status, 200);
	const char *cookie = reply_header(&reply, "Set-Cookie");
	ck_assert_ptr_nonnull(cookie);
	ck_assert_int_eq(str_copy_span(cookie_r, 80, span_of(cookie, strcspn(cookie, ";"))), 0);
	reply_finish(&reply);
}
