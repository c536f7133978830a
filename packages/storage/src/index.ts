/**
 * The storage object, which provides diskless nodes with their disks; an RPC server hosts it.
 *
 * @module @patchbay/storage
 */
export { createStorage as default } from './object/create-storage.js';
export { storageError } from './errors.js';
export { checkOptions } from './object/check-host.js';
export { type StorageOptions, storageOptions } from './object/options.js';
export type { Storage } from './object/storage-object.js';
