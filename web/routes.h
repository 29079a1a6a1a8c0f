/* The one table of routes: it feeds dispatch, authorisation, the method check,
 * the tests' walk over every route with every role, and the API's description. */
#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "web/request.h"
#include "web/response.h"
#include "web/services.h"

/* What whoever asks must be allowed (web/rights.h says who is). */
enum access {
	ACCESS_ANYONE,
	ACCESS_VIEWER, /* to read; a guest sees less than others: that is the handler's to heed (web/sight.h, house_port) */
	ACCESS_ADULT,  /* to control, a guest what is in its rooms */
	ACCESS_RESIDENT, /* to arrange what all use: adults and owners, who see the whole house */
	ACCESS_OWNER,  /* to arrange devices, people and the hub */
	ACCESS_METRICS, /* the owner, or a program with the token of /metrics */
	ACCESS_LOCAL, /* the Unix socket's admins only */
};

enum route_flags {
	ROUTE_JSON = 1,  /* takes a JSON object as body */
	ROUTE_BYTES = 2, /* takes any bytes as body */
	ROUTE_UPLOAD = 8, /* takes a body of any size, in a file: request.upload */
	ROUTE_UPGRADE = 16, /* becomes a WebSocket with MQTT, which has its own login; handle is NULL */
	ROUTE_PLAIN = 4, /* open to everyone on plain HTTP as well: devices before enrolment */
	ROUTE_PERSON = 32, /* not by API token: a stolen one must not make more of its kind, or people */
	ROUTE_ALWAYS = 64, /* also for those who must choose another password first */
};

struct route {
	const char *method; /* GET routes answer HEAD too */
	const char *path;   /* "{x}" stands for one segment */
	enum access access;
	unsigned flags;
	uint32_t body_max; /* bytes; of what is kept in memory, but for uploads */
	/* Pool thread; may block. rs is zeroed; fills it. */
	void (*handle)(const struct web_services *sv, const struct request *rq, struct response *rs);
	const char *text; /* for the API's description */
};

/* The table. */
const struct route *routes_all(size_t *count_r);

enum { ROUTE_ALLOW_SIZE = 64 };

/* Finds the route and copies the path's parameters. Returns 0, ERR_NOT_FOUND,
 * or ERR_UNSUPPORTED when the path has other methods. allow_r: those of the path, as "GET, HEAD, POST"; "" for none. */
int routes_find(const char *method, const char *path, const struct route **route_r,
		char params_r[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE], char allow_r[ROUTE_ALLOW_SIZE]);

/* Why somebody may not use a route. */
struct refusal {
	int status;         /* 401 or 403 */
	const char *code;   /* see problem_coded() */
	const char *detail; /* a sentence for people */
};

/* Whether the identity may use the route: NULL, or what refuses it (static). */
const struct refusal *route_authorize(const struct route *route, const struct request *rq);

/* The handlers, one file per resource. */
#define ROUTE_HANDLER(name) \
	void name(const struct web_services *sv, const struct request *rq, struct response *rs)
ROUTE_HANDLER(api_clients_list);
ROUTE_HANDLER(api_client_add);
ROUTE_HANDLER(api_client_edit);
ROUTE_HANDLER(api_client_password);
ROUTE_HANDLER(api_client_remove);
ROUTE_HANDLER(api_device_add);
ROUTE_HANDLER(api_device_describe);
ROUTE_HANDLER(api_device_description);
ROUTE_HANDLER(api_open_get);
ROUTE_HANDLER(api_open_put);
ROUTE_HANDLER(api_session_get);
ROUTE_HANDLER(ca_facts);
ROUTE_HANDLER(api_setup);
ROUTE_HANDLER(api_setup_link);
ROUTE_HANDLER(api_login);
ROUTE_HANDLER(api_logout);
ROUTE_HANDLER(api_password);
ROUTE_HANDLER(api_devices_list);
ROUTE_HANDLER(api_device_get);
ROUTE_HANDLER(api_device_edit);
ROUTE_HANDLER(api_device_erase);
ROUTE_HANDLER(api_device_entity_edit);
ROUTE_HANDLER(api_device_command);
ROUTE_HANDLER(api_device_key);
ROUTE_HANDLER(api_device_renew);
ROUTE_HANDLER(api_device_revoke);
ROUTE_HANDLER(api_device_replacement);
ROUTE_HANDLER(api_device_replace);
ROUTE_HANDLER(api_client_get);
ROUTE_HANDLER(api_former_list);
ROUTE_HANDLER(api_series_list);
ROUTE_HANDLER(api_series_get);
ROUTE_HANDLER(api_series_edit);
ROUTE_HANDLER(api_series_points);
ROUTE_HANDLER(api_series_export);
ROUTE_HANDLER(api_export);
ROUTE_HANDLER(api_import_start);
ROUTE_HANDLER(api_import_status);
ROUTE_HANDLER(api_import_cancel);
ROUTE_HANDLER(api_series_timeline);
ROUTE_HANDLER(api_history_get);
ROUTE_HANDLER(api_history_put);
ROUTE_HANDLER(api_rules_list);
ROUTE_HANDLER(api_rule_add);
ROUTE_HANDLER(api_rule_remove);
ROUTE_HANDLER(api_alerts_list);
ROUTE_HANDLER(api_commands_list);
ROUTE_HANDLER(api_commands_send);
ROUTE_HANDLER(api_command_cancel);
ROUTE_HANDLER(api_groups_list);
ROUTE_HANDLER(api_group_get);
ROUTE_HANDLER(api_group_add);
ROUTE_HANDLER(api_group_edit);
ROUTE_HANDLER(api_group_remove);
ROUTE_HANDLER(api_group_command);
ROUTE_HANDLER(api_scenes_list);
ROUTE_HANDLER(api_scene_get);
ROUTE_HANDLER(api_scene_add);
ROUTE_HANDLER(api_scene_edit);
ROUTE_HANDLER(api_scene_remove);
ROUTE_HANDLER(api_scene_apply);
ROUTE_HANDLER(api_backup);
ROUTE_HANDLER(api_backup_schedule_get);
ROUTE_HANDLER(api_backup_schedule_put);
ROUTE_HANDLER(api_backup_now);
ROUTE_HANDLER(api_keys_list);
ROUTE_HANDLER(api_key_new);
ROUTE_HANDLER(api_key_revoke);
ROUTE_HANDLER(api_key_approve);
ROUTE_HANDLER(api_users_list);
ROUTE_HANDLER(api_user_add);
ROUTE_HANDLER(api_user_edit);
ROUTE_HANDLER(api_user_remove);
ROUTE_HANDLER(api_user_password);
ROUTE_HANDLER(api_home_get);
ROUTE_HANDLER(api_home_put);
ROUTE_HANDLER(api_sessions_list);
ROUTE_HANDLER(api_session_end);
ROUTE_HANDLER(api_sessions_end_others);
ROUTE_HANDLER(api_tokens_list);
ROUTE_HANDLER(api_token_new);
ROUTE_HANDLER(api_token_revoke);
ROUTE_HANDLER(api_openapi);
ROUTE_HANDLER(api_health);
ROUTE_HANDLER(api_live);
ROUTE_HANDLER(api_metrics);
ROUTE_HANDLER(enrol_step1);
ROUTE_HANDLER(enrol_step2);
ROUTE_HANDLER(enrol_ca);

#endif
