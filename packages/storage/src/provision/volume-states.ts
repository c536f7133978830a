import type { Catalog } from '../catalog/catalog.js';
import { images, snapshotKey, snapshots, type Table, trash } from '../catalog/tables.js';
import { keepImageName } from './image-names.js';
import type { Outcome, RecoveryServices } from './recovery-services.js';

/** The states of records of one file each: images, snapshots, and disks in the trash. */
type VolumeState = 'creating' | 'ready' | 'trashed' | 'deleting';

interface VolumeRecovery {
  /** The steps, for the reference. */
  readonly steps: string;
  readonly outcome: Outcome;
}

/**
 * How a record is brought to rest that an operation left in a state. No caller was told of what is `creating`, so it is
 * undone; what is `deleting` was decided, so it is finished. docs/reference/storage.md has the same table; for nodes
 * see node-states.ts.
 */
export const volumeStates: Readonly<Record<VolumeState, VolumeRecovery | 'at rest'>> = {
  creating: { steps: 'remove the file, forget the record', outcome: 'rolled-back' },
  ready: 'at rest',
  trashed: 'at rest',
  deleting: { steps: 'remove the file, forget the record', outcome: 'finished' },
};

/** Reports what recovering a record in a state would come to, without doing it. */
export function planVolume(state: VolumeState): Outcome {
  const recovery = volumeStates[state];
  return recovery === 'at rest' ? 'nothing' : recovery.outcome;
}

/** Recovers an image. The caller holds the operation on it. @throws what the pool throws */
export async function recoverImage({ catalog, pool }: RecoveryServices, name: string): Promise<Outcome> {
  const record = await catalog.get(images, name);
  if (record === undefined || volumeStates[record.state] === 'at rest') {
    return 'nothing';
  }
  await keepImageName(catalog, record);
  await pool.ensureRemoved({ kind: 'image', id: record.id });
  await forget(catalog, images, name);
  return planVolume(record.state);
}

/** Recovers a snapshot. The caller holds the operation on its node. @throws what the pool throws */
export async function recoverSnapshot({ catalog, pool }: RecoveryServices, key: string): Promise<Outcome> {
  const record = await catalog.get(snapshots, key);
  if (record === undefined || volumeStates[record.state] === 'at rest') {
    return 'nothing';
  }
  await pool.ensureRemoved({ kind: 'snapshot', id: record.id });
  await forget(catalog, snapshots, key);
  return planVolume(record.state);
}

/** Recovers all snapshots of a node. */
export async function recoverSnapshotsOf(services: RecoveryServices, node: string): Promise<void> {
  for (const { key } of await services.catalog.list(snapshots, snapshotKey(node, ''))) {
    await recoverSnapshot(services, key);
  }
}

/** Recovers a disk in the trash. The caller holds the operation on it. @throws what the pool throws */
export async function recoverTrashed({ catalog, pool }: RecoveryServices, diskId: string): Promise<Outcome> {
  const record = await catalog.get(trash, diskId);
  if (record === undefined || volumeStates[record.state] === 'at rest') {
    return 'nothing';
  }
  await pool.ensureRemoved({ kind: 'disk', id: diskId });
  await forget(catalog, trash, diskId);
  return planVolume(record.state);
}

function forget<T>(catalog: Catalog, table: Table<T>, key: string): Promise<void> {
  return catalog.transact((tx) => {
    tx.delete(table, key);
  });
}
