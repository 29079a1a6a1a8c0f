/* The wiring of the hub: who is made of what, who calls whom, in which order
 * all of it starts and stops. Main thread, but for the callbacks, which say where they
 * run. The order follows the data: store, keys, broker, house, web; stopping goes back. */
#include "main/hub.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "access/password.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/broker.h"
#include "db/durable.h"
#include "db/store.h"
#include "device/house.h"
#include "enrolment/clients.h"
#include "enrolment/enrolment.h"
#include "main/anomalies.h"
#include "main/credentials.h"
#include "main/identity.h"
#include "main/open_mqtt.h"
#include "main/tls_files.h"
#include "metrics/process.h"
#include "net/pki.h"
#include "net/stream_ws.h"
#include "net/tls.h"
#include "thread/thread.h"
#include "transfer/transfer.h"
#include "web/policy.h"
#include "web/server.h"

enum { PKI_CHECK_MS = 6 * 3600 * 1000, FILTER_SIZE = MODEL_TOPIC_SIZE, METRICS_TOKEN_FILE_MAX = 4096 };

struct hub {
	const struct conf *conf; /* borrowed */
	char state_dir[4096];
	char id[HUB_ID_SIZE];
	struct buf ca_pem;             /* constant once loaded */
	struct buf chain_pem, key_pem; /* what the web serves with */
	char endpoints[MAX_ENDPOINTS][ENDPOINT_SIZE];
	const char *endpoint_list[MAX_ENDPOINTS + 1];

	struct store *store;
	struct persist_port persist; /* the store's, for the broker */
	struct tls_server *tls;
	struct password_desk *passwords;
	struct access_table *access; /* the newest */
	struct credentials credentials; /* constant once the store is open */
	struct broker *broker;
	struct house *house;
	struct enrolment *enrolment;
	struct clients_config clients;
	struct open_mqtt open;
	struct transfer *transfer;
	struct web *web;

	bool house_started, broker_started, web_started;

	struct anomalies anomalies;
	_Atomic int64_t certificate_expires_ms; /* any thread */
	struct lock access_lock; /* "access": one rebuild of the table at a time, so that the newest wins */
	struct mono_ms pki_checked;
	bool broker_behind; /* it did not take the files last time */
	struct wall_ms started_at;
	char message[512];
};

/* ---- callbacks between the rooms ------------------------------------- */

/* House or web-pool thread: devices or their credentials have changed. */
static void rebuild_access(void *ctx)
{
	struct hub *hub = ctx;
	struct access_table *table = NULL;
	lock_take(&hub->access_lock);
	int err = credentials_table(&hub->credentials, hub->store, &table);
	if (err) {
		log_error("hub", "the devices' credentials could not be read: %s; those before stay in force",
			  err_text(err));
	} else {
		broker_set_access(hub->broker, table);
		access_table_unref(&hub->access);
		hub->access = table;
	}
	lock_release(&hub->access_lock);
}

/* What broker and desk have of a device: nothing of it stays with the broker. now: waits until that is so. */
static void purge_device(struct hub *hub, const char *device, bool now)
{
	void (*purge)(struct broker *, struct span, const char *) = now ? broker_purge_now : broker_purge;
	char filter[FILTER_SIZE];
	if (topic_format_discovery(filter, device) == 0)
		purge(hub->broker, span_str(filter), NULL);
	if (str_format(filter, sizeof filter, TOPIC_ROOT "/%s/#", device) == 0)
		purge(hub->broker, span_str(filter), device);
}

/* Web-pool thread, before the device gets its answer: it may log in at once. The one before must be gone by then, with all that it has
 * left, or its last words would be taken for the new one's. */
static void on_enrolled(void *ctx, const struct enrolment_news *news)
{
	struct hub *hub = ctx;
	rebuild_access(hub);
	if (news->moved) {
		house_device_moved(hub->house, news->moved);
		purge_device(hub, news->moved, true);
		house_device_quiet(hub->house, news->moved);
	}
	if (news->replaced) {
		house_device_replaced(hub->house, news->device_id);
		purge_device(hub, news->device_id, true);
		house_device_quiet(hub->house, news->device_id);
	} else {
		house_device_enrolled(hub->house, news->device_id);
	}
}

