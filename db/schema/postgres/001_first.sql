-- The shelf in PostgreSQL (db/shelf.h), for any number of hubs. Ids, days and blocks as in telemetry.db.
CREATE SCHEMA tomte;

CREATE TABLE tomte.version (
	version bigint NOT NULL
);
INSERT INTO tomte.version (version) VALUES (0);

-- mark: the hub's journal number up to which everything is in here. revision: counts its commits.
CREATE TABLE tomte.hub (
	hub      text PRIMARY KEY,
	mark     bigint NOT NULL,
	revision bigint NOT NULL
);

CREATE TABLE tomte.chunk (
	hub   text NOT NULL,
	id    bigint NOT NULL,
	first bigint NOT NULL, -- ms within the UTC day
	last  bigint NOT NULL,
	count bigint NOT NULL,
	data  bytea NOT NULL,
	PRIMARY KEY (hub, id)
);
-- Compressed already: PostgreSQL shall not try.
ALTER TABLE tomte.chunk ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE tomte.rollup (
	hub    text NOT NULL,
	series bigint NOT NULL,
	level  bigint NOT NULL,
	block  bigint NOT NULL,
	data   bytea NOT NULL,
	PRIMARY KEY (hub, series, level, block)
);
ALTER TABLE tomte.rollup ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE tomte.pending (
	hub    text NOT NULL,
	day    bigint NOT NULL,
	series bigint NOT NULL,
	PRIMARY KEY (hub, day, series)
);

CREATE TABLE tomte.series (
	hub           text NOT NULL,
	id            bigint NOT NULL,
	device        text NOT NULL,
	entity        text NOT NULL,
	topic         text NOT NULL,
	path          text NOT NULL,
	unit          text NOT NULL,
	class         text NOT NULL,
	kind          bigint NOT NULL,
	preset        bigint NOT NULL,
	interval_ms   bigint NOT NULL,
	deadband      double precision NOT NULL,
	raw_days      bigint NOT NULL,
	rollup_years  bigint NOT NULL,
	resolution_ms bigint NOT NULL,
	PRIMARY KEY (hub, id)
);

CREATE TABLE tomte.word (
	hub      text NOT NULL,
	series   bigint NOT NULL,
	code     bigint NOT NULL,
	last_day bigint NOT NULL,
	text     text NOT NULL,
	PRIMARY KEY (hub, series, code)
);

CREATE TABLE tomte.quarantine (
	hub    text NOT NULL,
	number bigint GENERATED ALWAYS AS IDENTITY,
	chunk  bigint NOT NULL,
	at     bigint NOT NULL, -- ms since the epoch
	reason text NOT NULL,
	first  bigint NOT NULL,
	last   bigint NOT NULL,
	count  bigint NOT NULL,
	data   bytea NOT NULL,
	PRIMARY KEY (hub, number)
);
