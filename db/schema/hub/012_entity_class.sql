-- hub.db: what entities are by their owner's word, where the device does not say it, or wrongly.

CREATE TABLE entity_class (
	device TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	entity TEXT NOT NULL,
	class  TEXT NOT NULL CHECK (class <> ''),
	PRIMARY KEY (device, entity)
) STRICT, WITHOUT ROWID;
