import type { Clock, Log } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import { type ScheduleRecord, schedules, snapshotKey } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { NodeName, SnapshotName, TimeZone } from '../names.js';
import { requireNode, requireReadyNode } from '../provision/node-lookup.js';
import { nextTime } from './cron.js';
import { serverZone } from './zone.js';

/** How many schedules a node may have, so that one commit can remove them all. */
const mostSchedules = 32;

/** What snapshots are scheduled with. */
export interface ScheduleServices {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Schedules snapshots of a node's disk, in one commit; an identical schedule is kept. A schedule follows its node, also
 * when the node is renamed, and is removed with it.
 * @throws RpcError `SCHEDULE_INVALID`, `SCHEDULE_EXISTS`, `SCHEDULES_EXHAUSTED`, `NODE_NOT_FOUND`, `NODE_DETACHED`
 */
export async function scheduleSnapshots(
  { catalog, clock, log }: ScheduleServices,
  request: Pick<ScheduleRecord, 'node' | 'cron' | 'name' | 'keep'> & { readonly zone: TimeZone },
): Promise<ScheduleRecord> {
  const { node, name, cron, zone, keep } = request;
  const nextAtMs = nextTime(request, clock.now());
  return await catalog.transact(async (tx) => {
    await requireReadyNode(tx, node);
    const present = await tx.get(schedules, snapshotKey(node, name));
    if (present !== undefined) {
      const { zone: itsZone = serverZone() } = present;
      if (present.cron === cron && itsZone === zone && present.keep === keep) {
        return present;
      }
      throw storageError(
        'SCHEDULE_EXISTS',
        `node "${node}" already has the schedule "${name}": "${present.cron}" in ${itsZone}, keep ${String(present.keep)}; unschedule it first, or choose another --name`,
        { details: { node, name, cron: present.cron, zone: itsZone, keep: present.keep } },
      );
    }
    if ((await tx.list(schedules, snapshotKey(node, ''))).length >= mostSchedules) {
      throw storageError(
        'SCHEDULES_EXHAUSTED',
        `node "${node}" has ${String(mostSchedules)} schedules, which is the most; unschedule one first`,
        { details: { node, mostSchedules } },
      );
    }
    const record: ScheduleRecord = { node, name, cron, zone, keep, nextAtMs };
    tx.put(schedules, snapshotKey(node, name), record);
    log.info('snapshots were scheduled', { node, schedule: name, cron, zone, keep });
    return record;
  });
}

/** Lists the schedules of a node, or of all. @throws RpcError `NODE_NOT_FOUND` */
export async function listSchedules(
  { catalog }: Pick<ScheduleServices, 'catalog'>,
  node?: NodeName,
): Promise<readonly ScheduleRecord[]> {
  const within = node === undefined ? undefined : snapshotKey(node, '');
  const found = (await catalog.list(schedules, within)).map(({ value }) => value);
  if (node !== undefined && found.length === 0) {
    await requireNode(catalog, node);
  }
  return found;
}

/** Removes a node's schedule of a name, or all, in one commit, and returns their names; the snapshots are kept. */
export function unschedule(
  { catalog, log }: ScheduleServices,
  node: NodeName,
  name?: SnapshotName,
): Promise<readonly SnapshotName[]> {
  return catalog.transact(async (tx) => {
    const found = (await tx.list(schedules, snapshotKey(node, ''))).map(({ value }) => value.name);
    const removed = found.filter((each) => name === undefined || each === name);
    for (const each of removed) {
      tx.delete(schedules, snapshotKey(node, each));
      log.info('a schedule of snapshots was removed', { node, schedule: each });
    }
    return removed;
  });
}
