/* The switch for unencrypted MQTT: which address the plain listener has. */
#include "main/open_mqtt.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"

static const char setting[] = "mqtt-unencrypted-lan";

/* The settings' file lets everybody in already. */
static bool is_fixed(const struct open_mqtt *o)
{
	const char *address = o->conf->mqtt.plain_address;
	return strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0;
}

static struct listener_config listener(const struct open_mqtt *o, bool allowed)
{
	return (struct listener_config){.address = allowed ? "*" : o->conf->mqtt.plain_address,
					.port = (uint16_t)o->conf->mqtt.plain_port, .proxies = &o->proxies};
}

void open_mqtt_load(struct open_mqtt *o, const struct conf *conf, struct store *store, struct broker *broker)
{
	struct buf value = {0};
	o->conf = conf;
	o->store = store;
	o->broker = broker;
	for (size_t i = 0; i < conf->mqtt.proxies.count; i++)
		proxy_list_add(&o->proxies, conf->mqtt.proxies.items[i]); /* the settings were checked */
	bool yes = store_setting_get(store, setting, &value) == 0 && span_is(buf_span(&value), "yes");
	buf_finish(&value);
	atomic_store(&o->allowed, yes && !is_fixed(o));
}

struct listener_config open_mqtt_listener(const struct open_mqtt *o)
{
	return listener(o, atomic_load(&o->allowed));
}

int open_mqtt_json(struct open_mqtt *o, struct buf *json)
{
	bool fixed = is_fixed(o), allowed = o->conf->mqtt.plain_port && (fixed || atomic_load(&o->allowed));
	return buf_printf(json, "{\"allowed\":%s,\"port\":%d,\"fixed\":%s}", allowed ? "true" : "false",
			  (int)o->conf->mqtt.plain_port, fixed ? "true" : "false");
}

int open_mqtt_set(struct open_mqtt *o, bool allowed)
{
	char message[256] = "";
	if (is_fixed(o) || !o->conf->mqtt.plain_port)
		return ERR_STATE;
	if (allowed == atomic_load(&o->allowed))
		return 0;
	const struct listener_config now = listener(o, allowed), before = listener(o, !allowed);
	/* What is not written down is not done: a door that is shut must not stand open again after a restart. */
	int err = allowed ? 0 : store_setting_put(o->store, setting, span_str("no"), NULL);
	if (!err)
		err = broker_relisten(o->broker, now.port, &now, &before, message);
	if (err) {
		log_warning("hub", "unencrypted MQTT stays as it is: %s", message[0] ? message : err_text(err));
		return err;
	}
	atomic_store(&o->allowed, allowed);
	log_info("hub", "MQTT without encryption is served to %s", allowed ? "the whole network" : "this machine only");
	return allowed ? store_setting_put(o->store, setting, span_str("yes"), NULL) : 0;
}
