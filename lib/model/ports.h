/* The ports: how rooms that may not see each other call each other. Each is a
 * struct of functions with a context; hub/main.c connects them. Slots say which
 * thread calls and whether they may block. Structured answers travel as JSON text. */
#ifndef MODEL_PORTS_H
#define MODEL_PORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/bundle.h"
#include "model/command.h"
#include "model/rooms.h"

/* What the house (devices, alerts) tells the browsers. Any thread; nothing blocks. Slots may be NULL (model/live.h heeds it). */
struct live_port {
	/* Sends one server-sent event to every browser that may see what it is about. name: static string such as
	 * "state"; device: that it is about, NULL or "" for what only those hear who see the whole house; json: one line of JSON, taken (free). */
	void (*post)(void *ctx, const char *name, const char *device, char *json);
	/* The device is in the room ("": none) from now on; NULL: it is no more. Before anything is posted about it. Those who
	 * see it no more are told that it is gone. */
	void (*place)(void *ctx, const char *device, const char *room);
	/* The series, whose points are to come, is the device's; NULL: it is no more. */
	void (*series)(void *ctx, int64_t series, const char *device);
	void *ctx;
};

/* Events and their JSON:
 *   device   {device object as in house_port.devices}: added, described anew, renamed, on- or offline
 *   gone     {"id":"<device>"}: erased
 *   state    {"device":"…","entity":"…","state":<value>,"at":ms}: a new value, at once
 *   points   {"points":[[<series id>,ms,value],…]}: samples that are on the disk; of a text series value is the word.
 *            About no one device: the web leaves out what a browser may not see, by live_port.series
 *   command  {command object}: every change of a command's fate
 *   alert    {alert object}: opened or closed
 *   groups, scenes  {}: some were made, changed or removed, or their devices were moved or erased: fetch them anew. For everybody
 *   key      {"kid":"<hex>","state":"new|claimed|bound|expired|revoked","device":"<id or null>"}
 *   reset    {}: made by the web when a browser resumes from too far back: fetch anew */

struct house_command {
	const char *device, *entity;
	const char *value_json;
	const char *by; /* account name, or "tomtectl" */
	int64_t wait_s; /* how long it may wait for a device that is away; 0: not at all */
	const struct rooms *rooms; /* as with house_port.device */
	enum command_cause cause;
	const char *cause_name; /* of the room, group or scene; NULL or "": none */
};

/* A command that is taken back while it waits for its device. */
struct house_cancel {
	int64_t id;
	const char *by;            /* account name */
	bool own;                  /* only if that account has asked for it */
	const struct rooms *rooms; /* as with house_port.device */
};

/* Commands to several entities. */
struct house_many {
	const char *area;      /* all in this room; NULL: in the house. Not with bundle_port */
	unsigned components;   /* of these kinds: bits 1 << enum component. Not with bundle_port */
	const char *value_json; /* "TOGGLE": off if any of them is on, else on. Not with a scene */
	const char *by;
	int64_t wait_s;
	const struct rooms *rooms;
};

