-- broker.db: what the broker must not forget. It is made of the journal's records alone (db/record.h), so
-- the fields are those of model/persist.h. Names and texts are BLOBs: bytes as they came; CAST(topic AS TEXT)
-- shows them. Times are ms since the epoch, UTC; 0 stands for never.

-- One row: the number of the last frame of the journal that is in these tables.
CREATE TABLE journal (mark INTEGER NOT NULL) STRICT;
INSERT INTO journal VALUES (0);

CREATE TABLE retained (
	id          INTEGER PRIMARY KEY,
	topic       BLOB NOT NULL UNIQUE,
	props       BLOB NOT NULL,
	payload     BLOB NOT NULL,
	qos         INTEGER NOT NULL CHECK (qos BETWEEN 0 AND 2),
	flags       INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
	id              INTEGER PRIMARY KEY,
	client          BLOB NOT NULL UNIQUE,
	expiry_s        INTEGER NOT NULL, -- 4294967295: never
	disconnected_at INTEGER NOT NULL,
	protocol        INTEGER NOT NULL,
	username        BLOB NOT NULL
) STRICT;

CREATE TABLE subscription (
	session    INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	filter     BLOB NOT NULL,
	options    INTEGER NOT NULL,
	identifier INTEGER NOT NULL,
	PRIMARY KEY (session, filter)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
	session     INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	number      INTEGER NOT NULL CHECK (number > 0),
	qos         INTEGER NOT NULL CHECK (qos BETWEEN 0 AND 2), -- of the delivery
	retain      INTEGER NOT NULL CHECK (retain IN (0, 1)),
	identifier  INTEGER NOT NULL,
	topic       BLOB NOT NULL,
	props       BLOB NOT NULL,
	payload     BLOB NOT NULL,
	message_qos INTEGER NOT NULL CHECK (message_qos BETWEEN 0 AND 2),
	flags       INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL,
	PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE qos2 (
	session   INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	direction INTEGER NOT NULL CHECK (direction IN (0, 1)), -- enum persist_direction
	packet_id INTEGER NOT NULL CHECK (packet_id BETWEEN 1 AND 65535),
	state     INTEGER NOT NULL,
	number    INTEGER NOT NULL,
	PRIMARY KEY (session, direction, packet_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE will (
	session     INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
	delay_s     INTEGER NOT NULL,
	due_at      INTEGER NOT NULL,
	topic       BLOB NOT NULL,
	props       BLOB NOT NULL,
	payload     BLOB NOT NULL,
	qos         INTEGER NOT NULL CHECK (qos BETWEEN 0 AND 2),
	flags       INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE command (
	id     BLOB PRIMARY KEY NOT NULL,
	device BLOB NOT NULL,
	entity BLOB NOT NULL,
	value  BLOB NOT NULL,
	cause  BLOB NOT NULL,
	state  INTEGER NOT NULL,
	at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
