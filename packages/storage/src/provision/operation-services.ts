import type { Clock, Log } from '@patchbay/objects';

import type { ServiceTime } from '../catalog/service-time.js';
import type { Catalog } from '../catalog/catalog.js';
import type { ImageImporter, VolumePool } from '../disks/volume-pool.js';
import type { Admission } from '../pool/admission.js';
import type { TargetHost } from '../targets/target-host.js';
import type { Exports } from './exports.js';
import type { Intents } from './intents.js';
import type { Naming } from './naming.js';
import type { TargetClaims } from './target-claims.js';

/** What the operations on nodes, disks, snapshots and images work with. */
export interface OperationServices {
  readonly intents: Intents;
  readonly catalog: Catalog;
  readonly pool: VolumePool;
  readonly importer: ImageImporter;
  readonly targets: TargetHost;
  readonly exports: Exports;
  readonly admission: Admission;
  readonly naming: Naming;
  readonly claims: TargetClaims;
  readonly serviceTime: ServiceTime;
  readonly clock: Clock;
  readonly log: Log;
}
