-- hub.db: what the owner wants recorded of topics that are no device's.

CREATE TABLE record_rule (
	id           INTEGER PRIMARY KEY CHECK (id > 0),
	name         TEXT NOT NULL,
	filter       TEXT NOT NULL CHECK (filter <> ''),
	path         TEXT NOT NULL,                                 -- '' for the bare payload
	kind         INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3), -- enum series_kind
	unit         TEXT NOT NULL,
	device_class TEXT NOT NULL,
	preset       INTEGER NOT NULL CHECK (preset BETWEEN 0 AND 4), -- enum recorder_preset
	interval_ms  INTEGER NOT NULL CHECK (interval_ms >= 0),
	deadband     REAL NOT NULL CHECK (deadband >= 0),
	UNIQUE (filter, path)
) STRICT;
