import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import type { CatalogReader } from '../catalog/catalog.js';
import { images, nodes, type OrphanRecord, orphans, snapshots, trash } from '../catalog/tables.js';
import type { VolumePool, VolumeRef } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import type { ImageName, NodeName } from '../names.js';
import type { OperationServices } from './operation-services.js';
import { hasDisk } from './trash.js';
import { diskResource, imageResource, nodeResource } from './resources.js';

const kinds = ['image', 'disk', 'snapshot'] as const;
const orphanId = new RegExp(`^(${kinds.join('|')})-(.+)$`);

/** Returns the volume that a volume without a record is set aside as. */
export function orphanOf({ kind, id }: VolumeRef): VolumeRef {
  return { kind: 'orphan', id: `${kind}-${id}` };
}

/** Returns what an orphan was; undefined for a name that it was not given by us. */
export function originOf({ id }: VolumeRef): OrphanRecord['volume'] | undefined {
  const [, kind, origin] = orphanId.exec(id) ?? [];
  const known = kinds.find((each) => each === kind);
  return known === undefined || origin === undefined ? undefined : { kind: known, id: origin };
}

/** What becomes of an orphan: the kept disk of a node, or an image. */
export type Adoption = { readonly node: NodeName } | { readonly image: ImageName };

/**
 * Takes an orphan back: as a disk that is kept for a node without one, or as an image. Before a restore is confirmed it
 * may still be in its place, even served to a node. Steps: move the file; write the record. Cut short between them, the
 * file is an orphan again after the grace period.
 *
 * @throws RpcError `ORPHAN_NOT_FOUND`, `NODE_EXISTS`, `IMAGE_EXISTS`, `DISK_IN_USE`, `QUOTA_EXCEEDED`, `OPERATION_PENDING`
 */
export async function adoptOrphan(
  services: OperationServices,
  id: string,
  adoption: Adoption,
  signal: AbortSignal,
): Promise<void> {
  const { intents, pool, catalog, admission, clock, log } = services;
  const orphan: VolumeRef = { kind: 'orphan', id };
  // Under its old id, it is the same orphan again if this is cut short.
  const formerId = z.uuid().safeParse(originOf(orphan)?.id).data;
  const volume: VolumeRef = { kind: 'node' in adoption ? 'disk' : 'image', id: formerId ?? randomUUID() };
  const { file, sizeBytes } = await findFile(services, orphan);
  if ('image' in adoption) {
    await refuseServed(services, file);
  }
  const resource = 'node' in adoption ? nodeResource(adoption.node) : imageResource(adoption.image);
  const createdAtMs = clock.now();
  await intents.run<null, undefined>(
    {
      resources: [resource, diskResource(volume.id)],
      kind: 'adopt',
      parameters: { id },
      intend: async (tx) => {
        if (await isRecorded(tx, file)) {
          throw noSuchOrphan(id);
        }
        if ('node' in adoption) {
          const present = await tx.get(nodes, adoption.node);
          if (present !== undefined) {
            throw hasDisk(present, 'name a node without one');
          }
          await admission.requireQuota(tx, { node: adoption.node, disks: 1, bytes: sizeBytes });
        } else if ((await tx.get(images, adoption.image)) !== undefined) {
          throw storageError('IMAGE_EXISTS', `image "${adoption.image}" exists; choose another name`, {
            details: { image: adoption.image },
          });
        }
        return { carryOut: null };
      },
      carryOut: async () => {
        if (file.kind !== volume.kind || file.id !== volume.id) {
          await pool.ensureReplaced(volume, file);
        }
        await catalog.transact((tx) => {
          if ('node' in adoption) {
            const disk = {
              id: volume.id,
              imageId: randomUUID(), // of no image that is known
              sourceSizeBytes: sizeBytes,
              sizeBytes,
              createdAtMs,
            };
            tx.put(nodes, adoption.node, { node: adoption.node, disk, state: 'detached' });
          } else {
            tx.put(images, adoption.image, {
              id: volume.id,
              name: adoption.image,
              source: `orphan:${id}`,
              tags: [],
              createdAtMs,
              state: 'ready',
              content: { sizeBytes, format: 'raw' },
            });
          }
          tx.delete(orphans, id);
        });
        log.info('adopted an orphan', { orphan: id, ...adoption });
        return undefined;
      },
    },
    signal,
  );
}

