/**
 * Keeps keys and values durably, in transactions.
 *
 * @module @patchbay/store
 */
export { asStoreError } from './as-store-error.js';
export {
  type Backup,
  formatBackup,
  readBackup,
  restoreBackup,
  writeBackup,
  writeBackupText,
} from './backup.js';
export { storeError } from './errors.js';
export { keysWith } from './keys.js';
export { openMirror } from './mirror/mirror.js';
export { SortedKeys } from './sorted-keys.js';
export { type Connection, type DatabaseFormat, openDatabase } from './sqlite/database.js';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open-sqlite-store.js';
export type { OnWritable } from './write-health.js';
export type * from './store.js';
