import { join } from 'node:path';

import { FakeClock } from '@patchbay/objects/testing';
import { openSqliteStore, type Store } from '@patchbay/store';

import type { OpenStore } from '../store-under-test.js';
import { Scratch } from './scratch.js';

/** Opens stores on SQLite for the conformance suite, each behind what `wrap` makes of it. */
export function sqliteUnderTest(wrap: (store: Store) => Promise<Store>): OpenStore {
  return async (options = {}) => {
    const scratch = await Scratch.make();
    const { directory } = scratch;
    const clock = new FakeClock();
    const stores: Store[] = [];
    const open = async (fileName: string): Promise<Store> => {
      const store = await wrap(await openSqliteStore({ directory, fileName, clock, ...options }));
      stores.push(store);
      return store;
    };
    return {
      store: await open('store.sqlite'),
      advance: (ms) => clock.advance(ms),
      backupPath: join(directory, 'backup'),
      openAnother: () => open(`${String(stores.length)}.sqlite`),
      [Symbol.asyncDispose]: async () => {
        for (const each of stores) {
          await each[Symbol.asyncDispose]();
        }
        await scratch[Symbol.asyncDispose]();
      },
    };
  };
}
