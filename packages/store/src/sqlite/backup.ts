import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { storeError } from '../errors.js';
import { type Connection } from './database.js';

/** Copies an open database, as it is at one moment, to a new file for its owner alone: whole, durable, or not at all. */
export async function backUp(connection: Connection, path: string): Promise<void> {
  const draft = `${path}.part`;
  try {
    await (await open(draft, 'wx', 0o600)).close();
  } catch (error) {
    throw asExists(error, draft);
  }
  try {
    await connection.backup(draft);
    await sync(draft);
    // Unlike a rename, a link never replaces an older backup.
    await link(draft, path).catch((error: unknown) => {
      throw asExists(error, path);
    });
  } finally {
    await rm(draft, { force: true });
  }
  await sync(dirname(path));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function asExists(error: unknown, path: string): unknown {
  return (error as NodeJS.ErrnoException).code === 'EEXIST'
    ? storeError('BACKUP_EXISTS', `${path} is there already; give another name, or remove it first`, {
        details: { path },
        cause: error,
      })
    : error;
}
