import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { makeDirectory } from '@patchbay/objects';

import type { Clock, Log } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import { fileLikeName } from '../names.js';

/** What the names of backups begin with that are made for a command on this host, and are gone once it has them. */
export const requestedPrefix = 'requested-';

/** The schema of a backup's name: it becomes a file's. */
export const backupName = fileLikeName.refine(
  (name) => !name.startsWith(requestedPrefix),
  `must not begin with "${requestedPrefix}"`,
);

/** What backups are taken with. */
export interface BackupServices {
  readonly catalog: Pick<Catalog, 'backUp'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly backupDirectory: string;
}

/** Writes a backup of the catalog, as it is at one revision, for its owner alone: it holds the CHAP secrets. */
export async function takeBackup(
  { catalog, clock, log, backupDirectory }: BackupServices,
  name = `catalog-${new Date(clock.now()).toISOString().replaceAll(':', '')}`,
): Promise<{ path: string; sizeBytes: number }> {
  makeDirectory(backupDirectory, 0o700);
  const path = join(backupDirectory, `${name}.jsonl`);
  await catalog.backUp(path);
  const { size } = await stat(path);
  log.info('the catalog was backed up', { path, sizeBytes: size });
  return { path, sizeBytes: size };
}

/** Removes what backups that were cut short left in a directory. Call it while none is under way. */
export async function removeUnfinishedBackups(directory: string): Promise<void> {
  makeDirectory(directory, 0o700);
  for (const name of await readdir(directory)) {
    if (/\.(?:sqlite|jsonl)\.part$/.test(name) || name.startsWith(requestedPrefix)) {
      await rm(join(directory, name), { force: true });
    }
  }
}
