/**
 * Keeps keys and values durably, in transactions.
 *
 * @module @patchbay/store
 */
export { storeError } from './errors.js';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.js';
export type * from './store.js';
