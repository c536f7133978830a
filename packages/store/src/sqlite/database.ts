import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';

import { makeDirectory } from '@patchbay/objects';
import Database from 'better-sqlite3';

import { asStoreError } from '../as-store-error.js';
import { storeError } from '../errors.js';
import { applicationId, schema, schemaVersion, tablesWithoutChecksum } from './schema.js';

/** An open file of SQLite. */
export type Connection = Database.Database;

/**
 * Opens the store's file for this process alone; creates it, and its directory, when it is not there.
 *
 * @param file what errors call it; default: its path
 * @throws RpcError `STORE_LOCKED`, `STORE_DAMAGED`, `STORE_VERSION_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_FAILED`
 */
export function openDatabase(path: string, file = path): Connection {
  let connection: Connection | undefined;
  try {
    createPrivateFile(path);
    connection = new Database(path, { fileMustExist: true, timeout: 0 });
    // The lock is the kernel's and goes with the process, so that a killed one leaves nothing to clean up.
    connection.pragma('locking_mode = EXCLUSIVE');
    const version = readVersion(connection, file);
    connection.pragma('journal_mode = WAL');
    // In WAL mode only FULL syncs at every commit; the default loses the last ones at a power cut.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    // In KiB. What is read often is in a mirror; these are the pages that commits read and write.
    connection.pragma('cache_size = -4000');
    connection.pragma('journal_size_limit = 67108864');
    // Pages that many commits in a row write go to the file once, not at each of them.
    connection.pragma('wal_autocheckpoint = 4000');
    if (version === 0) {
      createTables(connection);
    }
    checkPages(connection, file);
    for (const table of connection.prepare<[], string>(tablesWithoutChecksum).pluck().all()) {
      connection.exec(`ALTER TABLE ${table} ADD COLUMN checksum INTEGER`);
    }
    if (version !== 0 && version !== schemaVersion) {
      // What the older program wrote is read as it is; it cannot read what is written from now on.
      rewriteVersion(connection);
    }
    return connection;
  } catch (error) {
    connection?.close();
    throw asStoreError(error, file);
  }
}

/** Writes what is there already. Other than a statement that changes no row, this needs a disk that can be written. */
export function rewriteVersion(connection: Connection): void {
  connection.pragma(`user_version = ${String(schemaVersion)}`);
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
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
    accessSync(file, constants.W_OK); // SQLite would read what it cannot write, and stumble later
  }
}

/** Returns the file's version, 0 for a new one; refuses another program's file and a newer version's, before any write. */
function readVersion(connection: Connection, file: string): number {
  const version = connection.pragma('user_version', { simple: true }) as number;
  const application = connection.pragma('application_id', { simple: true }) as number;
  const tables = connection.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  if (version === 0 && application === 0 && tables === 0) {
    return 0;
  }
  if (application !== applicationId) {
    throw storeError('STORE_DAMAGED', `${file} is a database of another program; move it away`, {
      details: { file },
    });
  }
  if (version > schemaVersion) {
    throw storeError(
      'STORE_VERSION_NEWER',
      `${file} has version ${String(version)}, this program knows ${String(schemaVersion)}; install the newer program`,
      { details: { file, version, knownVersion: schemaVersion } },
    );
  }
  return version;
}

function createTables(connection: Connection): void {
  connection
    .transaction(() => {
      connection.exec(schema);
      connection.pragma(`application_id = ${String(applicationId)}`);
      connection.pragma(`user_version = ${String(schemaVersion)}`);
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
