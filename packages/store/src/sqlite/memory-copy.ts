import Database from 'better-sqlite3';
import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Connection, openDatabase, storeFormat } from './database.js';

/**
 * Opens a copy in memory of a store that cannot be written, with what its log holds beyond its file; of one that is not
 * there, an empty store. SQLite cannot read a file in WAL mode where it can make no log beside it. The copy is merged in a
 * directory of its own, in memory where the system has one, which is gone when this returns.
 */
export function copyToMemory(file: string): Connection {
  const scratch = mkdtempSync(join(scratchDirectory(), 'patchbay-store-'));
  try {
    const copy = join(scratch, 'store.sqlite');
    for (const suffix of ['', '-wal']) {
      if (existsSync(file + suffix)) {
        copyFileSync(file + suffix, copy + suffix);
      }
    }
    const merged = openDatabase(copy, storeFormat, file);
    try {
      merged.pragma('journal_mode = DELETE');
      return new Database(merged.serialize());
    } finally {
      merged.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function scratchDirectory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
