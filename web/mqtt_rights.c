/* The one place that says which role reaches what on MQTT: the web asks it whether a session opens /mqtt at all,
 * and the hub builds the broker's users from it. Any thread. */
#include "web/mqtt_rights.h"

/* Nobody publishes below '$': the broker sees to that. */
static const struct mqtt_right owner[] = {
	{.filter = "#", .publish = true, .subscribe = true},
	{.filter = "$SYS/#", .subscribe = true},
};

/* Who sees the whole house hears all that is said in it. What devices are to do goes through commands, which know who asked
 * and what became of it; a message of one's own could also pretend to be a device's, or describe one: that is for the owner. */
static const struct mqtt_right reader[] = {
	{.filter = "#", .subscribe = true},
};

static const struct mqtt_rights roles[] = {
	{ROLE_OWNER, "@owner", owner, sizeof owner / sizeof owner[0], false},
	{ROLE_ADULT, "@adult", reader, sizeof reader / sizeof reader[0], false},
	{ROLE_VIEWER, "@viewer", reader, sizeof reader / sizeof reader[0], false},
	/* No filter says what is in a guest's rooms: devices move. The broker goes by the rooms themselves. */
	{ROLE_GUEST, "@guest", NULL, 0, true},
};

_Static_assert(sizeof roles / sizeof roles[0] <= MQTT_RIGHTS_MAX && sizeof owner / sizeof owner[0] <= MQTT_RIGHTS_MAX,
	       "who builds users has room for so many");

const struct mqtt_rights *mqtt_rights_all(size_t *count_r)
{
	*count_r = sizeof roles / sizeof roles[0];
	return roles;
}

const struct mqtt_rights *mqtt_rights_of(enum role role)
{
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (roles[i].role == role)
			return &roles[i];
	return NULL;
}