/* Web-pool thread. */
static int on_renewal(void *ctx, const char *device, const char *code)
{
	return house_order_renewal(((struct hub *)ctx)->house, device, code);
}

static void on_key_changed(void *ctx, char *json)
{
	struct hub *hub = ctx;
	struct live_port live = web_live_port(hub->web);
	live.post(live.ctx, "key", NULL, json);
}

static void on_enrolment_alert(void *ctx, const char *text)
{
	struct hub *hub = ctx;
	house_alert(hub->house, "", "enrolment", text);
}

/* What the store tells of itself. */
static const char *const store_alerts[] = {"disk", "damage", "database", "backup"};

/* A thread of the store. */
static void on_store_alert(void *ctx, const char *kind, const char *text)
{
	struct hub *hub = ctx;
	if (text)
		house_alert(hub->house, "", kind, text);
	else
		house_alert_over(hub->house, "", kind);
}

/* What was wrong when the hub stopped is over unless the store says it again. */
static void listen_to_store(struct hub *hub)
{
	const struct store_events events = {.alert = on_store_alert, .ctx = hub};
	for (size_t i = 0; i < sizeof store_alerts / sizeof store_alerts[0]; i++)
		house_alert_over(hub->house, "", store_alerts[i]);
	store_events_set(hub->store, &events);
}

/* House thread. */
static void on_bound(void *ctx, const char *device)
{
	struct hub *hub = ctx;
	enrolment_bound(hub->enrolment, device);
}

/* Web-pool thread. */
static void on_client_changed(void *ctx, const char *client, bool gone)
{
	struct hub *hub = ctx;
	rebuild_access(hub);
	house_client_changed(hub->house, client, gone);
}

/* House thread. */
static bool may(void *ctx, const char *client, const char *topic, bool publish)
{
	struct hub *hub = ctx;
	lock_take(&hub->access_lock);
	const struct access_identity *identity = access_find(hub->access, span_str(client));
	bool yes = identity && (publish ? access_may_publish(identity, span_str(topic))
					: access_may_subscribe(identity, span_str(topic)));
	lock_release(&hub->access_lock);
	return yes;
}

/* House thread; main's at the start. */
static int on_topics_changed(void *ctx, struct topic_rooms *topics, bool now)
{
	return broker_set_topics(((struct hub *)ctx)->broker, topics, now);
}

/* House thread. */
static void on_erased(void *ctx, const char *device)
{
	struct hub *hub = ctx;
	purge_device(hub, device, false);
	enrolment_device_erased(hub->enrolment, device);
}

/* House thread. */
static void on_revoking(void *ctx, const char *device)
{
	enrolment_device_revoked(((struct hub *)ctx)->enrolment, device);
}

/* Web-pool thread. */
static void on_cut(void *ctx, const char *device)
{
	purge_device(ctx, device, true);
}

/* Broker threads. */
static void on_connected(void *ctx, const struct broker_client *client)
{
	struct hub *hub = ctx;
	house_client_connected(hub->house, client->username, client->client_id);
}

static void on_disconnected(void *ctx, const struct broker_client *client, uint8_t reason)
{
	struct hub *hub = ctx;
	house_client_disconnected(hub->house, client->username, client->client_id, reason);
}

static void on_login_failed(void *ctx, const struct broker_client *client)
{
	struct hub *hub = ctx;
	anomalies_note(&hub->anomalies, ANOMALY_LOGIN_FAILED, client->address, client->username);
}

static void on_denied(void *ctx, const struct broker_client *client, const char *action, struct span topic)
{
	struct hub *hub = ctx;
	char detail[200];
	str_format(detail, sizeof detail, "%s %.*s", action, (int)(topic.len < 160 ? topic.len : 160),
		   (const char *)topic.data);
	anomalies_note(&hub->anomalies, ANOMALY_DENIED, client->client_id, detail);
}

static void on_arrived(void *ctx, const char *username, struct span topic)
{
	struct hub *hub = ctx;
	house_message_arrived(hub->house, username, topic);
}

