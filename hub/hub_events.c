/* What the rooms of the hub tell each other through it, and what the web asks of them: each says on which thread. */
#include "access/password.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "main/hub_private.h"
#include "metrics/process.h"
#include "net/stream_ws.h"

enum { FILTER_SIZE = MODEL_TOPIC_SIZE };

/* House or web-pool thread: devices or their credentials have changed. Whoever changed them is answered when the broker goes by that. */
static void rebuild_access(void *ctx)
{
	struct hub *hub = ctx;
	struct access_table *table = NULL;
	lock_take(&hub->access_lock);
	int err = credentials_table(&hub->credentials, hub->store, &table);
	if (!err)
		err = broker_set_access(hub->broker, table);
	if (err) {
		log_error("hub", "the devices' credentials could not be renewed: %s; those before stay in force", err_text(err));
		access_table_unref(&table);
	} else {
		access_table_unref(&hub->access);
		hub->access = table;
	}
	lock_release(&hub->access_lock);
	(void)broker_settle(hub->broker); /* else it does within moments, or stops */
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

void hub_listen_to_store(struct hub *hub)
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

/* An import's thread: the house names its series. */
static int64_t make_series(void *ctx, const struct series *wanted)
{
	struct hub *hub = ctx;
	return house_make_series(hub->house, wanted);
}

/* ---- who gets which ------------------------------------------------------ */

struct broker_events hub_broker_events(struct hub *hub)
{
	return (struct broker_events){.connected = on_connected, .disconnected = on_disconnected, .login_failed = on_login_failed,
				      .denied = on_denied, .arrived = on_arrived, .measure = measure_others, .ctx = hub};
}

struct house_callbacks hub_house_callbacks(struct hub *hub)
{
	return (struct house_callbacks){.access_changed = rebuild_access, .device_bound = on_bound, .may = may,
					.topics_changed = on_topics_changed, .device_erased = on_erased,
					.device_revoking = on_revoking, .device_cut = on_cut, .ctx = hub};
}

struct enrolment_events hub_enrolment_events(struct hub *hub)
{
	return (struct enrolment_events){.key_changed = on_key_changed, .device_enrolled = on_enrolled, .order_renewal = on_renewal,
					 .alert = on_enrolment_alert, .ctx = hub};
}

struct clients_config hub_clients(struct hub *hub)
{
	return (struct clients_config){.store = hub->store, .changed = on_client_changed, .ctx = hub};
}

struct transfer_config hub_transfer(struct hub *hub)
{
	return (struct transfer_config){.store = hub->store, .state_dir = hub->state_dir, .make_series = make_series, .make_ctx = hub};
}

struct web_ports hub_web_ports(struct hub *hub)
{
	return (struct web_ports){
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
}
