import type { Clock } from '@patchbay/objects';

import type { ServiceTime } from '../catalog/service-time.js';
import type { Catalog } from '../catalog/catalog.js';
import type { VolumePool } from '../disks/volume-pool.js';
import type { TargetClaims } from './target-claims.js';

/** The outcome of recovering a record, or of planning to. */
export type Outcome = 'nothing' | 'finished' | 'rolled-back';

export interface RecoveryServices {
  readonly catalog: Catalog;
  readonly pool: Pick<VolumePool, 'stat' | 'ensureRemoved' | 'ensureReplaced'>;
  readonly exports: {
    sync(node: string): Promise<void>;
    reopen(node: string): Promise<void>;
  };
  readonly claims: Pick<TargetClaims, 'release'>;
  readonly serviceTime: ServiceTime;
  readonly clock: Pick<Clock, 'now'>;
}
