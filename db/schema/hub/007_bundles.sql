-- hub.db: what people command as one: groups of entities, and scenes, in which each entity has a value. And why a command was given.

CREATE TABLE bundle (
	id   INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice; groups and scenes share the numbers
	kind INTEGER NOT NULL CHECK (kind IN (0, 1)), -- enum bundle_kind
	name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
	UNIQUE (kind, name)
) STRICT;

CREATE TABLE bundle_member (
	bundle INTEGER NOT NULL REFERENCES bundle (id) ON DELETE CASCADE,
	place  INTEGER NOT NULL,
	device TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	entity TEXT NOT NULL,
	value  TEXT NOT NULL, -- JSON, as a command has it; '' in a group
	PRIMARY KEY (bundle, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX bundle_member_by_device ON bundle_member (device);

ALTER TABLE command ADD COLUMN cause INTEGER NOT NULL DEFAULT 0; -- enum command_cause
ALTER TABLE command ADD COLUMN cause_name TEXT NOT NULL DEFAULT '';