/* Any thread; waits for nothing: what is not the broker's own. */
static void measure_others(void *ctx, struct metrics *m)
{
	struct hub *hub = ctx;
	struct house_stats h;
	struct store_stats s;
	house_stats_get(hub->house, &h);
	store_stats_get(hub->store, &s);
	m->house = (struct metrics_house){.messages = h.messages, .messages_lost = h.messages_lost,
					  .reports_refused = h.reports_refused, .samples = h.samples, .descriptions_refused = h.descriptions_refused,
					  .samples_dropped = h.samples_dropped};
	m->store = (struct metrics_store){.commits = s.commits, .samples = s.samples, .errors = s.errors,
					  .waiting_samples = s.waiting_samples, .disk_full = s.disk_full,
					  .journal_syncs = s.journal_syncs, .journal_bytes = s.journal_bytes,
					  .unsealed_samples = s.unsealed_samples};
	m->process.start_time_s = (uint64_t)hub->started_at.ms / 1000;
	struct web_stats w = web_stats_get(hub->web);
	m->web = (struct metrics_web){.requests = w.requests, .refused = w.refused, .logins_failed = w.logins_failed,
				      .mqtt_logins = w.mqtt_logins,
				      .limit_connections = w.limit_connections, .limit_address = w.limit_address,
				      .limit_websockets = w.limit_websockets,
				      .connections = w.connections, .streams = w.streams};
}

/* Web-pool thread. */
static void measure(struct hub *hub, struct metrics *m)
{
	*m = (struct metrics){0};
	broker_stats_get(hub->broker, &m->broker);
	measure_others(hub, m);
	process_measure(&m->process, true);
}

/* The web's thread: a browser, or another client behind /mqtt. */
static void adopt(void *ctx, const struct mqtt_socket *socket)
{
	struct hub *hub = ctx;
	const struct stream_pass pass = {.user = socket->user, .client_id = socket->client_id,
					 .rooms = socket->rooms ? socket->rooms->names : NULL};
	const struct stream_ws_config config = {
		.fd = socket->fd, .peer = socket->peer, .early = socket->early, .pass = socket->user ? &pass : NULL};
	struct stream *stream;
	if (stream_ws_create(&config, &stream) == 0)
		broker_adopt(hub->broker, stream);
}

/* Web-pool threads. */
static int open_json(void *ctx, struct buf *json)
{
	return open_mqtt_json(&((struct hub *)ctx)->open, json);
}

static int set_open(void *ctx, bool allowed)
{
	return open_mqtt_set(&((struct hub *)ctx)->open, allowed);
}

/* Web-pool thread. */
static int health(void *ctx, struct buf *json)
{
	struct hub *hub = ctx;
	struct metrics m;
	measure(hub, &m);
	int err = buf_append_str(json, "{");
	if (!err)
		err = metrics_json(&m, json);
	return err ? err : buf_printf(json, ",\"certificate_expires\":%lld}",
				      (long long)atomic_load(&hub->certificate_expires_ms));
}

/* Web-pool thread. */
static int metrics(void *ctx, struct buf *text)
{
	struct metrics m;
	measure(ctx, &m);
	return metrics_prometheus(&m, text);
}

/* ---- starting, in order ----------------------------------------------- */

static int open_store(struct hub *hub)
{
	const struct store_options options = {.state_dir = hub->state_dir, .database = hub->conf->store.database};
	int err = store_open(&options, &hub->store, hub->message);
	if (err)
		return err;
	const struct history_policy policy = policy_load(hub->store);
	store_policy_set(hub->store, &policy);
	return identity_hub_id(hub->store, hub->id);
}

static void note_expiry(struct hub *hub, struct span chain)
{
	struct wall_ms at;
	if (pki_expiry(chain, &at) == 0)
		atomic_store(&hub->certificate_expires_ms, at.ms);
}

/* The certificate authority, the certificate and what is derived from them. */
static int load_keys(struct hub *hub)
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

