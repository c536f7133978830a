import type { Interceptor } from './effects.js';

/** Kills this very process at one of its effects, which does not take place any more. */
export class KillSwitch implements Interceptor {
  #effects = 0;
  #at: number | undefined;

  /** Kills at the nth effect from now on, counted from 1; undefined: at none. */
  killAt(nth: number | undefined): void {
    this.#effects = 0;
    this.#at = nth;
  }

  readonly effect = <T>(perform: () => T): T => {
    this.#effects += 1;
    if (this.#effects === this.#at) {
      process.kill(process.pid, 'SIGKILL');
      // A signal to oneself may arrive a moment later; nothing more shall happen in that.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    return perform();
  };
}
