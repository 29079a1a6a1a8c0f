-- hub.db: what SCRAM-SHA-256 logins of devices are checked against. Devices from before have none until they get
-- a new token: it cannot be made from the hash of the old one.

CREATE TABLE device_scram (
	device     TEXT PRIMARY KEY NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	iterations INTEGER NOT NULL CHECK (iterations > 0),
	salt       BLOB NOT NULL CHECK (length(salt) = 16),
	stored_key BLOB NOT NULL CHECK (length(stored_key) = 32),
	server_key BLOB NOT NULL CHECK (length(server_key) = 32)
) STRICT, WITHOUT ROWID;
