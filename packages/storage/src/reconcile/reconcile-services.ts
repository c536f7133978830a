import type { Clock, Log } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import type { Operations } from '../concurrency/operations.js';
import type { VolumePool } from '../disks/volume-pool.js';
import type { Exports } from '../provision/exports.js';
import type { Naming } from '../provision/naming.js';
import type { Recovery } from '../provision/recovery.js';
import type { TargetHost } from '../targets/target-host.js';

/** What the reconciler compares, and what it puts right with. */
export interface ReconcileServices {
  readonly catalog: Catalog;
  readonly pool: VolumePool;
  readonly targets: TargetHost;
  readonly exports: Exports;
  readonly naming: Naming;
  readonly operations: Operations;
  readonly recovery: Recovery;
  readonly clock: Clock;
  readonly log: Log;
}