static struct broker_config broker_settings(const struct conf *conf)
{
	struct broker_config c = broker_config_default();
	c.confidential = TOPIC_RENEW_FILTER; /* it carries the secret of an enrolment */
	c.workers = (unsigned)conf->mqtt.workers;
	c.max_packet_bytes = (uint32_t)conf->mqtt.max_packet_kib * 1024;
	c.max_connections = (uint32_t)conf->mqtt.max_connections;
	c.connect_timeout_s = (uint32_t)conf->mqtt.connect_timeout_s;
	c.max_inflight = (uint32_t)conf->mqtt.max_inflight;
	c.max_queued_messages = (uint32_t)conf->mqtt.max_queued_messages;
	c.max_queued_bytes = (uint32_t)conf->mqtt.max_queued_kib * 1024;
	c.max_session_expiry_s = (uint32_t)conf->mqtt.max_session_expiry_s;
	c.max_address_connections = (uint32_t)conf->mqtt.max_connections_per_address;
	c.max_memory_bytes = (uint64_t)conf->mqtt.max_memory_mib << 20;
	c.max_subscriptions = (uint32_t)conf->mqtt.max_subscriptions;
	c.max_topic_levels = (uint32_t)conf->mqtt.max_topic_levels;
	c.max_retained_messages = (uint32_t)conf->mqtt.max_retained_messages;
	c.max_retained_bytes = (uint64_t)conf->mqtt.max_retained_mib << 20;
	c.max_publish_rate = (uint32_t)conf->mqtt.max_publish_rate;
	c.sys_interval_s = (uint32_t)conf->mqtt.sys_interval_s;
	_Static_assert(sizeof c.moved_to == sizeof conf->mqtt.moved_to, "one size");
	memcpy(c.moved_to, conf->mqtt.moved_to, sizeof c.moved_to);
	return c;
}

static int listen_for_clients(struct hub *hub)
{
	const struct conf *conf = hub->conf;
	open_mqtt_load(&hub->open, conf, hub->store, hub->broker);
	const struct listener_config tls = {.address = conf->mqtt.tls_address, .port = (uint16_t)conf->mqtt.tls_port,
					    .tls = hub->tls, .proxies = &hub->open.proxies};
	const struct listener_config plain = open_mqtt_listener(&hub->open);
	const struct listener_config local = {.path = conf->mqtt.socket};
	int err = broker_listen_as(hub->broker, &tls, NULL, hub->message);
	if (!err && conf->mqtt.plain_port)
		err = broker_listen_as(hub->broker, &plain, NULL, hub->message);
	if (!err && conf->mqtt.socket[0])
		err = broker_listen_as(hub->broker, &local, NULL, hub->message);
	return err;
}

/* The first line of the owner's file. */
static int read_metrics_token(struct hub *hub, struct buf *token)
{
	const char *path = hub->conf->web.metrics_token_file;
	if (!path[0])
		return 0;
	int err = buf_read_file(token, path, METRICS_TOKEN_FILE_MAX);
	const char *text = err ? NULL : buf_cstr(token);
	token->len = text ? strcspn(text, "\r\n") : 0;
	if (!err && !token->len)
		err = ERR_INVALID;
	if (err)
		str_format(hub->message, sizeof hub->message, "metrics_token_file %s holds no token: %s", path, err_text(err));
	return err;
}

static void finish_secret(struct buf *secret)
{
	if (secret->data)
		sodium_memzero(secret->data, secret->cap); /* a text may have been cut since it was read */
	buf_finish(secret);
}

static int make_broker(struct hub *hub, struct span metrics_token)
{
	const struct conf *conf = hub->conf;
	struct broker_config config = broker_settings(conf);
	hub->persist = store_persist_port(hub->store);
	config.persist = &hub->persist;
	const struct broker_events events = {.connected = on_connected, .disconnected = on_disconnected,
					     .login_failed = on_login_failed, .denied = on_denied, .arrived = on_arrived,
					     .measure = measure_others,
					     .ctx = hub};
	int err = credentials_load(&hub->credentials, hub->store, metrics_token);
	if (!err)
		err = credentials_table(&hub->credentials, hub->store, &hub->access);
	if (!err)
		err = broker_create(&config, &events, hub->access, &hub->broker);
	return err ? err : listen_for_clients(hub);
}

