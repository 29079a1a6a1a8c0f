-- hub.db: guests, who see chosen rooms; passwords that must be changed; where sessions come from; API tokens.
-- A CHECK cannot be altered, so the table is made anew (sqlite.org/lang_altertable.html, foreign keys are off here).

CREATE TABLE account_new (
	id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
	password    TEXT NOT NULL,                     -- Argon2id string
	role        INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3), -- enum role
	must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)),
	created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO account_new SELECT id, name, password, role, 0, created_at FROM account ORDER BY id;
-- The highest id ever given, also when its account is gone.
DELETE FROM sqlite_sequence WHERE name = 'account_new';
INSERT INTO sqlite_sequence SELECT 'account_new', seq FROM sqlite_sequence WHERE name = 'account';
DROP TABLE account;
ALTER TABLE account_new RENAME TO account;

-- What a guest sees: the rooms' names as devices have them.
CREATE TABLE account_room (
	account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	room    TEXT NOT NULL CHECK (room <> ''),
	PRIMARY KEY (account, room)
) STRICT, WITHOUT ROWID;

ALTER TABLE web_session ADD COLUMN address TEXT NOT NULL DEFAULT '';

CREATE TABLE api_token (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	account    INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
	name       TEXT NOT NULL CHECK (name <> ''),
	scope      INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 2), -- enum token_scope
	created_at INTEGER NOT NULL,
	used_at    INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_token_by_account ON api_token (account);