/* What the web asks of the house. Called on the web's pool threads; each slot
 * blocks until the house thread has answered (micro- to milliseconds).
 * Answers are appended to json as one JSON value.
 *
 * Device object: {"id","name","area","model","manufacturer","sw_version","dialect":text|null (of a device of others: how it describes
 * itself),"client":text|null (the MQTT user that does),"note":text|null (what of that is not followed),"online":bool|null (null: not heard
 * since the hub started),"lost":bool,"changed":ms|null (when it came or went),"parting":text|null (how it went: model/parting.h),"renewable":bool (it can
 * renew its credentials by itself),"last_seen":ms|null,"enrolled":ms,"entities":[
 *  {"id","name","component" (as the device calls it: those of model/component.h, and others),"device_class","unit","state_class",
 *   "icon","category":"diagnostic|config|null","precision":n|null,"series":id|null,"state":value|null,"at":ms|null,
 *   "controllable":bool, and of those that have them:
 *   "described_class":text|null (of those whose class the owner may give: what the device says it is),
 *   "desired":null|{"value","command":id,"state":"queued|sent|acknowledged|expired|failed","until"} (of what takes commands: what was asked last and is
 *   not so yet; null again once it is reported),
 *   "min","max","step" (number: of its value; climate: of its targets; text: "min" and "max" characters),
 *   "options":[text,…] (choices of a select, words of a sensor, modes of a climate, kinds of an event),
 *   "effects" (light), "fan_modes","swing_modes" (climate), "presets" (climate, fan): [text,…],
 *   light: "brightness":bool,"color_modes":["onoff|brightness|color_temp|hs|xy|rgb|white",…],"min_kelvin","max_kelvin",
 *   light, cover, climate, fan, update: "can":[property,…], what can be commanded}]}
 * State values: number for sensors and numbers, "ON"/"OFF" for binary sensors and switches, "locked|unlocked|locking|unlocking|jammed"
 * for locks, the kind of the last one for events, for light, cover, climate, fan and update an object of what is known of
 *  "state" ("ON|OFF"; cover: "open|opening|closed|closing|stopped"; climate: its mode), and by the names and ranges of
 *  model/state.h "brightness","color":{"r","g","b"} or {"h","s"} or {"x","y"},"color_temp" (kelvin),"effect","position","tilt",
 *  "percentage","oscillating","direction","target","target_low","target_high","current","humidity","target_humidity","action",
 *  "fan_mode","swing_mode","preset","installed","latest","progress";
 * else the text.
 * Command object: {"id","device","entity","value":<as sent>,"state":"queued|sent|acknowledged|confirmed|expired|failed|cancelled",
 * "reason":text|null,"by":"<account>","cause":"entity|room|house|group|scene","cause_name":text|null,"at":ms,"took_ms":n|null,
 * "until":ms (while it waits for a device that is away)|null,"expires":ms (when the hub gives it up at last)|null (it is over, or nobody knows)}
 * Refusal: {"code":text (for pages, see web/problem.h),"detail":text (a sentence)}
 * Commands object: {"commands":[command object,…],"refused":[{"device","entity","code","reason":text},…]}: code and detail of refusals */
