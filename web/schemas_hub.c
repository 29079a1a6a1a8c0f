/* The objects of backups, events and the hub itself. */
#include "db/backup.h"
#include "web/operation.h"

static const struct field schedule[] = {
	{"path", FIELD_TEXT, .text = "The directory; empty: no scheduled backups."},
	{"hour", FIELD_INT, .text = "When, in local time.", .min = 0, .max = 23},
	{"keep", FIELD_INT, .text = "How many stay.", .min = 1, .max = BACKUP_KEEP_MAX},
	{"running", FIELD_BOOL, .text = "One is being taken."},
	{"partial", FIELD_BOOL, .text = "History lies on a database server and is not in them."},
	{"last", FIELD_OBJECT, .text = "How the last ones went.", .of = "LastBackup"},
};

static const struct field last_backup[] = {
	{"at", FIELD_TIME, FIELD_NULL, .text = "When the newest good one was begun; null: there is none yet."},
	{"path", FIELD_TEXT, FIELD_NULL, .text = "Its file."},
	{"bytes", FIELD_INT, FIELD_NULL, .text = "Its size."},
	{"error", FIELD_TEXT, FIELD_NULL, .text = "Why the one since failed."},
};

static const struct field schedule_wish[] = {
	{"path", FIELD_TEXT, .text = "A directory that the hub may write to; empty: no scheduled backups.", .max = BACKUP_PATH_SIZE - 1},
	{"hour", FIELD_INT, .text = "When, in local time.", .min = 0, .max = 23},
	{"keep", FIELD_INT, .text = "How many stay.", .min = 1, .max = BACKUP_KEEP_MAX},
};

static const struct field points_event[] = {
	{"points", FIELD_OBJECT, FIELD_LIST, .text = "Of any series.", .of = "LivePoint"},
};

static const struct field disk[] = {
	{"free_bytes", FIELD_INT, .text = "Bytes."},
	{"total_bytes", FIELD_INT, .text = "Bytes."},
};

static const struct field health[] = {
	{"version", FIELD_TEXT, .text = "Of tomte."},
	{"ca_fingerprint", FIELD_TEXT, .text = "SHA-256 of the house's certificate authority."},
	{"set_up", FIELD_BOOL, .text = "There is an account."},
	{"disk", FIELD_OBJECT, FIELD_NULL, .text = "Of the hub's state.", .of = "Disk"},
	{"now", FIELD_TIME, .text = "The hub's clock."},
	{"broker", FIELD_OBJECT, FIELD_OPTIONAL, .text = "The MQTT broker.", .of = "Counters"},
	{"house", FIELD_OBJECT, FIELD_OPTIONAL, .text = "Devices and their messages.", .of = "Counters"},
	{"store", FIELD_OBJECT, FIELD_OPTIONAL, .text = "What is kept.", .of = "Counters"},
	{"web", FIELD_OBJECT, FIELD_OPTIONAL, .text = "These pages.", .of = "Counters"},
	{"process", FIELD_OBJECT, FIELD_OPTIONAL, .text = "The hub's process.", .of = "Counters"},
	{"certificate_expires", FIELD_TIME, FIELD_OPTIONAL, .text = "When the hub's certificate ends."},
};

static const struct schema items[] = {
	{"Schedule", "Scheduled backups.", MEMBERS(schedule),
	 .example = "{\"path\":\"/mnt/backup\",\"hour\":3,\"keep\":7,\"running\":false,\"partial\":false,\"last\":{\"at\":1767225600000,"
		    "\"path\":\"/mnt/backup/tomte-2026-01-01.tar\",\"bytes\":23400000,\"error\":null}}"},
	{"LastBackup", "How the last backups went.", MEMBERS(last_backup)},
	{"ScheduleWish", "When and where to back up.", MEMBERS(schedule_wish), .example = "{\"path\":\"/mnt/backup\",\"hour\":3,\"keep\":7}"},
	{"PointsEvent", "Samples that are on the disk.", MEMBERS(points_event)},
	{"LivePoint", "[series, at, value].",
	 .json = "\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"integer\"},{\"type\":[\"number\",\"string\",\"null\"]}],"
		 "\"items\":false,\"minItems\":3",
	 .example = "[12,1767225600000,21.5]"},
	{"Reset", "Nothing.", .json = "\"type\":\"object\"", .example = "{}"},
	{"Disk", "A disk.", MEMBERS(disk)},
	{"Counters", "Counters since the hub's start, and what is now, by name.",
	 .json = "\"type\":\"object\",\"additionalProperties\":{\"type\":[\"number\",\"boolean\"]}", .example = "{\"connections\":3}"},
	{"Health", "How the hub is doing.", MEMBERS(health)},
	{"Description", "This description, OpenAPI 3.1.", .json = "\"type\":\"object\"", .example = "{\"openapi\":\"3.1.1\"}"},
};

const struct schemas schemas_hub = {items, COUNT_OF(items)};
