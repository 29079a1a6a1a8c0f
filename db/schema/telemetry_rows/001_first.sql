-- telemetry.db: what the house measured. Times are ms since the epoch, UTC.

CREATE TABLE series (
	id     INTEGER PRIMARY KEY CHECK (id > 0), -- chosen by the hub's sampler
	device TEXT NOT NULL CHECK (device <> ''),
	entity TEXT NOT NULL CHECK (entity <> ''),
	unit   TEXT NOT NULL,
	kind   INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2), -- enum series_kind
	UNIQUE (device, entity)
) STRICT;

-- No foreign key to series: it costs a third more CPU a sample, and the writer
-- asks a cache of the known series instead.
CREATE TABLE sample (
	series INTEGER NOT NULL,
	at     INTEGER NOT NULL,
	value  REAL NOT NULL,
	PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;
