-- hub.db: what entities reported last, for the time after a restart until they report again.

CREATE TABLE reported (
	device TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	entity TEXT NOT NULL,
	state  TEXT NOT NULL, -- JSON, as pages get it
	at     INTEGER NOT NULL,
	PRIMARY KEY (device, entity)
) STRICT, WITHOUT ROWID;
