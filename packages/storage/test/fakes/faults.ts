import type { Store } from '@patchbay/store';

import type { ImageImporter, VolumePool } from '../../src/disks/volume-pool.js';
import type { TargetHost } from '../../src/targets/target-host.js';

/** What everything throws once the process "is dead". */
export class Crash extends Error {}

/** What strikes: a failure of one effect, or the death of the process; before or after the effect took place. */
export interface Fault {
  readonly kind: 'failure' | 'crash';
  readonly when: 'before' | 'after';
  /** Which effect it strikes, counted from 1. */
  readonly at: number;
}

/** Strikes one of the effects that go through it: commits, file operations, target operations. */
export class Faults {
  readonly #fault: Fault | undefined;
  #effects = 0;
  #dead = false;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  /** Whether the fault has struck. */
  get struck(): boolean {
    return this.#fault !== undefined && this.#effects >= this.#fault.at;
  }

  store(store: Store): Store {
    return this.#wrap(store, ['commit']);
  }

  pool(pool: VolumePool): VolumePool {
    return this.#wrap(pool, [
      'ensureCloned',
      'ensureSize',
      'ensureReplaced',
      'ensureRemoved',
      'removeTemporaries',
    ]);
  }

  targets(targets: TargetHost): TargetHost {
    return this.#wrap(targets, [
      'ensureExported',
      'reopen',
      'ensureRemoved',
      'ensureAccountRemoved',
      'endSession',
      'refuseLogins',
    ]);
  }

  importer(importer: ImageImporter): ImageImporter {
    const step = this.#step.bind(this);
    return {
      readChecksum: (...args) => importer.readChecksum(...args),
      compareUpload: (...args) => importer.compareUpload(...args),
      hashImage: (...args) => importer.hashImage(...args),
      async *importImage(target, source, options) {
        const importing = importer.importImage(target, source, options);
        for (;;) {
          const next = await step(() => importing.next());
          if (next.done === true) {
            return next.value;
          }
          yield next.value;
        }
      },
    };
  }

  /** Counts the calls of the named methods as effects; a dead process calls none of any name. */
  #wrap<T extends object>(inner: T, effects: readonly string[]): T {
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') {
          return value;
        }
        const method = (value as (...args: unknown[]) => unknown).bind(target);
        if (effects.includes(String(name))) {
          return (...args: unknown[]) => this.#step(() => method(...args));
        }
        return (...args: unknown[]) => {
          if (this.#dead) {
            throw new Crash();
          }
          return method(...args);
        };
      },
    });
  }

  async #step<T>(effect: () => T | Promise<T>): Promise<T> {
    if (this.#dead) {
      throw new Crash();
    }
    this.#effects += 1;
    const strikes = this.#effects === this.#fault?.at;
    if (strikes && this.#fault.when === 'before') {
      throw this.#strike();
    }
    const result = await effect();
    if (strikes) {
      throw this.#strike();
    }
    return result;
  }

  #strike(): Error {
    if (this.#fault?.kind === 'crash') {
      this.#dead = true;
      return new Crash();
    }
    return new Error('an effect failed');
  }
}
