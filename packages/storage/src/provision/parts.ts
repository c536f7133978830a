import { type Clock, type Log } from '@patchbay/core';

import { type Catalog } from '../catalog/catalog.js';
import { type Operations } from '../concurrency/operations.js';
import { type ImageImporter, type VolumePool } from '../disks/volume-pool.js';
import { type TargetHost } from '../targets/target-host.js';
import { type Exports } from './exports.js';
import { type Naming } from './naming.js';

/** What the storage object's operations work with. */
export interface Parts {
  readonly catalog: Catalog;
  readonly pool: VolumePool;
  readonly targets: TargetHost;
  readonly importer: ImageImporter;
  readonly exports: Exports;
  readonly operations: Operations;
  readonly naming: Naming;
  readonly clock: Clock;
  readonly log: Log;
}

/** Names the thing that operations on an image exclude each other on. */
export function imageThing(image: string): string {
  return `image:${image}`;
}

/** Names the thing that operations on a node and on its snapshots exclude each other on. */
export function nodeThing(node: string): string {
  return `node:${node}`;
}
