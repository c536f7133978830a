import { type Store } from '@patchbay/store';

/** A fresh, empty store for one test, and its time. Disposing of it closes the store and removes what it left. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Lets time pass for the store's leases. */
  advance(ms: number): Promise<void>;
}

/** Opens a fresh store. */
export type OpenStore = () => Promise<StoreUnderTest>;
