-- hub.db: who lives here. Times are ms since the epoch, UTC; 0 stands for never.

CREATE TABLE account (
	id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	name       TEXT NOT NULL UNIQUE COLLATE NOCASE,
	password   TEXT NOT NULL,                     -- Argon2id string
	role       INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2), -- enum role
	created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE web_session (
	token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
	account    INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	created_at INTEGER NOT NULL,
	used_at    INTEGER NOT NULL,
	agent      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_by_account ON web_session (account);

CREATE TABLE device (
	id           TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
	name         TEXT NOT NULL,
	area         TEXT NOT NULL,
	model        TEXT NOT NULL,
	manufacturer TEXT NOT NULL,
	sw_version   TEXT NOT NULL,
	identity     BLOB NOT NULL CHECK (length(identity) = 32),
	token_hash   BLOB NOT NULL CHECK (length(token_hash) = 32),
	revoked      INTEGER NOT NULL CHECK (revoked IN (0, 1)),
	online       INTEGER NOT NULL CHECK (online IN (0, 1)),
	lost         INTEGER NOT NULL CHECK (lost IN (0, 1)),
	enrolled_at  INTEGER NOT NULL,
	last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Apart from the device, whose row is small and often written.
CREATE TABLE device_discovery (
	device  TEXT PRIMARY KEY NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	payload TEXT NOT NULL
) STRICT;

CREATE TABLE provisioning_key (
	kid             BLOB PRIMARY KEY NOT NULL CHECK (length(kid) = 8),
	psk             BLOB NOT NULL CHECK (length(psk) = 32),
	state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4), -- enum key_state
	created_at      INTEGER NOT NULL,
	expires_at      INTEGER NOT NULL,
	note            TEXT NOT NULL,
	area            TEXT NOT NULL,
	needs_approval  INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
	approved        INTEGER NOT NULL CHECK (approved IN (0, 1)),
	device_identity BLOB NOT NULL CHECK (length(device_identity) = 32),
	device_id       TEXT NOT NULL,
	-- The secret dies with the key: only new and claimed ones have it.
	CHECK (state IN (0, 1) OR psk = zeroblob(32))
) STRICT, WITHOUT ROWID;
CREATE INDEX provisioning_key_by_device ON provisioning_key (device_id);

CREATE TABLE alert (
	id        INTEGER PRIMARY KEY AUTOINCREMENT, -- sqlite_sequence keeps the highest for ever
	device    TEXT NOT NULL,
	kind      TEXT NOT NULL,
	text      TEXT NOT NULL,
	opened_at INTEGER NOT NULL,
	closed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_by_device ON alert (device);
CREATE INDEX alert_open ON alert (id) WHERE closed_at = 0;

CREATE TABLE audit (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	at     INTEGER NOT NULL,
	who    TEXT NOT NULL,
	event  TEXT NOT NULL,
	detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_who ON audit (who);

CREATE TABLE setting (
	name  TEXT PRIMARY KEY NOT NULL,
	value BLOB NOT NULL
) STRICT;

-- Erasures that are decided and not finished: a device whose samples are still
-- to be deleted, or '' when only traces in the file are left to be wiped.
CREATE TABLE erasure (
	device TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
