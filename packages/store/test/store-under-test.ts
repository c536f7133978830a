import type { Store } from '@patchbay/store';

/** A fresh, empty store for one test, and its time. Disposing of it closes the store and removes what it left. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Lets time pass for the store's leases. */
  advance(ms: number): Promise<void>;
  /** A path that a backup may be written to. */
  readonly backupPath: string;
  /** Opens another store of the same kind, which is empty. */
  openAnother(): Promise<Store>;
}

/** Opens a fresh store that keeps the history of so many revisions; without a number, of more than a test makes. */
export type OpenStore = (options?: { readonly historyRevisions?: number }) => Promise<StoreUnderTest>;
