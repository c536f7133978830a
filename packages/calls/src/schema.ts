import type { DatabaseFormat } from '@patchbay/store';

/**
 * The file of a call log. Names and principals stand once, in tables of their own. The indexes end in the row's id, so
 * that each yields its rows in the order of time; that of correlation ids holds a checksum of them, which is shorter.
 */
export const callsFormat: DatabaseFormat = {
  applicationId: 0x5042636c, // "PBcl"
  version: 2,
  title: 'a call log',
  // A power cut may lose the last calls, and damages nothing.
  synchronous: 'NORMAL',
  checksPages: false, // a large file would take seconds; what is damaged is noticed when it is read
  upgrade: (connection) => {
    const ofReporter = "SELECT 1 FROM pragma_table_info('calls') WHERE name = 'reporter'";
    if (connection.prepare(ofReporter).get() === undefined) {
      connection.exec('ALTER TABLE calls ADD COLUMN reporter INTEGER'); // version 1 had none
    }
  },
  schema: `
    CREATE TABLE callers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE methods (
      id INTEGER PRIMARY KEY,
      object TEXT NOT NULL,
      method TEXT NOT NULL,
      UNIQUE (object, method)
    ) STRICT;
    CREATE TABLE peers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE calls (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      duration_us INTEGER NOT NULL,
      outgoing INTEGER NOT NULL,
      caller INTEGER NOT NULL,
      on_behalf INTEGER,
      method INTEGER NOT NULL,
      peer INTEGER,
      port INTEGER,
      code TEXT,
      reason TEXT,
      comment TEXT,
      call_id TEXT NOT NULL,
      correlation TEXT,
      chain INTEGER NOT NULL,
      arguments TEXT,
      answer_bytes INTEGER,
      answer TEXT,
      reporter INTEGER
    ) STRICT;
    CREATE INDEX calls_by_time ON calls (at);
    CREATE INDEX calls_by_caller ON calls (caller, at);
    CREATE INDEX calls_on_behalf ON calls (on_behalf, at) WHERE on_behalf IS NOT NULL;
    CREATE INDEX calls_by_method ON calls (method, at);
    CREATE INDEX calls_failed ON calls (at) WHERE code IS NOT NULL;
    CREATE INDEX calls_by_chain ON calls (chain);
  `,
};
