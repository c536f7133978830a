import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Clock, isRpcError, type Log, type RpcError, silentLog } from '@patchbay/objects';

import { asStoreError } from '../as-store-error.js';
import { StandInStore } from '../stand-in-store.js';
import type { Store } from '../store.js';
import type { OnWritable } from '../write-health.js';
import { openDatabase, storeFormat } from './database.js';
import { copyToMemory } from './memory-copy.js';
import { SqliteStore, type SqliteStoreParts } from './sqlite-store.js';

/** Where a store lives, and what it needs. */
export interface SqliteStoreOptions {
  /** The directory of the store's file; it is created, for its owner alone, when it is not there. */
  readonly directory: string;
  /** The file's name in the directory. Default: `store.sqlite`. */
  readonly fileName?: string;
  readonly clock: Clock;
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** How many of the last revisions a watcher may be behind without missing anything. Default: 10,000. */
  readonly historyRevisions?: number;
  /**
   * Whether a store whose disk is full or read-only at the opening is refused (the default), or read until it can be
   * written; then its writes throw the reason.
   */
  readonly whenUnwritable?: 'refuse' | 'read';
  /** Called when the store cannot be written any more, also at the opening, and when it can again. Default: nobody. */
  readonly onWritable?: OnWritable;
}

/**
 * Opens the store in a directory, for this process alone. The time of every lease in it begins anew.
 *
 * @throws RpcError `STORE_LOCKED`, `STORE_DAMAGED`, `STORE_VERSION_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_FAILED`
 */
export function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return new Promise((resolve) => {
    resolve(openOrStandIn(options));
  });
}

function openOrStandIn(options: SqliteStoreOptions): Store {
  const { directory, fileName = 'store.sqlite', whenUnwritable = 'refuse' } = options;
  const file = join(directory, fileName);
  const { clock, log = silentLog, historyRevisions = 10_000, onWritable = () => undefined } = options;
  const mayRead = whenUnwritable === 'read';
  const parts = { clock, log, historyRevisions, onWritable, mustWrite: !mayRead };
  try {
    return open(file, parts);
  } catch (error) {
    const failure = mayRead ? unwritable(error, file) : undefined;
    if (failure === undefined) {
      throw error;
    }
    const silent = { ...parts, log: silentLog, onWritable: () => undefined };
    return new StandInStore({
      copy: new SqliteStore(file, copyToMemory(file), { ...silent, refusal: failure }),
      failure,
      reopen: () => open(file, { ...parts, mustWrite: true }),
      clock,
      log,
      onWritable,
    });
  }
}

function open(file: string, parts: SqliteStoreParts): Store {
  const connection = openDatabase(file, storeFormat);
  try {
    return new SqliteStore(file, connection, parts);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Returns the error of opening a store if its disk is the reason, and the store can be read: it is there, or its disk is
 * just full. One that never was there and cannot be made is taken for a mistake in the configuration.
 */
function unwritable(error: unknown, file: string): RpcError | undefined {
  if (!isRpcError(error, 'STORE_FULL', 'STORE_READ_ONLY', 'STORE_FAILED')) {
    return undefined;
  }
  const failure = isRpcError(error, 'STORE_FULL') ? error : asStoreError(writeError(file), file);
  if (isRpcError(failure, 'STORE_FULL')) {
    return failure;
  }
  return isRpcError(failure) && failure.details.code === 'EROFS' && existsSync(file) ? failure : undefined;
}

/** Returns why nothing can be written beside a file; undefined if it can. */
function writeError(file: string): unknown {
  const probe = `${file}.${randomUUID()}`;
  try {
    writeFileSync(probe, 'x', { flag: 'wx', mode: 0o600 });
    return undefined;
  } catch (error) {
    return error;
  } finally {
    rmSync(probe, { force: true });
  }
}
