-- hub.db: other hardware in a device's place, and what was last heard of each device.

-- Whose place the device takes that redeems the key; '' for a new device. A key that is new and names an identity is for that
-- identity alone: it renews its own credentials.
ALTER TABLE provisioning_key ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
CREATE INDEX provisioning_key_by_replaced ON provisioning_key (replaces);

ALTER TABLE device ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0; -- when it came or went
ALTER TABLE device ADD COLUMN parting INTEGER NOT NULL DEFAULT 0;    -- enum parting

-- What a device of others that took the place of another calls its entities, and as what they go on.
CREATE TABLE device_alias (
	device    TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
	described TEXT NOT NULL CHECK (described <> ''),
	entity    TEXT NOT NULL CHECK (entity <> ''),
	PRIMARY KEY (device, described),
	UNIQUE (device, entity)
) STRICT, WITHOUT ROWID;

-- The topic that a client's device was set to.
ALTER TABLE client ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
