/* MQTT without encryption on the network: the owner's one switch, kept in the store, over what the settings' file allows. */
#ifndef HUB_OPEN_MQTT_H
#define HUB_OPEN_MQTT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/buf.h"
#include "broker/broker.h"
#include "conf/conf.h"
#include "db/store.h"
#include "net/listener.h"

struct open_mqtt {
	const struct conf *conf;   /* borrowed, as all of these */
	struct store *store;
	struct broker *broker;
	struct proxy_list proxies; /* constant once loaded */
	_Atomic bool allowed;      /* by the switch */
};

/* Reads how the switch stands. Before the broker listens; blocks on the store. */
void open_mqtt_load(struct open_mqtt *o, const struct conf *conf, struct store *store, struct broker *broker);

/* Where plain TCP is listened on now. */
struct listener_config open_mqtt_listener(const struct open_mqtt *o);

/* mqtt_port.open and set_open, without their thread's context. One set_open at a time. */
int open_mqtt_json(struct open_mqtt *o, struct buf *json);
int open_mqtt_set(struct open_mqtt *o, bool allowed);

#endif
