import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';

import { type Clock, systemClock } from '@patchbay/objects';

import { Crash } from '../fakes/faults.js';
import type { Interceptor } from './effects.js';

const lives = new AsyncLocalStorage<Life>();

/**
 * One life of the server's process, within this one. It can end at any of its effects, as by a kill: that effect and
 * every later one never takes place nor returns, so that no `catch` and no `finally` does anything more, and what was
 * started (a program, a target) goes on without it. What the kernel would close is closed when it is disposed of.
 */
export class Life implements AsyncDisposable {
  readonly #files = new Set<FileHandle>();
  readonly #programs = new Set<ChildProcess>();
  /** Fulfils when it has died. */
  readonly death: Promise<'died'>;
  #end: (died: 'died') => void = () => undefined;
  #effects = 0;
  #endsAt = Infinity;
  #isDead = false;

  constructor() {
    this.death = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Its clock, by which nothing wakes after its death. */
  readonly clock: Clock = {
    ...systemClock,
    sleep: async (ms, options) => {
      await systemClock.sleep(ms, { ...options, background: true });
      await (this.#isDead ? never() : undefined);
    },
  };

  /** Does what belongs to this life. */
  run<T>(work: () => T): T {
    return lives.run(this, work);
  }

  /** Lets it die at the nth effect from now on, counted from 1; undefined: at none. */
  dieAt(nth: number | undefined): void {
    this.#effects = 0;
    this.#endsAt = nth ?? Infinity;
  }

  /** Ends it here, whatever is under way. */
  die(): void {
    this.#isDead = true;
    this.#end('died');
  }

  /** Waits until the programs have ended that it left running; says whether there were any. */
  async orphansEnd(): Promise<boolean> {
    const running = [...this.#programs].filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    await Promise.all(running.map((program) => once(program, 'exit')));
    return running.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die();
    for (const file of this.#files) {
      if (file.fd !== -1) {
        await file.close();
      }
    }
  }

  effect<T>(perform: () => T, how?: 'immediate'): T {
    this.#effects += 1;
    if (this.#effects === this.#endsAt) {
      this.die();
    }
    if (!this.#isDead) {
      return perform();
    }
    if (how === 'immediate') {
      throw new Crash();
    }
    return never() as T;
  }

  opened(held: FileHandle | ChildProcess): void {
    if ('fd' in held) {
      this.#files.add(held);
    } else if (!held.spawnfile.endsWith('tgtd')) {
      this.#programs.add(held);
    }
  }
}

/** Lets each effect go through the life that it belongs to; those of none, such as the test's own, are left alone. */
export const lifeOfEffects: Interceptor = {
  effect: (perform, how) => {
    const life = lives.getStore();
    return life === undefined ? perform() : life.effect(perform, how);
  },
  opened: (held) => lives.getStore()?.opened(held),
};

/** Returns a promise that never settles. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
