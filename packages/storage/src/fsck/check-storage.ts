import { isRpcError } from '@patchbay/core';

import { type Catalog } from '../catalog/catalog.js';
import { type VolumePool } from '../disks/volume-pool.js';
import { checkRecords, findUnreadable } from './check-catalog.js';
import { checkTargets, type TargetCheckServices } from './check-targets.js';
import { checkVolumes } from './check-volumes.js';
import { type Finding } from './finding.js';

export { type Finding, finding } from './finding.js';

/** What is checked; without a pool or targets, what there is. */
interface Checked extends Partial<TargetCheckServices> {
  readonly catalog: Catalog;
  readonly pool?: Pick<VolumePool, 'stats' | 'list' | 'foreign'>;
}

/** Compares the catalog, the files and the targets, and changes nothing. */
export async function checkStorage({ catalog, pool, targets, exports, naming }: Checked): Promise<Finding[]> {
  const unreadable = await findUnreadable(catalog);
  if (unreadable.length > 0) {
    return unreadable;
  }
  const findings = await checkRecords(catalog);
  if (pool !== undefined) {
    findings.push(...(await unlessAway('pool', () => checkVolumes(catalog, pool))));
  }
  if (targets !== undefined && exports !== undefined && naming !== undefined) {
    const host = { targets, exports, naming };
    findings.push(...(await unlessAway('targets', () => checkTargets(catalog, host))));
  }
  if (await catalog.isRestored()) {
    findings.push({
      severity: 'note',
      thing: 'catalog',
      problem: 'was restored from a backup, so that files without a record are kept',
      advice: 'look at them, bring back what matters, then call confirm_restore',
    });
  }
  return findings;
}

/** That a part is away is itself a finding, and no reason not to look at the others. */
async function unlessAway(thing: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!isRpcError(error)) {
      throw error;
    }
    return [{ severity: 'error', thing, problem: error.message, advice: 'then run fsck again' }];
  }
}
