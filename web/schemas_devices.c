/* The objects of devices, alerts and enrolment; lib/model/ports.h says who makes them. */
#include "web/operation.h"

static const struct field device[] = {
	{"id", FIELD_ID, .text = "For ever the same."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"area", FIELD_TEXT, .text = "The room; empty: none."},
	{"model", FIELD_TEXT, .text = "As the device says."},
	{"manufacturer", FIELD_TEXT, .text = "As the device says."},
	{"sw_version", FIELD_TEXT, .text = "As the device says."},
	{"online", FIELD_BOOL, FIELD_NULL, .text = "null: not heard since the hub started."},
	{"lost", FIELD_BOOL, .text = "Offline because its connection died, not by a clean stop."},
	{"last_seen", FIELD_TIME, FIELD_NULL, .text = "When it was last heard."},
	{"enrolled", FIELD_TIME, FIELD_NULL, .text = "When it was let in."},
	{"entities", FIELD_OBJECT, FIELD_LIST, .text = "What it measures and can do.", .of = "Entity"},
};

static const struct field entity[] = {
	{"id", FIELD_ID, .text = "Unique within the device."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"component", FIELD_TEXT, .text = "The kind: sensor, binary_sensor, switch, light, button, number, select… in Home Assistant's words."},
	{"device_class", FIELD_TEXT, FIELD_NULL, .text = "What is measured, such as temperature."},
	{"unit", FIELD_TEXT, FIELD_NULL, .text = "Of the state."},
	{"state_class", FIELD_TEXT, FIELD_NULL, .text = "measurement, total or total_increasing."},
	{"icon", FIELD_TEXT, FIELD_NULL, .text = "mdi:…"},
	{"category", FIELD_TEXT, FIELD_NULL, .text = "diagnostic or config: not what the device is for."},
	{"precision", FIELD_INT, FIELD_NULL, .text = "Digits to show behind the point."},
	{"series", FIELD_INT, FIELD_NULL, .text = "The series that records it."},
	{"state", FIELD_OBJECT, .text = "The newest value.", .of = "Value"},
	{"at", FIELD_TIME, FIELD_NULL, .text = "When it was reported."},
	{"controllable", FIELD_BOOL, .text = "Whether it takes commands."},
	{"brightness", FIELD_BOOL, FIELD_OPTIONAL, .text = "Of a light: it can be dimmed."},
	{"color_modes", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Of a light: onoff, brightness, rgb."},
	{"min", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of a number."},
	{"max", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of a number."},
	{"step", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of a number."},
	{"options", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Of a select: its choices."},
};

static const struct field device_edit[] = {
	{"name", FIELD_TEXT, FIELD_OPTIONAL, .text = "For people.", .min = 1, .max = MODEL_NAME_SIZE - 1},
	{"area", FIELD_TEXT, FIELD_OPTIONAL, .text = "The room; empty: none.", .max = MODEL_NAME_SIZE - 1},
};

static const struct field command_wish[] = {
	{"value", FIELD_OBJECT, .text = "What the entity shall take.", .of = "Value"},
};

static const struct field command[] = {
	{"id", FIELD_INT, .text = "Grows."},
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What is commanded."},
	{"value", FIELD_OBJECT, .text = "As sent.", .of = "Value"},
	{"state", FIELD_CHOICE, .text = "Its fate so far.", .of = "queued|sent|confirmed|expired|failed"},
	{"reason", FIELD_TEXT, FIELD_NULL, .text = "Why it failed, for people."},
	{"by", FIELD_TEXT, .text = "Who sent it."},
	{"at", FIELD_TIME, .text = "When it was sent."},
	{"took_ms", FIELD_INT, FIELD_NULL, .text = "How long until it was confirmed."},
};

static const struct field alert[] = {
	{"id", FIELD_INT, .text = "Grows."},
	{"device", FIELD_TEXT, FIELD_NULL, .text = "What it is about; the hub itself: null or empty."},
	{"kind", FIELD_TEXT, .text = "Such as offline, disk, backup."},
	{"text", FIELD_TEXT, .text = "A sentence or two for people."},
	{"opened", FIELD_TIME, .text = "When it began."},
	{"closed", FIELD_TIME, FIELD_NULL, .text = "When it was over; null while it is open."},
};

static const struct field key[] = {
	{"kid", FIELD_TEXT, .text = "16 hexadecimal digits."},
	{"state", FIELD_CHOICE, .text = "Its fate so far.", .of = "new|claimed|bound|expired|revoked"},
	{"created", FIELD_TIME, .text = "When it was made."},
	{"expires", FIELD_TIME, .text = "When it ends."},
	{"note", FIELD_TEXT, .text = "The owner's word for it."},
	{"area", FIELD_TEXT, .text = "The room that the device gets; empty: none."},
	{"needs_approval", FIELD_BOOL, .text = "It lives longer than an hour, so a device that claims it waits."},
	{"approved", FIELD_BOOL, .text = "The owner has let the device in."},
	{"fingerprint", FIELD_TEXT, FIELD_NULL, .text = "Of the device that claimed it, to compare."},
	{"device", FIELD_TEXT, FIELD_NULL, .text = "The id of that device."},
};

static const struct field key_wish[] = {
	{"ttl_s", FIELD_INT, FIELD_OPTIONAL, .text = "How long it lives, in seconds; 15 minutes when absent.", .min = KEY_TTL_LEAST_S, .max = KEY_TTL_MOST_S},
	{"note", FIELD_TEXT, FIELD_OPTIONAL, .text = "A word for it, such as the device's name.", .max = MODEL_NAME_SIZE - 1},
	{"area", FIELD_TEXT, FIELD_OPTIONAL, .text = "The room that the device gets.", .max = MODEL_NAME_SIZE - 1},
	{"host", FIELD_TEXT, FIELD_OPTIONAL, .text = "How the device reaches the hub, for the QR code.", .min = 1, .max = 253},
};

static const struct field new_key[] = {
	{"kid", FIELD_TEXT, .text = "16 hexadecimal digits."},
	{"code", FIELD_TEXT, .text = "What the device is given. A secret."},
	{"qr", FIELD_TEXT, .text = "The same with the hub's address, as a QR code holds it."},
	{"expires", FIELD_TIME, .text = "When it ends."},
	{"note", FIELD_TEXT, .text = "As given."},
	{"area", FIELD_TEXT, .text = "As given."},
	{"needs_approval", FIELD_BOOL, .text = "It lives longer than an hour, so a device that claims it waits."},
	{"qr_svg", FIELD_TEXT, FIELD_OPTIONAL, .text = "The QR code drawn."},
};

static const struct field gone[] = {
	{"id", FIELD_ID, .text = "The device."},
};

static const struct field state[] = {
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What has a new value."},
	{"state", FIELD_OBJECT, .text = "The value.", .of = "Value"},
	{"at", FIELD_TIME, .text = "When it was reported."},
};

static const struct field key_event[] = {
	{"kid", FIELD_TEXT, .text = "16 hexadecimal digits."},
	{"state", FIELD_CHOICE, .text = "Its fate now.", .of = "new|claimed|bound|expired|revoked"},
	{"device", FIELD_TEXT, FIELD_NULL, .text = "Who claimed it."},
};

static const struct schema items[] = {
	{"Device", "Something in the house that speaks to the hub.", MEMBERS(device),
	 .example = "{\"id\":\"d4kq8x\",\"name\":\"Kitchen lamp\",\"area\":\"Kitchen\",\"model\":\"tomte-agent\",\"manufacturer\":\"tomte\","
		    "\"sw_version\":\"1.0.0\",\"online\":true,\"lost\":false,\"last_seen\":1767225600000,\"enrolled\":1764547200000,"
		    "\"entities\":[{\"id\":\"lamp\",\"name\":\"Lamp\",\"component\":\"light\",\"device_class\":null,\"unit\":null,"
		    "\"state_class\":null,\"icon\":\"mdi:lamp\",\"category\":null,\"precision\":null,\"series\":12,"
		    "\"state\":{\"state\":\"ON\",\"brightness\":128},\"at\":1767225600000,\"controllable\":true,\"brightness\":true,"
		    "\"color_modes\":[\"brightness\"]}]}"},
	{"Entity", "One sensor, switch or light of a device.", MEMBERS(entity)},
	{"Value", "A value of an entity: a number, a word (switches and binary sensors: ON and OFF), or of a light an object.",
	 .json = "\"anyOf\":[{\"type\":[\"number\",\"string\",\"boolean\",\"null\"]},{\"type\":\"object\",\"description\":\"Of a light: what is "
		 "left out stays.\",\"properties\":{\"state\":{\"type\":\"string\",\"enum\":[\"ON\",\"OFF\"]},\"brightness\":{\"type\":\"integer\","
		 "\"minimum\":0,\"maximum\":255},\"color\":{\"type\":\"object\",\"properties\":{\"r\":{\"type\":\"integer\"},\"g\":{\"type\":\"integer\"},"
		 "\"b\":{\"type\":\"integer\"}}}}}]",
	 .example = "\"ON\""},
	{"DeviceEdit", "What to change of a device.", MEMBERS(device_edit), .example = "{\"name\":\"Kitchen lamp\",\"area\":\"Kitchen\"}"},
	{"CommandWish", "What an entity shall do.", MEMBERS(command_wish), .example = "{\"value\":{\"state\":\"ON\",\"brightness\":128}}"},
	{"Command", "A command on its way, or at its end.", MEMBERS(command),
	 .example = "{\"id\":1767225600123,\"device\":\"d4kq8x\",\"entity\":\"lamp\",\"value\":\"ON\",\"state\":\"confirmed\",\"reason\":null,"
		    "\"by\":\"astrid\",\"at\":1767225600123,\"took_ms\":38}"},
	{"Alert", "Something that went wrong.", MEMBERS(alert),
	 .example = "{\"id\":7,\"device\":\"d4kq8x\",\"kind\":\"offline\",\"text\":\"Kitchen lamp is offline.\",\"opened\":1767225600000,\"closed\":null}"},
	{"Key", "A provisioning key: it lets one device in.", MEMBERS(key)},
	{"KeyWish", "A key to make.", MEMBERS(key_wish), .example = "{\"note\":\"Shed\",\"area\":\"Garden\",\"ttl_s\":900}"},
	{"NewKey", "A key, just made.", MEMBERS(new_key)},
	{"Gone", "A device that was erased.", MEMBERS(gone)},
	{"State", "A new value of an entity.", MEMBERS(state)},
	{"KeyEvent", "What became of a key.", MEMBERS(key_event)},
};

const struct schemas schemas_devices = {items, COUNT_OF(items)};
