/* The wiring of the hub: who is made of what, who calls whom, in which order
 * all of it starts and stops. Main thread. The order follows the data: store, keys, broker, house, web; stopping goes back. */
#include "main/hub.h"

#include <stdlib.h>
#include <string.h>

#include "access/password.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/durable.h"
#include "main/hub_private.h"
#include "net/tls.h"
#include "web/policy.h"

enum { PKI_CHECK_MS = 6 * 3600 * 1000, METRICS_TOKEN_FILE_MAX = 4096 };

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

static int make_broker(struct hub *hub, struct span metrics_token)
{
	const struct conf *conf = hub->conf;
	struct broker_config config = broker_settings(conf);
	hub->persist = store_persist_port(hub->store);
	config.persist = &hub->persist;
	const struct broker_events events = hub_broker_events(hub);
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
		.callbacks = hub_house_callbacks(hub),
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
		.events = hub_enrolment_events(hub),
	};
	return enrolment_create(&config, &hub->enrolment, hub->message);
}

static int start_threads(struct hub *hub)
{
	const struct transfer_config transfer = hub_transfer(hub);
	int err = transfer_create(&transfer, &hub->transfer);
	if (err)
		return err;
	err = house_start(hub->house); /* taps before the first client */
	hub->house_started = err == 0;
	if (!err)
		hub_listen_to_store(hub);
	if (!err)
		err = broker_start(hub->broker);
	hub->broker_started = err == 0;
	hub->clients = hub_clients(hub);
	const struct web_ports ports = hub_web_ports(hub);
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
		err = hub_load_certificate(hub);
	if (!err)
		err = password_desk_create((int)hub->conf->security.password_ms, &hub->passwords);
	if (!err)
		err = read_metrics_token(hub, &token);
	if (!err)
		err = make_broker(hub, buf_span(&token));
	if (!err)
		err = make_web(hub, buf_cstr(&token));
	hub_finish_secret(&token);
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

void hub_tick(struct hub *hub)
{
	enrolment_tick(hub->enrolment);
	anomalies_flush(&hub->anomalies, hub->store);
	if (mono_diff_ms(hub->pki_checked, clock_mono()) > PKI_CHECK_MS) {
		hub_renew_certificate(hub);
		hub_take_certificate(hub, false);
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
	int err = hub_renew_certificate(hub); /* the machine may have got a new address */
	int taken = hub_take_certificate(hub, true);
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
	hub_finish_secret(&hub->key_pem);
	free(hub);
	*hub_p = NULL;
}
