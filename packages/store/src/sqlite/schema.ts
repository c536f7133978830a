/**
 * The version of a store and of what is in it; it stands in the file's `user_version`. Version 2 has the same tables as
 * version 1, but its registry has no index of metadata, and its catalog refers to images by their ids alone, which the
 * programs of version 1 cannot read. The column of checksums came later, to version 2: a program that does not know it
 * leaves it empty.
 */
export const schemaVersion = 2;

/** Marks the file as a store of Patchbay ("PBay"), in SQLite's `application_id`. */
export const applicationId = 0x50426179;

/**
 * Creates the tables. Text compares by its UTF-8 bytes (SQLite's BINARY collation), so that a prefix is an interval
 * of the primary key. `changes` holds the history that watchers read; `state.compacted` is the last revision that
 * it has forgotten.
 */
export const schema = `
  CREATE TABLE state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    revision INTEGER NOT NULL,
    compacted INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (1, 0, 0);

  CREATE TABLE leases (
    lease_id TEXT PRIMARY KEY,
    ttl_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entries (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    create_revision INTEGER NOT NULL,
    mod_revision INTEGER NOT NULL,
    lease_id TEXT REFERENCES leases,
    checksum INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_by_lease ON entries (lease_id) WHERE lease_id IS NOT NULL;

  CREATE TABLE changes (
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('put', 'delete')),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    create_revision INTEGER NOT NULL,
    mod_revision INTEGER NOT NULL,
    lease_id TEXT,
    checksum INTEGER,
    PRIMARY KEY (revision, position)
  ) STRICT, WITHOUT ROWID;
`;

/** Finds the tables that have no checksums yet. */
export const tablesWithoutChecksum = `
  SELECT name FROM sqlite_schema WHERE name IN ('entries', 'changes')
    AND NOT EXISTS (SELECT 1 FROM pragma_table_info(sqlite_schema.name) WHERE name = 'checksum')
`;
