import { type Interceptor } from './effects.js';

/** Kills this very process at its nth effect, which does not take place any more. */
export class KillSwitch implements Interceptor {
  readonly #at: number;
  #effects = 0;
  #isArmed = false;

  /** @param at counted from 1, since it was armed */
  constructor(at: number) {
    this.#at = at;
  }

  /** How many effects there were. */
  get effects(): number {
    return this.#effects;
  }

  /** Counts from here on. */
  arm(): void {
    this.#isArmed = true;
  }

  readonly effect = <T>(perform: () => T): T => {
    this.#effects += this.#isArmed ? 1 : 0;
    if (this.#isArmed && this.#effects === this.#at) {
      process.kill(process.pid, 'SIGKILL');
      // A signal to oneself may arrive a moment later; nothing more shall happen in that.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    return perform();
  };
}
