import { images, snapshots, type Table, trash } from '../catalog/tables.js';
import type { VolumeRef } from '../disks/volume-pool.js';
import { keepImageName } from './image-names.js';
import { diskVolume } from './node-recovery.js';
import type { Outcome, RecoveryServices } from './recovery-services.js';

/** The states of records of one file each: images, snapshots, and disks in the trash. */
export type VolumeState = 'creating' | 'ready' | 'trashed' | 'deleting';

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
export function recoverImage(services: RecoveryServices, name: string): Promise<Outcome> {
  return recoverVolume(services, images, name, async (record) => {
    await keepImageName(services.catalog, record);
    return { kind: 'image', id: record.id };
  });
}

/** Recovers a snapshot. The caller holds the operation on its node. @throws what the pool throws */
export function recoverSnapshot(services: RecoveryServices, key: string): Promise<Outcome> {
  return recoverVolume(services, snapshots, key, ({ id }) => ({ kind: 'snapshot', id }));
}

/** Recovers a disk in the trash. The caller holds the operation on it. @throws what the pool throws */
export function recoverTrashed(services: RecoveryServices, diskId: string): Promise<Outcome> {
  return recoverVolume(services, trash, diskId, ({ disk }) => diskVolume(disk));
}

async function recoverVolume<T extends { readonly state: VolumeState }>(
  { catalog, pool }: RecoveryServices,
  table: Table<T>,
  key: string,
  volumeOf: (record: T) => VolumeRef | Promise<VolumeRef>,
): Promise<Outcome> {
  const record = await catalog.get(table, key);
  const outcome = record === undefined ? 'nothing' : planVolume(record.state);
  if (record !== undefined && outcome !== 'nothing') {
    await pool.ensureRemoved(await volumeOf(record));
    await catalog.transact((tx) => {
      tx.delete(table, key);
    });
  }
  return outcome;
}
