-- hub.db: what was asked of devices, by whom, and what became of it; the newest of each device.

CREATE TABLE command (
	id       INTEGER PRIMARY KEY CHECK (id > 0),
	device   TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	entity   TEXT NOT NULL,
	value    TEXT NOT NULL,                              -- JSON, as it was asked
	by       TEXT NOT NULL,
	state    INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5), -- enum command_state
	reason   TEXT NOT NULL,
	asked_at INTEGER NOT NULL,
	until    INTEGER NOT NULL,                           -- while it is queued: how long it waits
	took_ms  INTEGER NOT NULL                            -- until it was confirmed; -1: it was not
) STRICT;
CREATE INDEX command_by_device ON command (device, id);
CREATE INDEX command_open ON command (id) WHERE state < 3;