static struct hub_info hub_info(const struct hub *hub)
{
	return (struct hub_info){
		.hub_id = hub->id,
		.version = PACKAGE_VERSION,
		.ca_pem = (const char *)hub->ca_pem.data,
		.state_dir = hub->state_dir,
		.mqtts_port = (uint16_t)hub->conf->mqtt.tls_port,
		.https_port = (uint16_t)hub->conf->web.https_port,
		.http_port = (uint16_t)hub->conf->web.http_port,
	};
}

static int make_web(struct hub *hub, const char *metrics_token)
{
	const struct conf *conf = hub->conf;
	const struct web_config config = {
		.address = conf->web.address,
		.https_port = (int)conf->web.https_port,
		.http_port = (int)conf->web.http_port,
		.admin_socket = conf->hub.admin_socket,
		.certificate = buf_span(&hub->chain_pem),
		.key = buf_span(&hub->key_pem),
		.tls_priorities = tls_priorities,
		.web_dir = conf->hub.web_dir,
		.hosts = conf->web.hosts,
		.max_websockets = (unsigned)conf->web.max_websockets,
		.max_per_address = (unsigned)conf->web.max_connections_per_address,
		.metrics_token = metrics_token,
		.http_dashboard = conf->web.http_dashboard,
		.unencrypted_mqtt = conf->mqtt.allow_unencrypted,
		.store = hub->store,
		.hub = hub_info(hub),
	};
	return web_create(&config, &hub->web, hub->message);
}

static int make_house(struct hub *hub)
{
	const struct house_config config = {
		.store = hub->store,
		.broker = hub->broker,
		.live = web_live_port(hub->web),
		.callbacks = {.access_changed = rebuild_access, .device_bound = on_bound, .may = may, .topics_changed = on_topics_changed, .device_erased = on_erased,
			      .device_revoking = on_revoking, .device_cut = on_cut, .ctx = hub},
	};
	return house_create(&config, &hub->house);
}

static int make_enrolment(struct hub *hub)
{
	size_t count = identity_endpoints(hub->conf->mqtt.tls_address, (uint16_t)hub->conf->mqtt.tls_port, hub->endpoints);
	for (size_t i = 0; i < count; i++)
		hub->endpoint_list[i] = hub->endpoints[i];
	const struct enrolment_config config = {
		.store = hub->store,
		.state_dir = hub->state_dir,
		.hub = hub_info(hub),
		.endpoints = hub->endpoint_list,
		.events = {.key_changed = on_key_changed, .device_enrolled = on_enrolled, .order_renewal = on_renewal,
			   .alert = on_enrolment_alert, .ctx = hub},
	};
	return enrolment_create(&config, &hub->enrolment, hub->message);
}

/* An import's thread: the house names its series. */
static int64_t make_series(void *ctx, const struct series *wanted)
{
	struct hub *hub = ctx;
	return house_make_series(hub->house, wanted);
}

static int make_transfer(struct hub *hub)
{
	const struct transfer_config config = {
		.store = hub->store, .state_dir = hub->state_dir, .make_series = make_series, .make_ctx = hub};
	return transfer_create(&config, &hub->transfer);
}

static int start_threads(struct hub *hub)
{
	int err = make_transfer(hub);
	if (err)
		return err;
	err = house_start(hub->house); /* taps before the first client */
	hub->house_started = err == 0;
	if (!err)
		listen_to_store(hub);
	if (!err)
		err = broker_start(hub->broker);
	hub->broker_started = err == 0;
	hub->clients = (struct clients_config){.store = hub->store, .changed = on_client_changed, .ctx = hub};
	const struct web_ports ports = {
		.house = house_port(hub->house),
		.history = house_history_port(hub->house),
		.bundles = house_bundle_port(hub->house),
		.transfer = transfer_port(hub->transfer),
		.enrol = enrolment_port(hub->enrolment),
		.client = clients_port(&hub->clients),
		.password = password_desk_port(hub->passwords),
		.mqtt = {adopt, open_json, set_open, hub},
		.health = health,
		.metrics = metrics,
		.health_ctx = hub,
	};
	if (!err)
		err = web_start(hub->web, &ports, hub->message);
	hub->web_started = err == 0;
	return err;
}

