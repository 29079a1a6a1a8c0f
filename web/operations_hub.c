/* What the routes of backups, events and the hub itself take and answer. */
#include "db/backup.h"
#include "web/operation.h"

static const struct field live[] = {
	{"cursor", FIELD_TEXT, FIELD_OPTIONAL, .text = "Goes on behind this: `cursor` of a list. Last-Event-ID wins over it.", .max = REQUEST_QUERY_SIZE - 1},
};

static const struct live_event events[] = {
	{"device", "Device", "Added, described anew, renamed, on- or offline."},
	{"gone", "Gone", "A device was erased."},
	{"state", "State", "An entity has a new value."},
	{"points", "PointsEvent", "Samples are on the disk."},
	{"command", "Command", "A command's fate has changed."},
	{"groups", "Reset", "Groups were made, changed or removed, or their devices moved: fetch them anew."},
	{"scenes", "Reset", "The same of scenes."},
	{"home", "HomeEvent", "One's own Home page was arranged anew, perhaps on another page: fetch it unless its ETag is known."},
	{"alert", "Alert", "Opened or closed."},
	{"key", "KeyEvent", "A provisioning key's fate has changed."},
	{"reset", "Reset", "The cursor is too old: fetch everything anew."},
};

const struct live_event *live_events(size_t *count_r)
{
	*count_r = COUNT_OF(events);
	return events;
}

static const struct operation items[] = {
	{.handle = api_openapi, .id = "getDescription", .group = "Hub", .status = 200, .answer = "Description", .flags = OPERATION_CACHED},
	{.handle = api_backup, .id = "getBackup", .group = "Hub", .status = 200, .answer_type = "application/x-tar", .errors = {409}},
	{.handle = api_backup_schedule_get, .id = "getBackupSchedule", .group = "Hub", .status = 200, .answer = "Schedule", .flags = OPERATION_ETAG,
	 .text = "The ETag stands for what can be set."},
	{.handle = api_backup_schedule_put, .id = "setBackupSchedule", .group = "Hub", .body = "ScheduleWish", .status = 200, .answer = "Schedule",
	 .flags = OPERATION_ETAG | OPERATION_IF_MATCH},
	{.handle = api_backup_now, .id = "startBackup", .group = "Hub", .status = 202, .answer = "Schedule", .errors = {409},
	 .text = "409: no path is set, or a backup is being taken."},
	{.handle = api_live, .id = "followEvents", .group = "Live", PARAMETERS(live), .status = 200, .answer_type = "text/event-stream",
	 .text = "Each event has an id; a client that reconnects with Last-Event-ID misses nothing. x-events names the events and what their data is."},
	{.handle = api_health, .id = "getHealth", .group = "Hub", .status = 200, .answer = "Health"},
	{.handle = api_metrics, .id = "getMetrics", .group = "Hub", .status = 200, .answer_type = "text/plain"},
	{.handle = NULL, .id = "openMqtt", .group = "Live", .status = 101, .errors = {403, 426},
	 .text = "The handshake of RFC 6455. A browser's page must be the hub's own."},
};

const struct operations operations_hub = {items, COUNT_OF(items)};