/** Finds the file of an orphan: where it was set aside or, before a restore is confirmed, in its place. */
async function findFile(
  { pool, catalog }: OperationServices,
  orphan: VolumeRef,
): Promise<{ readonly file: VolumeRef; readonly sizeBytes: number }> {
  const origin = (await catalog.restoredFrom()) === undefined ? undefined : originOf(orphan);
  for (const file of origin === undefined ? [orphan] : [orphan, origin]) {
    const stat = await pool.stat(file);
    if (stat !== undefined) {
      return { file, sizeBytes: stat.sizeBytes };
    }
  }
  throw noSuchOrphan(orphan.id);
}

/** Reports whether a record has a volume. */
async function isRecorded(reader: CatalogReader, { kind, id }: VolumeRef): Promise<boolean> {
  switch (kind) {
    case 'image':
      return (await reader.list(images)).some(({ value }) => value.id === id);
    case 'snapshot':
      return (await reader.list(snapshots)).some(({ value }) => value.id === id);
    case 'disk':
      return (
        (await reader.get(trash, id)) !== undefined ||
        (await reader.list(nodes)).some(
          ({ value }) => value.disk.id === id || (value.state === 'replacing' && value.stagedId === id),
        )
      );
    case 'orphan':
      return false;
  }
}

/** Refuses a file that a target serves, which a node would go on to write. @throws RpcError `DISK_IN_USE` */
async function refuseServed({ pool, targets }: OperationServices, file: VolumeRef): Promise<void> {
  const path = pool.path(file);
  const states = (await Promise.all(targets.daemons.map(({ daemon }) => targets.list(daemon)))).flat();
  const target = states.find(({ backingPaths }) => [...backingPaths.values()].includes(path));
  if (target !== undefined) {
    throw storageError(
      'DISK_IN_USE',
      `target ${target.iqn} still serves this disk; adopt it for a node, or call confirm_restore first`,
      { details: { target: target.iqn } },
    );
  }
}

/** Deletes an orphan for good; fine when it is not there. Reports whether it was. */
export async function deleteOrphan(
  { pool, catalog, log }: Pick<OperationServices, 'pool' | 'catalog' | 'log'>,
  id: string,
): Promise<boolean> {
  const orphan: VolumeRef = { kind: 'orphan', id };
  const isThere = (await pool.stat(orphan)) !== undefined;
  await pool.ensureRemoved(orphan);
  await forget({ catalog }, id);
  if (isThere) {
    log.info('deleted an orphan', { orphan: id });
  }
  return isThere;
}

/** Sets a volume aside that has no record. */
export async function setAside(
  { pool, ...services }: Pick<OperationServices, 'catalog' | 'pool' | 'serviceTime' | 'clock'>,
  volume: VolumeRef,
  keepMs: number,
): Promise<void> {
  const orphan = orphanOf(volume);
  await pool.ensureReplaced(orphan, volume);
  await noteOrphan(services, orphan, keepMs);
}

/** Writes down since when an orphan is set aside; it is kept for a time from then on. */
export async function noteOrphan(
  { catalog, serviceTime, clock }: Pick<OperationServices, 'catalog' | 'serviceTime' | 'clock'>,
  orphan: VolumeRef,
  keepMs: number,
): Promise<void> {
  const volume = originOf(orphan);
  if (volume !== undefined) {
    const dueMs = (await serviceTime.nowMs()) + keepMs;
    await catalog.transact((tx) => {
      tx.put(orphans, orphan.id, { volume, setAsideAtMs: clock.now(), dueMs });
    });
  }
}

/** Forgets an orphan whose file is gone. */
export async function forget({ catalog }: Pick<OperationServices, 'catalog'>, id: string): Promise<void> {
  await catalog.transact(async (tx) => {
    if ((await tx.get(orphans, id)) !== undefined) {
      tx.delete(orphans, id);
    }
  });
}

/** Lists the orphans in the pool. */
export async function listOrphans(pool: Pick<VolumePool, 'list'>): Promise<readonly VolumeRef[]> {
  return (await pool.list()).map(({ volume }) => volume).filter(({ kind }) => kind === 'orphan');
}

function noSuchOrphan(id: string): Error {
  return storageError('ORPHAN_NOT_FOUND', `no orphan ${id} is set aside in the pool; see list_orphans`, {
    details: { orphan: id },
  });
}
