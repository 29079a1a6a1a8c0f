-- hub.db: how each person has arranged the own Home page. What is not named here stands where it would anyway.

CREATE TABLE home_list (
	account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	place   INTEGER NOT NULL,
	room    TEXT,              -- '': what is in none; NULL: the favourites
	PRIMARY KEY (account, place),
	UNIQUE (account, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE home_card (
	account INTEGER NOT NULL,
	list    INTEGER NOT NULL,  -- its place
	place   INTEGER NOT NULL,
	device  TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	entity  TEXT NOT NULL,     -- '': the one card of all that the device measures
	PRIMARY KEY (account, list, place),
	UNIQUE (account, list, device, entity),
	FOREIGN KEY (account, list) REFERENCES home_list (account, place) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX home_card_by_device ON home_card (device);
