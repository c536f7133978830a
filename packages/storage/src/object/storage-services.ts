import type { EventLog } from '../catalog/event-log.js';
import type { Operations } from '../concurrency/operations.js';
import type { ImageExporter, VolumePool } from '../disks/volume-pool.js';
import type { PoolInfoServices } from '../pool/pool-info.js';
import type { ImportServices } from '../provision/images.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import type { TargetHost } from '../targets/target-host.js';

/** What the storage object's methods work with. */
export interface StorageServices extends ImportServices {
  readonly pool: VolumePool & PoolInfoServices['pool'];
  readonly targets: TargetHost;
  readonly exporter: ImageExporter;
  readonly events: EventLog;
  readonly operations: Operations;
  readonly reconciler: Reconciler;
  /** Where backups of the catalog are written. */
  readonly backupDirectory: string;
  /** Whether boot scripts are handed out for a one-time token only. */
  readonly bootTokens: boolean;
}
