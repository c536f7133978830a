import type { EventLog } from '../catalog/event-log.js';
import type { Operations } from '../concurrency/operations.js';
import type { ImageExporter } from '../disks/volume-pool.js';
import type { OperationServices } from '../provision/operation-services.js';
import type { Reconciler } from '../reconcile/reconciler.js';

/** What the storage object's methods work with. */
export interface StorageServices extends OperationServices {
  readonly exporter: ImageExporter;
  readonly events: EventLog;
  readonly operations: Operations;
  readonly reconciler: Reconciler;
  /** Where backups of the catalog are written. */
  readonly backupDirectory: string;
  /** How long the disk of a detached node stays in the trash, in milliseconds; 0: it is deleted at once. */
  readonly trashMs: number;
  /** Whether boot scripts are handed out for a one-time token only. */
  readonly bootTokens: boolean;
}
