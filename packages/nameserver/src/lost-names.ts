import type { ObjectName } from '@patchbay/objects';
import type { Entry, Operation, Store } from '@patchbay/store';

import { nameOf } from './name-record.js';

/** Returns the writes that let a lease's holder know that it has lost a name. The notice goes with the lease. */
export function lossNotice(entry: Entry): readonly Operation[] {
  const { leaseId } = entry;
  return leaseId === undefined ? [] : [{ put: keyOfLoss(leaseId, nameOf(entry)), value: '', leaseId }];
}

/** Returns the names that a lease has lost. */
export async function lostNames(store: Pick<Store, 'range'>, leaseId: string): Promise<ObjectName[]> {
  const prefix = keyOfLoss(leaseId, '');
  const { entries } = await store.range({ prefix });
  return entries.map(({ key }) => key.slice(prefix.length) as ObjectName);
}

function keyOfLoss(leaseId: string, name: string): string {
  return `lost/${leaseId}/${name}`;
}
