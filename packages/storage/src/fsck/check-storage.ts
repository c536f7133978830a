import { isRpcError } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import type { VolumePool } from '../disks/volume-pool.js';
import { checkRecords, findUnreadable } from './check-catalog.js';
import { checkTargets, type TargetCheckServices } from './check-targets.js';
import { checkVolumes } from './check-volumes.js';
import type { Finding } from './finding.js';

export { type Finding, finding, refuseFindings, severities } from './finding.js';

/** The parts to check; those that are absent are skipped. */
interface Checked extends Partial<TargetCheckServices> {
  readonly catalog: Catalog;
  readonly pool?: Pick<VolumePool, 'stats' | 'list' | 'foreign'>;
}

/** Compares the catalog, the files and the targets, without changing anything. */
export async function checkStorage({ catalog, pool, targets, exports, naming }: Checked): Promise<Finding[]> {
  const unreadable = await findUnreadable(catalog);
  if (unreadable.length > 0) {
    return unreadable;
  }
  const findings = await checkRecords(catalog);
  if (pool !== undefined) {
    findings.push(...(await unlessUnavailable('pool', () => checkVolumes(catalog, pool))));
  }
  if (targets !== undefined && exports !== undefined && naming !== undefined) {
    const host = { targets, exports, naming };
    findings.push(...(await unlessUnavailable('targets', () => checkTargets(catalog, host))));
  }
  const restoredFrom = await catalog.restoredFrom();
  if (restoredFrom !== undefined) {
    findings.push({
      severity: 'note',
      resource: 'catalog',
      problem: `was restored from ${restoredFrom}, so files without a record are kept`,
      advice: 'examine them, bring back what matters, then call confirm_restore',
    });
  }
  return findings;
}

/** Reports an unavailable part as a finding, so that the others are still checked. */
async function unlessUnavailable(resource: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!isRpcError(error)) {
      throw error;
    }
    return [{ severity: 'error', resource, problem: error.message, advice: 'fix that, then run fsck again' }];
  }
}
