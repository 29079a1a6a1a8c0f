/* The route table and how a path finds its row. Immutable, any thread. */
#include "web/routes.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/rights.h"

enum { SMALL_BODY = 4096, COMMAND_BODY = 16384, CLIENT_BODY = 16384, DESCRIPTION_BODY = 65536, HOME_BODY = 65536, ENROL_BODY = 1024 };
#define UPLOAD_BODY UINT32_MAX

/* clang-format off */
static const struct route routes[] = {
	{"GET",    "/api/v1/session", ACCESS_ANYONE, 0, 0, api_session_get,
	 "Who is logged in, and what this hub is."},
	{"POST",   "/api/v1/setup", ACCESS_ANYONE, ROUTE_JSON, SMALL_BODY, api_setup,
	 "Makes the first account, with the set-up token."},
	{"GET",    "/api/v1/setup-link", ACCESS_LOCAL, 0, 0, api_setup_link,
	 "The links that open set-up."},
	{"POST",   "/api/v1/login", ACCESS_ANYONE, ROUTE_JSON, SMALL_BODY, api_login,
	 "Starts a session."},
	{"POST",   "/api/v1/logout", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON | ROUTE_ALWAYS, SMALL_BODY, api_logout,
	 "Ends the session."},
	{"POST",   "/api/v1/password", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON | ROUTE_ALWAYS, SMALL_BODY, api_password,
	 "Changes one's own password; other sessions end."},
	{"GET",    "/api/v1/devices", ACCESS_VIEWER, 0, 0, api_devices_list,
	 "All devices with their entities and values."},
	{"POST",   "/api/v1/devices", ACCESS_OWNER, ROUTE_JSON, DESCRIPTION_BODY, api_device_add,
	 "Makes a device of topics, by hand."},
	{"GET",    "/api/v1/devices/{id}", ACCESS_VIEWER, 0, 0, api_device_get,
	 "One device."},
	{"PATCH",  "/api/v1/devices/{id}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_edit,
	 "Renames or moves a device."},
	{"DELETE", "/api/v1/devices/{id}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_erase,
	 "Erases a device and all its data."},
	{"GET",    "/api/v1/devices/{id}/description", ACCESS_OWNER, 0, 0, api_device_description,
	 "What a device has said of itself, as it came."},
	{"PUT",    "/api/v1/devices/{id}/description", ACCESS_OWNER, ROUTE_JSON, DESCRIPTION_BODY, api_device_describe,
	 "Describes a device that was made by hand anew."},
	{"POST",   "/api/v1/devices/{id}/key", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_key,
	 "Makes a provisioning key by which other hardware takes the device's place."},
	{"POST",   "/api/v1/devices/{id}/credentials", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_renew,
	 "Has the device renew its credentials by itself."},
	{"DELETE", "/api/v1/devices/{id}/credentials", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_revoke,
	 "Revokes the device's credentials; the device and its history stay."},
	{"GET",    "/api/v1/devices/{id}/replacement", ACCESS_OWNER, 0, 0, api_device_replacement,
	 "What would go on if another device of others took this one's place."},
	{"POST",   "/api/v1/devices/{id}/replacement", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_replace,
	 "Puts another device of others in this one's place."},
	{"PATCH",  "/api/v1/devices/{id}/entities/{entity}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_device_entity_edit,
	 "Says what an entity is."},
	{"POST",   "/api/v1/devices/{id}/entities/{entity}/command", ACCESS_ADULT, ROUTE_JSON, COMMAND_BODY, api_device_command,
	 "Sends a value to an entity."},
	{"GET",    "/api/v1/commands", ACCESS_VIEWER, 0, 0, api_commands_list,
	 "What was asked of devices, newest first, and what became of it."},
	{"POST",   "/api/v1/commands", ACCESS_ADULT, ROUTE_JSON, COMMAND_BODY, api_commands_send,
	 "Sends a value to everything of a kind in a room, or in the house."},
	{"DELETE", "/api/v1/commands/{id}", ACCESS_ADULT, ROUTE_JSON, SMALL_BODY, api_command_cancel,
	 "Takes a command back that waits for its device."},
	{"GET",    "/api/v1/groups", ACCESS_VIEWER, 0, 0, api_groups_list,
	 "Groups of entities that are commanded as one."},
	{"POST",   "/api/v1/groups", ACCESS_RESIDENT, ROUTE_JSON, COMMAND_BODY, api_group_add,
	 "Makes a group."},
	{"GET",    "/api/v1/groups/{id}", ACCESS_VIEWER, 0, 0, api_group_get,
	 "One group."},
	{"PATCH",  "/api/v1/groups/{id}", ACCESS_RESIDENT, ROUTE_JSON, COMMAND_BODY, api_group_edit,
	 "Renames a group, or changes its members."},
	{"DELETE", "/api/v1/groups/{id}", ACCESS_RESIDENT, ROUTE_JSON, SMALL_BODY, api_group_remove,
	 "Removes a group; its devices stay."},
	{"POST",   "/api/v1/groups/{id}/command", ACCESS_ADULT, ROUTE_JSON, COMMAND_BODY, api_group_command,
	 "Sends a value to all of a group."},
	{"GET",    "/api/v1/scenes", ACCESS_VIEWER, 0, 0, api_scenes_list,
	 "Scenes: entities with the values that they shall take together."},
	{"POST",   "/api/v1/scenes", ACCESS_RESIDENT, ROUTE_JSON, COMMAND_BODY, api_scene_add,
	 "Makes a scene of given values, or of how things are now."},
	{"GET",    "/api/v1/scenes/{id}", ACCESS_VIEWER, 0, 0, api_scene_get,
	 "One scene."},
	{"PATCH",  "/api/v1/scenes/{id}", ACCESS_RESIDENT, ROUTE_JSON, COMMAND_BODY, api_scene_edit,
	 "Renames a scene, or changes what it does."},
	{"DELETE", "/api/v1/scenes/{id}", ACCESS_RESIDENT, ROUTE_JSON, SMALL_BODY, api_scene_remove,
	 "Removes a scene; everything stays as it is."},
	{"POST",   "/api/v1/scenes/{id}/apply", ACCESS_ADULT, ROUTE_JSON, SMALL_BODY, api_scene_apply,
	 "Makes everything in a scene as it says."},
	{"GET",    "/api/v1/series", ACCESS_VIEWER, 0, 0, api_series_list,
	 "All series with their latest samples."},
	{"GET",    "/api/v1/series/{id}", ACCESS_VIEWER, 0, 0, api_series_get,
	 "One series."},
	{"PATCH",  "/api/v1/series/{id}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_series_edit,
	 "Changes what is recorded of a series and how long it is kept."},
	{"GET",    "/api/v1/series/{id}/points", ACCESS_VIEWER, 0, 0, api_series_points,
	 "Samples of a series, at most width points."},
	{"GET",    "/api/v1/series/{id}/export", ACCESS_VIEWER, 0, 0, api_series_export,
	 "The samples of a series as a file."},
	{"GET",    "/api/v1/export", ACCESS_VIEWER, 0, 0, api_export,
	 "The samples of all series, or of a device's, as a file."},
	{"POST",   "/api/v1/import", ACCESS_OWNER, ROUTE_UPLOAD, UPLOAD_BODY, api_import_start,
	 "Imports a file of samples."},
	{"GET",    "/api/v1/import", ACCESS_OWNER, 0, 0, api_import_status,
	 "How far the import is, or how the last one ended."},
	{"DELETE", "/api/v1/import", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_import_cancel,
	 "Stops the import; what it has brought stays."},
	{"GET",    "/api/v1/series/{id}/timeline", ACCESS_VIEWER, 0, 0, api_series_timeline,
	 "States of a series: runs of one value."},
	{"GET",    "/api/v1/history", ACCESS_OWNER, 0, 0, api_history_get,
	 "What history costs, and how long it is kept."},
	{"PUT",    "/api/v1/history", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_history_put,
	 "Sets how long history is kept."},
	{"GET",    "/api/v1/rules", ACCESS_OWNER, 0, 0, api_rules_list,
	 "Rules that record topics which are no device's."},
	{"POST",   "/api/v1/rules", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_rule_add,
	 "Adds a rule."},
	{"DELETE", "/api/v1/rules/{id}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_rule_remove,
	 "Removes a rule; what it recorded stays."},
	{"GET",    "/api/v1/alerts", ACCESS_VIEWER, 0, 0, api_alerts_list,
	 "Alerts, newest first."},
	{"GET",    "/api/v1/keys", ACCESS_OWNER, 0, 0, api_keys_list,
	 "Provisioning keys."},
	{"POST",   "/api/v1/keys", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_key_new,
	 "Makes a provisioning key with code and QR."},
	{"DELETE", "/api/v1/keys/{kid}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_key_revoke,
	 "Revokes a provisioning key."},
	{"POST",   "/api/v1/keys/{kid}/approve", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_key_approve,
	 "Approves the device that claimed a long-lived key."},
	{"GET",    "/api/v1/former-devices", ACCESS_OWNER, 0, 0, api_former_list,
	 "Devices of others that have taken themselves away."},
	{"GET",    "/api/v1/clients", ACCESS_OWNER, 0, 0, api_clients_list,
	 "MQTT users of devices and programs that cannot be enrolled."},
	{"POST",   "/api/v1/clients", ACCESS_OWNER, ROUTE_JSON, CLIENT_BODY, api_client_add,
	 "Adds such a user, with a password that is shown this once."},
	{"GET",    "/api/v1/clients/{name}", ACCESS_OWNER, 0, 0, api_client_get,
	 "One such user."},
	{"PATCH",  "/api/v1/clients/{name}", ACCESS_OWNER, ROUTE_JSON, CLIENT_BODY, api_client_edit,
	 "Changes its title or topics."},
	{"POST",   "/api/v1/clients/{name}/password", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_client_password,
	 "Gives it a new password; its connections end."},
	{"DELETE", "/api/v1/clients/{name}", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_client_remove,
	 "Removes it, and the devices that it described; their history stays."},
	{"GET",    "/api/v1/unencrypted-mqtt", ACCESS_OWNER, 0, 0, api_open_get,
	 "Whether other machines may use MQTT without encryption."},
	{"PUT",    "/api/v1/unencrypted-mqtt", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_open_put,
	 "Allows that, or ends it."},
	{"GET",    "/api/v1/users", ACCESS_OWNER, 0, 0, api_users_list,
	 "Accounts."},
	{"POST",   "/api/v1/users", ACCESS_OWNER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_user_add,
	 "Adds a person: name, password, role (owner, adult, guest, viewer), rooms (of a guest), must_change."},
	{"PATCH",  "/api/v1/users/{id}", ACCESS_OWNER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_user_edit,
	 "Changes name, role or rooms of a person; one owner always remains."},
	{"DELETE", "/api/v1/users/{id}", ACCESS_OWNER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_user_remove,
	 "Removes a person with its sessions and tokens; one owner always remains."},
	{"PUT",    "/api/v1/users/{id}/password", ACCESS_OWNER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_user_password,
	 "Sets the password of another person, who must_change it at the next login; its sessions and tokens end."},
	{"GET",    "/api/v1/me/home", ACCESS_VIEWER, ROUTE_PERSON, 0, api_home_get,
	 "How one has arranged the own Home page."},
	{"PUT",    "/api/v1/me/home", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON, HOME_BODY, api_home_put,
	 "Arranges it anew."},
	{"GET",    "/api/v1/sessions", ACCESS_VIEWER, ROUTE_PERSON, 0, api_sessions_list,
	 "One's own sessions: where one is logged in."},
	{"DELETE", "/api/v1/sessions", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_sessions_end_others,
	 "Ends all one's own sessions but this one."},
	{"DELETE", "/api/v1/sessions/{id}", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_session_end,
	 "Ends one of one's own sessions."},
	{"GET",    "/api/v1/tokens", ACCESS_VIEWER, ROUTE_PERSON, 0, api_tokens_list,
	 "One's own API tokens; of everybody, for the owner, with all=1."},
	{"POST",   "/api/v1/tokens", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_token_new,
	 "Makes an API token, shown this once: name, scope (read, control, admin), days (until it expires; none: never)."},
	{"DELETE", "/api/v1/tokens/{id}", ACCESS_VIEWER, ROUTE_JSON | ROUTE_PERSON, SMALL_BODY, api_token_revoke,
	 "Revokes one of one's own API tokens; the owner anybody's."},
	{"GET",    "/api/v1/backup", ACCESS_OWNER, 0, 0, api_backup,
	 "Everything of the hub as one file, for tomtectl restore. It holds all keys: keep it safe."},
	{"GET",    "/api/v1/backup-schedule", ACCESS_OWNER, 0, 0, api_backup_schedule_get,
	 "When and where backups are taken, and how the last ones went."},
	{"PUT",    "/api/v1/backup-schedule", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_backup_schedule_put,
	 "Sets when and where backups are taken."},
	{"POST",   "/api/v1/backup-now", ACCESS_OWNER, ROUTE_JSON, SMALL_BODY, api_backup_now,
	 "Begins a backup to the schedule's path; the schedule's running says when it is over."},
	{"GET",    "/api/v1/live", ACCESS_VIEWER, 0, 0, api_live,
	 "Server-sent events; resumes behind Last-Event-ID or cursor."},
	{"GET",    "/api/v1/openapi.json", ACCESS_VIEWER, 0, 0, api_openapi,
	 "This description of the API, OpenAPI 3.1."},
	{"GET",    "/api/v1/health", ACCESS_OWNER, 0, 0, api_health,
	 "Counters of store, broker and web."},
	{"GET",    "/metrics", ACCESS_METRICS, 0, 0, api_metrics,
	 "The same counters as Prometheus text."},
	{"POST",   "/enrol/1", ACCESS_ANYONE, ROUTE_BYTES | ROUTE_PLAIN, ENROL_BODY, enrol_step1,
	 "Enrolment T1: M1 to M2."},
	{"POST",   "/enrol/2", ACCESS_ANYONE, ROUTE_BYTES | ROUTE_PLAIN, ENROL_BODY, enrol_step2,
	 "Enrolment T1: M3 to M4."},
	{"GET",    "/mqtt", ACCESS_ANYONE, ROUTE_UPGRADE, 0, NULL,
	 "MQTT over WebSocket, subprotocol mqtt; clients log in with CONNECT, our pages by their session."},
	{"GET",    "/ca.json", ACCESS_ANYONE, ROUTE_PLAIN, 0, ca_facts,
	 "What one needs to trust this hub: fingerprint and address of its certificate authority, the address as a QR code."},
	{"GET",    "/ca.pem", ACCESS_ANYONE, ROUTE_PLAIN, 0, enrol_ca,
	 "The house's certificate authority."},
};
/* clang-format on */

