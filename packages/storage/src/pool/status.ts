import { isRpcError } from '@patchbay/objects';
import { z } from 'zod';

import { listAlerts } from '../alerts/alerts.js';
import { findForeignAccess } from '../alerts/find-foreign-access.js';
import type { OperationServices } from '../provision/operation-services.js';
import { describeUnrecorded, isInUse, unrecordedTargets } from '../provision/unrecorded-targets.js';
import { assertServed } from '../targets/assert-served.js';

const problem = z.object({
  part: z.enum(['pool', 'targets', 'catalog']),
  reason: z.string().describe('the reason, as of an error'),
  message: z.string().describe('what is wrong, and what to do'),
});
type Problem = z.infer<typeof problem>;

export const storageStatus = z.object({
  state: z
    .enum(['ready', 'degraded'])
    .describe('degraded: some requests will be refused, or somebody has to look'),
  problems: z.array(problem),
});

/** Reports whether all parts work, and of each that does not, why. */
export async function statusOf(services: OperationServices): Promise<z.infer<typeof storageStatus>> {
  const problems = [
    ...(await troubleOf(services, 'catalog', async () => {
      await services.catalog.poolId();
      services.catalog.assertWritable();
    })),
    ...(await restoredCatalog(services)),
    ...(await troubleOf(services, 'pool', () => services.pool.requireRoom())),
    ...(await troubleOf(services, 'targets', () => assertServed(services.targets))),
    ...(await alertsOf(services)),
    ...(await targetsWithoutRecord(services)),
  ];
  return { state: problems.length === 0 ? 'ready' : 'degraded', problems };
}

/** Returns the problems that alerts have been raised for, and those that the next reconcile would raise one for. */
async function alertsOf({ catalog, targets, exports }: OperationServices): Promise<Problem[]> {
  try {
    const raised = (await listAlerts(catalog)).filter(({ kind }) => kind !== 'foreign-access');
    const foreign = await findForeignAccess(catalog, { targets, exports });
    return [
      ...raised.map(({ node, message }) => ({ node, message, reason: 'SESSION_CONFLICT' })),
      ...foreign.map((found) => ({ ...found, reason: 'FOREIGN_ACCESS' })),
    ].map(({ node, message, reason }) => ({
      part: 'targets',
      reason,
      message: `node "${node}": ${message}`,
    }));
  } catch {
    return []; // the trouble of the catalog or of the targets is told above
  }
}

/** Returns what serves a node although a restored catalog does not know it. */
async function targetsWithoutRecord({ catalog, targets, naming }: OperationServices): Promise<Problem[]> {
  try {
    if ((await catalog.restoredFrom()) === undefined) {
      return [];
    }
    const perDaemon = await Promise.all(targets.daemons.map(({ daemon }) => targets.list(daemon)));
    const found = await unrecordedTargets(catalog, naming, perDaemon.flat());
    return await Promise.all(
      found.filter(isInUse).map(async (target) => ({
        part: 'targets' as const,
        reason: 'TARGET_WITHOUT_RECORD',
        message: await describeUnrecorded(catalog, naming, target),
      })),
    );
  } catch {
    return []; // the trouble of the catalog or of the targets is told above
  }
}

async function restoredCatalog({ catalog }: OperationServices): Promise<Problem[]> {
  const from = await catalog.restoredFrom().catch(() => undefined); // its own trouble is told above
  return from === undefined
    ? []
    : [
        {
          part: 'catalog',
          reason: 'CATALOG_RESTORED',
          message: `the catalog was restored from ${from}; files that it does not know are kept until confirm_restore; see fsck`,
        },
      ];
}

async function troubleOf(
  { log }: OperationServices,
  part: Problem['part'],
  check: () => Promise<void>,
): Promise<Problem[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (!isRpcError(error)) {
      log.error('a part of the storage failed unexpectedly', { part, error });
    }
    return [{ part, ...shownFailure(error) }];
  }
}

/** Describes a failure as callers may see it: an unexpected error's message stays in the log. */
export function shownFailure(error: unknown): Pick<Problem, 'reason' | 'message'> {
  return isRpcError(error)
    ? { reason: error.reason, message: error.message }
    : { reason: 'UNEXPECTED', message: 'failed unexpectedly; the server logged it' };
}
