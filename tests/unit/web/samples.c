/* The table of samples. A new route is a row here; who may use it, is thought about once more. */
#include "samples.h"

#include <check.h>
#include <string.h>

/* clang-format off */
/* In the order of enum who:          nobody viewer inside outside adult owner local  read control admin viewer guest  wrong change cross form */
#define ANYONE(s)          {          s,     s,     s,     s,      s,    s,    s,     s,   s,      s,    s,     s,     401,  s,     s,    s}
#define ANYONE_CHANGES(s)  {          s,     s,     s,     s,      s,    s,    s,     s,   s,      s,    s,     s,     401,  s,     403,  403}
#define WHOEVER_READS(s)   {          401,   s,     s,     s,      s,    s,    s,     s,   s,      s,    s,     s,     401,  403,   s,    s}
#define WHO_SEES_IT(s)     {          401,   s,     s,     404,    s,    s,    s,     s,   s,      s,    s,     404,   401,  403,   s,    s}
#define WHO_CONTROLS_IT(s) {          401,   403,   s,     404,    s,    s,    s,     403, s,      s,    403,   404,   401,  403,   403,  403}
#define RESIDENT(s)        {          401,   403,   403,   403,    s,    s,    s,     403, s,      s,    403,   403,   401,  403,   403,  403}
#define OWNER_READS(s)     {          401,   403,   403,   403,    403,  s,    s,     403, 403,    s,    403,   403,   401,  403,   s,    s}
#define OWNER_CHANGES(s)   {          401,   403,   403,   403,    403,  s,    s,     403, 403,    s,    403,   403,   401,  403,   403,  403}
#define OWNER_HERSELF(s)   {          401,   403,   403,   403,    403,  s,    s,     403, 403,    403,  403,   403,   401,  403,   403,  403}
#define ONESELF_READS(s,l) {          401,   s,     s,     s,      s,    s,    l,     403, 403,    403,  403,   403,   401,  403,   s,    s}
#define ONESELF(s,l)       {          401,   s,     s,     s,      s,    s,    l,     403, 403,    403,  403,   403,   401,  403,   403,  403}
#define ONESELF_ALWAYS(s,l) {         401,   s,     s,     s,      s,    s,    l,     403, 403,    403,  403,   403,   401,  s,     403,  403}
#define LOCAL_READS(s)     {          401,   403,   403,   403,    403,  403,  s,     403, 403,    403,  403,   403,   401,  403,   403,  403}

