-- hub.db: devices of others. Who logs in with what and reaches which topics, and the devices that are described by them.

CREATE TABLE client (
	name       TEXT PRIMARY KEY NOT NULL CHECK (name <> ''), -- MQTT user name
	title      TEXT NOT NULL,
	kind       TEXT NOT NULL,                                -- what it was made for: a dialect, or ''
	token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
	iterations INTEGER NOT NULL CHECK (iterations > 0),
	salt       BLOB NOT NULL CHECK (length(salt) = 16),
	stored_key BLOB NOT NULL CHECK (length(stored_key) = 32),
	server_key BLOB NOT NULL CHECK (length(server_key) = 32),
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE client_topic (
	client    TEXT NOT NULL REFERENCES client (name) ON DELETE CASCADE,
	filter    TEXT NOT NULL CHECK (filter <> ''),
	publish   INTEGER NOT NULL CHECK (publish IN (0, 1)),
	subscribe INTEGER NOT NULL CHECK (subscribe IN (0, 1)),
	PRIMARY KEY (client, filter)
) STRICT, WITHOUT ROWID;

-- Of devices without this the hub enrolled them itself. client: '' for a device that the owner made by hand.
CREATE TABLE device_origin (
	device  TEXT PRIMARY KEY NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	client  TEXT NOT NULL,
	dialect TEXT NOT NULL,
	native  TEXT NOT NULL, -- what the dialect calls it
	UNIQUE (client, dialect, native)
) STRICT;

-- What was said of them, by topic.
CREATE TABLE device_fragment (
	device  TEXT NOT NULL REFERENCES device_origin (device) ON DELETE CASCADE,
	topic   TEXT NOT NULL,
	payload TEXT NOT NULL,
	PRIMARY KEY (device, topic)
) STRICT;
