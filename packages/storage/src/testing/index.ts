/**
 * Helpers for tests of storage.
 *
 * @module @patchbay/storage/testing
 */
export type { Inventory, StockedWorld } from './inventory.js';
export { type LoopMount, mountBtrfs, mountExt4, mountXfs } from './loop-filesystem.js';
export { type RunningTgtd, runningTgtds } from './running-tgtds.js';
export { copyAll, takeStockBeside } from './take-stock-beside.js';