static const struct sample_call samples[] = {
	{"GET", "/api/v1/session", "/api/v1/session", NULL,
	                   {          401,   200,   200,   200,    200,  200,  200,   200, 200,    200,  200,   200,   401,  200,   200,  200}, 0},
	{"POST", "/api/v1/setup", "/api/v1/setup", "{\"token\":\"x\"}", ANYONE_CHANGES(409), 0},
	{"GET", "/api/v1/setup-link", "/api/v1/setup-link", NULL, LOCAL_READS(409), 0},
	{"POST", "/api/v1/login", "/api/v1/login", "{\"name\":\"olga\",\"password\":\"password of olga\"}", ANYONE_CHANGES(200), 0},
	{"POST", "/api/v1/logout", "/api/v1/logout", NULL, ONESELF_ALWAYS(204, 204), 0},
	{"POST", "/api/v1/password", "/api/v1/password", "{\"old\":\"x\"}", ONESELF_ALWAYS(422, 409), 0},
	{"GET", "/api/v1/devices", "/api/v1/devices", NULL, WHOEVER_READS(200), 0},
	{"GET", "/api/v1/devices/{id}", "/api/v1/devices/lamp", NULL, WHO_SEES_IT(200), 0},
	{"PATCH", "/api/v1/devices/{id}", "/api/v1/devices/lamp", "{\"name\":\"Lampe\"}", OWNER_CHANGES(200), 0},
	{"DELETE", "/api/v1/devices/{id}", "/api/v1/devices/lamp", NULL, OWNER_CHANGES(204), 0},
	{"POST", "/api/v1/devices", "/api/v1/devices", "{\"device\":{\"name\":\"Rain\"},\"components\":{}}", OWNER_CHANGES(201), 0},
	{"GET", "/api/v1/devices/{id}/description", "/api/v1/devices/lamp/description", NULL, OWNER_READS(200), 0},
	{"PUT", "/api/v1/devices/{id}/description", "/api/v1/devices/lamp/description", "{\"device\":{},\"components\":{}}", OWNER_CHANGES(200), 0},
	{"POST", "/api/v1/devices/{id}/key", "/api/v1/devices/lamp/key", "{\"ttl_s\":600}", OWNER_CHANGES(201), 0},
	{"POST", "/api/v1/devices/{id}/credentials", "/api/v1/devices/lamp/credentials", NULL, OWNER_CHANGES(202), 0},
	{"DELETE", "/api/v1/devices/{id}/credentials", "/api/v1/devices/lamp/credentials", NULL, OWNER_CHANGES(204), 0},
	{"GET", "/api/v1/devices/{id}/replacement", "/api/v1/devices/lamp/replacement?with=other", NULL, OWNER_READS(200), 0},
	{"POST", "/api/v1/devices/{id}/replacement", "/api/v1/devices/lamp/replacement", "{\"with\":\"other\"}", OWNER_CHANGES(200), 0},
	{"GET", "/api/v1/former-devices", "/api/v1/former-devices", NULL, OWNER_READS(200), 0},
	{"GET", "/api/v1/clients/{name}", "/api/v1/clients/plug", NULL, OWNER_READS(200), 0},
	{"GET", "/api/v1/unencrypted-mqtt", "/api/v1/unencrypted-mqtt", NULL, OWNER_READS(200), 0},
	{"PUT", "/api/v1/unencrypted-mqtt", "/api/v1/unencrypted-mqtt", "{\"allowed\":false}", OWNER_CHANGES(200), 0},
	{"GET", "/api/v1/clients", "/api/v1/clients", NULL, OWNER_READS(200), 0},
	{"POST", "/api/v1/clients", "/api/v1/clients", "{\"title\":\"Plug\",\"kind\":\"tasmota\"}", OWNER_CHANGES(201), 0},
	{"PATCH", "/api/v1/clients/{name}", "/api/v1/clients/plug", "{\"title\":\"Plug\"}", OWNER_CHANGES(200), 0},
	{"POST", "/api/v1/clients/{name}/password", "/api/v1/clients/plug/password", NULL, OWNER_CHANGES(200), 0},
	{"DELETE", "/api/v1/clients/{name}", "/api/v1/clients/plug", NULL, OWNER_CHANGES(204), 0},
	{"PATCH", "/api/v1/devices/{id}/entities/{entity}", "/api/v1/devices/lamp/entities/light", "{\"device_class\":null}", OWNER_CHANGES(200), 0},
	{"POST", "/api/v1/devices/{id}/entities/{entity}/command", "/api/v1/devices/lamp/entities/light/command",
	 "{\"value\":\"ON\"}", WHO_CONTROLS_IT(202), 0},
	{"GET", "/api/v1/series", "/api/v1/series", NULL, WHOEVER_READS(200), 0},
	{"GET", "/api/v1/series/{id}", "/api/v1/series/1", NULL, WHO_SEES_IT(200), 0},
	{"PATCH", "/api/v1/series/{id}", "/api/v1/series/1", "{\"raw_days\":30}", OWNER_CHANGES(200), 0},
	{"GET", "/api/v1/series/{id}/points", "/api/v1/series/1/points?from=0&to=2000", NULL, WHO_SEES_IT(200), 0},
	{"GET", "/api/v1/series/{id}/export", "/api/v1/series/1/export?format=jsonl", NULL, WHO_SEES_IT(200), 0},
	{"GET", "/api/v1/export", "/api/v1/export", NULL, WHOEVER_READS(200), 0},
	{"POST", "/api/v1/import", "/api/v1/import?format=csv", "time,value\n", OWNER_CHANGES(202), 0},
	{"GET", "/api/v1/import", "/api/v1/import", NULL, OWNER_READS(200), 0},
	{"DELETE", "/api/v1/import", "/api/v1/import", NULL, OWNER_CHANGES(204), 0},
	{"GET", "/api/v1/series/{id}/timeline", "/api/v1/series/1/timeline?from=0&to=2000", NULL, WHO_SEES_IT(200), 0},
	{"GET", "/api/v1/history", "/api/v1/history", NULL, OWNER_READS(200), 0},
	{"PUT", "/api/v1/history", "/api/v1/history", "{\"raw_days\":365}", OWNER_CHANGES(200), 0},
	{"GET", "/api/v1/rules", "/api/v1/rules", NULL, OWNER_READS(200), 0},
	{"POST", "/api/v1/rules", "/api/v1/rules", "{\"filter\":\"a/b\"}", OWNER_CHANGES(201), 0},
	{"DELETE", "/api/v1/rules/{id}", "/api/v1/rules/7", NULL, OWNER_CHANGES(204), 0},
	{"GET", "/api/v1/commands", "/api/v1/commands?limit=10", NULL, WHOEVER_READS(200), 0},
	{"POST", "/api/v1/commands", "/api/v1/commands", "{\"area\":\"Hall\",\"component\":\"light\",\"value\":\"OFF\"}", WHO_CONTROLS_IT(202), 0},
	{"DELETE", "/api/v1/commands/{id}", "/api/v1/commands/5", NULL, WHO_CONTROLS_IT(200), 0},
	{"GET", "/api/v1/groups", "/api/v1/groups", NULL, WHOEVER_READS(200), 0},
	{"POST", "/api/v1/groups", "/api/v1/groups", "{\"name\":\"Lamps\",\"members\":[]}", RESIDENT(201), 0},
	{"GET", "/api/v1/groups/{id}", "/api/v1/groups/3", NULL, WHO_SEES_IT(200), 0},
	{"PATCH", "/api/v1/groups/{id}", "/api/v1/groups/3", "{\"name\":\"Lamps\"}", RESIDENT(200), 0},
	{"DELETE", "/api/v1/groups/{id}", "/api/v1/groups/3", NULL, RESIDENT(204), 0},
	{"POST", "/api/v1/groups/{id}/command", "/api/v1/groups/3/command", "{\"value\":\"OFF\"}", WHO_CONTROLS_IT(202), 0},
	{"GET", "/api/v1/scenes", "/api/v1/scenes", NULL, WHOEVER_READS(200), 0},
	{"POST", "/api/v1/scenes", "/api/v1/scenes", "{\"name\":\"Evening\",\"members\":[]}", RESIDENT(201), 0},
	{"GET", "/api/v1/scenes/{id}", "/api/v1/scenes/4", NULL, WHO_SEES_IT(200), 0},
	{"PATCH", "/api/v1/scenes/{id}", "/api/v1/scenes/4", "{\"name\":\"Evening\"}", RESIDENT(200), 0},
	{"DELETE", "/api/v1/scenes/{id}", "/api/v1/scenes/4", NULL, RESIDENT(204), 0},
	{"POST", "/api/v1/scenes/{id}/apply", "/api/v1/scenes/4/apply", "{}", WHO_CONTROLS_IT(202), 0},
	{"GET", "/api/v1/alerts", "/api/v1/alerts?limit=10", NULL, WHOEVER_READS(200), 0},
	{"GET", "/api/v1/keys", "/api/v1/keys", NULL, OWNER_READS(200), 0},
	{"POST", "/api/v1/keys", "/api/v1/keys", "{\"ttl_s\":600,\"note\":\"shed\"}", OWNER_CHANGES(201), 0},
	{"DELETE", "/api/v1/keys/{kid}", "/api/v1/keys/0123456789abcdef", NULL, OWNER_CHANGES(204), 0},
	{"POST", "/api/v1/keys/{kid}/approve", "/api/v1/keys/0123456789abcdef/approve", NULL, OWNER_CHANGES(204), 0},
	{"GET", "/api/v1/users", "/api/v1/users", NULL, OWNER_READS(200), 0},
	{"POST", "/api/v1/users", "/api/v1/users", "{\"name\":\"new %lld\",\"password\":\"12345678\",\"role\":\"adult\"}", OWNER_HERSELF(201), 0},
	{"PATCH", "/api/v1/users/{id}", "/api/v1/users/%lld", "{\"role\":\"viewer\"}", OWNER_HERSELF(200), SPARE_USER},
	{"DELETE", "/api/v1/users/{id}", "/api/v1/users/%lld", NULL, OWNER_HERSELF(204), SPARE_USER},
	{"PUT", "/api/v1/users/{id}/password", "/api/v1/users/%lld/password", "{\"password\":\"12345678\"}", OWNER_HERSELF(204), SPARE_USER},
	{"GET", "/api/v1/me/home", "/api/v1/me/home", NULL, ONESELF_READS(200, 409), 0},
	{"PUT", "/api/v1/me/home", "/api/v1/me/home", "{\"favourites\":[],\"rooms\":[]}", ONESELF(200, 409), 0},
	{"GET", "/api/v1/sessions", "/api/v1/sessions", NULL, ONESELF_READS(200, 409), 0},
	{"DELETE", "/api/v1/sessions", "/api/v1/sessions", NULL, ONESELF(204, 409), 0},
	{"DELETE", "/api/v1/sessions/{id}", "/api/v1/sessions/%lld", NULL, ONESELF(204, 409), SPARE_SESSION},
	{"GET", "/api/v1/tokens", "/api/v1/tokens", NULL, ONESELF_READS(200, 200), 0},
	{"POST", "/api/v1/tokens", "/api/v1/tokens", "{\"name\":\"kiosk\",\"scope\":\"read\"}", ONESELF(201, 422), 0},
	{"DELETE", "/api/v1/tokens/{id}", "/api/v1/tokens/%lld", NULL, ONESELF(204, 204), SPARE_TOKEN},
	{"GET", "/api/v1/backup", "/api/v1/backup", NULL, OWNER_READS(200), 0},
	{"GET", "/api/v1/backup-schedule", "/api/v1/backup-schedule", NULL, OWNER_READS(200), 0},
	{"PUT", "/api/v1/backup-schedule", "/api/v1/backup-schedule", "{\"path\":\"\",\"hour\":3,\"keep\":7}", OWNER_CHANGES(200), 0},
	{"POST", "/api/v1/backup-now", "/api/v1/backup-now", NULL, OWNER_CHANGES(409), 0},
	{"GET", "/api/v1/live", "/api/v1/live", NULL, WHOEVER_READS(200), 0},
	{"GET", "/api/v1/openapi.json", "/api/v1/openapi.json", NULL, WHOEVER_READS(200), 0},
	{"GET", "/api/v1/health", "/api/v1/health", NULL, OWNER_READS(200), 0},
	{"GET", "/metrics", "/metrics", NULL, OWNER_READS(200), 0},
	{"POST", "/enrol/1", "/enrol/1", "m1", ANYONE(200), 0},
	{"POST", "/enrol/2", "/enrol/2", "m3", ANYONE(200), 0},
	/* its own login comes with CONNECT; what HTTP says of the client does not count but for the page that asks */
	{"GET", "/mqtt", "/mqtt", NULL,
	                   {          426,   426,   426,   426,    426,  426,  426,   426, 426,    426,  426,   426,   426,  426,   403,  426}, 0},
	{"GET", "/ca.json", "/ca.json", NULL, ANYONE(200), 0},
	{"GET", "/ca.pem", "/ca.pem", NULL, ANYONE(200), 0},
};
/* clang-format on */

size_t sample_count(void)
{
	return sizeof samples / sizeof samples[0];
}

const struct sample_call *sample_of(const struct route *route)
{
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		if (strcmp(samples[i].method, route->method) == 0 && strcmp(samples[i].pattern, route->path) == 0)
			return &samples[i];
	ck_abort_msg("%s %s has no row in the matrix: tests/unit/web/samples.c", route->method, route->path);
	return NULL;
}