const struct route *routes_all(size_t *count_r)
{
	*count_r = sizeof routes / sizeof routes[0];
	return routes;
}

/* Compares segment by segment; fills the parameters as it goes. */
static bool match(const char *pattern, const char *path, char params_r[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE])
{
	size_t param = 0;
	while (*pattern == '/' && *path == '/') {
		pattern++;
		path++;
		size_t pattern_len = strcspn(pattern, "/"), len = strcspn(path, "/");
		if (*pattern == '{') {
			if (len == 0 || param == REQUEST_PARAMS_MAX ||
			    str_copy_span(params_r[param++], REQUEST_PARAM_SIZE, span_of(path, len)))
				return false;
		} else if (len != pattern_len || memcmp(pattern, path, len) != 0) {
			return false;
		}
		pattern += pattern_len;
		path += len;
	}
	return *pattern == 0 && *path == 0;
}

static void add_method(char allow_r[ROUTE_ALLOW_SIZE], const char *method)
{
	size_t used = strlen(allow_r);
	str_format(allow_r + used, ROUTE_ALLOW_SIZE - used, "%s%s%s", used ? ", " : "", method,
		   strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

int routes_find(const char *method, const char *path, const struct route **route_r,
		char params_r[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE], char allow_r[ROUTE_ALLOW_SIZE])
{
	char params[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE];
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	allow_r[0] = 0;
	*route_r = NULL;
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		memset(params, 0, sizeof params);
		if (!match(routes[i].path, path, params))
			continue;
		add_method(allow_r, routes[i].method);
		if (strcmp(routes[i].method, method) == 0) {
			*route_r = &routes[i];
			memcpy(params_r, params, sizeof params);
		}
	}
	return *route_r ? 0 : allow_r[0] ? ERR_UNSUPPORTED : ERR_NOT_FOUND;
}

/* Guests use what others have arranged. */
static bool is_outsider(const struct route *route, const struct identity *who)
{
	return route->access == ACCESS_RESIDENT && !who->rooms.all;
}

/* Named by what they say. */
static const struct refusal log_in = {401, "log_in", "Log in first."}, first_password = {403, "first_password", "Choose a password of your own first."},
			    token_person = {403, "token_person", "This cannot be done with a token. Log in."},
			    token_rights = {403, "token_rights", "This token may not do this."},
			    role = {403, "role", "Your account may not do this. Ask the owner of the hub."};

const struct refusal *route_authorize(const struct route *route, const struct request *rq)
{
	static const unsigned needed[] = {
		[ACCESS_VIEWER] = RIGHT_READ, [ACCESS_ADULT] = RIGHT_CONTROL, [ACCESS_RESIDENT] = RIGHT_CONTROL,
		[ACCESS_OWNER] = RIGHT_ADMIN, [ACCESS_METRICS] = RIGHT_ADMIN};
	const struct identity *who = &rq->identity;
	if (route->access == ACCESS_ANYONE || (route->access == ACCESS_METRICS && rq->reads_metrics))
		return NULL;
	if (!who->known)
		return &log_in;
	if (who->must_change && !(route->flags & ROUTE_ALWAYS))
		return &first_password;
	if (who->token && (route->flags & ROUTE_PERSON))
		return &token_person;
	if (route->access == ACCESS_LOCAL ? !rq->peer.admin : !(who->rights & needed[route->access]) || is_outsider(route, who))
		return who->token ? &token_rights : &role;
	return NULL;
}
