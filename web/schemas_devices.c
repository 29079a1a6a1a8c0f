/* The objects of devices, alerts and enrolment; lib/model/ports.h says who makes them. */
#include "db/clients.h"
#include "web/operation.h"

static const struct field device[] = {
	{"id", FIELD_ID, .text = "For ever the same."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"area", FIELD_TEXT, .text = "The room; empty: none."},
	{"model", FIELD_TEXT, .text = "As the device says."},
	{"manufacturer", FIELD_TEXT, .text = "As the device says."},
	{"sw_version", FIELD_TEXT, .text = "As the device says."},
	{"dialect", FIELD_TEXT, FIELD_NULL, .text = "How a device of others describes itself: homeassistant, zigbee2mqtt, tasmota…; null: it was enrolled here."},
	{"client", FIELD_TEXT, FIELD_NULL, .text = "The MQTT user that describes it; null: the hub's owner, or itself."},
	{"note", FIELD_TEXT, FIELD_NULL, .text = "What its description names and the hub does not follow."},
	{"online", FIELD_BOOL, FIELD_NULL, .text = "null: not heard since the hub started."},
	{"lost", FIELD_BOOL, .text = "Offline because its connection died, not by a clean stop."},
	{"changed", FIELD_TIME, FIELD_NULL, .text = "When it came or went last."},
	{"parting", FIELD_CHOICE, FIELD_NULL, .text = "How it went, as far as the hub knows: it said goodbye; its last will said so for it, because the connection broke "
	 "or nothing was heard for the time agreed (timeout); the connection closed without a word; it has not come back since the hub started; what it "
	 "hangs on is gone (gateway); its credentials were revoked; other hardware was to take its place; its own hardware has taken another's. null: it is there.",
	 .of = "goodbye|will|timeout|closed|absent|gateway|revoked|replaced|moved"},
	{"renewable", FIELD_BOOL, .text = "It can renew its credentials by itself."},
	{"last_seen", FIELD_TIME, FIELD_NULL, .text = "When it was last heard."},
	{"enrolled", FIELD_TIME, FIELD_NULL, .text = "When it was let in."},
	{"entities", FIELD_OBJECT, FIELD_LIST, .text = "What it measures and can do.", .of = "Entity"},
};

