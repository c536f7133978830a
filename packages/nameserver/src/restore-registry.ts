import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { readClusterKey, restoredEntries } from '@patchbay/authority';
import { type Clock, coreError, isRpcError, makeDirectory, systemClock } from '@patchbay/objects';
import { type Backup, openSqliteStore, readBackup, restoreBackup } from '@patchbay/store';

import { asOwnerOf } from './as-owner.js';
import { clusterKeyFile } from './own-identity.js';

/** What restoring a registry needs. */
export interface RestoreOptions {
  /** The backup that `nameserver backup` wrote. */
  readonly file: string;
  /** The directory of the registry, which no name server uses meanwhile; it is made when it is not there. */
  readonly stateDir: string;
  /** Default: the machine's own. */
  readonly clock?: Clock;
}

/** What was restored. */
export interface RestoredRegistry {
  /** The fingerprint of the cluster key that opens it. */
  readonly keyFingerprint: string;
  /** The file in which that key has to be. */
  readonly keyFile: string;
  /** The fingerprint of the key that is there; undefined where there is none. */
  readonly foundFingerprint: string | undefined;
  /** Where the former registry is; undefined where there was none. */
  readonly former: string | undefined;
}

const storeFile = 'store.sqlite';

/**
 * Makes a backup the registry of a state directory. What was there is kept beside it; cut short, either is there, whole.
 * Tokens are not restored.
 *
 * @throws RpcError `BACKUP_DAMAGED`, `AUTHORITY_MISSING` for a backup of something else, `CLUSTER_KEY_WRONG` where the
 *   key that is there cannot be read, `STORE_LOCKED` while a name server runs there
 */
export async function restoreRegistry({
  file,
  stateDir,
  clock = systemClock,
}: RestoreOptions): Promise<RestoredRegistry> {
  const backup = await readBackup(file);
  const { clusterKey } = backup.about;
  if (clusterKey === undefined) {
    throw coreError('AUTHORITY_MISSING', `${file} is not the backup of a name server: give another`, {
      details: { file },
    });
  }
  makeDirectory(stateDir, 0o700);
  return asOwnerOf(stateDir, () => put(backup, clusterKey, stateDir, clock));
}

async function put(
  backup: Backup,
  keyFingerprint: string,
  stateDir: string,
  clock: Clock,
): Promise<RestoredRegistry> {
  const keyFile = clusterKeyFile(stateDir);
  const foundFingerprint = readClusterKey(keyFile)?.fingerprint;
  const draft = `restored-${randomUUID()}.sqlite`;
  try {
    await fill(stateDir, draft, backup, clock);
    const former = existsSync(join(stateDir, storeFile)) ? await keepFormer(stateDir, clock) : undefined;
    await rename(join(stateDir, draft), join(stateDir, storeFile));
    await sync(stateDir);
    return { keyFingerprint, keyFile, foundFingerprint, former };
  } finally {
    for (const suffix of ['', '-wal', '-shm']) {
      await rm(join(stateDir, `${draft}${suffix}`), { force: true });
    }
  }
}

async function fill(directory: string, fileName: string, backup: Backup, clock: Clock): Promise<void> {
  await using store = await openSqliteStore({ directory, fileName, clock });
  const entries = restoredEntries(backup.entries, clock.now());
  await restoreBackup({ ...backup, entries }, store);
}

/** Keeps the registry that there was in a directory of its own, with its log, which is no log of the new one. */
async function keepFormer(directory: string, clock: Clock): Promise<string> {
  try {
    await (await openSqliteStore({ directory, clock }))[Symbol.asyncDispose]();
  } catch (error) {
    // A damaged one is what restoring is for; only one that is open must not be replaced.
    if (!isRpcError(error, 'STORE_DAMAGED')) {
      throw error;
    }
  }
  const former = join(directory, `replaced-${new Date(clock.now()).toISOString().replaceAll(':', '')}`);
  await mkdir(former, { mode: 0o700 });
  // It keeps its name as well until the new one takes it, so that at no time there is none.
  await link(join(directory, storeFile), join(former, storeFile));
  for (const name of [`${storeFile}-wal`, `${storeFile}-shm`]) {
    if (existsSync(join(directory, name))) {
      await rename(join(directory, name), join(former, name));
    }
  }
  await sync(former);
  return former;
}

async function sync(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
