import { trash } from '../catalog/tables.js';
import { diskResource } from '../provision/resources.js';
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

/** Deletes the disks whose time in the trash has passed. */
export async function emptyExpiredTrash(round: Round): Promise<void> {
  const { report, dryRun, services } = round;
  const { catalog, serviceTime, recovery } = services;
  await countDown(round);
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
