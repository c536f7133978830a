import type { Operations } from '../concurrency/operations.js';
import type { OperationServices } from '../provision/operation-services.js';
import type { Recovery } from '../provision/recovery.js';

/** What the reconciler compares, and what it puts right with. */
export interface ReconcileServices extends Omit<OperationServices, 'intents'> {
  readonly operations: Operations;
  readonly recovery: Recovery;
}
