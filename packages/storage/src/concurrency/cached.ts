import { type Clock } from '@patchbay/objects';

/** A value that is dear to find out: found out once for all who ask meanwhile, and again when it is old. */
export class Cached<T> {
  readonly #find: () => Promise<T>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #found: { readonly value: Promise<T>; readonly atMs: number } | undefined;

  constructor(find: () => Promise<T>, clock: Clock, maxAgeMs: number) {
    this.#find = find;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Gives the value, at most `maxAgeMs` old. @throws what finding it out throws; whoever asks next tries again */
  get(): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#found === undefined || nowMs - this.#found.atMs >= this.#maxAgeMs) {
      const value = this.#find();
      const found = (this.#found = { value, atMs: nowMs });
      value.catch(() => {
        if (this.#found === found) {
          this.#found = undefined;
        }
      });
    }
    return this.#found.value;
  }
}
