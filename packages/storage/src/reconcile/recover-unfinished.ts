import { trash } from '../catalog/tables.js';
import { diskResource } from '../provision/resources.js';
import { expireTrashed } from '../provision/trash.js';
import type { ReconcileServices } from './reconcile-services.js';
import type { Round } from './report.js';

/** Finishes or undoes whatever is unfinished and has no operation under way. */
export async function recoverUnfinished(
  { operations, recovery }: ReconcileServices,
  round: Round,
): Promise<void> {
  const { report, dryRun } = round;
  for (const { name, resource, recover, plan } of await recovery.unfinished()) {
    await round.attempt(name, async () => {
      const outcome = await operations.maintain(resource, async () => (dryRun ? plan() : recover()));
      // It is `nothing` when an operation has finished it meanwhile.
      if (outcome !== 'nothing') {
        report[outcome === 'rolled-back' ? 'rolledBack' : outcome].push(name);
      }
    });
  }
}

/** Deletes the disks whose time in the trash has passed. */
export async function emptyExpiredTrash(services: ReconcileServices, round: Round): Promise<void> {
  const { catalog, clock, operations, recovery } = services;
  const { report, dryRun } = round;
  for (const { key, value } of await catalog.list(trash)) {
    const name = diskResource(key);
    if (value.state === 'trashed' && value.untilMs <= clock.now()) {
      await round.attempt(name, async () => {
        const done = await operations.maintain(
          name,
          async () => dryRun || expireTrashed(services, recovery, key),
        );
        if (done === 'busy') {
          report.busy.push(name);
        } else if (done) {
          report.expired.push(name);
        }
      });
    }
  }
}
