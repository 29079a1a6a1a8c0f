-- hub.db: a command that waited can be taken back. A check cannot be changed in place, so the table is made anew.

CREATE TABLE command_new (
	id       INTEGER PRIMARY KEY CHECK (id > 0),
	device   TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	entity   TEXT NOT NULL,
	value    TEXT NOT NULL,                              -- JSON, as it was asked
	by       TEXT NOT NULL,
	state    INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6), -- enum command_state
	reason   TEXT NOT NULL,
	asked_at INTEGER NOT NULL,
	until    INTEGER NOT NULL,                           -- while it is queued: how long it waits
	took_ms  INTEGER NOT NULL,                           -- until it was confirmed; -1: it was not
	cause    INTEGER NOT NULL DEFAULT 0,                 -- enum command_cause
	cause_name TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO command_new SELECT id, device, entity, value, by, state, reason, asked_at, until, took_ms, cause, cause_name FROM command;
DROP TABLE command;
ALTER TABLE command_new RENAME TO command;
CREATE INDEX command_by_device ON command (device, id);
CREATE INDEX command_open ON command (id) WHERE state < 3;