static const struct field entity[] = {
	{"id", FIELD_ID, .text = "Unique within the device."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"component", FIELD_TEXT, .text = "The kind: sensor, binary_sensor, switch, light, button, number, select… in Home Assistant's words."},
	{"device_class", FIELD_TEXT, FIELD_NULL, .text = "What is measured, or moved, such as temperature or shutter; by the owner's word, else the device's."},
	{"unit", FIELD_TEXT, FIELD_NULL, .text = "Of the state."},
	{"state_class", FIELD_TEXT, FIELD_NULL, .text = "measurement, total or total_increasing."},
	{"icon", FIELD_TEXT, FIELD_NULL, .text = "mdi:…"},
	{"category", FIELD_TEXT, FIELD_NULL, .text = "diagnostic or config: not what the device is for."},
	{"precision", FIELD_INT, FIELD_NULL, .text = "Digits to show behind the point."},
	{"series", FIELD_INT, FIELD_NULL, .text = "The series that records it."},
	{"state", FIELD_OBJECT, .text = "The newest value.", .of = "Value"},
	{"at", FIELD_TIME, FIELD_NULL, .text = "When it was reported."},
	{"controllable", FIELD_BOOL, .text = "Whether it takes commands."},
	{"described_class", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULL, .text = "Of covers and binary sensors: the class that the device says."},
	{"desired", FIELD_OBJECT, FIELD_OPTIONAL | FIELD_NULL, .text = "Of what takes commands: what was asked of it last and is not so yet; null: it is as asked, or nobody asked.", .of = "Desired"},
	{"brightness", FIELD_BOOL, FIELD_OPTIONAL, .text = "Of a light: it can be dimmed."},
	{"color_modes", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Of a light, in Home Assistant's words: onoff, brightness, color_temp, rgb…"},
	{"min_kelvin", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of a light with white of several temperatures: the warmest."},
	{"max_kelvin", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The coldest."},
	{"min", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The least number that it can be set to."},
	{"max", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The greatest one."},
	{"step", FIELD_NUMBER, FIELD_OPTIONAL, .text = "From one number to the next."},
	{"options", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "The words that it can be set to."},
	{"effects", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Words for `effect`."},
	{"fan_modes", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Words for `fan_mode`."},
	{"swing_modes", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Words for `swing_mode`."},
	{"presets", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "Words for `preset`."},
	{"can", FIELD_TEXT, FIELD_OPTIONAL | FIELD_LIST, .text = "The properties of its state that can be commanded."},
};

/* lib/model/state.c has the table of these; a test compares. */
static const struct field properties[] = {
	{"state", FIELD_OBJECT, FIELD_OPTIONAL, .text = "On or off, open, a climate's mode…", .of = "Reading"},
	{"brightness", FIELD_NUMBER, FIELD_OPTIONAL, .text = "0 to 255.", .min = 0, .max = 255},
	{"color_temp", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of white, in kelvin."},
	{"white", FIELD_NUMBER, FIELD_OPTIONAL, .text = "0 to 255.", .min = 0, .max = 255},
	{"position", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of a cover: 0 closed to 100 open.", .min = 0, .max = 100},
	{"tilt", FIELD_NUMBER, FIELD_OPTIONAL, .text = "0 closed to 100 open.", .min = 0, .max = 100},
	{"percentage", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of a fan's speed.", .min = 0, .max = 100},
	{"oscillating", FIELD_NUMBER, FIELD_OPTIONAL, .text = "0 or 1.", .min = 0, .max = 1},
	{"target", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The temperature that is asked for, in the entity's unit."},
	{"target_low", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The least that is asked for."},
	{"target_high", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The most that is asked for."},
	{"current", FIELD_NUMBER, FIELD_OPTIONAL, .text = "The temperature that is."},
	{"humidity", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Per cent, that is."},
	{"target_humidity", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Per cent, that is asked for."},
	{"progress", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Of an update, per cent."},
	{"effect", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of a light."},
	{"action", FIELD_TEXT, FIELD_OPTIONAL, .text = "What a climate does now, such as heating."},
	{"fan_mode", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of a climate."},
	{"swing_mode", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of a climate."},
	{"preset", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of a climate or fan."},
	{"direction", FIELD_TEXT, FIELD_OPTIONAL, .text = "Of a fan."},
	{"installed", FIELD_TEXT, FIELD_OPTIONAL, .text = "The version that runs."},
	{"latest", FIELD_TEXT, FIELD_OPTIONAL, .text = "The version that there is."},
	{"color", FIELD_OBJECT, FIELD_OPTIONAL, .text = "One of its kinds.", .of = "Color"},
};

static const struct field desired[] = {
	{"value", FIELD_OBJECT, .text = "As asked.", .of = "Value"},
	{"command", FIELD_INT, .text = "The command's id."},
	{"state", FIELD_CHOICE, .text = "The command's fate so far.", .of = "queued|sent|acknowledged|expired|failed"},
	{"until", FIELD_TIME, FIELD_NULL, .text = "While it waits for a device that is away: when it expires."},
};

static const struct field color[] = {
	{"r", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Red, 0 to 255.", .min = 0, .max = 255},
	{"g", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Green.", .min = 0, .max = 255},
	{"b", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Blue.", .min = 0, .max = 255},
	{"h", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Hue, 0 to 360.", .min = 0, .max = 360},
	{"s", FIELD_NUMBER, FIELD_OPTIONAL, .text = "Saturation, 0 to 100.", .min = 0, .max = 100},
	{"x", FIELD_NUMBER, FIELD_OPTIONAL, .text = "CIE 1931, 0 to 1.", .min = 0, .max = 1},
	{"y", FIELD_NUMBER, FIELD_OPTIONAL, .text = "CIE 1931, 0 to 1.", .min = 0, .max = 1},
};

static const struct field device_edit[] = {
	{"name", FIELD_TEXT, FIELD_OPTIONAL, .text = "For people.", .min = 1, .max = MODEL_NAME_SIZE - 1},
	{"area", FIELD_TEXT, FIELD_OPTIONAL, .text = "The room; empty: none.", .max = MODEL_NAME_SIZE - 1},
};

static const struct field entity_edit[] = {
	{"device_class", FIELD_TEXT, FIELD_NULL, .text = "What it is, such as shutter; null: what the device says.", .min = 1, .max = 47},
};

static const struct field command_wish[] = {
	{"value", FIELD_OBJECT, .text = "What the entity shall take; of an object, what is left out stays.", .of = "Value"},
	{"wait_s", FIELD_INT, FIELD_OPTIONAL, .text = "How long it may wait for a device that is away; 0: not at all. 300 when absent.", .min = 0,
	 .max = COMMAND_WAIT_MOST_S},
};

static const struct field command[] = {
	{"id", FIELD_INT, .text = "Grows."},
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What is commanded."},
	{"value", FIELD_OBJECT, .text = "As sent.", .of = "Value"},
	{"state", FIELD_CHOICE, .text = "Its fate so far; queued: it waits for a device that is away.", .of = "queued|sent|acknowledged|confirmed|expired|failed|cancelled"},
	{"reason", FIELD_TEXT, FIELD_NULL, .text = "Why it ended otherwise than wished, for people."},
	{"by", FIELD_TEXT, .text = "Who sent it."},
	{"cause", FIELD_CHOICE, .text = "What was commanded: the entity itself, or it was one of many.", .of = "entity|room|house|group|scene"},
	{"cause_name", FIELD_TEXT, FIELD_NULL, .text = "Of the room, group or scene, as it was called then."},
	{"at", FIELD_TIME, .text = "When it was sent."},
	{"took_ms", FIELD_INT, FIELD_NULL, .text = "How long until it was confirmed."},
	{"until", FIELD_TIME, FIELD_NULL, .text = "While it waits for a device that is away: when it expires."},
	{"expires", FIELD_TIME, FIELD_NULL, .text = "When the hub gives it up at last; null: it is over, or the list does not know."},
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
	{"replaces", FIELD_TEXT, FIELD_NULL, .text = "The id of the device whose place it gives; null: a new one."},
};

static const struct field place_key_wish[] = {
	{"ttl_s", FIELD_INT, FIELD_OPTIONAL, .text = "How long it lives, in seconds; 15 minutes when absent.", .min = KEY_TTL_LEAST_S, .max = KEY_TTL_MOST_S},
	{"host", FIELD_TEXT, FIELD_OPTIONAL, .text = "How the device reaches the hub, for the QR code.", .min = 1, .max = 253},
};

static const struct field renewal[] = {
	{"kid", FIELD_TEXT, .text = "Of the key that was sent: 16 hexadecimal digits."},
	{"expires", FIELD_TIME, .text = "Until when the device can use it."},
};

static const struct field replace_wish[] = {
	{"with", FIELD_ID, .text = "The device that takes the place."},
};

static const struct field former[] = {
	{"id", FIELD_ID, .text = "The device."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"area", FIELD_TEXT, .text = "The room; empty: none."},
	{"model", FIELD_TEXT, .text = "As the device said."},
	{"dialect", FIELD_TEXT, .text = "How it described itself."},
	{"client", FIELD_TEXT, FIELD_NULL, .text = "The MQTT user that did."},
	{"last_seen", FIELD_TIME, FIELD_NULL, .text = "When it was last heard."},
};

static const struct field heir[] = {
	{"entity", FIELD_ID, .text = "As it is called, and stays to be called."},
	{"name", FIELD_TEXT, .text = "For people."},
	{"from", FIELD_ID, .text = "What the other device calls its own that goes on as this one."},
};

static const struct field leftover[] = {
	{"entity", FIELD_ID, .text = "As it is called."},
	{"name", FIELD_TEXT, .text = "For people."},
};

static const struct field replacement[] = {
	{"kept", FIELD_OBJECT, FIELD_LIST, .text = "What goes on, with its history.", .of = "Heir"},
	{"lost", FIELD_OBJECT, FIELD_LIST, .text = "What the other device has not: it ends, its history stays.", .of = "Leftover"},
	{"fresh", FIELD_OBJECT, FIELD_LIST, .text = "What is new.", .of = "Leftover"},
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

#define CLIENT_KINDS "tasmota|shelly|zigbee2mqtt|esphome|homie|homeassistant|prefix"

static const struct field client_topic[] = {
	{"filter", FIELD_TEXT, .text = "An MQTT topic filter, no shared one.", .min = 1, .max = CLIENT_FILTER_SIZE - 1},
	{"publish", FIELD_BOOL, FIELD_OPTIONAL, .text = "It may publish there."},
	{"subscribe", FIELD_BOOL, FIELD_OPTIONAL, .text = "It may subscribe to it."},
};

static const struct field client[] = {
	{"name", FIELD_ID, .text = "The MQTT user name."},
	{"title", FIELD_TEXT, .text = "For people."},
	{"kind", FIELD_TEXT, FIELD_NULL, .text = "What it was made for."},
	{"created", FIELD_TIME, .text = "When."},
	{"topics", FIELD_OBJECT, FIELD_LIST, .text = "What it may use.", .of = "ClientTopic"},
	{"prefix", FIELD_TEXT, FIELD_NULL, .text = "The topic that its device is to be set to; null: its kind has none."},
};

static const struct field client_secret[] = {
	{"name", FIELD_ID, .text = "The MQTT user name."},
	{"title", FIELD_TEXT, .text = "For people."},
	{"kind", FIELD_TEXT, FIELD_NULL, .text = "What it was made for."},
	{"created", FIELD_TIME, .text = "When."},
	{"topics", FIELD_OBJECT, FIELD_LIST, .text = "What it may use.", .of = "ClientTopic"},
	{"prefix", FIELD_TEXT, FIELD_NULL, .text = "The topic that its device is to be set to; null: its kind has none."},
	{"password", FIELD_TEXT, .text = "Shown this once."},
};

static const struct field new_client[] = {
	{"title", FIELD_TEXT, FIELD_OPTIONAL, .text = "For people, such as what the device is.", .min = 1, .max = MODEL_NAME_SIZE - 1},
	{"kind", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Whose topics it gets; prefix: all below its prefix.", .of = CLIENT_KINDS},
	{"prefix", FIELD_TEXT, FIELD_OPTIONAL, .text = "The topic that the device is set to; made of the title when absent.", .min = 1, .max = 64},
	{"name", FIELD_ID, FIELD_OPTIONAL, .text = "The MQTT user name; made of the title when absent."},
	{"topics", FIELD_OBJECT, FIELD_OPTIONAL | FIELD_LIST, .text = "In place of the kind's.", .of = "ClientTopic"},
};

static const struct field client_edit[] = {
	{"title", FIELD_TEXT, FIELD_OPTIONAL, .text = "For people.", .min = 1, .max = MODEL_NAME_SIZE - 1},
	{"topics", FIELD_OBJECT, FIELD_OPTIONAL | FIELD_LIST, .text = "All that it may use from now on.", .of = "ClientTopic"},
};

static const struct field device_part[] = {
	{"topic", FIELD_TEXT, .text = "Where it was said."},
	{"payload", FIELD_TEXT, .text = "What; of a message about several devices the part that is this one's."},
};

static const struct field device_parts[] = {
	{"dialect", FIELD_TEXT, FIELD_NULL, .text = "As of the device."},
	{"client", FIELD_TEXT, FIELD_NULL, .text = "As of the device."},
	{"parts", FIELD_OBJECT, FIELD_LIST, .text = "In order of topic.", .of = "DevicePart"},
};

static const struct field device_id[] = {
	{"id", FIELD_ID, .text = "Of the device."},
};

static const struct field unencrypted[] = {
	{"allowed", FIELD_BOOL, .text = "Other machines may."},
	{"port", FIELD_INT, .text = "Where; 0: the settings' file turns it off altogether."},
	{"fixed", FIELD_BOOL, .text = "The settings' file decides."},
};

static const struct field unencrypted_wish[] = {
	{"allowed", FIELD_BOOL, .text = "Other machines may."},
};

static const struct schema items[] = {
	{"Client", "An MQTT user of a device or program that cannot be enrolled.", MEMBERS(client)},
	{"ClientEdit", "What changes of a client.", MEMBERS(client_edit), .example = "{\"title\":\"Plug in the shed\"}"},
	{"ClientSecret", "A client with its password.", MEMBERS(client_secret)},
	{"ClientTopic", "Topics that a client may use.", MEMBERS(client_topic), .example = "{\"filter\":\"garden/#\",\"publish\":true,\"subscribe\":true}"},
	{"DeviceDescription", "A device in the form of Home Assistant's MQTT device discovery.", .json = "\"type\":\"object\"",
	 .example = "{\"device\":{\"name\":\"Rain gauge\"},\"components\":{\"rain\":{\"platform\":\"sensor\",\"name\":\"Rain\","
		    "\"state_topic\":\"garden/rain\",\"value_template\":\"{{ value_json.mm }}\",\"unit_of_measurement\":\"mm\"}}}"},
	{"DeviceId", "Which device it is.", MEMBERS(device_id)},
	{"DevicePart", "Something that was said of a device.", MEMBERS(device_part)},
	{"DeviceParts", "All that was said of a device.", MEMBERS(device_parts)},
	{"UnencryptedMqtt", "MQTT without encryption.", MEMBERS(unencrypted)},
	{"UnencryptedMqttWish", "Whether it is allowed.", MEMBERS(unencrypted_wish), .example = "{\"allowed\":false}"},
	{"NewClient", "A client to add.", MEMBERS(new_client), .example = "{\"title\":\"Kitchen plug\",\"kind\":\"tasmota\"}"},
	{"Device", "Something in the house that speaks to the hub.", MEMBERS(device),
	 .example = "{\"id\":\"d4kq8x\",\"name\":\"Kitchen lamp\",\"area\":\"Kitchen\",\"model\":\"tomte-agent\",\"manufacturer\":\"tomte\","
		    "\"sw_version\":\"1.0.0\",\"dialect\":null,\"client\":null,\"note\":null,\"online\":true,\"lost\":false,\"changed\":1767225000000,\"parting\":null,\"renewable\":true,\"last_seen\":1767225600000,\"enrolled\":1764547200000,"
		    "\"entities\":[{\"id\":\"lamp\",\"name\":\"Lamp\",\"component\":\"light\",\"device_class\":null,\"unit\":null,"
		    "\"state_class\":null,\"icon\":\"mdi:lamp\",\"category\":null,\"precision\":null,\"series\":12,"
		    "\"state\":{\"state\":\"ON\",\"brightness\":128},\"at\":1767225600000,\"controllable\":true,\"desired\":null,\"brightness\":true,"
		    "\"color_modes\":[\"brightness\"]}]}"},
	{"Entity", "One sensor, switch or light of a device.", MEMBERS(entity)},
	{"Desired", "What an entity was asked to be and is not yet.", MEMBERS(desired),
	 .example = "{\"value\":\"ON\",\"command\":1767225600123,\"state\":\"expired\",\"until\":null}"},
	{"Value", "A reading, or of lights, covers, climates, fans and others with several properties an object.",
	 .json = "\"anyOf\":[{\"$ref\":\"#/components/schemas/Reading\"},{\"$ref\":\"#/components/schemas/Properties\"}]",
	 .example = "{\"state\":\"ON\",\"brightness\":128}"},
	{"Reading", "A number or a word: of switches and binary sensors ON or OFF. null: not known.",
	 .json = "\"type\":[\"number\",\"string\",\"boolean\",\"null\"]", .example = "21.5"},
	{"Properties", "What is known of an entity, or asked of it.", MEMBERS(properties), .example = "{\"state\":\"ON\",\"brightness\":128}"},
	{"Color", "A colour: r, g, b, or h, s, or x, y.", MEMBERS(color), .example = "{\"r\":255,\"g\":160,\"b\":0}"},
	{"DeviceEdit", "What to change of a device.", MEMBERS(device_edit), .example = "{\"name\":\"Kitchen lamp\",\"area\":\"Kitchen\"}"},
	{"EntityEdit", "What to change of an entity.", MEMBERS(entity_edit), .example = "{\"device_class\":\"shutter\"}"},
	{"CommandWish", "What an entity shall do.", MEMBERS(command_wish), .example = "{\"value\":{\"state\":\"ON\",\"brightness\":128}}"},
	{"Command", "A command on its way, or at its end.", MEMBERS(command),
	 .example = "{\"id\":1767225600123,\"device\":\"d4kq8x\",\"entity\":\"lamp\",\"value\":\"ON\",\"state\":\"confirmed\",\"reason\":null,"
		    "\"by\":\"astrid\",\"cause\":\"scene\",\"cause_name\":\"Evening\",\"at\":1767225600123,\"took_ms\":38,\"until\":null,\"expires\":null}"},
	{"Alert", "Something that went wrong.", MEMBERS(alert),
	 .example = "{\"id\":7,\"device\":\"d4kq8x\",\"kind\":\"offline\",\"text\":\"Kitchen lamp is offline.\",\"opened\":1767225600000,\"closed\":null}"},
	{"Key", "A provisioning key: it lets one device in.", MEMBERS(key)},
	{"PlaceKeyWish", "A key for a device's place.", MEMBERS(place_key_wish), .example = "{\"ttl_s\":900}"},
	{"Renewal", "An order to renew credentials.", MEMBERS(renewal)},
	{"ReplaceWish", "Who takes the place.", MEMBERS(replace_wish), .example = "{\"with\":\"0x00158d0001a2b3c4\"}"},
	{"Replacement", "What becomes of a device's entities when another takes its place.", MEMBERS(replacement)},
	{"FormerDevice", "A device of others that has taken itself away.", MEMBERS(former)},
	{"Heir", "An entity that goes on.", MEMBERS(heir)},
	{"Leftover", "An entity.", MEMBERS(leftover)},
	{"KeyWish", "A key to make.", MEMBERS(key_wish), .example = "{\"note\":\"Shed\",\"area\":\"Garden\",\"ttl_s\":900}"},
	{"NewKey", "A key, just made.", MEMBERS(new_key)},
	{"Gone", "A device that was erased.", MEMBERS(gone)},
	{"State", "A new value of an entity.", MEMBERS(state)},
	{"KeyEvent", "What became of a key.", MEMBERS(key_event)},
};

const struct schemas schemas_devices = {items, COUNT_OF(items)};
