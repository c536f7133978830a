import { z } from 'zod';

import { method } from '@patchbay/objects/define';

import { type Reconciler } from '../../reconcile/reconciler.js';
import { reconcileReport } from '../../reconcile/report.js';

/** Makes the methods by which operators look after the storage. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function upkeepMethods(reconciler: Reconciler) {
  return {
    reconcile: method({
      summary: 'Compare the pool and the targets with the catalog now, and put right what differs',
      options: {
        dryRun: z.boolean().default(false).describe('only tell what it would do'),
      },
      returns: reconcileReport,
      idempotent: true,
      run: ({ dryRun }) => (dryRun ? reconciler.foresee() : reconciler.run()),
    }),
  };
}
