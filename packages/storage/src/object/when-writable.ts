import type { Log } from '@patchbay/objects';

import { isUnwritable } from '../disks/file/pool-error.js';

/** Does work that can wait until the disk of the state directory can be written; returns undefined while it cannot. */
export async function whenWritable<T>(log: Log, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isUnwritable(error)) {
      throw error;
    }
    log.warn('the state directory cannot be written; trying again', { error });
    return undefined;
  }
}
