import type { Clock } from '@patchbay/objects';

/** A value that is expensive to compute: computed once for all who ask meanwhile, and again when it is old. */
export class Cached<T> {
  readonly #compute: () => Promise<T>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #latest: { readonly value: Promise<T>; readonly atMs: number } | undefined;

  constructor(compute: () => Promise<T>, clock: Clock, maxAgeMs: number) {
    this.#compute = compute;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Returns the value, at most `maxAgeMs` old. @throws what computing it throws; the next call tries again */
  get(): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#latest === undefined || nowMs - this.#latest.atMs >= this.#maxAgeMs) {
      const value = this.#compute();
      const latest = (this.#latest = { value, atMs: nowMs });
      value.catch(() => {
        if (this.#latest === latest) {
          this.#latest = undefined;
        }
      });
    }
    return this.#latest.value;
  }
}