struct house_port {
	/* Array of all in the rooms that the asker sees (model/rooms.h); NULL: in the house. */
	int (*devices)(void *ctx, const struct rooms *rooms, struct buf *json);
	/* One; ERR_NOT_FOUND, also when it stands in another room. */
	int (*device)(void *ctx, const struct rooms *rooms, const char *id, struct buf *json);
	/* Sends value (JSON text: "ON", {"state":"ON","brightness":128}, 21.5 …) to an entity.
	 * Answers the command object at once. ERR_NOT_FOUND, ERR_UNSUPPORTED (not a controllable entity),
	 * ERR_INVALID (the entity cannot take this value; json then holds a refusal), ERR_STATE (device is offline, and the
	 * command may not wait: a refusal, too). */
	int (*command)(void *ctx, const struct house_command *command, struct buf *json);
	/* Sends the value to every controllable entity of those kinds in the room, but for what only configures or diagnoses a device. Each gets
	 * what it can take of it: a lamp that only switches is switched on by a brightness. Answers the commands object at once.
	 * ERR_NOT_FOUND: the asker sees no device in that room. ERR_MALFORMED: the value is not JSON. */
	int (*command_many)(void *ctx, const struct house_many *many, struct buf *json);
	/* Takes a command back. Answers the command object. ERR_NOT_FOUND: none that is under way has the id, where the asker may see it;
	 * ERR_STATE: it has been sent; ERR_DENIED: another has asked for it. */
	int (*cancel)(void *ctx, const struct house_cancel *cancel, struct buf *json);
	/* Renames and moves; NULL keeps. ERR_NOT_FOUND, ERR_INVALID. */
	int (*edit)(void *ctx, const char *id, const char *name, const char *area);
	/* Says of which class an entity is, where its device does not, or wrongly: one that model/component.h knows for its kind; "": the
	 * device is right. ERR_NOT_FOUND, ERR_INVALID. */
	int (*classify)(void *ctx, const char *id, const char *entity, const char *device_class);
	/* A device of others that the owner describes by hand, in the form of Home Assistant's device discovery: {"device":{"name":…,
	 * "suggested_area":…},"components":{"<id>":{"platform":…,"state_topic":…,…}}}. id NULL: a new one. Answers {"id":…}. ERR_INVALID (json
	 * then holds {"field":null,"detail":"…"}), ERR_NOT_FOUND, ERR_STATE (it describes itself), ERR_FULL. */
	int (*describe)(void *ctx, const char *id, struct span form, struct buf *json);
	/* What was said of a device, by topic: {"dialect":text|null,"client":text|null,"parts":[{"topic","payload"},…]}. ERR_NOT_FOUND. */
	int (*description)(void *ctx, const char *id, struct buf *json);
	/* Takes its credentials from a device of ours, closes the connection, purges retained topics; all else stays, for other hardware
	 * in its place. ERR_NOT_FOUND, ERR_UNSUPPORTED (it is a device of others). */
	int (*revoke)(void *ctx, const char *id);
	/* Revokes the credentials, closes the connection, purges retained topics,
	 * erases the data. ERR_NOT_FOUND. */
	int (*erase)(void *ctx, const char *id);
	/* Puts `with`, a device of others, in the place of another one, which may be one that has taken itself away: that keeps its id and all that hangs
	 * on it, the entry of `with` goes with what it has recorded. try: only answers what would become of it. Answers
	 * {"kept":[{"entity","name","from"},…],"lost":[{"entity","name"},…],"fresh":[…]}: entities that go on, that end, that are new. ERR_NOT_FOUND,
	 * ERR_UNSUPPORTED (one of them is ours, they are the same, or `with` is not there). */
	int (*replace)(void *ctx, const char *id, const char *with, bool try, struct buf *json);
	/* Devices of others that have taken themselves away, and can come back, be replaced or be erased: array of {"id","name","area","model",
	 * "dialect","client":text|null,"last_seen":ms|null}. */
	int (*former)(void *ctx, struct buf *json);
	void *ctx;
};

/* What the web asks of the house about groups and scenes; threads and answers as house_port. Who does not see all devices of one does
 * not see it. Wishes travel as the JSON that was sent; ERR_INVALID: json then holds {"field":text|null,"detail":"…"}.
 *
 * Group object: {"id","name","members":[{"device","entity"},…],"areas":[the rooms that they are in],"state":"ON" (one at least)|"OFF"|null
 * (none says),"on":n (how many are)}
 * Scene object: {"id","name","members":[{"device","entity","value"},…],"areas"} */
struct bundle_port {
	int (*list)(void *ctx, enum bundle_kind kind, const struct rooms *rooms, struct buf *json); /* array of all */
	int (*get)(void *ctx, enum bundle_kind kind, const struct rooms *rooms, int64_t id, struct buf *json); /* ERR_NOT_FOUND */
	/* Makes one of {"name","members":[{"device","entity","value"}]}; a scene's member without a value gets the one that the entity has now.
	 * Answers the object. ERR_INVALID, ERR_EXISTS (the name is taken), ERR_FULL. */
	int (*add)(void *ctx, enum bundle_kind kind, struct span wish, struct buf *json);
	/* Changes what the wish has of name and members. Answers the object. ERR_NOT_FOUND, ERR_INVALID, ERR_EXISTS. */
	int (*edit)(void *ctx, enum bundle_kind kind, int64_t id, struct span wish, struct buf *json);
	int (*remove)(void *ctx, enum bundle_kind kind, int64_t id); /* ERR_NOT_FOUND */
	/* As house_port.command_many to the members of a group, or with the values of a scene. ERR_NOT_FOUND, ERR_MALFORMED. */
	int (*command)(void *ctx, enum bundle_kind kind, int64_t id, const struct house_many *many, struct buf *json);
	void *ctx;
};

