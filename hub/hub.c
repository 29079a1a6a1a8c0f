/* The wiring of the hub: who is made of what, who calls whom, in which order
 * all of it starts and stops. Main thread, but for the callbacks, which say where they
 * run. The order follows the data: store, keys, broker, house, web; stopping goes back. */
#include "main/hub.h"

#include <stdlib.h>

#include "access/password.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/broker.h"
#include "db/store.h"
#include "device/house.h"
#include "enrolment/enrolment.h"
#include "main/credentials.h"
#include "main/identity.h"
#include "net/pki.h"
#include "net/tls.h"
#include "thread/thread.h"
#include "web/server.h"

enum { PKI_CHECK_MS = 6 * 3600 * 1000, FILTER_SIZE = MODEL_TOPIC_SIZE };

struct hub {
	const struct conf *conf; /* borrowed */
	char state_dir[4096];
	char id[HUB_ID_SIZE];
	struct buf ca_pem, chain_pem, key_pem;
	char endpoints[MAX_ENDPOINTS][ENDPOINT_SIZE];
	const char *endpoint_list[MAX_ENDPOINTS + 1];

	struct store *store;
	struct tls_server *tls;
	struct password_desk *passwords;
	struct access_table *access; /* the newest */
	struct broker *broker;
	struct house *house;
	struct enrolment *enrolment;
	struct web *web;

	struct lock access_lock; /* "access": one rebuild of the table at a time, so that the newest wins */
	struct mono_ms pki_checked;
	char message[512];
};

/* ---- callbacks between the rooms ------------------------------------- */

/* House or web-pool thread: devices or their credentials have changed. */
static void rebuild_access(void *ctx)
{
	struct hub *hub = ctx;
	struct access_table *table = NULL;
	lock_take(&hub->access_lock);
	int err = credentials_table(hub->store, &table);
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

/* Web-pool thread, before the device gets its answer: it may log in at once. */
static void on_enrolled(void *ctx, const char *device)
{
	struct hub *hub = ctx;
	rebuild_access(hub);
	house_device_enrolled(hub->house, device);
}

static void on_key_changed(void *ctx, char *json)
{
	struct hub *hub = ctx;
	struct live_port live = web_live_port(hub->web);
	live.post(live.ctx, "key", json);
}

static void on_enrolment_alert(void *ctx, const char *text)
{
	struct hub *hub = ctx;
	house_alert(hub->house, "", "enrolment", text);
}

/* House thread. */
static void on_bound(void *ctx, const char *device)
{
	struct hub *hub = ctx;
	enrolment_bound(hub->enrolment, device);
}

/* House thread: nothing of an erased device stays with the broker. */
static void on_erased(void *ctx, const char *device)
{
	struct hub *hub = ctx;
	char filter[FILTER_SIZE];
	if (str_format(filter, sizeof filter, TOPIC_ROOT "/%s/#", device) == 0)
		broker_purge(hub->broker, span_str(filter), device);
	if (topic_format_discovery(filter, device) == 0)
		broker_purge(hub->broker, span_str(filter), NULL);
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
	static const struct store_done forget = {NULL, NULL};
	(void)forget;
	store_audit(hub->store, client->address, "mqtt-login-failed", client->username, &forget);
}

static void on_denied(void *ctx, const struct broker_client *client, const char *action, struct span topic)
{
	struct hub *hub = ctx;
	char detail[256];
	str_format(detail, sizeof detail, "%s %.*s", action, (int)(topic.len < 200 ? topic.len : 200), (const char *)topic.data);
	log_warning(client->client_id, "may not %s", detail);
	(void)hub;
}
