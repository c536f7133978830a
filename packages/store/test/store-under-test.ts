import { type Store } from '@patchbay/store';

/** A fresh, empty store for one test, and its time. Disposing of it closes the store and removes what it left. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Lets time pass for the store's leases. */
  advance(ms: number): Promise<void>;
  /** A path that a backup may be written to. */
  readonly backupPath: string;
  /** Opens a backup as a store. */
  openBackup(path: string): Promise<Store>;
}

/** Opens a fresh store. */
export type OpenStore = () => Promise<StoreUnderTest>;