/* What the web asks of the house about recording; threads and answers as house_port. Wishes travel as the
 * JSON that the owner sent. ERR_INVALID: json then holds {"field":text|null,"detail":"…"}.
 *
 * Rule object: {"id","name","filter","path","kind":"gauge|counter|binary|text","unit":text|null,"device_class":text|null,
 * "recorder":{"preset":"all|changes|interval|deadband|nothing","interval_ms":n,"deadband":x},"series":n (that it made),
 * "full":bool (further topics are refused),"malformed":n (payloads since the hub started)}. path: JSONPath of one value
 * (RFC 9535, names and indexes only), "" for the bare payload. */
struct history_port {
	/* Changes of a series what the wish has of "recorder", "raw_days", "rollup_years", "resolution_ms", and of a topic's
	 * series "unit", "device_class". Answered when it is on the disk. ERR_NOT_FOUND, ERR_INVALID. */
	int (*series_edit)(void *ctx, int64_t id, struct span wish, struct buf *json);
	int (*rules)(void *ctx, struct buf *json); /* array of all */
	/* Adds a rule: "filter", and what it likes of "path", "name", "kind", "unit", "device_class", "recorder".
	 * Answers the rule object. ERR_INVALID, ERR_EXISTS (another has its filter and path), ERR_FULL. */
	int (*rule_add)(void *ctx, struct span wish, struct buf *json);
	/* What it recorded stays. ERR_NOT_FOUND. */
	int (*rule_remove)(void *ctx, int64_t id);
	void *ctx;
};

struct enrol_key_request {
	int64_t ttl_s;
	const char *note, *area; /* "" for none */
	const char *replaces;    /* the device of ours whose place whatever redeems the key takes; "" for a new one */
	const char *host;        /* for the QR; "" when unknown */
	const char *by;
};

/* Enrolment as the web carries it (ENROLMENT.md). Called on the web's pool
 * threads; slots may block on the store. */
struct enrol_port {
	/* New key. Answers {"kid","code","qr":"TOMTE1:…","expires":ms,"note","area","needs_approval"}.
	 * ttl_s 60..86400, 0 for the default of 15 minutes. host: as the browser reached the hub. ERR_INVALID, ERR_FULL. One that replaces
	 * a device has neither note nor area ("" and ""), for the device keeps its name and room; an earlier key for its place is
	 * revoked. ERR_NOT_FOUND, ERR_UNSUPPORTED (it is a device of others). */
	int (*key_new)(void *ctx, const struct enrol_key_request *request, struct buf *json);
	/* A key for the device's own credentials, which only its present hardware can redeem, is sent to it. Answers
	 * {"kid","expires":ms}. ERR_NOT_FOUND, ERR_UNSUPPORTED (a device of others, or one that cannot do it by itself), ERR_STATE (it is
	 * offline, or has no credentials), ERR_FULL. */
	int (*renew)(void *ctx, const char *device, const char *by, struct buf *json);
	/* All keys that live or ended in the last day: array of {"kid","state","created","expires","note","area",
	 * "needs_approval","approved","fingerprint":text|null,"device":id|null,"replaces":id|null (the device whose place it gives)}. */
	int (*keys)(void *ctx, struct buf *json);
	int (*key_revoke)(void *ctx, const char *kid_hex);  /* ERR_NOT_FOUND, ERR_STATE */
	int (*key_approve)(void *ctx, const char *kid_hex); /* ERR_NOT_FOUND, ERR_STATE */
	/* The two steps. address: the peer, for limits and the audit log. reply: M2 or M4.
	 * ERR_MALFORMED (400), ERR_NOT_FOUND, ERR_EXPIRED, ERR_CRYPTO, ERR_DENIED (all 403, one text, so that nobody
	 * learns which keys live), ERR_AGAIN (429 too many, or 202-like: waiting for approval → ERR_BUSY 409). */
	int (*step1)(void *ctx, const char *address, struct span m1, struct buf *reply);
	int (*step2)(void *ctx, const char *address, struct span m3, struct buf *reply);
	void *ctx;
};

