/* What people may do on MQTT with the session of their browser, by role. */
#ifndef WEB_MQTT_RIGHTS_H
#define WEB_MQTT_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"

enum { MQTT_RIGHTS_MAX = 4 }; /* roles, and filters of one */

struct mqtt_right {
	const char *filter; /* a topic filter; '#' reaches nothing that begins with '$' */
	bool publish, subscribe;
};

struct mqtt_rights {
	enum role role;
	const char *user; /* the broker's name for all people of this role: no device's begins with '@' */
	const struct mqtt_right *rights;
	size_t count;
	bool rooms; /* beside these: hears what the devices in the rooms say that the person sees */
};

/* The roles that may use MQTT. Static. */
const struct mqtt_rights *mqtt_rights_all(size_t *count_r);

/* What this role may; NULL: it may not use MQTT. */
const struct mqtt_rights *mqtt_rights_of(enum role role);

#endif
