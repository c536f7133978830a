import type { ObjectName, Principal } from '@patchbay/objects';
import type { Entry, Operation, Store } from '@patchbay/store';

import { nameOf, storedIn } from './name-record.js';

/** Returns the writes that let a lease's holder know that it has lost a name. The notice goes with the lease. */
export function lossNotice(entry: Entry): readonly Operation[] {
  const { leaseId } = entry;
  // Its value is the lease's owner, who may have no name left that tells whose the lease is.
  return leaseId === undefined
    ? []
    : [{ put: keyOfLoss(leaseId, nameOf(entry)), value: storedIn(entry).host, leaseId }];
}

/** Returns the write that tells whose a lease without names is. */
export function ownerNotice(leaseId: string, owner: Principal): Operation {
  return { put: `lease/${leaseId}`, value: owner, leaseId };
}

/** Returns the owner of the lease on which a notice hangs; in those of earlier versions there is none. */
export function leaseOwnerIn({ value }: Entry): Principal {
  return value === '' ? 'local' : (value as Principal);
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
