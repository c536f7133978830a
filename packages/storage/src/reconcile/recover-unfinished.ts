import type { Transaction } from '../catalog/catalog.js';
import { images, nodes, snapshots, trash } from '../catalog/tables.js';
import { forgetNode } from '../provision/node-recovery.js';
import { diskResource, imageResource, nodeResource } from '../provision/resources.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { expireTrashed } from '../provision/trash.js';
import type { Round } from './report.js';

/** Finishes or undoes whatever is unfinished and has no operation under way. */
export async function recoverUnfinished(round: Round): Promise<void> {
  const { report, dryRun, services } = round;
  for (const { name, resource, recover, plan } of await services.recovery.unfinished()) {
    // It is `nothing` when an operation has finished it meanwhile.
    const outcome = await round.maintain(name, resource, async () => (dryRun ? plan() : recover()));
    if (outcome === 'finished') {
      report.finished.push(name);
    } else if (outcome === 'rolled-back') {
      report.rolledBack.push(name);
    }
  }
}

/**
 * Forgets what a restored catalog says is being created, as nobody knows how that ended after the backup. Undoing it would
 * delete a disk that was acknowledged; its file is kept like others without a record.
 */
export async function forgetCreating(round: Round): Promise<void> {
  const { report, services } = round;
  const { catalog, claims } = services;
  if ((await catalog.restoredFrom()) === undefined) {
    return;
  }
  const forget = async (name: string, drop: (tx: Transaction) => void | Promise<void>): Promise<void> => {
    await round.attempt(name, async () => {
      await catalog.transact(drop);
      report.rolledBack.push(name);
    });
  };
  for (const { key, value } of await catalog.list(nodes)) {
    if (value.state === 'creating') {
      await forget(nodeResource(key), (tx) => forgetNode(tx, claims, value));
    }
  }
  for (const { key, value } of await catalog.list(images)) {
    if (value.state === 'creating') {
      await forget(imageResource(key), (tx) => {
        tx.delete(images, key);
      });
    }
  }
  for (const { key, value } of await catalog.list(snapshots)) {
    if (value.state === 'creating') {
      await forget(`snapshot:${fullName(value)}`, (tx) => {
        tx.delete(snapshots, key);
      });
    }
  }
}

/**
 * Deletes the disks whose time in the trash has passed; none while a restore is not confirmed, as they may have been taken
 * out of the trash after the backup.
 */
export async function emptyExpiredTrash(round: Round): Promise<void> {
  const { report, dryRun, services } = round;
  const { catalog, serviceTime, recovery } = services;
  await countDown(round);
  if ((await catalog.restoredFrom()) !== undefined) {
    return;
  }
  const nowMs = await serviceTime.nowMs();
  for (const { key, value } of await catalog.list(trash)) {
    const name = diskResource(key);
    if (value.state === 'trashed' && (value.dueMs ?? Infinity) <= nowMs) {
      const expire = async (): Promise<boolean> => dryRun || expireTrashed(services, recovery, key);
      if (await round.maintain(name, name, expire)) {
        report.expired.push(name);
      }
    }
  }
}

/** Lets the time of disks count from now that an earlier version put into the trash: by its clock, which may be wrong. */
async function countDown({ dryRun, services: { catalog, serviceTime } }: Round): Promise<void> {
  for (const { key, value } of dryRun ? [] : await catalog.list(trash)) {
    if (value.dueMs === undefined && value.state === 'trashed') {
      const dueMs = (await serviceTime.nowMs()) + Math.max(0, value.untilMs - value.trashedAtMs);
      await catalog.transact((tx) => {
        tx.put(trash, key, { ...value, dueMs });
      });
    }
  }
}
