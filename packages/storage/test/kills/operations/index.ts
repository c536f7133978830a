import { diskOperations } from './disks.js';
import { imageOperations } from './images.js';
import { nodeOperations } from './nodes.js';
import type { OperationCase } from './operation.js';
import { maintenanceOperations } from './maintenance.js';

/** Every operation that changes something; the image `ubuntu` and its node `keeper` are there before. */
export const operations: readonly OperationCase[] = [
  ...imageOperations(),
  ...nodeOperations(),
  ...diskOperations(),
  ...maintenanceOperations(),
];
