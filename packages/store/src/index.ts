/**
 * Keeps keys and values durably, in transactions.
 *
 * @module @patchbay/store
 */
export { type Backup, readBackup, restoreBackup, writeBackup } from './backup.js';
export { storeError } from './errors.js';
export { keysWith } from './keys.js';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.js';
export type * from './store.js';
