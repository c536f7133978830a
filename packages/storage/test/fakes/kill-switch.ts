import childProcess from 'node:child_process';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

import { type Store } from '@patchbay/store';

const fileOperations = ['open', 'rm', 'rename', 'link', 'copyFile', 'chmod', 'writeFile', 'mkdir'] as const;
const handleOperations = ['write', 'truncate', 'sync', 'datasync', 'chmod', 'close'] as const;

/** Kills this very process at its nth effect: a file operation, the start of a program, or a commit. */
export class KillSwitch {
  readonly #at: number;
  #effects = 0;
  #armed = false;

  /** @param at counted from 1; the effect does not take place */
  constructor(at: number) {
    this.#at = at;
  }

  /** How many effects there were. */
  get effects(): number {
    return this.#effects;
  }

  /** Counts from here on whatever this process does with files and programs, and with this handle's class. */
  arm(handle: FileHandle): void {
    this.#armed = true;
    this.#count(fs, fileOperations);
    this.#count(Object.getPrototypeOf(handle) as object, handleOperations);
    this.#count(childProcess, ['spawn']);
    syncBuiltinESMExports();
  }

  /** Counts the commits of a store too, once it is armed. */
  store(store: Store): Store {
    const commit = store.commit.bind(store);
    store.commit = (...args) => {
      this.#step();
      return commit(...args);
    };
    return store;
  }

  #count(target: object, names: readonly string[]): void {
    for (const name of names) {
      const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      const step = this.#step.bind(this);
      Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
        step();
        return original.apply(this, args);
      });
    }
  }

  #step(): void {
    if (!this.#armed) {
      return;
    }
    this.#effects += 1;
    if (this.#effects === this.#at) {
      process.kill(process.pid, 'SIGKILL');
      // A signal to oneself may arrive a moment later; nothing more shall happen in that.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
  }
}
