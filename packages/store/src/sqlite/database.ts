import { accessSync, closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

import { makeDirectory } from '@patchbay/objects';
import Database from 'better-sqlite3';

import { asStoreError } from '../as-store-error.js';
import { storeError } from '../errors.js';
import { applicationId, schema, schemaVersion, tablesWithoutChecksum } from './schema.js';

/** An open file of SQLite. */
export type Connection = Database.Database;

/** What a file of SQLite is for, and how it is kept. */
export interface DatabaseFormat {
  /** Marks the file, in SQLite's `application_id`. */
  readonly applicationId: number;
  /** The version that this program writes, in the file's `user_version`. Those before it can be read. */
  readonly version: number;
  /** What the file is, for errors, such as `a store`. */
  readonly title: string;
  /** Creates the tables. */
  readonly schema: string;
  /** Whether each commit is on the disk when it returns (`FULL`), or a power cut may lose the last ones (`NORMAL`). */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Whether opening it reads the whole file, and refuses a damaged one. */
  readonly checksPages: boolean;
  /** Adds what older programs did not write. Default: nothing. */
  readonly upgrade?: (connection: Connection) => void;
}

/** The format of a store's file. */
export const storeFormat: DatabaseFormat = {
  applicationId,
  version: schemaVersion,
  title: 'a store',
  schema,
  synchronous: 'FULL',
  checksPages: true,
  upgrade: (connection) => {
    for (const table of connection.prepare<[], string>(tablesWithoutChecksum).pluck().all()) {
      connection.exec(`ALTER TABLE ${table} ADD COLUMN checksum INTEGER`);
    }
  },
};

/**
 * Opens a file for this process alone; creates it, and its directory, when it is not there.
 *
 * @param file what errors call it; default: its path
 * @throws RpcError `STORE_LOCKED`, `STORE_DAMAGED`, `STORE_VERSION_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_FAILED`
 */
export function openDatabase(path: string, format: DatabaseFormat, file = path): Connection {
  let connection: Connection | undefined;
  try {
    createPrivateFile(path);
    connection = new Database(path, { fileMustExist: true, timeout: 0 });
    // The lock is the kernel's and goes with the process, so that a killed one leaves nothing to clean up.
    connection.pragma('locking_mode = EXCLUSIVE');
    const version = readVersion(connection, format, file);
    connection.pragma('journal_mode = WAL');
    // In WAL mode only FULL syncs at every commit; the default loses the last ones at a power cut.
    connection.pragma(`synchronous = ${format.synchronous}`);
    connection.pragma('foreign_keys = ON');
    // In KiB. What is read often is in a mirror; these are the pages that commits read and write.
    connection.pragma('cache_size = -4000');
    connection.pragma('journal_size_limit = 67108864');
    // Pages that many commits in a row write go to the file once, not at each of them.
    connection.pragma('wal_autocheckpoint = 4000');
    if (version === 0) {
      createTables(connection, format);
    }
    if (format.checksPages) {
      checkPages(connection, file);
    }
    format.upgrade?.(connection);
    if (version !== 0 && version !== format.version) {
      // What the older program wrote is read as it is; it cannot read what is written from now on.
      writeVersion(connection, format.version);
    }
    return connection;
  } catch (error) {
    connection?.close();
    throw asStoreError(error, file);
  }
}

/** Writes what is there already. Other than a statement that changes no row, this needs a disk that can be written. */
export function rewriteVersion(connection: Connection): void {
  writeVersion(connection, schemaVersion);
}

function writeVersion(connection: Connection, version: number): void {
  connection.pragma(`user_version = ${String(version)}`);
}

function createPrivateFile(file: string): void {
  const directory = dirname(file);
  try {
    makeDirectory(directory, 0o700);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? storeError(
          'STORE_READ_ONLY',
          `${directory} cannot be made in its file system; name another directory`,
          {
            cause: error,
            details: { directory },
          },
        )
      : error;
  }
  accessSync(directory, constants.W_OK);
  try {
    // Exclusively, because closing a second descriptor of an open store would drop this process's lock on it.
    const created = openSync(file, 'wx', 0o600);
    fchmodSync(created, 0o600); // whatever the umask
    closeSync(created);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
    accessSync(file, constants.W_OK); // SQLite would read what it cannot write, and stumble later
  }
}

/** Returns the file's version, 0 for a new one; refuses another program's file and a newer version's, before any write. */
function readVersion(connection: Connection, format: DatabaseFormat, file: string): number {
  const version = connection.pragma('user_version', { simple: true }) as number;
  const application = connection.pragma('application_id', { simple: true }) as number;
  const tables = connection.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  if (version === 0 && application === 0 && tables === 0) {
    return 0;
  }
  if (application !== format.applicationId) {
    throw storeError(
      'STORE_DAMAGED',
      `${file} is not ${format.title}, but a database of another program; move it away`,
      {
        details: { file },
      },
    );
  }
  if (version > format.version) {
    throw storeError(
      'STORE_VERSION_NEWER',
      `${file} has version ${String(version)}, this program knows ${String(format.version)}; install the newer program`,
      { details: { file, version, knownVersion: format.version } },
    );
  }
  return version;
}

function createTables(connection: Connection, format: DatabaseFormat): void {
  connection
    .transaction(() => {
      connection.exec(format.schema);
      connection.pragma(`application_id = ${String(format.applicationId)}`);
      writeVersion(connection, format.version);
    })
    .exclusive();
}

function checkPages(connection: Connection, file: string): void {
  const verdict = connection.pragma('quick_check(1)', { simple: true }) as string;
  if (verdict !== 'ok') {
    throw storeError('STORE_DAMAGED', `${file} is damaged; restore it from a backup, or move it away`, {
      details: { file, verdict },
    });
  }
}