/* Clients: how devices and programs of others log in to MQTT. Called on the web's pool threads; slots block on the store. Wishes
 * travel as the JSON that the owner sent; of ERR_INVALID json then holds {"field":text|null,"detail":"…"}.
 *
 * Client object: {"name" (the MQTT user name),"title","kind":text|null,"created":ms,"topics":[{"filter","publish":bool,
 * "subscribe":bool},…],"prefix":text|null (the topic that its device is to be set to)}. */
struct client_port {
	int (*clients)(void *ctx, struct buf *json); /* array of all, in order of name */
	int (*get)(void *ctx, const char *name, struct buf *json); /* ERR_NOT_FOUND */
	/* Adds one: "title", and what it likes of "kind" (client_kinds), "prefix" (the topic that the device is set to; its title made
	 * fit by default), "name", "topics" (in place of the kind's). Answers the client object with, this once, "password".
	 * ERR_INVALID, ERR_EXISTS (the name is taken), ERR_FULL. */
	int (*add)(void *ctx, struct span wish, struct buf *json);
	/* Changes "title" and "topics"; its devices are looked at anew. Answers the client object. ERR_NOT_FOUND, ERR_INVALID. */
	int (*edit)(void *ctx, const char *name, struct span wish, struct buf *json);
	/* A new password; connections with the one before end. Answers as add. ERR_NOT_FOUND. */
	int (*renew)(void *ctx, const char *name, struct buf *json);
	/* Ends its connections; the devices that it described go, their history stays. ERR_NOT_FOUND. */
	int (*remove)(void *ctx, const char *name);
	void *ctx;
};

/* Passwords of people: Argon2id, one computation at a time, a short queue.
 * Called on the web's pool threads; blocks for the length of a hash (~250 ms). */
struct password_port {
	/* hash_r: crypto_pwhash_str's string, 128 bytes. ERR_BUSY when the queue of four is full, ERR_NOMEM. */
	int (*hash)(void *ctx, const char *password, char hash_r[128]);
	/* 0, ERR_DENIED, ERR_BUSY. hash NULL: computes as long as for a real one and denies (unknown user). */
	int (*verify)(void *ctx, const char *password, const char *hash);
	void *ctx;
};

/* A socket on which MQTT follows in frames of WebSocket: the handshake is done. */
struct mqtt_socket {
	int fd;                      /* connected, non-blocking; taken */
	const struct sockaddr *peer; /* who is at the other end; borrowed for the call */
	struct span early;           /* frames that came along with the handshake; borrowed for the call */
	const char *user;            /* whom CONNECT logs in as when it names nobody; NULL: it has to. Borrowed for the call, as is */
	const char *client_id;       /* the client identifier of that session, which CONNECT leaves open */
	const struct rooms *rooms;   /* that session hears what the devices in these say; NULL: what its user may */
};

/* What the web asks of the broker. */
struct mqtt_port {
	/* Serves the socket, or closes it. On the web's own thread; must not block. */
	void (*adopt)(void *ctx, const struct mqtt_socket *socket);
	/* Whether MQTT without encryption is served to other machines: {"allowed":bool,"port":n (0: it is off altogether),"fixed":bool (the
	 * settings' file says so, and nothing else can)}. Pool threads. */
	int (*open)(void *ctx, struct buf *json);
	/* Allows it from now on, also after a restart, or ends it with the connections that there are. Pool threads; waits for the broker.
	 * ERR_STATE (fixed, or off altogether), ERR_BUSY (another program has the port), or an error of the store. */
	int (*set_open)(void *ctx, bool allowed);
	void *ctx;
};

/* What everybody may know about this hub. Strings live as long as the hub. */
struct hub_info {
	const char *hub_id;      /* 10 characters, Crockford base 32, lower case */
	const char *version;
	const char *ca_pem;      /* the house's CA certificate */
	const char *state_dir;   /* where the set-up token lies */
	uint16_t mqtts_port, https_port, http_port;
};

#endif
