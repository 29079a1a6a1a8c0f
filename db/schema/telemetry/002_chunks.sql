-- telemetry.db: the shelf of sealed history (db/shelf.h). Schema 1 had a row for every sample.

-- The id packs day, series and time, so that a day's chunks lie together and retention frees whole pages.
-- first and last are ms within the UTC day; they and count stand before the data so that looking at them reads no
-- more than the first page of a row.
CREATE TABLE chunk (
	id    INTEGER PRIMARY KEY,
	first INTEGER NOT NULL,
	last  INTEGER NOT NULL,
	count INTEGER NOT NULL,
	data  BLOB NOT NULL
) STRICT;

-- The id packs series, level and block: a chart reads blocks of one series.
CREATE TABLE rollup (
	id   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
) STRICT;

-- Days of series whose chunks have changed since their rollups were made.
CREATE TABLE pending (
	day    INTEGER NOT NULL,
	series INTEGER NOT NULL,
	PRIMARY KEY (day, series)
) STRICT, WITHOUT ROWID;

-- That no two series are of the same thing is the registry's business: here they may swap names in any order.
CREATE TABLE series (
	id           INTEGER PRIMARY KEY CHECK (id > 0),
	device       TEXT NOT NULL,
	entity       TEXT NOT NULL,
	topic        TEXT NOT NULL,
	path         TEXT NOT NULL,
	unit         TEXT NOT NULL,
	class        TEXT NOT NULL,
	kind         INTEGER NOT NULL, -- enum series_kind
	preset       INTEGER NOT NULL, -- enum recorder_preset
	interval_ms  INTEGER NOT NULL,
	deadband     REAL NOT NULL,
	raw_days     INTEGER NOT NULL, -- 0: as the house's policy says, -1: for ever
	rollup_years INTEGER NOT NULL,
	resolution_ms INTEGER NOT NULL
) STRICT;

-- The words of text series; a sample holds the code.
CREATE TABLE word (
	series   INTEGER NOT NULL,
	code     INTEGER NOT NULL,
	last_day INTEGER NOT NULL,
	text     TEXT NOT NULL,
	PRIMARY KEY (series, code)
) STRICT, WITHOUT ROWID;

-- Damaged chunks, for whoever can mend them. Columns as in chunk.
CREATE TABLE quarantine (
	number INTEGER PRIMARY KEY,
	chunk  INTEGER NOT NULL,
	at     INTEGER NOT NULL, -- ms since the epoch
	reason TEXT NOT NULL,
	first  INTEGER NOT NULL,
	last   INTEGER NOT NULL,
	count  INTEGER NOT NULL,
	data   BLOB NOT NULL
) STRICT;

-- mark: the journal's number up to which everything is in here. The others are sums over chunk, rollup and
-- quarantine, kept because counting would read the whole file.
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES
	('mark', 0), ('chunks', 0), ('samples', 0), ('chunk_bytes', 0), ('rollup_bytes', 0), ('quarantined', 0);
