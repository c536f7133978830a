import { type Clock, type Log } from '@patchbay/objects';

import { type Catalog } from '../catalog/catalog.js';
import { type EventLog } from '../catalog/event-log.js';
import { type Operations } from '../concurrency/operations.js';
import { type ImageExporter, type ImageImporter, type VolumePool } from '../disks/volume-pool.js';
import { type TargetHost } from '../targets/target-host.js';
import { type Admission } from '../pool/admission.js';
import { type Exports } from './exports.js';
import { type Naming } from './naming.js';
import { type TargetAllocator } from './target-allocator.js';

/** What the storage object's operations work with. */
export interface Parts {
  readonly catalog: Catalog;
  readonly events: EventLog;
  readonly pool: VolumePool;
  readonly targets: TargetHost;
  readonly allocator: TargetAllocator;
  readonly importer: ImageImporter;
  readonly admission: Admission;
  readonly exporter: ImageExporter;
  readonly exports: Exports;
  readonly operations: Operations;
  readonly naming: Naming;
  /** Where backups of the catalog are written. */
  readonly backupDirectory: string;
  /** Whether boot scripts are given for a one-time token only, so that every provision makes one. */
  readonly bootTokens: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Names the thing that operations on an image exclude each other on. */
export function imageThing(image: string): string {
  return `image:${image}`;
}

/** Names the targets of a daemon, where a report must name them all. */
export function targetsThing(daemon: number): string {
  return daemon === 0 ? 'targets' : `targets:${String(daemon)}`;
}

/** Names the thing that operations on a node and on its snapshots exclude each other on. */
export function nodeThing(node: string): string {
  return `node:${node}`;
}

/** Names the thing that operations on a disk without a node exclude each other on. */
export function diskThing(diskId: string): string {
  return `disk:${diskId}`;
}
