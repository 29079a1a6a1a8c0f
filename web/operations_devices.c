/* What the routes of devices, alerts and enrolment take and answer. */
#include "web/list.h"
#include "db/clients.h"
#include "web/operation.h"

static const struct field device_list[] = {
	{"area", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those in this room; empty: in none.", .max = MODEL_NAME_SIZE - 1},
	{"online", FIELD_BOOL, FIELD_OPTIONAL, .text = "Only those that are online, or only those that are not."},
	{"component", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with an entity of this kind, such as light.", .min = 1, .max = MODEL_ID_MAX},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in id, name, room, model or manufacturer.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field device[] = {
	{"id", FIELD_ID, .text = "The device."},
};

static const struct field entity[] = {
	{"id", FIELD_ID, .text = "The device."},
	{"entity", FIELD_ID, .text = "One of its entities."},
};

static const struct field command_list[] = {
	{"device", FIELD_ID, FIELD_OPTIONAL, .text = "Only those to this device."},
	{"entity", FIELD_ID, FIELD_OPTIONAL, .text = "Only those to entities of this id."},
	{"state", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those in this state.", .of = "queued|sent|acknowledged|confirmed|expired|failed|cancelled"},
	{"cause", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those with this cause.", .of = "entity|room|house|group|scene"},
	LIST_PARAMETERS(COMMANDS_STANDARD, COMMANDS_MAX),
};

static const struct field command[] = {
	{"id", FIELD_INT, .text = "The command.", .min = 1, .max = INT64_MAX - 1},
};

static const struct field alert_list[] = {
	{"open", FIELD_BOOL, FIELD_OPTIONAL, .text = "Only those that are open, or only those that are over."},
	{"device", FIELD_ID, FIELD_OPTIONAL, .text = "Only those of this device."},
	{"kind", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those of this kind, such as offline.", .min = 1, .max = 31},
	{"since", FIELD_TIME, FIELD_OPTIONAL, .text = "Only those opened then or later."},
	{"before", FIELD_INT, FIELD_OPTIONAL, .text = "Only those with a smaller id: older ones.", .min = 0, .max = INT64_MAX},
	LIST_PARAMETERS(ALERTS_STANDARD, ALERTS_MAX),
};

static const struct field key_list[] = {
	{"state", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those in this state.", .of = "new|claimed|bound|expired|revoked"},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in note, room or device.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field key[] = {
	{"kid", FIELD_TEXT, .text = "The key's id: 16 hexadecimal digits.", .min = 16, .max = 16},
};

static const struct field former_list[] = {
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in id, name, room or model.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field replacement[] = {
	{"id", FIELD_ID, .text = "The device."},
	{"with", FIELD_ID, .text = "The device that takes its place."},
};

static const struct field client_list[] = {
	{"kind", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those made for this.", .min = 1, .max = CLIENT_KIND_SIZE - 1},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in their name or title.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field client[] = {
	{"name", FIELD_ID, .text = "The client's user name."},
};

static const struct operation items[] = {
	{.handle = api_devices_list, .id = "listDevices", .group = "Devices", PARAMETERS(device_list), .status = 200, .answer = "Device",
	 .list = "devices", .flags = OPERATION_PAGED | OPERATION_LIVE,
	 .text = "Ordered by id. `cursor` of the answer is where /api/v1/live goes on from this state of things."},
	{.handle = api_device_add, .id = "addDevice", .group = "Adding devices", .body = "DeviceDescription", .status = 201, .answer = "DeviceId",
	 .errors = {409}, .text = "In the form of Home Assistant's MQTT device discovery, so that any topic can be shown and commanded. 409: there are too many."},
	{.handle = api_device_description, .id = "getDeviceDescription", .group = "Devices", PARAMETERS(device), .status = 200, .answer = "DeviceParts",
	 .errors = {404}},
	{.handle = api_device_describe, .id = "describeDevice", .group = "Adding devices", PARAMETERS(device), .body = "DeviceDescription",
	 .status = 200, .answer = "DeviceId", .errors = {404, 409}, .text = "409: the device describes itself."},
	{.handle = api_clients_list, .id = "listClients", .group = "Adding devices", PARAMETERS(client_list), .status = 200, .answer = "Client",
	 .list = "clients", .flags = OPERATION_PAGED},
	{.handle = api_client_add, .id = "addClient", .group = "Adding devices", .body = "NewClient", .status = 201, .answer = "ClientSecret",
	 .errors = {409}, .text = "The hub makes the password and keeps no more than its hash."},
	{.handle = api_client_get, .id = "getClient", .group = "Adding devices", PARAMETERS(client), .status = 200, .answer = "Client",
	 .flags = OPERATION_ETAG, .errors = {404}},
	{.handle = api_client_edit, .id = "editClient", .group = "Adding devices", PARAMETERS(client), .body = "ClientEdit", .status = 200,
	 .answer = "Client", .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .errors = {404}, .text = "Holds at once; the devices that it described are looked at again."},
	{.handle = api_client_password, .id = "renewClientPassword", .group = "Adding devices", PARAMETERS(client), .status = 200,
	 .answer = "ClientSecret", .errors = {404}},
	{.handle = api_open_get, .id = "getUnencryptedMqtt", .group = "Adding devices", .status = 200, .answer = "UnencryptedMqtt"},
	{.handle = api_open_put, .id = "setUnencryptedMqtt", .group = "Adding devices", .body = "UnencryptedMqttWish", .status = 200,
	 .answer = "UnencryptedMqtt", .errors = {409},
	 .text = "Whoever listens on the network then reads what goes over it, passwords too. Ending it ends the connections. 409: the settings' file decides, or the port is another's."},
	{.handle = api_client_remove, .id = "removeClient", .group = "Adding devices", PARAMETERS(client), .status = 204, .errors = {404}},
	{.handle = api_device_get, .id = "getDevice", .group = "Devices", PARAMETERS(device), .status = 200, .answer = "Device",
	 .flags = OPERATION_ETAG, .errors = {404},
	 .text = "The ETag stands for what an edit can change, name and room, not for values, which change all the time."},
	{.handle = api_device_edit, .id = "editDevice", .group = "Devices", PARAMETERS(device), .body = "DeviceEdit", .status = 200,
	 .answer = "Device", .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .errors = {404}, .text = "What is left out stays as it is."},
	{.handle = api_device_erase, .id = "eraseDevice", .group = "Devices", PARAMETERS(device), .status = 204, .errors = {404},
	 .text = "Its credentials end at once; history, alerts and retained messages go with it. There is no way back but a backup."},
	{.handle = api_device_key, .id = "makeDeviceKey", .group = "Devices", PARAMETERS(device), .body = "PlaceKeyWish", .status = 201,
	 .answer = "NewKey", .errors = {404, 409},
	 .text = "Whatever of tomte's own redeems it becomes this device, with its name, room, groups and history. What was the device until then is cut off "
		 "in the same moment. An earlier key for the same place is revoked. 409: there are too many live keys."},
	{.handle = api_device_renew, .id = "renewCredentials", .group = "Devices", PARAMETERS(device), .status = 202, .answer = "Renewal",
	 .errors = {404, 409, 422},
	 .text = "The device is sent a key that only it can use; those from before are refused as soon as it has, which events `key` of /api/v1/live tell. "
		 "409: it is offline, or there are too many live keys. 422: it cannot do it by itself."},
	{.handle = api_device_revoke, .id = "revokeCredentials", .group = "Devices", PARAMETERS(device), .status = 204, .errors = {404, 422},
	 .text = "Its connection ends at once, and its retained messages go. It comes back with a key of its own. 422: it is a device of others."},
	{.handle = api_device_replacement, .id = "previewReplacement", .group = "Devices", PARAMETERS(replacement), .status = 200, .answer = "Replacement",
	 .errors = {404}, .text = "422: one of the two is no device of others."},
	{.handle = api_device_replace, .id = "replaceDevice", .group = "Devices", PARAMETERS(device), .body = "ReplaceWish", .status = 200,
	 .answer = "Replacement", .errors = {404},
	 .text = "This device keeps its id, name, room, groups and history, and is what the other one was, whose own entry goes with what it has recorded. "
		 "422: one of the two is no device of others."},
	{.handle = api_former_list, .id = "listFormerDevices", .group = "Devices", PARAMETERS(former_list), .status = 200, .answer = "FormerDevice",
	 .list = "devices", .flags = OPERATION_PAGED,
	 .text = "Nobody else sees them. They come back when they describe themselves again; their history is kept until they are erased, by DELETE of the device."},
	{.handle = api_device_entity_edit, .id = "editEntity", .group = "Devices", PARAMETERS(entity), .body = "EntityEdit", .status = 200,
	 .answer = "Device", .errors = {404, 409},
	 .text = "For covers and binary sensors, in Home Assistant's words. A cover that is a blind, curtain, damper, shade or shutter may move late; one of "
		 "which nobody knows it may not. 409: the device has as many as it may. 422: one of its kind has no such class."},
	{.handle = api_device_command, .id = "commandEntity", .group = "Devices", PARAMETERS(entity), .body = "CommandWish", .status = 202,
	 .answer = "Command", .errors = {404, 409},
	 .text = "Answers at once; the command's fate follows as events `command` of /api/v1/live. 409: the device is offline, and the command may not wait: by "
		 "wait_s 0 (code offline), or since it could be unsafe later (unsafe_late): unlocking, opening a cover that is not known to be a blind, curtain, damper, shade or shutter, a siren, a press, a stop."},
	{.handle = api_commands_list, .id = "listCommands", .group = "Devices", PARAMETERS(command_list), .status = 200, .answer = "Command",
	 .list = "commands", .flags = OPERATION_PAGED | OPERATION_LIVE,
	 .text = "The newest 500 of each device are kept. Those on their way show as they are once they are over, or from the beginning if they wait."},
	{.handle = api_commands_send, .id = "commandMany", .group = "Devices", .body = "ManyWish", .status = 202, .answer = "Commands", .errors = {404},
	 .text = "Every controllable entity of those kinds gets a command of its own, but for what only configures or diagnoses a device. What an entity "
		 "lacks of the value is left out: a lamp that only switches is switched on by a brightness. TOGGLE switches all off if any is on, else on. "
		 "A guest reaches the own rooms. 404: there is no device in that room."},
	{.handle = api_command_cancel, .id = "cancelCommand", .group = "Devices", PARAMETERS(command), .status = 200, .answer = "Command",
	 .errors = {404, 409},
	 .text = "Only what waits can be taken back. A guest takes back its own commands, others anybody's. 409: it has been sent (code command_sent) or "
		 "is over (command_over)."},
	{.handle = api_alerts_list, .id = "listAlerts", .group = "Alerts", PARAMETERS(alert_list), .status = 200, .answer = "Alert",
	 .list = "alerts", .flags = OPERATION_PAGED | OPERATION_LIVE},
	{.handle = api_keys_list, .id = "listKeys", .group = "Adding devices", PARAMETERS(key_list), .status = 200, .answer = "Key",
	 .list = "keys", .flags = OPERATION_PAGED, .text = "Those that live, and those that ended in the last day; newest first. The codes are not kept."},
	{.handle = api_key_new, .id = "makeKey", .group = "Adding devices", .body = "KeyWish", .status = 201, .answer = "NewKey", .errors = {409},
	 .text = "The code is shown this once. 409: there are too many live keys."},
	{.handle = api_key_revoke, .id = "revokeKey", .group = "Adding devices", PARAMETERS(key), .status = 204, .errors = {404, 409}},
	{.handle = api_key_approve, .id = "approveKey", .group = "Adding devices", PARAMETERS(key), .status = 204, .errors = {404, 409}},
	{.handle = enrol_step1, .id = "enrol1", .group = "Adding devices", .status = 200, .answer_type = "application/octet-stream",
	 .errors = {400, 409}, .flags = OPERATION_TRIES, .text = "For devices. 403: the code is not accepted; 409: it waits for approval."},
	{.handle = enrol_step2, .id = "enrol2", .group = "Adding devices", .status = 200, .answer_type = "application/octet-stream",
	 .errors = {400, 409}, .flags = OPERATION_TRIES, .text = "For devices. 403: the code is not accepted; 409: it waits for approval."},
	{.handle = ca_facts, .id = "getAuthorityFacts", .group = "Adding devices", .status = 200, .answer = "AuthorityFacts"},
	{.handle = enrol_ca, .id = "getAuthority", .group = "Adding devices", .status = 200, .answer_type = "application/x-pem-file"},
};

const struct operations operations_devices = {items, COUNT_OF(items)};