static int start(struct hub *hub)
{
	struct buf token = {0};
	int err = open_store(hub);
	if (!err)
		err = load_keys(hub);
	if (!err)
		err = password_desk_create((int)hub->conf->security.password_ms, &hub->passwords);
	if (!err)
		err = read_metrics_token(hub, &token);
	if (!err)
		err = make_broker(hub, buf_span(&token));
	if (!err)
		err = make_web(hub, buf_cstr(&token));
	finish_secret(&token);
	if (!err)
		err = make_house(hub);
	if (!err)
		err = make_enrolment(hub);
	return err ? err : start_threads(hub);
}

int hub_start(const struct conf *conf, const char *state_dir, struct hub **hub_r)
{
	*hub_r = NULL;
	struct hub *hub = calloc(1, sizeof *hub);
	if (!hub)
		return ERR_NOMEM;
	hub->conf = conf;
	hub->started_at = clock_wall();
	lock_init(&hub->access_lock, "access");
	anomalies_init(&hub->anomalies);
	int err = str_copy(hub->state_dir, sizeof hub->state_dir, state_dir);
	if (!err)
		err = start(hub);
	if (err) {
		log_error("hub", "cannot start: %s", hub->message[0] ? hub->message : err_text(err));
		hub_stop(&hub);
	}
	*hub_r = hub;
	return err;
}

/* ---- while it runs ----------------------------------------------------- */

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
	finish_secret(&pems->key);
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

/* Gives the certificate's files to those who do not serve with them yet, and to the broker if clients is set: what says
 * who they are may be new. Neither waits for what the other one lacks; who failed is asked again the next time. Returns
 * the last error, which is in the log. */
static int take_certificate(struct hub *hub, bool clients)
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

static int renew_certificate(struct hub *hub)
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

void hub_tick(struct hub *hub)
{
	enrolment_tick(hub->enrolment);
	anomalies_flush(&hub->anomalies, hub->store);
	if (mono_diff_ms(hub->pki_checked, clock_mono()) > PKI_CHECK_MS) {
		renew_certificate(hub);
		take_certificate(hub, false);
	}
}

int hub_reload(struct hub *hub, const struct conf *conf)
{
	struct buf names = {0};
	log_set_level(conf->hub.log_level);
	if (conf_restart_needed(hub->conf, conf, &names) == 0 && names.len)
		log_warning("hub", "these settings take effect at the next start: %s", buf_cstr(&names));
	buf_finish(&names);
	hub->conf = conf;
	int err = renew_certificate(hub); /* the machine may have got a new address */
	int taken = take_certificate(hub, true);
	return err ? err : taken;
}

bool hub_alive(struct hub *hub)
{
	return broker_alive(hub->broker);
}

/* ---- stopping, the way back -------------------------------------------- */

void hub_stop(struct hub **hub_p)
{
	struct hub *hub = *hub_p;
	if (!hub)
		return;
	if (hub->house_started)
		house_prepare_stop(hub->house);
	if (hub->broker_started)
		broker_stop(hub->broker); /* before the web, which carries the last words of those behind /mqtt */
	if (hub->web_started)
		web_stop(hub->web);
	transfer_destroy(&hub->transfer); /* an import asks the house and the store */
	if (hub->house_started)
		house_stop(hub->house);
	if (hub->house_started)
		store_events_set(hub->store, &(struct store_events){0});
	house_destroy(&hub->house); /* before the broker, which waits for the receipts that it holds */
	broker_destroy(&hub->broker);
	enrolment_destroy(&hub->enrolment);
	web_destroy(&hub->web);
	password_desk_destroy(&hub->passwords);
	access_table_unref(&hub->access);
	tls_server_destroy(&hub->tls);
	store_close(&hub->store);
	anomalies_finish(&hub->anomalies);
	lock_finish(&hub->access_lock);
	buf_finish(&hub->ca_pem);
	buf_finish(&hub->chain_pem);
	finish_secret(&hub->key_pem);
	free(hub);
	*hub_p = NULL;
}
